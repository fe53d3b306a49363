/** Who asks, and whether they may use the route at all; what it is used on, its handler asks with `allow`. */
import type { FastifyRequest } from 'fastify';
import {
  type Caller,
  demandSameSite,
  type Permission,
  presentedCredential,
  visible,
} from '../access/index.ts';
import type { System } from '../app/system/index.ts';
import { UnauthenticatedError } from '../base/index.ts';
import type { Reach } from '../fleet/registry/index.ts';
import type { RouteAccess, Server } from './route.ts';

export interface AuthenticateOptions {
  readonly publicUrl: string;
  /** Whoever may connect is this caller. */
  readonly console?: Caller | undefined;
  /** Asked once it is known who asks. */
  readonly limit?: ((request: FastifyRequest) => Promise<void>) | undefined;
}

/** Finds out who asks, and turns away who may not. */
export function authenticate(app: Server, system: System, options: AuthenticateOptions): void {
  const { access } = system;
  app.decorateRequest('caller', undefined as never);
  app.decorateRequest('reach', undefined as never);
  app.decorateRequest('allow', undefined as never);
  app.decorateRequest('reachOf', undefined as never);
  app.addHook('onRequest', async (request) => {
    const { method, headers, routeOptions } = request;
    const { access: wanted, unattended = false } = routeOptions.config;
    const credential = presentedCredential(headers, options.publicUrl);
    // Where no session is needed, one that has ended is nobody's hindrance: its CSRF token is known to no page any more.
    const session = wanted === 'public' ? undefined : credential;
    if (options.console === undefined) demandSameSite(method, headers, options.publicUrl, session);
    if (wanted === undefined || wanted === 'public') return;
    const caller = options.console ?? (await access.caller(credential, unattended));
    if (caller === undefined)
      throw new UnauthenticatedError('not-signed-in', 'sign in, or send an API token, first.');
    const allow: FastifyRequest['allow'] = (permission, target = {}) =>
      access.authorise(caller, permission, {
        segment: target.segment ?? undefined,
        owner: target.owner ?? undefined,
      });
    const other: FastifyRequest['reachOf'] = (permission) => {
      demandRoute(system, caller, permission);
      return reachOf(caller, permission);
    };
    Object.assign(request, { caller, allow, reachOf: other, reach: reachOf(caller, wanted) });
    await options.limit?.(request);
    if (wanted !== 'signed-in') demandRoute(system, caller, wanted);
  });
}

function demandRoute({ access }: System, caller: Caller, permission: Permission): void {
  const { everywhere, segments, own } = visible(caller, permission);
  const target = everywhere
    ? {}
    : { segment: segments[0], ...(own && segments.length === 0 ? { owner: caller.id } : {}) };
  access.authorise(caller, permission, target);
}

/** What a caller may see under a permission. */
export function reachOf(caller: Caller, access: RouteAccess): Reach {
  if (access === 'public' || access === 'signed-in') return {};
  const { everywhere, segments, own } = visible(caller, access);
  if (everywhere) return {};
  return { segments, ...(own ? { owner: caller.id } : {}) };
}
