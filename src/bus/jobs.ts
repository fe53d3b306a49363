/**
 * Jobs: work that outlives a request and a crash. Each is claimed under a lease by one process at a time; when that
 * process dies, another goes on from the last checkpoint. Progress is telemetry; facts are written by the rooms.
 */
import { z } from 'zod';
import { ConflictError, FleetwardError, NotFoundError } from '../base/index.ts';
import { type Actor, declareFact, type Store, type Tables, type Tx } from '../store/index.ts';

/** A kind of job, offered by a room. */
export interface JobKind<Input extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly input: Input;
  /** Does the work and returns what is kept as its result: JSON. Should end soon once `signal` is aborted. */
  run(job: JobRun, input: z.output<Input>): Promise<unknown>;
  /** What else ends when somebody cancels it, in the same change. */
  cancelled?(tx: Tx, actor: Actor, input: z.output<Input>): Promise<void>;
}

/** What a job may use while it runs. */
export interface JobRun {
  readonly id: string;
  readonly actor: Actor;
  /** Aborted when the job is cancelled, the process stops, or the lease is lost. */
  readonly signal: AbortSignal;
  /** What an earlier attempt saved; undefined at first. */
  readonly checkpoint: unknown;
  /** @param fraction - 0 to 1, or null where it cannot be told. */
  progress(fraction: number | null, text?: string): void;
  /** Saves where a later attempt should go on. JSON. */
  save(checkpoint: unknown): Promise<void>;
}

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly state: Tables['jobs']['state'];
  readonly created: number;
  readonly started: number | null;
  readonly finished: number | null;
  readonly attempts: number;
  readonly progress: number | null;
  readonly progressText: string | null;
  readonly result: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface EnqueueOptions {
  readonly actor: Actor;
  /** Not before (milliseconds since 1970). */
  readonly runAt?: number;
  /** While a job with this key waits or runs, another is refused (`job-exists`). */
  readonly uniqueKey?: string;
}

export interface JobsOptions {
  readonly kinds: readonly JobKind[];
  /** Jobs at the same time in this process. */
  readonly concurrency?: number;
  /** How often to look for jobs, in milliseconds. */
  readonly pollMs?: number;
  /** Told of failures that are not the input's fault, and of a database that is away. */
  readonly onError: (jobId: string | undefined, error: unknown) => void;
}

export const jobCancelled = declareFact({
  action: 'job.cancelled',
  version: 1,
  body: z.strictObject({ kind: z.string() }),
});

const LEASE_MS = 30_000;
const BEAT_MS = 5000;
const POLL_MS = 1000;
const ATTEMPTS_MAX = 3;
const RETRY_MS = 10_000;

export class Jobs {
  readonly #store: Store;
  readonly #options: JobsOptions;
  readonly #kinds: ReadonlyMap<string, JobKind>;
  readonly #owner: string;
  readonly #running = new Map<
    string,
    { readonly abort: AbortController; readonly end: Promise<void> }
  >();
  #timer: NodeJS.Timeout | undefined;
  #claiming: Promise<void> | undefined;
  #lookAgain = false;
  #stopped = true;

  constructor(store: Store, options: JobsOptions) {
    this.#store = store;
    this.#options = options;
    this.#kinds = new Map(options.kinds.map((kind) => [kind.kind, kind]));
    this.#owner = store.newId();
  }

  /** Adds a job within a change. Returns its id. */
  async enqueue(tx: Tx, kind: string, input: unknown, options: EnqueueOptions): Promise<string> {
    const { actor, uniqueKey } = options;
    const now = this.#store.clock.now();
    if (uniqueKey !== undefined) await refuseSecond(tx, uniqueKey);
    const id = this.#store.newId();
    await tx.db
      .insertInto('jobs')
      .values({
        id,
        kind,
        input: JSON.stringify(input),
        actor_kind: actor.kind,
        actor_id: actor.id,
        state: 'waiting',
        unique_key: uniqueKey ?? null,
        created: now,
        run_at: options.runAt ?? now,
        attempts: 0,
        cancel_requested: 0,
      })
      .execute();
    tx.afterCommit(() => this.#look());
    return id;
  }

  async get(id: string): Promise<Job> {
    const row = await this.#store.db
      .selectFrom('jobs')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw new NotFoundError('job-unknown', `there is no job ${id}.`);
    return readJob(row);
  }

  /** Newest first; `before`: id of the last one of the page before. */
  async list(page: {
    kind?: string;
    state?: Job['state'];
    before?: string;
    limit: number;
  }): Promise<Job[]> {
    let query = this.#store.db
      .selectFrom('jobs')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(page.limit);
    if (page.kind !== undefined) query = query.where('kind', '=', page.kind);
    if (page.state !== undefined) query = query.where('state', '=', page.state);
    if (page.before !== undefined) query = query.where('id', '<', page.before);
    return (await query.execute()).map(readJob);
  }

  /** Asks a job to end. A waiting one ends at once, a running one as soon as it sees its signal. */
  async cancel(tx: Tx, actor: Actor, id: string): Promise<void> {
    const now = this.#store.clock.now();
    const waited = await tx.db
      .updateTable('jobs')
      .set({ state: 'cancelled', finished: now })
      .where('id', '=', id)
      .where('state', '=', 'waiting')
      .returningAll()
      .executeTakeFirst();
    if (waited !== undefined) await this.#cancelled(tx, waited);
    const row = await tx.db
      .updateTable('jobs')
      .set({ cancel_requested: 1 })
      .where('id', '=', id)
      .returning(['kind', 'finished'])
      .executeTakeFirst();
    if (row === undefined) throw new NotFoundError('job-unknown', `there is no job ${id}.`);
    if (waited === undefined && row.finished !== null) return;
    await tx.fact(jobCancelled, {
      actor,
      subjects: [{ kind: 'job', id }],
      body: { kind: row.kind },
    });
    tx.afterCommit(() => this.#running.get(id)?.abort.abort());
  }

  start(): void {
    this.#stopped = false;
    this.#timer ??= setInterval(() => this.#look(), this.#options.pollMs ?? POLL_MS).unref();
    this.#look();
  }

  /** Stops claiming; jobs under way are told to end and wait for the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#claiming;
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ end }) => end));
  }

  /** Resolves when no job is due and none runs: for tests and for a command that waits. */
  async idle(): Promise<void> {
    this.#look();
    for (;;) {
      while (this.#claiming !== undefined) await this.#claiming;
      const running = [...this.#running.values()];
      if (running.length === 0) return;
      await Promise.race(running.map(({ end }) => end));
      this.#look();
    }
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#claiming !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#claiming = this.#claimAll()
      .catch((error: unknown) => this.#options.onError(undefined, error))
      .finally(() => {
        this.#claiming = undefined;
        if (this.#lookAgain) this.#look();
      });
    this.#lookAgain = false;
  }

  async #claimAll(): Promise<void> {
    while (!this.#stopped && this.#running.size < (this.#options.concurrency ?? 1)) {
      if (!(await this.#anyDue())) return;
      const row = await this.#store.write((tx) => this.#claim(tx));
      if (row === undefined) return;
      const abort = new AbortController();
      const end = this.#run(row, abort).finally(() => {
        this.#running.delete(row.id);
        this.#look();
      });
      this.#running.set(row.id, { abort, end });
    }
  }

  /** Looks without writing: an idle system commits nothing. */
  async #anyDue(): Promise<boolean> {
    return (
      (await due(this.#store.db, this.#store.clock.now(), [...this.#kinds.keys()])) !== undefined
    );
  }

  async #claim({ db }: Tx): Promise<Tables['jobs'] | undefined> {
    const now = this.#store.clock.now();
    const id = await due(db, now, [...this.#kinds.keys()]);
    if (id === undefined) return undefined;
    return db
      .updateTable('jobs')
      .set((e) => ({
        state: 'running' as const,
        lease_owner: this.#owner,
        lease_until: now + LEASE_MS,
        started: e.fn.coalesce('started', e.val(now)),
        attempts: e('attempts', '+', 1),
      }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
  }

  async #run(row: Tables['jobs'], abort: AbortController): Promise<void> {
    const beat = new Beat(this.#store, row, this.#owner, abort);
    try {
      const kind = this.#kinds.get(row.kind) as JobKind;
      if (row.attempts > ATTEMPTS_MAX)
        throw new ConflictError(
          'job-gave-up',
          `it was begun ${ATTEMPTS_MAX} times and never ended.`,
        );
      if (row.cancel_requested) abort.abort();
      abort.signal.throwIfAborted();
      const result = await kind.run(beat.job, kind.input.parse(JSON.parse(row.input)));
      await this.#end(row.id, {
        state: 'done',
        result: JSON.stringify(result ?? null),
        progress: 1,
      });
    } catch (error) {
      await this.#failed(row, abort.signal, error);
    } finally {
      beat.stop();
    }
  }

  async #failed(row: Tables['jobs'], signal: AbortSignal, error: unknown): Promise<void> {
    try {
      if (signal.aborted && (await this.#isCancelled(row.id)))
        return await this.#end(row.id, { state: 'cancelled' }, (tx) => this.#cancelled(tx, row));
      // Stopped by us: whoever starts next goes on.
      if (signal.aborted)
        return await this.#end(row.id, { state: 'waiting', attempts: row.attempts - 1 });
      // Our own fault, or the machine's, may pass; the input's does not.
      if (!(error instanceof FleetwardError) && row.attempts < ATTEMPTS_MAX) {
        this.#options.onError(row.id, error);
        const run_at = this.#store.clock.now() + RETRY_MS * row.attempts;
        return await this.#end(row.id, { state: 'waiting', run_at });
      }
      if (!(error instanceof FleetwardError)) this.#options.onError(row.id, error);
      const known = error instanceof FleetwardError;
      await this.#end(row.id, {
        state: 'failed',
        error_code: known ? error.code : 'internal',
        error: known ? error.message : 'an error inside Fleetward; its log has the details.',
      });
    } catch (unwritten) {
      // The lease runs out, and the job is tried again.
      this.#options.onError(row.id, unwritten);
    }
  }

  async #isCancelled(id: string): Promise<boolean> {
    const { db } = this.#store;
    const row = await db
      .selectFrom('jobs')
      .select('cancel_requested')
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.cancel_requested === 1;
  }

  /** @param then - what belongs to the same change, unless somebody else has the job by now. */
  async #end(
    id: string,
    values: Partial<Tables['jobs']>,
    then?: (tx: Tx) => Promise<void>,
  ): Promise<void> {
    const finished = values.state === 'waiting' ? null : this.#store.clock.now();
    await this.#store.write(async (tx) => {
      const ended = await tx.db
        .updateTable('jobs')
        .set({ finished, lease_owner: null, lease_until: null, ...values })
        .where('id', '=', id)
        .where('lease_owner', '=', this.#owner)
        .returning('id')
        .executeTakeFirst();
      if (ended !== undefined) await then?.(tx);
    });
  }

  async #cancelled(tx: Tx, row: Tables['jobs']): Promise<void> {
    const kind = this.#kinds.get(row.kind);
    const input = kind?.input.safeParse(JSON.parse(row.input));
    if (input?.success)
      await kind?.cancelled?.(
        tx,
        { kind: row.actor_kind as Actor['kind'], id: row.actor_id },
        input.data,
      );
  }
}

/** Keeps the lease while a job runs, writes its progress, and sees when it should end. */
class Beat {
  readonly job: JobRun;
  readonly #store: Store;
  readonly #id: string;
  readonly #owner: string;
  readonly #abort: AbortController;
  readonly #timer: NodeJS.Timeout;
  #progress: { progress: number | null; progress_text: string | null } | undefined;

  constructor(store: Store, row: Tables['jobs'], owner: string, abort: AbortController) {
    this.#store = store;
    this.#id = row.id;
    this.#owner = owner;
    this.#abort = abort;
    this.#timer = setInterval(() => this.#beat().catch(() => {}), BEAT_MS).unref();
    this.job = {
      id: row.id,
      actor: { kind: row.actor_kind as Actor['kind'], id: row.actor_id },
      signal: abort.signal,
      checkpoint: row.checkpoint === null ? undefined : JSON.parse(row.checkpoint),
      progress: (fraction, text) => {
        const first = this.#progress === undefined;
        this.#progress = { progress: fraction, progress_text: text ?? null };
        if (first) this.#beat().catch(() => {});
      },
      save: (checkpoint) => this.#update({ checkpoint: JSON.stringify(checkpoint) }),
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): Promise<void> {
    return this.#update(this.#progress ?? {});
  }

  async #update(values: Partial<Tables['jobs']>): Promise<void> {
    const row = await this.#store.write(({ db }) =>
      db
        .updateTable('jobs')
        .set({ ...values, lease_until: this.#store.clock.now() + LEASE_MS })
        .where('id', '=', this.#id)
        .where('lease_owner', '=', this.#owner)
        .returning('cancel_requested')
        .executeTakeFirst(),
    );
    // Somebody else has it (we were away for longer than the lease), or wants it to end.
    if (row === undefined || row.cancel_requested === 1) this.#abort.abort();
  }
}

async function refuseSecond({ db }: Tx, key: string): Promise<void> {
  const first = await db
    .selectFrom('jobs')
    .select('id')
    .where('unique_key', '=', key)
    .where('state', 'in', ['waiting', 'running'])
    .executeTakeFirst();
  if (first !== undefined)
    throw new ConflictError('job-exists', `the same work is under way already (job ${first.id}).`);
}

/** The job that should run next: one that waits, or one whose process died. */
async function due(
  db: Tx['db'],
  now: number,
  kinds: readonly string[],
): Promise<string | undefined> {
  if (kinds.length === 0) return undefined;
  const waiting = await db
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'waiting')
    .where('run_at', '<=', now)
    .where('kind', 'in', kinds)
    .orderBy('run_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (waiting !== undefined) return waiting.id;
  const orphan = await db
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'running')
    .where('lease_until', '<', now)
    .where('kind', 'in', kinds)
    .limit(1)
    .executeTakeFirst();
  return orphan?.id;
}

function readJob(row: Tables['jobs']): Job {
  return {
    id: row.id,
    kind: row.kind,
    input: JSON.parse(row.input),
    actor: { kind: row.actor_kind as Actor['kind'], id: row.actor_id },
    state: row.state,
    created: row.created,
    started: row.started,
    finished: row.finished,
    attempts: row.attempts,
    progress: row.progress,
    progressText: row.progress_text,
    result: row.result === null ? null : JSON.parse(row.result),
    error: row.error_code === null ? null : { code: row.error_code, message: row.error ?? '' },
  };
}
