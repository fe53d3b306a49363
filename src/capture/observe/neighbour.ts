/** Claims of addresses by ARP and Neighbour Discovery, told apart by whether somebody asked; and router advertisements. */
import type { ArpEvent, ArpMessageEvent } from '../decode/arp.ts';
import type { NdpEvent } from '../decode/neighbour.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { ClaimFields, Observations } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

/** Questions that are remembered, and for how long a reply counts as asked for. */
const ASKED_MAX = 4_096;
const ASKED_SECONDS = 5;

const NOBODY = '0.0.0.0';

/** Addresses asked for of late, with the second; by run. */
const askedByRun = new WeakMap<Observations, Map<string, number>>();

export const neighbourObserver: Observer = {
  protocols: ['arp', 'ndp'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as ArpEvent | NdpEvent;
    if (event.event === 'malformed') return;
    if (event.protocol === 'arp') noteArp(event as ArpMessageEvent, direction, flow, at, into);
    else noteNdp(event as Exclude<NdpEvent, { event: 'malformed' }>, direction, flow, at, into);
  },
};

function noteArp(
  event: ArpMessageEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const { src_mac: mac, src_ip: address, dest_ip: target } = event;
  if (event.event !== 'request' && event.event !== 'reply') return;
  // A probe asks whether an address is free, and claims nothing (RFC 5227, 2.1.1).
  if (address === NOBODY) {
    remember(into, target, at);
    return;
  }
  let { gratuitous } = event;
  if (event.event === 'reply') gratuitous ||= !wasAsked(into, address, at);
  else if (!gratuitous) remember(into, target, at);
  claim(into, flow, direction, at, { protocol: 'arp', mac, address, gratuitous });
}

function remember(into: Observations, address: string, at: PacketRef): void {
  let asked = askedByRun.get(into);
  if (!asked) {
    asked = new Map();
    askedByRun.set(into, asked);
  }
  asked.delete(address);
  if (asked.size >= ASKED_MAX) asked.delete(asked.keys().next().value as string);
  asked.set(address, at.seconds);
}

function wasAsked(into: Observations, address: string, at: PacketRef): boolean {
  const when = askedByRun.get(into)?.get(address);
  return when !== undefined && Math.abs(at.seconds - when) <= ASKED_SECONDS;
}

function noteNdp(
  event: Exclude<NdpEvent, { event: 'malformed' }>,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const address = direction === 0 ? flow.clientAddress : flow.serverAddress;
  const senderMac = direction === 0 ? flow.clientMac : flow.serverMac;
  switch (event.event) {
    case 'neighbor_advertisement': {
      const mac = event.target_link_address ?? senderMac;
      if (mac === undefined) return;
      const gratuitous = !event.solicited;
      claim(into, flow, direction, at, { protocol: 'ndp', mac, address: event.target, gratuitous });
      return;
    }
    case 'router_advertisement': {
      const { lifetime, prefixes, rdnss } = event;
      const key = `${lifetime} ${prefixes.map(({ prefix }) => prefix)} ${rdnss}`;
      into.note('router', senderAsClient(flow, direction), at, key, () => ({
        lifetime_s: lifetime,
        prefixes: prefixes.map(({ prefix }) => prefix),
        resolvers: rdnss,
      }));
      claimSource(into, flow, direction, at, event.source_link_address, address);
      return;
    }
    case 'neighbor_solicitation':
    case 'router_solicitation':
      claimSource(into, flow, direction, at, event.source_link_address, address);
  }
}

/** Receivers take a source link-layer option as a binding of the sender's address (RFC 4861, 7.2.3). */
function claimSource(
  into: Observations,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  mac: string | undefined,
  address: string,
): void {
  if (mac === undefined || address === '::') return;
  claim(into, flow, direction, at, { protocol: 'ndp', mac, address, gratuitous: false });
}

function claim(
  into: Observations,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  fields: ClaimFields,
): void {
  const { protocol, mac, address, gratuitous } = fields;
  const key = `${protocol} ${mac} ${address} ${gratuitous}`;
  into.note('claim', senderAsClient(flow, direction), at, key, () => fields);
}
