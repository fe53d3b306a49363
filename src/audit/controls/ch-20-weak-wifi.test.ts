import { describe, expect, test } from 'vitest';
import { scene } from '../testing.ts';
import { weakWifi } from './ch-20-weak-wifi.ts';

function joins(fields: object) {
  const net = scene();
  const plug = net.device('192.168.1.30');
  const router = net.device('192.168.1.1');
  net.saw('association', plug, router, fields);
  return { plug: net.judge(weakWifi, plug), router: net.judge(weakWifi, router) };
}

describe('CH-20 weak Wi-Fi', () => {
  test.each([
    ['an open network', { security: 'open', pairwiseCiphers: [], keyManagement: [] }],
    ['WEP', { security: 'wep', pairwiseCiphers: [], keyManagement: [], seenIn: 'data' }],
    ['TKIP of WPA', { security: 'wpa', pairwiseCiphers: ['tkip'] }],
    ['TKIP of WPA2', { security: 'rsn', pairwiseCiphers: ['tkip'], seenIn: 'handshake' }],
  ])('%s fails, for the station and for the access point', (_what, fields) => {
    const { plug, router } = joins(fields);
    expect(plug).toMatchObject({ verdict: 'fail', evidence: [{ fields: { network: 'Home' } }] });
    expect(router.verdict).toBe('fail');
  });

  test.each([
    ['WPA2 with AES', {}],
    ['WPA with AES', { security: 'wpa', pairwiseCiphers: ['ccmp-128'] }],
    ['AES beside a group cipher of TKIP', { groupCipher: 'tkip' }],
    [
      'encryption without a password, which looks open',
      { security: 'owe', keyManagement: ['owe'] },
    ],
  ])('%s passes', (_what, fields) => {
    expect(joins(fields).plug.verdict).toBe('pass');
  });

  test('a network that turned the device away proves nothing', () => {
    const open = { security: 'open', pairwiseCiphers: [], keyManagement: [] };
    expect(joins({ ...open, outcome: 'refused' }).plug.verdict).toBe('not_visible');
    expect(joins({ ...open, outcome: 'unknown' }).plug.verdict).toBe('not_visible');
  });

  test('without a capture of the radio nothing is seen', () => {
    const net = scene();
    const plug = net.device('192.168.1.30');
    expect(net.judge(weakWifi, plug)).toMatchObject({ verdict: 'not_seen' });
  });
});
