import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Server } from '../route.ts';
import { ORIGIN, scene, twoSegments } from '../testing.ts';

/** Follows /events over a real socket; resolves texts as they come. */
async function follow(port: number, headers: Record<string, string>) {
  const call = request({
    ...{ port, host: '127.0.0.1', path: '/api/v1/events' },
    headers: { host: new URL(ORIGIN).host, ...headers },
  });
  call.end();
  const [response] = (await once(call, 'response')) as [import('node:http').IncomingMessage];
  onTestFinished(() => void call.destroy());
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  let ended = false;
  response.on('close', () => {
    ended = true;
  });
  return { status: response.statusCode, text: () => text, ended: () => ended };
}

async function listening(server: Server): Promise<number> {
  await server.listen({ host: '127.0.0.1', port: 0 });
  return (server.server.address() as AddressInfo).port;
}

test('changes are told as they happen, and what was missed when somebody comes back', async () => {
  const { server, admin } = await scene();
  const port = await listening(server);
  const cookie = admin.cookie ?? '';
  expect((await follow(port, {})).status).toBe(401);
  const first = await follow(port, { cookie });
  await admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' });
  await expect.poll(first.text).toContain('"action":"site.added"');
  const id = /id: (\d+)\nevent: fact/.exec(first.text())?.[1] ?? '';
  await admin.send('POST', '/sites', { name: 'Shop', zone: 'UTC' });
  const again = await follow(port, { cookie, 'last-event-id': id });
  await expect.poll(again.text).toContain('"action":"site.added"');
  expect(again.text().match(/event: fact/g)).toHaveLength(1);
});

test('who may not see facts is not told of people', async () => {
  const { server, admin, member } = await scene();
  const port = await listening(server);
  const viewer = await member('vic', [{ role: 'viewer' }]);
  const seen = await follow(port, { cookie: viewer.cookie ?? '' });
  const all = await follow(port, { cookie: admin.cookie ?? '' });
  await admin.send('POST', '/people', { login: 'tom', name: 'Tom', grants: [{ role: 'viewer' }] });
  await admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' });
  await expect.poll(seen.text).toContain('site.added');
  await expect.poll(all.text).toContain('person.invited');
  expect(seen.text()).not.toContain('person.');
});

test('who sees one segment is told of its devices alone, and when one leaves it', async () => {
  const s = await scene();
  const { segments, devices } = await twoSegments(s);
  const port = await listening(s.server);
  const viewer = await s.member('vic', [{ role: 'viewer', segment: segments[0] }]);
  const seen = await follow(port, { cookie: viewer.cookie ?? '' });
  const change = (device: string, patch: object) =>
    s.admin.send('PATCH', `/devices/${device}`, patch);
  await change(devices[1], { name: 'Safe' });
  await change(devices[0], { name: 'Lamp' });
  await expect.poll(seen.text).toContain(devices[0]);
  expect(seen.text()).not.toContain(devices[1]);
  const before = seen.text().length;
  await change(devices[0], { segment: segments[1] });
  await expect.poll(() => seen.text().slice(before)).toContain(devices[0]);
  const left = seen.text().length;
  await change(devices[0], { name: 'Elsewhere' });
  await change(devices[1], { segment: segments[0] });
  await expect.poll(() => seen.text().slice(left)).toContain(devices[1]);
  expect(seen.text().slice(left)).not.toContain(devices[0]);
});

test('a member is told of the own devices', async () => {
  const s = await scene();
  const { devices } = await twoSegments(s);
  const port = await listening(s.server);
  const member = await s.member('meg', [{ role: 'member' }]);
  await s.admin.send('PATCH', `/devices/${devices[0]}`, { owner: member.person });
  const seen = await follow(port, { cookie: member.cookie ?? '' });
  for (const device of [...devices].reverse())
    await s.admin.send('PATCH', `/devices/${device}`, { criticality: 'high' });
  await expect.poll(seen.text).toContain(devices[0]);
  expect(seen.text()).not.toContain(devices[1]);
});

test('it ends with the session, and when roles change, at once', async () => {
  const s = await scene();
  const port = await listening(s.server);
  const viewer = await s.member('vic', [{ role: 'viewer' }]);
  const other = await s.member('oda', [{ role: 'viewer' }]);
  const [first, second, stays] = await Promise.all(
    [viewer, other, s.admin].map(({ cookie }) => follow(port, { cookie: cookie ?? '' })),
  );
  await viewer.send('POST', '/sign-out');
  await expect.poll(first.ended).toBe(true);
  expect(second.ended()).toBe(false);
  await s.admin.send('POST', `/people/${other.person}/remove`, { reason: 'left' });
  await expect.poll(second.ended).toBe(true);
  await s.admin.send('POST', '/sites', { name: 'Later', zone: 'UTC' });
  await expect.poll(stays.text).toContain('site.added');
  expect(first.text()).not.toContain('site.added');
  expect(stays.ended()).toBe(false);
});

test('the progress of jobs is told to who sees jobs', async () => {
  const s = await scene();
  const port = await listening(s.server);
  const viewer = await s.member('vic', [{ role: 'viewer' }]);
  const [jobs, none] = await Promise.all(
    [s.admin, viewer].map(({ cookie }) => follow(port, { cookie: cookie ?? '' })),
  );
  const id = await s.system.store.write((tx) =>
    s.system.jobs.enqueue(tx, 'later', {}, { actor: { kind: 'system', id: 'test' } }),
  );
  await expect.poll(jobs.text, { timeout: 5000 }).toContain(`"id":"${id}"`);
  await s.admin.send('POST', `/jobs/${id}/cancel`);
  await expect.poll(jobs.text, { timeout: 5000 }).toContain('"state":"cancelled"');
  await s.admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' });
  await expect.poll(none.text).toContain('site.added');
  expect(none.text()).not.toContain('event: job');
});

test('who was away for too long, or before a restore, is told to look anew', async () => {
  const { server, admin } = await scene();
  const port = await listening(server);
  const cookie = admin.cookie ?? '';
  const seen = await follow(port, { cookie, 'last-event-id': '999999' });
  await expect.poll(seen.text).toMatch(/^id: \d+\nevent: stale/);
  await admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' });
  await expect.poll(seen.text).toContain('site.added');
});

test('following does not keep a session from ending, and has its bounds', async () => {
  const { server, admin, clock, system } = await scene();
  const port = await listening(server);
  const cookie = admin.cookie ?? '';
  const seenAt = async () =>
    (await system.store.db.selectFrom('sessions').select('seen_at').executeTakeFirstOrThrow())
      .seen_at;
  clock.time += 10 * 60_000;
  const before = await seenAt();
  const all = await Promise.all(Array.from({ length: 20 }, () => follow(port, { cookie })));
  expect(await seenAt()).toBe(before);
  expect(all.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect((await follow(port, { cookie })).status).toBe(429);
});
