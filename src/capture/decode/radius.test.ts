import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { radiusObserver } from '../observe/radius.ts';
import { radiusDecoder } from './radius.ts';
import { Feed, packet, testFlow } from './testing.ts';

const flow = { carrier: 'udp', serverPort: 1812 } as const;

const attribute = (type: number, value: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([Buffer.from([type, bytes.length + 2]), bytes]);
};
function radius(code: number, identifier: number, ...attributes: Buffer[]): Buffer {
  const body = Buffer.concat(attributes);
  const head = Buffer.alloc(20, 0x5a);
  head.set([code, identifier]);
  head.writeUInt16BE(20 + body.length, 2);
  return Buffer.concat([head, body]);
}
const USER = attribute(1, 'nemo');
const PASSWORD = attribute(2, Buffer.alloc(16, 7));
const NAS = attribute(4, Buffer.from([192, 168, 1, 16]));
const AUTHENTICATOR = attribute(80, Buffer.alloc(16));
const eap = (code: number, type: number) => attribute(79, Buffer.from([code, 1, 0, 5, type]));

const read = (bytes: Buffer) => new Feed(radiusDecoder, flow).data(bytes, 0).printed[0];
const recognise = (bytes: Uint8Array, serverPort: number) =>
  radiusDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ ...flow, serverPort }));

describe('recognition', () => {
  it('takes whole packets on any port, filled up ones on its own', () => {
    const bytes = radius(1, 7, USER, NAS);
    const filled = Buffer.concat([bytes, Buffer.alloc(4)]);
    for (const port of [1812, 1645, 3799, 9_999]) expect(recognise(bytes, port)).toBe('yes');
    expect(recognise(filled, 1812)).toBe('yes');
    expect(recognise(filled, 9_999)).toBe('no');
    expect(recognise(radius(2, 7), 9_999)).toBe('no');
    expect(recognise(radius(2, 7), 1812)).toBe('yes');
  });

  it('refuses unknown codes and what is no list of attributes', () => {
    expect(recognise(radius(99, 7, USER), 1812)).toBe('no');
    expect(recognise(radius(1, 7, Buffer.from([1, 0, 3])), 1812)).toBe('no');
    expect(recognise(radius(1, 7, Buffer.from([1, 9, 3])), 1812)).toBe('no');
    expect(recognise(radius(1, 7, USER).subarray(0, -1), 1812)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (name) => {
    expect(recognise(OTHERS[name] as Buffer, 1812)).toBe('no');
  });
});

describe('a packet', () => {
  it('is told by its code, without user and password', () => {
    const nas = [NAS, attribute(32, 'ap7'), attribute(31, '00-14-22-E9-54-5E')];
    const event = read(radius(1, 5, USER, PASSWORD, ...nas, AUTHENTICATOR));
    expect(event).toEqual({
      protocol: 'radius',
      event: 'access_request',
      code: 1,
      identifier: 5,
      user_name: expect.stringMatching(/^hmac-sha256:/),
      authentication: 'pap',
      nas_ip_address: '192.168.1.16',
      nas_identifier: 'ap7',
      calling_station_id: '00-14-22-E9-54-5E',
      message_authenticator: true,
      attributes: [1, 2, 4, 32, 31, 80],
    });
  });

  it.each([
    [attribute(3, Buffer.alloc(17)), 'chap'],
    [attribute(26, Buffer.from([0, 0, 1, 55, 25, 52, 0])), 'mschap'],
    [attribute(26, Buffer.from([0, 0, 1, 56, 25, 52, 0])), undefined],
    [eap(2, 25), 'eap'],
  ])('tells how the user is proved: %#', (proof, authentication) => {
    expect(read(radius(1, 5, USER, proof))?.authentication).toBe(authentication);
  });

  it('tells the method of EAP', () => {
    expect(read(radius(11, 5, eap(1, 13)))).toMatchObject({ eap_code: 'request', eap_type: 'tls' });
    expect(read(radius(11, 5, eap(2, 99)))).toMatchObject({ eap_type: '99' });
    expect(read(radius(2, 5, eap(3, 0)))).toMatchObject({ eap_code: 'success' });
  });

  it('may be of dynamic authorisation', () => {
    const codes = [40, 41, 42, 43, 44, 45].map((code) => read(radius(code, 1))?.event);
    expect(codes).toEqual([
      ...['disconnect_request', 'disconnect_ack', 'disconnect_nak'],
      ...['coa_request', 'coa_ack', 'coa_nak'],
    ]);
  });

  it.each([
    ['truncated header', radius(1, 1).subarray(0, 12)],
    ['wrong length', radius(1, 1, USER).subarray(0, 22)],
    ['unknown code', radius(77, 1)],
    ['invalid attribute', radius(1, 1, Buffer.from([1, 1]))],
  ])('is malformed: %s', (reason, bytes) => {
    expect(read(bytes)).toMatchObject({ event: 'malformed', reason });
  });
});

describe('what is observed', () => {
  const exchange = (...packets: [Buffer, 0 | 1][]) => {
    const feed = new Feed(radiusDecoder, flow, radiusObserver);
    for (const [i, [bytes, direction]] of packets.entries())
      feed.data(bytes, direction, packet(i + 1));
    return [...feed.close().into.of('radius')];
  };

  it('is a request with its answer', () => {
    const asked = radius(1, 5, USER, PASSWORD, NAS, AUTHENTICATOR);
    expect(exchange([asked, 0], [radius(2, 5, AUTHENTICATOR), 1])).toMatchObject([
      {
        request: 'access',
        nasAddress: '192.168.1.16',
        authentication: 'pap',
        authenticated: true,
        outcome: 'accepted',
      },
    ]);
    expect(exchange([asked, 0], [radius(3, 5), 1])).toMatchObject([
      { outcome: 'refused', authenticated: false },
    ]);
    expect(exchange([asked, 0], [asked, 0])).toMatchObject([{ outcome: 'unanswered', count: 1 }]);
    expect(exchange([radius(2, 5), 1])).toEqual([]);
  });

  it('is the method that EAP came to', () => {
    const rounds = exchange(
      [radius(1, 1, USER, eap(2, 1)), 0],
      [radius(11, 1, eap(1, 25)), 1],
      [radius(1, 2, USER, eap(2, 25)), 0],
      [radius(2, 2, eap(3, 0)), 1],
    );
    expect(rounds.map(({ eapType, outcome }) => [eapType, outcome])).toEqual([
      ['peap', 'challenged'],
      ['peap', 'accepted'],
    ]);
  });

  it('masks the user’s name in its packets', () => {
    const [record] = exchange([radius(1, 5, USER), 0], [radius(2, 5, USER), 1]);
    expect(record!.secrets.map((secret) => Buffer.from(secret.reveal()).toString())).toEqual([
      'nemo',
    ]);
  });
});

describe('hostile input', () => {
  it('does no harm', () => {
    expectUnharmed({
      decoder: radiusDecoder,
      flow,
      observer: radiusObserver,
      samples: [
        radius(1, 5, USER, PASSWORD, NAS, eap(2, 1), AUTHENTICATOR),
        radius(11, 5, eap(1, 25), attribute(26, Buffer.from([0, 0, 1, 55, 1, 4, 0, 0]))),
      ],
    });
  });
});
