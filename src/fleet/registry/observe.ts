/** What an audit saw becomes part of the registry: new devices are entered, known ones brought up to date. */
import { type Actor, chunks, excluded, type Tables, type Tx } from '../../store/index.ts';
import { NAMED, type Named, searchText, shown } from './device.ts';
import { deviceChanged, deviceFound } from './facts.ts';
import { segmentOf } from './places.ts';

/** A device as one audit saw it. */
export interface ObservedDevice extends Named {
  /** `mac:…`, or `ip:…` behind a router: how it is known again within its site. */
  readonly key: string;
  readonly mac: string | undefined;
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** JSON: all that the audit knows of it. */
  readonly details: unknown;
}

export interface Observation {
  readonly actor: Actor;
  readonly site: string;
  readonly audit: string | null;
  readonly devices: readonly ObservedDevice[];
}

/** Facts are for what matters: a name or an address that changed is telemetry. */
const TOLD = ['type', 'model', 'version'] as const;

/** Devices taken in with the same few statements. */
const TOGETHER = 500;

/**
 * Enters and updates devices within a change.
 * @returns the registry's id of each device, by its key.
 */
export async function observe(
  tx: Tx,
  newId: () => string,
  { actor, site, audit, devices }: Observation,
): Promise<Map<string, string>> {
  const segments = await tx.db
    .selectFrom('segments')
    .select(['id', 'prefixes'])
    .where('site_id', '=', site)
    .execute();
  const ids = new Map<string, string>();
  for (const some of chunks(devices, TOGETHER)) {
    const known = await knownDevices(tx, site, some);
    const fresh = some.filter(({ key }) => !known.has(key));
    const entries = fresh.map((device) => entryOf(newId(), site, segments, device));
    // A device may be there under several of its keys.
    const updates = new Map<string, Row>();
    for (const device of some) {
      const row = known.get(device.key);
      if (row === undefined) continue;
      updates.set(row.id, updateOf(updates.get(row.id) ?? row, segments, device));
    }
    for (const [i, { key }] of fresh.entries()) ids.set(key, entries[i].id);
    for (const [key, { id }] of known) ids.set(key, id);
    await enter(tx, actor, entries, fresh);
    await update(tx, actor, known, [...updates.values()]);
    await keepDetails(tx, ids, audit, some);
  }
  return ids;
}

type Row = Tables['devices'];
type Prefixes = Parameters<typeof segmentOf>[0];

async function knownDevices(
  tx: Tx,
  site: string,
  devices: readonly ObservedDevice[],
): Promise<Map<string, Row>> {
  const rows = await tx.db
    .selectFrom('device_keys')
    .innerJoin('devices', 'devices.id', 'device_keys.device_id')
    .selectAll('devices')
    .select('device_keys.key')
    .where('device_keys.site_id', '=', site)
    .where(
      'device_keys.key',
      'in',
      devices.map(({ key }) => key),
    )
    .execute();
  return new Map(rows.map(({ key, ...row }) => [key, row]));
}

function entryOf(id: string, site: string, segments: Prefixes, device: ObservedDevice): Row {
  const seen = seenOf(device);
  const named = shown({}, seen);
  return {
    id,
    site_id: site,
    segment_id: segmentOf(segments, device.addresses),
    ...named,
    mac: device.mac ?? '',
    address: device.addresses[0] ?? '',
    given: '{}',
    seen: JSON.stringify(seen),
    terms: JSON.stringify(termsOf(device)),
    owner_id: null,
    criticality: 'normal',
    notes: '',
    first_seen: device.firstSeen,
    last_seen: device.lastSeen,
    retired: null,
    revision: 1,
    worst: 0,
    open_findings: 0,
    accepted_findings: 0,
    posture: -1,
    search: searchText(named, termsOf(device)),
  };
}

async function enter(
  tx: Tx,
  actor: Actor,
  entries: readonly Row[],
  devices: readonly ObservedDevice[],
): Promise<void> {
  if (entries.length === 0) return;
  await tx.db.insertInto('devices').values(entries).execute();
  await tx.db
    .insertInto('device_keys')
    .values(entries.map(({ id, site_id }, i) => ({ site_id, key: devices[i].key, device_id: id })))
    .execute();
  await tx.facts(
    deviceFound,
    entries.map(({ id, vendor, type }, i) => ({
      actor,
      subjects: [{ kind: 'device', id }],
      body: { keys: [devices[i].key], vendor, type },
    })),
  );
}

function updateOf(row: Row, segments: Prefixes, device: ObservedDevice): Row {
  const given: Named = JSON.parse(row.given);
  const before: Named = JSON.parse(row.seen);
  // An older capture that comes late tells when it was first seen, and nothing of today.
  const latest = device.lastSeen >= row.last_seen;
  const seen = latest ? { ...before, ...seenOf(device) } : before;
  const named = shown(given, seen);
  return {
    ...row,
    ...named,
    seen: JSON.stringify(seen),
    segment_id: row.segment_id ?? segmentOf(segments, device.addresses),
    first_seen: Math.min(row.first_seen, device.firstSeen),
    last_seen: Math.max(row.last_seen, device.lastSeen),
    ...(latest
      ? {
          // Seen again, so it is in service.
          retired: null,
          mac: device.mac ?? row.mac,
          address: device.addresses[0] ?? row.address,
          terms: JSON.stringify(termsOf(device)),
          search: searchText(named, termsOf(device)),
        }
      : {}),
  };
}

/** The columns that seeing a device may change. */
const SEEN_COLUMNS = [
  ...NAMED,
  ...(['seen', 'segment_id', 'first_seen', 'last_seen', 'retired'] as const),
  ...(['mac', 'address', 'terms', 'search'] as const),
] as const;

async function update(
  tx: Tx,
  actor: Actor,
  known: ReadonlyMap<string, Row>,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.db
    .insertInto('devices')
    .values(rows)
    .onConflict((c) => c.column('id').doUpdateSet(excluded(SEEN_COLUMNS)))
    .execute();
  const before = new Map([...known.values()].map((row) => [row.id, row]));
  const told = rows.flatMap((row) => {
    const was = before.get(row.id) as Row;
    const changed = TOLD.filter((field) => row[field] !== was[field]);
    if (changed.length === 0) return [];
    const changes = changed.map((field) => [field, { from: was[field], to: row[field] }]);
    return [
      {
        actor,
        subjects: [{ kind: 'device', id: row.id }],
        reason: 'seen so',
        body: { changes: Object.fromEntries(changes) },
      },
    ];
  });
  if (told.length > 0) await tx.facts(deviceChanged, told);
}

async function keepDetails(
  tx: Tx,
  ids: ReadonlyMap<string, string>,
  audit: string | null,
  devices: readonly ObservedDevice[],
): Promise<void> {
  const rows = new Map(
    devices.map(({ key, details, lastSeen }) => {
      const id = ids.get(key) as string;
      const text = JSON.stringify(details ?? null);
      return [id, { device_id: id, time: lastSeen, audit_id: audit, details: text }];
    }),
  );
  await tx.db
    .insertInto('device_details')
    .values([...rows.values()])
    .onConflict((c) =>
      c
        .column('device_id')
        .doUpdateSet(excluded(['time', 'audit_id', 'details']))
        .whereRef('device_details.time', '<=', 'excluded.time'),
    )
    .execute();
}

function seenOf(device: ObservedDevice): Named {
  const known = NAMED.filter((field) => device[field]).map((field) => [field, device[field]]);
  return Object.fromEntries(known);
}

const TERMS_MAX = 100;

const termsOf = ({ mac, addresses, names }: ObservedDevice): string[] =>
  [...(mac ? [mac] : []), ...addresses, ...names].slice(0, TERMS_MAX);
