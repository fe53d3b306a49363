import { describe, expect, it } from 'vitest';
import type { DnsMessageEvent } from '../decode/dns.ts';
import { packet, testFlow } from '../decode/testing.ts';
import type { Direction, Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { dnsObserver, NAMES_PER_ZONE_MAX } from './dns.ts';
import { entropy, longestLabel, zoneOf } from './dns-zone.ts';

const id = 0;
const query = (rrname: string, rrtype = 'A', fields: object = {}) =>
  ({
    protocol: 'dns',
    event: 'query',
    version: 3,
    type: 'request',
    id,
    flags: '100',
    opcode: 0,
    queries: [{ rrname, rrtype }],
    rrname,
    rrtype,
    ...fields,
  }) as DnsMessageEvent;
const response = (rrname: string, rrtype: string, answers: object[], fields: object = {}) =>
  ({
    ...query(rrname, rrtype),
    event: 'response',
    type: 'response',
    rcode: 'NOERROR',
    answers,
    ...fields,
  }) as DnsMessageEvent;
const a = (rrname: string, rdata: string) => ({ rrname, rrtype: 'A', ttl: 60, rdata });
const cname = (rrname: string, rdata: string) => ({ rrname, rrtype: 'CNAME', ttl: 60, rdata });

const dnsFlow = (fields: Partial<Flow> = {}) =>
  testFlow({ carrier: 'udp', serverPort: 53, ...fields });
const observe = (
  into: Observations,
  flow: Flow,
  ...events: [DnsMessageEvent, Direction, number?][]
) => {
  for (const [event, direction, at = 1] of events)
    dnsObserver.event(event, direction, flow, packet(at), into);
  dnsObserver.close?.(flow, packet(99), into);
};
const lookups = (into: Observations) => [...into.of('dns')];

describe('pairing', () => {
  it('joins a question and its answer, whatever the case of the name', () => {
    const into = new Observations();
    observe(
      into,
      dnsFlow(),
      [query('Cam.Example.COM'), 0, 1],
      [response('cam.example.com', 'A', [a('cam.example.com', '192.0.2.7')]), 1, 2],
    );
    expect(lookups(into)).toMatchObject([
      {
        client: 1,
        server: 2,
        service: 'dns',
        name: 'cam.example.com',
        zone: 'example.com',
        type: 'A',
        rcode: 0,
        answers: ['192.0.2.7'],
        addresses: [{ address: '192.0.2.7', name: 'cam.example.com' }],
        count: 1,
        folded: false,
      },
    ]);
    expect(lookups(into)[0]!.packets.map((each) => each.packet)).toEqual([1, 2]);
  });

  it('notes what nobody answered when the flow ends, once for all retransmissions', () => {
    const into = new Observations();
    const lost = query('lost.example.com');
    observe(into, dnsFlow(), [lost, 0, 1], [lost, 0, 2], [lost, 0, 3]);
    expect(lookups(into)).toMatchObject([{ name: 'lost.example.com', rcode: undefined, count: 1 }]);
  });

  it('counts alike lookups over flows, and tells outcomes apart', () => {
    const into = new Observations();
    for (let i = 0; i < 3; i++)
      observe(
        into,
        dnsFlow({ id: i + 1 }),
        [query('a.example.com'), 0],
        [response('a.example.com', 'A', []), 1],
      );
    const missing = response('a.example.com', 'A', [], { rcode: 'NXDOMAIN' });
    observe(into, dnsFlow({ id: 9 }), [query('a.example.com'), 0], [missing, 1]);
    expect(lookups(into)).toMatchObject([
      { rcode: 0, count: 3 },
      { rcode: 3, count: 1 },
    ]);
  });

  it('takes the receiver of an answer for the client when the question was not seen', () => {
    const into = new Observations();
    const flow = dnsFlow({ clientPort: 53, serverPort: 40_000 });
    observe(into, flow, [response('a.example.com', 'A', []), 0]);
    expect(lookups(into)).toMatchObject([{ client: 2, server: 1, serverPort: 53 }]);
  });

  it('bounds the questions that wait in one flow', () => {
    const into = new Observations();
    const flow = dnsFlow();
    for (let i = 0; i < 1_000; i++)
      dnsObserver.event(query(`h${i}.example.com`, 'A', { id: i }), 0, flow, packet(i), into);
    expect((flow.session as Map<number, unknown>).size).toBe(256);
  });
});

describe('addresses', () => {
  it('belong to the asked name by way of its aliases, and to no other', () => {
    const into = new Observations();
    const answers = [
      cname('api.vendor.example', 'edge.cdn.example'),
      cname('edge.cdn.example', 'e1.cdn.example'),
      a('e1.cdn.example', '192.0.2.1'),
      a('e1.cdn.example', '192.0.2.2'),
      a('unrelated.example', '192.0.2.3'),
    ];
    observe(
      into,
      dnsFlow(),
      [query('api.vendor.example'), 0],
      [response('api.vendor.example', 'A', answers), 1],
    );
    expect(lookups(into)[0]!.addresses).toEqual([
      { address: '192.0.2.1', name: 'api.vendor.example' },
      { address: '192.0.2.2', name: 'api.vendor.example' },
    ]);
  });
});

describe('tunnels', () => {
  it('fill one record a zone and type, with their bytes and labels', () => {
    const into = new Observations();
    const flow = dnsFlow();
    const label = (i: number) => `${i.toString(36)}z9q8x7w6v5u4t3s2r1p0o9n8m7l6k5j4h3g2`;
    for (let i = 0; i < NAMES_PER_ZONE_MAX + 500; i++) {
      const name = `${label(i)}.t.evil.example`;
      const data = { rrname: name, rrtype: 'TXT', ttl: 0, rdata: 'x'.repeat(100), txt: [] };
      observe(into, flow, [query(name, 'TXT'), 0, i], [response(name, 'TXT', [data]), 1, i]);
    }
    observe(into, flow, [query('www.other.example'), 0]);
    const records = lookups(into);
    expect(records.length).toBe(NAMES_PER_ZONE_MAX + 2);
    const folded = records.filter((each) => each.folded);
    expect(folded).toMatchObject([
      {
        name: 'evil.example',
        zone: 'evil.example',
        type: 'TXT',
        rcode: 0,
        count: 500,
        answers: [],
      },
    ]);
    expect(folded[0]!.answerBytes).toBe(50_000);
    expect(folded[0]!.queryBytes).toBeGreaterThan(500 * 40);
    expect(folded[0]!.labelBytes).toBeGreaterThan(35);
    expect(folded[0]!.labelEntropy).toBeGreaterThan(4);
    // A name that is known by itself stays known.
    const first = `${label(0)}.t.evil.example`;
    observe(into, flow, [query(first, 'TXT'), 0], [response(first, 'TXT', []), 1]);
    expect(lookups(into).find(({ name }) => name === first)!.count).toBe(2);
  });
});

describe('zones', () => {
  it.each([
    ['www.example.com', 'example.com'],
    ['a.b.example.co.uk', 'example.co.uk'],
    ['example.de', 'example.de'],
    ['a.example.de', 'example.de'],
    ['lamp.local', 'lamp.local'],
    ['localhost', 'localhost'],
    ['com.au', 'com.au'],
    ['', ''],
    ['7.2.0.10.in-addr.arpa', 'in-addr.arpa'],
  ])('%s is in %s', (name, zone) => {
    expect(zoneOf(name)).toBe(zone);
  });

  it('measures what a label can carry', () => {
    expect(longestLabel('a.long-label.b.example.com', 'example.com')).toBe('long-label');
    expect(longestLabel('example.com', 'example.com')).toBe('');
    // dnscat2 without a domain of its own.
    const tunnel = 'dnscat.9fa0ff178f72686d6c716c6376697968657a.aa';
    expect(zoneOf(`${tunnel}0011223344`)).toBe('dnscat');
    expect(longestLabel(`${tunnel}0011223344`, 'dnscat')).toBe(
      '9fa0ff178f72686d6c716c6376697968657a',
    );
    expect(zoneOf('host.xn--p1ai')).toBe('host.xn--p1ai');
    expect(zoneOf('tv.fedcafe.com')).toBe('fedcafe.com');
    expect(entropy('aaaa')).toBe(0);
    expect(entropy('abcd')).toBe(2);
  });
});
