import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { dnp3Observer } from '../observe/dnp3.ts';
import { dnp3Decoder } from './dnp3.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'tcp', serverPort: 20_000 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** With its CRC-16/DNP, computed bit by bit. */
function withCrc(block: Buffer): Buffer {
  let crc = 0;
  for (const byte of block) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa6bc : crc >> 1;
  }
  return Buffer.concat([block, Buffer.from([~crc & 255, (~crc >> 8) & 255])]);
}
/** One link frame. @param user - in hexadecimal: transport header, application header, objects. */
function frame(user: string, control = 0xc4, dst = 2, src = 3): Buffer {
  const data = hex(user);
  const header = Buffer.from([5, 0x64, data.length + 5, control, dst, dst >> 8, src, src >> 8]);
  const blocks = [withCrc(header)];
  for (let at = 0; at < data.length; at += 16) blocks.push(withCrc(data.subarray(at, at + 16)));
  return Buffer.concat(blocks);
}
const read = (bytes: Uint8Array, direction: 0 | 1 = 0) =>
  new Feed(dnp3Decoder, flow).data(bytes, direction).printed;
const recognise = (bytes: Uint8Array, fields: Parameters<typeof testFlow>[0] = flow) =>
  dnp3Decoder.recognise(bytes, 0, bytes.length, 0, testFlow(fields));
/** The objects of a message. */
const objects = (application: string, control?: number) => {
  const [event] = read(frame(`c0 ${application}`, control)).filter(
    ({ event }) => event !== 'malformed',
  );
  return (event?.application as { objects: object[] } | undefined)?.objects;
};

// Sent by a Triangle MicroWorks test harness (Zeek's traces, dnp3_udp_write and dnp3_link_only).
const LINK_STATUS = hex('0564058b01006400a097');
const READ_CLASS_0 = hex('05640bc40100640044eac4c7013c010683f4');

describe('frames', () => {
  it('are known by their CRC, on any port', () => {
    expect(recognise(LINK_STATUS)).toBe('yes');
    expect(recognise(LINK_STATUS, { carrier: 'udp', serverPort: 9_999 })).toBe('yes');
    expect(recognise(LINK_STATUS.subarray(0, 9))).toBe('more');
    const broken = Buffer.from(LINK_STATUS);
    broken[9]! ^= 1;
    expect(recognise(broken)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('are not %s', (protocol) => {
    expect(recognise(OTHERS[protocol]!)).toBe('no');
  });

  it('are no random bytes', () => {
    const bytes = fc.uint8Array({ minLength: 10, maxLength: 64 });
    fc.assert(
      fc.property(bytes, (sample) => recognise(sample) !== 'yes'),
      { numRuns: 20_000 },
    );
  });

  it('without user data are named by their function', () => {
    expect(read(LINK_STATUS)).toEqual([
      {
        protocol: 'dnp3',
        event: 'link_status',
        control: { dir: true, pri: false, fcb: false, fcv: false, function_code: 11 },
        src: 100,
        dst: 1,
      },
    ]);
  });

  it('are found again behind what is none', () => {
    const broken = Buffer.from(READ_CLASS_0);
    broken[8]! ^= 1;
    expect(read(Buffer.concat([broken, READ_CLASS_0]))).toMatchObject([
      { event: 'malformed', reason: 'link header' },
      { event: 'request' },
    ]);
  });

  it('with a wrong CRC in their data are passed over', () => {
    const broken = Buffer.from(READ_CLASS_0);
    broken[12]! ^= 1;
    expect(read(Buffer.concat([broken, READ_CLASS_0]))).toMatchObject([
      { event: 'malformed', reason: 'CRC of user data', readable: false },
      { event: 'request' },
    ]);
  });

  it('are found however segments cut them', () => {
    const all = Buffer.concat([READ_CLASS_0, LINK_STATUS]);
    for (let cut = 1; cut < all.length; cut++) {
      const feed = new Feed(dnp3Decoder, flow);
      feed.data(all.subarray(0, cut), 0).data(all.subarray(cut), 0);
      expect(feed.printed.map(({ event }) => event)).toEqual(['request', 'link_status']);
    }
  });
});

describe('messages', () => {
  it('a request, as EVE has it', () => {
    expect(read(READ_CLASS_0)).toEqual([
      {
        protocol: 'dnp3',
        event: 'request',
        control: { dir: true, pri: true, fcb: false, fcv: false, function_code: 4 },
        src: 100,
        dst: 1,
        application: {
          control: { fir: true, fin: true, con: false, uns: false, sequence: 7 },
          function_code: 1,
          function: 'read',
          objects: [
            {
              group: 60,
              variation: 1,
              qualifier: 6,
              prefix_code: 0,
              range_code: 6,
              start: 0,
              stop: 0,
              count: 0,
            },
          ],
          complete: true,
        },
      },
    ]);
  });

  it('an unsolicited response with its indications', () => {
    expect(read(hex('05640a4401000a006e25c0f08280006b7d'), 1)).toMatchObject([
      {
        event: 'unsolicited_response',
        src: 10,
        iin: { indicators: ['device_restart'], raw: 0x8000 },
        application: { control: { con: true, uns: true, sequence: 0 }, objects: [] },
      },
    ]);
  });

  it('are put together from segments', () => {
    const feed = new Feed(dnp3Decoder, flow);
    feed.data(frame('41 c3 02 32 01 07'), 0).data(frame('82 01 43 16 9c 57 34 01'), 0);
    expect(feed.printed).toMatchObject([
      { event: 'request', application: { function: 'write', objects: [{ group: 50 }] } },
    ]);
  });

  it('a segment out of sequence is reported once, and ends what waited', () => {
    const feed = new Feed(dnp3Decoder, flow);
    feed.data(frame('41 c3 02 32 01 07'), 0).data(frame('83 01 43 16 9c 57 34 01'), 0);
    feed.data(frame('84 01'), 0).data(READ_CLASS_0, 0);
    expect(feed.printed).toMatchObject([
      { event: 'malformed', reason: 'segment out of sequence' },
      { event: 'request' },
    ]);
  });

  it('segments without the first say nothing where frames were missed', () => {
    const feed = new Feed(dnp3Decoder, { ...flow, openingSeen: false });
    feed.data(frame('83 01 43 16 9c 57 34 01'), 0).data(READ_CLASS_0, 0);
    expect(feed.printed).toMatchObject([{ event: 'request' }]);
  });

  it('of more segments than have numbers are given up', () => {
    const feed = new Feed(dnp3Decoder, flow);
    for (let i = 0; i < 66; i++)
      feed.data(
        frame(`${(i === 0 ? 0x40 : i & 0x3f).toString(16).padStart(2, '0')}${'00'.repeat(249)}`),
        0,
      );
    expect(feed.printed).toMatchObject([{ reason: 'message of too many segments' }]);
  });
});

describe('objects', () => {
  it.each([
    [
      'c0 02 32 01 07 01 43 16 9c 57 34 01',
      [{ group: 50, points: [{ prefix: 0, index: 0, timestamp: 0x01_34_57_9c_16_43 }] }],
    ],
    [
      'c0 05 0c 01 28 01 00 09 00 41 01 64 00 00 00 00 00 00 00 00',
      [
        {
          prefix_code: 2,
          range_code: 8,
          points: [
            { prefix: 9, index: 9, op_type: 1, tcc: 1, count: 1, ontime: 100, status_code: 0 },
          ],
        },
      ],
    ],
    ['c0 05 29 02 17 01 05 9c ff 00', [{ points: [{ index: 5, value: -100, control_status: 0 }] }]],
    ['c0 05 29 03 17 01 05 00 00 20 41 00', [{ points: [{ value: 10 }] }]],
    ['c0 02 50 01 00 07 07 00', [{ points: [{ index: 7, state: 0 }] }]],
    ['c0 02 6e 04 00 03 03 61 62 63 64', [{ points: [{ index: 3, data: '61626364' }] }]],
    // Requests name values and have none.
    ['c0 01 01 02 00 00 05', [{ start: 0, stop: 5, count: 6 }]],
    ['c0 01 1e 00 17 02 04 09', [{ count: 2, points: [{ index: 4 }, { index: 9 }] }]],
    ['c0 16 3c 02 06 01 00 06', [{ group: 60 }, { group: 1 }]],
  ])('of the request %s', (application, expected) => {
    expect(objects(application)).toMatchObject(expected);
  });

  it.each([
    [
      'c0 81 0000 01 01 00 03 0c aa 02',
      [
        {
          points: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((index, i) => ({
            index,
            state: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1][i],
          })),
        },
      ],
    ],
    ['c0 81 0000 03 01 00 00 03 e4', [{ points: [0, 1, 2, 3].map((state) => ({ state })) }]],
    [
      'c0 81 0000 01 02 00 00 00 81 14 01 00 01 01 01 05 00 00 00',
      [
        { points: [{ online: 1, restart: 0, state: 1 }] },
        { points: [{ index: 1, online: 1, discontinuity: 0, count: 5 }] },
      ],
    ],
    ['c0 81 0000 1e 06 00 00 00 01 00 00 00 00 00 00 f8 3f', [{ points: [{ value: 1.5 }] }]],
    [
      'c0 81 0000 00 fc 00 00 00 01 04 41 63 6d 65',
      [{ points: [{ data_type: 1, value: 'Acme' }] }],
    ],
    ['c0 81 0000 00 d6 00 00 00 02 02 10 27', [{ points: [{ value: 10_000 }] }]],
  ])('of the response %s', (application, expected) => {
    expect(objects(application, 0x44)).toMatchObject(expected);
  });

  it('hide the password of a file', () => {
    const password = 'c0 1d 46 02 5b 01 16 00 0c00 0300 0f00 0700 00000000 616263 73656372657430';
    const [event] = read(frame(`c0 ${password}`));
    const text = JSON.stringify(event);
    expect(text).toContain('"username":"abc"');
    expect(text).toContain('"password":"hmac-sha256:');
    expect(text).not.toContain('secret0');
  });

  it('that are not known end the reading', () => {
    expect(read(frame('c0 c0 81 0000 57 01 5b 01 02 00 00 00 01 02 06', 0x44))).toMatchObject([
      { application: { complete: false, objects: [{ group: 87 }] } },
    ]);
  });

  it.each([
    ['c0 05 0c 01 28 01 00 09 00 41', 'objects longer than the message'],
    ['c0 81 0000 01 01 01 00 00 ff ff 01', 'objects longer than the message'],
    ['c0 01 01 02 00 05 00', 'range that stops before it starts'],
    ['c0 01 01 02 0a', 'reserved qualifier'],
    ['c0 01 01 02 76', 'reserved qualifier'],
    ['c0 01 01 02', 'object header without its end'],
    ['c0 63', 'reserved function'],
  ])('of %s break the specification: %s', (application, reason) => {
    expect(read(frame(`c0 ${application}`))).toMatchObject([
      { event: 'malformed', reason, readable: true },
      {},
    ]);
  });
});

it('survives anything', () => {
  const samples = [
    READ_CLASS_0,
    frame('c0 c0 05 0c 01 28 01 00 09 00 41 01 64 00 00 00 00 00 00 00 00'),
    frame('c0 c0 81 0000 01 02 00 00 00 81 14 01 00 01 01 01 05 00 00 00', 0x44),
  ];
  expectUnharmed({ decoder: dnp3Decoder, flow, observer: dnp3Observer, samples });
});

it('survives any application message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 14 }), (bytes) => {
      const feed = new Feed(dnp3Decoder, flow, dnp3Observer);
      feed.data(frame(`c0 ${Buffer.from(bytes).toString('hex')}`), 0).close();
      for (const { protocol } of feed.printed) expect(protocol).toBe('dnp3');
    }),
    { numRuns: 3_000 },
  );
});
