import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import type { Decoder, Flow } from '../decoder.ts';
import { dnsObserver } from '../observe/dns.ts';
import { mdnsObserver } from '../observe/mdns.ts';
import { dnsDecoder, llmnrDecoder, mdnsDecoder, nbnsDecoder } from './dns.ts';
import { Feed, testFlow } from './testing.ts';

const udp = { carrier: 'udp', serverPort: 53 } as const;
const tcp = { carrier: 'tcp', serverPort: 53 } as const;
const mdns = { carrier: 'udp', clientPort: 5353, serverPort: 5353, multicast: true } as const;
const nbns = { carrier: 'udp', clientPort: 137, serverPort: 137 } as const;
const elsewhere = { carrier: 'udp', serverPort: 9_999 } as const;

const u16 = (value: number): number[] => [value >> 8, value & 255];
const name = (text: string): number[] => [
  ...text.split('.').flatMap((label) => [Buffer.byteLength(label), ...Buffer.from(label)]),
  0,
];
const question = (text: string, type = 1, cls = 1) => [...name(text), ...u16(type), ...u16(cls)];
const record = (owner: number[], type: number, data: number[], cls = 1, ttl = 60) => [
  ...owner,
  ...u16(type),
  ...u16(cls),
  ...u16(0),
  ...u16(ttl),
  ...u16(data.length),
  ...data,
];
const pointer = (offset: number): number[] => [0xc0 | (offset >> 8), offset & 255];
/** Counts are of questions, answers, authorities and additional records. */
const message = (flags: number, counts: number[], ...parts: number[][]): Buffer =>
  Buffer.from([...u16(0x1234), ...u16(flags), ...counts.flatMap(u16), ...parts.flat()]);
const query = message(0x0100, [1, 0, 0, 0], question('camera.example.com'));
const answer = message(
  0x8180,
  [1, 2, 0, 0],
  question('camera.example.com'),
  record(pointer(12), 5, [3, ...Buffer.from('cdn'), ...pointer(19)]),
  record([3, ...Buffer.from('cdn'), ...pointer(19)], 1, [192, 0, 2, 7]),
);

const read = (bytes: Buffer, flow: Partial<Flow> = udp, decoder: Decoder = dnsDecoder) =>
  new Feed(decoder, flow).data(bytes, 0).printed;
const recognise = (bytes: Uint8Array, flow: Partial<Flow>, decoder: Decoder = dnsDecoder) =>
  decoder.recognise(bytes, 0, bytes.length, 0, testFlow(flow));

describe('recognition', () => {
  it('knows queries and responses on any port', () => {
    for (const flow of [udp, elsewhere]) {
      expect(recognise(query, flow)).toBe('yes');
      expect(recognise(answer, flow)).toBe('yes');
    }
  });

  it('waits for a question over TCP', () => {
    const framed = Buffer.concat([Buffer.from(u16(query.length)), query]);
    for (const flow of [tcp, { ...tcp, serverPort: 9_999 }]) {
      for (let length = 0; length < 14; length++)
        expect(recognise(framed.subarray(0, length), flow)).toBe('more');
      expect(recognise(framed, flow)).toBe('yes');
    }
  });

  it('leaves the relatives of DNS to their decoders, by their ports', () => {
    expect(recognise(query, mdns)).toBe('no');
    expect(recognise(query, mdns, mdnsDecoder)).toBe('yes');
    expect(recognise(query, { ...udp, serverPort: 5355 }, llmnrDecoder)).toBe('yes');
    expect(recognise(query, udp, mdnsDecoder)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!, elsewhere)).toBe('no');
    expect(recognise(OTHERS[protocol]!, { ...tcp, serverPort: 9_999 })).not.toBe('yes');
  });

  it('does not take junk on its port for a message', () => {
    expect(recognise(OTHERS.snmp!, udp)).toBe('no');
    expect(recognise(OTHERS.http!, udp)).toBe('no');
    expect(recognise(Buffer.alloc(5), udp)).toBe('no');
  });
});

describe('messages', () => {
  it('gives queries and responses as EVE does', () => {
    expect(read(query)).toEqual([
      {
        protocol: 'dns',
        event: 'query',
        version: 3,
        type: 'request',
        id: 0x1234,
        flags: '100',
        opcode: 0,
        rd: true,
        queries: [{ rrname: 'camera.example.com', rrtype: 'A' }],
        rrname: 'camera.example.com',
        rrtype: 'A',
      },
    ]);
    expect(read(answer)).toMatchObject([
      {
        event: 'response',
        rcode: 'NOERROR',
        answers: [
          { rrname: 'camera.example.com', rrtype: 'CNAME', rdata: 'cdn.example.com', ttl: 60 },
          { rrname: 'cdn.example.com', rrtype: 'A', rdata: '192.0.2.7' },
        ],
        grouped: { CNAME: ['cdn.example.com'], A: ['192.0.2.7'] },
      },
    ]);
  });

  it('reads the data of the types that devices use', () => {
    const owner = pointer(12);
    const svcb = [
      ...u16(1),
      0,
      ...u16(1),
      ...u16(3),
      2,
      0x68,
      0x32,
      ...u16(3),
      ...u16(2),
      ...u16(8443),
    ];
    const all = message(
      0x8400,
      [1, 7, 0, 1],
      question('a.example', 255),
      record(owner, 28, [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1]),
      record(owner, 16, [3, ...Buffer.from('k=v'), 1, 0x78]),
      record(owner, 33, [...u16(1), ...u16(2), ...u16(443), ...owner]),
      record(owner, 15, [...u16(10), 2, ...Buffer.from('mx'), ...owner]),
      record(owner, 65, svcb),
      record(owner, 10, [0x56, 0xc5, 1]),
      record(owner, 257, [0, 5, 1, 2]),
      record([0], 41, [...u16(8), ...u16(0)], 1232, 0),
    );
    expect(read(all)).toMatchObject([
      {
        answers: [
          { rrtype: 'AAAA', rdata: '2001:db8::1' },
          { rrtype: 'TXT', rdata: 'k=v x', txt: ['k=v', 'x'] },
          { rrtype: 'SRV', srv: { priority: 1, weight: 2, port: 443, name: 'a.example' } },
          { rrtype: 'MX', rdata: 'mx.a.example', preference: 10 },
          { rrtype: 'HTTPS', svcb: { priority: 1, target: '', alpn: ['h2'], port: 8443 } },
          { rrtype: 'NULL', rdata: 'V\\xc5\u0001', rdata_bytes: 3 },
          { rrtype: 'CAA', rdata_bytes: 4, rdata_hex: '00050102' },
        ],
        edns: { udp_size: 1232, version: 0, do: false, options: [8] },
      },
    ]);
  });

  it('keeps UTF-8 labels, and escapes what is none', () => {
    const utf8 = message(0x0100, [1, 0, 0, 0], question('küche.local'));
    expect(read(utf8)[0]).toMatchObject({ rrname: 'küche.local' });
    const broken = message(0x0100, [1, 0, 0, 0], [2, 0xff, 0x41, 0, ...u16(1), ...u16(1)]);
    expect(read(broken)[0]).toMatchObject({ rrname: '\\xffA' });
  });

  it('reads several messages of a stream, in any pieces', () => {
    const framed = (bytes: Buffer) => Buffer.concat([Buffer.from(u16(bytes.length)), bytes]);
    const stream = Buffer.concat([framed(query), framed(query), framed(answer)]);
    const feed = new Feed(dnsDecoder, tcp);
    for (const byte of stream) feed.data(Uint8Array.of(byte), 0);
    expect(feed.printed.map(({ event }) => event)).toEqual(['query', 'query', 'response']);
    expect(feed.gap(10, 0).parser.done).toBe(true);
  });
});

describe('multicast DNS', () => {
  it('takes the top bit of a class for a flag', () => {
    const asked = message(0, [1, 0, 0, 0], question('_hap._tcp.local', 12, 0x8001));
    expect(read(asked, mdns, mdnsDecoder)).toMatchObject([
      { protocol: 'mdns', event: 'query', queries: [{ rrtype: 'PTR', unicast_response: true }] },
    ]);
    const said = message(0x8400, [0, 1, 0, 0], record(name('a.local'), 1, [10, 0, 0, 9], 0x8001));
    expect(read(said, mdns, mdnsDecoder)).toMatchObject([
      { event: 'response', answers: [{ rrname: 'a.local', rdata: '10.0.0.9', cache_flush: true }] },
    ]);
  });
});

describe('NetBIOS names', () => {
  const encoded = (text: string, suffix: number): number[] =>
    name(
      [...Buffer.from(text.padEnd(15)), suffix]
        .map((byte) => String.fromCharCode(0x41 + (byte >> 4), 0x41 + (byte & 15)))
        .join(''),
    );

  it('reads a registration', () => {
    const owner = encoded('CAMERA', 0x20);
    const bytes = message(
      0x2910,
      [1, 0, 0, 1],
      [...owner, ...u16(32), ...u16(1)],
      record(pointer(12), 32, [0x60, 0, 10, 0, 0, 9]),
    );
    expect(recognise(bytes, nbns, nbnsDecoder)).toBe('yes');
    expect(read(bytes, nbns, nbnsDecoder)).toMatchObject([
      {
        protocol: 'nbns',
        event: 'registration',
        rrname: 'CAMERA<20>',
        rrtype: 'NB',
        additionals: [{ rrtype: 'NB', nb: [{ address: '10.0.0.9', group: false }] }],
      },
    ]);
  });

  it('reads a node status', () => {
    const entry = (text: string, suffix: number, flags: number) => [
      ...Buffer.from(text.padEnd(15)),
      suffix,
      ...u16(flags),
    ];
    const status = [
      2,
      ...entry('NAS', 0, 0x0400),
      ...entry('HOME', 0, 0x8400),
      0,
      0x11,
      0x32,
      1,
      2,
      3,
    ];
    const bytes = message(0x8400, [0, 1, 0, 0], record(encoded('*', 0), 33, [...status]));
    expect(read(bytes, nbns, nbnsDecoder)).toMatchObject([
      {
        answers: [
          {
            rrtype: 'NBSTAT',
            names: [
              { name: 'NAS<00>', group: false },
              { name: 'HOME<00>', group: true },
            ],
            mac: '00:11:32:01:02:03',
          },
        ],
      },
    ]);
  });
});

describe('broken messages', () => {
  const reasonOf = (bytes: Buffer) => read(bytes).at(-1);

  it.each([
    ['truncated header', Buffer.alloc(11)],
    ['truncated name', message(0x0100, [1, 0, 0, 0], [5, 0x61])],
    ['truncated question', message(0x0100, [1, 0, 0, 0], name('a.b'))],
    ['reserved label type', message(0x0100, [1, 0, 0, 0], [0x80, 0])],
    ['compression loop', message(0x0100, [1, 0, 0, 0], pointer(12), [0, 1, 0, 1])],
    ['pointer outside the message', message(0x0100, [1, 0, 0, 0], pointer(0x300), [0, 1, 0, 1])],
    ['truncated record', message(0x8000, [0, 1, 0, 0], name('a'), [0, 1])],
    ['record data does not fit its type', message(0x8000, [0, 1, 0, 0], record(name('a'), 1, [1]))],
    [
      'name longer than 255 bytes',
      message(0x0100, [1, 0, 0, 0], question(Array(90).fill('abc').join('.'))),
    ],
  ])('%s', (reason, bytes) => {
    expect(reasonOf(bytes)).toMatchObject({ protocol: 'dns', event: 'malformed', reason });
  });

  it('gives what could be read before the break', () => {
    const cut = answer.subarray(0, answer.length - 2);
    expect(read(cut)).toMatchObject([
      { event: 'response', answers: [{ rrtype: 'CNAME' }] },
      { event: 'malformed', reason: 'truncated record data' },
    ]);
  });

  it('costs no more than its length allows', () => {
    // 5,000 records whose names are chains of pointers and labels as long as may be.
    const chain = Array.from({ length: 60 }, () => [63, ...Array(63).fill(0x61)]).flat();
    const records = Array.from({ length: 4_000 }, () =>
      record(pointer(12), 1, [1, 2, 3, 4]),
    ).flat();
    const hostile = message(
      0x8000,
      [0, 4_001, 0, 0],
      [...chain, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0],
      records,
    );
    const [event] = read(hostile);
    expect(JSON.stringify(event).length).toBeLessThan(1_000_000);
    expect(event).toMatchObject({ entries_cut: 4_001 - 256 });
  });

  it('survives anything', () => {
    const announced = message(
      0x8400,
      [0, 2, 0, 1],
      record(name('_hap._tcp.local'), 12, [4, ...Buffer.from('Lamp'), ...pointer(12)]),
      record([4, ...Buffer.from('Lamp'), ...pointer(12)], 16, [6, ...Buffer.from('md=abc')]),
      record(pointer(40), 33, [0, 0, 0, 0, 0, 80, ...pointer(12)]),
    );
    expectUnharmed({
      decoder: dnsDecoder,
      flow: udp,
      observer: dnsObserver,
      samples: [query, answer],
    });
    expectUnharmed({
      decoder: dnsDecoder,
      flow: tcp,
      observer: dnsObserver,
      samples: [Buffer.concat([Buffer.from(u16(answer.length)), answer])],
    });
    expectUnharmed({
      decoder: mdnsDecoder,
      flow: mdns,
      observer: mdnsObserver,
      samples: [announced, query],
    });
    expectUnharmed({
      decoder: nbnsDecoder,
      flow: nbns,
      observer: mdnsObserver,
      samples: [announced, query],
    });
  });
});
