import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { buildServer } from './server.ts';
import { ORIGIN, scene } from './testing.ts';

async function consoleServer() {
  const { system } = await scene();
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-pages-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(
    join(folder, 'index.html'),
    '<meta name="nonce" content="__NONCE__"><div id="root">',
  );
  writeFileSync(join(folder, 'assets', 'index-1a2b3c.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'not for you');
  const server = await buildServer(system, {
    ...{ version: '0', log: pino({ level: 'silent' }), publicUrl: ORIGIN, pages: folder },
  });
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return (url: string) => server.inject({ url, headers: { host: new URL(ORIGIN).host } });
}

test('a page gets a nonce of its own, which its policy names', async () => {
  const get = await consoleServer();
  const nonces = new Set<string>();
  for (const url of ['/', '/devices/7?tab=peers', '/welcome']) {
    const answer = await get(url);
    expect(answer.statusCode).toBe(200);
    const nonce = /content="([A-Za-z0-9+/=]{24})"/.exec(answer.body)?.[1] ?? '';
    expect(answer.headers['content-security-policy']).toContain(
      `style-src 'self' 'nonce-${nonce}'`,
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(3);
});

test('assets are kept for ever, and nothing else of the folder is served', async () => {
  const get = await consoleServer();
  const asset = await get('/assets/index-1a2b3c.js');
  expect(asset.headers['cache-control']).toContain('immutable');
  expect(asset.headers['content-security-policy']).not.toContain('nonce');
  expect((await get('/assets/nothing.js')).statusCode).toBe(404);
  for (const url of ['/secret.txt', '/assets/../secret.txt', '/assets/%2e%2e/secret.txt'])
    expect((await get(url)).body, url).not.toContain('not for you');
});

test('an unknown address of the API is a problem, not a page', async () => {
  const get = await consoleServer();
  expect((await get('/api/v1/nothing')).json()).toMatchObject({ code: 'route-unknown' });
});
