import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { buildServer } from './server.ts';
import { Browser, ORIGIN, scene } from './testing.ts';

const host = new URL(ORIGIN).host;

test('it says that it is alive and ready, under whatever name, and when it is not', async () => {
  const { server, system } = await scene();
  const get = (url: string) => server.inject({ url, headers: { host: '10.1.2.3:8080' } });
  expect((await get('/healthz')).json()).toEqual({ alive: true });
  expect((await get('/readyz')).json()).toEqual({ ready: true });
  const { db } = system.store;
  const put = (value: unknown) =>
    Object.defineProperty(system.store, 'db', { value, configurable: true });
  put({
    selectFrom: () => {
      throw new Error('disk I/O error: /srv/data/fleetward.sqlite');
    },
  });
  const answer = await get('/readyz');
  put(db);
  expect(answer.statusCode).toBe(503);
  expect(answer.body).not.toContain('/srv');
  expect((await get('/healthz')).statusCode).toBe(200);
});

test('measurements are for who may see them: by role, by a token for it, at the machine', async () => {
  const s = await scene();
  const get = (headers: Record<string, string>) =>
    s.server.inject({ url: '/metrics', headers: { host, ...headers } });
  expect((await get({})).statusCode).toBe(401);
  const viewer = await s.member('vic', [{ role: 'viewer' }]);
  expect((await get({ cookie: viewer.cookie ?? '' })).statusCode).toBe(403);
  const made = await s.admin.send('POST', '/me/tokens', {
    ...{ name: 'prometheus', scopes: ['system.read'], days: 30 },
  });
  const authorization = `Bearer ${made.body.token}`;
  const { statusCode, headers, body } = await get({ authorization });
  expect(statusCode).toBe(200);
  expect(headers['content-type']).toContain('text/plain');
  // By the pattern of the route; what was refused, by its code; the same at every door.
  expect(body).toMatch(
    /fleetward_http_request_seconds_count\{method="POST",route="\/api\/v1\/people",status="201"\} 1/,
  );
  expect(body).toMatch(/fleetward_http_refused_total\{code="permission-denied"\} 1/);
  expect(body).toMatch(/fleetward_build_info\{version="0\.0\.0",database="sqlite"\} 1/);
  expect(body).not.toContain(s.admin.person);
  const owner = await s.console.inject({ url: '/metrics' });
  expect(owner.body).toContain('route="/api/v1/people"');
});

test('the log has one line a request, and no secret in any', async () => {
  const { system, admin } = await scene();
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const server = await buildServer(system, { version: '0', log, publicUrl: ORIGIN });
  onTestFinished(() => server.close());
  const browser = new Browser(server, {}, admin.phone);
  await browser.signIn();
  const made = await browser.send('POST', '/me/tokens', {
    ...{ name: 'ci', scopes: ['devices.read'], days: 1 },
  });
  await browser.send('GET', '/devices?search=very-private');
  await browser.send('POST', '/sign-in/password', { login: 'typed-login', password: 'typed-pass' });
  await server.inject({ url: '/api/v1/devices?token=leaked', headers: { host } });
  system.places.sites = () => Promise.reject(new Error('broken'));
  await browser.send('GET', '/sites');
  const all = lines.map((line) => JSON.parse(line));
  const requests = all.filter(({ msg }) => msg === 'request');
  expect(requests).toHaveLength(7);
  expect(requests[2]).toMatchObject({
    ...{ level: 30, method: 'POST', route: '/api/v1/me/tokens', status: 201 },
    ...{ ms: expect.any(Number), caller: admin.person },
  });
  expect(requests[5]).toMatchObject({ status: 401, problem: 'not-signed-in' });
  // What broke is there for who looks after it.
  expect(all.find(({ msg }) => msg === 'request failed')).toMatchObject({
    ...{ level: 50, err: { message: 'broken', stack: expect.stringContaining('health.test') } },
  });
  const text = lines.join('');
  for (const secret of [
    ...[made.body.token, browser.csrf, browser.cookie?.split('=')[1], 'very-private'],
    ...['typed-login', 'typed-pass', 'leaked'],
  ])
    expect(text).not.toContain(secret);
});
