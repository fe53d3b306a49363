/** Sessions over HTTP: the token travels in a cookie that no script reads, the CSRF token in the answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type Access,
  type Client,
  presentedCredential,
  type SessionCaller,
  type Started,
  sessionCookie,
} from '../access/index.ts';
import { ForbiddenError, NotFoundError } from '../base/index.ts';

export const startedSchema = z
  .object({
    person: z.string(),
    csrf: z.string().describe('send it as x-csrf-token with every change'),
    expiresAt: z.int().describe('milliseconds since 1970'),
  })
  .meta({ id: 'Started' });

/** The browser or program at the other end. */
export function clientOf(request: FastifyRequest, { config }: Access): Client {
  const credential = presentedCredential(request.headers, config.origin);
  return {
    address: request.ip,
    agent: (request.headers['user-agent'] ?? '').slice(0, 256),
    previous: credential?.kind === 'session' ? credential.token : undefined,
  };
}

/** Gives the browser its session. */
export function giveSession(reply: FastifyReply, { config }: Access, started: Started) {
  reply.header('set-cookie', sessionCookie(config.origin, started.token));
  return { person: started.personId, csrf: started.csrf, expiresAt: started.expiresAt };
}

export function endSession(reply: FastifyReply, { config }: Access): void {
  reply.header('set-cookie', sessionCookie(config.origin, undefined));
}

/** For what a person does to their own account. @throws ForbiddenError `session-needed` */
export function ownSession({ caller }: FastifyRequest): SessionCaller {
  if (caller.via === 'session') return caller;
  throw new ForbiddenError('session-needed', 'this is done in a session; sign in with a browser.');
}

/** @throws NotFoundError `provider-unknown` */
export function providerOf({ oidc }: Access): NonNullable<Access['oidc']> {
  if (oidc !== undefined) return oidc;
  throw new NotFoundError('provider-unknown', 'no identity provider is set up here.');
}
