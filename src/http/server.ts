/**
 * The API and the console over HTTP. Every route says who may use it; a route that does not say so does not start.
 * What a handler throws becomes a problem (RFC 9457); what it returns is checked against its schema on the way out, so
 * nothing leaves that the API does not describe.
 */
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Caller } from '../access/index.ts';
import type { System } from '../app/system/index.ts';
import { InternalError, UsageError } from '../base/index.ts';
import { authenticate } from './authenticate.ts';
import { demandCleanText } from './clean.ts';
import { securityHeaders } from './headers.ts';
import { healthRoutes } from './health.ts';
import { demandHost } from './host.ts';
import { repeatSafely } from './idempotency.ts';
import { type Limits, limitRequests } from './limits.ts';
import { describeApi } from './openapi.ts';
import { pages } from './pages.ts';
import { sendProblem } from './problems.ts';
import type { Server } from './route.ts';
import { routes } from './routes/index.ts';

export const API = '/api/v1';

export interface ServerOptions extends Limits {
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
}

const BODY_BYTES_MAX = 1024 * 1024;
/** Connections at the same time. */
const CONNECTIONS_MAX = 4000;

export async function buildServer(system: System, options: ServerOptions): Promise<Server> {
  const app = newServer(options);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.decorateRequest('problem', undefined);
  demandAccess(app);
  await describeApi(app, options.version);
  securityHeaders(app, options.publicUrl);
  const { console, publicUrl } = options;
  const limit = console ? undefined : await limitRequests(app, options);
  if (console === undefined) demandHost(app, publicUrl);
  authenticate(app, system, { console, publicUrl, limit });
  demandCleanText(app);
  repeatSafely(app, system.store);
  await pages(app, options.pages);
  healthRoutes(app, system);
  await app.register(async (api) => routes(api as unknown as Server, system), { prefix: API });
  return app;
}

/** @throws UsageError `trusted-proxies-invalid` */
function newServer({ log, tls, trustedProxies }: ServerOptions): Server {
  try {
    const app = fastify({
      loggerInstance: log,
      logController: new LogController({ disableRequestLogging: true }),
      bodyLimit: BODY_BYTES_MAX,
      // Uploads take their time; a connection on which nothing moves ends.
      requestTimeout: 0,
      connectionTimeout: 60_000,
      keepAliveTimeout: 30_000,
      forceCloseConnections: 'idle',
      trustProxy: trustedProxies ? [...trustedProxies] : false,
      routerOptions: { maxParamLength: 500 },
      frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
      ...(tls ? { https: { cert: tls.cert, key: tls.key, minVersion: tls.minVersion } } : {}),
    }).withTypeProvider<ZodTypeProvider>() as unknown as Server;
    app.server.maxConnections = CONNECTIONS_MAX;
    return app;
  } catch (cause) {
    if (!(cause instanceof TypeError) || trustedProxies === undefined) throw cause;
    throw new UsageError(
      'trusted-proxies-invalid',
      `trustedProxies must be addresses or networks: ${cause.message}.`,
      { cause },
    );
  }
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
