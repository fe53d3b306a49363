/**
 * No query of a page scans the fleet: the plans that SQLite makes for the lists name an index, and sort nothing. Plans are
 * asked for by EXPLAIN, of the very queries that the rooms make.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KyselyPlugin, type RootOperationNode, sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Audits, FINDING_SORTS, Findings } from '../src/audit/records/index.ts';
import { Registry, SORTS } from '../src/fleet/registry/index.ts';
import { cursorOf, openStore, type Store } from '../src/store/index.ts';

let folder: string;
let store: Store;
let plan: string[];
let explained: Store;

/** Asks for the plan of each query instead of its rows. */
const explaining: KyselyPlugin = {
  transformQuery: ({ node }) =>
    node.kind === 'SelectQueryNode'
      ? ({
          ...node,
          explain: { kind: 'ExplainNode', options: sql`query plan`.toOperationNode() },
        } as RootOperationNode)
      : node,
  transformResult: async ({ result }) => {
    plan.push(...result.rows.map(({ detail }) => String(detail)));
    return { ...result, rows: [] };
  },
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-plans-'));
  store = await openStore({ file: join(folder, 'plans.sqlite') });
  explained = Object.create(store, { db: { value: store.db.withPlugin(explaining) } });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function planOf(query: (on: Store) => Promise<unknown>): Promise<string[]> {
  plan = [];
  await query(explained);
  expect(plan.length).toBeGreaterThan(0);
  return plan;
}

const TEXTS: ReadonlySet<string> = new Set(['name', 'type', 'vendor']);
const TABLES = 'devices|findings|audits|facts|device_keys|device_details';
const wholeTable = new RegExp(`^SCAN (${TABLES})( AS \\w+)?$`);
const expectIndexes = (lines: readonly string[]) => {
  expect(lines.filter((line) => wholeTable.test(line))).toEqual([]);
};

it.each(SORTS)(
  'devices by %s come in the order of an index, also from a cursor on',
  async (sort) => {
    for (const descending of [true, false])
      for (const after of [undefined, cursorOf(TEXTS.has(sort) ? 'x' : 1, 'id')]) {
        const lines = await planOf((on) =>
          new Registry(on).list({ filter: {}, reach: {}, sort, descending, after, limit: 50 }),
        );
        expectIndexes(lines);
        expect(lines.join('\n')).not.toContain('TEMP B-TREE FOR ORDER BY');
      }
  },
);

it.each([
  [{ type: ['camera'] }],
  [{ segment: ['a', 'b'] }],
  [{ owner: ['a'] }],
  [{ tag: ['a'] }],
  [{ search: 'front door' }],
  [{ worst: 4 }],
])('devices filtered by %j are found by an index', async (filter) => {
  expectIndexes(
    await planOf((on) =>
      new Registry(on).list({ filter, reach: {}, sort: 'lastSeen', descending: true, limit: 50 }),
    ),
  );
});

it.each(FINDING_SORTS)('findings by %s are found by an index', async (sort) => {
  expectIndexes(
    await planOf((on) =>
      new Findings(on).list({ filter: {}, reach: {}, sort, descending: true, limit: 50 }),
    ),
  );
});

it('audits come in the order of an index', async () => {
  const lines = await planOf((on) => new Audits(on).list({ limit: 50 }));
  expectIndexes(lines);
});
