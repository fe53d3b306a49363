/**
 * What hosts say of themselves in multicast DNS (RFC 6762, with service discovery, RFC 6763), LLMNR and NetBIOS: their
 * services with host, port and text, joined over the records of a message.
 */
import type { DnsEvent, DnsMessageEvent, DnsRecord } from '../decode/dns.ts';
import type { NbdsEvent } from '../decode/nbds.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observation, Observations, Parties } from '../observations.ts';
import { noteQuestion } from './dns.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

const FIELDS_MAX = 32;
const VALUE_MAX = 256;
const ADDRESSES_MAX = 16;
const INSTANCES_MAX = 64;
/** Names and askers that are remembered, and for how long, to tell answers from announcements (RFC 6762, 6: 0.5 s). */
const ASKED_MAX = 1_024;
const ASKERS_MAX = 8;
const ASKED_SECONDS = 2;

const SERVICE_LIST = '_services._dns-sd._udp.local';

export const mdnsObserver: Observer = {
  protocols: ['mdns', 'nbns', 'nbds'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as DnsEvent | NbdsEvent;
    if (event.event === 'malformed') return;
    const parties = speaker(flow, direction);
    if (event.protocol === 'nbds') noteDatagram(event, parties, direction, flow, at, into);
    else if (event.protocol === 'nbns') noteNetbios(event, parties, at, into);
    else if (event.type === 'request') noteQuestions(event, parties, at, into);
    else noteServices(event, parties, direction, at, into);
  },
};

/** The parties with whoever speaks as client; the port is the service's, so that unicast answers count with others. */
function speaker(flow: Flow, direction: Direction): Parties {
  if (direction === 0) return flow;
  return { ...senderAsClient(flow, direction), serverPort: flow.serverPort };
}

/**
 * The lookups of each name of late, newest first; by run. When a name was asked for last is read from them, because
 * they are counted on also where a repeated question is not decoded anew.
 */
const askedByRun = new WeakMap<Observations, Map<string, Observation<'dns'>[]>>();

function noteQuestions(
  event: DnsMessageEvent,
  parties: Parties,
  at: PacketRef,
  into: Observations,
): void {
  let asked = askedByRun.get(into);
  if (!asked) {
    asked = new Map();
    askedByRun.set(into, asked);
  }
  for (const { rrname, rrtype } of event.queries) {
    const name = rrname.toLowerCase();
    const lookup = noteQuestion(into, 'mdns', parties, name, rrtype, at);
    if (!lookup) continue;
    const lookups = asked.get(name);
    if (!lookups) {
      if (asked.size >= ASKED_MAX) asked.delete(asked.keys().next().value as string);
      asked.set(name, [lookup]);
    } else if (!lookups.includes(lookup)) {
      lookups.unshift(lookup);
      lookups.length = Math.min(lookups.length, ASKERS_MAX);
    }
  }
}

function wasAsked(into: Observations, name: string, second: number): boolean {
  const lookups = askedByRun.get(into)?.get(name.toLowerCase());
  if (!lookups) return false;
  return lookups.some(({ last }) => Math.abs(second - last.seconds) <= ASKED_SECONDS);
}

/** A service instance, as the records of one message describe it. */
interface Instance {
  readonly service: string;
  readonly name: string | undefined;
  host: string | undefined;
  port: number | undefined;
  txt: readonly string[] | undefined;
}

function noteServices(
  event: DnsMessageEvent,
  parties: Parties,
  direction: Direction,
  at: PacketRef,
  into: Observations,
): void {
  const instances = new Map<string, Instance>();
  const hosts = new Map<string, string[]>();
  // A one-shot asker gets its question back (RFC 6762, 6.7).
  const answer =
    direction === 1 ||
    event.queries.length > 0 ||
    (event.answers ?? []).some(({ rrname }) => wasAsked(into, rrname, at.seconds));
  // A farewell (RFC 6762, 10.1) tells of nothing that is there.
  for (const records of [event.answers, event.additionals])
    for (const record of records ?? []) if (record.ttl !== 0) collect(record, instances, hosts);
  for (const instance of instances.values())
    noteAnnouncement(into, parties, at, answer, instance, hosts);
  if (instances.size > 0) return;
  for (const host of hosts.keys()) {
    const alone = { service: '', name: undefined, host, port: undefined, txt: undefined };
    noteAnnouncement(into, parties, at, answer, alone, hosts);
  }
}

function collect(
  record: DnsRecord,
  instances: Map<string, Instance>,
  hosts: Map<string, string[]>,
): void {
  const { rrname, rrtype, rdata } = record;
  switch (rrtype) {
    case 'PTR':
      if (rdata === undefined) return;
      if (rrname === SERVICE_LIST) instanceOf(instances, `\n${rdata}`, rdata, undefined);
      else if (rdata.endsWith(`.${rrname}`)) {
        const name = rdata.slice(0, -rrname.length - 1);
        instanceOf(instances, rdata, rrname, name);
      }
      return;
    case 'SRV': {
      const instance = owner(instances, rrname);
      if (!instance || !record.srv) return;
      instance.host ??= record.srv.name;
      instance.port ??= record.srv.port;
      return;
    }
    case 'TXT': {
      const instance = owner(instances, rrname);
      if (instance) instance.txt ??= record.txt;
      return;
    }
    case 'A':
    case 'AAAA': {
      if (rdata === undefined) return;
      const addresses = hosts.get(rrname);
      if (!addresses) {
        if (hosts.size < INSTANCES_MAX) hosts.set(rrname, [rdata]);
      } else if (addresses.length < ADDRESSES_MAX) addresses.push(rdata);
    }
  }
}

function instanceOf(
  instances: Map<string, Instance>,
  key: string,
  service: string,
  name: string | undefined,
): Instance | undefined {
  const known = instances.get(key);
  if (known || instances.size >= INSTANCES_MAX) return known;
  // Browsing by subtype (`_printer._sub._http._tcp.local`, RFC 6763, 7.1) finds the same instance.
  const sub = service.indexOf('._sub.');
  const plain = sub < 0 ? service : service.slice(sub + 6);
  const instance = { service: plain, name, host: undefined, port: undefined, txt: undefined };
  instances.set(key, instance);
  return instance;
}

/** The instance that a SRV or TXT record describes: `name._service._proto.domain`. */
function owner(instances: Map<string, Instance>, rrname: string): Instance | undefined {
  const known = instances.get(rrname);
  if (known) return known;
  const at = rrname.indexOf('._');
  if (at <= 0) return undefined;
  return instanceOf(instances, rrname, rrname.slice(at + 1), rrname.slice(0, at));
}

function noteAnnouncement(
  into: Observations,
  parties: Parties,
  at: PacketRef,
  answer: boolean,
  instance: Instance,
  hosts: ReadonlyMap<string, string[]>,
): void {
  const { service, name, host, port, txt } = instance;
  const key = `mdns ${service} ${name ?? ''} ${service === '' ? host : ''} ${answer}`;
  const record = into.note('announcement', parties, at, key, () => ({
    protocol: 'mdns',
    service,
    instance: name,
    hostName: host,
    fields: {},
    answer,
  }));
  if (!record) return;
  // Later messages repeat earlier ones, or add what was left out for being known (RFC 6762, 7.1).
  record.hostName ??= host;
  if (port !== undefined) record.port ??= port;
  const addresses = host === undefined ? undefined : hosts.get(host);
  if (addresses) record.addresses ??= addresses;
  if (txt && txt.length > 0) addText(record, txt);
}

/** `key=value` strings (RFC 6763, 6.3); a key alone has an empty value. The first value of a key stays. */
function addText(record: Observation<'announcement'>, txt: readonly string[]): void {
  const fields = record.fields as Record<string, string>;
  let room = FIELDS_MAX - Object.keys(fields).length;
  for (const pair of txt) {
    if (room <= 0) return;
    const equals = pair.indexOf('=');
    const name = (equals < 0 ? pair : pair.slice(0, equals)).slice(0, VALUE_MAX);
    if (name === '' || name === '__proto__' || name in fields) continue;
    fields[name] = equals < 0 ? '' : pair.slice(equals + 1, equals + 1 + VALUE_MAX);
    room--;
  }
}

/** What the sixteenth byte of a NetBIOS name stands for, for single owners and for groups. */
const NETBIOS_SERVICES: Readonly<Record<string, string>> = {
  '00': 'workstation',
  '03': 'messenger',
  '06': 'remote_access',
  '1b': 'domain_master_browser',
  '1d': 'master_browser',
  '1f': 'netdde',
  '20': 'file_server',
};
const NETBIOS_GROUPS: Readonly<Record<string, string>> = {
  '00': 'workgroup',
  '1c': 'domain_controllers',
  '1e': 'browser_election',
};

function noteNetbios(
  event: DnsMessageEvent,
  parties: Parties,
  at: PacketRef,
  into: Observations,
): void {
  if (event.type === 'request') {
    if (event.event !== 'registration' && event.event !== 'refresh') return;
    for (const { rrname, rrtype, nb } of event.additionals ?? [])
      if (rrtype === 'NB')
        noteNetbiosName(into, parties, at, rrname, nb?.[0]?.group ?? false, false, nb);
    return;
  }
  for (const { rrname, names, nb, mac } of event.answers ?? []) {
    for (const { name, group } of names ?? [])
      noteNetbiosName(
        into,
        parties,
        at,
        name,
        group,
        true,
        undefined,
        mac === undefined ? {} : { mac },
      );
    // A name server answers for others; whoever answers for its own name has the address it gives.
    if (nb && event.opcode === 0) noteNetbiosName(into, parties, at, rrname, nb[0].group, true, nb);
  }
}

/** A datagram's sender gives its own name, unless somebody hands it on for another. */
function noteDatagram(
  { source, source_address, os_version, comment }: NbdsEvent,
  parties: Parties,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const sender = direction === 0 ? flow.clientAddress : flow.serverAddress;
  if (source === undefined || source_address !== sender) return;
  const fields = {
    ...(os_version === undefined ? {} : { os_version }),
    ...(comment === undefined ? {} : { comment }),
  };
  noteNetbiosName(into, parties, at, source, false, false, undefined, fields);
}

function noteNetbiosName(
  into: Observations,
  parties: Parties,
  at: PacketRef,
  text: string,
  group: boolean,
  answer: boolean,
  owners: DnsRecord['nb'],
  fields: Readonly<Record<string, string>> = {},
): void {
  const open = text.indexOf('<');
  if (open <= 0) return;
  const name = text.slice(0, open);
  const suffix = text.slice(open + 1, open + 3);
  const service = (group ? NETBIOS_GROUPS : NETBIOS_SERVICES)[suffix] ?? `type_${suffix}`;
  const key = `nbns ${service} ${name} ${answer} ${Object.values(fields).join()}`;
  const record = into.note('announcement', parties, at, key, () => ({
    protocol: 'nbns',
    service,
    instance: name,
    hostName: !group && (suffix === '00' || suffix === '20') ? name : undefined,
    fields,
    answer,
  }));
  if (record && owners) record.addresses ??= owners.map(({ address }) => address);
}
