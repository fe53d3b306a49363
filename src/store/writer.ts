/**
 * The one way to change something. Changes that wait at the same time share one transaction and one durable commit
 * (group commit); each runs under a savepoint of its own, so one that fails takes nothing else with it. All changes
 * of an installation happen one after another, also on PostgreSQL with several processes: facts are then numbered
 * in the order in which they were committed, which consumers and the ledger rely on.
 */
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import {
  type Clock,
  FleetwardError,
  type NewId,
  type Random,
  UnavailableError,
} from '../base/index.ts';
import type { Dialect } from './columns.ts';
import { eraseFacts, type FactInput, type FactType, insertFacts, type Subject } from './facts.ts';
import type { Tables } from './tables.ts';

/** What a change may use. It must wait for nothing but the database: everything else waits for it. */
export interface Tx {
  readonly db: Kysely<Tables>;
  /** Records what this change did. Returns the fact's id. */
  fact<Body extends z.ZodType>(
    type: FactType<Body>,
    fact: FactInput<z.input<Body>>,
  ): Promise<string>;
  /** The same for many facts of one kind, in few statements. */
  facts<Body extends z.ZodType>(
    type: FactType<Body>,
    facts: readonly FactInput<z.input<Body>>[],
  ): Promise<string[]>;
  /** Erases the content of all facts about a subject (a person). Returns how many. */
  eraseFacts(subject: Subject): Promise<number>;
  /** Calls back once this change is on disk; not when it was undone. */
  afterCommit(callback: () => void): void;
}

export type Change<T> = (tx: Tx) => Promise<T>;

interface Waiting {
  readonly change: Change<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome =
  | { readonly value: unknown; readonly after: readonly (() => void)[] }
  | { readonly error: unknown };

/** Changes that share a commit at most. */
const TOGETHER_MAX = 256;
/** "fleetwar" as a number: the lock under which all processes of an installation write on PostgreSQL. */
const LOCK = 0x666c_6565n * 0x1_0000_0000n + 0x7477_6172n;

export interface WriterPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly newId: NewId;
}

export class Writer {
  readonly #db: Kysely<Tables>;
  readonly #dialect: Dialect;
  readonly #ports: WriterPorts;
  readonly #committed: () => void;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(db: Kysely<Tables>, dialect: Dialect, ports: WriterPorts, committed: () => void) {
    this.#db = db;
    this.#dialect = dialect;
    this.#ports = ports;
    this.#committed = committed;
  }

  write<T>(change: Change<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ change, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything that waits now is done. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // Those who ask in the same turn go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, TOGETHER_MAX);
      this.#waiting = this.#waiting.slice(TOGETHER_MAX);
      await this.#commit(batch);
    }
    this.#running = undefined;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const outcomes: Outcome[] = [];
    try {
      await this.#db.connection().execute(async (db) => {
        await this.#begin(db);
        try {
          for (const { change } of batch) outcomes.push(await this.#attempt(db, change));
          await sql`commit`.execute(db);
        } catch (error) {
          await sql`rollback`.execute(db).catch(() => {});
          throw error;
        }
      });
    } catch (error) {
      const failure = unavailable(error);
      for (const { reject } of batch) reject(failure);
      return;
    }
    for (const [i, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[i];
      if ('error' in outcome) {
        reject(outcome.error);
        continue;
      }
      for (const callback of outcome.after) callback();
      resolve(outcome.value);
    }
  }

  async #begin(db: Kysely<Tables>): Promise<void> {
    if (this.#dialect === 'sqlite') {
      await sql`begin immediate`.execute(db);
      return;
    }
    await sql`begin`.execute(db);
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(db);
  }

  /** Runs one change under a savepoint. Throws only when the transaction itself is broken. */
  async #attempt(db: Kysely<Tables>, change: Change<unknown>): Promise<Outcome> {
    const after: (() => void)[] = [];
    await sql`savepoint change`.execute(db);
    try {
      const value = await change(this.#tx(db, after));
      await sql`release savepoint change`.execute(db);
      return { value, after };
    } catch (error) {
      // SQLite ends the whole transaction on some errors (disk full): this then throws, and nothing is kept.
      await sql`rollback to savepoint change`.execute(db).catch(() => {
        throw error;
      });
      await sql`release savepoint change`.execute(db);
      return { error };
    }
  }

  #tx(db: Kysely<Tables>, after: (() => void)[]): Tx {
    const { clock, random, newId } = this.#ports;
    const facts: Tx['facts'] = (type, inputs) => {
      if (!after.includes(this.#committed)) after.push(this.#committed);
      return insertFacts(db, { newId, now: clock.now(), random }, type, inputs);
    };
    return {
      db,
      fact: async (type, fact) => (await facts(type, [fact]))[0],
      facts,
      eraseFacts: (subject) => eraseFacts(db, subject),
      afterCommit: (callback) => void after.push(callback),
    };
  }
}

function unavailable(error: unknown): FleetwardError {
  if (error instanceof FleetwardError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new UnavailableError(
    'store-unavailable',
    `the database cannot be written now (${message}); nothing was changed, try again.`,
    { cause: error },
  );
}
