import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { iec104Observer } from '../observe/iec104.ts';
import { iec104Decoder } from './iec104.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'tcp', serverPort: 2_404 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** An I format with this ASDU. */
function information(asdu: string, tx = 0): Buffer {
  const body = hex(asdu);
  return Buffer.concat([hex('68'), Buffer.from([body.length + 4, tx << 1, 0, 0, 0]), body]);
}
const read = (bytes: Uint8Array) => new Feed(iec104Decoder, flow).data(bytes, 0).printed;
const recognise = (bytes: Uint8Array, serverPort = 2_404) =>
  iec104Decoder.recognise(bytes, 0, bytes.length, 0, testFlow({ carrier: 'tcp', serverPort }));

const STARTDT = hex('68 04 07 00 00 00');
// From a substation (nDPI's capture IEC104.pcap).
const MEASURED = hex('68192c7e42b9240103001429cbb202cdcc2c3e0094dc028a230a0b');

describe('recognition', () => {
  it.each([
    ['U format', STARTDT],
    ['S format', hex('68 04 01 00 42 b8')],
    ['I format', MEASURED],
    ['several', Buffer.concat([STARTDT, MEASURED])],
    ['one and the beginning of another', Buffer.concat([STARTDT, MEASURED.subarray(0, 9)])],
  ])('takes %s on any port', (_name, bytes) => {
    expect(recognise(bytes)).toBe('yes');
    expect(recognise(bytes, 9_999)).toBe('yes');
  });

  it('takes private types on its port alone', () => {
    const secret = information('c8 01 03 00 01 00 01 00 00 ff');
    expect(recognise(secret)).toBe('yes');
    expect(recognise(secret, 9_999)).toBe('no');
  });

  it('waits for the rest', () => {
    expect(recognise(STARTDT.subarray(0, 5))).toBe('more');
    expect(recognise(MEASURED.subarray(0, 12), 9_999)).toBe('more');
  });

  it.each([...Object.keys(OTHERS)])('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!)).toBe('no');
  });

  it('claims no random bytes', () => {
    const bytes = fc.uint8Array({ minLength: 6, maxLength: 250 }).map((sample) => {
      sample[0] = 0x68;
      return sample;
    });
    let claimed = 0;
    fc.assert(
      fc.property(bytes, (sample) => {
        if (recognise(sample, 9_999) === 'yes') claimed++;
      }),
      { numRuns: 50_000 },
    );
    // Of those that begin right already.
    expect(claimed).toBeLessThan(2);
  });
});

describe('units', () => {
  it.each([
    ['07', 'startdt_act'],
    ['0b', 'startdt_con'],
    ['13', 'stopdt_act'],
    ['23', 'stopdt_con'],
    ['43', 'testfr_act'],
    ['83', 'testfr_con'],
  ])('U format %s is %s', (octet, event) => {
    expect(read(hex(`68 04 ${octet} 00 00 00`))).toEqual([{ protocol: 'iec104', event }]);
  });

  it('S format', () => {
    expect(read(hex('68 04 01 00 42 b8'))).toEqual([
      { protocol: 'iec104', event: 'supervisory', rx: 0xb842 >> 1 },
    ]);
  });

  it('I format with a measured value and its time', () => {
    const [event] = read(MEASURED);
    expect(event).toMatchObject({
      event: 'asdu',
      tx: 16_150,
      rx: 23_713,
      type_id: 36,
      type: 'M_ME_TF_1',
      cause_id: 3,
      cause: 'spontaneous',
      negative: false,
      test: false,
      originator: 0,
      common_address: 10_516,
      sequence: false,
      count: 1,
    });
    const [object] = (event as { objects: { value: number }[] }).objects;
    expect(object).toMatchObject({
      address: 176_843,
      ov: 0,
      iv: 0,
      time: '2011-10-03T10:02:56.468',
    });
    expect(object!.value).toBeCloseTo(0.16875, 6);
  });

  it.each([
    [
      '01 82 14 00 0100 0a0000 01 11',
      [
        { address: 10, spi: 1, bl: 0 },
        { address: 11, spi: 1, bl: 1 },
      ],
    ],
    ['03 01 14 00 0100 0a0000 82', [{ dpi: 2, iv: 1 }]],
    ['05 01 14 00 0100 0a0000 ff 00', [{ value: -1, transient: 1 }]],
    ['09 01 01 00 0100 0a0000 00c0 01', [{ value: -0.5, ov: 1 }]],
    ['0b 01 01 00 0100 0a0000 ffff 00', [{ value: -1 }]],
    ['0f 01 25 00 0100 0a0000 05000000 83', [{ value: 5, sequence: 3, iv: 1 }]],
    ['02 01 03 00 0100 0a0000 01 e803 85', [{ spi: 1, time: '05:01.000', time_invalid: true }]],
    ['2d 01 06 00 0100 0a0000 81', [{ scs: 1, qu: 0, se: 1 }]],
    ['2e 01 06 00 0100 0a0000 06', [{ dcs: 2, qu: 1, se: 0 }]],
    ['32 01 06 00 0100 0a0000 0000c03f 80', [{ value: 1.5, ql: 0, se: 1 }]],
    ['64 01 06 00 ffff 000000 14', [{ address: 0, qoi: 20 }]],
    ['66 01 05 00 0100 0a0000', [{ address: 10 }]],
    ['67 01 06 00 0100 000000 f0a1 2d 0f 84 06 18', [{ time: '2024-06-04T15:45:41.456' }]],
    ['7d 01 0d 00 0100 000000 0100 01 02 aabb', [{ address: 0, data: '01000102aabb' }]],
    ['c8 01 03 00 0100 010000 ff', [{ address: 1, data: 'ff' }]],
  ])('ASDU %s', (asdu, objects) => {
    expect(read(information(asdu))).toMatchObject([{ event: 'asdu', objects }]);
  });

  it('says who refuses', () => {
    expect(read(information('2d 01 47 03 0100 0a0000 01'))).toMatchObject([
      { cause: 'activation_confirmation', negative: true, originator: 3 },
    ]);
    expect(read(information('2d 01 af 00 0100 0a0000 01'))).toMatchObject([
      { cause: 'unknown_object_address', test: true },
    ]);
  });

  it('are found however segments cut them', () => {
    const all = Buffer.concat([STARTDT, MEASURED, STARTDT]);
    for (let cut = 1; cut < all.length; cut++) {
      const feed = new Feed(iec104Decoder, flow);
      feed.data(all.subarray(0, cut), 0).data(all.subarray(cut), 0);
      expect(feed.printed).toHaveLength(3);
    }
  });

  it.each([
    [information('2d 02 06 00 0100 0a0000 01'), 'length does not fit the type', true],
    [information('00 01 06 00 0100 0a0000 01'), 'type identification 0', true],
    [information('2d 01 00 00 0100 0a0000 01'), 'cause of transmission 0', true],
    [hex('68 04 0f 00 00 00'), 'control octets', false],
    [hex('68 03 01 00 00 00 00 00'), 'length of the unit', false],
    [hex('00 00 00 00 00 00'), 'start octet', false],
  ])('%s: %s', (bytes, reason, readable) => {
    expect(read(bytes)[0]).toMatchObject({ event: 'malformed', reason, readable });
  });

  it('takes up again behind what is none of its own', () => {
    const feed = new Feed(iec104Decoder, flow);
    feed.data(hex('00 00 00 00 00 00'), 0).data(MEASURED, 0);
    expect(feed.printed).toMatchObject([{ reason: 'start octet' }, { event: 'asdu' }]);
  });

  it('survive anything', () => {
    const samples = [STARTDT, MEASURED, information('2d 01 06 00 0100 0a0000 81')];
    expectUnharmed({ decoder: iec104Decoder, flow, observer: iec104Observer, samples });
  });
});
