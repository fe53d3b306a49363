/** For machines: is it alive, does it work, how busy is it; and one line of the log a request. */
import type { System } from '../app/system/index.ts';
import { UnavailableError } from '../base/index.ts';
import { metricsOf } from './metrics.ts';
import type { Server } from './route.ts';

/** Asked every few seconds by machines. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

export function healthRoutes(app: Server, system: System): void {
  const { registry, seconds, refused } = metricsOf(system);
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, log } = request;
    const route = routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    // A stream lasts as long as somebody looks.
    if (!routeOptions.config.unattended)
      seconds.observe({ method, route, status }, reply.elapsedTime / 1000);
    if (request.problem !== undefined) refused.inc({ code: request.problem });
    if (QUIET.has(route)) return;
    // Neither addresses with ids of things nor anything that a person typed.
    const ms = Math.round(reply.elapsedTime);
    const { problem, caller } = request;
    log.info({ method, route, status, ms, caller: caller?.id, problem }, 'request');
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
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}

async function ping({ store }: System): Promise<void> {
  try {
    await store.db.selectFrom('consumers').select('name').limit(1).execute();
  } catch (cause) {
    throw new UnavailableError('store-unavailable', 'the database cannot be read now.', { cause });
  }
}
