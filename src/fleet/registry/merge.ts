/** Devices that turned out to be one, and one that turned out to be two. */
import { ConflictError, NotFoundError } from '../../base/index.ts';
import type { Actor, Tables, Tx } from '../../store/index.ts';
import { NAMED, type Named, searchText } from './device.ts';
import { deviceSplit, devicesMerged } from './facts.ts';

/** Rooms that keep things by device follow the fact `device.merged`. */
export async function mergeDevices(
  tx: Tx,
  actor: Actor,
  into: string,
  others: readonly string[],
): Promise<void> {
  const target = await device(tx, into);
  const gone = [...new Set(others)].filter((id) => id !== into);
  if (gone.length === 0)
    throw new ConflictError('nothing-to-merge', 'name at least one other device.');
  const keys: string[] = [];
  let { first_seen, last_seen } = target;
  const terms = new Set<string>(JSON.parse(target.terms));
  for (const id of gone) {
    const other = await device(tx, id);
    if (other.site_id !== target.site_id)
      throw new ConflictError('other-site', 'devices of different sites are not one device.');
    const moved = await tx.db
      .updateTable('device_keys')
      .set({ device_id: into })
      .where('device_id', '=', id)
      .returning('key')
      .execute();
    keys.push(...moved.map(({ key }) => key));
    await moveTags(tx, id, into);
    first_seen = Math.min(first_seen, other.first_seen);
    last_seen = Math.max(last_seen, other.last_seen);
    for (const term of JSON.parse(other.terms)) terms.add(term);
  }
  await tx.db
    .updateTable('devices')
    .set({
      first_seen,
      last_seen,
      terms: JSON.stringify([...terms]),
      search: searchText(namedOf(target), [...terms]),
      revision: target.revision + 1,
    })
    .where('id', '=', into)
    .execute();
  await tx.fact(devicesMerged, {
    actor,
    subjects: [into, ...gone].map((id) => ({ kind: 'device', id })),
    body: { keys },
  });
  await tx.db.deleteFrom('devices').where('id', 'in', gone).execute();
}

export async function splitDevice(
  tx: Tx,
  actor: Actor,
  newId: string,
  id: string,
  keys: readonly string[],
): Promise<string> {
  const row = await device(tx, id);
  const known = await tx.db
    .selectFrom('device_keys')
    .select('key')
    .where('device_id', '=', id)
    .execute();
  const wanted = new Set(keys);
  const taken = known.filter(({ key }) => wanted.has(key)).map(({ key }) => key);
  if (taken.length !== wanted.size || taken.length === 0 || taken.length === known.length)
    throw new ConflictError(
      'keys-do-not-split',
      'name some, not all, of the MACs and addresses that this device is known by.',
    );
  const mac = taken.find((key) => key.startsWith('mac:'))?.slice(4) ?? '';
  const address = taken.find((key) => key.startsWith('ip:'))?.slice(3) ?? '';
  await tx.db
    .insertInto('devices')
    .values({
      ...row,
      id: newId,
      // What was seen of the two together belongs to neither for certain.
      ...{ name: '', type: '', vendor: '', model: '', version: '', given: '{}', seen: '{}' },
      mac,
      address,
      notes: '',
      revision: 1,
      worst: 0,
      open_findings: 0,
      accepted_findings: 0,
      posture: -1,
      terms: JSON.stringify(taken),
      search: taken.join(' ').toLowerCase(),
    })
    .execute();
  await tx.db
    .updateTable('device_keys')
    .set({ device_id: newId })
    .where('device_id', '=', id)
    .where('key', 'in', taken)
    .execute();
  await tx.db
    .updateTable('devices')
    .set({ revision: row.revision + 1 })
    .where('id', '=', id)
    .execute();
  await tx.fact(deviceSplit, {
    actor,
    subjects: [id, newId].map((each) => ({ kind: 'device', id: each })),
    body: { keys: taken },
  });
  return newId;
}

async function device(tx: Tx, id: string): Promise<Tables['devices']> {
  const row = await tx.db.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new NotFoundError('device-unknown', `there is no device ${id}.`);
  return row;
}

async function moveTags(tx: Tx, from: string, to: string): Promise<void> {
  const tags = await tx.db
    .selectFrom('device_tags')
    .select('tag')
    .where('device_id', '=', from)
    .execute();
  if (tags.length === 0) return;
  await tx.db
    .insertInto('device_tags')
    .values(tags.map(({ tag }) => ({ device_id: to, tag })))
    .onConflict((c) => c.doNothing())
    .execute();
}

const namedOf = (row: Tables['devices']): Named =>
  Object.fromEntries(NAMED.map((field) => [field, row[field]]));
