/** `fleetward doctor` with and without a running instance: each fault is found, explained, and given a fix. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fleetward } from './support/fleetward.ts';
import { startUp } from './support/running.ts';

vi.setConfig({ testTimeout: 120_000 });

interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'fault';
  readonly found: string;
  readonly fix?: string;
}

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-doctor-'));
  data = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function examined(...args: string[]): { status: number | null; faults: Check[]; checks: Check[] } {
  const run = fleetward(['doctor', '--data', data, '--json', ...args]);
  const checks = JSON.parse(run.stdout) as Check[];
  return { status: run.status, checks, faults: checks.filter(({ state }) => state === 'fault') };
}

it('finds nothing before the first start, and nothing while an instance runs', async () => {
  const before = examined('--listen', '127.0.0.1:0');
  expect(before).toMatchObject({ status: 0, faults: [] });
  const running = await startUp(data);
  try {
    const during = examined();
    expect(during).toMatchObject({ status: 0, faults: [] });
    expect(during.checks.find(({ name }) => name === 'instance')?.found).toContain('one runs');
  } finally {
    await running.stop();
  }
});

it('finds an open folder, a taken address, a clock gone back and a newer database', async () => {
  await (await startUp(data)).stop();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  chmodSync(data, 0o755);
  const database = new DatabaseSync(join(data, 'fleetward.sqlite'));
  database.exec(`update facts set time = ${Date.now() + 86_400_000};
    insert into kysely_migration values ('9999-later', '2030-01-01')`);
  database.close();
  const { status, faults } = examined('--listen', `127.0.0.1:${port}`);
  taken.close();
  expect(status).toBe(1);
  expect(faults.map(({ name }) => name).sort()).toEqual([
    'address',
    'clock',
    'data folder',
    'database',
  ]);
  for (const { fix } of faults) expect(fix).toBeTruthy();
});

it('finds a damaged database and a key file that is none', async () => {
  await (await startUp(data)).stop();
  const file = join(data, 'fleetward.sqlite');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0x55, 8192, 65_536));
  writeFileSync(join(data, 'keys.json'), '{}');
  const { faults } = examined('--listen', '127.0.0.1:0');
  expect(faults.map(({ name }) => name).sort()).toEqual(['database', 'keys']);
  truncateSync(file, 100);
  expect(examined('--listen', '127.0.0.1:0').faults.map(({ name }) => name)).toContain('database');
});
