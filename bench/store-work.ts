/**
 * The store under a large fleet, in a process of its own (`node bench/store-work.ts sqlite|postgres://… [folder]`): ingest of
 * observed devices with their facts, and pages of the list. Prints JSON. A folder as second argument keeps the SQLite file.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, cpuUsage, env, stdout } from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { type ObservedDevice, Places, Registry, SORTS } from '../src/fleet/registry/index.ts';
import { openStore, type StoreConfig } from '../src/store/index.ts';

const DEVICES = 100_000;
const TOGETHER = 1000;
const PAGES = 40;
const actor = { kind: 'system', id: 'bench' } as const;
const types = ['camera', 'smart plug', 'thermostat', 'light', 'speaker', 'hub', 'printer'];

const hex = (n: number) => n.toString(16).padStart(8, '0').replace(/../g, ':$&').slice(1);

const device = (n: number, round: number): ObservedDevice => ({
  key: `mac:02:00:${hex(n)}`,
  mac: `02:00:${hex(n)}`,
  addresses: [`10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`],
  names: [`device-${n}`],
  name: `device-${n}`,
  type: types[n % types.length],
  vendor: `Vendor ${n % 97}`,
  model: `M${n % 331}`,
  version: `1.${round}`,
  firstSeen: 1_700_000_000_000 + n,
  lastSeen: 1_700_000_000_000 + n + round * 1000,
  details: { services: [{ transport: 'tcp', port: 443 }], peers: [] },
});

async function main(config: StoreConfig): Promise<void> {
  const store = await openStore(config);
  const registry = new Registry(store);
  const site = (await new Places(store).addSite(actor, { name: 'Bench', zone: 'UTC' })).id;
  const ingest = async (round: number) => {
    const began = performance.now();
    const before = cpuUsage();
    for (let from = 0; from < DEVICES; from += TOGETHER) {
      const devices = Array.from({ length: TOGETHER }, (_, i) => device(from + i, round));
      await store.write((tx) => registry.observe(tx, { actor, site, audit: null, devices }));
    }
    const { user, system } = cpuUsage(before);
    return {
      perSecond: DEVICES / ((performance.now() - began) / 1000),
      perCpuSecond: DEVICES / ((user + system) / 1e6),
    };
  };
  const fresh = await ingest(0);
  const again = await ingest(1);
  const times: Record<string, number> = {};
  const reach = {};
  const timed = async (name: string, run: () => Promise<unknown>) => {
    const all: number[] = [];
    for (let i = 0; i < PAGES; i++) {
      const began = performance.now();
      await run();
      all.push(performance.now() - began);
    }
    times[name] = all.sort((a, b) => a - b)[Math.floor(PAGES * 0.95)];
  };
  for (const sort of SORTS) {
    let after: string | undefined;
    await timed(`sort by ${sort}`, async () => {
      const page = await registry.list({
        filter: {},
        reach,
        sort,
        descending: true,
        after,
        limit: 50,
      });
      after = page.cursor;
    });
  }
  const page = (filter: object, sort: (typeof SORTS)[number] = 'lastSeen') =>
    registry.list({ filter, reach, sort, descending: true, limit: 50 });
  await timed('filter by type, sort by name', () => page({ type: ['camera'] }, 'name'));
  await timed('filter by vendor and type', () => page({ vendor: ['Vendor 3'], type: ['hub'] }));
  await timed('search for a name', () => page({ search: 'device-77777' }));
  await timed('search for nothing that is there', () => page({ search: 'zzzz' }));
  await timed('search in one type', () => page({ search: '10.1.2', type: ['light'] }));
  await timed('count by type', () => registry.tally('type', {}, reach));
  await store.close();
  const raw = env.FLEETWARD_BENCH_RAW ? rawInserts() : undefined;
  stdout.write(JSON.stringify({ fresh, again, times, raw }));
}

/** Rows of the same size in node:sqlite itself, as many together, as durably. */
function rawInserts(): number {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-bench-'));
  const database = new DatabaseSync(join(folder, 'raw.sqlite'));
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; create table t (id text primary key, body text)',
  );
  const insert = database.prepare('insert into t values (?, ?)');
  const began = performance.now();
  for (let from = 0; from < DEVICES; from += TOGETHER) {
    database.exec('begin');
    for (let i = 0; i < TOGETHER; i++)
      insert.run(`id-${from + i}`, JSON.stringify(device(from + i, 0)));
    database.exec('commit');
  }
  const rate = DEVICES / ((performance.now() - began) / 1000);
  database.close();
  rmSync(folder, { recursive: true });
  return rate;
}

const kept = argv[3];
const folder = kept ?? mkdtempSync(join(tmpdir(), 'fleetward-bench-'));
const url = argv[2];
await main(
  url === undefined || url === 'sqlite' ? { file: join(folder, 'fleetward.sqlite') } : { url },
);
if (kept === undefined) rmSync(folder, { recursive: true });
