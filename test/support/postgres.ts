/**
 * A PostgreSQL server for tests: started when the first test asks for it, under a folder of its own, reached by a
 * socket in that folder, stopped at the end of the run.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Socket at which the server's URL is answered. */
    postgres: string;
  }
}

const PROGRAMS = '/usr/lib/postgresql';
const START_MS = 30_000;

/** Folder of the programs of Debian's newest PostgreSQL, or undefined. */
export function postgresPrograms(): string | undefined {
  try {
    const versions = readdirSync(PROGRAMS).sort((a, b) => Number(b) - Number(a));
    return versions[0] === undefined ? undefined : join(PROGRAMS, versions[0], 'bin');
  } catch {
    return undefined;
  }
}

/** Asks for the server: its URL, without the name of a database. Starts it for whoever asks first. */
export function postgresUrl(database: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    createConnection(inject('postgres'))
      .on('data', (chunk) => {
        answer += chunk;
      })
      .on('end', () =>
        answer.startsWith('/')
          ? resolve(`postgres://fleetward@/${database}?host=${encodeURIComponent(answer)}`)
          : reject(new Error(answer)),
      )
      .on('error', reject);
  });
}

/** Vitest's global set-up: answers at a socket, and starts the server when somebody comes. */
export default function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-pg-'));
  let server: Promise<ChildProcess> | undefined;
  const door = createServer((socket) => {
    server ??= start(folder);
    server.then(
      () => socket.end(folder),
      (error) => socket.end(`PostgreSQL did not start: ${error.message}`),
    );
  });
  door.listen(join(folder, 'door'));
  project.provide('postgres', join(folder, 'door'));
  return async () => {
    door.close();
    const child = await server?.catch(() => undefined);
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
}

async function start(folder: string): Promise<ChildProcess> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('apt-get install postgresql');
  const data = join(folder, 'data');
  const owner = unprivileged(folder);
  const quiet = { ...owner, stdio: 'ignore' } as const;
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'fleetward', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8'],
    quiet,
  );
  const settings = [`unix_socket_directories=${folder}`, 'listen_addresses=', 'fsync=off'];
  const child = spawn(
    join(programs, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    quiet,
  );
  const deadline = Date.now() + START_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    if (readdirSync(folder).includes('.s.PGSQL.5432') && ready(programs, folder)) return child;
    await wait(50);
  }
  child.kill();
  throw new Error(`ended with ${child.exitCode}`);
}

function ready(programs: string, folder: string): boolean {
  try {
    execFileSync(join(programs, 'pg_isready'), ['-q', '-h', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** PostgreSQL does not run as root: then it runs as the user that its package made. */
function unprivileged(folder: string): { uid?: number; gid?: number } {
  if (getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((what) =>
    Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' })),
  ) as [number, number];
  chownSync(folder, uid, gid);
  return { uid, gid };
}
