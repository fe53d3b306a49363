/** Every route × every role: the table of permissions decides, also for what is in another segment. */

import { describe, expect, test } from 'vitest';
import {
  type Grant,
  type Permission,
  permissionNames,
  permissionRow,
  type Role,
  roles,
} from '../access/index.ts';
import { Browser, type Scene, scene, twoSegments } from './testing.ts';

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly access: string;
}

const PUBLIC = new Set(['/sign-in', '/welcome', '/openapi.json']);
const NOBODY = '01900000-0000-7000-8000-000000000000';

/** Asked of the server itself, so that a new route is walked without being listed here. */
function routesOf({ server }: Scene): Route[] {
  const paths = Object.entries(server.swagger().paths ?? {}) as [string, Record<string, object>][];
  return paths.flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase() as Route['method'],
      url: url.replace('/api/v1', ''),
      access: (operation as { 'x-access': string })['x-access'],
    })),
  );
}

const pathOf = (url: string) => url.replace(/\{\w+\}/g, NOBODY);
const send = (browser: Browser, { method, url }: Route) =>
  browser.send(method, pathOf(url), method === 'GET' || method === 'DELETE' ? undefined : {});

/** Refused before anything was looked at, or let in (what comes then is about the empty request). */
const isRefused = (status: number) => status === 401 || status === 403;

test('without an account only the doors open', async () => {
  const s = await scene();
  const guest = new Browser(s.server);
  const routes = routesOf(s);
  expect(routes.length).toBeGreaterThan(80);
  for (const route of routes) {
    const { status, body } = await send(guest, route);
    const isDoor = [...PUBLIC].some((door) => route.url.startsWith(door));
    expect(route.access === 'public', route.url).toBe(isDoor);
    if (!isDoor)
      expect(body, `${route.method} ${route.url} ${status}`).toMatchObject({
        status: 401,
        code: 'not-signed-in',
      });
  }
});

describe('each role, everywhere and in one segment', () => {
  test.each(roles.filter((role) => role !== 'administrator'))('%s', async (role) => {
    const s = await scene();
    const site = (await s.admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' })).body.id;
    const segment = (
      await s.admin.send('POST', '/segments', { site, name: 'A', prefixes: [], notes: '' })
    ).body.id;
    const whole = await s.member('whole', [{ role }]);
    const part = await s.member('part', [{ role, segment }]);
    for (const route of routesOf(s)) {
      if (route.access === 'public' || route.url === '/sign-out' || route.url === '/events')
        continue;
      for (const [browser, grant] of [
        [whole, { role }],
        [part, { role, segment }],
      ] as const) {
        const { status, body } = await send(browser, route);
        const name = `${route.method} ${route.url} for ${role} ${'segment' in grant ? 'of a segment' : ''}: ${status} ${body?.code}`;
        if (route.access === 'signed-in') expect(body?.code, name).not.toBe('not-signed-in');
        else if (!mayUse(route.access as Permission, grant))
          expect(isRefused(status), name).toBe(true);
        // What is not one's own is not there; what spans segments needs a role for all of them.
        else if (grant.segment === undefined && reachOf(route) !== 'self')
          expect(['permission-denied', 'not-signed-in'], name).not.toContain(body?.code);
      }
    }
  });
});

const reachOf = ({ access }: Route) => permissionRow(access as Permission).reach;

/** What the table says of the route as such; handlers ask again for what it is used on. */
function mayUse(permission: Permission, { role, segment }: Grant): boolean {
  const row = permissionRow(permission);
  if (row.reach === 'self') return true;
  if (row.own?.includes(role as Role)) return true;
  if (!row.roles.includes(role)) return false;
  return segment === undefined || row.reach !== 'organisation';
}

test('a member sees and describes only what is their own', async () => {
  const s = await scene();
  const [own, other] = (await twoSegments(s)).devices;
  const member = await s.member('meg', [{ role: 'member' }]);
  await s.admin.send('PATCH', `/devices/${own}`, { owner: member.person });
  expect((await member.send('GET', '/devices')).body.items).toHaveLength(1);
  expect((await member.send('PATCH', `/devices/${own}`, { name: 'Lamp' })).status).toBe(200);
  expect((await member.send('PATCH', `/devices/${own}`, { criticality: 'low' })).status).toBe(403);
  expect((await member.send('PATCH', `/devices/${other}`, { name: 'Lamp' })).status).toBe(404);
});

test('every permission that a route asks for is in the table', async () => {
  const s = await scene();
  const asked = new Set(routesOf(s).map(({ access }) => access));
  asked.delete('public');
  asked.delete('signed-in');
  for (const name of asked) expect(permissionNames).toContain(name);
});
