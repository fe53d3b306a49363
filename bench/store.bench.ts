/**
 * The store under 100,000 devices: ingest beside node:sqlite itself, pages of the list, and the running system at rest.
 * `FLEETWARD_BENCH_POSTGRES=postgres://…` (an empty database) adds the rows of PostgreSQL.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fleetward, type Row, root, runOnce } from './measure.ts';

interface Ingest {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}
interface Work {
  readonly fresh: Ingest;
  readonly again: Ingest;
  /** What is done → p95 in milliseconds. */
  readonly times: Readonly<Record<string, number>>;
  readonly raw?: number;
}

const INGEST_MIN = 20_000;
const PAGE_MAX_MS = 50;
const IDLE_MAX_MB = 250;
const REST_MS = 10_000;

export async function rows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-bench-store-'));
  try {
    env.FLEETWARD_BENCH_RAW = '1';
    const sqlite = work('sqlite', folder);
    const postgres = env.FLEETWARD_BENCH_POSTGRES;
    return [
      ...ingestRows('SQLite', sqlite),
      ...pageRows('SQLite', sqlite),
      ...(postgres === undefined ? [] : postgresRows(work(postgres))),
      await idleRow(folder),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const work = (database: string, ...keep: string[]): Work =>
  JSON.parse(runOnce(execPath, [`${root}bench/store-work.ts`, database, ...keep]).output);

function ingestRows(name: string, { fresh, again, raw }: Work): Row[] {
  const peer = 'node:sqlite, one table, no index';
  return Object.entries({ 'new devices': fresh, 'known devices': again }).flatMap(
    ([what, { perSecond, perCpuSecond }]) =>
      (
        [
          [`${name}: ${what} with details and facts, 1,000 a commit`, perSecond, 'devices/s'],
          ['the same for each second of processor time', perCpuSecond, 'devices/s'],
        ] as const
      ).map(([text, value, unit]) => ({
        ...{ work: text, value, unit, peer },
        ...(raw === undefined ? {} : { peerValue: raw, ratio: value / raw }),
        ...{ bar: `≥ ${INGEST_MIN} devices/s`, met: value >= INGEST_MIN },
      })),
  );
}

const pageRows = (name: string, { times }: Work): Row[] =>
  Object.entries(times).map(([what, ms]) => ({
    work: `${name}: ${what}, p95 at 100,000 devices`,
    value: ms,
    unit: 'ms',
    peer: '',
    bar: `≤ ${PAGE_MAX_MS} ms`,
    met: ms <= PAGE_MAX_MS,
  }));

const postgresRows = (postgres: Work): Row[] => [
  ...ingestRows('PostgreSQL', postgres),
  ...pageRows('PostgreSQL', postgres),
];

/** @param folder - with a database of 100,000 devices. */
async function idleRow(folder: string): Promise<Row> {
  const child = spawn(fleetward, ['up', '--data', folder, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    await wait(REST_MS);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const value = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    return {
      work: '`up` at rest with 100,000 devices, resident memory',
      ...{ value, unit: 'MB', peer: '' },
      ...{ bar: `≤ ${IDLE_MAX_MB} MB`, met: value <= IDLE_MAX_MB },
    };
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}
