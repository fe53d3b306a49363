/** Looks at a database without changing it: is it whole, and of which schema. */
import { sql } from 'kysely';
import { migrations } from './migrations/index.ts';
import { postgres } from './postgres.ts';
import { sqlite } from './sqlite.ts';
import type { StoreConfig } from './store.ts';

export interface Inspection {
  /** What the database itself finds wrong; undefined when nothing. */
  readonly damage: string | undefined;
  /** Migrations that the next start runs. */
  readonly pending: readonly string[];
  /** One that this version does not know: a newer one wrote the data. */
  readonly newer: string | undefined;
  /** When the last fact was recorded, in milliseconds since 1970. */
  readonly lastFact: number | undefined;
}

/** Of a SQLite file that is there, or a PostgreSQL database. @throws whatever the database says when it cannot be read. */
export async function inspectStore(config: StoreConfig): Promise<Inspection> {
  const db = 'file' in config ? sqlite(config.file, { readOnly: true }) : postgres(config.url, 1);
  try {
    const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
    const has = (name: string) => tables.some((table) => table.name === name);
    const applied = has('kysely_migration')
      ? (await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db))
          .rows
      : [];
    const done = new Set(applied.map(({ name }) => name));
    const known = migrations.map(({ name }) => name);
    const last = has('facts')
      ? await db.selectFrom('facts').select('time').orderBy('seq', 'desc').limit(1).execute()
      : [];
    const check =
      'file' in config
        ? (await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(db)).rows
        : [];
    const said = check[0]?.quick_check ?? 'ok';
    return {
      damage: said === 'ok' ? undefined : said,
      pending: known.filter((name) => !done.has(name)),
      newer: [...done].find((name) => !known.includes(name)),
      lastFact: last[0]?.time,
    };
  } finally {
    await db.destroy();
  }
}
