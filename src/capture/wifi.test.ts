import { describe, expect, it } from 'vitest';
import {
  ETHERTYPE_WIFI,
  IEEE802_11,
  IEEE802_11_AVS,
  IEEE802_11_PRISM,
  IEEE802_11_RADIOTAP,
  isWifi,
  PPI,
  parseWifi,
  type WifiFrame,
} from './wifi.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const STATION = '02 00 00 00 00 07';
const ACCESS_POINT = '02 00 00 00 00 01';
const ROUTER = '02 00 00 00 00 fe';
const LLC = 'aa aa 03 00 00 00 08 00';
const beacon = hex(
  `80 00 0000 ffffffffffff ${ACCESS_POINT} ${ACCESS_POINT} 1000 ${'00'.repeat(12)}`,
);
/** From the station through the access point to the router, with QoS control. */
const data = hex(`88 01 0000 ${ACCESS_POINT} ${STATION} ${ROUTER} 1000 0000 ${LLC} 45 00`);

function parse(linkType: number, bytes: Buffer): (WifiFrame & { read: boolean }) | undefined {
  const into = { type: 0, payload: 0, end: bytes.length, source: -1, target: -1, group: false };
  const read = parseWifi(linkType, bytes, 0, into);
  return read ? { ...into, read } : undefined;
}

describe('frames of Wi-Fi', () => {
  it('hands management frames on whole', () => {
    expect(parse(IEEE802_11, beacon)).toMatchObject({
      type: ETHERTYPE_WIFI,
      payload: 0,
      source: 10,
      target: 4,
      group: true,
    });
  });

  it('finds LLC and the right addresses in data that is not encrypted', () => {
    expect(parse(IEEE802_11, data)).toMatchObject({ type: 0, payload: 26, source: 10, target: 16 });
    const down = hex(`08 02 0000 ${STATION} ${ACCESS_POINT} ${ROUTER} 1000 ${LLC} 45 00`);
    expect(parse(IEEE802_11, down)).toMatchObject({ payload: 24, source: 16, target: 4 });
    const bridged = hex(
      `08 03 0000 ${ACCESS_POINT} ${ACCESS_POINT} ${ROUTER} 1000 ${STATION} ${LLC} 45 00`,
    );
    expect(parse(IEEE802_11, bridged)).toMatchObject({ payload: 30, source: 24, target: 16 });
    const alone = hex(`08 00 0000 ${ROUTER} ${STATION} ${ACCESS_POINT} 1000 ${LLC} 45 00`);
    expect(parse(IEEE802_11, alone)).toMatchObject({ payload: 24, source: 10, target: 4 });
  });

  it('reads the first of several packets in one frame', () => {
    const subframe = `${ROUTER} ${STATION} 000a ${LLC} 45 00`;
    const frame = hex(`88 01 0000 ${ACCESS_POINT} ${STATION} ${ROUTER} 1000 8000 ${subframe} 0000`);
    expect(parse(IEEE802_11, frame)).toMatchObject({
      payload: 40,
      end: 50,
      source: 32,
      target: 26,
    });
  });

  it('looks into nothing that is encrypted, in pieces, or control', () => {
    const ccmp = hex(
      `88 41 0000 ${ACCESS_POINT} ${STATION} ${ROUTER} 1000 0000 01000020 00000000 ff`,
    );
    const piece = hex(`08 05 0000 ${ACCESS_POINT} ${STATION} ${ROUTER} 1000 ${LLC} 45 00`);
    const nothingInIt = hex(`48 01 0000 ${ACCESS_POINT} ${STATION} ${ROUTER} 1000`);
    const acknowledgement = hex(`d4 00 0000 ${STATION}`);
    for (const frame of [ccmp, piece, nothingInIt, acknowledgement])
      expect(parse(IEEE802_11, frame)).toMatchObject({ type: -1, source: -1 });
  });

  it('hands on data under WEP, which has no extended IV', () => {
    const wep = hex(`08 41 0000 ${ACCESS_POINT} ${STATION} ${ROUTER} 1000 010203 00 a1a2a3a4a5`);
    expect(parse(IEEE802_11, wep)).toMatchObject({ type: ETHERTYPE_WIFI, source: 10, target: 4 });
  });

  it('moves past radiotap with more words, padding and check sequence', () => {
    const plain = Buffer.concat([hex('00 00 0800 00000000'), data]);
    expect(parse(IEEE802_11_RADIOTAP, plain)).toMatchObject({ payload: 34, end: plain.length });
    // Two words of presence, a time, then flags: check sequence and padded header.
    const radiotap = hex('00 00 1900 030000 80 00000000 00000000 1122334455667788 30');
    const padded = Buffer.concat([
      radiotap,
      data.subarray(0, 26),
      hex('0000'),
      data.subarray(26),
      hex('deadbeef'),
    ]);
    expect(parse(IEEE802_11_RADIOTAP, padded)).toMatchObject({
      payload: 25 + 28,
      end: padded.length - 4,
    });
    const bad = Buffer.concat([hex('00 00 0900 02000000 50'), data, hex('deadbeef')]);
    expect(parse(IEEE802_11_RADIOTAP, bad)).toBeUndefined();
  });

  it('moves past Prism, AVS and PPI', () => {
    const prism = Buffer.alloc(144);
    prism.writeUInt32LE(0x44, 0);
    prism.writeUInt32LE(144, 4);
    expect(parse(IEEE802_11_PRISM, Buffer.concat([prism, data]))?.payload).toBe(144 + 26);
    const avs = Buffer.alloc(64);
    avs.writeUInt32BE(0x80211001, 0);
    avs.writeUInt32BE(64, 4);
    expect(parse(IEEE802_11_AVS, Buffer.concat([avs, data]))?.payload).toBe(64 + 26);
    expect(parse(IEEE802_11_PRISM, Buffer.concat([avs, data]))?.payload).toBe(64 + 26);
    const ppi = hex(`00 00 2000 69000000 0200 1400 ${'00'.repeat(8)} 0100 ${'00'.repeat(10)}`);
    const frame = Buffer.concat([ppi, data, hex('deadbeef')]);
    expect(parse(PPI, frame)).toMatchObject({ payload: 32 + 26, end: frame.length - 4 });
  });

  it('refuses what is cut, at every length, and never reads past the end', () => {
    for (const [linkType, whole] of [
      [IEEE802_11, beacon],
      [IEEE802_11, data],
      [IEEE802_11_RADIOTAP, Buffer.concat([hex('00 00 0900 02000000 10'), data, hex('deadbeef')])],
    ] as const) {
      expect(isWifi(linkType)).toBe(true);
      for (let length = 0; length < whole.length; length++) {
        const found = parse(linkType, whole.subarray(0, length));
        if (found && found.type >= 0) expect(found.payload).toBeLessThan(length);
      }
    }
  });
});
