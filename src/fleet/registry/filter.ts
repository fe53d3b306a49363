/** Which devices a list, a group or a bulk change means, and in which order. */
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import type { Dialect, Tables } from '../../store/index.ts';

const TEXT_MAX = 200;
const LIST_MAX = 100;

export const CRITICALITIES = ['low', 'normal', 'high', 'essential'] as const;
export const SORTS = [
  'name',
  'type',
  'vendor',
  'lastSeen',
  'firstSeen',
  'worst',
  'posture',
] as const;

// An empty list would say nothing, or everything: it is neither.
const texts = z.array(z.string().max(TEXT_MAX)).min(1).max(LIST_MAX);

export const deviceFilterSchema = z.strictObject({
  site: z.string().max(TEXT_MAX).optional(),
  segment: texts.optional().describe('ids; "none" for devices in no segment'),
  type: texts.optional(),
  vendor: texts.optional(),
  model: texts.optional(),
  owner: texts.optional().describe('ids of people; "none" for devices without an owner'),
  criticality: z.array(z.enum(CRITICALITIES)).min(1).max(LIST_MAX).optional(),
  tag: texts.optional().describe('that it has all of'),
  worst: z
    .int()
    .min(0)
    .max(5)
    .optional()
    .describe('with an open finding of at least this rank: 1 info … 5 critical'),
  search: z
    .string()
    .max(TEXT_MAX)
    .optional()
    .describe('words that are all in its names, addresses …'),
  retired: z.boolean().optional().describe('default: false'),
  seenBefore: z.int().optional().describe('last seen before (milliseconds since 1970)'),
});

/** All parts must hold; of the values of one part, any. */
export type DeviceFilter = z.infer<typeof deviceFilterSchema>;

/** What the one who asks may see: everything, or the devices of some segments and those of one person. */
export interface Reach {
  readonly segments?: readonly string[] | undefined;
  readonly owner?: string | undefined;
}

export type DeviceSort = (typeof SORTS)[number];

/** The column that a sort goes by. */
export const sortColumn = {
  name: 'name',
  type: 'type',
  vendor: 'vendor',
  lastSeen: 'last_seen',
  firstSeen: 'first_seen',
  worst: 'worst',
  posture: 'posture',
} as const satisfies Record<DeviceSort, keyof Tables['devices']>;

type Devices = ExpressionBuilder<Tables, 'devices'>;
type Condition = Expression<SqlBool>;

/** The condition under which a device is meant. */
export function matches(
  e: Devices,
  filter: DeviceFilter,
  reach: Reach,
  dialect: Dialect,
): Condition {
  const all: Condition[] = [e('retired', filter.retired ? 'is not' : 'is', null)];
  if (filter.site !== undefined) all.push(e('site_id', '=', filter.site));
  if (filter.segment) all.push(anyOf(e, 'segment_id', filter.segment));
  if (filter.owner) all.push(anyOf(e, 'owner_id', filter.owner));
  if (filter.type) all.push(e('type', 'in', filter.type));
  if (filter.vendor) all.push(e('vendor', 'in', filter.vendor));
  if (filter.model) all.push(e('model', 'in', filter.model));
  if (filter.criticality) all.push(e('criticality', 'in', filter.criticality));
  if (filter.worst) all.push(e('worst', '>=', filter.worst));
  if (filter.seenBefore !== undefined) all.push(e('last_seen', '<', filter.seenBefore));
  for (const tag of filter.tag ?? []) all.push(tagged(e, tag));
  const wanted = words(filter.search);
  if (wanted.length > 0) all.push(holdsWords(e, wanted, dialect));
  all.push(...within(e, reach));
  return e.and(all);
}

/** The condition under which a device may be seen; none where everything may. */
export function within<T extends keyof Tables>(
  e: ExpressionBuilder<Tables, T | 'devices'>,
  { segments, owner }: Reach,
): Condition[] {
  if (segments === undefined && owner === undefined) return [];
  const devices = e as unknown as Devices;
  return [
    e.or([
      ...(segments ? [devices('devices.segment_id', 'in', none(segments))] : []),
      ...(owner === undefined ? [] : [devices('devices.owner_id', '=', owner)]),
    ]),
  ];
}

/** `in ()` is no SQL everywhere. */
const none = (ids: readonly string[]): readonly string[] => (ids.length > 0 ? ids : ['']);

function anyOf(e: Devices, column: 'segment_id' | 'owner_id', ids: readonly string[]): Condition {
  const known = ids.filter((id) => id !== 'none');
  const parts: Condition[] = [];
  if (known.length > 0) parts.push(e(column, 'in', known));
  if (known.length < ids.length) parts.push(e(column, 'is', null));
  return e.or(parts);
}

function tagged(e: Devices, tag: string): Condition {
  return e.exists(
    e
      .selectFrom('device_tags')
      .select(sql`1`.as('one'))
      .whereRef('device_tags.device_id', '=', 'devices.id')
      .where('device_tags.tag', '=', tag),
  );
}

/** Where a text holds another: the same function under two names. */
const POSITION = { sqlite: 'instr', postgres: 'strpos' } as const;

/** Read from the index of the text alone: rows are looked at for matches only. */
function holdsWords(e: Devices, all: readonly string[], dialect: Dialect): Condition {
  const position = sql.raw(POSITION[dialect]);
  const holds = (word: string) =>
    sql<SqlBool>`${position}(${sql.ref('found.search')}, ${word}) > 0`;
  return e(
    'id',
    'in',
    e
      .selectFrom('devices as found')
      .select('found.id')
      .where((f) => f.and(all.map(holds))),
  );
}

const words = (search: string | undefined): string[] =>
  (search ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, 8);
