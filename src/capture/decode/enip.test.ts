import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { enipObserver } from '../observe/enip.ts';
import { cipIoDecoder } from './cip-io.ts';
import { enipDecoder } from './enip.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'tcp', serverPort: 44_818 } as const;
const datagrams = { carrier: 'udp', serverPort: 44_818 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

interface Header {
  readonly status?: number;
  readonly session?: number;
  readonly context?: number;
  readonly options?: number;
}
function message(
  command: number,
  body: Buffer,
  { status = 0, session = 7, context = 1, options = 0 }: Header = {},
): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt16LE(command, 0);
  header.writeUInt16LE(body.length, 2);
  header.writeUInt32LE(session, 4);
  header.writeUInt32LE(status, 8);
  header.writeUInt32LE(context, 12);
  header.writeUInt32LE(options, 20);
  return Buffer.concat([header, body]);
}
function items(...parts: [type: number, data: string][]): Buffer {
  const list = parts.map(([type, data]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(type, 0);
    head.writeUInt16LE(hex(data).length, 2);
    return Buffer.concat([head, hex(data)]);
  });
  return Buffer.concat([hex('00000000 0000'), Buffer.from([parts.length, 0]), ...list]);
}
/** CIP without a connection, and on one. */
const unconnected = (cip: string, header?: Header) =>
  message(0x6f, items([0, ''], [0xb2, cip]), header);
const connected = (sequence: number, cip: string) =>
  message(
    0x70,
    items([0xa1, '01020304'], [0xb1, `${sequence.toString(16).padStart(2, '0')}00 ${cip}`]),
  );

const events = (...messages: [0 | 1, Buffer][]) => {
  const feed = new Feed(enipDecoder, flow);
  for (const [direction, bytes] of messages) feed.data(bytes, direction);
  return feed.printed;
};
const recognise = (bytes: Uint8Array, fields: Parameters<typeof testFlow>[0] = flow) =>
  enipDecoder.recognise(bytes, 0, bytes.length, 0, testFlow(fields));

// Suricata's case enip-alert: a 1756-ENBT/A answers.
const LIST_IDENTITY = hex('63000000 00000000 00000000 c1debed100000000 00000000');
const IDENTITY = hex(
  '63003300 00000000 00000000 c1debed100000000 00000000 0100 0c00 2d00 0100 0002af120a0101a4 0000000000000000 ' +
    '0100 0c00 3a00 0403 3000 8e4d5200 0b 313735362d454e42542f41 03',
);
// nDPI's capture cip_io.pcap.
const IO = hex('0200 0280 0800 787b3a00 e8cb5e04 b100 0c00 0300 fdffffffffffffff0000');

describe('recognition', () => {
  it('takes messages on any port, in streams and datagrams', () => {
    for (const serverPort of [44_818, 9_999]) {
      expect(recognise(LIST_IDENTITY, { carrier: 'tcp', serverPort })).toBe('yes');
      expect(recognise(IDENTITY, { carrier: 'udp', serverPort })).toBe('yes');
    }
    expect(recognise(LIST_IDENTITY.subarray(0, 20))).toBe('more');
    expect(recognise(IDENTITY.subarray(0, 40), datagrams)).toBe('no');
  });

  it('takes the head of a longer one in a stream', () => {
    expect(recognise(unconnected('01 02 2001 2401').subarray(0, 30))).toBe('yes');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    for (const fields of [flow, datagrams]) expect(recognise(OTHERS[protocol]!, fields)).toBe('no');
    expect(cipIoDecoder.recognise(OTHERS[protocol]!, 0, 40, 0, testFlow(datagrams))).toBe('no');
  });

  it('claims no random bytes', () => {
    const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((sample) => {
      sample.set([0x65, 0]);
      return sample;
    });
    fc.assert(
      fc.property(bytes, (sample) => recognise(sample) !== 'yes'),
      { numRuns: 20_000 },
    );
  });
});

describe('encapsulation', () => {
  it('a device says what it is', () => {
    expect(
      new Feed(enipDecoder, datagrams).data(LIST_IDENTITY, 0).data(IDENTITY, 1).printed,
    ).toEqual([
      {
        protocol: 'enip',
        event: 'list_identity',
        id: 1,
        response: false,
        status: 'success',
        session_handle: 0,
      },
      {
        protocol: 'enip',
        event: 'list_identity',
        id: 1,
        response: true,
        status: 'success',
        session_handle: 0,
        identity: {
          protocol_version: 1,
          socket_address: '10.1.1.164',
          socket_port: 44_818,
          vendor_id: 'Rockwell Automation/Allen-Bradley',
          device_type: 'Communications Adapter',
          product_code: 58,
          revision: '4.3',
          status: 48,
          serial: 0x524d8e,
          product_name: '1756-ENBT/A',
          state: 3,
        },
      },
    ]);
  });

  it('sessions and services', () => {
    expect(
      events(
        [0, message(0x65, hex('0100 0000'), { session: 0 })],
        [1, message(0x65, hex('0100 0000'), { session: 99 })],
        [0, message(0x04, Buffer.alloc(0))],
        [1, message(0x04, hex('0100 0001 1400 0100 2001 436f6d6d756e69636174696f6e730000'))],
        [0, message(0x66, Buffer.alloc(0))],
      ),
    ).toMatchObject([
      { event: 'register_session', response: false, register_session: { protocol_version: 1 } },
      { event: 'register_session', response: true, session_handle: 99, id: 1 },
      { event: 'list_services', response: false },
      {
        response: true,
        list_services: { protocol_version: 1, capabilities: 0x120, service_name: 'Communications' },
      },
      { event: 'unregister_session' },
    ]);
  });

  it('an error comes without a body', () => {
    expect(events([1, message(0x6f, Buffer.alloc(0), { status: 0x64 })])).toMatchObject([
      { event: 'send_rr_data', response: true, status: 'invalid_session' },
    ]);
  });

  it('messages are found however segments cut them', () => {
    const all = Buffer.concat([unconnected('01 02 2001 2401'), connected(1, '03 02 208b 2401')]);
    for (let cut = 1; cut < all.length; cut++)
      expect(events([0, all.subarray(0, cut)], [0, all.subarray(cut)])).toHaveLength(2);
  });

  it.each([
    [hex('ff'.repeat(24)), 'command, length or status', false],
    [
      message(0x6f, hex('00000000 0000 0200 0000 0000 b200 ff00 01')),
      'items longer than the message',
      false,
    ],
    [unconnected('01 09 2001 2401'), 'items longer than the message', false],
    [message(0x66, Buffer.alloc(0), { options: 1 }), 'options other than 0', true],
  ])('%j: %s', (bytes, reason, readable) => {
    expect(events([0, bytes])[0]).toMatchObject({ event: 'malformed', reason, readable });
  });

  it('goes on behind what is none', () => {
    expect(events([0, hex('ff'.repeat(24))], [0, LIST_IDENTITY])).toMatchObject([
      { event: 'malformed' },
      { event: 'list_identity' },
    ]);
  });
});

describe('CIP', () => {
  it('a request and its response, as EVE names them', () => {
    expect(
      events(
        [0, unconnected('10 03 20f5 2401 3005 c0a80001', { context: 5 })],
        [1, unconnected('90 00 0f 01 2301', { context: 5 })],
      ),
    ).toMatchObject([
      {
        event: 'send_rr_data',
        id: 1,
        response: false,
        cip: {
          service: 'Set Attributes Single',
          class_name: 'TCP/IP Interface',
          path: [
            { segment_type: 'class', value: 0xf5 },
            { segment_type: 'instance', value: 1 },
            { segment_type: 'attribute', value: 5 },
          ],
          data_length: 4,
        },
      },
      {
        id: 1,
        response: true,
        cip: {
          service: 'Set Attributes Single',
          status: 'Privilege Violation',
          status_extended: '2301',
        },
      },
    ]);
  });

  it('of a connection is told apart by its sequence', () => {
    expect(
      events(
        [0, connected(1, '4c 03 206b 2500 0101 0100')],
        [0, connected(2, '4e 07 91 0b 4d6f746f725f537065656421 00 0100 01 fe')],
        [1, connected(2, 'ce 00 00 00')],
        [1, connected(1, 'cc 00 00 00 c300')],
      ),
    ).toMatchObject([
      { id: 1, sequence: 1, connection_id: 0x04030201, cip: { service: 'Read Data' } },
      { id: 2, cip: { service: 'Read Write Modify Data', path: [{ segment_type: 'symbol' }] } },
      { id: 2, response: true },
      { id: 1, response: true, cip: { status: 'Success', data_length: 2 } },
    ]);
  });

  it('services of one packet, and what is sent on', () => {
    expect(
      events([0, connected(1, '0a 02 2002 2401 0200 0600 0c00 0e 02 2001 2401 07 02 208e 2401')]),
    ).toMatchObject([
      {
        cip: {
          service: 'Multiple Service Packet',
          multiple: [
            { service: 'Get Attributes Single', class_name: 'Identity' },
            { service: 'Stop', class_name: 'unknown-142' },
          ],
        },
      },
    ]);
    expect(
      events([0, unconnected('52 02 2006 2401 07 e8 0600 01 02 2001 2401 01 00 0100')]),
    ).toMatchObject([
      { cip: { service: 'Unconnected Send', embedded: { service: 'Get Attributes All' } } },
    ]);
  });

  it('the Identity object says what the device is, also behind another', () => {
    const attributes = '0100 0e00 a600 1e0b 6030 c0ffee00 05 4c3630325a';
    expect(
      events(
        [0, unconnected('52 02 2006 2401 07 e8 0600 01 02 2001 2401 01 00 0100')],
        [1, unconnected(`81 00 00 00 ${attributes}`)],
      )[1],
    ).toMatchObject({
      identity: {
        vendor_id: 'Rockwell Automation/Allen-Bradley',
        device_type: 'Programmable Logic Controller',
        revision: '30.11',
        product_name: 'L602Z',
      },
    });
  });

  it('PCCC shows what is asked of older controllers', () => {
    expect(
      events([
        0,
        unconnected('4b 02 2067 2401 07 0100 01000000 0f 00 0100 aa 02 07 89 00 00 0100'),
      ]),
    ).toMatchObject([{ cip: { pccc: { command: 0x0f, function: 0xaa } } }]);
  });
});

describe('inputs and outputs', () => {
  it('are known by their two items, on any port', () => {
    const io = (bytes: Uint8Array) =>
      cipIoDecoder.recognise(
        bytes,
        0,
        bytes.length,
        0,
        testFlow({ carrier: 'udp', serverPort: 9 }),
      );
    expect(io(IO)).toBe('yes');
    expect(io(IO.subarray(0, 20))).toBe('no');
    expect(
      new Feed(cipIoDecoder, { carrier: 'udp', serverPort: 2_222 }).data(IO, 0).printed,
    ).toEqual([
      {
        protocol: 'cip_io',
        event: 'io_data',
        connection_id: 0x3a7b78,
        sequence: 0x45ecbe8,
        data_length: 12,
      },
    ]);
  });
});

it.each([flow, datagrams])('survives anything (%j)', (fields) => {
  const samples = [
    IDENTITY,
    connected(1, '0a 02 2002 2401 0200 0600 0c00 0e 02 2001 2401 07 02 208e 2401'),
    unconnected('52 02 2006 2401 07 e8 0600 01 02 2001 2401 01 00 0100'),
    unconnected('4b 02 2067 2401 07 0100 01000000 0f 00 0100 aa 02 07 89 00 00 0100'),
  ];
  expectUnharmed({ decoder: enipDecoder, flow: fields, observer: enipObserver, samples });
});

it('survives any input or output', () => {
  expectUnharmed({
    decoder: cipIoDecoder,
    flow: { carrier: 'udp', serverPort: 2_222 },
    observer: enipObserver,
    samples: [IO],
  });
});
