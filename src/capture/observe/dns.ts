/**
 * Lookups: questions paired with their answers by id, those alike of one client counted together. A client that asks
 * for thousands of names in one zone (a tunnel, or a name generator) fills one record a zone, not the memory.
 */

import { rcodeNumber } from '../decode/dns/names.ts';
import type { DnsEvent, DnsMessageEvent, DnsRecord } from '../decode/dns.ts';
import type { AppEvent, Direction, Flow, HostId, PacketRef } from '../decoder.ts';
import {
  addProof,
  type DnsFields,
  type Observation,
  type Observations,
  type Parties,
} from '../observations.ts';
import { entropy, longestLabel, zoneOf } from './dns-zone.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** Different names of one zone that are kept apart for a client. */
export const NAMES_PER_ZONE_MAX = 2_000;
/** Zones of clients that are followed; whoever invents more has each of them folded. */
const ZONES_MAX = 20_000;
/** Questions that wait for their answers in one flow; a resolver's forwarder has many. */
const PENDING_MAX = 256;
const ANSWERS_MAX = 32;
const ADDRESSES_MAX = 64;
const CNAMES_MAX = 32;

interface Pending {
  readonly name: string;
  readonly type: string;
  readonly parties: Parties;
  readonly at: PacketRef;
}
type Session = Map<number, Pending>;
type Service = DnsFields['service'];

export const dnsObserver: Observer = {
  protocols: ['dns', 'llmnr'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as DnsEvent;
    if (event.event === 'malformed') return;
    flow.session ??= new Map();
    const session = flow.session as Session;
    if (event.type === 'request') noteQuery(event, direction, flow, session, at, into);
    else noteResponse(event, direction, flow, session, at, into);
  },
  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (!session) return;
    for (const pending of session.values()) noteUnanswered(pending, flow, into);
    session.clear();
  },
};

/** Notes what was asked, without an answer to come: multicast questions, and unanswered ones. */
export function noteQuestion(
  into: Observations,
  service: Service,
  parties: Parties,
  name: string,
  type: string,
  at: PacketRef,
): Observation<'dns'> | undefined {
  return noteLookup(into, service, parties, name, type, undefined, at);
}

function noteQuery(
  event: DnsMessageEvent,
  direction: Direction,
  flow: Flow,
  session: Session,
  at: PacketRef,
  into: Observations,
): void {
  const { id, rrname, rrtype } = event;
  if (rrname === undefined || rrtype === undefined) return;
  const name = rrname.toLowerCase();
  const known = session.get(id);
  // The same again is a retransmission, not a second lookup.
  if (known && known.name === name && known.type === rrtype) return;
  if (known) noteUnanswered(known, flow, into);
  else if (session.size >= PENDING_MAX) evictOldest(session, flow, into);
  session.set(id, { name, type: rrtype, parties: senderAsClient(flow, direction), at });
}

function evictOldest(session: Session, flow: Flow, into: Observations): void {
  for (const [id, pending] of session) {
    session.delete(id);
    noteUnanswered(pending, flow, into);
    return;
  }
}

function noteUnanswered(pending: Pending, flow: Flow, into: Observations): void {
  const service = serviceOf(flow);
  noteLookup(into, service, pending.parties, pending.name, pending.type, undefined, pending.at);
}

function serviceOf(flow: Flow): Service {
  return flow.serverPort === 5355 && flow.carrier === 'udp' ? 'llmnr' : 'dns';
}

function noteResponse(
  event: DnsMessageEvent,
  direction: Direction,
  flow: Flow,
  session: Session,
  at: PacketRef,
  into: Observations,
): void {
  const pending = session.get(event.id);
  // A response that repeats no question still answers the one with its id.
  const name = event.rrname?.toLowerCase() ?? pending?.name;
  const type = event.rrtype ?? pending?.type;
  if (name === undefined || type === undefined) return;
  const asked = pending && pending.name === name && pending.type === type ? pending : undefined;
  if (asked) session.delete(event.id);
  const rcode = rcodeNumber(event.rcode ?? 'NOERROR');
  const parties = asked?.parties ?? senderAsServer(flow, direction);
  const service = event.protocol === 'llmnr' ? 'llmnr' : 'dns';
  const record = noteLookup(into, service, parties, name, type, rcode, asked?.at ?? at);
  if (!record) return;
  record.last = at;
  addProof(record, at);
  for (const answer of event.answers ?? []) addAnswer(record, answer);
  addAddresses(record, name, event.answers ?? []);
}

/** What is kept of a run besides its observations: the names that each client asked for, by zone. */
interface Run {
  readonly namesByClient: Map<HostId, Map<string, Set<string>>>;
  zones: number;
}
const runs = new WeakMap<Observations, Run>();

function noteLookup(
  into: Observations,
  service: Service,
  parties: Parties,
  name: string,
  type: string,
  rcode: number | undefined,
  at: PacketRef,
): Observation<'dns'> | undefined {
  const zone = zoneOf(name);
  const folded = isBeyondBound(into, parties.client, zone, name);
  const shown = folded ? zone : name;
  const key = `${service} ${type} ${rcode ?? '-'} ${folded ? 'zone ' : ''}${shown}`;
  const record = into.note('dns', parties, at, key, () => ({
    service,
    name: shown,
    type,
    rcode,
    answers: [],
    addresses: [],
    queryBytes: 0,
    answerBytes: 0,
    zone,
    folded,
  }));
  if (!record) return undefined;
  record.queryBytes += name.length;
  if (folded || record.count === 1) describeLabels(record, name, zone);
  return record;
}

function isBeyondBound(into: Observations, client: HostId, zone: string, name: string): boolean {
  let run = runs.get(into);
  if (!run) {
    run = { namesByClient: new Map(), zones: 0 };
    runs.set(into, run);
  }
  let zones = run.namesByClient.get(client);
  if (!zones) {
    zones = new Map();
    run.namesByClient.set(client, zones);
  }
  let names = zones.get(zone);
  if (!names) {
    if (run.zones >= ZONES_MAX) return true;
    run.zones++;
    names = new Set();
    zones.set(zone, names);
  }
  if (names.has(name)) return false;
  if (names.size >= NAMES_PER_ZONE_MAX) return true;
  names.add(name);
  return false;
}

function describeLabels(record: Observation<'dns'>, name: string, zone: string): void {
  const label = longestLabel(name, zone);
  const bits = label === '' ? 0 : entropy(label);
  record.labelBytes = Math.max(record.labelBytes ?? 0, label.length);
  record.labelEntropy = ((record.labelEntropy ?? 0) * (record.count - 1) + bits) / record.count;
}

function addAnswer(record: Observation<'dns'>, answer: DnsRecord): void {
  record.answerBytes += dataBytes(answer);
  const text = answer.rdata ?? answer.srv?.name ?? answer.svcb?.target;
  if (text === undefined || record.folded || record.answers.length >= ANSWERS_MAX) return;
  if (!record.answers.includes(text)) record.answers.push(text);
}

/** Bytes of a record's data that its zone's owner is free to choose. */
function dataBytes({ rrtype, rdata, rdata_bytes, srv, svcb, sshfp }: DnsRecord): number {
  if (rdata_bytes !== undefined) return rdata_bytes;
  if (rrtype === 'A') return 4;
  if (rrtype === 'AAAA') return 16;
  if (sshfp) return sshfp.fingerprint.length / 3;
  return (rdata ?? srv?.name ?? svcb?.target ?? '').length;
}

/** Adds the addresses that the asked name leads to, by way of its aliases. */
function addAddresses(
  record: Observation<'dns'>,
  name: string,
  answers: readonly DnsRecord[],
): void {
  if (record.folded) return;
  const { addresses } = record;
  const aliases = [name];
  // Answers list aliases in order (RFC 1034, 4.3.2), so one pass finds them all in practice.
  for (const { rrname, rrtype, rdata } of answers) {
    if (rdata === undefined || !aliases.includes(rrname.toLowerCase())) continue;
    if (rrtype === 'CNAME' && aliases.length < CNAMES_MAX) aliases.push(rdata.toLowerCase());
    else if ((rrtype === 'A' || rrtype === 'AAAA') && addresses.length < ADDRESSES_MAX)
      if (!addresses.some((known) => known.address === rdata))
        addresses.push({ address: rdata, name });
  }
}
