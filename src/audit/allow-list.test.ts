import { expect, it } from 'vitest';
import { allowList, parsePrefix } from './allow-list.ts';

it('matches addresses, prefixes and names, whatever the case', () => {
  const allowed = allowList([
    '192.0.2.1',
    '10.0.0.0/8',
    '2001:db8::/32',
    'DNS.example',
    '*.ntp.org',
  ]);
  expect(allowed('192.0.2.1')).toBe(true);
  expect(allowed('192.0.2.2')).toBe(false);
  expect(allowed('10.9.8.7')).toBe(true);
  expect(allowed('2001:DB8:0::5')).toBe(true);
  expect(allowed('203.0.113.1', 'dns.Example')).toBe(true);
  expect(allowed('203.0.113.1', '0.pool.ntp.org')).toBe(true);
  expect(allowed('203.0.113.1', 'ntp.org.example')).toBe(false);
});

it('takes a prefix apart and refuses what is none', () => {
  expect(parsePrefix('10.0.0.0/8')).toEqual({ address: '10.0.0.0', length: 8, family: 'ipv4' });
  expect(parsePrefix('::1')).toEqual({ address: '::1', length: 128, family: 'ipv6' });
  for (const wrong of ['10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', '10.0.0.0/', 'example']) {
    expect(parsePrefix(wrong)).toBeUndefined();
  }
});
