/**
 * Hands facts to those who act on them: to each consumer in the order in which they were committed, at least once,
 * from where it stopped before a crash. A consumer that fails is tried again, and does not hold up the others.
 */
import { type Fact, readFact, type Store } from '../store/index.ts';

/** Acts on one fact. It may see a fact twice (after a crash), so it must do nothing a second time. */
export type FactHandler = (fact: Fact) => Promise<void>;

export interface Consumer {
  /** Stable: its place in the facts is kept under it. */
  readonly name: string;
  /** Only these; all when absent. */
  readonly actions?: readonly string[];
  readonly handle: FactHandler;
  /** Starts with what happens from now on, instead of with the first fact. */
  readonly fromNow?: boolean;
}

export interface FactBusOptions {
  /** Told of each failure; the fact is tried again. */
  readonly onError: (consumer: string, fact: Fact, error: unknown) => void;
  /** How often to look for facts that other processes wrote, in milliseconds. */
  readonly pollMs?: number;
}

const AT_ONCE = 200;
const POLL_MS = 1000;
const RETRY_MS = [1000, 5000, 15_000, 60_000];

export class FactBus {
  readonly #store: Store;
  readonly #options: FactBusOptions;
  readonly #running = new Map<string, Reader>();
  #stopListening: (() => void) | undefined;
  #poll: NodeJS.Timeout | undefined;

  constructor(store: Store, options: FactBusOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Adds a consumer; it starts at once. */
  async consume(consumer: Consumer): Promise<void> {
    await place(this.#store, consumer);
    const reader = new Reader(this.#store, consumer, this.#options);
    this.#running.set(consumer.name, reader);
    this.#stopListening ??= this.#store.onFacts(() => this.#wake());
    this.#poll ??= setInterval(() => this.#wake(), this.#options.pollMs ?? POLL_MS).unref();
    reader.wake();
  }

  /** Resolves when every consumer has handled all facts that are there now, or waits to try one again. */
  async settled(): Promise<void> {
    for (const reader of this.#running.values()) await reader.settled();
  }

  /** Lets each consumer end the fact that it handles, and stops. */
  async stop(): Promise<void> {
    clearInterval(this.#poll);
    this.#stopListening?.();
    await Promise.all([...this.#running.values()].map((reader) => reader.stop()));
    this.#running.clear();
  }

  #wake(): void {
    for (const reader of this.#running.values()) reader.wake();
  }
}

/** Gives a new consumer its place. */
async function place(store: Store, { name, fromNow = false }: Consumer): Promise<void> {
  await store.write(async ({ db }) => {
    const known = await db.selectFrom('consumers').where('name', '=', name).select('seq').execute();
    if (known.length > 0) return;
    const last = fromNow
      ? await db.selectFrom('facts').select('seq').orderBy('seq', 'desc').limit(1).execute()
      : [];
    await db
      .insertInto('consumers')
      .values({ name, seq: last[0]?.seq ?? 0 })
      .execute();
  });
}

/** One consumer's way through the facts. */
class Reader {
  readonly #store: Store;
  readonly #consumer: Consumer;
  readonly #options: FactBusOptions;
  #reading: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(store: Store, consumer: Consumer, options: FactBusOptions) {
    this.#store = store;
    this.#consumer = consumer;
    this.#options = options;
  }

  wake(): void {
    if (this.#stopped || this.#retry !== undefined) return;
    if (this.#reading !== undefined) {
      this.#again = true;
      return;
    }
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  async settled(): Promise<void> {
    this.wake();
    while (this.#reading !== undefined) await this.#reading;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      while (!this.#stopped && (await this.#readSome())) {}
    } catch {
      // The database is away: the next wake or poll tries again, and whoever writes is told.
    }
  }

  /** Handles the next facts. False when there are none or one failed. */
  async #readSome(): Promise<boolean> {
    const { name, actions } = this.#consumer;
    const { db } = this.#store;
    const from = await db
      .selectFrom('consumers')
      .where('name', '=', name)
      .select('seq')
      .executeTakeFirst();
    const rows = await db
      .selectFrom('facts')
      .select(['seq', 'id', 'time', 'action', 'bytes'])
      .where('seq', '>', from?.seq ?? 0)
      .orderBy('seq')
      .limit(AT_ONCE)
      .execute();
    let handled: number | undefined;
    let failed = false;
    for (const row of rows) {
      if (this.#stopped) break;
      if (actions === undefined || actions.includes(row.action)) {
        const fact = readFact(row);
        failed = !(await this.#handle(fact));
        if (failed) break;
      }
      handled = row.seq;
    }
    if (handled !== undefined) await this.#advance(handled);
    return !failed && rows.length === AT_ONCE;
  }

  async #handle(fact: Fact): Promise<boolean> {
    try {
      await this.#consumer.handle(fact);
      this.#failures = 0;
      return true;
    } catch (error) {
      this.#options.onError(this.#consumer.name, fact, error);
      const after = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.wake();
      }, after).unref();
      return false;
    }
  }

  #advance(seq: number): Promise<unknown> {
    const { name } = this.#consumer;
    return this.#store.write(({ db }) =>
      db.updateTable('consumers').set({ seq }).where('name', '=', name).execute(),
    );
  }
}
