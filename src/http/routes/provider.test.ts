/** Signing in through a real identity provider, over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CAROL, IdentityProvider, travel } from '../../access/provider/testing.ts';
import { Browser, type SceneOptions, scene } from '../testing.ts';

let idp: IdentityProvider;
beforeAll(async () => {
  idp = await IdentityProvider.start();
});
afterAll(() => idp.stop());

const oidc = (): NonNullable<SceneOptions['oidc']> => ({
  ...{ name: 'Corporate', issuer: idp.issuer, clientId: 'fleetward', clientSecret: 'between us' },
  ...{ insecureLoopback: true, signUp: true },
  groups: [{ group: 'iot-operators', role: 'operator' }],
});

test('a browser goes to the provider, comes back, and is signed in by its groups', async () => {
  const s = await scene({ oidc: oidc() });
  s.clock.time = Date.now();
  const browser = new Browser(s.server);
  expect((await browser.send('GET', '/sign-in')).body).toMatchObject({ provider: 'Corporate' });
  const { ceremony, url } = (await browser.send('POST', '/sign-in/provider/begin')).body;
  const query = await travel(url);
  const started = await browser.send('POST', '/sign-in/provider', { ceremony, query });
  expect(started.status).toBe(200);
  browser.csrf = started.body.csrf;
  const { body } = await browser.send('GET', '/me');
  expect(body).toMatchObject({ name: CAROL.claims.name, via: 'session' });
  expect(body.permissions).toContainEqual(
    expect.objectContaining({ name: 'devices.manage', everywhere: true }),
  );
  // What came back is taken once, and by nobody else.
  const again = await new Browser(s.server).send('POST', '/sign-in/provider', { ceremony, query });
  expect(again).toMatchObject({ status: 401, body: { code: 'single-sign-on-refused' } });

  // Proving it anew at the provider gives a new token.
  const before = browser.cookie;
  const begun = (await browser.send('POST', '/step-up/provider/begin')).body;
  const proved = await browser.send('POST', '/step-up/provider', {
    ...{ ceremony: begun.ceremony, query: await travel(begun.url) },
  });
  expect(proved.status).toBe(200);
  expect(browser.cookie).not.toBe(before);
});

test('somebody with an account links it, and does without again', async () => {
  const s = await scene({ oidc: oidc() });
  s.clock.time = Date.now();
  await s.admin.signIn();
  const { ceremony, url } = (await s.admin.send('POST', '/me/identities/begin')).body;
  const query = await travel(url);
  expect((await s.admin.send('POST', '/me/identities', { ceremony, query })).status).toBe(204);
  expect((await s.admin.send('GET', '/me/ways')).body.identities).toBe(1);
  expect((await s.admin.send('DELETE', '/me/identities')).status).toBe(204);
  expect((await s.admin.send('GET', '/me/ways')).body.identities).toBe(0);
});
