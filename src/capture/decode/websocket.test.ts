import { describe, expect, it } from 'vitest';
import { bytesOf, conversations } from '../../../test/support/peers.ts';
import type { Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { mqttObserver } from '../observe/mqtt.ts';
import { websocketObserver } from '../observe/websocket.ts';
import { httpDecoder } from './http.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';
import { websocketDecoder } from './websocket.ts';

const KEY = bytesOf('37 fa 21 3d');
/** A frame; with a key that of a client. */
const frame = (first: number, payload: Buffer | string, key?: Buffer): Buffer => {
  const bytes = Buffer.from(payload as string);
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  const body = key ? bytes.map((byte, i) => byte ^ key[i & 3]!) : bytes;
  length[0]! |= key ? 0x80 : 0;
  return Buffer.concat([Buffer.from([first, ...length]), key ?? Buffer.alloc(0), body]);
};
const ask = 'GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const agree = (more = '') =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${more}\r\n`;

/** A flow on which HTTP agreed on WebSocket. */
function upgraded(more = ''): Flow {
  const http = new Feed(httpDecoder).data(Buffer.from(ask), 0).data(Buffer.from(agree(more)), 1);
  expect(http.parser.handover).toBe(true);
  return http.flow;
}
/** WebSocket on that flow: the same object, as in the dissector. */
function socket(more = '', observer = websocketObserver, into = new Observations()) {
  const flow = upgraded(more);
  const decoder = {
    ...websocketDecoder,
    open: (_: Flow, context: never) => websocketDecoder.open(flow, context),
  };
  expect(websocketDecoder.recognise(Buffer.from([0x81]), 0, 1, 0, flow)).toBe('yes');
  return new Feed(decoder as typeof websocketDecoder, {}, observer, into);
}

describe('recognition', () => {
  const midstream = testFlow({ openingSeen: false });
  const recognise = (bytes: Buffer, flow = midstream) =>
    websocketDecoder.recognise(bytes, 0, bytes.length, 0, flow);

  it('follows an upgrade, and takes up a running connection with one whole frame of text', () => {
    expect(recognise(Buffer.from([0x82, 0x80]), upgraded())).toBe('yes');
    expect(recognise(frame(0x81, '{"a": 12345}'))).toBe('yes');
    expect(recognise(frame(0x81, '{"a": 12345}', KEY))).toBe('yes');
    expect(recognise(frame(0x81, '{"a": 12345}'), testFlow())).toBe('no');
    expect(recognise(frame(0x81, '{"a": 12345}').subarray(0, 9))).toBe('no');
    expect(recognise(frame(0x81, 'short'))).toBe('no');
  });

  it('is not taken in by noise', () => {
    expect(claimsOfNoise(websocketDecoder, { openingSeen: false })).toBe(0);
  });
});

describe('the examples of RFC 6455, 5.7', () => {
  it('reads text, masked and not, in fragments, and control frames among them', () => {
    const feed = socket();
    feed.data(bytesOf('81 05 48 65 6c 6c 6f'), 1);
    feed.data(bytesOf('81 85 37 fa 21 3d 7f 9f 4d 51 58'), 0);
    feed
      .data(bytesOf('01 03 48 65 6c'), 1)
      .data(bytesOf('89 05 48 65 6c 6c 6f'), 1)
      .data(bytesOf('80 02 6c 6f'), 1);
    feed.data(bytesOf('8a 85 37 fa 21 3d 7f 9f 4d 51 58'), 0);
    feed.data(Buffer.concat([bytesOf('82 7e 01 00'), Buffer.alloc(256, 1)]), 1);
    feed.data(
      Buffer.concat([bytesOf('82 7f 00 00 00 00 00 01 00 00'), Buffer.alloc(65_536, 2)]),
      1,
    );
    expect(
      feed.printed.map((each) => [
        each.event,
        each.fin,
        each.payload_printable ?? each.payload_length,
      ]),
    ).toEqual([
      ['text', true, 'Hello'],
      ['text', true, 'Hello'],
      ['text', false, 'Hel'],
      ['ping', true, 'Hello'],
      ['continuation', true, 'lo'],
      ['pong', true, 'Hello'],
      ['binary', true, 256],
      ['binary', true, 65_536],
    ]);
  });
});

describe('frames', () => {
  it('masks secrets in text', () => {
    const feed = socket().data(
      frame(0x81, '{"type":"auth","access_token":"abcdefgh12345"}', KEY),
      0,
    );
    expect(JSON.stringify(feed.events)).not.toContain('abcdefgh12345');
    expect(feed.printed[0]).toMatchObject({ event: 'text', masked: true });
  });

  it('notes compressed messages and opens none', () => {
    const feed = socket('Sec-WebSocket-Extensions: permessage-deflate\r\n');
    feed.data(bytesOf('c1 07 f2 48 cd c9 c9 07 00'), 1).data(bytesOf('81 05 48 65 6c 6c 6f'), 1);
    expect(feed.printed).toMatchObject([
      { event: 'text', compressed: true, payload_length: 7 },
      { event: 'text', compressed: false, payload_printable: 'Hello' },
    ]);
  });

  it('tells how a connection was closed', () => {
    const close = frame(0x88, Buffer.concat([Buffer.from([0x03, 0xf0]), Buffer.from('no')]), KEY);
    expect(socket().data(close, 0).printed).toMatchObject([
      { event: 'close', code: 1008, reason: 'no' },
    ]);
  });

  it.each([
    ['a client’s frame without a mask', frame(0x81, 'Hello'), 0, 'client’s frame without a mask'],
    ['a server’s frame with one', frame(0x81, 'Hello', KEY), 1, 'server’s frame with a mask'],
    ['a long ping', frame(0x89, 'x'.repeat(126)), 1, 'control frame too long or in fragments'],
    ['bits that nobody agreed on', frame(0xc1, 'Hello'), 1, 'reserved bits'],
    ['an opcode that is not used', frame(0x83, 'Hello'), 1, 'reserved opcode'],
  ] as const)('reports %s', (_, bytes, direction, reason) => {
    expect(socket().data(bytes, direction).printed[0]).toMatchObject({
      event: 'malformed',
      reason,
    });
  });

  it('survives a loss inside a frame, and none between frames', () => {
    const feed = socket().data(frame(0x82, Buffer.alloc(5_000, 9)).subarray(0, 500), 1);
    feed.gap(4_504, 1).data(frame(0x81, 'Hello again'), 1);
    expect(feed.printed).toMatchObject([
      { event: 'binary', payload_length: 5_000 },
      { payload_printable: 'Hello again' },
    ]);
    expect(feed.gap(10, 1).parser.done).toBe(true);
  });
});

describe('what is inside', () => {
  const connect = bytesOf(
    '10 1c 00 04 4d 51 54 54 04 c2 00 3c 00 04 6c 61 6d 70 00 03 61 64 61 00 05 68 65 6c 6c 6f',
  );

  it.each(['Sec-WebSocket-Protocol: mqtt\r\n', ''])(
    'is MQTT, by agreement or by its first bytes: %j',
    (agreed) => {
      const into = new Observations();
      const feed = socket(agreed, mqttObserver, into);
      // A packet in frames of a byte each, and the answer.
      for (const byte of connect) feed.data(frame(0x82, Buffer.from([byte]), KEY), 0);
      feed.data(frame(0x82, bytesOf('20 02 00 00')), 1).close();
      expect(feed.printed).toMatchObject([
        { protocol: 'mqtt', event: 'connect', client_id: 'lamp', username: 'ada' },
        { protocol: 'mqtt', event: 'connack', return_code: 0 },
      ]);
      expect(into.of('login')).toMatchObject([
        { protocol: 'mqtt', user: 'ada', outcome: 'accepted' },
      ]);
    },
  );

  it('is a charging station that says who it is (OCPP 1.6 and 2.0.1)', () => {
    const into = new Observations();
    const say = (boot: object) =>
      frame(0x81, JSON.stringify([2, '19', 'BootNotification', boot]), KEY);
    socket('Sec-WebSocket-Protocol: ocpp1.6\r\n', websocketObserver, into)
      .data(
        say({
          chargePointVendor: 'Volt',
          chargePointModel: 'V2',
          firmwareVersion: '1.4',
          chargePointSerialNumber: '7',
        }),
        0,
      )
      .data(say({ reason: 'PowerUp', chargingStation: { vendorName: 'Volt', model: 'V3' } }), 0)
      .data(frame(0x81, '[2,"20","Heartbeat",{}]', KEY), 0);
    expect(into.of('identification')).toMatchObject([
      { protocol: 'ocpp', server: 1, maker: 'Volt', model: 'V2', version: '1.4', serial: '7' },
      { protocol: 'ocpp', maker: 'Volt', model: 'V3' },
    ]);
  });
});

describe('hostile input', () => {
  it('never throws', () => {
    for (const conversation of conversations('websocket')) {
      const flow = upgraded('Sec-WebSocket-Protocol: mqtt\r\n');
      const decoder = {
        ...websocketDecoder,
        open: (_: Flow, context: never) => websocketDecoder.open(flow, context),
      };
      expect(
        endure(decoder as typeof websocketDecoder, conversation.slice(2), {}, undefined, 60),
      ).toBeGreaterThan(0);
    }
  });
});
