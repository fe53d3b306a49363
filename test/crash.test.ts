/**
 * kill -9 at random moments under load: what was acknowledged is there afterwards, nothing is half done, and it starts
 * again at once. 15 kills in the short form, 500 with FLEETWARD_FULL=1. Then what else goes wrong on machines.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { fleetward, SITE } from './support/fleetward.ts';
import { ask, type Running, startUp } from './support/running.ts';

const KILLS = env.FLEETWARD_FULL ? 500 : 15;
/** Of load between a start and its end by kill -9. */
const LOAD_MS = 600;
/** By the clock, on a machine with nothing else to do: 2 s. Here others may have the processor. */
const START_MS = env.FLEETWARD_FULL ? 2000 : 60_000;
const WRITERS = 6;
const MEDIA_TYPE = 'application/offset+octet-stream';

/** What a client was told. */
interface Told {
  readonly sites: Map<string, string>;
  /** Upload → bytes acknowledged. */
  readonly uploads: Map<string, number>;
  readonly audits: Set<string>;
}

it(
  `loses nothing that was acknowledged in ${KILLS} kills`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleetward-crash-'));
    const data = join(folder, 'data');
    const told: Told = { sites: new Map(), uploads: new Map(), audits: new Set() };
    const starts: number[] = [];
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const began = performance.now();
        const one = await startUp(data);
        starts.push(performance.now() - began);
        const writers = Array.from({ length: WRITERS }, (_, i) => write(one, `${kill}-${i}`, told));
        writers.push(upload(one, told));
        // On a busy machine the first answer takes a while.
        const before = told.sites.size;
        await expect
          .poll(() => told.sites.size, { timeout: 20_000, interval: 5 })
          .toBeGreaterThan(before);
        await wait(Math.random() * LOAD_MS);
        await one.stop('SIGKILL');
        await Promise.all(writers);
        checkDatabase(data, told);
      }
      const last = await startUp(data);
      try {
        for (const [id, bytes] of told.uploads) {
          const found = await ask(last, 'GET', `/api/v1/uploads/${id}`);
          expect(found.json<{ received: number }>().received).toBeGreaterThanOrEqual(bytes);
        }
        // Each audit ends by itself, however often its process died.
        for (const id of told.audits)
          await expect
            .poll(
              async () =>
                (await ask(last, 'GET', `/api/v1/audits/${id}`)).json<{ state: string }>().state,
              {
                timeout: 120_000,
                interval: 200,
              },
            )
            .toBe('done');
      } finally {
        await last.stop();
      }
      expect(told.sites.size).toBeGreaterThan(KILLS);
      const slowest = Math.max(...starts);
      console.log(
        `${told.sites.size} changes and ${told.audits.size} audits acknowledged; slowest start ${Math.round(slowest)} ms`,
      );
      expect(slowest).toBeLessThan(START_MS);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  KILLS * 30_000,
);

/** Adds sites until the process is gone. */
async function write(one: Running, name: string, { sites }: Told): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      const body = { name: `site ${name} ${i}`, zone: 'UTC' };
      const answer = await ask(one, 'POST', '/api/v1/sites', { body });
      if (answer.status !== 201) throw new Error(answer.body);
      sites.set(answer.json<{ id: string }>().id, body.name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return;
    }
  }
}

/** Sends a capture in parts until it is whole, or the process is gone. */
async function upload(one: Running, told: Told): Promise<void> {
  const bytes = readFileSync(SITE);
  const part = 256 * 1024;
  try {
    const [site] = (await ask(one, 'GET', '/api/v1/sites')).json<{ items: { id: string }[] }>()
      .items;
    if (site === undefined) return;
    const body = { site: site.id, name: 'site.pcap', bytes: bytes.length };
    const { id } = (await ask(one, 'POST', '/api/v1/uploads', { body })).json<{ id: string }>();
    for (let at = 0; at < bytes.length; at += part) {
      const answer = await ask(one, 'PATCH', `/api/v1/uploads/${id}`, {
        bytes: bytes.subarray(at, at + part),
        headers: { 'content-type': MEDIA_TYPE, 'upload-offset': String(at) },
      });
      if (answer.status !== 200) throw new Error(answer.body);
      const { received, audit } = answer.json<{ received: number; audit: string | null }>();
      told.uploads.set(id, received);
      if (audit !== null) told.audits.add(audit);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** What is in the database is whole: what was acknowledged, and each change with its fact. */
function checkDatabase(data: string, { sites, audits }: Told): void {
  const database = new DatabaseSync(join(data, 'fleetward.sqlite'));
  try {
    expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(database.prepare('pragma foreign_key_check').all()).toEqual([]);
    const there = new Map(
      database
        .prepare('select id, name from sites')
        .all()
        .map(({ id, name }) => [String(id), String(name)]),
    );
    for (const [id, name] of sites) expect(there.get(id)).toBe(name);
    const told = (action: string, kind: string) =>
      database
        .prepare(
          'select s.id from facts f join fact_subjects s on s.seq = f.seq where f.action = ? and s.kind = ? order by s.id',
        )
        .all(action, kind)
        .map(({ id }) => String(id));
    // A change without its fact, or a fact without its change, would show here.
    expect(told('site.added', 'site')).toEqual([...there.keys()].sort());
    const devices = database.prepare('select id from devices order by id').all();
    expect(told('device.found', 'device')).toEqual(devices.map(({ id }) => String(id)));
    for (const id of audits)
      expect(database.prepare('select count(*) as n from audits where id = ?').get(id)).toEqual({
        n: 1,
      });
  } finally {
    database.close();
  }
}

it('says what is wrong with a folder that cannot be written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-read-only-'));
  try {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { status, stderr } = fleetward([
      'up',
      '--data',
      join(file, 'data'),
      '--listen',
      '127.0.0.1:0',
    ]);
    expect(stderr).toContain('the data folder cannot be used');
    expect(status).toBe(3);
    if (process.getuid?.() === 0) return; // for root nothing is read-only
    chmodSync(folder, 0o500);
    const refused = fleetward(['up', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0']);
    expect(refused.stderr).toContain('the data folder cannot be used');
  } finally {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

it('a database that another process has locked is said, and works again once it is free', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-locked-'));
  const data = join(folder, 'data');
  const one = await startUp(data);
  const add = (name: string) => ask(one, 'POST', '/api/v1/sites', { body: { name, zone: 'UTC' } });
  const other = new DatabaseSync(join(data, 'fleetward.sqlite'));
  try {
    other.exec('begin immediate');
    const refused = await add('while locked');
    expect(refused.status).toBe(503);
    expect(refused.body).toContain('nothing was changed, try again');
    other.exec('rollback');
    expect((await add('after')).status).toBe(201);
    const sites = (await ask(one, 'GET', '/api/v1/sites')).body;
    expect(sites).not.toContain('while locked');
  } finally {
    other.close();
    await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

const canMount = process.getuid?.() === 0 && process.platform === 'linux';

it.skipIf(!canMount)(
  'a full disk loses nothing, and it recovers by itself',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleetward-full-'));
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    if (mounted.status !== 0) return rmSync(folder, { recursive: true, force: true });
    const data = join(disk, 'data');
    const one = await startUp(data);
    const told: Told = { sites: new Map(), uploads: new Map(), audits: new Set() };
    const add = async (name: string) => {
      const answer = await ask(one, 'POST', '/api/v1/sites', { body: { name, zone: 'UTC' } });
      if (answer.status === 201) told.sites.set(answer.json<{ id: string }>().id, name);
      return answer;
    };
    try {
      expect((await add('before')).status).toBe(201);
      const ballast = join(disk, 'ballast');
      spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']);
      expect(statSync(ballast).size).toBeGreaterThan(0);
      let last = await add('while full 0');
      for (let i = 1; i < 500 && last.status === 201; i++) last = await add(`while full ${i}`);
      expect(last.status).toBe(503);
      expect((await ask(one, 'GET', '/api/v1/sites?limit=1')).status).toBe(200);
      rmSync(ballast);
      expect((await add('after')).status).toBe(201);
      await one.stop();
      checkDatabase(data, told);
    } finally {
      if (one.child.exitCode === null) await one.stop('SIGKILL');
      spawnSync('umount', [disk]);
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
