/**
 * What one device did for some minutes: counts, sizes, times and marks, gathered packet by packet. Nothing in it can
 * name the device: no address, no name, no text of a payload.
 */
import { formatIpv4 } from '../../base/index.ts';
import {
  ARP,
  BROADCAST,
  type Headers,
  IGMP,
  MULTICAST,
  placeNames,
  TCP,
  UDP,
  u16,
} from './headers.ts';
import {
  DATA,
  DHCP,
  DNS,
  dhcpKind,
  isNaming,
  KIND_ARP_ANNOUNCEMENT,
  KIND_ARP_PROBE,
  KIND_ARP_REQUEST,
  KIND_DHCP_ANSWER,
  kindName,
  NTP,
  packetKind,
  SYN,
  SYN_ACK,
  segmentOf,
  serviceName,
  serviceOf,
  servicePort,
} from './kinds.ts';
import { type MarkBudget, Marks } from './marks.ts';
import { markDhcp, markOpening, markTlsOffer, roundTtl } from './opening-marks.ts';

/** Lower ends of classes of payload sizes, in bytes. */
export const SIZE_CLASSES = [
  1, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1280, 1400,
] as const;
const sizeClass = new Uint8Array(1401);
for (let size = 0, at = 0; size <= 1400; size++) {
  while (at + 1 < SIZE_CLASSES.length && size >= SIZE_CLASSES[at + 1]) at++;
  sizeClass[size] = at;
}

/** Gaps between its packets are counted by half decades, from 0.1 ms. */
export const GAP_CLASSES = 14;
const CONNECTIONS_MAX = 256;
const KINDS_MAX = 512;

/** How often a kind of packet was sent or received, and when it was first. */
export interface KindCount {
  count: number;
  /** Seconds since the start. */
  readonly first_s: number;
  /** Of all its packets, from 1. */
  readonly rank: number;
}

export const SENT = 1;
/** What came after a DHCP answer: probe, announcement, request. */
const AFTER_LEASE: readonly number[] = [KIND_ARP_PROBE, KIND_ARP_ANNOUNCEMENT, KIND_ARP_REQUEST];

export class Episode {
  /** Seconds since 1970. */
  readonly start: number;
  last: number;
  packets = 0;
  sent = 0;
  /** By kind × 2, plus 1 when it was sent. */
  readonly kinds = new Map<number, KindCount>();
  readonly marks: Marks;
  readonly tcpSizes: readonly Float64Array[] = [sizes(), sizes()];
  readonly udpSizes: readonly Float64Array[] = [sizes(), sizes()];
  readonly gaps = new Float64Array(GAP_CLASSES);
  /** Packets by place of the other side, received and sent. */
  readonly places = new Float64Array(2 * placeNames.length);
  /** IPv4 packets that it sent: with "do not fragment"; by how the identification went on. */
  ipv4Sent = 0;
  unfragmented = 0;
  idSteps = 0;
  idZeros = 0;
  firstId = -1;
  /** Ports that it opened connections from. */
  readonly clientPorts = { count: 0, first: 0, min: 0, max: 0, steps: 0, last: -1 };
  /** Seconds from the last DHCP answer to the first probe, announcement and request behind it; -1 without one. */
  readonly afterLease: number[] = [-1, -1, -1];
  readonly #servers = new Map<number, boolean>();
  #lease = -1;
  #lastSent = -1;
  #lastId = -1;
  #lastKind = -1;

  /** @param budget - for its marks, shared with other episodes. */
  constructor(start: number, budget: MarkBudget) {
    this.marks = new Marks(budget);
    this.start = start;
    this.last = start;
  }

  /** @param time - seconds since 1970. */
  add(headers: Headers, isSent: boolean, time: number): void {
    const side = isSent ? SENT : 0;
    this.packets++;
    this.last = time;
    const peer = isSent ? headers.target : headers.source;
    let number: number;
    if (headers.protocol < 0) number = this.#frame(headers, isSent);
    else {
      this.places[peer * 2 + side]++;
      if (isSent) this.#ipHeader(headers);
      number = this.#transport(headers, peer, side);
    }
    this.#count(number * 2 + side, time);
    if (isSent) this.#timing(time);
    this.#afterLease(number, isSent, time);
  }

  /** No packet will come: what only packets need is let go. */
  end(): void {
    this.#servers.clear();
  }

  #frame(headers: Headers, isSent: boolean): number {
    if (isSent && headers.etherType === ARP)
      this.marks.note('arp form', words.arp, headers.wireBytes);
    return packetKind(headers, 0, false);
  }

  #ipHeader(headers: Headers): void {
    const { marks } = this;
    const isGroup = headers.target === MULTICAST || headers.target === BROADCAST;
    marks.note('ip headers', words.ttl, roundTtl(headers.ttl), isGroup ? 1 : 0);
    if (headers.trafficClass !== 0)
      marks.note('ip headers', words.trafficClass, headers.trafficClass, 2);
    if (headers.optionBytes > 0) marks.note('ip headers', words.ipOptions, headers.optionBytes, 3);
    if (headers.group !== 0)
      marks.note('groups', words.group, headers.group, headers.id < 0 ? 1 : 0);
    if (headers.id < 0) return;
    this.ipv4Sent++;
    if (headers.dontFragment) this.unfragmented++;
    if (this.firstId < 0) this.firstId = headers.id;
    else {
      const step = (headers.id - this.#lastId) & 0xffff;
      if (step > 0 && step < 16) this.idSteps++;
      if (headers.id === 0) this.idZeros++;
    }
    this.#lastId = headers.id;
  }

  #transport(headers: Headers, peer: number, side: number): number {
    if (headers.isTail) return packetKind(headers, peer, false);
    if (headers.protocol === TCP) return this.#tcp(headers, peer, side);
    if (headers.protocol === UDP) return this.#udp(headers, peer, side);
    if (headers.protocol === IGMP && side === SENT)
      this.marks.note('groups', words.igmp, headers.bytes[headers.transport], headers.payloadBytes);
    return packetKind(headers, peer, false);
  }

  #tcp(headers: Headers, peer: number, side: number): number {
    const segment = segmentOf(headers);
    const isServer = this.#isServer(headers, segment, side);
    if (segment === SYN || segment === SYN_ACK) {
      if (side === SENT) {
        markOpening(headers, segment === SYN_ACK, this.marks);
        if (segment === SYN) {
          this.#clientPort(headers.sourcePort);
          this.marks.note('ports', words.connects, headers.targetPort, 0);
        } else this.marks.note('ports', words.serves, headers.sourcePort, 1);
      }
    } else if (segment === DATA) this.#tcpData(headers, isServer, side);
    return packetKind(headers, peer, isServer);
  }

  #tcpData(headers: Headers, isServer: boolean, side: number): void {
    const { payloadBytes } = headers;
    this.tcpSizes[side][classOfSize(payloadBytes)]++;
    const service = serviceOf(servicePort(headers));
    this.marks.note(
      side === SENT ? 'sizes of tcp data sent' : 'sizes of tcp data received',
      side === SENT ? words.tcpSent : words.tcpReceived,
      payloadBytes,
      service,
      isServer ? 1 : 0,
    );
    if (side === SENT && !isServer) markTlsOffer(headers, this.marks);
  }

  #udp(headers: Headers, peer: number, side: number): number {
    const port = servicePort(headers);
    const service = serviceOf(port);
    if (service === DHCP && side === SENT && headers.sourcePort !== 67) {
      const message = markDhcp(headers, this.marks);
      if (message > 0) return dhcpKind(message);
    }
    if (side === SENT) this.#sentDatagram(headers, peer, port, service);
    if (!isNaming(service)) {
      this.udpSizes[side][classOfSize(headers.payloadBytes)]++;
      this.marks.note(
        'sizes of datagrams',
        words.datagram,
        headers.payloadBytes,
        service,
        peer,
        side,
      );
    }
    return packetKind(headers, peer, false);
  }

  #sentDatagram(headers: Headers, peer: number, port: number, service: number): void {
    const { marks } = this;
    const { bytes, payload, end } = headers;
    // High ports are chosen anew each time, so only their class tells something.
    const told = port < 10_000 ? port : 65_536 + service;
    marks.note('ports', words.udpPort, told, peer, 2);
    if (port !== headers.sourcePort && peer !== MULTICAST && peer !== BROADCAST)
      this.#clientPort(headers.sourcePort);
    if (service === DNS && port === headers.targetPort && end - payload >= 12) {
      marks.note('dns', words.dnsNumbers, u16(bytes, payload) < 64 ? 1 : 0);
      marks.note('dns', words.dnsType, questionType(headers), 1);
      marks.note('dns', words.dnsFlags, u16(bytes, payload + 2), 2);
    }
    if (service === NTP && end > payload) {
      marks.note('ntp', words.ntp, bytes[payload]);
      marks.note('ntp', words.ntpPort, headers.sourcePort === 123 ? 1 : 0, 1);
    }
  }

  /** Who serves a connection: by its opening, else by its ports. */
  #isServer(headers: Headers, segment: number, side: number): boolean {
    const isSent = side === SENT;
    const own = isSent ? headers.sourcePort : headers.targetPort;
    const others = isSent ? headers.targetPort : headers.sourcePort;
    const connection = (own << 15) ^ others;
    const known = this.#servers.get(connection);
    if (known !== undefined && segment !== SYN) return known;
    let isServer = own < others;
    if (segment === SYN) isServer = !isSent;
    else if (segment === SYN_ACK) isServer = isSent;
    if (this.#servers.size >= CONNECTIONS_MAX) this.#servers.clear();
    this.#servers.set(connection, isServer);
    return isServer;
  }

  #clientPort(port: number): void {
    const ports = this.clientPorts;
    if (ports.count === 0) {
      ports.first = port;
      ports.min = port;
      ports.max = port;
    } else {
      const step = port - ports.last;
      if (step > 0 && step < 4) ports.steps++;
    }
    ports.min = Math.min(ports.min, port);
    ports.max = Math.max(ports.max, port);
    ports.last = port;
    ports.count++;
  }

  #count(key: number, time: number): void {
    const known = this.kinds.get(key);
    if (known) known.count++;
    else if (this.kinds.size < KINDS_MAX)
      this.kinds.set(key, { count: 1, first_s: time - this.start, rank: this.packets });
    if (this.#lastKind >= 0) this.marks.note('order of packets', words.order, this.#lastKind, key);
    this.#lastKind = key;
  }

  #timing(time: number): void {
    this.sent++;
    if (this.#lastSent >= 0) this.gaps[gapClass(time - this.#lastSent)]++;
    this.#lastSent = time;
  }

  #afterLease(number: number, isSent: boolean, time: number): void {
    if (!isSent) {
      if (number === KIND_DHCP_ANSWER) {
        this.#lease = time;
        this.afterLease.fill(-1);
      }
      return;
    }
    if (this.#lease < 0) return;
    const index = AFTER_LEASE.indexOf(number);
    if (index >= 0 && this.afterLease[index] < 0) this.afterLease[index] = time - this.#lease;
  }
}

/** The words of marks that every packet may make, so that none of them makes a function. */
const words = {
  arp: (bytes: number) => `ARP in frames of ${bytes} bytes`,
  ttl: (ttl: number, isGroup: number) => `TTL ${ttl}${isGroup ? ' to groups' : ''}`,
  trafficClass: (value: number) => `traffic class 0x${value.toString(16)}`,
  ipOptions: (bytes: number) => `${bytes} bytes of IP options`,
  group: (group: number, isIpv6: number) =>
    `sends to group ${isIpv6 ? `…:${(group >>> 0).toString(16)}` : formatIpv4(group)}`,
  igmp: (type: number, bytes: number) => `IGMP 0x${type.toString(16)} of ${bytes} bytes`,
  connects: (port: number) => `connects to TCP ${port}`,
  serves: (port: number) => `serves TCP ${port}`,
  tcpSent: (bytes: number, service: number, isServer: number) =>
    `sends ${bytes} bytes of ${serviceName(service)} as ${isServer ? 'server' : 'client'}`,
  tcpReceived: (bytes: number, service: number, isServer: number) =>
    `gets ${bytes} bytes of ${serviceName(service)} as ${isServer ? 'server' : 'client'}`,
  datagram: (bytes: number, service: number, peer: number, isSent: number) =>
    `${isSent ? 'sends' : 'gets'} datagrams of ${bytes} bytes of ${serviceName(service)}, ${placeNames[peer]}`,
  udpPort: (port: number, peer: number) =>
    `sends to UDP ${port > 65_535 ? serviceName(port - 65_536) : port}, ${placeNames[peer]}`,
  dnsNumbers: (isLow: number) => `numbers DNS questions ${isLow ? 'from 1' : 'at random'}`,
  dnsType: (type: number) => `asks DNS for type ${type}`,
  dnsFlags: (flags: number) => `DNS flags 0x${flags.toString(16)}`,
  ntp: (first: number) =>
    `NTP version ${(first >>> 3) & 7}, mode ${first & 7}, leap ${first >>> 6}`,
  ntpPort: (isOwn: number) => `asks NTP from ${isOwn ? 'port 123' : 'a high port'}`,
  order: (before: number, then: number) => `${keyName(then)} after ${keyName(before)}`,
};

/** `dhcp discover sent`. */
export function keyName(key: number): string {
  return `${kindName(key >>> 1)} ${(key & 1) === SENT ? 'sent' : 'received'}`;
}

function sizes(): Float64Array {
  return new Float64Array(SIZE_CLASSES.length);
}

function classOfSize(bytes: number): number {
  return sizeClass[Math.min(bytes, 1400)];
}

function gapClass(seconds: number): number {
  if (!(seconds > 1e-4)) return 0;
  return Math.min(GAP_CLASSES - 1, Math.floor(2 * (Math.log10(seconds) + 4)));
}

/** The type that a DNS question asks for; the name before it is stepped over, label by label. */
function questionType({ bytes, payload, end }: Headers): number {
  let at = payload + 12;
  for (let labels = 0; labels < 64 && at < end && bytes[at] !== 0; labels++) at += bytes[at] + 1;
  return at + 2 < end ? u16(bytes, at + 1) : 0;
}
