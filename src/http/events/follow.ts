/**
 * Live changes as server-sent events. `fact`: something changed that the caller may see, by action and subjects, and
 * the page looks anew at what it shows. `job`: how far background work is. A browser that comes back says where it was
 * (Last-Event-ID) and misses nothing; `stale` says that it was away for too long and should load everything anew.
 */
import { presentedCredential } from '../../access/index.ts';
import type { System } from '../../app/system/index.ts';
import { LimitError } from '../../base/index.ts';
import { chunks, type Fact, readFact } from '../../store/index.ts';
import { metricsOf } from '../metrics.ts';
import type { Routes } from '../route.ts';
import { event, Follower, type Places } from './follower.ts';
import { JobWatch } from './job-watch.ts';

const FOLLOWERS_MAX = 500;
/** Of one person: as many pages as anybody has open. */
const FOLLOWERS_EACH_MAX = 20;
const TICK_MS = 1000;
const BEAT_MS = 20_000;
const AT_ONCE = 500;
/** Facts further back than this are not told one by one. */
const BEHIND_MAX = 5000;
/** After these somebody who follows may be gone, or may see something else. */
const ABOUT_RIGHTS = /^(session|token|person|role)\./;

export const eventRoutes: Routes = (api, system) => {
  const live = new Live(system, (error) => api.log.error({ err: error }, 'live events'));
  api.addHook('preClose', async () => live.stop());

  api.route({
    method: 'GET',
    url: '/events',
    config: { access: 'devices.read', unattended: true },
    exposeHeadRoute: false,
    schema: { tags: ['events'], summary: 'Live changes (text/event-stream)' },
    handler: async (request, reply) => {
      const { caller, headers } = request;
      live.demandRoom(caller.id);
      const newest = await newestFact(system);
      const last = headers['last-event-id'];
      const known = typeof last === 'string' && /^\d{1,15}$/.test(last) ? Number(last) : newest;
      // Also after a restore: then there are fewer facts than somebody knows of.
      const isStale = newest - known > BEHIND_MAX || known > newest;
      reply.hijack();
      request.leaveQueue?.();
      const response = reply.raw;
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-accel-buffering': 'no',
      });
      response.write(isStale ? `id: ${newest}\n${event('stale', {})}` : ': welcome\n\n');
      const follower = new Follower(system.access, {
        ...{ caller, response, seq: isStale ? newest : known },
        credential:
          caller.via === 'console'
            ? undefined
            : presentedCredential(headers, system.access.config.origin),
      });
      live.add(follower);
      response.on('close', () => live.remove(follower));
    },
  });
};

/** Tells all who follow. */
class Live {
  readonly #system: System;
  readonly #onError: (error: unknown) => void;
  readonly #followers = new Set<Follower>();
  readonly #jobs: JobWatch;
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #beaten = 0;
  #telling: Promise<void> | undefined;
  #again = false;
  #failed = false;

  constructor(system: System, onError: (error: unknown) => void) {
    this.#system = system;
    this.#onError = onError;
    this.#jobs = new JobWatch(system.store);
    this.#stopListening = system.store.onFacts(() => this.#tell());
  }

  /** @throws LimitError `too-many-followers` */
  demandRoom(caller: string): void {
    const own = [...this.#followers].filter((follower) => follower.caller.id === caller).length;
    if (own < FOLLOWERS_EACH_MAX && this.#followers.size < FOLLOWERS_MAX) return;
    throw new LimitError('too-many-followers', 'too many pages follow live changes.', 30);
  }

  add(follower: Follower): void {
    this.#followers.add(follower);
    this.#count();
    // Looks for what other processes wrote, and for the progress of jobs, while anybody cares.
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    this.#tell();
  }

  remove(follower: Follower): void {
    this.#followers.delete(follower);
    this.#count();
    if (this.#followers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  stop(): void {
    this.#stopListening();
    clearInterval(this.#timer);
    for (const follower of this.#followers) follower.end();
  }

  #count(): void {
    metricsOf(this.#system).following.set(this.#followers.size);
  }

  #tick(): void {
    this.#beaten += TICK_MS;
    if (this.#beaten >= BEAT_MS) {
      this.#beaten = 0;
      for (const follower of this.#followers) follower.send(': beat\n\n');
      void this.#endInvalid(() => true);
    }
    this.#tell();
  }

  /** One round at a time; what comes meanwhile is told in the next one. */
  #tell(): void {
    if (this.#telling !== undefined) {
      this.#again = true;
      return;
    }
    if (this.#followers.size === 0) return;
    this.#telling = this.#round()
      .then(() => {
        this.#failed = false;
      })
      .catch((error: unknown) => {
        // Once, and not each second, while the database is away.
        if (!this.#failed) this.#onError(error);
        this.#failed = true;
      })
      .finally(() => {
        this.#telling = undefined;
        if (this.#again) {
          this.#again = false;
          this.#tell();
        }
      });
  }

  async #round(): Promise<void> {
    while (await this.#tellFacts()) {}
    const watching = [...this.#followers].filter(({ seesJobs }) => seesJobs);
    if (watching.length === 0) return;
    for (const job of await this.#jobs.changed())
      for (const follower of watching) follower.send(event('job', job));
  }

  /** @returns whether there may be more. */
  async #tellFacts(): Promise<boolean> {
    const from = Math.min(...[...this.#followers].map(({ seq }) => seq));
    if (!Number.isFinite(from)) return false;
    const rows = await this.#system.store.db
      .selectFrom('facts')
      .select(['seq', 'id', 'time', 'action', 'bytes'])
      .where('seq', '>', from)
      .orderBy('seq')
      .limit(AT_ONCE)
      .execute();
    if (rows.length === 0) return false;
    const facts = rows.map(readFact);
    const places = await this.#places(facts);
    const touched = facts.filter(({ action }) => ABOUT_RIGHTS.test(action));
    const about = new Set(touched.flatMap(({ subjects }) => subjects.map(({ id }) => id)));
    // Before they are told anything that they may not see any more.
    if (about.size > 0) await this.#endInvalid(({ caller }) => about.has(caller.id));
    for (const follower of this.#followers)
      for (const fact of facts) if (fact.seq > follower.seq) follower.tellFact(fact, places);
    return rows.length === AT_ONCE;
  }

  /** Ends those whose rights are not what they were; they come back with those that they have. */
  async #endInvalid(which: (follower: Follower) => boolean): Promise<void> {
    for (const follower of [...this.#followers].filter(which)) {
      if (await follower.isValid().catch(() => true)) continue;
      this.remove(follower);
      follower.end();
    }
  }

  /** Where the devices are that facts are about, if anybody sees only some. */
  async #places(facts: readonly Fact[]): Promise<Places> {
    const places = new Map<string, { segment: string | null; owner: string | null }>();
    if ([...this.#followers].every(({ everywhere }) => everywhere)) return places;
    const devices = facts.flatMap(({ subjects }) =>
      subjects.flatMap(({ kind, id }) => (kind === 'device' ? [id] : [])),
    );
    for (const ids of chunks([...new Set(devices)], AT_ONCE)) {
      const rows = await this.#system.store.db
        .selectFrom('devices')
        .select(['id', 'segment_id', 'owner_id'])
        .where('id', 'in', ids)
        .execute();
      for (const { id, segment_id, owner_id } of rows)
        places.set(id, { segment: segment_id, owner: owner_id });
    }
    return places;
  }
}

async function newestFact({ store }: System): Promise<number> {
  const row = await store.db
    .selectFrom('facts')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.seq ?? 0;
}
