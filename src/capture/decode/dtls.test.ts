import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { dtlsDecoder } from './dtls.ts';
import { certificate } from './tls/fixtures/identity.ts';
import {
  be16,
  be24,
  clientHello,
  extension,
  FedFlow,
  serverHello,
  u8,
  vector16,
  vector24,
} from './tls/testing.ts';

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const HELLO_VERIFY_REQUEST = 3;
const CERTIFICATE = 11;
const SERVER_HELLO_DONE = 14;
const CLIENT_KEY_EXCHANGE = 16;

let sequence = 0;
const record = (type: number, body: Buffer, epoch = 0, version = 0xfefd): Buffer =>
  Buffer.concat([
    u8(type),
    be16(version),
    be16(epoch),
    Buffer.alloc(2),
    be16(sequence++ & 0xffff),
    Buffer.alloc(2),
    vector16(body),
  ]);

const fragment = (
  type: number,
  turn: number,
  body: Buffer,
  offset = 0,
  length = body.length - offset,
): Buffer =>
  Buffer.concat([
    u8(type),
    be24(body.length),
    be16(turn),
    be24(offset),
    be24(length),
    body.subarray(offset, offset + length),
  ]);

const handshake = (type: number, turn: number, body: Buffer): Buffer =>
  record(22, fragment(type, turn, body));

const hello = clientHello({
  version: 0xfefd,
  cookie: Buffer.alloc(20, 9),
  ciphers: [0xc0a8],
  extensions: [extension.serverName('coap.example')],
});
const firstHello = Buffer.concat([hello.subarray(0, 35), u8(0), hello.subarray(35 + 1 + 20)]);
const der = Buffer.from(certificate.replace(/-----.*?-----|\s/g, ''), 'base64');
const chain = vector24(vector24(der));
const chosen = serverHello(0xc02b, { version: 0xfefd });
const finished = record(22, Buffer.alloc(48, 0xee), 1);
const changeCipherSpec = record(20, u8(1));
const cookieRequest = Buffer.concat([be16(0xfeff), u8(20), Buffer.alloc(20, 9)]);

describe('DTLS 1.2', () => {
  it('reads a handshake with a cookie to its data', () => {
    const flow = new FedFlow(dtlsDecoder)
      .feed(0, handshake(CLIENT_HELLO, 0, firstHello))
      .feed(1, handshake(HELLO_VERIFY_REQUEST, 0, cookieRequest))
      .feed(0, handshake(CLIENT_HELLO, 1, hello))
      .feed(
        1,
        Buffer.concat([
          handshake(SERVER_HELLO, 1, serverHello(0xc0a8, { version: 0xfefd })),
          handshake(SERVER_HELLO_DONE, 2, Buffer.alloc(0)),
        ]),
      )
      .feed(
        0,
        Buffer.concat([
          handshake(CLIENT_KEY_EXCHANGE, 2, vector16(Buffer.from('sensor-17'))),
          changeCipherSpec,
          finished,
        ]),
      )
      .feed(1, Buffer.concat([changeCipherSpec, finished]))
      .feed(0, record(23, Buffer.alloc(60), 1))
      .feed(1, record(23, Buffer.alloc(80), 1));
    expect(flow.events).toMatchObject([
      { event: 'client_hello', version: 'DTLS 1.2', server_name: 'coap.example' },
      { event: 'hello_verify_request', version: 'DTLS 1.0', cookie_length: 20 },
      { event: 'client_hello', cookie_length: 20 },
      { event: 'server_hello', cipher_name: 'TLS_PSK_WITH_AES_128_CCM_8' },
      { event: 'server_hello_done' },
      { event: 'client_key_exchange', psk_identity: 'sensor-17' },
      { event: 'change_cipher_spec' },
      { event: 'change_cipher_spec', session_resumed: undefined },
      { event: 'established', session_resumed: false },
      { event: 'application_data' },
      { event: 'application_data' },
    ]);
    expect(flow.close()).toMatchObject([
      {
        dtls: true,
        serverHello: { version: 0xfefd },
        pskIdentity: 'sensor-17',
        applicationBytes: [73, 93],
      },
    ]);
  });

  it('puts fragments together in whatever order they come, and however often', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 600 }),
        fc.infiniteStream(fc.nat()),
        fc.boolean(),
        (size, chances, together) => {
          const pieces = [
            ...cut(SERVER_HELLO, 0, chosen, 1000),
            ...cut(CERTIFICATE, 1, chain, size),
            ...cut(SERVER_HELLO_DONE, 2, Buffer.alloc(0), 1000),
          ];
          const shuffled: Buffer[] = [];
          for (const piece of [...pieces, ...pieces.slice(0, 3)])
            shuffled.splice(chances.next().value % (shuffled.length + 1), 0, piece);
          const flow = new FedFlow(dtlsDecoder);
          if (together) flow.feed(1, record(22, Buffer.concat(shuffled)));
          else for (const piece of shuffled) flow.feed(1, record(22, piece));
          flow.close();
          const events = flow.events.map(({ event }) => event).sort();
          expect(events).toEqual(['certificate', 'server_hello', 'server_hello_done']);
          expect(flow.events).toContainEqual(
            expect.objectContaining({ subject: 'C=US, O=Example, Inc., CN=device.example' }),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('does not wait for what was lost once encryption begins', () => {
    const flow = new FedFlow(dtlsDecoder)
      .feed(1, handshake(SERVER_HELLO, 0, chosen))
      // The certificate, message 1, is lost.
      .feed(1, handshake(SERVER_HELLO_DONE, 2, Buffer.alloc(0)))
      .feed(1, changeCipherSpec);
    expect(flow.names).toEqual(['server_hello', 'server_hello_done', 'change_cipher_spec']);
  });

  it('tells a resumption by the server’s haste', () => {
    const flow = new FedFlow(dtlsDecoder)
      .feed(0, handshake(CLIENT_HELLO, 0, hello))
      .feed(1, Buffer.concat([handshake(SERVER_HELLO, 0, chosen), changeCipherSpec, finished]))
      .feed(0, Buffer.concat([changeCipherSpec, finished]));
    expect(flow.close()).toMatchObject([{ resumed: true, established: true }]);
  });

  it('takes another random on the same ports for another handshake', () => {
    const again = clientHello({ version: 0xfefd, random: Buffer.alloc(32, 77), cookie: u8(1) });
    const flow = new FedFlow(dtlsDecoder)
      .feed(0, handshake(CLIENT_HELLO, 0, hello))
      .feed(0, handshake(CLIENT_HELLO, 0, hello))
      .feed(1, handshake(SERVER_HELLO, 0, chosen))
      .feed(0, handshake(CLIENT_HELLO, 0, again))
      .feed(1, handshake(SERVER_HELLO, 0, chosen));
    expect(flow.names).toEqual(['client_hello', 'server_hello', 'client_hello', 'server_hello']);
    expect(flow.close().length).toBe(2);
  });

  it('follows connection ids by their records’ type alone', () => {
    const hidden = (length: number): Buffer =>
      Buffer.concat([u8(25), be16(0xfefd), be16(1), Buffer.alloc(6), Buffer.alloc(8 + length)]);
    const flow = new FedFlow(dtlsDecoder)
      .feed(0, handshake(CLIENT_HELLO, 0, hello))
      .feed(1, handshake(SERVER_HELLO, 0, chosen))
      .feed(1, handshake(SERVER_HELLO_DONE, 1, Buffer.alloc(0)))
      .feed(0, Buffer.concat([changeCipherSpec, hidden(40)]))
      .feed(1, Buffer.concat([changeCipherSpec, hidden(40)]))
      .feed(0, hidden(100))
      .feed(1, hidden(90));
    expect(flow.names.slice(-3)).toEqual(['established', 'application_data', 'application_data']);
  });
});

describe('DTLS 1.3', () => {
  it('tells handshake from data by the epoch', () => {
    const unified = (epoch: number, length: number): Buffer =>
      Buffer.concat([u8(0b0010_1100 | (epoch & 3)), be16(1), vector16(Buffer.alloc(length))]);
    const flow = new FedFlow(dtlsDecoder)
      .feed(
        0,
        handshake(
          CLIENT_HELLO,
          0,
          clientHello({
            version: 0xfefd,
            cookie: Buffer.alloc(1),
            extensions: [extension.versions(0xfefc)],
          }),
        ),
      )
      .feed(
        1,
        handshake(
          SERVER_HELLO,
          0,
          serverHello(0x1301, { version: 0xfefd, extensions: [[43, be16(0xfefc)]] }),
        ),
      )
      .feed(1, unified(2, 700))
      .feed(0, unified(2, 60))
      .feed(1, unified(3, 40))
      .feed(0, unified(3, 50))
      .feed(1, unified(3, 50));
    expect(flow.events.map(({ event }) => event)).toEqual([
      ...['client_hello', 'server_hello', 'established', 'application_data', 'application_data'],
    ]);
    expect(flow.events[2]).toMatchObject({ version: 'DTLS 1.3' });
  });
});

describe('hostile datagrams', () => {
  it('hold no more than a bounded number of fragments', () => {
    const flow = new FedFlow(dtlsDecoder);
    const body = Buffer.alloc(16_000);
    for (let turn = 1; turn < 15; turn++)
      for (let at = 0; at < 15_000; at += 1000)
        flow.feed(1, record(22, fragment(CERTIFICATE, turn, body, at, 1000)));
    expect(flow.events.filter(({ event }) => event === 'malformed')[0]).toMatchObject({
      reason: 'too many fragments to hold',
    });
  });

  test.each([
    ['no record', Buffer.from('hello world, again'), 'not a DTLS record'],
    [
      'a cut record',
      handshake(CLIENT_HELLO, 0, hello).subarray(0, 60),
      'record longer than its datagram',
    ],
    [
      'a fragment beyond its message',
      record(22, Buffer.concat([u8(1), be24(4), be16(0), be24(2), be24(4), Buffer.alloc(4)])),
      'fragment longer than its message',
    ],
    [
      'a heartbeat that asks for more',
      record(24, Buffer.concat([u8(1), be16(9000), Buffer.alloc(20)])),
      'heartbeat payload longer than its record',
    ],
  ])('%s is malformed', (_name, bytes, reason) => {
    const flow = new FedFlow(dtlsDecoder).feed(0, bytes);
    expect(flow.events.at(-1)).toMatchObject({ event: 'malformed', reason });
  });

  it('never make it throw', () => {
    const whole = [
      handshake(CLIENT_HELLO, 0, hello),
      handshake(SERVER_HELLO, 0, chosen),
      ...cut(CERTIFICATE, 1, chain, 200).map((piece) => record(22, piece)),
      Buffer.concat([changeCipherSpec, finished]),
    ];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(300), fc.nat(255)), { maxLength: 6 }),
        fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 }),
        (changes, noise) => {
          const flow = new FedFlow(dtlsDecoder);
          const changed = whole.map((bytes) => Buffer.from(bytes));
          for (const [index, offset, value] of changes) {
            const bytes = changed[index]!;
            bytes[offset % bytes.length] = value;
          }
          for (const [i, bytes] of [
            ...changed,
            ...noise.map((each) => Buffer.from(each)),
          ].entries()) {
            flow.recognise(0, bytes);
            if (bytes.length > 0) flow.feed(i & 1 ? 1 : 0, bytes);
          }
          flow.close();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('recognition', () => {
  const recognise = (bytes: Buffer): string => new FedFlow(dtlsDecoder).recognise(0, bytes);

  test('of hellos, of fragments, and of data in the middle', () => {
    expect(recognise(handshake(CLIENT_HELLO, 0, hello))).toBe('yes');
    expect(recognise(record(22, fragment(CLIENT_HELLO, 0, hello, 20, 30)))).toBe('yes');
    expect(recognise(record(23, Buffer.alloc(40), 1))).toBe('yes');
    expect(recognise(record(21, Buffer.from([2, 40])))).toBe('yes');
  });

  test.each([
    [
      'DNS',
      '\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01',
    ],
    ['CoAP', '\x40\x01\x12\x34\xb5hello'],
    ['NTP', `\x23${'\0'.repeat(47)}`],
    ['QUIC', `\xc3\x00\x00\x00\x01\x08${'\x11'.repeat(60)}`],
    ['STUN', `\x00\x01\x00\x00\x21\x12\xa4\x42${'\x22'.repeat(12)}`],
    ['SSDP', 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n'],
    ['SIP', 'OPTIONS sip:a@example SIP/2.0\r\n\r\n'],
    ['DHCP', `\x01\x01\x06\x00${'\x33'.repeat(240)}`],
    [
      'a record that ends before its datagram',
      '\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x01\x00\x02abX',
    ],
  ])('never of %s', (_name, text) => {
    expect(recognise(Buffer.from(text, 'latin1'))).toBe('no');
  });
});

function cut(type: number, turn: number, body: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at === 0 || at < body.length; at += size)
    pieces.push(fragment(type, turn, body, at, Math.min(size, body.length - at)));
  return pieces;
}
