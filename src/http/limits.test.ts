import { once } from 'node:events';
import { connect } from 'node:net';
import pino from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Server } from './route.ts';
import { buildServer, type ServerOptions } from './server.ts';
import { Browser, ORIGIN, type Scene, scene } from './testing.ts';

const host = new URL(ORIGIN).host;

async function serverWith({ system }: Scene, options: Partial<ServerOptions>): Promise<Server> {
  const server = await buildServer(system, {
    ...{ version: '0', log: pino({ level: 'silent' }), publicUrl: ORIGIN, ...options },
  });
  onTestFinished(() => server.close());
  return server;
}

const ask = (server: Server, remoteAddress: string, forwarded?: string) =>
  server.inject({
    url: '/api/v1/sign-in',
    remoteAddress,
    headers: { host, ...(forwarded ? { 'x-forwarded-for': forwarded } : {}) },
  });

describe('how often', () => {
  test('an address is limited also while nobody is signed in', async () => {
    const server = await serverWith(await scene(), { rate: 2 });
    for (let i = 0; i < 8; i++) expect((await ask(server, '203.0.113.9')).statusCode).toBe(200);
    const refused = await ask(server, '203.0.113.9');
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask(server, '203.0.113.10')).statusCode).toBe(200);
  });

  test('guessing tokens counts as well', async () => {
    const server = await serverWith(await scene(), { rate: 1 });
    const guess = () =>
      server.inject({
        url: '/api/v1/me',
        headers: { host, authorization: `Bearer fw_${'x'.repeat(43)}` },
      });
    for (let i = 0; i < 4; i++) expect((await guess()).statusCode).toBe(401);
    expect((await guess()).statusCode).toBe(429);
  });

  test('one address of IPv6 stands for its /64, and a mapped one for the IPv4 address', async () => {
    const server = await serverWith(await scene(), { rate: 1 });
    for (let i = 0; i < 4; i++) await ask(server, `2001:db8::${i + 1}`);
    expect((await ask(server, '2001:db8::ffff:1')).statusCode).toBe(429);
    expect((await ask(server, '2001:db8:0:1::1')).statusCode).toBe(200);
    for (let i = 0; i < 4; i++) await ask(server, '::ffff:198.51.100.1');
    expect((await ask(server, '198.51.100.1')).statusCode).toBe(429);
    expect((await ask(server, '::ffff:198.51.100.2')).statusCode).toBe(200);
  });
});

describe('X-Forwarded-For', () => {
  test('is believed from named proxies only, and of it only what they added', async () => {
    const server = await serverWith(await scene(), { rate: 1, trustedProxies: ['10.0.0.0/24'] });
    // Somebody who says something else each time.
    for (let i = 0; i < 4; i++) await ask(server, '203.0.113.9', `192.0.2.${i}`);
    expect((await ask(server, '203.0.113.9', '192.0.2.99')).statusCode).toBe(429);
    // The same behind the proxy: the proxy's word is the last one.
    for (let i = 0; i < 4; i++) await ask(server, '10.0.0.5', `192.0.2.${i}, 198.51.100.7`);
    expect((await ask(server, '10.0.0.5', '192.0.2.99, 198.51.100.7')).statusCode).toBe(429);
    expect((await ask(server, '10.0.0.5', '198.51.100.8')).statusCode).toBe(200);
  });

  test('is what a session and its limits know of an address, under the same rule', async () => {
    const s = await scene();
    const server = await serverWith(s, { trustedProxies: ['10.0.0.5'] });
    for (const [remoteAddress, seen] of [
      ['203.0.113.9', '203.0.113.9'],
      ['10.0.0.5', '198.51.100.7'],
    ]) {
      const from = { remoteAddress, forwarded: '192.0.2.1, 198.51.100.7' };
      const browser = new Browser(server, from, s.admin.phone);
      expect((await browser.signIn()).status).toBe(200);
      const [session] = (await browser.send('GET', '/me/sessions')).body;
      expect(session).toMatchObject({ current: true, address: seen });
    }
  });

  test('a proxy that is no address is refused at the start', async () => {
    const s = await scene();
    await expect(serverWith(s, { trustedProxies: ['proxy.example'] })).rejects.toMatchObject({
      code: 'trusted-proxies-invalid',
    });
  });
});

test('one address has so many requests at once, and gets its places back', async () => {
  const server = await serverWith(await scene(), { atOnce: 3 });
  const url = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  // Bodies that never end.
  const slow = await Promise.all(
    [1, 2, 3].map(async () => {
      const socket = connect(Number(url.port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `POST /api/v1/sign-in/password HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
      );
      return socket;
    }),
  );
  const status = async () => (await ask(server, '127.0.0.1')).statusCode;
  await expect.poll(status).toBe(429);
  for (const socket of slow) socket.destroy();
  await expect.poll(status).toBe(200);
});

describe('text that no database takes', () => {
  test.each([
    ['GET', '/devices?search=a%00b', undefined],
    ['GET', '/facts?actor=%00', undefined],
    ['POST', '/sites', { name: 'a\0b', zone: 'UTC' }],
    ['POST', '/groups', { name: 'x', filter: { tag: ['\0'] } }],
  ] as const)('%s %s', async (method, url, body) => {
    const { admin } = await scene();
    expect(await admin.send(method, url, body)).toMatchObject({
      ...{ status: 422, body: { code: 'request-invalid' } },
    });
  });

  test('nesting without end', async () => {
    const { admin } = await scene();
    const filter = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    const body = `{"name":"x","filter":${filter}}`;
    const json = { 'content-type': 'application/json' };
    const answer = await admin.send('POST', '/groups', body, json);
    expect(answer.status).toBe(422);
  });

  test('an address that is no URL is a problem like others', async () => {
    const { server } = await scene();
    const answer = await server.inject({ url: '/api/v1/devices/%zz', headers: { host } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'request-invalid' });
  });
});
