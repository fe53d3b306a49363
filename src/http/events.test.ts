import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ORIGIN, scene } from './testing.ts';

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
  return { status: response.statusCode, text: () => text };
}

test('changes are told as they happen, and what was missed when somebody comes back', async () => {
  const { server, admin } = await scene();
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
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
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const viewer = await member('vic', [{ role: 'viewer' }]);
  const seen = await follow(port, { cookie: viewer.cookie ?? '' });
  const all = await follow(port, { cookie: admin.cookie ?? '' });
  await admin.send('POST', '/people', { login: 'tom', name: 'Tom', grants: [{ role: 'viewer' }] });
  await admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' });
  await expect.poll(seen.text).toContain('site.added');
  await expect.poll(all.text).toContain('person.invited');
  expect(seen.text()).not.toContain('person.');
});
