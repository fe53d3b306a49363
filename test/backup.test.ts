/** Backups made while the system runs, and what comes back of them. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { consoleCaller } from '../src/access/index.ts';
import { openSystem } from '../src/app/system/index.ts';
import { fleetward, main } from './support/fleetward.ts';
import { ask, type Running, startUp } from './support/running.ts';

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let data: string;
const running: Running[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-backup-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  for (const one of running.splice(0)) if (one.child.exitCode === null) await one.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const up = async (where = data) => {
  const one = await startUp(where);
  running.push(one);
  return one;
};
const addSite = (name: string) =>
  ask({ data }, 'POST', '/api/v1/sites', { body: { name, zone: 'UTC' } });
const sitesOf = async (where: string): Promise<string[]> =>
  (await ask({ data: where }, 'GET', '/api/v1/sites'))
    .json<{ items: { name: string }[] }>()
    .items.map(({ name }) => name);

function passphrase(text = 'correct horse battery staple'): string {
  const file = join(folder, `passphrase-${text.length}`);
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

it('a sealed backup made under load comes back on another machine, keys and all', async () => {
  const one = await up();
  expect((await addSite('before')).status).toBe(201);
  let writing = true;
  const load = (async () => {
    for (let i = 0; writing; i++) await addSite(`during ${i}`);
  })();
  const file = join(folder, 'fleet.backup');
  const made = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, 'backup', file, '--data', data].concat(
      '--passphrase-file',
      passphrase(),
    ),
  );
  writing = false;
  await load;
  expect(made.stderr).toBe('');
  expect(made.stdout).toMatch(/sealed/);
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readFileSync(file).includes('before')).toBe(false);
  expect(readdirSync(join(data, 'work'))).toEqual([]);
  await one.stop();

  const other = join(folder, 'other');
  const args = ['restore', file, '--data', other];
  expect(fleetward(args).stderr).toContain('this backup is sealed; give --passphrase-file');
  const wrong = fleetward([...args, '--passphrase-file', passphrase('something else entirely')]);
  expect(wrong.stderr).toContain('the passphrase does not open this backup');
  expect(wrong.status).toBe(3);
  const restored = fleetward([...args, '--passphrase-file', passphrase()]);
  expect(restored.status).toBe(0);
  expect(readFileSync(join(other, 'keys.json'))).toEqual(readFileSync(join(data, 'keys.json')));
  await up(other);
  expect(await sitesOf(other)).toContain('before');
});

it('an open backup is a tar archive without keys', async () => {
  await (await up()).stop();
  const file = join(folder, 'open.backup');
  const { stderr } = fleetward(['backup', file, '--data', data]);
  expect(stderr).toContain('It holds no keys');
  const tar = gunzipSync(readFileSync(file)).toString('latin1');
  expect(tar).toContain('fleetward.sqlite');
  expect(tar).not.toContain('"keys":');
  const again = fleetward(['restore', file, '--data', data]);
  expect(again.stderr).toContain('add --replace');
  expect(again.status).toBe(2);
});

it('a backup that was changed, cut off or never one is refused, and nothing is touched', async () => {
  const one = await up();
  await addSite('kept');
  const file = join(folder, 'fleet.backup');
  const sealed = ['--passphrase-file', passphrase()];
  fleetward(['backup', file, '--data', data, ...sealed]);
  await one.stop();
  const whole = readFileSync(file);
  const before = readFileSync(join(data, 'fleetward.sqlite'));
  const attempts = {
    cut: whole.subarray(0, Math.floor(whole.length / 2)),
    shortened: whole.subarray(0, whole.length - 1),
    changed: Buffer.from(whole).fill(0, whole.length - 100, whole.length - 90),
    costly: Buffer.from(whole).fill(63, 16, 17),
    other: Buffer.from('no backup at all'),
    empty: Buffer.alloc(0),
  };
  for (const [name, bytes] of Object.entries(attempts)) {
    const broken = join(folder, name);
    writeFileSync(broken, bytes);
    const { status, stderr } = fleetward([
      'restore',
      broken,
      '--data',
      data,
      '--replace',
      ...sealed,
    ]);
    expect(status, `${name}: ${stderr}`).toBe(3);
    expect(stderr, name).toMatch(/cut off|no (whole )?backup|does not open/);
  }
  expect(readFileSync(join(data, 'fleetward.sqlite')).equals(before)).toBe(true);
  expect(readdirSync(join(data, 'work'))).toEqual([]);
});

it('refuses to replace the data of a running instance', async () => {
  await up();
  const file = join(folder, 'fleet.backup');
  fleetward(['backup', file, '--data', data]);
  const { status, stderr } = fleetward(['restore', file, '--data', data, '--replace']);
  expect(stderr).toContain('another instance has the data folder');
  expect(status).toBe(2);
});

it('people who were erased after the backup stay erased', async () => {
  const owner = consoleCaller('owner');
  const options = { version: '0', data, access: { origin: 'http://localhost' }, onError: () => {} };
  const system = await openSystem(options);
  await system.start();
  const { access, store, bus } = system;
  await access.people.recover(owner, { login: 'ben', name: 'Ben Kept' });
  await access.people.recover(owner, { login: 'ana', name: 'Ana Ferreira Erased' });
  const { id } = await store.db
    .selectFrom('people')
    .select('id')
    .where('login', '=', 'ana')
    .executeTakeFirstOrThrow();
  const file = join(folder, 'fleet.backup');
  expect(fleetward(['backup', file, '--data', data]).status).toBe(0);
  expect(gunzipSync(readFileSync(file)).includes('Ana Ferreira Erased')).toBe(true);
  await store.write((tx) => access.personalData.erase(tx, owner, id, true));
  await bus.settled();
  await system.stop();
  expect(readFileSync(join(data, 'erasures.jsonl'), 'utf8')).toContain(id);

  const restored = fleetward(['restore', file, '--data', data, '--replace', '--json']);
  const { erased, replaced } = JSON.parse(restored.stdout);
  expect(erased).toBe(1);
  expect(existsSync(join(replaced, 'fleetward.sqlite'))).toBe(true);
  const database = readFileSync(join(data, 'fleetward.sqlite'));
  expect(database.includes('Ana Ferreira Erased')).toBe(false);
  expect(database.includes('Ben Kept')).toBe(true);

  // On a new machine the list comes from a copy.
  const elsewhere = join(folder, 'elsewhere');
  const copy = join(folder, 'copy.jsonl');
  writeFileSync(copy, readFileSync(join(data, 'erasures.jsonl')));
  fleetward(['restore', file, '--data', elsewhere, '--erasures', copy]);
  const opened = new DatabaseSync(join(elsewhere, 'fleetward.sqlite'), { readOnly: true });
  expect(opened.prepare('select status, name from people where id = ?').get(id)).toEqual({
    status: 'erased',
    name: null,
  });
  expect(
    opened.prepare("select count(*) as n from facts where action = 'system.restored'").get(),
  ).toEqual({ n: 1 });
  opened.close();
});
