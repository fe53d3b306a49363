import { expect, test } from 'vitest';
import { scene, twoSegments } from '../testing.ts';

test('the catalogue is for everybody with an account', async () => {
  const s = await scene();
  const member = await s.member('meg', [{ role: 'member' }]);
  const { body } = await member.send('GET', '/controls');
  expect(body.length).toBeGreaterThan(40);
  const one = await member.send('GET', `/controls/${body[0].id}`);
  expect(one.body).toMatchObject({ id: body[0].id, fix: expect.any(String) });
  expect((await member.send('GET', '/controls/XX-99')).body.code).toBe('control-unknown');
  const standards = (await member.send('GET', '/standards')).body;
  const standard = await member.send('GET', `/standards/${standards[0].id}`);
  expect(standard.body.provisions).toHaveLength(standards[0].provisions);
  expect((await member.send('GET', '/standards/none:1')).status).toBe(422);
});

test('coverage counts the devices within reach, and names them', async () => {
  const s = await scene();
  const { segments, devices } = await twoSegments(s);
  await s.system.store.write(({ db }) =>
    db
      .insertInto('verdicts')
      .values(
        devices.map((device_id, i) => ({
          ...{ device_id, control: 'AN-01', verdict: i === 0 ? ('fail' as const) : 'pass' },
          ...{ why: null, floor: null, time: 1, audit_id: '' },
        })) as never,
      )
      .execute(),
  );
  const url = '/standards/etsi-303645:3.1.3';
  const viewer = await s.member('vic', [{ role: 'viewer', segment: segments[1] }]);
  const of = async (who: typeof viewer, query = '') =>
    (await who.send('GET', `${url}/coverage${query}`)).body.provisions.find(
      ({ id }: { id: string }) => id === '5.1-1',
    ).devices;
  expect(await of(s.admin)).toMatchObject({ fail: 1, pass: 1 });
  expect(await of(viewer)).toMatchObject({ fail: 0, pass: 1 });
  expect(await of(s.admin, `?segment=${segments[0]}`)).toMatchObject({ fail: 1, pass: 0 });
  const named = async (who: typeof viewer, result: string) =>
    (await who.send('GET', `${url}/provisions/5.1-1/devices?result=${result}`)).body.items.map(
      ({ id }: { id: string }) => id,
    );
  expect(await named(s.admin, 'fail')).toEqual([devices[0]]);
  expect(await named(viewer, 'fail')).toEqual([]);
  expect(await named(viewer, 'pass')).toEqual([devices[1]]);
});
