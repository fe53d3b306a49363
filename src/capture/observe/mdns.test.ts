import { describe, expect, it } from 'vitest';
import type { DnsMessageEvent, DnsRecord } from '../decode/dns.ts';
import { packet, testFlow } from '../decode/testing.ts';
import type { Direction, Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { mdnsObserver } from './mdns.ts';

const message = (type: 'request' | 'response', fields: object): DnsMessageEvent =>
  ({
    protocol: 'mdns',
    event: type === 'request' ? 'query' : 'response',
    version: 3,
    type,
    id: 0,
    flags: '0',
    opcode: 0,
    queries: [],
    ...fields,
  }) as DnsMessageEvent;
const record = (rrname: string, rrtype: string, fields: object, ttl = 120): DnsRecord => ({
  rrname,
  rrtype,
  ttl,
  ...fields,
});
const group = (fields: Partial<Flow> = {}) =>
  testFlow({ carrier: 'udp', clientPort: 5353, serverPort: 5353, multicast: true, ...fields });
const observe = (
  into: Observations,
  event: DnsMessageEvent,
  flow = group(),
  seconds = 10,
  direction: Direction = 0,
) => mdnsObserver.event(event, direction, flow, packet(seconds, seconds), into);
const said = (into: Observations) => [...into.of('announcement')];

const lamp = message('response', {
  answers: [record('_hap._tcp.local', 'PTR', { rdata: 'Hall. Lamp._hap._tcp.local' })],
  additionals: [
    record('Hall. Lamp._hap._tcp.local', 'SRV', {
      srv: { priority: 0, weight: 0, port: 8080, name: 'lamp.local' },
    }),
    record('Hall. Lamp._hap._tcp.local', 'TXT', {
      txt: ['md=LCT015', 'flag', 'id=00:17:88', 'md=other', ''],
    }),
    record('lamp.local', 'A', { rdata: '10.0.0.9' }),
    record('lamp.local', 'AAAA', { rdata: 'fe80::9' }),
  ],
});

describe('services', () => {
  it('are joined from the records of a message', () => {
    const into = new Observations();
    observe(into, lamp);
    observe(into, lamp);
    expect(said(into)).toMatchObject([
      {
        client: 1,
        protocol: 'mdns',
        service: '_hap._tcp.local',
        instance: 'Hall. Lamp',
        hostName: 'lamp.local',
        port: 8080,
        addresses: ['10.0.0.9', 'fe80::9'],
        fields: { md: 'LCT015', flag: '', id: '00:17:88' },
        answer: false,
        count: 2,
      },
    ]);
  });

  it('grow by later messages that tell more', () => {
    const into = new Observations();
    observe(into, message('response', { answers: lamp.answers }));
    expect(said(into)).toMatchObject([{ instance: 'Hall. Lamp', hostName: undefined, fields: {} }]);
    observe(into, lamp);
    expect(said(into)).toMatchObject([
      { hostName: 'lamp.local', fields: { md: 'LCT015' }, count: 2 },
    ]);
  });

  it('are found by their list and by subtypes, too', () => {
    const into = new Observations();
    observe(
      into,
      message('response', {
        answers: [
          record('_services._dns-sd._udp.local', 'PTR', { rdata: '_ipp._tcp.local' }),
          record('_print._sub._ipp._tcp.local', 'PTR', { rdata: 'Office._ipp._tcp.local' }),
          record('Office._ipp._tcp.local', 'TXT', { txt: ['ty=Laser'] }),
        ],
      }),
    );
    expect(said(into)).toMatchObject([
      { service: '_ipp._tcp.local', instance: undefined },
      { service: '_ipp._tcp.local', instance: 'Office', fields: { ty: 'Laser' } },
    ]);
  });

  it('that say farewell are not announced', () => {
    const into = new Observations();
    observe(
      into,
      message('response', {
        answers: [record('_hap._tcp.local', 'PTR', { rdata: 'x._hap._tcp.local' }, 0)],
      }),
    );
    expect(said(into)).toEqual([]);
  });

  it('bounds fields and values', () => {
    const into = new Observations();
    const txt = [
      ...Array.from({ length: 100 }, (_, i) => `k${i}=${'v'.repeat(1_000)}`),
      '__proto__=x',
    ];
    observe(into, message('response', { answers: [record('x._a._tcp.local', 'TXT', { txt })] }));
    const { fields } = said(into)[0]!;
    expect(Object.keys(fields).length).toBe(32);
    expect(fields.k0!.length).toBe(256);
  });
});

describe('answers', () => {
  const asked = message('request', { queries: [{ rrname: '_HAP._tcp.local', rrtype: 'PTR' }] });

  it('are told from announcements by a question just before', () => {
    const into = new Observations();
    observe(into, asked, group({ client: 7 }), 9);
    observe(into, lamp, group(), 10);
    observe(into, lamp, group(), 100);
    expect(said(into).map(({ answer }) => answer)).toEqual([true, false]);
  });

  it('are those that repeat the question or go to one host', () => {
    const into = new Observations();
    const legacy = { ...lamp, queries: asked.queries };
    observe(into, legacy);
    observe(into, lamp, group({ client: 7, server: 1, multicast: false, clientPort: 5353 }), 10, 1);
    expect(said(into)).toMatchObject([
      { client: 1, server: 2, answer: true },
      { client: 1, server: 7, serverPort: 5353, answer: true },
    ]);
  });

  it('need questions, which are noted as lookups', () => {
    const into = new Observations();
    observe(into, asked, group({ client: 7 }));
    expect([...into.of('dns')]).toMatchObject([
      { client: 7, service: 'mdns', name: '_hap._tcp.local', type: 'PTR', rcode: undefined },
    ]);
  });
});

it('a host name alone is an announcement without a service', () => {
  const into = new Observations();
  observe(
    into,
    message('response', { answers: [record('esp-1a2b.local', 'A', { rdata: '10.0.0.9' })] }),
  );
  expect(said(into)).toMatchObject([
    { service: '', hostName: 'esp-1a2b.local', addresses: ['10.0.0.9'] },
  ]);
});

describe('NetBIOS', () => {
  const nbns = (fields: object) =>
    ({ ...message('request', fields), protocol: 'nbns' }) as DnsMessageEvent;
  const flow = () => group({ clientPort: 137, serverPort: 137 });

  it('registrations name a host and its workgroup', () => {
    const into = new Observations();
    const register = (rrname: string, isGroup: boolean) =>
      nbns({
        event: 'registration',
        opcode: 5,
        additionals: [record(rrname, 'NB', { nb: [{ address: '10.0.0.9', group: isGroup }] })],
      });
    observe(into, register('NAS<20>', false), flow());
    observe(into, register('HOME<00>', true), flow());
    expect(said(into)).toMatchObject([
      { protocol: 'nbns', service: 'file_server', hostName: 'NAS', addresses: ['10.0.0.9'] },
      { protocol: 'nbns', service: 'workgroup', instance: 'HOME', hostName: undefined },
    ]);
  });

  it('a node status tells all names and the MAC', () => {
    const into = new Observations();
    const names = [{ name: 'NAS<00>', group: false }];
    const status = record('*<00>', 'NBSTAT', { names, mac: '00:11:32:01:02:03' });
    observe(into, { ...nbns({ answers: [status] }), event: 'response', type: 'response' }, flow());
    expect(said(into)).toMatchObject([
      {
        service: 'workstation',
        hostName: 'NAS',
        fields: { mac: '00:11:32:01:02:03' },
        answer: true,
      },
    ]);
  });
});
