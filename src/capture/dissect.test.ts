/** From frames to flows and events: every link layer, both IP versions, fragments, directions and bounds. */
import { describe, expect, test } from 'vitest';
import { decoders, observers } from './decoders.ts';
import { type DissectOptions, Dissector } from './dissect.ts';
import {
  ETHERNET,
  ethernet,
  Feed,
  ipv4,
  ipv6,
  linkLocal,
  mac,
  type TcpFields,
  tcp,
  u16,
  u32,
  udp,
} from './testing.ts';

const A = '192.168.1.10';
const B = '192.168.1.20';
const query = Buffer.from('beef01000001000000000000076578616d706c6503636f6d0000010001', 'hex');
const packet = ipv4(A, B, 17, udp(40_000, 53, query));

function run(feed: (feed: Feed) => void, options: DissectOptions = {}) {
  const events: Record<string, unknown>[] = [];
  const dissector = new Dissector({
    decoders,
    observers,
    onEvent: (event, direction, flow, at) =>
      events.push({
        ...event,
        direction,
        client: flow.clientAddress,
        server: flow.serverAddress,
        packet: at.packet,
      }),
    ...options,
  });
  feed(new Feed(dissector));
  dissector.finish();
  const connections = [...dissector.observations.of('connection')].map((connection) => ({
    ...connection,
    client: dissector.hosts.addressOf(connection.client),
    server: dissector.hosts.addressOf(connection.server),
  }));
  return { events, connections, dissector };
}

describe('link layers', () => {
  const plain = Buffer.concat([mac(2), mac(1)]);
  const sll = Buffer.concat([u16(0), u16(1), u16(6), mac(1), u16(0), u16(0x0800)]);
  const sll2 = Buffer.concat([
    u16(0x0800),
    u16(0),
    u32(1),
    u16(1),
    Buffer.from([0, 6]),
    mac(1),
    u16(0),
  ]);
  const snap = Buffer.concat([
    plain,
    u16(8 + packet.length),
    Buffer.from('aaaa03000000', 'hex'),
    u16(0x0800),
  ]);
  const pppoe = Buffer.concat([
    plain,
    u16(0x8864),
    Buffer.from('11000001', 'hex'),
    u16(packet.length + 2),
    u16(0x21),
  ]);
  const cases: readonly (readonly [string, number, Buffer])[] = [
    ['Ethernet', 1, Buffer.concat([plain, u16(0x0800)])],
    ['802.1Q', 1, Buffer.concat([plain, u16(0x8100), u16(7), u16(0x0800)])],
    ['QinQ', 1, Buffer.concat([plain, u16(0x88a8), u16(7), u16(0x8100), u16(9), u16(0x0800)])],
    ['LLC with SNAP', 1, snap],
    ['PPPoE', 1, pppoe],
    ['Linux SLL', 113, sll],
    ['Linux SLL2', 276, sll2],
    ['raw IP', 101, Buffer.alloc(0)],
    ['raw IP (BSD)', 12, Buffer.alloc(0)],
    ['null, little-endian', 0, Buffer.from('02000000', 'hex')],
    ['loop, big-endian', 108, Buffer.from('00000002', 'hex')],
    ['PPP', 9, Buffer.from('ff030021', 'hex')],
    ['PPP, compressed', 9, Buffer.from('21', 'hex')],
  ];
  for (const [name, linkType, header] of cases) {
    test(name, () => {
      const { events } = run((feed) => feed.frame(Buffer.concat([header, packet]), linkType));
      expect(events).toMatchObject([{ protocol: 'dns', client: A, server: B, direction: 0 }]);
    });
  }

  test('what is not understood is counted by its kind', () => {
    const { dissector } = run((feed) => feed.frame(packet, 147));
    expect([...dissector.unknownLinks]).toEqual([[147, 1]]);
  });

  test('VLANs keep flows of the same addresses apart', () => {
    const tagged = (vlan: number) =>
      Buffer.concat([plain, u16(0x8100), u16(vlan), u16(0x0800), packet]);
    const { dissector } = run((feed) => [1, 2, 1].map((vlan) => feed.frame(tagged(vlan))));
    expect(dissector.flows.begun).toBe(2);
  });
});

describe('fragments and extension headers', () => {
  const long = Buffer.concat([query, Buffer.alloc(700)]);

  test('IPv4 fragments in any order are one datagram', () => {
    const datagram = udp(40_000, 53, long);
    const pieces = [0, 240, 480].map((offset) => {
      const part = datagram.subarray(offset, Math.min(offset + 240, datagram.length));
      return ipv4(A, B, 17, part, { id: 7, offset, more: offset < 480 });
    });
    const { events, dissector } = run((feed) => {
      for (const index of [2, 0, 1]) feed.frame(pieces[index], 101);
    });
    expect(dissector.counters.fragments).toBe(3);
    expect(events).toMatchObject([{ protocol: 'dns', packet: 3 }]);
  });

  test('IPv6 fragments behind other extension headers', () => {
    const datagram = udp(40_000, 53, long);
    const hop = [0, Buffer.from([0, 1, 4, 0, 0, 0, 0])] as const;
    const pieces = [0, 400].map((offset) => {
      const more = offset === 0;
      const header = Buffer.concat([Buffer.from([0]), u16(offset | (more ? 1 : 0)), u32(99)]);
      const part = datagram.subarray(offset, more ? 400 : datagram.length);
      return ipv6(linkLocal(1), linkLocal(2), 17, part, [hop, [44, header]]);
    });
    const { events } = run((feed) => pieces.map((piece) => feed.frame(piece, 101)));
    expect(events).toMatchObject([{ protocol: 'dns', client: 'fe80::1', server: 'fe80::2' }]);
  });
});

describe('who opened', () => {
  const segment = (source: string, target: string, fields: TcpFields) =>
    ethernet(
      mac(source === A ? 1 : 2),
      mac(source === A ? 2 : 1),
      0x0800,
      ipv4(source, target, 6, tcp(fields)),
    );

  test('the sender of the SYN is the client, whatever the ports', () => {
    const { connections } = run((feed) => {
      feed.frame(segment(A, B, { from: 80, to: 50_000, flags: 'S' }));
      feed.frame(segment(B, A, { from: 50_000, to: 80, flags: 'SA' }));
    });
    expect(connections).toMatchObject([
      { client: A, server: B, serverPort: 50_000, openingSeen: true, established: 1 },
    ]);
  });

  test('a SYN-ACK alone names the server', () => {
    const { connections } = run((feed) =>
      feed.frame(segment(B, A, { from: 9999, to: 1000, flags: 'SA' })),
    );
    expect(connections).toMatchObject([
      { client: A, server: B, serverPort: 9999, openingSeen: true },
    ]);
  });

  test('midstream, the service port is taken for the server, and said to be inferred', () => {
    const { connections } = run((feed) =>
      feed.frame(segment(B, A, { from: 1883, to: 50_000, payload: Buffer.from('x') })),
    );
    expect(connections).toMatchObject([{ client: A, server: B, openingSeen: false }]);
  });

  test('the same ports after an end are another connection', () => {
    const { connections } = run((feed) => {
      for (let round = 0; round < 2; round++) {
        feed.frame(segment(A, B, { from: 1024, to: 7, flags: 'S' }));
        feed.frame(segment(B, A, { from: 7, to: 1024, flags: 'RA' }));
      }
    });
    expect(connections).toMatchObject([{ flows: 2, refused: 2, established: 0 }]);
  });

  test('who answers a broadcast is known by its MAC from then on', () => {
    const request = (operation: number, from: number, to: number) =>
      Buffer.concat([
        u16(1),
        u16(0x0800),
        Buffer.from([6, 4]),
        u16(operation),
        mac(from),
        Buffer.from([10, 0, 0, from]),
        mac(to),
        Buffer.from([10, 0, 0, to]),
      ]);
    const { dissector } = run((feed) => {
      feed.frame(ethernet(mac(1), Buffer.alloc(6, 0xff), 0x0806, request(1, 1, 2)));
      feed.frame(ethernet(mac(2), mac(1), 0x0806, request(2, 2, 1)));
    });
    const claims = [...dissector.observations.of('claim')];
    const claimants = claims.map((claim) => dissector.hosts.macOf(claim.client));
    expect(claimants).toContain('02:00:00:00:00:02');
  });
});

test('what a host without an IPv6 address sends is never the answer to another one', () => {
  const solicited = (last: number): Buffer =>
    Buffer.concat([Buffer.from('ff0200000000000000000001ff0000', 'hex'), Buffer.from([last])]);
  const group = (last: number): Buffer => Buffer.from([0x33, 0x33, 0xff, 0, 0, last]);
  const probe = (sender: number, last: number): Buffer => {
    const message = Buffer.concat([u32(0x87000000), u32(0), linkLocal(last)]);
    const bytes = ipv6(Buffer.alloc(16), solicited(last), 58, message);
    bytes[7] = 255;
    return ethernet(mac(sender), group(last), 0x86dd, bytes);
  };
  // Numbers of MACs and of addresses are both given in the order of appearance.
  const pairs = [1, 2, 3].flatMap((sender) => [1, 2, 3].map((last) => [sender, last] as const));
  const { events } = run((feed) => {
    for (const [sender, last] of pairs) feed.frame(probe(sender, last));
  });
  expect(events.map(({ direction, server }) => `${direction} ${server}`)).toEqual(
    pairs.map(([, last]) => `0 ff02::1:ff00:${last}`),
  );
});

describe('bounds', () => {
  test('a scan of many more flows than fit neither grows the table nor the observations', () => {
    const count = 40_000;
    const { dissector, connections } = run(
      (feed) => {
        for (let index = 0; index < count; index++) {
          const target = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
          const syn = ipv4(
            A,
            target,
            6,
            tcp({ from: 1024 + (index % 60_000), to: 23, flags: 'S' }),
          );
          feed.frame(syn, 101, syn.length, 1_700_000_000 + Math.floor(index / 1000));
        }
      },
      { flows: 1024 },
    );
    expect(dissector.flows.begun).toBe(count);
    expect(dissector.flows.evicted).toBe(count - 1024);
    expect(connections.length).toBeLessThanOrEqual(256);
    const [burst] = [...dissector.observations.of('fan_out')];
    expect(burst).toMatchObject({ port: 23, outside: 0 });
    expect(burst.destinations).toBeGreaterThan(1000);
    expect(burst.unanswered).toBe(burst.destinations);
    expect(dissector.hosts.count).toBeLessThan(300);
  });

  test('cut and contradictory headers are counted and never read beyond', () => {
    const { dissector } = run((feed) => {
      const frame = Buffer.concat([mac(2), mac(1), u16(0x0800), packet]);
      for (let length = 0; length < frame.length; length++) {
        feed.frame(frame.subarray(0, length), ETHERNET, frame.length);
      }
      for (let at = 0; at < 42; at++) {
        for (const value of [0, 0x0f, 0x4f, 0xff]) {
          const broken = Buffer.from(frame);
          broken[at] = value;
          feed.frame(broken);
        }
      }
    });
    expect(dissector.counters.badHeaders).toBeGreaterThan(10);
    expect(dissector.counters.truncated).toBe(14 + packet.length);
    expect(dissector.failures.size).toBe(0);
  });
});
