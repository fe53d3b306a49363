/**
 * Who looks after one segment sees and changes nothing in another: on every route whose permission reaches as far as a
 * segment. A new one has to say here how it would be used on a thing of another segment, or this test fails. Each is
 * then used by who may, so that it was not refused for another reason.
 */
import { expect, test } from 'vitest';
import { type Permission, permissionRow } from '../access/index.ts';
import { type Answer, type Scene, scene, twoSegments } from './testing.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
interface Use {
  readonly url: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}
interface World {
  /** Of the own segment, and of the other one. */
  readonly own: { segment: string; device: string };
  readonly other: { segment: string; device: string; finding: string };
  readonly site: string;
  readonly group: string;
  readonly upload: string;
  readonly audit: string;
  readonly invited: string;
  readonly person: string;
}

const reason = 'because of a reason';
const bytes = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };

/** In the order in which who may uses them. */
const FOREIGN: Readonly<Record<string, (w: World) => Use>> = {
  'GET /devices/{id}': ({ other }) => ({ url: `/devices/${other.device}` }),
  'GET /devices/{id}/verdicts': ({ other }) => ({ url: `/devices/${other.device}/verdicts` }),
  'GET /devices/{id}/facts': ({ other }) => ({ url: `/devices/${other.device}/facts` }),
  'GET /findings/{id}': ({ other }) => ({ url: `/findings/${other.finding}` }),
  'GET /findings/{id}/packets': ({ other }) => ({ url: `/findings/${other.finding}/packets` }),
  'GET /posture': ({ other }) => ({ url: `/posture?scope=segment&id=${other.segment}` }),
  'GET /audits/{id}/report': ({ audit }) => ({ url: `/audits/${audit}/report` }),
  'GET /audits/{id}/comparison': ({ audit }) => ({
    url: `/audits/${audit}/comparison?with=${audit}`,
  }),
  'GET /uploads/{id}': ({ upload }) => ({ url: `/uploads/${upload}` }),
  'POST /uploads': ({ site }) => ({ url: '/uploads', body: { site, name: 'a.pcap', bytes: 9 } }),
  'PATCH /uploads/{id}': ({ upload }) => ({
    ...{ url: `/uploads/${upload}`, body: Buffer.alloc(3), headers: bytes },
  }),
  'DELETE /uploads/{id}': ({ upload }) => ({ url: `/uploads/${upload}` }),
  'PATCH /devices/{id}': ({ other }) => ({
    ...{ url: `/devices/${other.device}`, body: { name: 'Mine' } },
  }),
  'PUT /groups/{id}': ({ group }) => ({
    ...{ url: `/groups/${group}`, body: { name: 'Mine', filter: {} } },
  }),
  'DELETE /groups/{id}': ({ group }) => ({ url: `/groups/${group}` }),
  'POST /findings/{id}/comments': ({ other }) => ({
    ...{ url: `/findings/${other.finding}/comments`, body: { text: 'so' } },
  }),
  'POST /findings/assign': ({ other }) => ({
    ...{ url: '/findings/assign', body: { findings: [other.finding], to: null } },
  }),
  'POST /findings/accept': ({ other }) => ({
    url: '/findings/accept',
    body: { findings: [other.finding], reason, expires: '2027-01-01' },
  }),
  'POST /findings/reopen': ({ other }) => ({
    ...{ url: '/findings/reopen', body: { findings: [other.finding], reason } },
  }),
  'POST /people': ({ other }) => ({
    url: '/people',
    body: {
      ...{ login: 'eve', name: 'Eve' },
      grants: [{ role: 'viewer', segment: other.segment }],
    },
  }),
  'POST /people/{id}/invitation': ({ invited }) => ({ url: `/people/${invited}/invitation` }),
  'POST /people/{id}/roles': ({ person, other }) => ({
    url: `/people/${person}/roles`,
    body: { role: 'analyst', segment: other.segment, reason },
  }),
  'POST /people/{id}/roles/take': ({ person, other }) => ({
    url: `/people/${person}/roles/take`,
    body: { role: 'analyst', segment: other.segment, reason },
  }),
  'POST /devices/{id}/split': ({ other }) => ({
    ...{ url: `/devices/${other.device}/split`, body: { keys: ['mac:second'] } },
  }),
  'POST /devices/{id}/merge': ({ own, other }) => ({
    ...{ url: `/devices/${own.device}/merge`, body: { others: [other.device] } },
  }),
};

/** Lists, which hold only what is within reach; tested below. */
const LISTS = new Set([
  'GET /devices',
  'GET /devices/count',
  'POST /devices/change',
  'GET /findings',
  'GET /findings/count',
  'GET /standards/{standard}/coverage',
  'GET /standards/{standard}/provisions/{provision}/devices',
]);
/** Of no segment: audits without what they found, names of filters, live changes (tested there). */
const OF_NONE = new Set([
  'GET /audits',
  'GET /audits/{id}',
  'GET /groups',
  'GET /groups/{id}',
  'POST /groups',
  'GET /events',
]);

function routesOfSegments({ server }: Scene): string[] {
  const { paths = {} } = server.swagger();
  return Object.entries(paths).flatMap(([url, methods]) =>
    Object.entries(methods as Record<string, { 'x-access': string }>).flatMap(
      ([method, { 'x-access': access }]) => {
        if (access === 'public' || access === 'signed-in') return [];
        const { reach } = permissionRow(access as Permission);
        return reach === 'segment'
          ? [`${method.toUpperCase()} ${url.slice('/api/v1'.length)}`]
          : [];
      },
    ),
  );
}

async function worldOf(s: Scene): Promise<World> {
  const { admin, system } = s;
  const { site, segments, devices } = await twoSegments(s);
  const finding = '01900000-0000-7000-8000-00000000000f';
  const audit = '01900000-0000-7000-8000-0000000000a0';
  await system.store.write(async ({ db }) => {
    await db
      .insertInto('device_keys')
      .values({ site_id: site, key: 'mac:second', device_id: devices[1] })
      .execute();
    await db
      .insertInto('findings')
      .values({
        ...{ id: finding, device_id: devices[1], control: 'CH-01', severity: 4, state: 'open' },
        ...{ title: 'Plain', note: '', fingerprint: 'f', opened: 1, changed: 1, last_seen: 1 },
        ...{ first_audit: audit, last_audit: audit },
      } as never)
      .execute();
    await db
      .insertInto('finding_evidence')
      .values({
        ...{ finding_id: finding, audit_id: audit, time: 1, evidence: '[]' },
        ...{ slice: Uint8Array.of(1), sha256: 'x', delete_after: null },
      })
      .execute();
  });
  const make = async (url: string, body: object) => (await admin.send('POST', url, body)).body;
  const group = (await make('/groups', { name: 'All', filter: {} })).id;
  const upload = (await make('/uploads', { site, name: 'b.pcap', bytes: 9 })).id;
  await make('/people', {
    ...{ login: 'ivy', name: 'Ivy' },
    grants: [{ role: 'viewer', segment: segments[1] }],
  });
  const people = (await admin.send('GET', '/people')).body.items;
  const invited = people.find(({ login }: { login: string }) => login === 'ivy').id;
  const person = (await s.member('pat', [{ role: 'viewer', segment: segments[1] }])).person ?? '';
  return {
    ...{ site, group, upload, audit, invited, person },
    own: { segment: segments[0], device: devices[0] },
    other: { segment: segments[1], device: devices[1], finding },
  };
}

test('every route that reaches as far as a segment is used on another one', async () => {
  const s = await scene();
  const known = new Set([...Object.keys(FOREIGN), ...LISTS, ...OF_NONE]);
  expect(routesOfSegments(s).filter((route) => !known.has(route))).toEqual([]);
  const world = await worldOf(s);
  const part = await s.member('part', [{ role: 'administrator', segment: world.own.segment }]);
  const scopes = ['devices.read', 'devices.describe', 'devices.manage', 'findings.read'] as const;
  const more = ['findings.work', 'findings.accept', 'evidence.read', 'audits.run'] as const;
  const olaf = await s.member('olaf', [{ role: 'operator' }]);
  const all = [...scopes, ...more, 'posture.read', 'audits.read'] as const;
  const program = await s.program(olaf, all, [world.own.segment]);
  for (const [route, use] of Object.entries(FOREIGN)) {
    const { url, body, headers } = use(world);
    const method = route.split(' ')[0] as Method;
    for (const who of [part, program]) {
      const { status, body: said } = await who.send(method, url, body, headers);
      expect([403, 404], `${route}: ${status} ${JSON.stringify(said)}`).toContain(status);
    }
  }
  // The same is fine for who may, but for an audit and its report, which the world does not hold.
  for (const [route, use] of Object.entries(FOREIGN)) {
    if (/report|comparison/.test(route)) continue;
    // The last to be used on it.
    if (route === 'DELETE /uploads/{id}') continue;
    const { url, body, headers } = use(world);
    const method = route.split(' ')[0] as Method;
    const { status, body: said } = await s.admin.send(method, url, body, headers);
    expect(status, `${route}: ${JSON.stringify(said)}`).toBeLessThan(300);
  }
  expect((await s.admin.send('DELETE', `/uploads/${world.upload}`)).status).toBe(204);
});

test('lists and changes of many hold only what is within reach', async () => {
  const s = await scene();
  const { own, other } = await worldOf(s);
  const part = await s.member('part', [{ role: 'administrator', segment: own.segment }]);
  const ids = ({ body }: Answer) => body.items.map(({ id }: { id: string }) => id);
  expect(ids(await part.send('GET', '/devices'))).toEqual([own.device]);
  expect((await part.send('GET', '/devices/count')).body.count).toBe(1);
  expect(ids(await part.send('GET', '/findings'))).toEqual([]);
  expect(ids(await s.admin.send('GET', '/findings'))).toEqual([other.finding]);
  expect((await part.send('GET', '/findings/count')).body.count).toBe(0);
  const change = (which: object, patch: object, preview = false) =>
    part.send('POST', '/devices/change', { which, patch, preview });
  const both = { ids: [own.device, other.device] };
  expect((await change(both, { criticality: 'low' }, true)).body).toEqual({ devices: 1 });
  expect((await change(both, { criticality: 'low' })).body).toEqual({ devices: 1 });
  expect((await change({ filter: {} }, { tags: ['x'] })).body).toEqual({ devices: 1 });
  const seen = await s.admin.send('GET', `/devices/${other.device}`);
  expect(seen.body).toMatchObject({ criticality: 'normal', tags: [] });
});

test('a device is moved by who manages both ends; out of all segments, by who manages all', async () => {
  const s = await scene();
  const { own, other } = await worldOf(s);
  const part = await s.member('part', [{ role: 'operator', segment: own.segment }]);
  for (const segment of [other.segment, null]) {
    const alone = await part.send('PATCH', `/devices/${own.device}`, { segment });
    expect(alone.body.code, String(segment)).toBe('permission-denied');
    const which = { ids: [own.device] };
    const many = await part.send('POST', '/devices/change', { which, patch: { segment } });
    expect(many.body.code, String(segment)).toBe('permission-denied');
  }
  const two = await s.member('two', [
    { role: 'operator', segment: own.segment },
    { role: 'operator', segment: other.segment },
  ]);
  const moved = await two.send('PATCH', `/devices/${own.device}`, { segment: other.segment });
  expect(moved.status).toBe(200);
});

test('who describes in one segment and manages in another manages only there', async () => {
  const s = await scene();
  const { own, other } = await worldOf(s);
  const mixed = await s.member('mix', [
    { role: 'analyst', segment: own.segment },
    { role: 'operator', segment: other.segment },
  ]);
  const change = (patch: object) =>
    mixed.send('POST', '/devices/change', { which: { filter: {} }, patch });
  expect((await change({ tags: ['seen'] })).body).toEqual({ devices: 2 });
  expect((await change({ criticality: 'high' })).body).toEqual({ devices: 1 });
  const analyst = await s.member('ana', [{ role: 'analyst', segment: own.segment }]);
  const refused = await analyst.send('POST', '/devices/change', {
    which: { filter: {} },
    patch: { criticality: 'high' },
  });
  expect(refused.status).toBe(403);
});

test('what an audit found in all segments is not shown to who sees one', async () => {
  const s = await scene();
  const { own, site } = await worldOf(s);
  const summary = JSON.stringify({
    ...{ verdict: 'fail', devices: 2, packets: 1, bytes: 1, findings: {} },
    ...{ opened: 1, reopened: 0, fixed: 0 },
  });
  const id = '01900000-0000-7000-8000-0000000000a1';
  await s.system.store.write(({ db }) =>
    db
      .insertInto('audits')
      .values({
        ...{ id, site_id: site, name: 'a', source: 'upload', state: 'done', summary },
        ...{ actor_kind: 'system', actor_id: 'test', created: 1 },
      } as never)
      .execute(),
  );
  const viewer = await s.member('vic', [{ role: 'viewer', segment: own.segment }]);
  expect((await viewer.send('GET', `/audits/${id}`)).body).toMatchObject({ id, summary: null });
  expect((await viewer.send('GET', '/audits')).body.items[0].summary).toBeNull();
  expect((await s.admin.send('GET', `/audits/${id}`)).body.summary.devices).toBe(2);
});
