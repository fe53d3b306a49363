/** Schedules: jobs that come again, by a cron expression in a time zone. */
import { Cron } from 'croner';
import { NotFoundError, StaleError, UsageError } from '../base/index.ts';
import type { Actor, Store, Tables, Tx } from '../store/index.ts';
import type { Jobs } from './jobs.ts';

export interface Schedule {
  readonly id: string;
  readonly name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA time zone, e.g. `Europe/London`. */
  readonly zone: string;
  readonly kind: string;
  readonly input: unknown;
  readonly enabled: boolean;
  /** Milliseconds since 1970; null when it never comes. */
  readonly next: number | null;
  readonly lastJob: string | null;
  /** Counts up with each change by a person (ETag). */
  readonly revision: number;
}

export type ScheduleInput = Pick<Schedule, 'name' | 'cron' | 'zone' | 'kind' | 'input' | 'enabled'>;

const LOOK_MS = 5000;

export class Schedules {
  readonly #store: Store;
  readonly #jobs: Jobs;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, jobs: Jobs, onError: (error: unknown) => void) {
    this.#store = store;
    this.#jobs = jobs;
    this.#onError = onError;
  }

  async add(tx: Tx, actor: Actor, input: ScheduleInput): Promise<string> {
    const id = this.#store.newId();
    await tx.db
      .insertInto('schedules')
      .values({ id, ...this.#row(input), revision: 1, actor_kind: actor.kind, actor_id: actor.id })
      .execute();
    return id;
  }

  /**
   * @param revision - the one that the change was made from.
   * @throws StaleError `schedule-changed` when somebody changed it meanwhile.
   */
  async change(tx: Tx, id: string, input: ScheduleInput, revision?: number): Promise<void> {
    const row = await tx.db
      .updateTable('schedules')
      .set((e) => ({ ...this.#row(input), revision: e('revision', '+', 1) }))
      .where('id', '=', id)
      .returning('revision')
      .executeTakeFirst();
    if (row === undefined) throw unknown(id);
    // The change is undone with the transaction.
    if (revision !== undefined && row.revision !== revision + 1)
      throw new StaleError(
        'schedule-changed',
        'somebody changed this schedule meanwhile; look at it again.',
      );
  }

  async remove(tx: Tx, id: string): Promise<void> {
    const { numDeletedRows } = await tx.db
      .deleteFrom('schedules')
      .where('id', '=', id)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw unknown(id);
  }

  async get(id: string): Promise<Schedule> {
    const { db } = this.#store;
    const row = await db
      .selectFrom('schedules')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw unknown(id);
    return readSchedule(row);
  }

  /** In the order in which they were made; `after`: id of the last one of the page before. */
  async list({ after, limit }: { after?: string | undefined; limit: number }): Promise<Schedule[]> {
    let query = this.#store.db.selectFrom('schedules').selectAll().orderBy('id').limit(limit);
    if (after !== undefined) query = query.where('id', '>', after);
    return (await query.execute()).map(readSchedule);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.runDue().catch(this.#onError), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Enqueues what is due. What came due several times while nothing ran is done once. */
  async runDue(): Promise<void> {
    const now = this.#store.clock.now();
    if ((await dueAt(this.#store.db, now)).length === 0) return;
    await this.#store.write(async (tx) => {
      for (const row of await dueAt(tx.db, now)) {
        const lastJob = await this.#enqueue(tx, row);
        await tx.db
          .updateTable('schedules')
          .set({ next_at: nextTime(row.cron, row.zone, now), last_job: lastJob })
          .where('id', '=', row.id)
          .execute();
      }
    });
  }

  /** The one before may still be under way: then this time is left out. */
  async #enqueue(tx: Tx, row: Tables['schedules']): Promise<string | null> {
    const key = `schedule ${row.id}`;
    const running = await tx.db
      .selectFrom('jobs')
      .select('id')
      .where('unique_key', '=', key)
      .where('state', 'in', ['waiting', 'running'])
      .executeTakeFirst();
    if (running !== undefined) return running.id;
    const actor: Actor = { kind: row.actor_kind as Actor['kind'], id: row.actor_id };
    return this.#jobs.enqueue(tx, row.kind, JSON.parse(row.input), { actor, uniqueKey: key });
  }

  #row({ name, cron, zone, kind, input, enabled }: ScheduleInput) {
    const next = nextTime(cron, zone, this.#store.clock.now());
    return {
      name,
      cron,
      zone,
      kind,
      input: JSON.stringify(input),
      enabled: enabled ? 1 : 0,
      next_at: enabled ? next : null,
    };
  }
}

/** @throws UsageError `schedule-invalid` */
export function nextTime(cron: string, zone: string, after: number): number | null {
  try {
    const next = new Cron(cron, { timezone: zone, mode: '5-part' }).nextRun(new Date(after));
    return next?.getTime() ?? null;
  } catch (error) {
    throw new UsageError(
      'schedule-invalid',
      `"${cron}" in ${zone} is no schedule: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
}

function dueAt(db: Tx['db'], now: number): Promise<Tables['schedules'][]> {
  return db
    .selectFrom('schedules')
    .selectAll()
    .where('enabled', '=', 1)
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .execute();
}

function readSchedule(row: Tables['schedules']): Schedule {
  return {
    id: row.id,
    name: row.name,
    cron: row.cron,
    zone: row.zone,
    kind: row.kind,
    input: JSON.parse(row.input),
    enabled: row.enabled === 1,
    next: row.next_at,
    lastJob: row.last_job,
    revision: row.revision,
  };
}

function unknown(id: string): NotFoundError {
  return new NotFoundError('schedule-unknown', `there is no schedule ${id}.`);
}
