/**
 * The dissector: frames in, flows, events and observations out. It walks link, network and transport headers on the
 * frame's own bytes, puts fragments together, and passes each packet to the follower of its flow. This is the hottest
 * path there is: what a packet's headers say is written to the one Packet, and nothing is allocated.
 */
import type { PacketRef } from './decoder.ts';
import type { FlowTable } from './flows.ts';
import { FlowFollower, type FollowOptions } from './follow.ts';
import { Fragments } from './fragments.ts';
import { FAMILY_IPV4, FAMILY_IPV6, FAMILY_NONE, Hosts } from './hosts.ts';
import type { FrameSink } from './input/frames.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, parseLink } from './link.ts';
import { Observations } from './observations.ts';
import { Packet } from './packet.ts';
import { ARP, ICMP, ICMPV6, IGMP, OTHER, TCP, UDP } from './protocols.ts';

const EXTENSION_HEADERS_MAX = 16;

export type DissectOptions = FollowOptions;

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
  /** The earliest packet, by time. */
  first: PacketRef | undefined;

  readonly #packet = new Packet(this.hosts);
  readonly #follower: FlowFollower;
  readonly #fragments = new Fragments();
  #linkType = -1;
  /** Packets before the link type changed last. */
  #countedPackets = 0;
  #firstTime = Number.POSITIVE_INFINITY;
  #fileFrom = Number.POSITIVE_INFINITY;
  #fileTo = Number.NEGATIVE_INFINITY;
  readonly #last = { time: Number.NEGATIVE_INFINITY, file: 0, packet: 0, seconds: 0, nanos: 0 };

  constructor(options: DissectOptions = {}) {
    this.#follower = new FlowFollower(this.#packet, this.hosts, this.observations, options);
  }

  get flows(): FlowTable {
    return this.#follower.flows;
  }

  /** Events emitted, by protocol. */
  get eventCounts(): ReadonlyMap<string, number> {
    return this.#follower.decodings.eventCounts;
  }

  /** Flows whose decoder threw, by protocol: bugs of ours. */
  get failures(): ReadonlyMap<string, number> {
    return this.#follower.decodings.failures;
  }

  /** Packets are numbered from 1 in each file. */
  beginFile(index: number): void {
    this.#packet.file = index;
    this.#packet.number = 0;
    this.#fileFrom = Number.POSITIVE_INFINITY;
    this.#fileTo = Number.NEGATIVE_INFINITY;
  }

  /** The latest packet, by time. */
  get last(): PacketRef | undefined {
    const { file, packet, seconds, nanos } = this.#last;
    return packet === 0 ? undefined : { file, packet, seconds, nanos };
  }

  /** From when to when the current file's packets are, in seconds since 1970; undefined when it has none. */
  get fileSpan(): { readonly from: number; readonly to: number } | undefined {
    if (this.#fileTo < this.#fileFrom) return undefined;
    return { from: this.#fileFrom, to: this.#fileTo };
  }

  /** Ends all flows and hands over what was aggregated; call once. */
  finish(): void {
    this.#countLinkType(-1);
    this.#follower.finish();
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
    const packet = this.#packet;
    const { counters } = this;
    const captured = end - start;
    const wireBytes = originalLength > captured ? originalLength : captured;
    packet.next(bytes, wireBytes, seconds, nanos);
    if (linkType !== this.#linkType) this.#countLinkType(linkType);
    counters.packets++;
    counters.bytes += wireBytes;
    if (originalLength > captured) counters.truncated++;
    this.#noteTime();
    const { link } = packet;
    if (!parseLink(linkType, bytes, start, end, link)) {
      if (link.type < 0) {
        this.unknownLinks.set(linkType, (this.unknownLinks.get(linkType) ?? 0) + 1);
      } else counters.badHeaders++;
      return;
    }
    if (link.type === ETHERTYPE_IPV4) this.#ipv4(link.payload, end);
    else if (link.type === ETHERTYPE_IPV6) this.#ipv6(link.payload, end);
    else if (link.type === ETHERTYPE_ARP) this.#arp(link.payload, end);
    else if (link.source >= 0) this.#otherFrame();
  }

  /** Adds up the packets since the link type changed last, which it rarely does. */
  #countLinkType(next: number): void {
    const { packets } = this.counters;
    const count = packets - this.#countedPackets;
    if (count > 0) {
      this.linkTypes.set(this.#linkType, (this.linkTypes.get(this.#linkType) ?? 0) + count);
    }
    this.#linkType = next;
    this.#countedPackets = packets;
  }

  #noteTime(): void {
    const packet = this.#packet;
    const { time } = packet;
    if (time < this.#fileFrom) {
      this.#fileFrom = time;
      if (time < this.#firstTime) {
        this.#firstTime = time;
        this.first = packet.ref();
      }
    }
    if (time > this.#fileTo) this.#fileTo = time;
    const last = this.#last;
    if (time >= last.time) {
      last.time = time;
      last.file = packet.file;
      last.packet = packet.number;
      last.seconds = packet.seconds;
      last.nanos = packet.nanos;
    }
  }

  #ipv4(start: number, frameEnd: number): void {
    const packet = this.#packet;
    const { bytes } = packet;
    const room = frameEnd - start;
    const headerBytes = (bytes[start] & 15) << 2;
    const total = (bytes[start + 2] << 8) | bytes[start + 3];
    // A length of 0 comes from segmentation offload; a length beyond the frame from a cut capture.
    const claimed = total === 0 ? room : total;
    if (
      room < 20 ||
      bytes[start] >>> 4 !== 4 ||
      headerBytes < 20 ||
      room < headerBytes ||
      claimed < headerBytes
    ) {
      this.counters.badHeaders++;
      return;
    }
    const end = claimed < room ? start + claimed : frameEnd;
    packet.family = FAMILY_IPV4;
    packet.protocol = bytes[start + 9];
    packet.source = readInt(bytes, start + 12);
    packet.target = readInt(bytes, start + 16);
    const fragment = (bytes[start + 6] << 8) | bytes[start + 7];
    if ((fragment & 0x3fff) === 0) {
      this.#transport(start + headerBytes, end, claimed - headerBytes);
    } else this.#fragmentOfIpv4(start, start + headerBytes, end, fragment);
  }

  #fragmentOfIpv4(header: number, start: number, end: number, field: number): void {
    const { bytes, source, target, protocol, link } = this.#packet;
    const id = (bytes[header + 4] << 8) | bytes[header + 5];
    const key = `4 ${source} ${target} ${protocol} ${id} ${link.vlan}`;
    this.#fragment(key, start, end, (field & 0x1fff) << 3, (field & 0x2000) !== 0);
  }

  /** Adds a fragment's bytes [start, end), and goes on with the whole when it was the missing piece. */
  #fragment(key: string, start: number, end: number, offset: number, more: boolean): void {
    const packet = this.#packet;
    this.counters.fragments++;
    const { bytes, time } = packet;
    const whole = this.#fragments.add(key, time, bytes, start, end, offset, more);
    if (!whole) return;
    packet.bytes = whole;
    this.#transport(0, whole.length, whole.length);
  }

  #ipv6(start: number, frameEnd: number): void {
    const packet = this.#packet;
    const { bytes } = packet;
    if (frameEnd - start < 40 || bytes[start] >>> 4 !== 6) {
      this.counters.badHeaders++;
      return;
    }
    const claimed = (bytes[start + 4] << 8) | bytes[start + 5];
    let at = start + 40;
    const wanted = claimed === 0 ? frameEnd : at + claimed;
    const end = Math.min(wanted, frameEnd);
    packet.family = FAMILY_IPV6;
    packet.source = this.hosts.ipv6(bytes, start + 8);
    packet.target = this.hosts.ipv6(bytes, start + 24);
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
        protocol = bytes[at];
        packet.protocol = protocol;
        const field = (bytes[at + 2] << 8) | bytes[at + 3];
        if ((field & 0xfff9) !== 0) {
          this.#fragmentOfIpv6(at, end, field);
          return;
        }
        this.counters.fragments++;
        at += 8; // An atomic fragment (RFC 6946) is whole.
      } else break;
    }
    if (at > end) {
      this.counters.badHeaders++;
      return;
    }
    packet.protocol = protocol;
    this.#transport(at, end, wanted - at);
  }

  #fragmentOfIpv6(header: number, end: number, field: number): void {
    const { bytes, source, target, link } = this.#packet;
    const key = `6 ${source} ${target} ${readInt(bytes, header + 4)} ${link.vlan}`;
    this.#fragment(key, header + 8, end, field & 0xfff8, (field & 1) !== 0);
  }

  /**
   * Reads the transport header at `start` and passes the packet on.
   * @param claimed - length of [start, …) by the network header, which may exceed what was captured.
   */
  #transport(start: number, end: number, claimed: number): void {
    const packet = this.#packet;
    const { bytes, protocol } = packet;
    const room = end - start;
    packet.transport = start;
    packet.control = 0;
    packet.sourcePort = 0;
    packet.targetPort = 0;
    packet.payload = start;
    packet.end = end;
    packet.payloadBytes = claimed;
    if (protocol === TCP && room >= 20) {
      const headerBytes = (bytes[start + 12] >>> 4) << 2;
      if (headerBytes < 20 || headerBytes > claimed) {
        this.counters.badHeaders++;
        return;
      }
      packet.sourcePort = (bytes[start] << 8) | bytes[start + 1];
      packet.targetPort = (bytes[start + 2] << 8) | bytes[start + 3];
      packet.control = bytes[start + 13];
      packet.payload = headerBytes < room ? start + headerBytes : end;
      packet.payloadBytes = claimed - headerBytes;
    } else if (protocol === UDP && room >= 8) {
      const length = (bytes[start + 4] << 8) | bytes[start + 5];
      packet.sourcePort = (bytes[start] << 8) | bytes[start + 1];
      packet.targetPort = (bytes[start + 2] << 8) | bytes[start + 3];
      packet.payload = start + 8;
      if (length >= 8 && length < room) packet.end = start + length;
      packet.payloadBytes = (length >= 8 && length < claimed ? length : claimed) - 8;
    } else if (protocol !== ICMPV6 && protocol !== ICMP && protocol !== IGMP) {
      // Counted but not looked into, or its header is cut.
      packet.end = start;
      packet.payloadBytes = 0;
    }
    this.#follower.follow();
  }

  #arp(start: number, end: number): void {
    const packet = this.#packet;
    const { bytes } = packet;
    // Ethernet and IPv4 only (RFC 826).
    if (end - start < 28 || bytes[start + 4] !== 6 || bytes[start + 5] !== 4) return;
    packet.family = FAMILY_IPV4;
    packet.source = readInt(bytes, start + 14);
    packet.target = readInt(bytes, start + 24);
    this.#portless(ARP, start, end);
  }

  /** A frame that carries neither IP nor ARP: counted between its MACs, by its type. */
  #otherFrame(): void {
    const packet = this.#packet;
    const { target, type, payload, end } = packet.link;
    packet.family = FAMILY_NONE;
    packet.source = packet.sourceMac;
    packet.target = target >= 0 ? this.hosts.mac(packet.bytes, target) : 0;
    this.#portless(OTHER, payload, end, type);
  }

  #portless(protocol: number, start: number, end: number, port = 0): void {
    const packet = this.#packet;
    packet.protocol = protocol;
    packet.control = 0;
    packet.sourcePort = port;
    packet.targetPort = port;
    packet.payload = start;
    packet.end = end;
    packet.payloadBytes = end - start;
    this.#follower.follow();
  }
}

function readInt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
