/** What every route has in common: who may use it, and what its handler is given. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Caller, Permission } from '../access/index.ts';
import type { System } from '../app/system/index.ts';
import type { Reach } from '../fleet/registry/index.ts';

/** `public`: for everybody; `signed-in`: for whoever has an account; else for those with the permission. */
export type RouteAccess = Permission | 'public' | 'signed-in';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked of every route: one without it does not start. */
    access?: RouteAccess;
    /** Asked by pages by themselves: it does not count as somebody being there. */
    unattended?: boolean;
    /** Its answer holds no secret, so it is kept for a day and given again to the same Idempotency-Key. */
    repeats?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; there is none on public routes alone. */
    readonly caller: Caller;
    /** What the caller may see under the route's permission. */
    readonly reach: Reach;
    /** Asks again for what is done to a certain thing. @throws ForbiddenError */
    allow(
      permission: Permission,
      target?: { segment?: string | null; owner?: string | null },
    ): void;
    /** What the caller may see or change under another permission. @throws ForbiddenError where that is nothing. */
    reachOf(permission: Permission): Reach;
  }
}

export type Server = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Adds the routes of one thing to the API. */
export type Routes = (api: Server, system: System) => void;

export const PAGE_MAX = 200;

/** Query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50),
  cursor: z.string().max(2000).optional().describe('`next` of the page before'),
};

/** A page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('cursor of the next page; null on the last'),
  });

export const idParams = z.object({ id: z.uuid() });
export const idBody = z.object({ id: z.string() });
export const none = z.null().describe('nothing');

/** Without the fields that were not given. */
export const given = <Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
