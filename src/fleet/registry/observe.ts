/** What an audit saw becomes part of the registry: new devices are entered, known ones brought up to date. */
import { type Actor, canonicalJson, type Tables, type Tx } from '../../store/index.ts';
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
  for (const device of devices) {
    const known = await knownDevice(tx, site, device.key);
    const segment = segmentOf(segments, device.addresses);
    const id = known?.id ?? newId();
    if (known === undefined) await enter(tx, actor, { id, site, segment, device });
    else await update(tx, actor, known, segment, device);
    await keepDetails(tx, id, audit, device);
    ids.set(device.key, id);
  }
  return ids;
}

async function knownDevice(
  tx: Tx,
  site: string,
  key: string,
): Promise<Tables['devices'] | undefined> {
  return tx.db
    .selectFrom('device_keys')
    .innerJoin('devices', 'devices.id', 'device_keys.device_id')
    .selectAll('devices')
    .where('device_keys.site_id', '=', site)
    .where('device_keys.key', '=', key)
    .executeTakeFirst();
}

interface Entry {
  readonly id: string;
  readonly site: string;
  readonly segment: string | null;
  readonly device: ObservedDevice;
}

async function enter(tx: Tx, actor: Actor, { id, site, segment, device }: Entry): Promise<void> {
  const seen = seenOf(device);
  const named = shown({}, seen);
  await tx.db
    .insertInto('devices')
    .values({
      id,
      site_id: site,
      segment_id: segment,
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
    })
    .execute();
  await tx.db
    .insertInto('device_keys')
    .values({ site_id: site, key: device.key, device_id: id })
    .execute();
  await tx.fact(deviceFound, {
    actor,
    subjects: [{ kind: 'device', id }],
    body: { keys: [device.key], vendor: named.vendor, type: named.type },
  });
}

async function update(
  tx: Tx,
  actor: Actor,
  known: Tables['devices'],
  segment: string | null,
  device: ObservedDevice,
): Promise<void> {
  const given: Named = JSON.parse(known.given);
  const before: Named = JSON.parse(known.seen);
  // An older capture that comes late tells when it was first seen, and nothing of today.
  const latest = device.lastSeen >= known.last_seen;
  const seen = latest ? { ...before, ...seenOf(device) } : before;
  const named = shown(given, seen);
  await tx.db
    .updateTable('devices')
    .set({
      ...named,
      seen: JSON.stringify(seen),
      segment_id: known.segment_id ?? segment,
      first_seen: Math.min(known.first_seen, device.firstSeen),
      last_seen: Math.max(known.last_seen, device.lastSeen),
      // Seen again, so it is in service.
      retired: latest ? null : known.retired,
      ...(latest
        ? {
            mac: device.mac ?? known.mac,
            address: device.addresses[0] ?? known.address,
            terms: JSON.stringify(termsOf(device)),
            search: searchText(named, termsOf(device)),
          }
        : {}),
    })
    .where('id', '=', known.id)
    .execute();
  const changes = Object.fromEntries(
    TOLD.filter((field) => named[field] !== known[field]).map((field) => [
      field,
      { from: known[field], to: named[field] },
    ]),
  );
  if (Object.keys(changes).length > 0)
    await tx.fact(deviceChanged, {
      actor,
      subjects: [{ kind: 'device', id: known.id }],
      reason: 'seen so',
      body: { changes },
    });
}

async function keepDetails(
  tx: Tx,
  id: string,
  audit: string | null,
  { details, lastSeen }: ObservedDevice,
): Promise<void> {
  const row = { time: lastSeen, audit_id: audit, details: canonicalJson(details ?? null) };
  await tx.db
    .insertInto('device_details')
    .values({ device_id: id, ...row })
    .onConflict((c) =>
      c.column('device_id').doUpdateSet(row).where('device_details.time', '<=', lastSeen),
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
