/**
 * A request that is sent twice is done once (draft-ietf-httpapi-idempotency-key-header): a caller that heard nothing
 * sends a POST again under the same Idempotency-Key, and gets the answer of the first. Only what succeeded is
 * remembered, for a day; what was refused changed nothing and may be tried again. Answers are kept where they hold no
 * secret (`config.repeats`); of the others only that there was one.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../access/index.ts';
import { ConflictError, LimitError, UsageError } from '../base/index.ts';
import type { Store, Tables } from '../store/index.ts';
import type { Server } from './route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Under which its outcome is to be remembered. */
    claim?: string | undefined;
  }
}

const KEPT_MS = 86_400_000;
const KEYS_MAX = 10_000;
/** Longer answers are not kept. */
const BODY_MAX = 256 * 1024;
const KEPT_HEADERS = ['content-type', 'etag', 'location'] as const;

export function repeatSafely(app: Server, store: Store): void {
  const running = new Set<string>();
  app.decorateRequest('claim', undefined);
  app.addHook('preHandler', async (request, reply) => {
    const given = keyOf(request);
    if (given === undefined) return;
    const caller = hash(callerOf(request.caller));
    const key = hash(`${caller} ${given}`);
    if (running.has(key)) throw busy();
    running.add(key);
    try {
      const asked = requestHash(request);
      const before = await claim(store, { key, caller, request: asked });
      if (before !== undefined) return repeat(reply, before, asked);
      request.claim = key;
    } finally {
      if (request.claim === undefined) running.delete(key);
    }
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const { claim: key } = request;
    if (key === undefined) return payload;
    request.claim = undefined;
    try {
      await remember(store, key, reply, request.routeOptions.config.repeats ? payload : null);
    } catch (err) {
      // What was done is done: the answer goes out, and a repetition is told that nobody knows.
      request.log.error({ err }, 'an Idempotency-Key could not be remembered');
    } finally {
      running.delete(key);
    }
    return payload;
  });
}

/** Of the header; undefined where there is none or the request cannot be repeated anyway. */
function keyOf({ method, caller, headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (method !== 'POST' || caller === undefined || key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new UsageError(
    'idempotency-key-invalid',
    'Idempotency-Key must be 1 to 255 characters of ASCII; a random UUID is best.',
  );
}

/** @returns the row of an earlier request under the same key. */
function claim(
  store: Store,
  row: Pick<Tables['idempotency_keys'], 'key' | 'caller' | 'request'>,
): Promise<Tables['idempotency_keys'] | undefined> {
  const now = store.clock.now();
  return store.write(async ({ db }) => {
    await db.deleteFrom('idempotency_keys').where('expires', '<=', now).execute();
    const before = await db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('key', '=', row.key)
      .executeTakeFirst();
    if (before !== undefined) return before;
    const { count } = await db
      .selectFrom('idempotency_keys')
      .select((e) => e.fn.countAll<number>().as('count'))
      .where('caller', '=', row.caller)
      .executeTakeFirstOrThrow();
    if (Number(count) >= KEYS_MAX)
      throw new LimitError(
        'idempotency-keys-full',
        'too many Idempotency-Keys in one day; send requests without one.',
        3600,
      );
    await db
      .insertInto('idempotency_keys')
      .values({ ...row, expires: now + KEPT_MS })
      .execute();
    return undefined;
  });
}

function repeat(
  reply: FastifyReply,
  before: Tables['idempotency_keys'],
  asked: string,
): FastifyReply {
  if (before.request !== asked)
    throw new UsageError(
      'idempotency-key-reused',
      'this Idempotency-Key was used for another request; make a new one for each.',
    );
  if (before.status === null)
    throw new ConflictError(
      'idempotency-unknown',
      'the same request was broken off, and nobody knows whether it was done; look before you send it under a new key.',
    );
  if (before.body === null && before.status !== 204)
    throw new ConflictError(
      'answered-once',
      'this was done; its answer is not given a second time.',
    );
  reply.code(before.status).headers(JSON.parse(before.headers ?? '{}'));
  reply.header('idempotency-replayed', 'true');
  return reply.send(before.status === 204 ? null : before.body);
}

const busy = () =>
  new ConflictError('idempotency-busy', 'the same request is under way; ask again later.');

async function remember(
  store: Store,
  key: string,
  reply: FastifyReply,
  payload: unknown,
): Promise<void> {
  const { statusCode: status } = reply;
  const done = status >= 200 && status < 300;
  // Whatever broke, broke before or after the change: the key stays without an answer.
  if (status >= 500 && status !== 503) return;
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, reply.getHeader(name)]] : [])),
  );
  const body = typeof payload === 'string' && payload.length <= BODY_MAX ? payload : null;
  await store.write(async ({ db }) => {
    if (done)
      await db
        .updateTable('idempotency_keys')
        .set({ status, headers: JSON.stringify(headers), body })
        .where('key', '=', key)
        .execute();
    else await db.deleteFrom('idempotency_keys').where('key', '=', key).execute();
  });
}

/** A session of a person is as good as another one; each token stands for itself. */
const callerOf = (caller: Caller): string =>
  JSON.stringify([caller.kind, caller.id, caller.via === 'token' ? caller.token.id : caller.via]);

const requestHash = ({ method, url, body }: FastifyRequest): string =>
  hash(JSON.stringify([method, url, body ?? null]));

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
