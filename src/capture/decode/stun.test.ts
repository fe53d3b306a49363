import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { stunObserver } from '../observe/stun.ts';
import { stunDecoder } from './stun.ts';
import { Feed, testFlow } from './testing.ts';

const udp = { carrier: 'udp', serverPort: 3478 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

/** RFC 5769, 2.1 to 2.3. */
const REQUEST =
  hex(`000100582112a442b7e7a701bc34d686fa87dfae 802200105354554e207465737420636c69656e74
  002400046e0001ff 80290008932ff9b151263b36 0006000965 76746a3a68367659202020
  000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004e57a3bcf`);
const RESPONSE_4 = hex(`0101003c2112a442b7e7a701bc34d686fa87dfae 8022000b7465737420766563746f7220
  002000080001a147e112a643 000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004c07d4c96`);
const RESPONSE_6 = hex(`010100482112a442b7e7a701bc34d686fa87dfae 8022000b7465737420766563746f7220
  002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9
  00080014a382954e4be67bf11784c97c8292c275bfe3ed41 80280004c8fb0b4c`);

const attribute = (type: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length & 3)) & 3)]);
};
const message = (type: number, id: number, ...attributes: Buffer[]): Buffer => {
  const body = Buffer.concat(attributes);
  const head = Buffer.alloc(20);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length, 2);
  head.writeUInt32BE(0x2112a442, 4);
  head.writeUInt32BE(id, 16);
  return Buffer.concat([head, body]);
};
/** 203.0.113.5:8080, mixed with the cookie. */
const address = Buffer.from([
  0,
  1,
  0x1f ^ 0x21,
  0x90 ^ 0x12,
  203 ^ 0x21,
  0 ^ 0x12,
  113 ^ 0xa4,
  5 ^ 0x42,
]);
const error = (code: number): Buffer =>
  attribute(9, Buffer.from([0, 0, Math.floor(code / 100), code % 100, 0x6e, 0x6f]));
const software = (name: string): Buffer => attribute(0x8022, Buffer.from(name));

const recognise = (bytes: Uint8Array, serverPort: number, carrier: 'udp' | 'tcp' = 'udp') =>
  stunDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ carrier, serverPort }));
const read = (bytes: Buffer) => new Feed(stunDecoder, udp).data(bytes, 0).printed;
const observe = (...said: [Buffer, 0 | 1][]) => {
  const feed = new Feed(stunDecoder, udp, stunObserver);
  for (const [bytes, direction] of said) feed.data(bytes, direction);
  return [...feed.close().into.of('stun')];
};

describe('RFC 5769, the test vectors', () => {
  it.each([REQUEST, RESPONSE_4, RESPONSE_6])('are whole', (bytes) => {
    const end = bytes.length - 8;
    expect((crc32(bytes.subarray(0, end)) ^ 0x5354554e) >>> 0).toBe(bytes.readUInt32BE(end + 4));
  });

  it('are read', () => {
    expect(read(REQUEST)).toMatchObject([
      {
        ...{ event: 'binding_request', transaction_id: 'b7e7a701bc34d686fa87dfae', ice: true },
        ...{ software: 'STUN test client', message_integrity: true },
        username: expect.stringMatching(/^hmac-sha256:/),
      },
    ]);
    expect(JSON.stringify(read(REQUEST))).not.toContain('evtj');
    expect(read(RESPONSE_4)).toMatchObject([
      {
        event: 'binding_success_response',
        mapped_address: '192.0.2.1:32853',
        software: 'test vector',
      },
    ]);
    expect(read(RESPONSE_6)).toMatchObject([
      { mapped_address: '[2001:db8:1234:5678:11:2233:4455:6677]:32853' },
    ]);
  });
});

describe('recognition', () => {
  it('knows messages with the cookie anywhere, over UDP and TCP', () => {
    for (const bytes of [REQUEST, RESPONSE_4, RESPONSE_6]) {
      expect(recognise(bytes, 9_999)).toBe('yes');
      expect(recognise(bytes, 9_999, 'tcp')).toBe('yes');
      expect(recognise(bytes.subarray(0, 30), 9_999)).toBe('no');
      expect(recognise(bytes.subarray(0, 30), 9_999, 'tcp')).toBe('more');
    }
  });

  it('knows classic ones on their ports, elsewhere by their attributes', () => {
    const bare = hex('000100000102030405060708090a0b0c0d0e0f10');
    const asking = hex('000100080102030405060708090a0b0c0d0e0f10 0003000400000006');
    expect(recognise(bare, 3478)).toBe('yes');
    expect(recognise(bare, 9_999)).toBe('no');
    expect(recognise(asking, 9_999)).toBe('yes');
    expect(read(asking)).toMatchObject([{ event: 'binding_request', classic: true }]);
  });

  it.each(Object.keys(OTHERS).filter((name) => name !== 'stun'))('leaves %s alone', (name) => {
    expect(recognise(OTHERS[name]!, 9_999)).toBe('no');
    expect(recognise(OTHERS[name]!, 9_999, 'tcp')).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(stunDecoder, { carrier: 'udp' })).toBe(0);
    expect(claimsOfNoise(stunDecoder, {})).toBe(0);
  });
});

describe('TURN', () => {
  const allocate = (id: number, ...more: Buffer[]) =>
    message(0x0003, id, attribute(0x19, Buffer.from([17, 0, 0, 0])), ...more);
  const user = attribute(6, Buffer.from('1700000000:cam'));
  const granted = message(
    ...([0x0103, 2] as const),
    attribute(0x16, address),
    attribute(0x20, address),
    attribute(0x0d, Buffer.from([0, 0, 2, 0x58])),
    software('Coturn-4.6.1'),
  );

  it('shows what is asked for and given', () => {
    expect(read(allocate(1))).toMatchObject([
      { event: 'allocate_request', requested_transport: 'udp' },
    ]);
    expect(
      read(message(0x0113, 1, error(401), attribute(0x14, Buffer.from('example.org')))),
    ).toMatchObject([
      { event: 'allocate_error_response', error_code: 401, reason: 'no', realm: 'example.org' },
    ]);
    expect(read(granted)).toMatchObject([
      {
        ...{ event: 'allocate_success_response', relayed_address: '203.0.113.5:8080' },
        ...{ mapped_address: '203.0.113.5:8080', lifetime: 600 },
      },
    ]);
    expect(
      read(message(0x0016, 3, attribute(0x12, address), attribute(0x13, Buffer.alloc(99)))),
    ).toMatchObject([
      { event: 'send_indication', peer_address: '203.0.113.5:8080', data_length: 99 },
    ]);
  });

  it('is noted with what was granted, and by whom', () => {
    const seen = observe(
      [allocate(1, software('pjnath-2.1')), 0],
      [message(0x0113, 1, error(401)), 1],
      [allocate(2, user), 0],
      [allocate(2, user), 0],
      [granted, 1],
    );
    expect(seen).toMatchObject([
      { method: 'allocate', outcome: 'refused', errorCode: 401, clientSoftware: 'pjnath-2.1' },
      {
        ...{
          client: 1,
          server: 2,
          method: 'allocate',
          use: 'server',
          outcome: 'granted',
          count: 1,
        },
        ...{ relayedAddress: '203.0.113.5:8080', serverSoftware: 'Coturn-4.6.1' },
      },
    ]);
  });

  it('tells what was not answered, and checks between peers', () => {
    expect(observe([allocate(1), 0])).toMatchObject([{ outcome: 'unknown' }]);
    expect(observe([REQUEST, 1], [RESPONSE_4, 0])).toMatchObject([
      { client: 2, server: 1, method: 'binding', use: 'ice', mappedAddress: '192.0.2.1:32853' },
    ]);
  });

  it('tells channel data once a direction', () => {
    const data = hex('40010003aabbcc');
    const feed = new Feed(stunDecoder, udp)
      .data(granted, 1)
      .data(data, 0)
      .data(data, 0)
      .data(data, 1);
    expect(feed.printed.slice(1)).toEqual([
      { protocol: 'stun', event: 'channel_data', channel_number: 0x4001, data_length: 3 },
      { protocol: 'stun', event: 'channel_data', channel_number: 0x4001, data_length: 3 },
    ]);
  });

  it('runs over TCP as well, in whatever pieces', () => {
    const bytes = Buffer.concat([allocate(1), hex('40010003aabbcc00'), allocate(2)]);
    const feed = new Feed(stunDecoder, { serverPort: 3478 });
    for (let at = 0; at < bytes.length; at += 11) feed.data(bytes.subarray(at, at + 11), 0);
    expect(feed.events.map(({ event }) => event)).toEqual([
      ...['allocate_request', 'channel_data', 'allocate_request'],
    ]);
  });
});

it('reports what contradicts itself', () => {
  expect(read(REQUEST.subarray(0, 60))).toMatchObject([{ reason: 'length is not the datagram’s' }]);
  expect(read(message(1, 1, attribute(0x20, Buffer.from([0, 1, 2]))))).toMatchObject([
    { reason: 'attribute contradicts its length', readable: true },
    { event: 'binding_request' },
  ]);
});

it('survives anything', () => {
  const samples = [REQUEST, RESPONSE_4, RESPONSE_6];
  const observer = { ...stunObserver, protocols: ['stun', 'dtls', 'rtp', 'rtcp'] };
  expectUnharmed({ decoder: stunDecoder, flow: udp, observer, samples });
  expectUnharmed({ decoder: stunDecoder, flow: { serverPort: 3478 }, observer, samples });
});
