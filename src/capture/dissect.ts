/**
 * The dissector: frames in, flows, events and observations out. It walks link, network and transport headers on the
 * frame's own bytes, counts every packet on its flow, and hands payloads to the flow's decoding for as long as a
 * decoder wants them. Nothing is allocated for a packet that nobody decodes.
 */
import { SecretSealer, scopeOfIpv4 } from '../base/index.ts';
import { Conversations, type EndedFlow } from './conversations.ts';
import type { AppEvent, Carrier, Decoder, Direction, Flow, HostId, PacketRef } from './decoder.ts';
import { DecodedFlow, DecodingQueue, type DecodingRun, type FlowRecords } from './decoding.ts';
import { FanOuts } from './fan-out.ts';
import {
  FIN_CLIENT,
  FIN_SERVER,
  FlowTable,
  IGNORED,
  LOW_IS_CLIENT,
  MULTICAST,
  NEW_DESTINATION,
  OPENING_SEEN,
  RESET_SEEN,
  SYN_ACK_SEEN,
  SYN_SEEN,
} from './flows.ts';
import { Fragments } from './fragments.ts';
import { FAMILY_IPV4, FAMILY_IPV6, FAMILY_NONE, Hosts } from './hosts.ts';
import type { FrameSink } from './input/frames.ts';
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  type LinkHeader,
  parseLink,
} from './link.ts';
import { Observations } from './observations.ts';
import type { Observer } from './observe/observer.ts';
import { Repeats } from './repeats.ts';

const ICMP = 1;
const IGMP = 2;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
/** Not IANA's: ARP, and frames of other types, as "protocols" of the flow table. */
const ARP = 254;
const OTHER = 255;

const CARRIER_NAMES: ReadonlyMap<number, Carrier> = new Map<number, Carrier>([
  [ICMP, 'icmp'],
  [IGMP, 'igmp'],
  [TCP, 'tcp'],
  [UDP, 'udp'],
  [ICMPV6, 'icmpv6'],
  [ARP, 'arp'],
]);

const TCP_FIN = 1;
const TCP_SYN = 2;
const TCP_RST = 4;
const TCP_ACK = 16;

/** Who opened a new flow, as far as its first packet tells. */
type Opener = 0 | 1 | 2;
const UNKNOWN = 0;
const SOURCE = 1;
const TARGET = 2;

const CLOSED = FIN_CLIENT | FIN_SERVER;
/** Silent for so long, a flow makes room first, and begins anew when it speaks again. */
const TCP_IDLE_S = 3600;
const OTHER_IDLE_S = 300;
const EXTENSION_HEADERS_MAX = 16;
const FLOWS_DEFAULT = 131_072;
/** Flows whose decoding is held at once; an idle one makes room. */
const DECODED_FLOWS_MAX = 8192;
/** A datagram flow that was silent for so long is not decoded further; looked for at each new flow. */
const DECODING_IDLE_S = 60;
const OLDEST_LOOKS = 16;

export interface DissectOptions {
  /** Flows held at once; 128 bytes each. */
  readonly flows?: number;
  readonly secrets?: SecretSealer;
  /** None: only flows are counted. */
  readonly decoders?: readonly Decoder[];
  readonly observers?: readonly Observer[];
  /** Called for every event, in the order of the capture. */
  readonly onEvent?: (event: AppEvent, direction: Direction, flow: Flow, at: PacketRef) => void;
}

/** Counts of a run. */
export interface DissectCounters {
  packets: number;
  bytes: number;
  /** Packets cut by the capture's snap length. */
  truncated: number;
  fragments: number;
  /** Packets whose headers contradict themselves or are cut. */
  badHeaders: number;
}

export class Dissector implements FrameSink {
  readonly hosts = new Hosts();
  readonly observations = new Observations();
  readonly counters: DissectCounters = {
    packets: 0,
    bytes: 0,
    truncated: 0,
    fragments: 0,
    badHeaders: 0,
  };
  /** Packets by link type. */
  readonly linkTypes = new Map<number, number>();
  /** Packets by link type that is not understood. */
  readonly unknownLinks = new Map<number, number>();
  readonly flows: FlowTable;
  readonly eventCounts = new Map<string, number>();
  readonly failures = new Map<string, number>();
  /** The earliest packet, by time. */
  first: PacketRef | undefined;

  readonly #run: DecodingRun;
  readonly #fragments = new Fragments();
  readonly #conversations = new Conversations();
  readonly #fanOuts = new FanOuts();
  readonly #getRef = (): PacketRef => this.#ref();
  /** Decoding of a flow, by its record's number. */
  readonly #decoded: (DecodedFlow | undefined)[];
  /** The decodings that are not over, oldest first. */
  readonly #decoding = new DecodingQueue();
  readonly #decodersOf: ReadonlyMap<Carrier, DecoderList>;
  /** Names by the number that a flow's record holds; 0 is none. */
  readonly #protocols: readonly (string | undefined)[];
  /** Bit 1: a TCP decoder's port; bit 2: a UDP decoder's. */
  readonly #servicePorts = new Uint8Array(65_536);
  readonly #link: LinkHeader = {
    type: -1,
    payload: 0,
    end: 0,
    source: -1,
    target: -1,
    vlan: 0,
    group: false,
  };
  readonly #ended: ReusedEndedFlow;
  #flowNumber = 0;
  #linkType = -1;
  #linkTypePackets = 0;
  #firstTime = Number.POSITIVE_INFINITY;
  readonly #last = { time: Number.NEGATIVE_INFINITY, file: 0, packet: 0, seconds: 0, nanos: 0 };
  // The packet at hand.
  #file = 0;
  #packet = 0;
  #seconds = 0;
  #nanos = 0;
  #time = 0;
  #wireBytes = 0;
  #at: PacketRef | undefined;
  /** The frame, and the bytes of the network packet in it: the frame too, unless it was reassembled. */
  #frame: Uint8Array = new Uint8Array(0);
  #bytes: Uint8Array = this.#frame;
  #sourceMac = 0;

  constructor(options: DissectOptions = {}) {
    const decoders = options.decoders ?? [];
    this.flows = new FlowTable(options.flows ?? FLOWS_DEFAULT, (flow) => this.#endFlow(flow));
    this.#decoded = new Array(this.flows.capacity + 1).fill(undefined);
    this.#decodersOf = byCarrier(decoders);
    this.#protocols = [undefined, ...new Set(decoders.map((decoder) => decoder.protocol))];
    for (const { carriers, ports } of decoders) {
      const bits = (carriers.includes('tcp') ? 1 : 0) | (carriers.includes('udp') ? 2 : 0);
      for (const port of ports) this.#servicePorts[port] |= bits;
    }
    const observers = new Map<string, Observer>();
    for (const observer of options.observers ?? []) {
      for (const protocol of observer.protocols) observers.set(protocol, observer);
    }
    this.#run = {
      secrets: options.secrets ?? new SecretSealer(),
      observers,
      observations: this.observations,
      listener: options.onEvent,
      repeats: options.onEvent ? undefined : new Repeats(this.observations),
      eventCounts: this.eventCounts,
      failures: this.failures,
      records: this.#records(),
      addressOf: (host) => this.hosts.addressOf(host),
      macOf: (host) => this.hosts.macOf(host),
    };
    this.#ended = new ReusedEndedFlow(this.flows, (flow) => this.#serverOf(flow));
  }

  #records(): FlowRecords {
    const { flows } = this;
    const opened = SYN_SEEN | SYN_ACK_SEEN;
    return {
      client: (slot) => flows.clientHost(slot),
      server: (slot) => this.#serverOf(slot),
      clientPort: (slot) => flows.clientPort(slot),
      serverPort: (slot) => flows.serverPort(slot),
      isMulticast: (slot) => (flows.flags(slot) & MULTICAST) !== 0,
      openingSeen: (slot) => (flows.flags(slot) & OPENING_SEEN) !== 0,
      established: (slot) => (flows.flags(slot) & opened) === opened,
      payloadBytes: (slot, direction) => flows.payload(slot, direction),
    };
  }

  /** Packets are numbered from 1 in each file. */
  beginFile(index: number): void {
    this.#file = index;
    this.#packet = 0;
  }

  /** The latest packet, by time. */
  get last(): PacketRef | undefined {
    const { file, packet, seconds, nanos } = this.#last;
    return packet === 0 ? undefined : { file, packet, seconds, nanos };
  }

  /** Ends all flows and hands over what was aggregated; call once. */
  finish(): void {
    this.#countLinkType(-1);
    this.flows.endAll();
    this.#conversations.finish(this.observations);
    this.#fanOuts.finish(this.observations);
  }

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    linkType: number,
    seconds: number,
    nanos: number,
  ): void {
    this.#packet++;
    this.#seconds = seconds;
    this.#nanos = nanos;
    this.#time = seconds + nanos * 1e-9;
    this.#at = undefined;
    this.#frame = bytes;
    this.#bytes = bytes;
    if (linkType !== this.#linkType) this.#countLinkType(linkType);
    this.#linkTypePackets++;
    const captured = end - start;
    const wireBytes = originalLength > captured ? originalLength : captured;
    this.#wireBytes = wireBytes;
    const { counters } = this;
    counters.packets++;
    counters.bytes += wireBytes;
    if (originalLength > captured) counters.truncated++;
    if (this.#time < this.#firstTime) {
      this.#firstTime = this.#time;
      this.first = this.#ref();
    }
    if (this.#time >= this.#last.time) this.#noteLast();

    const link = this.#link;
    if (!parseLink(linkType, bytes, start, end, link)) {
      if (link.type < 0)
        this.unknownLinks.set(linkType, (this.unknownLinks.get(linkType) ?? 0) + 1);
      else counters.badHeaders++;
      return;
    }
    this.#sourceMac = link.source >= 0 ? this.hosts.mac(bytes, link.source) : 0;
    if (link.type === ETHERTYPE_IPV4) this.#ipv4(link.payload, link.end);
    else if (link.type === ETHERTYPE_IPV6) this.#ipv6(link.payload, link.end);
    else if (link.type === ETHERTYPE_ARP) this.#arp(link.payload, link.end);
    else if (link.source >= 0) this.#otherFrame(link);
  }

  /** Adds up the packets since the link type changed last, which it rarely does. */
  #countLinkType(next: number): void {
    if (this.#linkTypePackets > 0) {
      const before = this.linkTypes.get(this.#linkType) ?? 0;
      this.linkTypes.set(this.#linkType, before + this.#linkTypePackets);
    }
    this.#linkType = next;
    this.#linkTypePackets = 0;
  }

  #noteLast(): void {
    const last = this.#last;
    last.time = this.#time;
    last.file = this.#file;
    last.packet = this.#packet;
    last.seconds = this.#seconds;
    last.nanos = this.#nanos;
  }

  #ref(): PacketRef {
    this.#at ??= {
      file: this.#file,
      packet: this.#packet,
      seconds: this.#seconds,
      nanos: this.#nanos,
    };
    return this.#at;
  }

  #ipv4(start: number, frameEnd: number): void {
    const bytes = this.#bytes;
    const headerBytes = (bytes[start] & 15) << 2;
    if (
      frameEnd - start < 20 ||
      bytes[start] >>> 4 !== 4 ||
      headerBytes < 20 ||
      frameEnd - start < headerBytes
    ) {
      this.counters.badHeaders++;
      return;
    }
    const total = (bytes[start + 2] << 8) | bytes[start + 3];
    // A length of 0 comes from segmentation offload; a length beyond the frame from a cut capture.
    const claimed = total === 0 ? frameEnd - start : total;
    if (claimed < headerBytes) {
      this.counters.badHeaders++;
      return;
    }
    const end = start + claimed < frameEnd ? start + claimed : frameEnd;
    const source = readInt(bytes, start + 12);
    const target = readInt(bytes, start + 16);
    const protocol = bytes[start + 9];
    const fragment = (bytes[start + 6] << 8) | bytes[start + 7];
    if ((fragment & 0x3fff) !== 0) {
      this.counters.fragments++;
      const id = (bytes[start + 4] << 8) | bytes[start + 5];
      const whole = this.#fragments.add(
        `4 ${source} ${target} ${protocol} ${id} ${this.#link.vlan}`,
        this.#time,
        bytes,
        start + headerBytes,
        end,
        (fragment & 0x1fff) << 3,
        (fragment & 0x2000) !== 0,
      );
      if (!whole) return;
      this.#bytes = whole;
      this.#transport(protocol, FAMILY_IPV4, source, target, 0, whole.length, whole.length);
      return;
    }
    this.#transport(
      protocol,
      FAMILY_IPV4,
      source,
      target,
      start + headerBytes,
      end,
      claimed - headerBytes,
    );
  }

  #ipv6(start: number, frameEnd: number): void {
    const bytes = this.#bytes;
    if (frameEnd - start < 40 || bytes[start] >>> 4 !== 6) {
      this.counters.badHeaders++;
      return;
    }
    const claimed = (bytes[start + 4] << 8) | bytes[start + 5];
    let at = start + 40;
    const wanted = claimed === 0 ? frameEnd : at + claimed;
    const end = wanted < frameEnd ? wanted : frameEnd;
    const source = this.hosts.ipv6(bytes, start + 8);
    const target = this.hosts.ipv6(bytes, start + 24);
    let protocol = bytes[start + 6];
    for (let headers = 0; headers < EXTENSION_HEADERS_MAX; headers++) {
      if (protocol === 0 || protocol === 43 || protocol === 60 || protocol === 135) {
        if (end - at < 8) break;
        protocol = bytes[at];
        at += (bytes[at + 1] + 1) << 3;
      } else if (protocol === 51) {
        if (end - at < 8) break;
        protocol = bytes[at];
        at += (bytes[at + 1] + 2) << 2;
      } else if (protocol === 44) {
        if (end - at < 8) break;
        this.counters.fragments++;
        protocol = bytes[at];
        const field = (bytes[at + 2] << 8) | bytes[at + 3];
        if ((field & 0xfff9) === 0) {
          at += 8; // An atomic fragment (RFC 6946) is whole.
          continue;
        }
        const whole = this.#fragments.add(
          `6 ${source} ${target} ${readInt(bytes, at + 4)} ${this.#link.vlan}`,
          this.#time,
          bytes,
          at + 8,
          end,
          field & 0xfff8,
          (field & 1) !== 0,
        );
        if (!whole) return;
        this.#bytes = whole;
        this.#transport(protocol, FAMILY_IPV6, source, target, 0, whole.length, whole.length);
        return;
      } else break;
    }
    if (at > end) {
      this.counters.badHeaders++;
      return;
    }
    this.#transport(protocol, FAMILY_IPV6, source, target, at, end, wanted - at);
  }

  /** @param claimed - length of [start, …) by the network header, which may exceed what was captured. */
  #transport(
    protocol: number,
    family: number,
    source: number,
    target: number,
    start: number,
    end: number,
    claimed: number,
  ): void {
    const bytes = this.#bytes;
    if (protocol === TCP) {
      if (end - start < 20) {
        this.#bare(protocol, family, source, target);
        return;
      }
      const headerBytes = (bytes[start + 12] >>> 4) << 2;
      if (headerBytes < 20 || headerBytes > claimed) {
        this.counters.badHeaders++;
        return;
      }
      const payload = start + headerBytes < end ? start + headerBytes : end;
      this.#tcp(family, source, target, start, payload, end, claimed - headerBytes);
    } else if (protocol === UDP) {
      if (end - start < 8) {
        this.#bare(protocol, family, source, target);
        return;
      }
      const length = (bytes[start + 4] << 8) | bytes[start + 5];
      let payloadEnd = end;
      if (length >= 8 && start + length < end) payloadEnd = start + length;
      const sourcePort = (bytes[start] << 8) | bytes[start + 1];
      const targetPort = (bytes[start + 2] << 8) | bytes[start + 3];
      const payloadBytes = (length >= 8 && length < claimed ? length : claimed) - 8;
      this.#datagram(
        UDP,
        'udp',
        family,
        source,
        target,
        sourcePort,
        targetPort,
        start + 8,
        payloadEnd,
        payloadBytes,
      );
    } else if (protocol === ICMPV6) {
      this.#datagram(ICMPV6, 'icmpv6', family, source, target, 0, 0, start, end, claimed);
    } else if (protocol === ICMP) {
      this.#datagram(ICMP, 'icmp', family, source, target, 0, 0, start, end, claimed);
    } else if (protocol === IGMP) {
      this.#datagram(IGMP, 'igmp', family, source, target, 0, 0, start, end, claimed);
    } else this.#bare(protocol, family, source, target);
  }

  /** A packet of a protocol that is counted but not looked into, or whose header is cut. */
  #bare(protocol: number, family: number, source: number, target: number): void {
    const flow = this.#flow(protocol, family, source, target, 0, 0, UNKNOWN);
    const side = this.#side(flow, source, 0);
    this.flows.count(flow, side, this.#wireBytes, 0, this.#time, this.#file, this.#packet);
  }

  #tcp(
    family: number,
    source: number,
    target: number,
    header: number,
    payload: number,
    end: number,
    payloadBytes: number,
  ): void {
    const bytes = this.#bytes;
    const { flows } = this;
    const sourcePort = (bytes[header] << 8) | bytes[header + 1];
    const targetPort = (bytes[header + 2] << 8) | bytes[header + 3];
    const control = bytes[header + 13];
    const syn = (control & TCP_SYN) !== 0;
    const ack = (control & TCP_ACK) !== 0;
    let flow = this.#flow(
      TCP,
      family,
      source,
      target,
      sourcePort,
      targetPort,
      syn ? (ack ? TARGET : SOURCE) : UNKNOWN,
    );
    let flags = flows.flags(flow);
    if (syn && !ack && (flags & (CLOSED | RESET_SEEN)) !== 0) {
      // The same ports again: another connection.
      flows.end(flow);
      flow = this.#flow(TCP, family, source, target, sourcePort, targetPort, SOURCE);
      flags = flows.flags(flow);
    }
    const side = this.#side(flow, source, sourcePort);
    // A refusal is no answer.
    if (side === 1 && (control & TCP_RST) === 0) this.#noteAnswer(flow, TCP);
    flows.count(flow, side, this.#wireBytes, payloadBytes, this.#time, this.#file, this.#packet);
    if ((control & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0) {
      if (syn) flows.setFlags(flow, ack ? SYN_ACK_SEEN | OPENING_SEEN : SYN_SEEN | OPENING_SEEN);
      if ((control & TCP_RST) !== 0) flows.setFlags(flow, RESET_SEEN);
      if ((control & TCP_FIN) !== 0) flows.setFlags(flow, side === 0 ? FIN_CLIENT : FIN_SERVER);
      flags = flows.flags(flow);
    }
    if ((flags & IGNORED) !== 0) return;
    let decoded = this.#decoded[flow];
    if (payload < end || (syn && decoded)) {
      if (!decoded) {
        decoded = this.#decode(flow, 'tcp', targetPort, sourcePort);
        if (!decoded) return;
        // What this side acknowledges is where the other one goes on, whichever of its segments comes first.
        if (ack) decoded.begin(readInt(bytes, header + 8), side === 0 ? 1 : 0);
      }
      const sequence = readInt(bytes, header + 4);
      if (syn) decoded.begin(sequence + 1, side);
      if (payload < end) {
        decoded.segment(syn ? sequence + 1 : sequence, bytes, payload, end, side, this.#ref());
      }
      this.#afterDecoding(decoded);
    }
    if (!decoded) return;
    if (ack) decoded.acknowledged(readInt(bytes, header + 8), side === 0 ? 1 : 0, this.#ref());
    if ((flags & CLOSED) === CLOSED || (flags & RESET_SEEN) !== 0) {
      decoded.close(this.#ref());
      this.#afterDecoding(decoded);
    }
  }

  #datagram(
    protocol: number,
    carrier: Carrier,
    family: number,
    source: number,
    target: number,
    sourcePort: number,
    targetPort: number,
    payload: number,
    end: number,
    payloadBytes: number,
  ): void {
    const { flows } = this;
    const flow = this.#flow(protocol, family, source, target, sourcePort, targetPort, UNKNOWN);
    const side = this.#side(flow, source, sourcePort);
    if (side === 1) this.#noteAnswer(flow, protocol);
    flows.count(flow, side, this.#wireBytes, payloadBytes, this.#time, this.#file, this.#packet);
    if (payload >= end || (flows.flags(flow) & IGNORED) !== 0) return;
    const decoded = this.#decoded[flow] ?? this.#decode(flow, carrier, targetPort, sourcePort);
    if (!decoded) return;
    decoded.datagram(this.#bytes, payload, end, side, this.#ref());
    this.#afterDecoding(decoded);
  }

  #arp(start: number, end: number): void {
    const bytes = this.#bytes;
    // Ethernet and IPv4 only (RFC 826).
    if (end - start < 28 || bytes[start + 4] !== 6 || bytes[start + 5] !== 4) return;
    const source = readInt(bytes, start + 14);
    const target = readInt(bytes, start + 24);
    this.#datagram(ARP, 'arp', FAMILY_IPV4, source, target, 0, 0, start, end, end - start);
  }

  /** A frame that carries neither IP nor ARP: counted between its MACs, by its type. */
  #otherFrame(link: LinkHeader): void {
    const target = link.target >= 0 ? this.hosts.mac(this.#bytes, link.target) : 0;
    const type = link.type;
    const flow = this.#flow(OTHER, FAMILY_NONE, this.#sourceMac, target, type, type, UNKNOWN);
    const side = this.#side(flow, this.#sourceMac, type);
    this.flows.count(flow, side, this.#wireBytes, 0, this.#time, this.#file, this.#packet);
  }

  /** The flow of a packet, a new one where there is none. */
  #flow(
    protocol: number,
    family: number,
    source: number,
    target: number,
    sourcePort: number,
    targetPort: number,
    opener: Opener,
  ): number {
    const { flows } = this;
    // A host without an address yet (0.0.0.0, DHCP) is told apart by its MAC.
    const from = source === 0 ? this.#sourceMac : source;
    const meta = protocol | (family << 8) | (this.#link.vlan << 12) | (source === 0 ? 1 << 24 : 0);
    const sourceIsLow = from < target || (from === target && sourcePort <= targetPort);
    const low = sourceIsLow ? from : target;
    const high = sourceIsLow ? target : from;
    const ports = sourceIsLow ? (sourcePort << 16) | targetPort : (targetPort << 16) | sourcePort;
    const idle = protocol === TCP ? TCP_IDLE_S : OTHER_IDLE_S;
    const known = flows.find(low, high, ports, meta, this.#time, idle);
    if (known !== 0) return known;
    const flow = flows.begin(low, high, ports, meta, this.#time, idle);
    const link = this.#link;
    const multicast = this.#isMulticast(family, target);
    const fromClient =
      opener === SOURCE ||
      (opener === UNKNOWN &&
        (multicast || !this.#looksLikeServer(protocol, sourcePort, targetPort)));
    let bits = (sourceIsLow === fromClient ? LOW_IS_CLIENT : 0) | (multicast ? MULTICAST : 0);
    if (multicast) bits |= OPENING_SEEN;
    flows.setFlags(flow, bits);
    flows.setStart(flow, this.#file, this.#packet, this.#seconds, this.#nanos);
    const sender = this.hosts.host(this.#sourceMac, family, source);
    const targetMac = multicast || link.target < 0 ? 0 : this.hosts.mac(this.#frame, link.target);
    if (fromClient) {
      flows.setClient(flow, sender);
      flows.setServerMac(flow, targetMac);
      if (!multicast && sender !== 0 && isKnock(protocol, opener)) {
        this.#knock(flow, sender, protocol, family, target, targetPort);
      }
    } else {
      flows.setServer(flow, sender);
      flows.setServerMac(flow, this.#sourceMac);
      flows.setClient(flow, this.hosts.host(targetMac, family, target));
    }
    return flow;
  }

  /** A host opens a flow: a destination that is new to it may be one of many. */
  #knock(
    flow: number,
    sender: HostId,
    protocol: number,
    family: number,
    target: number,
    port: number,
  ): void {
    const carrier = CARRIER_NAMES.get(protocol) as Carrier;
    const outside = this.#isOutside(family, target);
    const isNew = this.#fanOuts.contact(
      sender,
      carrier,
      protocol,
      port,
      target,
      outside,
      this.#time,
      this.#getRef,
    );
    if (isNew) this.flows.setFlags(flow, NEW_DESTINATION);
  }

  #isMulticast(family: number, target: number): boolean {
    if (this.#link.group) return true;
    if (family === FAMILY_IPV4) return target >>> 28 === 14 || target === -1;
    return family === FAMILY_IPV6 && this.hosts.isMulticastIpv6(target);
  }

  #isOutside(family: number, address: number): boolean {
    if (family === FAMILY_IPV4) return scopeOfIpv4(address) === 'public';
    return family === FAMILY_IPV6 && this.hosts.isGlobalIpv6(address);
  }

  /** Midstream or without an opening: the end with a service's port is taken for the server. */
  #looksLikeServer(protocol: number, sourcePort: number, targetPort: number): boolean {
    const bit = protocol === TCP ? 1 : 2;
    const sourceKnown = (this.#servicePorts[sourcePort] & bit) !== 0;
    const targetKnown = (this.#servicePorts[targetPort] & bit) !== 0;
    if (sourceKnown !== targetKnown) return sourceKnown;
    return sourcePort < 1024 && targetPort >= 1024;
  }

  /** Which side of a flow a packet comes from. */
  #side(flow: number, source: number, sourcePort: number): 0 | 1 {
    const { flows } = this;
    const from = source === 0 ? this.#sourceMac : source;
    if (flows.clientAddress(flow) === from && flows.clientPort(flow) === sourcePort) return 0;
    if (flows.serverHost(flow) === 0 || (flows.serverMac(flow) === 0 && this.#sourceMac !== 0)) {
      flows.setServerMac(flow, this.#sourceMac);
      const family = (flows.meta(flow) >>> 8) & 15;
      flows.setServer(flow, this.hosts.host(this.#sourceMac, family, source));
    }
    return 1;
  }

  #noteAnswer(flow: number, protocol: number): void {
    const { flows } = this;
    if ((flows.flags(flow) & NEW_DESTINATION) === 0) return;
    flows.clearFlags(flow, NEW_DESTINATION);
    const since = flows.firstSeconds(flow) + flows.firstNanos(flow) * 1e-9;
    this.#fanOuts.answered(flows.clientHost(flow), protocol, flows.serverPort(flow), since);
  }

  #serverOf(flow: number): HostId {
    const { flows } = this;
    const known = flows.serverHost(flow);
    if (known !== 0) return known;
    const family = (flows.meta(flow) >>> 8) & 15;
    const host = this.hosts.host(flows.serverMac(flow), family, flows.serverAddress(flow));
    flows.setServer(flow, host);
    return host;
  }

  #decode(
    flow: number,
    carrier: Carrier,
    targetPort: number,
    sourcePort: number,
  ): DecodedFlow | undefined {
    const all = this.#decodersOf.get(carrier);
    if (!all) {
      this.flows.setFlags(flow, IGNORED);
      return undefined;
    }
    const ordered = all.likeliestFirst(targetPort, sourcePort);
    const decoded = new DecodedFlow(++this.#flowNumber, flow, this.#run, carrier, ordered);
    this.#decoded[flow] = decoded;
    this.#decoding.add(decoded);
    this.#endIdleDecoding();
    return decoded;
  }

  /**
   * Looks at the decodings that waited longest, and ends those of datagram flows that fell silent: each new flow
   * pays for two looks, so what is over goes soon. When there are too many, one goes in any case.
   */
  #endIdleDecoding(): void {
    const tooMany = this.#decoding.size > DECODED_FLOWS_MAX;
    for (let looks = tooMany ? OLDEST_LOOKS : 2; looks > 0; looks--) {
      const decoded = this.#decoding.first as DecodedFlow;
      const silent = this.#time - this.flows.lastTime(decoded.slot);
      const over = decoded.carrier !== 'tcp' && silent > DECODING_IDLE_S;
      if (over || (tooMany && (silent > DECODING_IDLE_S || looks === 1))) {
        decoded.close(this.#ref());
        this.#noteProtocol(decoded);
        // A stream that is cut off cannot be taken up again; the next datagram can.
        if (!over) this.flows.setFlags(decoded.slot, IGNORED);
        this.#forget(decoded);
        if (tooMany) return;
      } else {
        // Still in use: it moves to the end of the queue.
        this.#decoding.remove(decoded);
        this.#decoding.add(decoded);
      }
    }
  }

  /** Notes on the flow's record what its decoding found out. */
  #afterDecoding(decoded: DecodedFlow): void {
    if (decoded.ignored) {
      this.flows.setFlags(decoded.slot, IGNORED);
      if (decoded.protocol === undefined) this.#forget(decoded);
    }
    this.#noteProtocol(decoded);
  }

  #noteProtocol(decoded: DecodedFlow): void {
    if (decoded.protocol !== undefined && this.flows.protocol(decoded.slot) === 0) {
      this.flows.setProtocol(decoded.slot, this.#protocols.indexOf(decoded.protocol));
    }
  }

  #forget(decoded: DecodedFlow): void {
    if (this.#decoded[decoded.slot] !== decoded) return;
    this.#decoded[decoded.slot] = undefined;
    this.#decoding.remove(decoded);
  }

  #endFlow(flow: number): void {
    const { flows, hosts } = this;
    const decoded = this.#decoded[flow];
    const client = flows.clientHost(flow);
    const ended = this.#ended;
    if (decoded) {
      decoded.close(ended.lastOf(flow));
      this.#afterDecoding(decoded);
      this.#forget(decoded);
    }
    ended.take(flow, this.#protocols[flows.protocol(flow)]);
    this.#conversations.add(ended);
    hosts.bytesSent[client] += flows.bytes(flow, 0);
    hosts.bytesReceived[client] += flows.bytes(flow, 1);
    hosts.packetsSent[client] += flows.packets(flow, 0);
    hosts.packetsReceived[client] += flows.packets(flow, 1);
    const server = flows.serverHost(flow);
    if (server === 0) return;
    hosts.bytesSent[server] += flows.bytes(flow, 1);
    hosts.bytesReceived[server] += flows.bytes(flow, 0);
    hosts.packetsSent[server] += flows.packets(flow, 1);
    hosts.packetsReceived[server] += flows.packets(flow, 0);
  }
}

/** The packet opens a conversation that an answer would complete; midstream packets do not. */
function isKnock(protocol: number, opener: Opener): boolean {
  return protocol === TCP ? opener === SOURCE : protocol === UDP || protocol === ICMP;
}

function readInt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

/** The decoders of one carrier, in the order in which they are tried on given ports. */
class DecoderList {
  readonly #all: readonly Decoder[];
  readonly #byPort = new Map<number, readonly Decoder[]>();

  constructor(all: readonly Decoder[]) {
    this.#all = all;
    for (const port of new Set(all.flatMap((decoder) => decoder.ports))) {
      const onPort = all.filter((decoder) => decoder.ports.includes(port));
      this.#byPort.set(port, [...onPort, ...all.filter((decoder) => !onPort.includes(decoder))]);
    }
  }

  likeliestFirst(targetPort: number, sourcePort: number): readonly Decoder[] {
    return this.#byPort.get(targetPort) ?? this.#byPort.get(sourcePort) ?? this.#all;
  }
}

function byCarrier(decoders: readonly Decoder[]): Map<Carrier, DecoderList> {
  const carriers = new Set(decoders.flatMap((decoder) => decoder.carriers));
  return new Map(
    [...carriers].map((carrier) => [
      carrier,
      new DecoderList(decoders.filter((decoder) => decoder.carriers.includes(carrier))),
    ]),
  );
}

/** A flow that ends, read from its record; one object for all, since most leave nothing behind. */
class ReusedEndedFlow implements EndedFlow {
  readonly #flows: FlowTable;
  readonly #serverOf: (flow: number) => HostId;
  #flow = 0;
  carrier: Carrier = 'tcp';
  client = 0;
  clientPort = 0;
  serverPort = 0;
  openingSeen = false;
  multicast = false;
  established = false;
  refused = false;
  readonly bytes: [number, number] = [0, 0];
  readonly packets: [number, number] = [0, 0];
  readonly payload: [number, number] = [0, 0];
  protocol: string | undefined;

  constructor(flows: FlowTable, serverOf: (flow: number) => HostId) {
    this.#flows = flows;
    this.#serverOf = serverOf;
  }

  take(flow: number, protocol: string | undefined): void {
    const flows = this.#flows;
    const flags = flows.flags(flow);
    this.#flow = flow;
    this.carrier = CARRIER_NAMES.get(flows.meta(flow) & 255) ?? 'other';
    this.client = flows.clientHost(flow);
    this.clientPort = flows.clientPort(flow);
    this.serverPort = flows.serverPort(flow);
    this.openingSeen = (flags & OPENING_SEEN) !== 0;
    this.multicast = (flags & MULTICAST) !== 0;
    for (const side of [0, 1] as const) {
      this.bytes[side] = flows.bytes(flow, side);
      this.packets[side] = flows.packets(flow, side);
      this.payload[side] = flows.payload(flow, side);
    }
    const opened = SYN_SEEN | SYN_ACK_SEEN;
    this.established = this.carrier === 'tcp' ? (flags & opened) === opened : this.packets[1] > 0;
    this.refused =
      (flags & RESET_SEEN) !== 0 && this.payload[1] === 0 && (flags & SYN_ACK_SEEN) === 0;
    this.protocol = protocol;
  }

  server(): HostId {
    return this.#serverOf(this.#flow);
  }

  get first(): PacketRef {
    const flows = this.#flows;
    return {
      file: flows.firstFile(this.#flow),
      packet: flows.firstPacket(this.#flow),
      seconds: flows.firstSeconds(this.#flow),
      nanos: flows.firstNanos(this.#flow),
    };
  }

  get last(): PacketRef {
    return this.lastOf(this.#flow);
  }

  lastOf(flow: number): PacketRef {
    const flows = this.#flows;
    const time = flows.lastTime(flow);
    const seconds = Math.floor(time);
    return {
      file: flows.lastFile(flow),
      packet: flows.lastPacket(flow),
      seconds,
      nanos: Math.min(999_999_999, Math.round((time - seconds) * 1e9)),
    };
  }
}
