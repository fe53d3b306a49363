import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Actor, Store } from '../../store/index.ts';
import { onEachDatabase } from '../../store/testing.ts';
import type { DevicePatch } from './device.ts';
import { SORTS } from './filter.ts';
import { Groups } from './groups.ts';
import type { ObservedDevice } from './observe.ts';
import { Places, segmentOf } from './places.ts';
import { type DeviceQuery, Registry } from './registry.ts';

const actor: Actor = { kind: 'person', id: 'p1' };
const all: DeviceQuery = {
  filter: {},
  reach: {},
  sort: 'name',
  descending: false,
  limit: 100,
};

const seen = (n: number, more: Partial<ObservedDevice> = {}): ObservedDevice => ({
  key: `mac:02:00:00:00:00:${n.toString(16).padStart(2, '0')}`,
  mac: `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`,
  addresses: [`192.168.1.${n}`],
  names: [`device-${n}`],
  name: `device-${n}`,
  firstSeen: 1000 + n,
  lastSeen: 2000 + n,
  details: { n },
  ...more,
});

async function actions(store: Store): Promise<string[]> {
  const rows = await store.db.selectFrom('facts').select('action').orderBy('seq').execute();
  return rows.map(({ action }) => action);
}

onEachDatabase((database) => {
  let store: Store;
  let registry: Registry;
  let places: Places;
  let site: string;

  beforeEach(async () => {
    store = await database.open();
    registry = new Registry(store);
    places = new Places(store);
    site = (await places.addSite(actor, { name: 'Home', zone: 'Europe/Berlin' })).id;
  });

  const observe = (...devices: ObservedDevice[]) =>
    store.write((tx) => registry.observe(tx, { actor, site, audit: 'a1', devices }));

  describe('what was seen', () => {
    test('enters a device once, and brings it up to date', async () => {
      const first = await observe(seen(1, { type: 'camera' }));
      const again = await observe(seen(1, { type: 'camera', version: '2.0', lastSeen: 9000 }));
      expect(again).toEqual(first);
      const { items } = await registry.list(all);
      expect(items).toMatchObject([
        {
          type: 'camera',
          version: '2.0',
          firstSeen: 1001,
          lastSeen: 9000,
          mac: '02:00:00:00:00:01',
        },
      ]);
      expect(await actions(store)).toEqual(['site.added', 'device.found', 'device.changed']);
    });

    test('an older capture that comes late changes only when the device was first seen', async () => {
      const ids = await observe(seen(1, { version: '2.0' }));
      await observe(
        seen(1, { version: '1.0', firstSeen: 10, lastSeen: 20, details: { old: true } }),
      );
      const device = await registry.get([...ids.values()][0], {});
      expect(device).toMatchObject({
        version: '2.0',
        firstSeen: 10,
        lastSeen: 2001,
        details: { n: 1 },
      });
    });

    test('does not overwrite what a person gave, and shows again when that is taken back', async () => {
      const [id] = (await observe(seen(1))).values();
      await registry.change(actor, id, { name: 'Front door' });
      await observe(seen(1, { name: 'cam-7', lastSeen: 9000 }));
      expect(await registry.get(id, {})).toMatchObject({
        name: 'Front door',
        seen: { name: 'cam-7' },
      });
      await registry.change(actor, id, { name: null });
      expect(await registry.get(id, {})).toMatchObject({ name: 'cam-7', given: {} });
    });

    test('puts a device into the segment of its address, and leaves it where a person put it', async () => {
      const segment = await places.addSegment(actor, {
        site,
        name: 'IoT',
        prefixes: ['192.168.1.0/24', '2001:db8::/64'],
        notes: '',
      });
      const [id] = (await observe(seen(1))).values();
      expect((await registry.get(id, {})).segment).toBe(segment.id);
      const other = await places.addSegment(actor, { site, name: 'Lab', prefixes: [], notes: '' });
      await registry.change(actor, id, { segment: other.id });
      await observe(seen(1, { lastSeen: 9000 }));
      expect((await registry.get(id, {})).segment).toBe(other.id);
    });

    test('brings back a device that was taken out of service', async () => {
      const [id] = (await observe(seen(1))).values();
      await registry.change(actor, id, { retired: true });
      expect((await registry.list(all)).items).toEqual([]);
      await observe(seen(1, { lastSeen: 9000 }));
      expect((await registry.list(all)).items).toHaveLength(1);
    });
  });

  describe('lists', () => {
    test('give every device once over their pages, in each order', async () => {
      await observe(
        ...Array.from({ length: 23 }, (_, n) =>
          seen(n, { type: `t${n % 3}`, lastSeen: 2000 + (n % 4) }),
        ),
      );
      for (const sort of SORTS)
        for (const descending of [false, true]) {
          const ids: string[] = [];
          let after: string | undefined;
          do {
            const page = await registry.list({ ...all, sort, descending, limit: 5, after });
            ids.push(...page.items.map(({ id }) => id));
            after = page.cursor;
          } while (after !== undefined);
          expect(ids, sort).toHaveLength(23);
          expect(new Set(ids).size).toBe(23);
        }
    });

    test('are filtered, searched and counted', async () => {
      await observe(
        seen(1, { type: 'camera', vendor: 'Acme' }),
        seen(2, { type: 'plug', vendor: 'Acme' }),
        seen(3, { type: 'camera', vendor: '100%_Real' }),
      );
      const names = async (filter: DeviceQuery['filter']) =>
        (await registry.list({ ...all, filter })).items.map(({ name }) => name);
      expect(await names({ type: ['camera'] })).toEqual(['device-1', 'device-3']);
      expect(await names({ type: ['camera'], vendor: ['Acme'] })).toEqual(['device-1']);
      expect(await names({ search: 'acme 192.168.1.2' })).toEqual(['device-2']);
      expect(await names({ search: '100%_' })).toEqual(['device-3']);
      expect(await names({ search: '0%c' })).toEqual([]);
      expect(await names({ owner: ['none'] })).toHaveLength(3);
      expect(await registry.count({ vendor: ['Acme'] }, {})).toBe(2);
      expect(await registry.tally('type', {}, {})).toEqual([
        { value: 'camera', count: 2 },
        { value: 'plug', count: 1 },
      ]);
    });

    test('show only what is within reach', async () => {
      const ids = await observe(seen(1), seen(2));
      const [mine, other] = [...ids.values()];
      await registry.change(actor, mine, { owner: 'p7' });
      const reach = { owner: 'p7' };
      expect((await registry.list({ ...all, reach })).items.map(({ id }) => id)).toEqual([mine]);
      await expect(registry.get(other, reach)).rejects.toMatchObject({ code: 'device-unknown' });
      expect((await registry.list({ ...all, reach: { segments: [] } })).items).toEqual([]);
    });

    test('refuse a cursor that is none', async () => {
      for (const after of ['', 'x', Buffer.from('[1]').toString('base64url')])
        await expect(registry.list({ ...all, after })).rejects.toMatchObject({
          code: 'cursor-unknown',
        });
    });
  });

  describe('changes', () => {
    test('are refused when somebody else was faster', async () => {
      const [id] = (await observe(seen(1))).values();
      const { revision } = await registry.get(id, {});
      await registry.change(actor, id, { name: 'A' }, revision);
      await expect(registry.change(actor, id, { name: 'B' }, revision)).rejects.toMatchObject({
        code: 'device-changed',
      });
    });

    test('record what was changed, but not what people wrote in notes', async () => {
      const [id] = (await observe(seen(1))).values();
      await registry.change(actor, id, {
        notes: 'belongs to Ms Smith',
        criticality: 'essential',
        tags: ['Roof', 'roof', 'cam'],
      });
      const row = await store.db
        .selectFrom('facts')
        .select('bytes')
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow();
      const text = Buffer.from(row.bytes as Uint8Array).toString();
      expect(JSON.parse(text).body.changes).toEqual({
        notes: null,
        criticality: { from: 'normal', to: 'essential' },
        tags: { from: [], to: ['Roof', 'cam', 'roof'] },
      });
      expect(text).not.toContain('Smith');
    });

    test('that change nothing leave no fact', async () => {
      const [id] = (await observe(seen(1))).values();
      const before = await actions(store);
      await registry.change(actor, id, { criticality: 'normal', name: null, tags: [] });
      expect(await actions(store)).toEqual(before);
    });

    test('of many devices are all or none', async () => {
      await observe(seen(1), seen(2), seen(3));
      const bulk = (patch: DevicePatch) => registry.changeAll(actor, { filter: {} }, patch, {});
      await expect(bulk({ segment: 'nowhere' })).rejects.toMatchObject({ code: 'segment-unknown' });
      expect(await bulk({ owner: 'p2' })).toBe(3);
      expect(await registry.count({ owner: ['p2'] }, {})).toBe(3);
    });
  });

  describe('merge and split', () => {
    test('make one device of two, and two of one, without losing a key', async () => {
      const [one, two] = (await observe(seen(1), seen(2))).values();
      await registry.change(actor, two, { tags: ['wifi'] });
      await registry.merge(actor, one, [two]);
      const merged = await registry.get(one, {});
      expect(merged.keys).toHaveLength(2);
      expect(merged.tags).toEqual(['wifi']);
      expect(merged.lastSeen).toBe(2002);
      await expect(registry.get(two, {})).rejects.toMatchObject({ code: 'device-unknown' });
      const ids = await observe(seen(2, { lastSeen: 9000 }));
      expect([...ids.values()]).toEqual([one]);
      const fresh = await registry.split(actor, one, ['mac:02:00:00:00:00:02']);
      expect((await registry.get(fresh, {})).keys).toEqual(['mac:02:00:00:00:00:02']);
      expect((await registry.get(one, {})).keys).toEqual(['mac:02:00:00:00:00:01']);
      expect([...(await observe(seen(2, { lastSeen: 9001 }))).values()]).toEqual([fresh]);
    });

    test('refuse what cannot be', async () => {
      const [one] = (await observe(seen(1))).values();
      await expect(registry.merge(actor, one, [one])).rejects.toMatchObject({
        code: 'nothing-to-merge',
      });
      await expect(registry.merge(actor, one, ['x'])).rejects.toMatchObject({
        code: 'device-unknown',
      });
      for (const keys of [[], ['mac:02:00:00:00:00:01'], ['mac:other']])
        await expect(registry.split(actor, one, keys)).rejects.toMatchObject({
          code: 'keys-do-not-split',
        });
    });
  });

  test('places and groups have one name each, and go only when nothing is in them', async () => {
    await expect(places.addSite(actor, { name: 'Home', zone: 'UTC' })).rejects.toMatchObject({
      code: 'site-exists',
    });
    await observe(seen(1));
    await expect(places.removeSite(actor, site)).rejects.toMatchObject({ code: 'site-in-use' });
    const groups = new Groups(store);
    const group = await groups.add(actor, { name: 'Cameras', filter: { type: ['camera'] } });
    await expect(groups.add(actor, { name: 'Cameras', filter: {} })).rejects.toMatchObject({
      code: 'group-exists',
    });
    await groups.change(actor, group.id, { name: 'All cameras', filter: { type: ['camera'] } });
    expect((await groups.list()).items).toMatchObject([
      { name: 'All cameras', filter: { type: ['camera'] } },
    ]);
    await groups.remove(actor, group.id);
    expect((await groups.list()).items).toEqual([]);
  });
});

test('the longest prefix that holds an address decides', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 8, max: 31 }), (byte, bits) => {
      const segments = [
        { id: 'wide', prefixes: JSON.stringify(['10.0.0.0/7']) },
        { id: 'narrow', prefixes: JSON.stringify([`10.0.0.${byte}/32`, `10.0.0.0/${bits}`]) },
      ];
      expect(segmentOf(segments, [`10.0.0.${byte}`])).toBe('narrow');
      expect(segmentOf(segments, ['12.0.0.1'])).toBeNull();
    }),
  );
});
