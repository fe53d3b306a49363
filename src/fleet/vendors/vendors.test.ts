import { describe, expect, it } from 'vitest';
import { isRandomised, vendorOf } from './index.ts';

describe('vendorOf', () => {
  it.each([
    ['00:17:88:01:02:03', 'Philips Lighting BV'],
    ['50:C7:BF:00:00:01', 'TP-LINK TECHNOLOGIES CO.,LTD.'],
    ['00-22-72-aa-bb-cc', 'American Micro-Fuel Device Corp.'],
  ])('names the holder of a large block: %s', (mac, name) => {
    expect(vendorOf(mac)).toBe(name);
  });

  it('prefers the holder of a medium or small block to the registry that split it up', () => {
    expect(vendorOf('20:85:93:b1:00:00')).toBe('IOG Products LLC');
    expect(vendorOf('70:b3:d5:71:90:01')).toBe('2M Technology');
    expect(vendorOf('70:b3:d5:f2:f0:01')).toBe('TELEPLATFORMS');
  });

  it('does not know undisclosed holders, unassigned prefixes and what is no MAC', () => {
    expect(vendorOf('74:1a:e0:91:11:11')).toBeUndefined();
    expect(vendorOf('da:a1:19:00:11:22')).toBeUndefined();
    expect(vendorOf('00:17:88')).toBeUndefined();
    expect(vendorOf('zz:17:88:01:02:03')).toBeUndefined();
    expect(vendorOf('')).toBeUndefined();
  });
});

describe('isRandomised', () => {
  it('is true for a locally administered address that nobody registered', () => {
    expect(isRandomised('3a:11:22:33:44:55')).toBe(true);
    expect(isRandomised('DA-A1-19-00-11-22')).toBe(true);
  });

  it('is false for registered addresses, even those with the local bit of old', () => {
    expect(isRandomised('00:17:88:01:02:03')).toBe(false);
    expect(isRandomised('aa:00:04:00:10:10')).toBe(false);
  });

  it('is false for virtual machines and containers, group addresses and what is no MAC', () => {
    expect(isRandomised('02:42:ac:11:00:02')).toBe(false);
    expect(isRandomised('52:54:00:12:34:56')).toBe(false);
    expect(isRandomised('33:33:00:00:00:fb')).toBe(false);
    expect(isRandomised('')).toBe(false);
  });
});
