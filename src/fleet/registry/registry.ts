/** The registry: every device of the installation, to list, look at and change. */
import type { ExpressionBuilder } from 'kysely';
import { ConflictError, NotFoundError, StaleError } from '../../base/index.ts';
import {
  type Actor,
  type CursorValue,
  cursorOf,
  type Place,
  readCursor,
  type Store,
  type Tables,
  type Tx,
} from '../../store/index.ts';
import {
  type DeviceDetails,
  type DevicePatch,
  NAMED,
  type Named,
  type RegisteredDevice,
  readDevice,
  searchText,
  shown,
} from './device.ts';
import { deviceChanged, deviceRetired } from './facts.ts';
import { type DeviceFilter, type DeviceSort, matches, type Reach, sortColumn } from './filter.ts';
import { mergeDevices, splitDevice } from './merge.ts';
import { type Observation, observe } from './observe.ts';

export interface DeviceQuery {
  readonly filter: DeviceFilter;
  readonly reach: Reach;
  readonly sort: DeviceSort;
  readonly descending: boolean;
  /** `cursor` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface DevicePage {
  readonly items: readonly RegisteredDevice[];
  /** Of the next page; undefined on the last. */
  readonly cursor: string | undefined;
}

/** Devices of a change of many. */
type Which = { readonly ids: readonly string[] } | { readonly filter: DeviceFilter };

/** What an audit concluded, kept beside the device so that lists can sort by it. */
export interface DevicePosture {
  readonly worst: number;
  readonly openFindings: number;
  readonly acceptedFindings: number;
  /** 0 to 100; undefined while nothing was judged. */
  readonly posture: number | undefined;
}

/** Devices changed in one transaction of a bulk change. */
const BULK_MAX = 10_000;

export class Registry {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(query: DeviceQuery): Promise<DevicePage> {
    const { filter, reach, sort, descending, limit } = query;
    const column = sortColumn[sort];
    const direction = descending ? 'desc' : 'asc';
    let select = this.#store.db
      .selectFrom('devices')
      .selectAll()
      .where((e) => matches(e, filter, reach, this.#store.dialect))
      .orderBy(column, direction)
      .orderBy('id', direction)
      .limit(limit + 1);
    const after = query.after === undefined ? undefined : readCursor(query.after, sortedBy(column));
    if (after !== undefined) select = select.where((e) => behind(e, column, descending, after));
    const rows = await select.execute();
    const page = rows.slice(0, limit);
    const tags = await this.#tags(page.map(({ id }) => id));
    const last = page.at(-1);
    return {
      items: page.map((row) => readDevice(row, tags.get(row.id) ?? [])),
      cursor: rows.length > limit && last ? cursorOf(last[column], last.id) : undefined,
    };
  }

  async count(filter: DeviceFilter, reach: Reach): Promise<number> {
    const { count } = await this.#store.db
      .selectFrom('devices')
      .select((e) => e.fn.countAll<number>().as('count'))
      .where((e) => matches(e, filter, reach, this.#store.dialect))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** How many a change of many devices would meet. */
  async countAll(which: Which, reach: Reach): Promise<number> {
    const { count } = await this.#store.db
      .selectFrom('devices')
      .select((e) => e.fn.countAll<number>().as('count'))
      .where((e) => meant(e, which, reach, this.#store.dialect))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** How many devices there are of each value of a field, most first: for filters and overviews. */
  async tally(
    field: 'type' | 'vendor' | 'model' | 'criticality' | 'segment_id' | 'owner_id',
    filter: DeviceFilter,
    reach: Reach,
  ): Promise<{ value: string | null; count: number }[]> {
    const rows = await this.#store.db
      .selectFrom('devices')
      .select((e) => [`${field} as value` as const, e.fn.countAll<number>().as('count')])
      .where((e) => matches(e, filter, reach, this.#store.dialect))
      .groupBy(field)
      .orderBy('count', 'desc')
      .limit(200)
      .execute();
    return rows.map(({ value, count }) => ({ value, count: Number(count) }));
  }

  /** @throws NotFoundError `device-unknown`, also for one out of reach. */
  async get(id: string, reach: Reach): Promise<DeviceDetails> {
    const { db } = this.#store;
    const row = await db
      .selectFrom('devices')
      .selectAll()
      .where('id', '=', id)
      .where((e) =>
        e.or([
          matches(e, {}, reach, this.#store.dialect),
          matches(e, { retired: true }, reach, this.#store.dialect),
        ]),
      )
      .executeTakeFirst();
    if (row === undefined) throw unknown(id);
    const [tags, keys, details] = await Promise.all([
      this.#tags([id]),
      db
        .selectFrom('device_keys')
        .select('key')
        .where('device_id', '=', id)
        .orderBy('key')
        .execute(),
      db.selectFrom('device_details').selectAll().where('device_id', '=', id).executeTakeFirst(),
    ]);
    return {
      ...readDevice(row, tags.get(id) ?? []),
      notes: row.notes,
      keys: keys.map(({ key }) => key),
      given: JSON.parse(row.given),
      seen: JSON.parse(row.seen),
      details: details === undefined ? null : JSON.parse(details.details),
      audit: details?.audit_id ?? null,
    };
  }

  /**
   * Changes one device. `revision`: the one that the change was made from.
   * @throws StaleError `device-changed` when somebody changed it meanwhile.
   */
  change(actor: Actor, id: string, patch: DevicePatch, revision?: number): Promise<void> {
    return this.#store.write(async (tx) => {
      const row = await tx.db
        .selectFrom('devices')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) throw unknown(id);
      if (revision !== undefined && row.revision !== revision)
        throw new StaleError(
          'device-changed',
          'somebody changed this device meanwhile; look at it again.',
        );
      await changeDevice(tx, actor, row, patch);
    });
  }

  /**
   * Changes many devices at once, all or none.
   * @returns how many.
   * @throws ConflictError `too-many` for more than 10,000.
   */
  changeAll(actor: Actor, which: Which, patch: DevicePatch, reach: Reach): Promise<number> {
    return this.#store.write(async (tx) => {
      const rows = await tx.db
        .selectFrom('devices')
        .selectAll()
        .where((e) => meant(e, which, reach, this.#store.dialect))
        .limit(BULK_MAX + 1)
        .execute();
      if (rows.length > BULK_MAX)
        throw new ConflictError(
          'too-many',
          `at most ${BULK_MAX} devices at once; narrow the filter.`,
        );
      for (const row of rows) await changeDevice(tx, actor, row, patch);
      return rows.length;
    });
  }

  /** Enters and updates what an audit saw, within the audit's own change. */
  observe(tx: Tx, observation: Observation): Promise<Map<string, string>> {
    return observe(tx, this.#store.newId, observation);
  }

  /** Within the change of whoever judged it. */
  async setPosture(tx: Tx, id: string, posture: DevicePosture): Promise<void> {
    await tx.db
      .updateTable('devices')
      .set({
        worst: posture.worst,
        open_findings: posture.openFindings,
        accepted_findings: posture.acceptedFindings,
        posture: posture.posture ?? -1,
      })
      .where('id', '=', id)
      .execute();
  }

  /** Several entries are one device: `into` takes the keys, tags and times of the others, which are gone then. */
  merge(actor: Actor, into: string, others: readonly string[]): Promise<void> {
    return this.#store.write((tx) => mergeDevices(tx, actor, into, others));
  }

  /** One entry is two devices: a new one takes some of its keys. Returns its id. */
  split(actor: Actor, id: string, keys: readonly string[]): Promise<string> {
    return this.#store.write((tx) => splitDevice(tx, actor, this.#store.newId(), id, keys));
  }

  async #tags(ids: readonly string[]): Promise<Map<string, string[]>> {
    const tags = new Map<string, string[]>();
    if (ids.length === 0) return tags;
    const rows = await this.#store.db
      .selectFrom('device_tags')
      .selectAll()
      .where('device_id', 'in', ids)
      .orderBy('tag')
      .execute();
    for (const { device_id, tag } of rows)
      tags.set(device_id, [...(tags.get(device_id) ?? []), tag]);
    return tags;
  }
}

/** The devices of a change of many; by id also those that are retired. */
function meant(
  e: ExpressionBuilder<Tables, 'devices'>,
  which: Which,
  reach: Reach,
  dialect: Store['dialect'],
) {
  if ('filter' in which) return matches(e, which.filter, reach, dialect);
  return e.and([
    e('id', 'in', [...which.ids, '']),
    e.or([matches(e, {}, reach, dialect), matches(e, { retired: true }, reach, dialect)]),
  ]);
}

async function changeDevice(
  tx: Tx,
  actor: Actor,
  row: Tables['devices'],
  patch: DevicePatch,
): Promise<void> {
  const given: Named = JSON.parse(row.given);
  for (const field of NAMED) {
    const value = patch[field];
    if (value === null || value === '') delete given[field];
    else if (value !== undefined) given[field] = value;
  }
  const named = shown(given, JSON.parse(row.seen));
  const tagChange = await changeTags(tx, row.id, patch.tags);
  const next = {
    ...named,
    segment_id: patch.segment === undefined ? row.segment_id : patch.segment,
    owner_id: patch.owner === undefined ? row.owner_id : patch.owner,
    criticality: patch.criticality ?? row.criticality,
    notes: patch.notes ?? row.notes,
    retired: retiredAt(row.retired, patch.retired, row.last_seen),
  };
  await checkSegment(tx, row.site_id, next.segment_id);
  const changes = { ...changesOf(row, next), ...tagChange };
  const retires = (row.retired === null) !== (next.retired === null);
  if (Object.keys(changes).length === 0 && !retires) return;
  const search = searchText(named, JSON.parse(row.terms));
  await tx.db
    .updateTable('devices')
    .set({ ...next, given: JSON.stringify(given), revision: row.revision + 1, search })
    .where('id', '=', row.id)
    .execute();
  const subjects = [{ kind: 'device', id: row.id }];
  if (Object.keys(changes).length > 0)
    await tx.fact(deviceChanged, { actor, subjects, body: { changes } });
  if (retires)
    await tx.fact(deviceRetired, { actor, subjects, body: { retired: next.retired !== null } });
}

const retiredAt = (before: number | null, wanted: boolean | undefined, lastSeen: number) => {
  if (wanted === undefined) return before;
  return wanted ? (before ?? lastSeen) : null;
};

type Changes = Record<
  string,
  { from: string | string[] | null; to: string | string[] | null } | null
>;

/** Fields of a fact, by the names that people know. */
const FIELD_NAMES = {
  name: 'name',
  type: 'type',
  vendor: 'vendor',
  model: 'model',
  version: 'version',
  segment_id: 'segment',
  owner_id: 'owner',
  criticality: 'criticality',
} as const;

function changesOf(
  row: Tables['devices'],
  next: Record<keyof typeof FIELD_NAMES, string | null> & { notes: string },
): Changes {
  const changes: Changes = {};
  for (const column of Object.keys(FIELD_NAMES) as (keyof typeof FIELD_NAMES)[])
    if (row[column] !== next[column])
      changes[FIELD_NAMES[column]] = { from: row[column], to: next[column] };
  if (row.notes !== next.notes) changes.notes = null;
  return changes;
}

async function changeTags(
  tx: Tx,
  id: string,
  wanted: readonly string[] | undefined,
): Promise<Changes> {
  if (wanted === undefined) return {};
  const rows = await tx.db
    .selectFrom('device_tags')
    .select('tag')
    .where('device_id', '=', id)
    .orderBy('tag')
    .execute();
  const from = rows.map(({ tag }) => tag);
  const to = [...new Set(wanted)].sort();
  if (from.join() === to.join()) return {};
  await tx.db.deleteFrom('device_tags').where('device_id', '=', id).execute();
  if (to.length > 0)
    await tx.db
      .insertInto('device_tags')
      .values(to.map((tag) => ({ device_id: id, tag })))
      .execute();
  return { tags: { from, to } };
}

async function checkSegment(tx: Tx, site: string, segment: string | null): Promise<void> {
  if (segment === null) return;
  const row = await tx.db
    .selectFrom('segments')
    .select('id')
    .where('id', '=', segment)
    .where('site_id', '=', site)
    .executeTakeFirst();
  if (row === undefined)
    throw new NotFoundError('segment-unknown', 'the device’s site has no such segment.');
}

/** What the cursor of a list that is sorted by a column holds. */
function sortedBy(column: (typeof sortColumn)[DeviceSort]): CursorValue {
  if (column === 'posture') return 'real';
  return ['last_seen', 'first_seen', 'worst'].includes(column) ? 'integer' : 'text';
}

function behind(
  e: ExpressionBuilder<Tables, 'devices'>,
  column: (typeof sortColumn)[DeviceSort],
  descending: boolean,
  [value, id]: Place,
) {
  const beyond = descending ? '<' : '>';
  return e.or([
    e(column, beyond, value as never),
    e.and([e(column, '=', value as never), e('id', beyond, id)]),
  ]);
}

const unknown = (id: string) => new NotFoundError('device-unknown', `there is no device ${id}.`);
