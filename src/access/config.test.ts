import { expect, test } from 'vitest';
import { onEachDatabase } from '../store/testing.ts';
import { openAccess } from './access.ts';
import { Ceremonies } from './ceremonies.ts';
import { accessConfig, rpIdOf } from './config.ts';
import { scene } from './testing.ts';

const reads = (settings: object) => accessConfig.safeParse(settings).success;

test('the origin is https, or http on localhost, and a name', () => {
  for (const origin of [
    'https://fleet.example',
    'https://fleet.example:8443',
    'http://localhost:8080',
  ])
    expect(reads({ origin }), origin).toBe(true);
  for (const origin of [
    'http://fleet.example',
    'https://192.0.2.7',
    'https://[2001:db8::1]',
    'http://127.0.0.1:8080',
    'ftp://localhost',
    'fleet.example',
    '',
  ])
    expect(reads({ origin }), origin).toBe(false);
  const config = accessConfig.parse({ origin: 'https://Fleet.Example:8443/path?x' });
  expect(config.origin).toBe('https://fleet.example:8443');
  expect(rpIdOf(config)).toBe('fleet.example');
});

test('an issuer is https, or on this machine for trials', () => {
  const read = (issuer: string, insecureLoopback = false) =>
    reads({ origin: 'http://localhost', oidc: { issuer, clientId: 'x', insecureLoopback } });
  expect(read('https://idp.example')).toBe(true);
  expect(read('http://idp.example', true)).toBe(false);
  expect(read('http://127.0.0.1:9000')).toBe(false);
  expect(read('http://127.0.0.1:9000', true)).toBe(true);
});

test('what is misspelt or out of bounds is refused by name', async () => {
  const open = (settings: object) =>
    openAccess({ origin: 'http://localhost', ...settings }, {} as never).catch(
      (error) => error.message,
    );
  expect(await open({ sessionIdleMinute: 5 })).toContain('sessionIdleMinute');
  expect(await open({ sessionIdleMinutes: 0 })).toContain('access.sessionIdleMinutes');
  expect(await open({ soloDelayHours: 0 })).toContain('access.soloDelayHours');
});

onEachDatabase((database) => {
  test('a flood of strangers who begin and never answer stops nobody who is quick', async () => {
    const s = await scene(database);
    const parts = { store: s.store, clock: s.clock, config: s.access.config, keys: {} as never };
    const ceremonies = new Ceremonies(parts, 100);
    const stranger = () =>
      s.store.write((tx) => ceremonies.begin(tx, { purpose: 'passkey-sign-in' }));
    const waiting = await s.store.write((tx) =>
      ceremonies.begin(tx, { purpose: 'second-factor', personId: 'ann' }),
    );
    const first = await stranger();
    for (let i = 0; i < 150; i++) await stranger();
    const quick = await stranger();
    const take = (handle: string) =>
      s.store.write((tx) => ceremonies.take(tx, 'passkey-sign-in', handle));
    expect(await take(first)).toBeUndefined();
    expect(await take(quick)).toBeDefined();
    const kept = await s.store.write((tx) => ceremonies.take(tx, 'second-factor', waiting));
    expect(kept).toMatchObject({ personId: 'ann', tries: 1 });
  });
});
