import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { dhcpObserver } from '../observe/dhcp.ts';
import { dhcpv6Decoder } from './dhcpv6.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'udp', clientPort: 546, serverPort: 547, multicast: true } as const;
const u16 = (value: number) => [value >> 8, value & 255];
const option = (code: number, ...data: number[]) => [...u16(code), ...u16(data.length), ...data];
const text = (value: string) => [...Buffer.from(value)];
const address = (last: number) => [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), last];

const solicit = Buffer.from([
  1,
  ...[0xab, 0xcd, 0xef],
  ...option(1, ...u16(1), ...u16(1), 1, 2, 3, 4, 0, 0x17, 0x88, 1, 2, 3),
  ...option(6, ...u16(23), ...u16(24)),
  ...option(8, ...u16(100)),
  ...option(14),
  ...option(16, 0, 0, 1, 0x37, ...u16(3), ...text('cam')),
  ...option(39, 0, 4, ...text('lamp'), 4, ...text('home'), 0),
  ...option(3, ...Array(12).fill(0)),
]);
const reply = Buffer.from([
  7,
  ...[0xab, 0xcd, 0xef],
  ...option(2, ...u16(3), ...u16(1), 0, 0x11, 0x32, 1, 2, 3),
  ...option(3, ...Array(12).fill(0), ...option(5, ...address(9), 0, 0, 14, 16, 0, 0, 28, 32)),
  ...option(25, ...Array(12).fill(0), ...option(26, 0, 0, 14, 16, 0, 0, 28, 32, 56, ...address(0))),
  ...option(23, ...address(1), ...address(2)),
  ...option(56, ...option(1, ...address(3))),
]);
const relayed = (type: number, inner: Buffer) =>
  Buffer.from([type, 0, ...address(0x11), ...address(0x12), ...option(9, ...inner)]);

const read = (bytes: Buffer) => new Feed(dhcpv6Decoder, flow).data(bytes, 0).printed;

it('reads a solicit', () => {
  expect(read(solicit)).toEqual([
    {
      protocol: 'dhcpv6',
      event: 'solicit',
      id: 0xabcdef,
      client_id: '00:01:00:01:01:02:03:04:00:17:88:01:02:03',
      client_mac: '00:17:88:01:02:03',
      parameters: [23, 24],
      elapsed: 100,
      rapid_commit: true,
      vendor: 311,
      vendor_class: 'cam',
      hostname: 'lamp.home',
    },
  ]);
});

it('reads a reply with what it leases', () => {
  expect(read(reply)).toMatchObject([
    {
      event: 'reply',
      server_id: '00:03:00:01:00:11:32:01:02:03',
      addresses: ['2001:db8::9'],
      prefixes: ['2001:db8::/56'],
      lease_time: 7200,
      dns_servers: ['2001:db8::1', '2001:db8::2'],
      ntp_servers: ['2001:db8::3'],
    },
  ]);
});

it('names a relayed message by what is inside, and tells the relays', () => {
  expect(read(relayed(12, relayed(12, solicit)))).toMatchObject([
    {
      event: 'solicit',
      id: 0xabcdef,
      relays: [{ link_address: '2001:db8::11', peer_address: '2001:db8::12' }, {}],
    },
  ]);
});

describe('broken messages', () => {
  it('says what is wrong', () => {
    expect(read(solicit.subarray(0, 32)).at(-1)).toMatchObject({ reason: 'truncated option' });
    expect(read(Buffer.from([99, 0, 0, 0]))).toMatchObject([{ reason: 'unknown message type' }]);
    expect(read(Buffer.from([1, 0]))).toMatchObject([{ reason: 'truncated header' }]);
    let deep = solicit;
    for (let i = 0; i < 20; i++) deep = relayed(12, deep);
    expect(read(deep).at(-1)).toMatchObject({ reason: 'too many relays' });
  });

  it('survives anything', () => {
    const samples = [solicit, reply, relayed(13, reply)];
    expectUnharmed({ decoder: dhcpv6Decoder, flow, observer: dhcpObserver, samples });
  });
});

it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
  const bytes = OTHERS[protocol]!;
  expect(dhcpv6Decoder.recognise(bytes, 0, bytes.length, 0, testFlow({ carrier: 'udp' }))).toBe(
    'no',
  );
});
