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
import { Browser, type Program, type Scene, scene, twoSegments } from './testing.ts';

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
const send = (who: Browser | Program, { method, url }: Route) =>
  who.send(method, pathOf(url), method === 'GET' || method === 'DELETE' ? undefined : {});

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

describe('tokens, the machine’s owner, and who may everything', () => {
  const walked = ({ access, url }: Route) =>
    access !== 'public' && access !== 'signed-in' && url !== '/events';

  test('a token opens the routes of its scopes, and no other', async () => {
    const s = await scene();
    const routes = routesOf(s).filter(walked);
    const scopes = new Set(routes.map(({ access }) => access as Permission));
    for (const scope of scopes) {
      const { stepUp, twoPeople, reach } = permissionRow(scope);
      if (stepUp || twoPeople || reach === 'self') scopes.delete(scope);
    }
    const programs = new Map<string, Program>();
    for (const scope of scopes) programs.set(scope, await s.program(s.admin, [scope]));
    for (const route of routes) {
      const name = `${route.method} ${route.url}`;
      const own = programs.get(route.access);
      if (own) {
        const { status, body } = await send(own, route);
        expect(status, name).not.toBe(401);
        expect(body?.code, name).not.toBe('permission-denied');
      }
      const [, other] = [...programs].find(([scope]) => scope !== route.access) ?? [];
      expect(other && (await send(other, route)).status, name).toBe(403);
    }
  });

  test('a token of one segment sees no other, whatever its person may', async () => {
    const s = await scene();
    const { segments, devices } = await twoSegments(s);
    const part = await s.program(s.admin, ['devices.read', 'devices.describe'], [segments[0]]);
    const { items } = (await part.send('GET', '/devices')).body;
    expect(items.map(({ id }: { id: string }) => id)).toEqual([devices[0]]);
    expect((await part.send('PATCH', `/devices/${devices[1]}`, { name: 'x' })).status).toBe(404);
  });

  test('an administrator, and the owner of the machine, are let in everywhere', async () => {
    const s = await scene();
    const owner = new Browser(s.console);
    for (const route of routesOf(s).filter(walked)) {
      const { reach } = permissionRow(route.access as Permission);
      for (const [who, name] of [
        [s.admin, 'administrator'],
        [owner, 'owner'],
      ] as const) {
        const { status, body } = await send(who, route);
        const at = `${name} ${route.method} ${route.url}: ${status} ${body?.code}`;
        // The machine's owner has no account of their own.
        if (reach === 'self' && who === owner)
          expect(['permission-denied', 'session-needed'], at).toContain(body?.code);
        else expect(isRefused(status) && body?.code !== 'step-up-required', at).toBe(false);
      }
    }
  });
});

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
