/** Brings a database to the schema of this version, and refuses one that a newer version wrote. */
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { UnavailableError, UsageError } from '../base/index.ts';
import { type ColumnTypes, columnTypes, type Dialect } from './columns.ts';

/** biome-ignore lint/suspicious/noExplicitAny: a migration knows the tables of its own time only. */
type AnyDatabase = Kysely<any>;

export interface StoreMigration {
  /** `NNNN-name`: migrations run in the order of their names. */
  readonly name: string;
  up(db: AnyDatabase, types: ColumnTypes): Promise<void>;
}

const HISTORY = 'kysely_migration';

/** Runs what is missing of `migrations`; each in a transaction, under a lock. */
export async function migrate(
  db: AnyDatabase,
  dialect: Dialect,
  migrations: readonly StoreMigration[],
): Promise<void> {
  await refuseNewer(db, migrations);
  const types = columnTypes[dialect];
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(migrations.map(({ name, up }) => [name, { up: (on) => up(on, types) }])),
    },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
  const message = error instanceof Error ? error.message : String(error);
  throw new UnavailableError(
    'migration-failed',
    `the database could not be brought to this version (${failed ?? 'history'}: ${message}); it was left as it was.`,
    { cause: error },
  );
}

async function refuseNewer(db: AnyDatabase, migrations: readonly StoreMigration[]): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === HISTORY)) return;
  const known = new Set(migrations.map(({ name }) => name));
  const applied = await db.selectFrom(HISTORY).select('name').orderBy('name').execute();
  const unknown = applied.find(({ name }) => !known.has(name));
  if (unknown !== undefined)
    throw new UsageError(
      'database-newer',
      `this data was written by a newer Fleetward (schema ${unknown.name}); install that version or restore an older backup.`,
    );
}
