/** For tests: the same test on an empty store of each database. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe } from 'vitest';
import { program } from '../../test/support/needs.ts';
import { postgresUrl } from '../../test/support/postgres.ts';
import { openStore, type Store, type StoreConfig, type StorePorts } from './index.ts';

export interface TestDatabase {
  /** Of an empty database, the same one at each call within a test. */
  config(): Promise<StoreConfig>;
  /** A store on it; closed after the test. */
  open(ports?: StorePorts): Promise<Store>;
}

/** Declares the tests twice, for SQLite and for PostgreSQL; each test has a database of its own. */
export function onEachDatabase(declare: (database: TestDatabase) => void): void {
  describe('on SQLite', () => declare(testDatabase(sqliteConfig)));
  describe('on PostgreSQL', program('pg_ctlcluster'), () => declare(testDatabase(postgresConfig)));
}

interface Made {
  readonly config: StoreConfig;
  drop(): Promise<void> | void;
}

function testDatabase(make: () => Promise<Made>): TestDatabase {
  let made: Promise<Made> | undefined;
  const stores: Store[] = [];
  const config = async () => {
    made ??= make();
    return (await made).config;
  };
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    const database = await made;
    made = undefined;
    await database?.drop();
  });
  return {
    config,
    async open(ports) {
      const store = await openStore(await config(), ports);
      stores.push(store);
      return store;
    },
  };
}

async function sqliteConfig(): Promise<Made> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-store-'));
  return {
    config: { file: join(folder, 'fleetward.sqlite') },
    drop: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function postgresConfig(): Promise<Made> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = await postgresUrl('postgres');
  await command(admin, `create database ${name}`);
  return {
    config: { url: await postgresUrl(name) },
    drop: () => command(admin, `drop database ${name} with (force)`),
  };
}

async function command(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
