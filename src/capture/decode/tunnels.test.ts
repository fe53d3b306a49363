import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { conversations } from '../../../test/support/peers.ts';
import type { Decoder, Flow } from '../decoder.ts';
import { tunnelObserver } from '../observe/tunnel.ts';
import { espDecoder } from './esp.ts';
import { openvpnDecoder } from './openvpn.ts';
import { ppppDecoder } from './pppp.ts';
import { Feed, testFlow } from './testing.ts';
import { wireguardDecoder } from './wireguard.ts';

const recognise = (decoder: Decoder, bytes: Uint8Array, flow: Partial<Flow>): string =>
  decoder.recognise(
    bytes,
    0,
    bytes.length,
    0,
    testFlow({ carrier: 'udp', serverPort: 9_999, ...flow }),
  );
const tunnels = (feed: Feed) => [...feed.close().into.of('tunnel')];
const bytes = (first: readonly number[], length: number): Buffer =>
  Buffer.concat([Buffer.from(first), Buffer.alloc(length - first.length, 0x5a)]);

/** A message of PPPP; a name of a device as its 20 bytes. */
const pppp = (type: number, ...body: Uint8Array[]): Buffer => {
  const all = Buffer.concat(body);
  return Buffer.concat([Buffer.from([0xf1, type, all.length >> 8, all.length & 0xff]), all]);
};
const uid = Buffer.from('VSTC\0\0\0\0\0\x01\xe2\x40PQRST\0\0\0', 'latin1');
const DECODERS = {
  wireguard: wireguardDecoder,
  openvpn: openvpnDecoder,
  esp: espDecoder,
  pppp: ppppDecoder,
};
describe.each(Object.entries(DECODERS))('recognition of %s', (name, decoder) => {
  it('leaves others alone', () => {
    for (const [other, sample] of Object.entries(OTHERS)) {
      expect(recognise(decoder, sample, {}), other).toBe('no');
      if (name === 'openvpn')
        expect(recognise(decoder, sample, { carrier: 'tcp' }), other).toBe('no');
    }
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(decoder, { carrier: 'udp' })).toBe(0);
    if (name === 'openvpn') expect(claimsOfNoise(decoder, {})).toBe(0);
  });

  it('survives anything', () => {
    const samples = [
      bytes([1, 0, 0, 0], 148),
      bytes([0x38], 14),
      bytes([0, 0, 1, 9, 0, 0, 0, 1], 60),
      pppp(0x10, uid, Buffer.alloc(20)),
    ];
    const flow = { carrier: 'udp', serverPort: 4500 } as const;
    expectUnharmed({ decoder, flow, observer: tunnelObserver, samples, runs: 400 });
  });
});

describe('WireGuard', () => {
  const initiation = bytes([1, 0, 0, 0, 7, 0, 0, 0], 148);
  const response = bytes([2, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0], 92);
  const data = bytes([4, 0, 0, 0, 8, 0, 0, 0], 96);
  const flow = { carrier: 'udp', serverPort: 51_820 } as const;

  it('is known by types and lengths, of data on its port only', () => {
    expect(recognise(wireguardDecoder, initiation, {})).toBe('yes');
    expect(recognise(wireguardDecoder, initiation.subarray(1), {})).toBe('no');
    expect(recognise(wireguardDecoder, bytes([1, 0, 0, 0], 147), {})).toBe('no');
    expect(recognise(wireguardDecoder, data, {})).toBe('no');
    expect(recognise(wireguardDecoder, data, flow)).toBe('yes');
  });

  it('stands when both sides take part', () => {
    const feed = new Feed(wireguardDecoder, flow, tunnelObserver);
    feed.data(initiation, 1).data(response, 0).data(data, 1).data(data, 1).data(data, 0);
    expect(feed.printed).toEqual([
      { protocol: 'wireguard', event: 'handshake_initiation', sender_index: 7 },
      { protocol: 'wireguard', event: 'handshake_response', sender_index: 8, receiver_index: 7 },
      { protocol: 'wireguard', event: 'transport_data', receiver_index: 8 },
      { protocol: 'wireguard', event: 'transport_data', receiver_index: 8 },
    ]);
    expect(tunnels(feed)).toMatchObject([
      { client: 2, server: 1, protocol: 'wireguard', established: true },
    ]);
    const alone = new Feed(wireguardDecoder, flow, tunnelObserver).data(initiation, 0);
    expect(tunnels(alone)).toMatchObject([{ established: false }]);
    const cookie = new Feed(wireguardDecoder, flow, tunnelObserver)
      .data(initiation, 0)
      .data(bytes([3, 0, 0, 0], 64), 1);
    expect(tunnels(cookie)).toMatchObject([{ established: false }]);
  });
});

describe('OpenVPN, as the real one speaks it', () => {
  it.each([
    ['plain', 0, 'udp'],
    ['tls-auth', 1, 'udp'],
    ['tls-crypt', 2, 'udp'],
    ['over TCP', 3, 'tcp'],
  ] as const)('%s', (_way, index, carrier) => {
    const said = conversations('openvpn')[index]!;
    const flow = { carrier, serverPort: 9_999 } as const;
    expect(recognise(openvpnDecoder, said[0]![0], flow)).toBe('yes');
    const feed = new Feed(openvpnDecoder, flow, tunnelObserver);
    for (const [payload, direction] of said) feed.data(payload, direction);
    expect(feed.events.slice(0, 4).map(({ event }) => event)).toEqual([
      ...['hard_reset_client_v2', 'hard_reset_server_v2', 'control_v1', 'control_v1'],
    ]);
    expect(feed.events.filter(({ event }) => event === 'data_v2')).toHaveLength(2);
    expect(tunnels(feed)).toMatchObject([{ client: 1, protocol: 'openvpn', established: true }]);
  });
});

describe('ESP in UDP', () => {
  const packet = (spi: number, sequence: number): Buffer => {
    const made = Buffer.alloc(96, 0x5a);
    made.writeUInt32BE(spi, 0);
    made.writeUInt32BE(sequence, 4);
    return made;
  };
  it('is known on its port, where IKE and keep-alives are others', () => {
    const flow = { serverPort: 4500 } as const;
    expect(recognise(espDecoder, packet(0x1234_5678, 1), flow)).toBe('yes');
    expect(recognise(espDecoder, packet(0x1234_5678, 1), {})).toBe('no');
    expect(recognise(espDecoder, packet(0, 1), flow)).toBe('no');
    expect(recognise(espDecoder, Buffer.from([0xff]), flow)).toBe('no');
  });

  it('is told once an association', () => {
    const feed = new Feed(espDecoder, { carrier: 'udp', serverPort: 4500 }, tunnelObserver);
    feed.data(packet(700, 1), 0).data(packet(800, 1), 1).data(packet(700, 2), 0);
    expect(feed.printed.map(({ spi }) => spi)).toEqual([700, 800]);
    expect(tunnels(feed)).toMatchObject([{ protocol: 'esp', established: true }]);
  });
});

describe('PPPP', () => {
  const server = { carrier: 'udp', serverPort: 32_100 } as const;
  const login = pppp(0x10, uid, Buffer.alloc(20));
  const loggedIn = (result: number) => pppp(0x11, Buffer.from([result, 0, 0, 0]));
  const from = (...messages: [Buffer, 0 | 1][]) => {
    const feed = new Feed(ppppDecoder, server, tunnelObserver);
    for (const [message, direction] of messages) feed.data(message, direction);
    return feed;
  };

  it('is known by what it names, and of the shortest messages by its ports', () => {
    for (const message of [
      login,
      pppp(0x41, uid),
      pppp(0x83, Buffer.alloc(4), uid, Buffer.alloc(4)),
      pppp(0xd0, Buffer.from([0xd1, 0, 0, 1, 7])),
      pppp(0x40, Buffer.from([0, 2]), Buffer.alloc(14)),
    ])
      expect(recognise(ppppDecoder, message, {})).toBe('yes');
    expect(recognise(ppppDecoder, pppp(0x00), {})).toBe('no');
    expect(recognise(ppppDecoder, pppp(0x00), server)).toBe('yes');
    for (const message of [
      pppp(0x00, Buffer.alloc(1)),
      pppp(0x05),
      pppp(0x10, Buffer.alloc(40)),
      pppp(0x10, Buffer.from(uid.toString('latin1').toLowerCase(), 'latin1'), Buffer.alloc(20)),
      pppp(0xd0, Buffer.from([0xd2, 0, 0, 1])),
      login.subarray(0, 40),
    ])
      expect(recognise(ppppDecoder, message, server)).toBe('no');
  });

  it('says who registers, without the letters that lead to it', () => {
    const feed = from([pppp(0), 0], [login, 0], [loggedIn(0), 1]);
    expect(feed.printed).toMatchObject([
      { event: 'hello' },
      { event: 'device_login', uid: 'VSTC-123456' },
      { event: 'device_login_ack', result: 0 },
    ]);
    expect(JSON.stringify(feed.printed)).not.toContain('PQRST');
    const [tunnel] = [...feed.close().into.of('tunnel')];
    expect(tunnel).toMatchObject({ protocol: 'pppp', established: true, client: 1 });
    expect(tunnel!.secrets).toHaveLength(1);
  });

  it('stands where a device was let in or data flow, and each kind of data is said once', () => {
    const stands = (...messages: [Buffer, 0 | 1][]) => tunnels(from(...messages))[0]!.established;
    const data = pppp(0xd0, Buffer.from([0xd1, 0, 0, 1, 7]));
    const hello = pppp(0x01, Buffer.from([0, 2]), Buffer.alloc(14));
    expect(stands([pppp(0), 0], [hello, 1])).toBe(false);
    expect(stands([login, 0], [loggedIn(0xff), 1])).toBe(false);
    expect(stands([login, 0])).toBe(false);
    expect(stands([data, 0], [data, 0])).toBe(false);
    expect(stands([data, 0], [data, 1])).toBe(true);
    expect(from([data, 0], [data, 0], [data, 1], [pppp(0xe0), 0]).printed).toHaveLength(3);
  });
});
