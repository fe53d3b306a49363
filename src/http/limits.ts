/**
 * How much one caller, one address and all together may ask for, so that nobody keeps the others from working. Counted
 * before anything is looked up; an address of IPv6 counts with its /64, and one behind a named proxy as itself.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { addressBucket } from '../access/index.ts';
import { LimitError, UnavailableError } from '../base/index.ts';
import type { Server } from './route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Gives its place up early: it goes on for as long as the other end likes. */
    readonly leaveQueue?: () => void;
  }
}

/** Requests a minute of one caller. */
const RATE = 1200;
/** An address has several callers behind it. */
const CALLERS_AN_ADDRESS = 4;
/** Callers and addresses that are told apart. */
const KNOWN_MAX = 20_000;
/** Requests at the same time, of one address and in all. */
const AT_ONCE_ADDRESS = 100;
const AT_ONCE = 1000;

export interface Limits {
  /** Requests a minute of one caller. */
  readonly rate?: number | undefined;
  /** Requests at the same time from one address. */
  readonly atOnce?: number | undefined;
}

/** Limits what comes from outside. Returns how the caller's own rate is asked, once it is known who asks. */
export async function limitRequests(
  app: Server,
  { rate = RATE, atOnce = AT_ONCE_ADDRESS }: Limits,
): Promise<(request: FastifyRequest) => Promise<void>> {
  await app.register(rateLimit, { global: false });
  const window = { timeWindow: '1 minute', cache: KNOWN_MAX };
  const ofAddress = app.createRateLimit({
    ...{ ...window, max: rate * CALLERS_AN_ADDRESS },
    keyGenerator: ({ ip }) => addressBucket(ip),
  });
  const ofCaller = app.createRateLimit({
    ...{ ...window, max: rate },
    keyGenerator: ({ caller }) => caller.id,
  });
  const demand = (limit: typeof ofAddress) => async (request: FastifyRequest) => {
    const found = await limit(request);
    if (!found.isAllowed && found.isExceeded)
      throw new LimitError(
        'too-many-requests',
        `too many requests; go on in ${found.ttlInSeconds} seconds.`,
        found.ttlInSeconds,
      );
  };
  app.addHook('onRequest', demand(ofAddress));
  limitAtOnce(app, atOnce);
  return demand(ofCaller);
}

function limitAtOnce(app: Server, each: number): void {
  const busy = new Map<string, number>();
  let all = 0;
  app.decorateRequest('leaveQueue', undefined);
  app.addHook('onRequest', async (request, reply) => {
    const address = addressBucket(request.ip);
    const own = busy.get(address) ?? 0;
    if (own >= each)
      throw new LimitError(
        'too-many-at-once',
        'too many requests at the same time; wait for some to end.',
        1,
      );
    if (all >= AT_ONCE)
      throw new UnavailableError(
        'server-busy',
        'everybody asks at the same time; try again in a moment.',
      );
    busy.set(address, own + 1);
    all++;
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      all--;
      const now = (busy.get(address) ?? 1) - 1;
      if (now > 0) busy.set(address, now);
      else busy.delete(address);
    };
    Object.assign(request, { leaveQueue: leave });
    reply.raw.once('close', leave);
  });
}
