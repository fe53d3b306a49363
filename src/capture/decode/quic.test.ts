import { createCipheriv, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { tlsObserver } from '../observe/tls.ts';
import type { QuicEvent } from './quic.ts';
import { quicDecoder } from './quic.ts';
import { Feed, testFlow } from './testing.ts';
import { clientHello, extension, message } from './tls/testing.ts';

const flow = { carrier: 'udp', serverPort: 443 } as const;
type Packets = Record<'client_initial' | 'server_initial' | 'retry', string>;
/** The sample packets of RFC 9001, appendix A, and of RFC 9369, appendix A. */
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../test/vectors/quic/packets.json'), 'utf8'),
) as Record<'rfc9001' | 'rfc9369', Packets>;
const packet = (rfc: 'rfc9001' | 'rfc9369', name: keyof Packets): Buffer =>
  Buffer.from(vectors[rfc][name], 'hex');
const recognise = (bytes: Uint8Array, serverPort = 9_999) =>
  quicDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ carrier: 'udp', serverPort }));
const names = (feed: Feed): string[] => feed.events.map(({ event }) => event);

/** Initial packets as RFC 9001, 5 makes them, apart from the decoder's own code. */
class Sealer {
  readonly #secret: Buffer;
  readonly id: Buffer;
  #number = 0;

  constructor(id: Buffer, salt = '38762cf7f55934b34d179ae6a4c80cadccbb7f0a') {
    this.id = id;
    const key = Buffer.from(salt, 'hex');
    this.#secret = createHmac('sha256', key).update(id).digest();
  }

  initial(side: 'client' | 'server', frames: Buffer, version = 1, size = 1162): Buffer {
    const expand = (key: Buffer, label: string, length: number): Buffer => {
      const name = Buffer.from(`tls13 ${label}`);
      const info = Buffer.concat([
        Buffer.from([0, length, name.length]),
        name,
        Buffer.from([0, 1]),
      ]);
      return createHmac('sha256', key).update(info).digest().subarray(0, length);
    };
    const secret = expand(this.#secret, `${side} in`, 32);
    const number = this.#number++;
    const payload = Buffer.concat([frames, Buffer.alloc(Math.max(0, size - frames.length))]);
    const header = Buffer.alloc(11 + this.id.length);
    header[0] = 0xc0;
    header.writeUInt32BE(version, 1);
    header[5] = this.id.length;
    this.id.copy(header, 6);
    header.writeUInt16BE(0x4000 | (payload.length + 17), 8 + this.id.length);
    header[10 + this.id.length] = number;
    const nonce = Buffer.from(expand(secret, 'quic iv', 12));
    nonce[11]! ^= number;
    const cipher = createCipheriv('aes-128-gcm', expand(secret, 'quic key', 16), nonce);
    cipher.setAAD(header);
    const sealed = Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
    const out = Buffer.concat([header, sealed]);
    const at = header.length - 1;
    const mask = createCipheriv('aes-128-ecb', expand(secret, 'quic hp', 16), null).update(
      out.subarray(at + 4, at + 20),
    );
    out[0]! ^= mask[0]! & 0x0f;
    out[at]! ^= mask[1]!;
    return out;
  }
}

function cryptoFrame(offset: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = 6;
  head.writeUInt16BE(0x4000 | offset, 1);
  head.writeUInt16BE(0x4000 | bytes.length, 3);
  return Buffer.concat([head, bytes]);
}

const hello = message(
  1,
  clientHello({
    ciphers: [0x1301],
    extensions: [
      extension.serverName('lamp.example'),
      extension.alpn('h3'),
      extension.versions(0x0304),
      extension.keyShares(0x11ec),
    ],
  }),
);
const google = (version: string, before: string): Buffer => {
  const values = [Buffer.alloc(20, 0x2d), Buffer.from('cam.example'), Buffer.from('Chrome/70')];
  const tags = ['PAD\0', 'SNI\0', 'UAID'];
  const head = Buffer.alloc(8);
  head.write('CHLO');
  head.writeUInt16LE(tags.length, 4);
  let end = 0;
  const index = tags.map((tag, i) => {
    end += values[i]!.length;
    const entry = Buffer.alloc(8);
    entry.write(tag, 'latin1');
    entry.writeUInt32LE(end, 4);
    return entry;
  });
  const start = Buffer.from(before.replace('VVVV', Buffer.from(version).toString('hex')), 'hex');
  return Buffer.concat([start, head, ...index, ...values]);
};
/** Flags, connection id, version, packet number, hash, frame of stream 1. */
const q043 = google('Q043', `0d${'11'.repeat(8)}VVVV01${'22'.repeat(12)}a0010080`);
const q046 = google('Q046', `c3VVVV50${'11'.repeat(8)}00000001${'22'.repeat(12)}a0010080`);

describe('recognition', () => {
  it('knows long packets of every version, on any port', () => {
    for (const rfc of ['rfc9001', 'rfc9369'] as const)
      for (const name of ['client_initial', 'server_initial', 'retry'] as const)
        expect(recognise(packet(rfc, name)), `${rfc} ${name}`).toBe('yes');
    expect(recognise(q043)).toBe('yes');
    expect(recognise(q046)).toBe('yes');
  });

  it('knows a version negotiation by a version in it', () => {
    const list = (versions: string) =>
      Buffer.from(
        `80000000000811111111111111110822222222222222 22${versions}`.replace(' ', ''),
        'hex',
      );
    expect(recognise(list('00000001ff00001d'))).toBe('yes');
    expect(recognise(list('12345678'))).toBe('no');
  });

  it.each(Object.keys(OTHERS).filter((name) => name !== 'quic'))('leaves %s alone', (name) => {
    expect(recognise(OTHERS[name]!, 443)).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(quicDecoder, { carrier: 'udp' })).toBe(0);
  });
});

describe('RFC 9001, appendix A, and RFC 9369, appendix A', () => {
  it.each([
    ['rfc9001', '1'],
    ['rfc9369', '6b3343cf'],
  ] as const)('%s: opens client and server', (rfc, version) => {
    const feed = new Feed(quicDecoder, flow)
      .data(packet(rfc, 'client_initial'), 0)
      .data(packet(rfc, 'server_initial'), 1);
    expect(feed.printed).toMatchObject([
      { event: 'initial', version, dcid: '8394c8f03e515708', scid: '', packet_number: 2 },
      { event: 'client_hello', server_name: 'example.com', alpn: ['alpn'] },
      { event: 'transport_parameters', max_idle_timeout_ms: 30_000 },
      { event: 'initial', version, dcid: '', scid: 'f067a5502a4262b5', packet_number: 1 },
      { event: 'server_hello', version: 'TLS 1.3', cipher: 0x1301, group: 29 },
    ]);
    expect(feed.events[1]).toMatchObject({ ja4: expect.stringMatching(/^q13d0211an_/) });
  });

  it('names a retry, and follows the connection id it gives', () => {
    const feed = new Feed(quicDecoder, flow)
      .data(packet('rfc9001', 'client_initial'), 0)
      .data(packet('rfc9001', 'retry'), 1)
      .data(
        new Sealer(Buffer.from('f067a5502a4262b5', 'hex')).initial('client', cryptoFrame(0, hello)),
        0,
      );
    expect(feed.printed).toMatchObject([
      ...[{}, {}, {}],
      { event: 'retry', scid: 'f067a5502a4262b5', token_length: 5 },
      { event: 'initial', packet_number: 0 },
      { event: 'client_hello', server_name: 'lamp.example' },
    ]);
  });
});

describe('hellos', () => {
  const id = Buffer.from('0102030405060708', 'hex');

  it('puts one together from frames in any order, over several packets', () => {
    const sealer = new Sealer(id);
    const part = (from: number, to: number) => cryptoFrame(from, hello.subarray(from, to));
    const feed = new Feed(quicDecoder, flow)
      .data(sealer.initial('client', Buffer.concat([part(60, 100), part(0, 20)])), 0)
      .data(sealer.initial('client', part(90, hello.length)), 0)
      .data(sealer.initial('client', part(10, 70)), 0);
    expect(names(feed)).toEqual(['initial', 'initial', 'initial', 'client_hello']);
    expect(feed.events[3]).toMatchObject({ key_shares: [0x11ec] });
  });

  it('finds the client though the capture shows it as the server', () => {
    const feed = new Feed(quicDecoder, flow).data(
      new Sealer(id).initial('client', cryptoFrame(0, hello)),
      1,
    );
    expect(names(feed)).toEqual(['initial', 'client_hello']);
  });

  it('tells a closing with a TLS alert', () => {
    const sealer = new Sealer(id);
    const close = Buffer.from('1c412a0604676f6e65', 'hex');
    const feed = new Feed(quicDecoder, flow)
      .data(sealer.initial('client', cryptoFrame(0, hello)), 0)
      .data(sealer.initial('server', close), 1);
    expect(feed.printed.slice(3)).toMatchObject([
      { event: 'connection_close', error_code: 0x12a, reason: 'gone' },
      { event: 'alert', level: 'fatal', description: 'bad_certificate' },
    ]);
  });

  it('says when the packet cannot be opened', () => {
    const feed = new Feed(quicDecoder, flow).data(packet('rfc9001', 'server_initial'), 1);
    expect(feed.printed).toEqual([
      {
        ...{ protocol: 'quic', event: 'initial', version: '1', token_length: 0 },
        ...{ dcid: '', scid: 'f067a5502a4262b5' },
      },
    ]);
  });

  it('opens drafts by their own salts', () => {
    const sealer = new Sealer(id, 'afbfec289993d24c9e9786f19c6111e04390a899');
    const feed = new Feed(quicDecoder, flow).data(
      sealer.initial('client', cryptoFrame(0, hello), 0xff00001d),
      0,
    );
    expect(feed.printed).toMatchObject([
      { version: 'ff00001d', packet_number: 0 },
      { event: 'client_hello' },
    ]);
  });

  it('reports a frame that is not allowed there', () => {
    const feed = new Feed(quicDecoder, flow).data(
      new Sealer(id).initial('client', Buffer.from([0x10, 1])),
      0,
    );
    expect(feed.printed[1]).toMatchObject({ event: 'malformed', readable: true });
  });
});

describe('what follows', () => {
  it('is established when the client goes on, and then nothing more is read', () => {
    const short = Buffer.alloc(60, 0x51);
    const feed = new Feed(quicDecoder, flow, tlsObserver)
      .data(packet('rfc9001', 'client_initial'), 0)
      .data(packet('rfc9001', 'server_initial'), 1);
    for (const direction of [1, 0, 0, 1] as const) feed.data(short, direction);
    expect(names(feed).slice(5)).toEqual(['established', 'application_data', 'application_data']);
    expect(feed.parser.done).toBe(true);
    feed.close();
    expect([...feed.into.of('tls')]).toMatchObject([
      {
        dtls: false,
        carrier: 'udp',
        established: true,
        clientHello: { serverName: 'example.com' },
        serverHello: { version: 0x0304, group: 29 },
      },
    ]);
  });

  it('names the first packets of 0-RTT and of the handshake', () => {
    const long = (first: number) =>
      Buffer.concat([
        Buffer.from([first, 0, 0, 0, 1, 2, 7, 7, 0, 0x40, 0x20]),
        Buffer.alloc(32, 9),
      ]);
    const feed = new Feed(quicDecoder, flow).data(
      Buffer.concat([long(0xd0), long(0xd0), long(0xe0)]),
      0,
    );
    expect(names(feed)).toEqual(['zero_rtt', 'handshake']);
  });
});

describe('Google QUIC', () => {
  it.each([
    ['Q043', q043],
    ['Q046', q046],
  ])('reads the client hello of %s', (version, bytes) => {
    const feed = new Feed(quicDecoder, flow).data(bytes, 0);
    expect(feed.printed).toMatchObject([
      {
        ...{ event: 'chlo', version, sni: 'cam.example', ua: 'Chrome/70' },
        ...{ tags: ['PAD', 'SNI', 'UAID'], cyu_string: `${version.slice(2)},PAD-SNI-UAID` },
      },
    ]);
  });

  it('seals Q050 with a salt of its own', () => {
    const sealer = new Sealer(
      Buffer.from('0102030405060708', 'hex'),
      '504574efd066fe2f9d945cfcdbd3a7f0d3b56b45',
    );
    const feed = new Feed(quicDecoder, flow).data(
      sealer.initial('client', google('Q050', '0800'), 0x51303530),
      0,
    );
    expect(feed.printed[1]).toMatchObject({ event: 'chlo', version: 'Q050', sni: 'cam.example' });
  });
});

it('survives anything', () => {
  const samples = [q043, q046, packet('rfc9001', 'retry'), packet('rfc9001', 'server_initial')];
  expectUnharmed({ decoder: quicDecoder, flow, observer: tlsObserver, samples, runs: 800 });
  // What is inside an Initial packet is hostile too.
  const id = Buffer.alloc(8, 7);
  for (let seed = 0; seed < 400; seed++) {
    const frames = cryptoFrame(seed % 50, hello);
    for (let i = 0; i < 6; i++)
      frames[(seed * 31 + i * 17) % frames.length] = (seed * 7 + i) & 0xff;
    const feed = new Feed(quicDecoder, flow, tlsObserver);
    feed.data(new Sealer(id).initial('client', frames, 1, 60), 0).close();
    for (const event of feed.events as QuicEvent[]) expect(event.protocol).toBe('quic');
  }
});
