import { describe, expect, test } from 'vitest';
import { scene } from './testing.ts';

const under = (key: string) => ({ 'idempotency-key': key });
const home = { name: 'Home', zone: 'UTC' };

describe('the same key', () => {
  test('with the same request is done once, and answered the same', async () => {
    const { admin } = await scene();
    const first = await admin.send('POST', '/sites', home, under('"k-1"'));
    const again = await admin.send('POST', '/sites', home, under('"k-1"'));
    expect(first.status).toBe(201);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers).toMatchObject({
      etag: first.headers.etag,
      'content-type': first.headers['content-type'],
      'idempotency-replayed': 'true',
    });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect((await admin.send('GET', '/sites')).body.items).toHaveLength(1);
  });

  test('with another request is refused', async () => {
    const { admin } = await scene();
    await admin.send('POST', '/sites', home, under('k'));
    for (const [url, body] of [
      ['/sites', { ...home, name: 'Shop' }],
      ['/groups', { name: 'All', filter: {} }],
    ] as const)
      expect(await admin.send('POST', url, body, under('k'))).toMatchObject({
        ...{ status: 422, body: { code: 'idempotency-key-reused' } },
      });
  });

  test('twice at the same time is done once', async () => {
    const { admin } = await scene();
    const both = await Promise.all(
      [1, 2].map(() => admin.send('POST', '/sites', home, under('k'))),
    );
    const [busy] = both.filter(({ status }) => status === 409);
    if (busy !== undefined) expect(busy.body.code).toBe('idempotency-busy');
    expect((await admin.send('GET', '/sites')).body.items).toHaveLength(1);
  });

  test('may be tried again after a failure', async () => {
    const { admin } = await scene();
    await admin.send('POST', '/sites', home);
    const again = await admin.send('POST', '/sites', home, under('k'));
    expect(again).toMatchObject({ status: 409, body: { code: 'site-exists' } });
    const [site] = (await admin.send('GET', '/sites')).body.items;
    await admin.send('DELETE', `/sites/${site.id}`);
    expect((await admin.send('POST', '/sites', home, under('k'))).status).toBe(201);
  });

  test('is somebody else’s in the hands of somebody else', async () => {
    const { admin, member, program } = await scene();
    const other = await member('olaf', [{ role: 'operator' }]);
    const body = (name: string) => ({ name, filter: {} });
    expect((await admin.send('POST', '/groups', body('a'), under('k'))).status).toBe(201);
    expect((await other.send('POST', '/groups', body('b'), under('k'))).status).toBe(201);
    const ci = await program(admin, ['devices.read', 'devices.describe']);
    expect((await ci.send('POST', '/groups', body('c'), under('k'))).status).toBe(201);
  });

  test('ends after a day', async () => {
    const { admin, clock, system } = await scene();
    await admin.send('POST', '/groups', { name: 'a', filter: {} }, under('k'));
    clock.time += 86_400_000 + 1000;
    await admin.signIn();
    expect(
      (await admin.send('POST', '/groups', { name: 'b', filter: {} }, under('k'))).status,
    ).toBe(201);
    const rows = await system.store.db.selectFrom('idempotency_keys').selectAll().execute();
    expect(rows).toHaveLength(1);
  });
});

test('a secret is answered once, and not kept', async () => {
  const { admin, system } = await scene();
  const wanted = { name: 'ci', scopes: ['devices.read'], days: 1 };
  const first = await admin.send('POST', '/me/tokens', wanted, under('k'));
  expect(first.status).toBe(201);
  expect(await admin.send('POST', '/me/tokens', wanted, under('k'))).toMatchObject({
    ...{ status: 409, body: { code: 'answered-once' } },
  });
  expect((await admin.send('GET', '/me/tokens')).body).toHaveLength(1);
  const rows = await system.store.db.selectFrom('idempotency_keys').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(first.body.token.slice(3));
});

test('after a crash in the middle nobody pretends to know', async () => {
  const { admin, system } = await scene();
  await admin.send('POST', '/sites', home, under('k'));
  await system.store.write(({ db }) =>
    db.updateTable('idempotency_keys').set({ status: null, body: null }).execute(),
  );
  expect(await admin.send('POST', '/sites', home, under('k'))).toMatchObject({
    ...{ status: 409, body: { code: 'idempotency-unknown' } },
  });
});

test('an error inside leaves it unknown whether it was done', async () => {
  const { admin, system } = await scene();
  const { places } = system;
  const add = places.addSite.bind(places);
  places.addSite = async (...wanted) => {
    await add(...wanted);
    throw new Error('after the change');
  };
  expect((await admin.send('POST', '/sites', home, under('k'))).status).toBe(500);
  places.addSite = add;
  expect((await admin.send('POST', '/sites', home, under('k'))).body.code).toBe(
    'idempotency-unknown',
  );
});

test('a key that is none is refused; one on a GET says nothing', async () => {
  const { admin } = await scene();
  for (const key of ['', 'x'.repeat(256), 'ä'])
    expect((await admin.send('POST', '/sites', home, under(key))).body.code, key).toBe(
      'idempotency-key-invalid',
    );
  expect((await admin.send('GET', '/sites', undefined, under('k'))).body.items).toEqual([]);
});
