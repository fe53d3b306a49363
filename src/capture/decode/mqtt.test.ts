import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../decoder.ts';
import { mqttDecoder } from './mqtt.ts';
import { Feed, testFlow } from './testing.ts';

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
const mqtt = (first: number, ...parts: (Buffer | number[] | number)[]): Buffer => {
  const body = Buffer.concat(
    parts.map((part) => Buffer.from(typeof part === 'number' ? [part] : part)),
  );
  return Buffer.concat([Buffer.from([first, ...varint(body.length)]), body]);
};
const connect4 = mqtt(0x10, text('MQTT'), 4, 2, [0, 60], text('lamp'));
const connect5 = mqtt(0x10, text('MQTT'), 5, 2, [0, 60], 0, text('lamp'));
const ok4 = mqtt(0x20, [0, 0]);

const feed = (...packets: Buffer[]) => new Feed(mqttDecoder).data(Buffer.concat(packets), 0);
const recognise = (bytes: Uint8Array, direction: Direction = 0, flow = {}) =>
  mqttDecoder.recognise(bytes, 0, bytes.length, direction, testFlow(flow));

describe('recognition', () => {
  const midstream = { openingSeen: false };

  it('knows a CONNECT on any port, as soon as its protocol name is there', () => {
    for (let length = 0; length < 8; length++) {
      expect(recognise(connect4.subarray(0, length), 0, { serverPort: 5555 })).toBe('more');
    }
    expect(recognise(connect4, 0, { serverPort: 5555 })).toBe('yes');
    const old = mqtt(0x10, text('MQIsdp'), 3, 2, [0, 60], text('lamp'));
    expect(recognise(old, 0, { serverPort: 5555 })).toBe('yes');
  });

  it('takes up a running connection on its port only, and only with well-formed packets', () => {
    const publish = mqtt(0x30, text('a/b'), Buffer.from('21.5'));
    expect(recognise(publish, 0, midstream)).toBe('yes');
    expect(recognise(publish, 1, midstream)).toBe('yes');
    expect(recognise(mqtt(0xd0), 1, midstream)).toBe('yes');
    expect(recognise(publish, 0, { ...midstream, serverPort: 8080 })).toBe('no');
    expect(recognise(Buffer.concat([publish, Buffer.from('!')]), 0, midstream)).toBe('yes');
    expect(recognise(Buffer.concat([publish, Buffer.from('??')]), 0, midstream)).toBe('no');
    expect(recognise(mqtt(0x30, text('a/#'), Buffer.from('1')), 0, midstream)).toBe('no');
  });

  it('leaves the bytes of other protocols alone', () => {
    const others = [
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      'SSH-2.0-OpenSSH_9.2\r\n',
      '220 ready\r\n',
      'REGISTER sip:a SIP/2.0\r\n',
      'OPTIONS rtsp://a RTSP/1.0\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      '\xff\xfd\x18\xff\xfd\x20',
      '\x10\x0e\x00\x04AMQP\x00\x00',
    ];
    for (const bytes of others) {
      expect(recognise(Buffer.from(bytes, 'latin1'), 0), bytes).toBe('no');
      expect(recognise(Buffer.from(bytes, 'latin1'), 1, midstream), bytes).toBe('no');
    }
  });

  it('is not taken in by noise', () => {
    let taken = 0;
    const sample = fc.sample(fc.uint8Array({ minLength: 8, maxLength: 64 }), {
      numRuns: 20_000,
      seed: 1,
    });
    for (const bytes of sample) if (recognise(bytes, 0, midstream) === 'yes') taken++;
    expect(taken).toBeLessThan(20);
  });
});

describe('messages', () => {
  it('reads a CONNECT with will and credential, the password sealed', () => {
    const body = [text('MQTT'), 4, 0xee, [0, 30], text('lamp'), text('state/lamp'), text('gone')];
    const session = feed(mqtt(0x10, ...body, text('joe'), text('s3cret')));
    expect(session.printed).toEqual([
      {
        protocol: 'mqtt',
        event: 'connect',
        qos: 0,
        retain: false,
        dup: false,
        protocol_string: 'MQTT',
        protocol_version: 4,
        flags: {
          username: true,
          password: true,
          will_retain: true,
          will_qos: 1,
          will: true,
          clean_session: true,
        },
        keep_alive: 30,
        client_id: 'lamp',
        username: 'joe',
        password: session.secrets.seal('s3cret').hash,
        will: { topic: 'state/lamp', message: 'gone' },
      },
    ]);
  });

  it('reads properties of MQTT 5, those of the user under their own names', () => {
    const properties = [
      ...[0x11, 0, 0, 0, 10, 0x21, 0, 20],
      ...[0x26, ...text('room'), ...text('attic'), 0x26, ...text('room'), ...text('cellar')],
      ...[0x26, ...text('__proto__'), ...text('x'), 0x26, ...text('api_key'), ...text('k1')],
      ...[0x15, ...text('PLAIN'), 0x16, ...text('\0joe\0s3cret')],
    ];
    const session = feed(
      mqtt(0x10, text('MQTT'), 5, 2, [0, 60], properties.length, properties, text('lamp')),
    );
    const hash = (value: string) => session.secrets.seal(value).hash;
    const [event] = session.events as unknown as [{ properties: object }];
    expect(Object.entries(JSON.parse(JSON.stringify(event.properties)))).toEqual([
      ['session_expiry_interval', 10],
      ['receive_maximum', 20],
      ['room', ['attic', 'cellar']],
      ['__proto__', 'x'],
      ['api_key', hash('k1')],
      ['authentication_method', 'PLAIN'],
      ['authentication_data', hash('\0joe\0s3cret')],
    ]);
    expect(JSON.stringify(session.events)).not.toContain('s3cret');
  });

  it('hides what a payload names a secret', () => {
    const session = feed(
      connect4,
      mqtt(0x30, text('cfg'), Buffer.from('{"ssid":"home","password":"hunter2","n":1}')),
    );
    const { hash } = session.secrets.seal('hunter2');
    expect(session.printed[1]).toMatchObject({
      message: `{"ssid":"home","password":"${hash}","n":1}`,
      masked: [hash],
    });
  });

  it('shows a binary payload by its first 64 bytes, and a long text by its first 1,024', () => {
    const image = Buffer.alloc(100, 0xff);
    const long = Buffer.from('ü'.repeat(1000));
    const session = feed(
      connect4,
      mqtt(0x30, text('camera'), image),
      mqtt(0x30, text('log'), long),
    );
    expect(session.printed[1]).toMatchObject({ message_length: 100, message_hex: 'ff'.repeat(64) });
    expect(session.printed[1]).not.toHaveProperty('message');
    expect(session.printed[2]).toMatchObject({
      message: 'ü'.repeat(512),
      message_length: 2000,
      truncated: true,
      skipped_length: 2000 + 5 + 3,
    });
  });

  it('resolves topic aliases', () => {
    const defined = mqtt(0x30, text('a/b'), [3, 0x23, 0, 7], Buffer.from('1'));
    const used = mqtt(0x30, text(''), [3, 0x23, 0, 7], Buffer.from('2'));
    const session = feed(connect5, defined, used);
    expect(session.printed[1]).toMatchObject({ topic: 'a/b', properties: { topic_alias: 7 } });
    expect(session.printed[2]).toMatchObject({ topic: '', topic_by_alias: 'a/b', message: '2' });
  });

  it('skips the body of a large PUBLISH unseen', () => {
    const packet = mqtt(0x30, text('camera'), Buffer.alloc(200_000, 0x41));
    const session = new Feed(mqttDecoder);
    const consumed = session.parser.data(
      packet,
      ...([0, 1200, 0, { file: 0, packet: 1, seconds: 0, nanos: 0 }] as const),
    );
    expect(consumed).toBe(packet.length);
    expect(session.printed).toMatchObject([
      { topic: 'camera', message: 'A'.repeat(1024), message_length: 200_000, truncated: true },
    ]);
  });

  it('shows a topic too long to be held by its head', () => {
    const packet = mqtt(0x32, text('t'.repeat(60_000)), [0, 1], Buffer.from('x'));
    const session = feed(connect4).data(packet.subarray(0, 2000), 0);
    session.data(packet.subarray(2000), 0).data(mqtt(0xe0), 0);
    const [, publish, disconnect] = session.printed;
    expect(publish).toMatchObject({ topic: 't'.repeat(1024), truncated: true });
    expect(disconnect).toMatchObject({ event: 'disconnect' });
  });

  it('takes the refusal of a server that knows no MQTT 5', () => {
    const session = feed(connect5).data(mqtt(0x20, [0, 1]), 1);
    expect(session.printed[1]).toMatchObject({ event: 'connack', return_code: 1 });
  });

  it('learns the version of a connection whose CONNECT it did not see', () => {
    const session = new Feed(mqttDecoder, { openingSeen: false });
    session.data(mqtt(0x82, [0, 1, 0], text('a/#'), 0x2c), 0);
    session.data(mqtt(0x30, text('a/b'), [2, 1, 1], Buffer.from('hi')), 1);
    expect(session.printed).toMatchObject([
      {
        event: 'subscribe',
        topics: [{ topic: 'a/#', qos: 0, no_local: true, retain_handling: 2 }],
      },
      { event: 'publish', message: 'hi', properties: { payload_format_indicator: 1 } },
    ]);
  });
});

describe('malformed packets', () => {
  const cases: [string, Buffer, string, boolean][] = [
    ['type 0', mqtt(0x00, [1, 2]), 'unassigned message type', false],
    ['AUTH before MQTT 5', mqtt(0xf0), 'unassigned message type', false],
    ['QoS 3', mqtt(0x36, text('a'), [0, 1]), 'QoS 3', false],
    ['DUP with QoS 0', mqtt(0x38, text('a')), 'DUP with QoS 0', true],
    ['flags of SUBSCRIBE', mqtt(0x80, [0, 1], text('a'), 0), 'flags of the fixed header', true],
    ['wildcard in a name', mqtt(0x30, text('a/#')), 'wildcard in a topic name', true],
    ['wildcard in a level', mqtt(0x82, [0, 1], text('a#'), 0), 'wildcard in a topic level', true],
    ['empty topic', mqtt(0x30, text('')), 'no topic', true],
    ['topic that is no UTF-8', mqtt(0x30, text(Buffer.from([0xff]))), 'string is not UTF-8', true],
    ['NUL', mqtt(0x30, text('a\0')), 'null character in a string', true],
    ['topic beyond the packet', mqtt(0x30, [0, 9, 97]), 'string beyond the packet', false],
    ['identifier 0', mqtt(0x40, [0, 0]), 'packet identifier 0', true],
    ['short PUBACK', mqtt(0x40, [1]), 'packet too short', false],
    ['long PINGREQ', mqtt(0xc0, [1]), 'bytes behind the message', true],
    ['no filter', mqtt(0x82, [0, 1]), 'no topic filter', true],
    ['SUBSCRIBE options', mqtt(0x82, [0, 1], text('a'), 3), 'subscription options', true],
    ['CONNACK from the client', ok4, 'sent by the wrong side', true],
    ['a second CONNECT', connect4, 'second CONNECT', true],
  ];
  for (const [name, bytes, reason, readable] of cases) {
    it(`${name} is reported, and what follows is read`, () => {
      const [, malformed, ...rest] = feed(connect4, bytes, mqtt(0xe0)).printed;
      expect(malformed).toMatchObject({ event: 'malformed', reason, readable });
      expect(rest.length).toBe(readable ? 2 : 1);
      expect(rest.at(-1)).toMatchObject({ event: 'disconnect' });
    });
  }

  it('a length of five bytes loses the direction until well-formed packets begin', () => {
    const session = feed(connect4, Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1, 0x30]));
    session.data(Buffer.from('garbage'), 0).data(mqtt(0x30, text('a/b'), Buffer.from('1')), 0);
    expect(session.printed.map(({ event }) => event)).toEqual(['connect', 'malformed', 'publish']);
  });

  it('a direction of nothing but malformed packets is given up', () => {
    const session = feed(connect4, Buffer.alloc(10_000));
    expect(session.printed.length).toBe(17);
    session.data(Buffer.concat([ok4, Buffer.alloc(10_000)]), 1);
    expect(session.parser.done).toBe(true);
  });

  it('a gap is not blamed on the sender', () => {
    const publish = mqtt(0x30, text('a/b'), Buffer.from('1'));
    const session = feed(connect4, publish).gap(100, 0);
    session.data(Buffer.from([0x99, 0x01, 0x02]), 0).data(publish, 0);
    expect(session.printed.map(({ event }) => event)).toEqual(['connect', 'publish', 'publish']);
  });
});

describe('hostile input', () => {
  const session = [
    mqtt(
      0x10,
      text('MQTT'),
      5,
      0xc6,
      [0, 9],
      0,
      text('id'),
      0,
      text('w'),
      text('m'),
      text('u'),
      text('p'),
    ),
    mqtt(0x82, [0, 1, 0], text('a/b'), 1),
    mqtt(0x3a, text('a/b'), [0, 2, 2, 1, 1], Buffer.from('{"token":"x"}')),
    mqtt(0x40, [0, 1, 0, 0]),
    mqtt(0xe0, [4]),
  ];
  const whole = Buffer.concat(session);

  it('reads the same whatever the pieces', () => {
    const expected = feed(whole).printed;
    expect(expected.length).toBe(5);
    for (let cut = 0; cut <= whole.length; cut++) {
      const pieces = new Feed(mqttDecoder).data(whole.subarray(0, cut), 0);
      expect(pieces.data(whole.subarray(cut), 0).printed).toEqual(expected);
    }
    const bytewise = new Feed(mqttDecoder);
    for (const byte of whole) bytewise.data(Buffer.from([byte]), 0);
    expect(bytewise.printed).toEqual(expected);
  });

  it('never throws and always goes on, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
        const mutated = Buffer.from(whole);
        for (const [at, value] of changes) mutated[at] = value;
        return mutated;
      }),
    );
    fc.assert(
      fc.property(bytes, fc.nat(300), fc.boolean(), (input, cut, openingSeen) => {
        const run = new Feed(mqttDecoder, { openingSeen });
        run.data(input.subarray(0, cut), 0).data(input.subarray(cut), 0).data(input, 1).close();
        for (const event of run.printed) expect(event.protocol).toBe('mqtt');
        recognise(input, 0, { openingSeen });
      }),
      { numRuns: 2_000 },
    );
  });
});
