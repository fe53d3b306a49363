import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { ikeObserver } from '../observe/ike.ts';
import { ikeDecoder } from './ike.ts';
import { Feed, packet, testFlow } from './testing.ts';

const flow = { carrier: 'udp', serverPort: 500 } as const;

const be = (value: number, bytes: number): Buffer => {
  const out = Buffer.alloc(bytes);
  out.writeUIntBE(value, 0, bytes);
  return out;
};
interface Header {
  readonly version?: number;
  readonly exchange?: number;
  readonly flags?: number;
  readonly responder?: number;
}
/** A message of payloads, each [type, content]. */
function message(
  { version = 2, exchange = 34, flags = 8, responder = 0 }: Header,
  ...payloads: [number, Buffer][]
): Buffer {
  const chain = payloads.map(([, content], i) =>
    Buffer.concat([
      Buffer.from([payloads[i + 1]?.[0] ?? 0, 0]),
      be(content.length + 4, 2),
      content,
    ]),
  );
  const body = Buffer.concat(chain);
  const head = Buffer.alloc(28);
  head.write('initspi1', 0, 'latin1');
  head.writeUInt32BE(responder, 12);
  head.set([payloads[0]?.[0] ?? 0, version << 4, exchange, flags], 16);
  head.writeUInt32BE(28 + body.length, 24);
  return Buffer.concat([head, body]);
}
const part = (more: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([more, 0]), be(content.length + 4, 2), content]);
const transform2 = (type: number, id: number, bits = 0): Buffer =>
  Buffer.concat([
    Buffer.from([type, 0]),
    be(id, 2),
    ...(bits > 0 ? [be(0x800e, 2), be(bits, 2)] : []),
  ]);
function association2(...transforms: Buffer[]): Buffer {
  const list = transforms.map((each, i) => part(i < transforms.length - 1 ? 3 : 0, each));
  return part(0, Buffer.concat([Buffer.from([1, 1, 0, list.length]), ...list]));
}
const STRONG = association2(
  transform2(1, 20, 256),
  transform2(2, 5),
  transform2(4, 31),
  transform2(5, 0),
);
const WEAK = association2(transform2(1, 3), transform2(2, 2), transform2(3, 2), transform2(4, 2));
const group = (id: number): Buffer => Buffer.concat([be(id, 2), Buffer.alloc(34)]);
const notify = (type: number): Buffer => Buffer.concat([Buffer.from([0, 0]), be(type, 2)]);

const attribute = (type: number, value: number): Buffer =>
  Buffer.concat([be(0x8000 | type, 2), be(value, 2)]);
function association1(...transforms: Buffer[][]): Buffer {
  const list = transforms.map((attributes, i) =>
    part(
      i < transforms.length - 1 ? 3 : 0,
      Buffer.concat([Buffer.from([i + 1, 1, 0, 0]), ...attributes]),
    ),
  );
  const proposal = part(0, Buffer.concat([Buffer.from([1, 1, 0, list.length]), ...list]));
  return Buffer.concat([be(1, 4), be(1, 4), proposal]);
}
const TRIPLE_DES = [attribute(1, 5), attribute(2, 2), attribute(3, 1), attribute(4, 2)];
const AES = [
  attribute(1, 7),
  attribute(14, 128),
  attribute(2, 4),
  attribute(3, 1),
  attribute(4, 14),
];

const read = (bytes: Buffer, direction: 0 | 1 = 0) =>
  new Feed(ikeDecoder, flow).data(bytes, direction).printed;
const recognise = (bytes: Uint8Array, serverPort: number) =>
  ikeDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ ...flow, serverPort }));

describe('recognition', () => {
  const init = message({}, [33, STRONG], [34, group(31)], [40, Buffer.alloc(32)]);

  it('knows both versions on any port, with and without the marker', () => {
    for (const port of [500, 4500, 9_999]) {
      expect(recognise(init, port)).toBe('yes');
      expect(
        recognise(message({ version: 1, exchange: 2, flags: 0 }, [1, association1(AES)]), port),
      ).toBe('yes');
      expect(recognise(Buffer.concat([Buffer.alloc(4), init]), port)).toBe('yes');
    }
  });

  it('leaves ESP, keep-alives and wrong lengths alone', () => {
    expect(recognise(Buffer.concat([be(0xc0ffee, 4), Buffer.alloc(60, 0x5a)]), 4500)).toBe('no');
    expect(recognise(Buffer.from([0xff]), 4500)).toBe('no');
    expect(recognise(init.subarray(0, -1), 9_999)).toBe('no');
    expect(recognise(init.subarray(0, -1), 500)).toBe('yes');
    for (const header of [{ version: 3 }, { exchange: 99 }, { flags: 0xff }])
      expect(recognise(message(header, [33, STRONG]), 500)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (name) => {
    expect(recognise(OTHERS[name] as Buffer, 500)).toBe('no');
  });
});

describe('version 2', () => {
  it('offers algorithms, the weak ones named', () => {
    expect(read(message({}, [33, WEAK], [34, group(2)], [40, Buffer.alloc(32)]))).toEqual([
      {
        protocol: 'ike',
        event: 'sa_init',
        version_major: 2,
        version_minor: 0,
        init_spi: Buffer.from('initspi1').toString('hex'),
        resp_spi: '0000000000000000',
        message_id: 0,
        exchange_type: 34,
        role: 'initiator',
        payload: ['SecurityAssociation', 'KeyExchange', 'Nonce', 'NoNextPayload'],
        algorithms: ['ENCR_3DES', 'PRF_HMAC_SHA1', 'AUTH_HMAC_SHA1_96', 'Modp1024'],
        weak_algorithms: ['ENCR_3DES', 'Modp1024'],
        ikev2: { errors: 0 },
      },
    ]);
  });

  it('tells what the responder chose, in later messages too', () => {
    const feed = new Feed(ikeDecoder, flow);
    feed.data(message({ flags: 0x20, responder: 7 }, [33, STRONG]), 1);
    feed.data(message({ exchange: 35, flags: 0x20, responder: 7 }, [46, Buffer.alloc(40)]), 1);
    for (const event of feed.printed)
      expect(event).toMatchObject({
        role: 'responder',
        alg_enc: 'ENCR_AES_GCM_16',
        alg_dh: 'Curve25519',
      });
    expect(feed.printed[0]).toMatchObject({
      algorithms: ['ENCR_AES_GCM_16_256bit', ...['PRF_HMAC_SHA2_256', 'Curve25519', 'NoESN']],
    });
  });

  it('tells errors from status', () => {
    const refusal = message({ flags: 0x20 }, [41, notify(14)], [41, notify(16388)]);
    expect(read(refusal, 1)).toMatchObject([
      { ikev2: { errors: 1, notify: ['NO_PROPOSAL_CHOSEN', 'NAT_DETECTION_SOURCE_IP'] } },
    ]);
  });

  it('ends its chain at what is encrypted', () => {
    const encrypted = message({ exchange: 35 }, [46, Buffer.alloc(60)]);
    encrypted[28] = 35;
    expect(read(encrypted)[0]).toMatchObject({
      event: 'auth',
      payload: ['EncryptedAndAuthenticated', 'IdentInitiator'],
    });
  });
});

describe('version 1', () => {
  it('lists attributes of every transform, also those that come twice', () => {
    const events = read(
      message(
        { version: 1, exchange: 4, flags: 0 },
        [1, association1(TRIPLE_DES, AES)],
        [13, Buffer.from('abcd', 'hex')],
      ),
    );
    expect(events).toMatchObject([
      {
        event: 'aggressive_mode',
        payload: ['SecurityAssociation', 'Proposal', 'Transform', 'VendorID'],
        weak_algorithms: ['EncTripleDesCbc', 'GroupAlternate1024BitModpGroup'],
        ikev1: { doi: 1, encrypted_payloads: false, vendor_ids: ['abcd'] },
      },
    ]);
    const { client } = events[0]!.ikev1 as { client: { proposals: unknown[] } };
    expect(client.proposals.length).toBe(9);
    expect(client.proposals[5]).toEqual({ key: 'sa_key_length', value: 'Unknown', raw: 128 });
  });

  it('hides what follows the keys', () => {
    const encrypted = message({ version: 1, exchange: 2, flags: 1 }, [5, Buffer.alloc(60)]);
    expect(read(encrypted)).toMatchObject([
      { event: 'main_mode', payload: ['Identification'], ikev1: { encrypted_payloads: true } },
    ]);
  });
});

describe('malformed', () => {
  const init = message({}, [33, STRONG], [40, Buffer.alloc(16)]);
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(init);
    copy[at] = value;
    return copy;
  };
  it.each([
    ['wrong length', changed(27, 60)],
    ['payload cut off', changed(31, 2)],
    ['proposal cut off', changed(38, 200)],
    ['part cut off', changed(35, 200)],
    ['bytes after the payloads', changed(28, 0)],
  ])('%s, and readable all the same', (reason, bytes) => {
    const events = read(bytes);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'malformed', reason, readable: true }),
    );
    expect(events.at(-1)).toMatchObject({ event: 'sa_init' });
  });

  it('is no ESP, and no keep-alive', () => {
    expect(read(Buffer.concat([be(0xc0ffee, 4), Buffer.alloc(60, 0x5a)]))).toEqual([]);
    expect(read(Buffer.from([0xff]))).toEqual([]);
  });
});

describe('what is observed', () => {
  const exchange = (...messages: [Buffer, 0 | 1][]) => {
    const feed = new Feed(ikeDecoder, flow, ikeObserver);
    for (const [i, [bytes, direction]] of messages.entries())
      feed.data(bytes, direction, packet(i + 1));
    return [...feed.close().into.of('ike')];
  };

  it('is an offer and the choice, in both packets', () => {
    const [record] = exchange(
      [message({}, [33, WEAK]), 0],
      [message({ flags: 0x20, responder: 7 }, [33, STRONG]), 1],
    );
    expect(record).toMatchObject({
      version: 2,
      exchange: 'sa_init',
      offered: ['ENCR_3DES', 'PRF_HMAC_SHA1', 'AUTH_HMAC_SHA1_96', 'Modp1024'],
      chosen: { encryption: 'ENCR_AES_GCM_16', keyBits: 256, group: 'Curve25519' },
    });
    expect(record!.packets.map(({ packet: number }) => number)).toEqual([1, 2]);
  });

  it('is a choice of version 1', () => {
    const header = { version: 1, exchange: 2, flags: 0 };
    const choice = message({ ...header, responder: 7 }, [1, association1(TRIPLE_DES)]);
    expect(
      exchange([message(header, [1, association1(AES, TRIPLE_DES)]), 0], [choice, 1]),
    ).toMatchObject([
      {
        version: 1,
        chosen: {
          encryption: 'EncTripleDesCbc',
          group: 'GroupAlternate1024BitModpGroup',
          authentication: 'AuthPreSharedKey',
        },
      },
    ]);
  });

  it('is an offer alone where nobody chose, or all was refused', () => {
    const offer = message({}, [33, WEAK]);
    expect(exchange([offer, 0])).toMatchObject([{ chosen: undefined }]);
    expect(exchange([offer, 0], [message({ flags: 0x20 }, [41, notify(14)]), 1])).toMatchObject([
      { chosen: undefined },
    ]);
  });

  it('waits when the responder first asks for a cookie', () => {
    const offer = message({}, [33, STRONG]);
    const cookie = message({ flags: 0x20 }, [41, notify(16390)]);
    const choice = message({ flags: 0x20, responder: 7 }, [33, STRONG]);
    expect(exchange([offer, 0], [cookie, 1], [offer, 0], [choice, 1])).toMatchObject([
      { chosen: { group: 'Curve25519' }, count: 1 },
    ]);
  });
});

describe('hostile input', () => {
  it('does no harm', () => {
    expectUnharmed({
      decoder: ikeDecoder,
      flow,
      observer: ikeObserver,
      samples: [
        message({}, [33, WEAK], [34, group(2)], [41, notify(14)], [43, Buffer.alloc(8)]),
        message(
          { version: 1, exchange: 2, flags: 0 },
          [1, association1(AES, TRIPLE_DES)],
          [13, Buffer.alloc(8)],
        ),
      ],
    });
  });
});
