import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, TLSSocket, type TLSSocketOptions } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Direction } from '../decoder.ts';
import { certificate, key } from './tls/fixtures/identity.ts';
import {
  clientHello,
  extension,
  FedFlow,
  message,
  record,
  serverHello,
  vector24,
} from './tls/testing.ts';
import { tlsDecoder } from './tls.ts';

type Said = readonly [Direction, Buffer];

/**
 * A conversation of OpenSSL with itself, as it would lie on the wire. The client sends `GET` and the server answers,
 * unless the client refuses the certificate.
 */
async function converse(
  serverOptions: TLSSocketOptions,
  clientOptions: ConnectionOptions,
  silent = false,
): Promise<{ said: Said[]; session: Buffer | undefined }> {
  const said: Said[] = [];
  const [clientEnd, serverEnd] = pair(said);
  const server = new TLSSocket(serverEnd, {
    isServer: true,
    key,
    cert: certificate,
    ...serverOptions,
  });
  const client = connect({ socket: clientEnd, rejectUnauthorized: false, ...clientOptions });
  let session: Buffer | undefined;
  client.on('session', (ticket) => {
    session = ticket;
  });
  server.on('error', () => {});
  server.on('data', () => server.write('answer '.repeat(10)));
  await new Promise<void>((resolve) => {
    const close = (): void => {
      client.end();
      setTimeout(resolve, 10);
    };
    client.on('error', () => setTimeout(resolve, 10));
    client.on('data', close);
    client.on('secureConnect', () => {
      if (silent) setTimeout(close, 10);
      else client.write('GET / HTTP/1.1\r\n\r\n');
    });
  });
  client.destroy();
  server.destroy();
  return { said, session };
}

function pair(said: Said[]): [Duplex, Duplex] {
  const ends: Duplex[] = ([0, 1] as const).map(
    (direction) =>
      new Duplex({
        read() {},
        write(chunk: Buffer, _encoding, done) {
          said.push([direction, Buffer.from(chunk)]);
          setImmediate(() => ends[1 - direction]!.push(chunk));
          done();
        },
        final(done) {
          setImmediate(() => ends[1 - direction]!.push(null));
          done();
        },
      }),
  );
  return ends as [Duplex, Duplex];
}

function replay(said: readonly Said[]): FedFlow {
  const flow = new FedFlow(tlsDecoder);
  for (const [direction, bytes] of said) flow.feed(direction, bytes);
  return flow;
}

const tls12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

describe('real handshakes', () => {
  it('TLS 1.3: hellos, then encryption, then data both ways', async () => {
    const { said } = await converse(
      { ALPNProtocols: ['http/1.1'] },
      { servername: 'device.example', ALPNProtocols: ['http/1.1'] },
    );
    const flow = replay(said);
    expect(flow.events).toMatchObject([
      {
        event: 'client_hello',
        version: 'TLS 1.3',
        versions: ['TLS 1.3', 'TLS 1.2'],
        server_name: 'device.example',
        alpn: ['http/1.1'],
      },
      { event: 'server_hello', version: 'TLS 1.3', legacy_version: 'TLS 1.2', psk: undefined },
      { event: 'established', session_resumed: false },
      { event: 'application_data' },
      { event: 'application_data' },
    ]);
    expect(flow.done).toBe(true);
    const [handshake] = flow.close();
    expect(handshake).toMatchObject({ established: true, resumed: false, certificates: [] });
    // The request in one record: 5 of header, 18 of text, 1 of type, 16 of tag; and a close_notify.
    expect(handshake!.applicationBytes[0]).toBe(40 + 24);
  });

  it('TLS 1.2: the certificate is seen', async () => {
    const { said } = await converse({}, { ...tls12, servername: 'device.example' });
    const flow = replay(said);
    expect(flow.names).toEqual([
      ...['client_hello', 'server_hello', 'certificate', 'server_key_exchange'],
      ...['server_hello_done', 'client_key_exchange', 'change_cipher_spec', 'new_session_ticket'],
      ...['change_cipher_spec', 'established', 'application_data', 'application_data'],
    ]);
    expect(flow.events[2]).toMatchObject({
      subject: 'C=US, O=Example, Inc., CN=device.example',
      serial: '5D:7B:BB:E1:FF:8F:A1:26:74:DC:2B:BA:6D:9D:CB:25:51:F8:83:E2',
      notafter: '2126-10-31T23:35:23',
      chain: [{ key_type: 'ec', key_bits: 256, self_signed: true }],
    });
    const [handshake] = flow.close();
    expect(handshake).toMatchObject({
      established: true,
      serverHello: { version: 0x0303 },
      certificates: [
        {
          names: ['device.example', '*.device.example', '192.0.2.7', '2001:db8::7'],
          signature: 'ecdsa-with-SHA256',
        },
      ],
    });
  });

  it.each([
    ['TLS 1.2', tls12],
    ['TLS 1.3', {}],
  ])('%s: a resumption is told from a full handshake', async (_name, options) => {
    const first = await converse({ ticketKeys: Buffer.alloc(48, 7) }, options);
    expect(replay(first.said).close()).toMatchObject([{ resumed: false }]);
    const { said } = await converse(
      { ticketKeys: Buffer.alloc(48, 7) },
      { ...options, session: first.session! },
    );
    expect(replay(said).close()).toMatchObject([
      { resumed: true, established: true, certificates: [] },
    ]);
  });

  it.each([
    ['TLS 1.2', tls12],
    ['TLS 1.3', {}],
  ])('%s: a client that refuses the certificate sends no data', async (_name, options) => {
    const { said } = await converse({}, { ...options, rejectUnauthorized: true });
    // node:tls checks after the handshake, so that is completed, but nothing follows.
    const [handshake] = replay(said).close();
    expect(handshake!.applicationBytes[0]).toBe(0);
  });

  it.each([
    ['TLS 1.2', tls12],
    ['TLS 1.3', {}],
  ])('%s: silence after the handshake is no data', async (_name, options) => {
    const { said } = await converse({}, options, true);
    expect(replay(said).close()).toMatchObject([{ established: true, applicationBytes: [0, 0] }]);
  });

  it('TLS 1.2 with a client certificate', async () => {
    const { said } = await converse(
      { requestCert: true, rejectUnauthorized: false },
      { ...tls12, key, cert: certificate },
    );
    expect(replay(said).close()).toMatchObject([
      {
        clientCertificateRequested: true,
        clientCertificates: [{ subject: 'C=US, O=Example, Inc., CN=device.example' }],
        established: true,
      },
    ]);
  });

  it('TLS 1.3 with a client certificate, whose records are no data', async () => {
    const { said } = await converse(
      { requestCert: true, rejectUnauthorized: false },
      { key, cert: certificate },
      true,
    );
    expect(replay(said).close()).toMatchObject([{ established: true, applicationBytes: [0, 0] }]);
  });

  it('TLS 1.2 with a pre-shared key names it', async () => {
    const psk = Buffer.alloc(16, 3);
    const { said } = await converse(
      { ciphers: 'PSK', pskCallback: () => psk, pskIdentityHint: 'fleet' } as TLSSocketOptions,
      {
        ...tls12,
        ciphers: 'PSK',
        checkServerIdentity: () => undefined,
        pskCallback: () => ({ psk, identity: 'sensor-17' }),
      },
    );
    const flow = replay(said);
    expect(flow.events).toContainEqual(
      expect.objectContaining({ event: 'server_key_exchange', psk_identity_hint: 'fleet' }),
    );
    expect(flow.close()).toMatchObject([{ pskIdentity: 'sensor-17', established: true }]);
  });

  it('TLS 1.3 after a HelloRetryRequest', async () => {
    const { said } = await converse({ ecdhCurve: 'P-521' }, { ecdhCurve: 'X25519:P-521' });
    const flow = replay(said);
    expect(flow.names.slice(0, 5)).toEqual([
      ...['client_hello', 'hello_retry_request', 'client_hello', 'server_hello', 'established'],
    ]);
    expect(flow.close()).toMatchObject([{ established: true, serverHello: { group: 25 } }]);
  });

  it('a failed negotiation is an alert', async () => {
    const { said } = await converse({ minVersion: 'TLSv1.3' }, tls12);
    const flow = replay(said);
    expect(flow.events.at(-1)).toMatchObject({ level: 'fatal', description: 'protocol_version' });
    expect(flow.close()).toMatchObject([{ alerts: [70], established: false }]);
  });

  it('gives the same events however the bytes are cut', async () => {
    for (const options of [tls12, {}]) {
      const { said } = await converse({}, options);
      const whole = replay(said).events.map(withoutAmounts);
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (sizes) => {
          const cut: Said[] = [];
          let turn = 0;
          for (const [direction, bytes] of said)
            for (let at = 0; at < bytes.length; ) {
              const size = sizes[turn++ % sizes.length]!;
              cut.push([direction, bytes.subarray(at, at + size)]);
              at += size;
            }
          expect(replay(cut).events.map(withoutAmounts)).toEqual(whole);
        }),
        { numRuns: 30 },
      );
    }
  });

  it('survives every change of a byte', async () => {
    const { said } = await converse({}, tls12);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(said.length - 1), fc.nat(4000), fc.nat(255)), { maxLength: 5 }),
        (changes) => {
          const changed = said.map(([direction, bytes]): Said => [direction, Buffer.from(bytes)]);
          for (const [index, offset, value] of changes) {
            const bytes = changed[index]![1];
            bytes[offset % bytes.length] = value;
          }
          replay(changed).close();
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** How much of a record is in hand depends on how the bytes are cut; all else does not. */
function withoutAmounts(event: object): object {
  return { ...event, bytes: 0 };
}

const hello = message(1, clientHello({ extensions: [extension.serverName('a.example')] }));
const CERTIFICATE = 11;

describe('the record layer', () => {
  test('a message in many records, and many messages in one', () => {
    const flight = Buffer.concat([
      message(2, serverHello(0xc02f)),
      message(CERTIFICATE, vector24(Buffer.alloc(0))),
      message(14, Buffer.alloc(0)),
    ]);
    for (let size = 1; size <= flight.length; size++) {
      const flow = new FedFlow(tlsDecoder).feed(0, record(22, hello, 0x0301));
      for (let at = 0; at < flight.length; at += size)
        flow.feed(1, record(22, flight.subarray(at, at + size)));
      expect(flow.names, `records of ${size}`).toEqual([
        ...['client_hello', 'server_hello', 'certificate', 'server_hello_done'],
      ]);
    }
  });

  test('another record inside a message breaks it off', () => {
    const flow = new FedFlow(tlsDecoder)
      .feed(0, record(22, hello.subarray(0, 20)))
      .feed(0, record(21, Buffer.from([2, 40])));
    expect(flow.events).toMatchObject([
      { event: 'malformed', reason: 'handshake message broken off' },
      { event: 'alert', description: 'handshake_failure' },
    ]);
  });

  test('a message that is too long is skipped, and the next one read', () => {
    const length = 100_000;
    const long = Buffer.concat([Buffer.from([CERTIFICATE, 1, 0x86, 0xa0]), Buffer.alloc(length)]);
    const flow = new FedFlow(tlsDecoder).feed(1, record(22, message(2, serverHello(0xc02f))));
    for (let at = 0; at < long.length; at += 10_000)
      flow.feed(1, record(22, long.subarray(at, at + 10_000)));
    flow.feed(1, record(22, message(14, Buffer.alloc(0))));
    expect(flow.names).toEqual(['server_hello', 'malformed', 'server_hello_done']);
  });

  test('a message of 16 KiB in records of 512 bytes', () => {
    const long = message(CERTIFICATE, vector24(vector24(Buffer.alloc(16_000, 0x30))));
    const flow = new FedFlow(tlsDecoder).feed(1, record(22, message(2, serverHello(0xc02f))));
    for (let at = 0; at < long.length; at += 512)
      flow.feed(1, record(22, long.subarray(at, at + 512)));
    expect(flow.events.slice(1)).toMatchObject([
      { event: 'malformed', reason: 'unreadable certificate' },
      { event: 'certificate', chain_length: 1, chain: [] },
    ]);
  });

  test('what is no record ends the reading of its direction only', () => {
    const flow = new FedFlow(tlsDecoder)
      .feed(0, record(22, hello))
      .feed(1, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
      .feed(1, Buffer.from('more of it'))
      .feed(0, record(21, Buffer.from([2, 10])));
    expect(flow.names).toEqual(['client_hello', 'malformed', 'alert']);
  });

  test('behind a gap the next record is found', () => {
    const flow = new FedFlow(tlsDecoder).feed(0, record(22, hello));
    flow.feed(1, record(22, message(2, serverHello(0xc02f)))).gap(1, 1460);
    flow.feed(1, Buffer.concat([Buffer.alloc(50, 0x16), record(22, message(14, Buffer.alloc(0)))]));
    expect(flow.names).toEqual(['client_hello', 'server_hello', 'server_hello_done']);
  });

  test('a gap that hides the certificate makes no resumption', () => {
    const flow = new FedFlow(tlsDecoder).feed(0, record(22, hello));
    flow.feed(1, record(22, message(2, serverHello(0xc02f)))).gap(1, 1460);
    const finished = Buffer.concat([record(20, Buffer.from([1])), record(22, Buffer.alloc(40, 9))]);
    flow.feed(0, finished).feed(1, finished);
    expect(flow.close()).toMatchObject([{ established: true, resumed: false }]);
  });

  test('a capture that began late shows what the server chose', () => {
    const server = record(22, message(2, serverHello(0xc02f)));
    const flow = new FedFlow(tlsDecoder);
    expect(flow.recognise(1, server)).toBe('yes');
    expect(flow.feed(1, server).close()).toMatchObject([
      { clientHello: undefined, serverHello: { cipher: 0xc02f } },
    ]);
  });
});

describe('recognition', () => {
  const flow = new FedFlow(tlsDecoder);
  const recognise = (bytes: Buffer): string => flow.recognise(0, bytes);

  test('of a hello from its first eleven bytes', () => {
    const bytes = record(22, hello, 0x0301);
    expect(recognise(bytes.subarray(0, 5))).toBe('more');
    expect(recognise(bytes.subarray(0, 10))).toBe('more');
    expect(recognise(bytes.subarray(0, 11))).toBe('yes');
    expect(recognise(bytes)).toBe('yes');
  });

  test('of an SSL 2 hello by its lengths', () => {
    const ssl2 = Buffer.concat([
      Buffer.from([0x80, 9 + 6 + 16, 1, 3, 1, 0, 6, 0, 0, 0, 16, 0, 0, 4, 1, 0, 0x80]),
      Buffer.alloc(16),
    ]);
    expect(recognise(ssl2.subarray(0, 6))).toBe('more');
    expect(recognise(ssl2)).toBe('yes');
    expect(new FedFlow(tlsDecoder).feed(0, ssl2).events).toMatchObject([
      { event: 'client_hello', version: 'TLSv1', ciphers: [4, 0x010080], ja4: undefined },
    ]);
    ssl2[1]!++;
    expect(recognise(ssl2)).toBe('no');
  });

  test.each([
    ['HTTP', 'GET / HTTP/1.1\r\n'],
    ['SSH', 'SSH-2.0-dropbear\r\n'],
    ['MQTT', '\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04abcd'],
    ['FTP', '220 ready\r\n'],
    ['Telnet', '\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18'],
    ['SIP', 'REGISTER sip:example SIP/2.0\r\n'],
    [
      'DNS over TCP',
      '\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01',
    ],
    ['Modbus', '\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a'],
    ['a record of version 4', '\x16\x04\x01\x00\x50\x01\x00\x00\x4c\x03\x03'],
    ['a handshake that begins with no hello', '\x16\x03\x01\x00\x50\x07\x00\x00\x4c\x03\x03'],
  ])('never of %s', (_name, text) => {
    expect(recognise(Buffer.from(text, 'latin1'))).toBe('no');
  });

  test('never throws on noise, and parsing what was recognised never does', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 200 }))), (parts) => {
        const fed = new FedFlow(tlsDecoder);
        for (const [toServer, bytes] of parts) {
          const buffer = Buffer.concat([
            Buffer.from([0x16, 3, 1, 0, bytes.length & 0x7f]),
            Buffer.from(bytes),
          ]);
          fed.recognise(toServer ? 0 : 1, Buffer.from(bytes));
          fed.feed(toServer ? 0 : 1, buffer);
        }
        fed.close();
      }),
      { numRuns: 300 },
    );
  });
});
