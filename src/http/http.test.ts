import { describe, expect, test } from 'vitest';
import { Browser, ORIGIN, scene } from './testing.ts';

describe('set-up and sign-in', () => {
  test('the first person joins by the link, signs out, and in again with the passkey', async () => {
    const { admin } = await scene();
    expect((await admin.send('GET', '/me')).body).toMatchObject({
      name: 'Ann Archer',
      via: 'session',
    });
    expect((await admin.send('POST', '/sign-out')).status).toBe(204);
    expect((await admin.send('GET', '/me')).status).toBe(401);
    expect((await admin.signIn()).status).toBe(200);
    expect((await admin.send('GET', '/devices')).body).toEqual({ items: [], next: null });
  });

  test('the cookie is out of reach of scripts, other hosts and other sites', async () => {
    const { server, system } = await scene();
    const guest = new Browser(server);
    const link = await system.access.people.recover(
      {
        kind: 'system',
        id: 'console:root',
        via: 'console',
        name: 'root',
        grants: [{ role: 'administrator' }],
      },
      { login: 'zoe', name: 'Zoe' },
    );
    const joined = await guest.join(link.url);
    expect(joined.headers['set-cookie']).toMatch(
      /^__Host-fleetward=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
  });

  test('a cookie that the browser brought is never taken over', async () => {
    const { admin } = await scene();
    const before = admin.cookie;
    await admin.signIn();
    expect(admin.cookie).not.toBe(before);
    const old = admin.cookie;
    admin.cookie = before;
    expect((await admin.send('GET', '/me')).status).toBe(401);
    admin.cookie = old;
    expect((await admin.send('GET', '/me')).status).toBe(200);
  });

  test('nobody learns from answers who has an account', async () => {
    const { server } = await scene();
    const guest = new Browser(server);
    const answers = await Promise.all(
      ['ann', 'nobody'].map((login) =>
        guest.send('POST', '/sign-in/password', { login, password: 'not the password' }),
      ),
    );
    expect(answers[0].status).toBe(401);
    expect(answers[0].body).toEqual(answers[1].body);
  });
});

describe('what another site makes a browser do is refused', () => {
  test('without the CSRF token, or from another site or origin', async () => {
    const { admin } = await scene();
    const site = { name: 'Home', zone: 'UTC' };
    const csrf = admin.csrf;
    admin.csrf = undefined;
    expect((await admin.send('POST', '/sites', site)).body).toMatchObject({ code: 'cross-site' });
    admin.csrf = 'x'.repeat(43);
    expect((await admin.send('POST', '/sites', site)).body).toMatchObject({ code: 'cross-site' });
    admin.csrf = csrf;
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
    ] as const)
      expect((await admin.send('POST', '/sites', site, headers as never)).body).toMatchObject({
        code: 'cross-site',
      });
    expect((await admin.send('POST', '/sites', site)).status).toBe(201);
  });

  test('under another name (DNS rebinding)', async () => {
    const { admin } = await scene();
    const answer = await admin.send('GET', '/devices', undefined, { host: 'evil.example' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'host-unknown' } });
  });

  test('a token in the URL is no credential', async () => {
    const { admin, server } = await scene();
    const made = await admin.send('POST', '/me/tokens', {
      name: 'ci',
      scopes: ['devices.read'],
      days: 1,
    });
    const guest = new Browser(server);
    for (const name of ['token', 'access_token', 'session'])
      expect((await guest.send('GET', `/devices?${name}=${made.body.token}`)).status).toBe(401);
  });
});

describe('tokens', () => {
  test('do what they were made for, and nothing else', async () => {
    const { admin, program } = await scene();
    const ci = await program(admin, ['devices.read', 'audits.run']);
    expect((await ci.send('GET', '/devices')).status).toBe(200);
    expect((await ci.send('GET', '/facts')).status).toBe(403);
    expect((await ci.send('GET', '/me/tokens')).status).toBe(403);
    const [token] = (await admin.send('GET', '/me/tokens')).body;
    expect(JSON.stringify(token)).not.toContain('"token"');
    await admin.send('DELETE', `/me/tokens/${token.id}`);
    expect((await ci.send('GET', '/devices')).status).toBe(401);
  });
});

describe('errors', () => {
  test('say what is wrong with which part', async () => {
    const { admin } = await scene();
    const answer = await admin.send('POST', '/sites', { name: '', zone: 'Mars/Olympus', x: 1 });
    expect(answer.status).toBe(422);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      type: 'urn:fleetward:problem:request-invalid',
      errors: expect.arrayContaining([{ at: '/zone', message: expect.any(String) }]),
    });
  });

  test('tell nothing of the inside', async () => {
    const { admin, system } = await scene();
    system.places.sites = () => Promise.reject(new Error('secret: /srv/data line 12'));
    const answer = await admin.send('GET', '/sites');
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  test('an answer that the description does not allow leaves nothing', async () => {
    const { admin, system } = await scene();
    const site = { id: '1', name: 'Home', zone: 'UTC', revision: 'secret' };
    system.places.sites = async () => ({ items: [site as never], cursor: undefined });
    const answer = await admin.send('GET', '/sites');
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(answer)).not.toMatch(/secret|revision|zod/i);
  });

  test('NUL and other odd ids find nothing, on either database', async () => {
    const { admin } = await scene();
    for (const id of ['%00', 'x', '..%2f..', 'a'.repeat(300)]) {
      const { status } = await admin.send('GET', `/devices/${id}`);
      expect([404, 422], id).toContain(status);
    }
  });

  test('too many requests are told when to come again', async () => {
    const { admin } = await scene({ rate: 20 });
    let last = await admin.send('GET', '/me');
    for (let i = 0; i < 20; i++) last = await admin.send('GET', '/me');
    expect(last).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
  });
});

test('every answer carries the headers that keep a page safe', async () => {
  const { admin } = await scene();
  const { headers } = await admin.send('GET', '/me');
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'strict-transport-security': expect.stringContaining('max-age'),
  });
  expect(headers['content-security-policy']).not.toMatch(/unsafe-(inline|eval)/);
  expect(ORIGIN).toMatch(/^https:/);
});

test('a change made from an old state is refused', async () => {
  const { admin, system } = await scene();
  const site = (await admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' })).body.id;
  await system.store.write((tx) =>
    system.registry.observe(tx, {
      ...{ actor: { kind: 'system', id: 'test' }, site, audit: null },
      devices: [
        {
          ...{ key: 'mac:02:00:00:00:00:01', mac: '02:00:00:00:00:01', addresses: [], names: [] },
          ...{ firstSeen: 1, lastSeen: 2, details: null },
        },
      ],
    }),
  );
  const [device] = (await admin.send('GET', '/devices')).body.items;
  const { headers } = await admin.send('GET', `/devices/${device.id}`);
  const change = (name: string) =>
    admin.send('PATCH', `/devices/${device.id}`, { name }, { 'if-match': String(headers.etag) });
  expect((await change('Hall')).status).toBe(200);
  expect(await change('Door')).toMatchObject({ status: 412, body: { code: 'device-changed' } });
});
