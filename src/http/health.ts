/** For machines: is it alive, does it work, how busy is it. */
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { System } from '../app/system/index.ts';
import { UnavailableError } from '../base/index.ts';
import type { Server } from './route.ts';

export function healthRoutes(app: Server, system: System): void {
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics, prefix: 'fleetward_' });
  const seconds = new Histogram({
    name: 'fleetward_http_request_seconds',
    help: 'Time to answer requests, by route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [metrics],
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, log } = request;
    const route = routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    seconds.observe({ method, route, status }, reply.elapsedTime / 1000);
    if (NAMELESS.has(route)) return;
    // Neither addresses with ids of things nor anything that a person typed.
    log.info({
      method,
      route,
      status,
      ms: Math.round(reply.elapsedTime),
      caller: request.caller?.id,
    });
  });
  app.get('/healthz', { config: { access: 'public' }, schema: { hide: true } }, async () => ({
    alive: true,
  }));
  app.get('/readyz', { config: { access: 'public' }, schema: { hide: true } }, async () => {
    await ping(system);
    return { ready: true };
  });
  app.get(
    '/metrics',
    { config: { access: 'system.read' }, schema: { hide: true } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}

const NAMELESS = new Set(['/healthz', '/readyz', '/metrics']);

async function ping({ store }: System): Promise<void> {
  try {
    await store.db.selectFrom('consumers').select('name').limit(1).execute();
  } catch (cause) {
    throw new UnavailableError('store-unavailable', 'the database cannot be read now.', { cause });
  }
}
