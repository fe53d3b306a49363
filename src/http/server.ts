/**
 * The API and the console over HTTP. Every route says who may use it; a route that does not say so does not start.
 * What a handler throws becomes a problem (RFC 9457); what it returns is checked against its schema on the way out, so
 * nothing leaves that the API does not describe.
 */
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import fastify, { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import {
  type Caller,
  demandSameSite,
  type Permission,
  presentedCredential,
  visible,
} from '../access/index.ts';
import type { System } from '../app/system/index.ts';
import { InternalError, UnauthenticatedError } from '../base/index.ts';
import { securityHeaders } from './headers.ts';
import { healthRoutes } from './health.ts';
import { demandHost } from './host.ts';
import { pages } from './pages.ts';
import { sendProblem } from './problems.ts';
import type { RouteAccess, Server } from './route.ts';
import { routes } from './routes/index.ts';

export const API = '/api/v1';

export interface ServerOptions {
  readonly version: string;
  readonly log: FastifyBaseLogger;
  /** Where people reach it: `https://fleet.example`, `http://localhost:8080`. */
  readonly publicUrl: string;
  /** Addresses or networks of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[];
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  };
  /** Folder of the built console. */
  readonly pages?: string | undefined;
  /** Set for the socket in the data folder: whoever may connect to it is this caller. */
  readonly console?: Caller;
  /** Requests a minute from one address. */
  readonly rate?: number;
}

const BODY_BYTES_MAX = 1024 * 1024;
const RATE = 1200;

export async function buildServer(system: System, options: ServerOptions): Promise<Server> {
  const { tls } = options;
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: 0,
    connectionTimeout: 60_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle',
    trustProxy: options.trustedProxies ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 500 },
    ...(tls ? { https: { cert: tls.cert, key: tls.key, minVersion: tls.minVersion } } : {}),
  }).withTypeProvider<ZodTypeProvider>() as unknown as Server;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  demandAccess(app);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Fleetward', version: options.version, license: { name: 'Apache-2.0' } },
      servers: [{ url: '/' }],
    },
    // Who may use a route is part of its description.
    transform: (document) => {
      const { schema, url } = jsonSchemaTransform(document);
      const access = document.route.config?.access;
      return { url, schema: { ...schema, 'x-access': access } as typeof schema };
    },
    transformObject: jsonSchemaTransformObject,
  });
  if (options.console === undefined)
    await app.register(rateLimit, {
      max: options.rate ?? RATE,
      timeWindow: '1 minute',
      keyGenerator: ({ ip }) => networkOf(ip),
    });
  securityHeaders(app, options.publicUrl);
  if (options.console === undefined) demandHost(app, options.publicUrl);
  authenticate(app, system, options);
  await pages(app, options.pages);
  healthRoutes(app, system);
  await app.register(async (api) => routes(api as unknown as Server, system), { prefix: API });
  return app;
}

/** No route without an answer to who may use it. */
function demandAccess(app: Server): void {
  app.addHook('onRoute', (route) => {
    const { method, url } = route;
    // Files of the console are for everybody, and name no one.
    if (url.startsWith('/assets/')) route.config = { ...route.config, access: 'public' };
    if (route.config?.access === undefined)
      throw new InternalError(
        'route-without-access',
        `${method} ${url} does not say who may use it.`,
      );
  });
}

/** Finds out who asks, and turns away who may not. */
function authenticate(app: Server, system: System, options: ServerOptions): void {
  const { access } = system;
  app.decorateRequest('caller', undefined as never);
  app.decorateRequest('reach', undefined as never);
  app.decorateRequest('allow', undefined as never);
  app.addHook('onRequest', async (request) => {
    const { method, headers, routeOptions } = request;
    const credential = presentedCredential(headers, options.publicUrl);
    if (options.console === undefined)
      demandSameSite(method, headers, options.publicUrl, credential);
    const wanted = routeOptions.config.access;
    if (wanted === undefined || wanted === 'public') return;
    const caller = options.console ?? (await access.caller(credential));
    if (caller === undefined)
      throw new UnauthenticatedError('not-signed-in', 'sign in, or send an API token, first.');
    const allow: FastifyRequest['allow'] = (permission, target = {}) =>
      access.authorise(caller, permission, {
        segment: target.segment ?? undefined,
        owner: target.owner ?? undefined,
      });
    Object.assign(request, { caller, allow, reach: reachOf(caller, wanted) });
    if (wanted !== 'signed-in') demandRoute(system, caller, wanted);
  });
}

/** Whether the caller may use the route at all; what it is used on, its handler asks with `allow`. */
function demandRoute({ access }: System, caller: Caller, permission: Permission): void {
  const { everywhere, segments, own } = visible(caller, permission);
  const target = everywhere
    ? {}
    : { segment: segments[0], ...(own && segments.length === 0 ? { owner: caller.id } : {}) };
  access.authorise(caller, permission, target);
}

function reachOf(caller: Caller, access: RouteAccess) {
  if (access === 'public' || access === 'signed-in') return {};
  const { everywhere, segments, own } = visible(caller, access);
  if (everywhere) return {};
  return { segments, ...(own ? { owner: caller.id } : {}) };
}

/** An IPv4 address; of an IPv6 one its /64, which one customer has whole. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head, tail] = address.split('::');
  const groups = head.split(':');
  const rest = tail === undefined ? [] : tail.split(':');
  const all = [
    ...groups,
    ...Array(Math.max(0, 8 - groups.length - rest.length)).fill('0'),
    ...rest,
  ];
  return all.slice(0, 4).join(':');
}
