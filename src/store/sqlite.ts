/**
 * SQLite through node:sqlite, for Kysely: one connection that writes and one that only reads. In WAL mode readers and
 * the writer do not wait for each other; `synchronous=FULL` makes each commit survive a crash of the machine.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { unreadable } from '../base/index.ts';
import type { Tables } from './tables.ts';

/** How long a connection waits for another process's lock. */
const BUSY_MS = 5000;
/** Prepared statements kept by each connection. */
const STATEMENTS_MAX = 512;

/** Kysely over one connection. `readOnly`: writing is refused by the database itself. */
export function sqlite(file: string, options: { readOnly?: boolean } = {}): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new SqliteDialect({ database: async () => new Connection(open(file, options)) }),
  });
}

function open(file: string, { readOnly = false }: { readOnly?: boolean }): DatabaseSync {
  try {
    const database = new DatabaseSync(file, {
      readOnly,
      timeout: BUSY_MS,
      enableForeignKeyConstraints: true,
    });
    if (!readOnly) database.exec('pragma journal_mode = wal; pragma synchronous = full;');
    database.exec(
      'pragma temp_store = memory; pragma cache_size = -16384; pragma trusted_schema = off;',
    );
    return database;
  } catch (error) {
    throw unreadable(file, error);
  }
}

type Values = readonly (null | number | bigint | string | Uint8Array)[];

/** The shape that Kysely's SQLite dialect drives. */
class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Statement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(text: string): Statement {
    const known = this.#statements.get(text);
    if (known) return known;
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
    const statement = new Statement(this.#database.prepare(text));
    this.#statements.set(text, statement);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

class Statement {
  readonly reader: boolean;
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...(parameters as Values));
  }

  run(parameters: readonly unknown[]): {
    changes: number | bigint;
    lastInsertRowid: number | bigint;
  } {
    return this.#statement.run(...(parameters as Values));
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...(parameters as Values));
  }
}
