import { beforeEach, expect, test } from 'vitest';
import { Places, Registry } from '../../fleet/registry/index.ts';
import type { Store, Tables } from '../../store/index.ts';
import { onEachDatabase } from '../../store/testing.ts';
import { findStandards } from '../standards/index.ts';
import { ProvisionCoverage } from './coverage.ts';

const actor = { kind: 'system', id: 'test' } as const;
const [etsi] = findStandards('etsi-303645');

onEachDatabase((database) => {
  let store: Store;
  let coverage: ProvisionCoverage;
  let registry: Registry;
  let devices: string[];

  beforeEach(async () => {
    store = await database.open();
    coverage = new ProvisionCoverage(store);
    registry = new Registry(store);
    const places = new Places(store);
    const site = (await places.addSite(actor, { name: 'Home', zone: 'UTC' })).id;
    const ids = await store.write((tx) =>
      registry.observe(tx, {
        ...{ actor, site, audit: null },
        devices: [1, 2, 3, 4].map((n) => ({
          ...{ key: `mac:0${n}`, mac: undefined, addresses: [], names: [`d${n}`], name: `d${n}` },
          ...{ firstSeen: 1, lastSeen: n, details: null },
        })),
      }),
    );
    devices = [...ids.values()];
  });

  const says = (device: string, control: string, verdict: Tables['verdicts']['verdict']) =>
    store.write(({ db }) =>
      db
        .insertInto('verdicts')
        .values({
          device_id: device,
          control,
          verdict,
          why: null,
          floor: null,
          time: 1,
          audit_id: '',
        })
        .execute(),
    );

  const all = { filter: {}, reach: {} };
  const provision = async (id: string, query: Parameters<ProvisionCoverage['of']>[1] = all) =>
    (await coverage.of(etsi, query)).provisions.find((row) => row.id === id);

  test('a device is as good as the worst that is said of it', async () => {
    // 5.1-1 is decided by AN-01 and AN-03 among others.
    await says(devices[0], 'AN-01', 'pass');
    await says(devices[0], 'AN-03', 'fail');
    await says(devices[1], 'AN-01', 'pass');
    await says(devices[1], 'AN-03', 'not_visible');
    await says(devices[2], 'AN-01', 'pass');
    expect(await provision('5.1-1')).toMatchObject({
      result: 'fail',
      devices: { fail: 1, notVisible: 1, pass: 1, notSeen: 1 },
    });
    const of = async (result: 'fail' | 'not_visible' | 'pass' | 'not_seen') =>
      (await coverage.devices(etsi, '5.1-1', { ...all, result, limit: 10 })).items.map(
        ({ id }) => id,
      );
    expect(await of('fail')).toEqual([devices[0]]);
    expect(await of('not_visible')).toEqual([devices[1]]);
    expect(await of('pass')).toEqual([devices[2]]);
    expect(await of('not_seen')).toEqual([devices[3]]);
  });

  test('no device counts for what no control decides', async () => {
    const { provisions } = await coverage.of(etsi, all);
    const undecided = provisions.filter(({ controls }) => controls.length === 0);
    expect(undecided.length).toBeGreaterThan(5);
    for (const { result, devices } of undecided)
      expect({ result, devices }).toEqual({
        result: 'not_assessed',
        devices: { pass: 0, fail: 0, notSeen: 0, notVisible: 0 },
      });
  });

  test('only devices within reach and filter count, and their change shows at once', async () => {
    await says(devices[0], 'AN-01', 'fail');
    await says(devices[1], 'AN-01', 'pass');
    await registry.change(actor, devices[1], { owner: 'meg' });
    expect(await provision('5.1-1')).toMatchObject({ devices: { fail: 1, pass: 1, notSeen: 2 } });
    const own = { filter: {}, reach: { owner: 'meg' } };
    expect(await provision('5.1-1', own)).toMatchObject({
      result: 'pass',
      devices: { fail: 0, pass: 1, notSeen: 0 },
    });
    expect(await provision('5.1-1', { ...all, filter: { owner: ['meg'] } })).toMatchObject({
      devices: { pass: 1, fail: 0 },
    });
    await registry.change(actor, devices[0], { retired: true });
    expect(await provision('5.1-1')).toMatchObject({ devices: { fail: 0, pass: 1, notSeen: 2 } });
  });

  test('pages of devices go on where the one before ended', async () => {
    const first = await coverage.devices(etsi, '5.1-1', { ...all, result: 'not_seen', limit: 3 });
    const query = { ...all, result: 'not_seen', after: first.cursor, limit: 3 } as const;
    const second = await coverage.devices(etsi, '5.1-1', query);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([...devices].sort());
    expect(second.cursor).toBeUndefined();
    await expect(coverage.devices(etsi, '9.9', query)).rejects.toMatchObject({
      code: 'provision-unknown',
    });
  });
});
