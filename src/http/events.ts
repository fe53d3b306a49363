/**
 * Live changes as server-sent events: each fact that the caller may see is told by its action and subjects, and the
 * page looks anew at what it shows. A browser that comes back says where it was (Last-Event-ID) and misses nothing.
 */
import type { ServerResponse } from 'node:http';
import type { System } from '../app/system/index.ts';
import { LimitError } from '../base/index.ts';
import { type Fact, readFact } from '../store/index.ts';
import type { Routes } from './route.ts';

const CLIENTS_MAX = 200;
const BEAT_MS = 20_000;
const AT_ONCE = 500;
/** Facts further back than this are not told one by one: the page is told to look anew. */
const BEHIND_MAX = 5000;

/** What pages follow; the rest (people, keys, tokens) is for those who see facts. */
const FOLLOWED = /^(device|finding|audit|site|segment|group)\./;

interface Follower {
  readonly response: ServerResponse;
  readonly all: boolean;
  seq: number;
}

export const eventRoutes: Routes = (api, system) => {
  const followers = new Set<Follower>();
  let _telling: Promise<void> | undefined;
  const tell = () => {
    _telling ??= tellAll(system, followers)
      .catch((error: unknown) => api.log.error({ err: error }, 'live events'))
      .finally(() => {
        _telling = undefined;
      });
  };
  const stop = system.store.onFacts(tell);
  const beat = setInterval(() => {
    for (const { response } of followers) response.write(': beat\n\n');
    tell();
  }, BEAT_MS).unref();
  api.addHook('preClose', async () => {
    stop();
    clearInterval(beat);
    for (const { response } of followers) response.end();
  });

  api.route({
    method: 'GET',
    url: '/events',
    config: { access: 'devices.read' },
    schema: { tags: ['events'], summary: 'Live changes (text/event-stream)' },
    handler: async (request, reply) => {
      if (followers.size >= CLIENTS_MAX)
        throw new LimitError('too-many-followers', 'too many pages follow live changes.', 30);
      const last = request.headers['last-event-id'];
      const newest = await newestFact(system);
      const from = typeof last === 'string' && /^\d{1,15}$/.test(last) ? Number(last) : newest;
      const all = system.access.decide(request.caller, 'facts.read') === 'allowed';
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-accel-buffering': 'no',
      });
      const behind = newest - from > BEHIND_MAX;
      response.write(behind ? `id: ${newest}\nevent: stale\ndata: {}\n\n` : ': welcome\n\n');
      const follower: Follower = { response, all, seq: behind ? newest : from };
      followers.add(follower);
      response.on('close', () => followers.delete(follower));
      tell();
    },
  });
};

async function newestFact({ store }: System): Promise<number> {
  const row = await store.db
    .selectFrom('facts')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.seq ?? 0;
}

async function tellAll({ store }: System, followers: ReadonlySet<Follower>): Promise<void> {
  for (;;) {
    const from = Math.min(...[...followers].map(({ seq }) => seq));
    if (!Number.isFinite(from)) return;
    const rows = await store.db
      .selectFrom('facts')
      .select(['seq', 'id', 'time', 'action', 'bytes'])
      .where('seq', '>', from)
      .orderBy('seq')
      .limit(AT_ONCE)
      .execute();
    for (const fact of rows.map(readFact))
      for (const follower of followers) if (fact.seq > follower.seq) tellOne(follower, fact);
    if (rows.length < AT_ONCE) return;
  }
}

function tellOne(follower: Follower, { seq, action, subjects }: Fact): void {
  follower.seq = seq;
  if (!follower.all && !FOLLOWED.test(action)) return;
  const data = JSON.stringify({ action, subjects });
  follower.response.write(`id: ${seq}\nevent: fact\ndata: ${data}\n\n`);
}
