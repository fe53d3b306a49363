import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressBucket } from './limits.ts';

test('an IPv4 address counts alone, in all its spellings as IPv6', () => {
  for (const spelling of [
    '192.0.2.7',
    '::ffff:192.0.2.7',
    '::FFFF:192.0.2.7',
    '::ffff:c000:207',
    '0:0:0:0:0:ffff:192.0.2.7',
    '0000:0000:0000:0000:0000:ffff:c000:0207',
  ])
    expect(addressBucket(spelling)).toBe('192.0.2.7');
});

test('an IPv6 customer counts as one, whatever the rest and the spelling (CVE-2026-45364)', () => {
  for (const spelling of [
    '2001:db8:1:2::1',
    '2001:DB8:1:2:ffff:ffff:ffff:ffff',
    '2001:0db8:0001:0002:0000:0000:0000:0001',
    '2001:db8:1:2:0:0:192.0.2.7',
    '2001:db8:1:2::1%eth0',
  ])
    expect(addressBucket(spelling)).toBe('2001:db8:1:2::/64');
  expect(addressBucket('2001:db8:1:3::1')).toBe('2001:db8:1:3::/64');
  expect(addressBucket('::1')).toBe('0:0:0:0::/64');
  expect(addressBucket('fe80::1')).toBe('fe80:0:0:0::/64');
  expect(addressBucket('2001:db8::')).toBe('2001:db8:0:0::/64');
});

test('every address has the bucket of its first four groups', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const bucket = addressBucket(address);
      expect(bucket).toMatch(/^([0-9a-f]{1,4}:){3}[0-9a-f]{1,4}::\/64$|^\d+\.\d+\.\d+\.\d+$/);
    }),
  );
});
