/** The store: what is read through it was committed, what is written through it survives a crash. */
import type { Kysely } from 'kysely';
import {
  type Clock,
  type NewId,
  type Random,
  systemClock,
  systemRandom,
  uuidSource,
} from '../base/index.ts';
import type { Dialect } from './columns.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { postgres } from './postgres.ts';
import { sqlite } from './sqlite.ts';
import type { Tables } from './tables.ts';
import { type Change, Writer } from './writer.ts';

/** A SQLite file, or the URL of a PostgreSQL database. */
export type StoreConfig = { readonly file: string } | { readonly url: string };

export interface StorePorts {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly newId?: NewId;
}

/** Connections with which PostgreSQL is read. */
const READERS = 8;

export class Store {
  readonly dialect: Dialect;
  /** For reading. Changes go through `write`. */
  readonly db: Kysely<Tables>;
  readonly newId: NewId;
  readonly clock: Clock;
  readonly random: Random;
  readonly #writer: Writer;
  readonly #writing: Kysely<Tables>;
  readonly #listeners = new Set<() => void>();

  constructor(
    dialect: Dialect,
    reading: Kysely<Tables>,
    writing: Kysely<Tables>,
    ports: Required<StorePorts>,
  ) {
    this.dialect = dialect;
    this.db = reading;
    this.newId = ports.newId;
    this.clock = ports.clock;
    this.random = ports.random;
    this.#writing = writing;
    this.#writer = new Writer(writing, dialect, ports, () => {
      for (const listener of this.#listeners) listener();
    });
  }

  /**
   * Runs a change in a durable transaction and resolves when it is on disk. A change that throws is undone, alone.
   * Within it only the database may be waited for.
   *
   * @throws UnavailableError `store-unavailable` when the database refuses: nothing was changed.
   */
  write<T>(change: Change<T>): Promise<T> {
    return this.#writer.write(change);
  }

  /** Calls back after every commit of this process that recorded facts. Returns how to stop. */
  onFacts(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for the changes under way, then closes. */
  async close(): Promise<void> {
    await this.#writer.drained();
    await this.db.destroy();
    await this.#writing.destroy();
  }
}

/**
 * Opens a database and brings it to this version's schema.
 *
 * @throws UsageError `database-newer`; UnavailableError `migration-failed`; InputError when the file cannot be opened.
 */
export async function openStore(config: StoreConfig, ports: StorePorts = {}): Promise<Store> {
  const clock = ports.clock ?? systemClock;
  const random = ports.random ?? systemRandom;
  const newId = ports.newId ?? uuidSource(clock, random);
  const dialect: Dialect = 'file' in config ? 'sqlite' : 'postgres';
  const writing = 'file' in config ? sqlite(config.file) : postgres(config.url, 1);
  try {
    await migrate(writing, dialect, migrations);
  } catch (error) {
    await writing.destroy();
    throw error;
  }
  const reading =
    'file' in config ? sqlite(config.file, { readOnly: true }) : postgres(config.url, READERS);
  return new Store(dialect, reading, writing, { clock, random, newId });
}
