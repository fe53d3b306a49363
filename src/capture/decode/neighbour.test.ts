import { describe, expect, it } from 'vitest';
import { expectUnharmed } from '../../../test/support/hostile.ts';
import { neighbourObserver } from '../observe/neighbour.ts';
import { arpDecoder } from './arp.ts';
import { neighbourDecoder } from './neighbour.ts';
import { Feed } from './testing.ts';

const MAC = [0, 0x17, 0x88, 1, 2, 3];
const arp = (operation: number, source: number[], target: number[]) =>
  Buffer.from([0, 1, 8, 0, 6, 4, 0, operation, ...MAC, ...source, 0, 0, 0, 0, 0, 0, ...target]);
const arpFlow = { carrier: 'arp', clientPort: 0, serverPort: 0 } as const;
const icmpv6 = { ...arpFlow, carrier: 'icmpv6', clientAddress: 'fe80::1' } as const;

describe('ARP', () => {
  const read = (...packets: Buffer[]) => {
    const feed = new Feed(arpDecoder, arpFlow);
    for (const each of packets) feed.data(each, 0);
    return feed.printed;
  };

  it('gives requests and replies as EVE does', () => {
    const request = {
      protocol: 'arp',
      event: 'request',
      hw_type: 'ethernet',
      proto_type: 'ipv4',
      opcode: 'request',
      src_mac: '00:17:88:01:02:03',
      src_ip: '10.0.0.9',
      dest_mac: '00:00:00:00:00:00',
      dest_ip: '10.0.0.1',
      gratuitous: false,
    };
    const bytes = arp(1, [10, 0, 0, 9], [10, 0, 0, 1]);
    const padded = Buffer.concat([bytes, Buffer.alloc(18)]);
    expect(read(bytes, padded)).toEqual([request, request]);
    expect(read(bytes, arp(2, [10, 0, 0, 9], [10, 0, 0, 1])).at(-1)).toMatchObject({
      event: 'reply',
    });
  });

  it('tells announcements, but takes a probe for none', () => {
    expect(read(arp(1, [10, 0, 0, 9], [10, 0, 0, 9]))).toMatchObject([{ gratuitous: true }]);
    expect(read(arp(1, [0, 0, 0, 0], [0, 0, 0, 0]))).toMatchObject([{ gratuitous: false }]);
  });

  it('reports what breaks the form', () => {
    expect(read(Buffer.alloc(20))).toMatchObject([{ reason: 'truncated packet' }]);
    expect(read(Buffer.alloc(28))).toMatchObject([{ reason: 'hardware is not Ethernet' }]);
  });

  it('survives anything', () => {
    const samples = [arp(1, [10, 0, 0, 9], [10, 0, 0, 1])];
    expectUnharmed({ decoder: arpDecoder, flow: arpFlow, observer: neighbourObserver, samples });
  });
});

describe('Neighbour Discovery', () => {
  const address = (last: number) => [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), last];
  const advertisement = Buffer.from([
    ...[134, 0, 0, 0, 64, 0xc8, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[1, 1, ...MAC],
    ...[5, 1, 0, 0, 0, 0, 0x05, 0xdc],
    ...[3, 4, 64, 0xc0, 0, 1, 0x51, 0x80, 0, 0, 0x38, 0x40, 0, 0, 0, 0, ...address(0)],
    ...[24, 2, 48, 0, 0, 0, 7, 8, 0x20, 1, 0xd, 0xb8, 0, 1, 0, 0],
    ...[25, 3, 0, 0, 0, 0, 7, 8, ...address(53)],
    ...[31, 2, 0, 0, 0, 0, 7, 8, 4, 0x68, 0x6f, 0x6d, 0x65, 0, 0, 0],
  ]);
  const neighbour = (type: number, flags: number, option: number) =>
    Buffer.from([type, 0, 0, 0, flags, 0, 0, 0, ...address(9), option, 1, ...MAC]);
  const read = (bytes: Buffer) => new Feed(neighbourDecoder, icmpv6).data(bytes, 0).printed;

  it('reads a router advertisement with all that it hands out', () => {
    expect(read(advertisement)).toEqual([
      {
        protocol: 'ndp',
        event: 'router_advertisement',
        hop_limit: 64,
        managed: true,
        other: true,
        preference: 'high',
        lifetime: 1800,
        source_link_address: '00:17:88:01:02:03',
        mtu: 1500,
        prefixes: [
          {
            prefix: '2001:db8::/64',
            on_link: true,
            autonomous: true,
            valid_lifetime: 86_400,
            preferred_lifetime: 14_400,
          },
        ],
        routes: ['2001:db8:1::/48'],
        rdnss: ['2001:db8::35'],
        dnssl: ['home'],
      },
    ]);
  });

  it('reads solicitations and advertisements of neighbours', () => {
    expect(read(neighbour(135, 0, 1))).toMatchObject([
      {
        event: 'neighbor_solicitation',
        target: '2001:db8::9',
        source_link_address: '00:17:88:01:02:03',
      },
    ]);
    expect(read(neighbour(136, 0x60, 2))).toMatchObject([
      { event: 'neighbor_advertisement', solicited: true, override: true, router: false },
    ]);
  });

  it('has nothing to say of other ICMPv6', () => {
    expect(read(Buffer.from([128, 0, 0, 0, 1, 2, 3, 4]))).toEqual([]);
  });

  it('reports what breaks the form', () => {
    expect(read(advertisement.subarray(0, 10))).toMatchObject([{ reason: 'truncated message' }]);
    expect(read(advertisement.subarray(0, 30))).toMatchObject([{ reason: 'truncated option' }]);
    const zero = Buffer.from(advertisement);
    zero[17] = 0;
    expect(read(zero)).toMatchObject([{ reason: 'option without length', offset: 16 }]);
  });

  it('survives anything', () => {
    const samples = [advertisement, neighbour(135, 0, 1), neighbour(136, 0x60, 2)];
    expectUnharmed({
      decoder: neighbourDecoder,
      flow: icmpv6,
      observer: neighbourObserver,
      samples,
    });
  });
});
