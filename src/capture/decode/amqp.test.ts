import { describe, expect, it } from 'vitest';
import { bytesOf, conversations } from '../../../test/support/peers.ts';
import { Observations } from '../observations.ts';
import { amqpObserver } from '../observe/amqp.ts';
import { amqpDecoder } from './amqp.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const header091 = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1');
const header10 = (id: number) => Buffer.from([0x41, 0x4d, 0x51, 0x50, id, 1, 0, 0]);
const frame091 = (type: number, payload: Buffer, channel = 0): Buffer => {
  const head = Buffer.alloc(7);
  head[0] = type;
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
};
const method = (kind: number, number: number, ...parts: Buffer[]): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(kind, 0);
  head.writeUInt16BE(number, 2);
  return frame091(1, Buffer.concat([head, ...parts]));
};
const short = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const long = (bytes: Buffer | string) => {
  const body = Buffer.from(bytes as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
};
const field = (name: string, value: string) =>
  Buffer.concat([short(name), Buffer.from('S'), long(value)]);
const startOk = (mechanism: string, response: Buffer | string) =>
  method(10, 11, long(''), short(mechanism), long(response), short('en_US'));
const frame10 = (type: number, body: string): Buffer => {
  const bytes = bytesOf(body);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + bytes.length);
  head[4] = 2;
  head[5] = type;
  return Buffer.concat([head, bytes]);
};
const recognise = (bytes: Uint8Array, flow = {}) =>
  amqpDecoder.recognise(bytes, 0, bytes.length, 0, testFlow(flow));
const midstream = { openingSeen: false };

describe('recognition', () => {
  it('knows the protocol headers of all versions', () => {
    for (const header of [
      header091,
      header10(0),
      header10(2),
      header10(3),
      bytesOf('414d515001010008'),
      bytesOf('414d51500101000a'),
    ])
      expect(recognise(header)).toBe('yes');
    for (let length = 0; length < 8; length++)
      expect(recognise(header091.subarray(0, length))).toBe('more');
    expect(recognise(bytesOf('414d515007070707'))).toBe('no');
    expect(recognise(Buffer.from('AMQP is a protocol'))).toBe('no');
  });

  it('takes up a running connection with a whole method or performative', () => {
    const ack = method(60, 80, Buffer.alloc(9));
    expect(recognise(ack, midstream)).toBe('yes');
    expect(recognise(ack)).toBe('no');
    expect(recognise(ack.subarray(0, -1), midstream)).toBe('no');
    expect(recognise(frame10(0, '00 53 18 45'), midstream)).toBe('yes');
    expect(recognise(frame10(0, '00 53 99 45'), midstream)).toBe('no');
  });

  it('is not taken in by noise', () => {
    expect(claimsOfNoise(amqpDecoder, midstream)).toBe(0);
  });
});

describe('0-9-1', () => {
  it('seals what PLAIN and AMQPLAIN give away, and knows that others do not', () => {
    const amqplain = Buffer.concat([field('LOGIN', 'pump'), field('PASSWORD', 'impeller')]);
    for (const [mechanism, response] of [
      ['PLAIN', '\0pump\0impeller'],
      ['AMQPLAIN', amqplain],
    ] as const) {
      const feed = new Feed(amqpDecoder).data(header091, 0).data(startOk(mechanism, response), 0);
      expect(feed.printed[1]).toMatchObject({
        event: 'connection_start_ok',
        mechanism,
        username: 'pump',
        password: feed.secrets.seal('impeller').hash,
      });
      expect(JSON.stringify(feed.events)).not.toContain('impeller');
    }
    const external = new Feed(amqpDecoder).data(header091, 0).data(startOk('EXTERNAL', 'pump'), 0);
    expect(external.printed[1]).not.toHaveProperty('password');
  });

  it('steps over the contents of messages, however long', () => {
    const feed = new Feed(amqpDecoder).data(header091, 0);
    feed.data(
      method(60, 40, Buffer.alloc(2), short('plant'), short('press.4'), Buffer.alloc(1)),
      0,
    );
    feed.data(frame091(2, Buffer.alloc(20)), 0).data(frame091(3, Buffer.alloc(200_000, 0xce)), 0);
    feed.data(frame091(8, Buffer.alloc(0)), 0);
    feed.data(method(10, 50, Buffer.from([1, 64]), short('done'), Buffer.alloc(4)), 0);
    expect(feed.printed.slice(1)).toMatchObject([
      { event: 'basic_publish', exchange: 'plant', routing_key: 'press.4' },
      { event: 'connection_close', reply_code: 320, reply_text: 'done' },
    ]);
  });

  it.each([
    ['an unknown type', Buffer.from([7, 0, 0, 0, 0, 0, 1, 0, 0xce]), 'unknown type of frame'],
    ['a missing mark', frame091(8, Buffer.alloc(1)).fill(0, 8), 'frame without its end'],
    ['an unknown method', method(10, 99), 'unknown method'],
    ['a cut method', method(10, 40, Buffer.from([9, 47])), 'message too short'],
  ])('reports %s', (_, bytes, reason) => {
    const feed = new Feed(amqpDecoder).data(header091, 0).data(bytes, 0);
    expect(feed.printed).toContainEqual(expect.objectContaining({ event: 'malformed', reason }));
  });
});

describe('1.0', () => {
  it('reads SASL and performatives', () => {
    const feed = new Feed(amqpDecoder).data(header10(3), 0);
    feed.data(frame10(1, '00 53 40 c0 15 01 e0 12 02 a3 05 504c41494e 09 414e4f4e594d4f5553'), 1);
    feed.data(
      frame10(1, '00 53 41 c0 17 02 a3 05 504c41494e a0 0e 00 70756d70 00 696d70656c6c6572'),
      0,
    );
    feed.data(frame10(1, '00 53 44 c0 03 01 50 01'), 1);
    feed.data(header10(0), 0);
    feed.data(frame10(0, '00 80 0000000000000010 d0 0000000d 00000002 a1 06 70756d702d33 40'), 0);
    feed.data(Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]), 0);
    feed.data(
      frame10(0, '00 53 18 c0 18 01 00 53 1d c0 12 01 a3 0f 616d71703a6e6f742d666f756e6421'),
      1,
    );
    expect(feed.printed.slice(1)).toMatchObject([
      { event: 'sasl_mechanisms', mechanisms: ['PLAIN', 'ANONYMOUS'] },
      { event: 'sasl_init', mechanism: 'PLAIN', username: 'pump' },
      { event: 'sasl_outcome', code: 1 },
      { event: 'protocol_header', layer: 'amqp' },
      { event: 'open', container_id: 'pump-3' },
      { event: 'close', error: 'amqp:not-found!' },
    ]);
    expect(feed.printed[2]).toMatchObject({ password: feed.secrets.seal('impeller').hash });
  });

  it('hands over to TLS when both sides agreed on it', () => {
    const feed = new Feed(amqpDecoder).data(header10(2), 0);
    expect((feed.parser as { handover?: boolean }).handover).toBe(false);
    feed.data(header10(2), 1);
    expect((feed.parser as { handover?: boolean }).handover).toBe(true);
  });

  it.each([
    ['no performative', frame10(0, '00 53 99 45'), 'unknown performative'],
    ['a list beyond the frame', frame10(0, '00 53 10 c0 ff 02'), 'list beyond the frame'],
    ['a frame size below its head', Buffer.from([0, 0, 0, 4, 2, 0, 0, 0]), 'frame size'],
  ])('reports %s', (_, bytes, reason) => {
    const feed = new Feed(amqpDecoder).data(header10(0), 0).data(bytes, 0);
    expect(feed.printed).toContainEqual(expect.objectContaining({ event: 'malformed', reason }));
  });
});

describe('observations', () => {
  it('tells accepted sign-ins from refused ones and from those that nobody answered', () => {
    const into = new Observations();
    const answer = {
      tune: method(10, 30, Buffer.alloc(8)),
      refuse: method(10, 50, Buffer.from([1, 0x93]), short('no'), Buffer.alloc(4)),
      none: undefined,
    };
    for (const bytes of Object.values(answer)) {
      const feed = new Feed(amqpDecoder, {}, amqpObserver, into)
        .data(header091, 0)
        .data(startOk('PLAIN', '\0a\0pw-of-a'), 0);
      if (bytes) feed.data(bytes, 1);
      feed.close();
    }
    expect(
      into.of('login').map(({ protocol, method, outcome }) => [protocol, method, outcome]),
    ).toEqual([
      ['amqp', 'plain', 'accepted'],
      ['amqp', 'plain', 'refused'],
      ['amqp', 'plain', 'unknown'],
    ]);
  });
});

describe('hostile input', () => {
  it('never throws, and reads the same whatever the pieces', () => {
    for (const name of ['amqp091', 'amqp10']) {
      for (const conversation of conversations(name)) {
        expect(endure(amqpDecoder, conversation, {}, amqpObserver, 300)).toBeGreaterThan(0);
        const whole = new Feed(amqpDecoder);
        const pieces = new Feed(amqpDecoder);
        for (const [bytes, direction] of conversation) {
          whole.data(bytes, direction);
          for (let at = 0; at < bytes.length; at += 3)
            pieces.data(bytes.subarray(at, at + 3), direction);
        }
        expect(pieces.printed).toEqual(whole.printed);
      }
    }
  });
});
