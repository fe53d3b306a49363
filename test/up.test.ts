/** `fleetward up` and `demo --live` as people start them: real processes, sockets and certificates. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type PeerCertificate } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fleetward } from './support/fleetward.ts';
import { program } from './support/needs.ts';
import { ask, freePort, type Running, startProcess, startUp } from './support/running.ts';

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
const running: Running[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-up-'));
});
afterEach(async () => {
  for (const one of running.splice(0)) if (one.child.exitCode === null) await one.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const up = async (...args: string[]) => {
  const one = await startUp(join(folder, 'data'), args);
  running.push(one);
  return one;
};

describe('up', () => {
  it('prints a link for the first administrator, leads addresses to localhost, stops by SIGTERM', async () => {
    const one = await up();
    expect(one.output()).toMatch(
      new RegExp(`Open this .*: http://localhost:${one.port}/welcome#[\\w-]{43}\\n`),
    );
    const page = await ask({ port: one.port }, 'GET', '//elsewhere.example/x', {
      headers: { host: `127.0.0.1:${one.port}` },
    });
    expect(page.status).toBe(307);
    expect(page.headers.location).toBe(`http://localhost:${one.port}/elsewhere.example/x`);
    const rebound = await ask({ port: one.port }, 'GET', '/', {
      headers: { host: 'evil.example' },
    });
    expect(rebound.status).toBe(403);
    for (const private_ of ['', 'fleetward.sqlite', 'control.sock', 'keys.json'])
      expect(statSync(join(one.data, private_)).mode & 0o077, private_).toBe(0);
    const asked = performance.now();
    expect(await one.stop()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(10_000);
  });

  it('is one instance for a data folder, and starts again after kill -9', async () => {
    const one = await up();
    const second = fleetward(['up', '--data', one.data, '--listen', '127.0.0.1:1']);
    expect(second.status).toBe(2);
    const port = await freePort();
    const third = fleetward(['up', '--data', one.data, '--listen', `127.0.0.1:${port}`]);
    expect(third.status).toBe(2);
    expect(third.stderr).toContain('another instance has the data folder');
    expect((await ask(one, 'GET', '/api/v1/sites')).status).toBe(200);
    await one.stop('SIGKILL');
    const again = await up();
    expect((await ask(again, 'GET', '/api/v1/sites')).json()).toMatchObject({ items: [] });
  });

  it.each([
    [['--listen', '0.0.0.0:9999'], 'add --public-url https://NAME --tls-cert FILE --tls-key FILE'],
    [['--listen', '[::]:9999', '--public-url', 'https://fleet.example'], '--tls-cert FILE'],
    [['--public-url', 'https://192.168.1.4'], 'browsers keep no passkeys for addresses'],
    [['--public-url', 'http://fleet.example'], 'it is https:// and a name'],
    [['--tls-cert', 'x.pem'], '--tls-cert and --tls-key belong together'],
    [['--listen', 'everywhere'], 'is no address like 127.0.0.1:8321'],
  ])('refuses %j with a sentence that says how', (args, sentence) => {
    const { status, stderr } = fleetward(['up', '--data', join(folder, 'data'), ...args]);
    expect(stderr).toContain(sentence);
    expect(status).toBe(2);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('says where a configuration is wrong', () => {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, 'listen: 127.0.0.1:9000\ntls:\n  cert: a.pem\n  kye: b.pem\nwatch: x\n');
    const { status, stderr } = fleetward(['up', '--config', file]);
    expect(status).toBe(3);
    expect(stderr).toContain(`${file}:4:3: unknown key "kye"; did you mean key?`);
    expect(stderr).toContain(`${file}:5:8: expected a list, found the text "x"`);
  });

  it('takes its configuration from a file, relative to it', async () => {
    const port = await freePort();
    const file = join(folder, 'config.yaml');
    writeFileSync(
      file,
      `data: here\nlisten: 127.0.0.1:${port}\naccess:\n  organisation: Example Ltd\n`,
    );
    const one = await startProcess(['up', '--config', file], { data: join(folder, 'here'), port });
    running.push(one);
    expect((await ask(one, 'GET', '/api/v1/sites')).status).toBe(200);
  });

  it('warns when passkeys belong to another name', async () => {
    const one = await up();
    await one.stop();
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(one.data, 'fleetward.sqlite'));
    database.exec(`pragma foreign_keys = off;
      insert into passkeys (${requiredColumns(database, 'passkeys')})
      select ${requiredValues(database, 'passkeys', { rp_id: "'old.example'" })}`);
    database.close();
    const again = await up();
    expect(again.errors()).toContain('1 passkeys belong to another name than localhost');
  });
});

describe('with a certificate', program('openssl'), () => {
  it('serves TLS 1.3 under its name, and a renewed certificate without a pause', async () => {
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    certificate(files, 'first.example');
    const port = await freePort();
    const one = await startProcess(
      ['up', '--data', join(folder, 'data'), '--listen', `0.0.0.0:${port}`]
        .concat('--public-url', `https://first.example:${port}`)
        .concat('--tls-cert', files.cert, '--tls-key', files.key),
      { data: join(folder, 'data'), port },
    );
    running.push(one);
    expect((await served(port)).name).toBe('first.example');
    expect((await served(port)).protocol).toBe('TLSv1.3');
    await expect(served(port, 'TLSv1.2')).rejects.toThrow();
    const next = { cert: join(folder, 'next.pem'), key: join(folder, 'next-key.pem') };
    certificate(next, 'second.example');
    // Half a renewal changes nothing.
    copyFileSync(next.cert, files.cert);
    await wait(2500);
    expect((await served(port)).name).toBe('first.example');
    renameSync(next.key, files.key);
    await expect
      .poll(async () => (await served(port)).name, { timeout: 8000 })
      .toBe('second.example');
    expect(await one.stop()).toBe(0);
  });

  it('refuses a key that is another certificate’s', () => {
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    certificate(files, 'a.example');
    certificate({ cert: join(folder, 'b.pem'), key: files.key }, 'b.example');
    const { status, stderr } = fleetward(
      ['up', '--data', join(folder, 'data'), '--public-url', 'https://a.example'].concat(
        '--tls-cert',
        files.cert,
        '--tls-key',
        files.key,
      ),
    );
    expect(stderr).toContain('are no certificate and its key in PEM');
    expect(status).toBe(3);
  });
});

it('demo --live audits the example site, prints a link, and forgets everything', async () => {
  const one = await startProcess(
    ['demo', '--live', '--json'],
    { data: '', port: 0 },
    { said: '}' },
  );
  running.push(one);
  const { url, setup, audit, data } = JSON.parse(one.output()) as Record<string, string>;
  expect(setup).toMatch(new RegExp(`^${url}/welcome#`));
  const found = (await ask({ data }, 'GET', `/api/v1/audits/${audit}`)).json<{ state: string }>();
  expect(found.state).toBe('done');
  expect(
    (await ask({ data }, 'GET', '/api/v1/devices/count')).json<{ count: number }>().count,
  ).toBe(11);
  expect(await one.stop('SIGINT')).toBe(130);
  expect(existsSync(data)).toBe(false);
});

function certificate({ cert, key }: { cert: string; key: string }, name: string): void {
  const { status, stderr } = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
      .concat('-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`)
      .concat('-addext', `subjectAltName=DNS:${name}`),
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
}

function served(
  port: number,
  maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3',
): Promise<{ name: string; protocol: string | null }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const { subject } = socket.getPeerCertificate() as PeerCertificate;
      resolve({ name: String(subject.CN), protocol: socket.getProtocol() });
      socket.destroy();
    });
  });
}

type Columns = { name: string; type: string; notnull: number }[];
type Database = { prepare(sql: string): { all(): unknown[] } };

const required = (database: Database, table: string): Columns =>
  (database.prepare(`pragma table_info(${table})`).all() as Columns).filter((c) => c.notnull);
const requiredColumns = (database: Database, table: string): string =>
  required(database, table)
    .map(({ name }) => name)
    .join(', ');
const requiredValues = (
  database: Database,
  table: string,
  given: Readonly<Record<string, string>>,
): string =>
  required(database, table)
    .map(({ name, type }) => given[name] ?? (/int/i.test(type) ? '0' : "'x'"))
    .join(', ');
