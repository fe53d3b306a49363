/** Measurements for Prometheus: of the process, of requests at all doors of one system, and of its background work. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { System } from '../app/system/index.ts';

export interface Metrics {
  readonly registry: Registry;
  readonly seconds: Histogram<'method' | 'route' | 'status'>;
  readonly refused: Counter<'code'>;
  readonly following: Gauge;
}

const known = new WeakMap<System, Metrics>();

/** The same for every door of a system. */
export function metricsOf(system: System): Metrics {
  const there = known.get(system);
  if (there !== undefined) return there;
  const made = makeMetrics(system);
  known.set(system, made);
  return made;
}

function makeMetrics({ store, version }: System): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'fleetward_' });
  new Gauge({
    ...{ name: 'fleetward_build_info', help: 'The version that runs', registers },
    labelNames: ['version', 'database'],
  }).set({ version, database: store.dialect }, 1);
  new Gauge({
    ...{ name: 'fleetward_jobs', help: 'Background work that has not ended', registers },
    labelNames: ['kind', 'state'],
    async collect() {
      this.reset();
      const rows = await store.db
        .selectFrom('jobs')
        .select((e) => ['kind', 'state', e.fn.countAll<number>().as('count')])
        .where('state', 'in', ['waiting', 'running'])
        .groupBy(['kind', 'state'])
        .execute();
      for (const { kind, state, count } of rows) this.set({ kind, state }, Number(count));
    },
  });
  new Gauge({
    ...{ name: 'fleetward_facts', help: 'Facts that were recorded', registers },
    async collect() {
      const newest = store.db.selectFrom('facts').select('seq').orderBy('seq', 'desc').limit(1);
      this.set((await newest.executeTakeFirst())?.seq ?? 0);
    },
  });
  return {
    registry,
    seconds: new Histogram({
      ...{ name: 'fleetward_http_request_seconds', help: 'Time to answer requests', registers },
      labelNames: ['method', 'route', 'status'],
    }),
    refused: new Counter({
      ...{ name: 'fleetward_http_refused_total', help: 'Requests that were refused', registers },
      labelNames: ['code'],
    }),
    following: new Gauge({
      ...{ name: 'fleetward_live_followers', help: 'Pages that follow live changes', registers },
    }),
  };
}
