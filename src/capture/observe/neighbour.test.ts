import { describe, expect, it } from 'vitest';
import type { ArpMessageEvent } from '../decode/arp.ts';
import { packet, testFlow } from '../decode/testing.ts';
import type { AppEvent, Direction, Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { neighbourObserver } from './neighbour.ts';

const arp = (
  event: 'request' | 'reply',
  src_ip: string,
  dest_ip: string,
  src_mac = 'aa:aa:aa:aa:aa:aa',
) =>
  ({
    protocol: 'arp',
    event,
    src_mac,
    src_ip,
    dest_mac: '00:00:00:00:00:00',
    dest_ip,
    gratuitous: src_ip === dest_ip,
  }) as ArpMessageEvent;
const run = (...events: [AppEvent, Partial<Flow>, number?, Direction?][]) => {
  const into = new Observations();
  for (const [event, fields, seconds = 1, direction = 0] of events)
    neighbourObserver.event(
      event,
      direction,
      testFlow({ carrier: 'arp', ...fields }),
      packet(seconds, seconds),
      into,
    );
  return into;
};
const claims = (into: Observations) =>
  [...into.of('claim')].map(({ client, mac, address, gratuitous }) => ({
    client,
    mac,
    address,
    gratuitous,
  }));

describe('ARP', () => {
  it('a reply to a question is no gratuitous claim, and so is the question itself', () => {
    const into = run(
      [arp('request', '10.0.0.2', '10.0.0.1'), { client: 2, server: 9 }, 1],
      [arp('reply', '10.0.0.1', '10.0.0.2', 'bb:bb:bb:bb:bb:bb'), { client: 1, server: 2 }, 2],
    );
    expect(claims(into)).toEqual([
      { client: 2, mac: 'aa:aa:aa:aa:aa:aa', address: '10.0.0.2', gratuitous: false },
      { client: 1, mac: 'bb:bb:bb:bb:bb:bb', address: '10.0.0.1', gratuitous: false },
    ]);
  });

  it('a reply that nobody asked for is', () => {
    const into = run([arp('reply', '10.0.0.1', '10.0.0.2'), { client: 3, server: 2 }]);
    expect(claims(into)).toMatchObject([{ client: 3, address: '10.0.0.1', gratuitous: true }]);
    const late = run(
      [arp('request', '10.0.0.2', '10.0.0.1'), { client: 2, server: 9 }, 1],
      [arp('reply', '10.0.0.1', '10.0.0.2'), { client: 3, server: 2 }, 60],
    );
    expect(claims(late).at(-1)).toMatchObject({ gratuitous: true });
  });

  it('announcements are gratuitous, and probes claim nothing', () => {
    const into = run(
      [arp('request', '0.0.0.0', '10.0.0.9'), {}],
      [arp('request', '10.0.0.9', '10.0.0.9'), {}],
    );
    expect(claims(into)).toMatchObject([{ address: '10.0.0.9', gratuitous: true }]);
  });
});

describe('Neighbour Discovery', () => {
  const flow = {
    clientAddress: 'fe80::1',
    clientMac: 'aa:aa:aa:aa:aa:aa',
    carrier: 'icmpv6',
  } as const;
  const advertisement = (fields: object): AppEvent => ({
    protocol: 'ndp',
    event: 'neighbor_advertisement',
    ...{ target: 'fe80::1', solicited: true, ...fields },
  });

  it('an advertisement claims its target, gratuitously when unsolicited', () => {
    const into = run(
      [advertisement({}), flow],
      [advertisement({ solicited: false, target_link_address: 'bb:bb:bb:bb:bb:bb' }), flow],
    );
    expect(claims(into)).toEqual([
      { client: 1, mac: 'aa:aa:aa:aa:aa:aa', address: 'fe80::1', gratuitous: false },
      { client: 1, mac: 'bb:bb:bb:bb:bb:bb', address: 'fe80::1', gratuitous: true },
    ]);
  });

  it('a solicitation claims the sender’s address, unless it probes', () => {
    const solicitation: AppEvent = {
      protocol: 'ndp',
      event: 'neighbor_solicitation',
      ...{ target: 'fe80::2', source_link_address: 'aa:aa:aa:aa:aa:aa' },
    };
    const into = run([solicitation, flow], [solicitation, { ...flow, clientAddress: '::' }]);
    expect(claims(into)).toMatchObject([{ address: 'fe80::1', gratuitous: false }]);
  });

  it('a router advertisement makes a router', () => {
    const event: AppEvent = {
      protocol: 'ndp',
      event: 'router_advertisement',
      ...{ lifetime: 1800, prefixes: [{ prefix: '2001:db8::/64' }], rdnss: ['2001:db8::53'] },
    };
    expect([...run([event, flow], [event, flow]).of('router')]).toMatchObject([
      {
        client: 1,
        lifetime_s: 1800,
        prefixes: ['2001:db8::/64'],
        resolvers: ['2001:db8::53'],
        count: 2,
      },
    ]);
  });
});
