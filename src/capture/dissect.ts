/**
 * The dissector: frames in, flows, events and observations out. It walks link, network and transport headers on the
 * frame's own bytes, puts fragments together, and passes each packet to the follower of its flow.
 */
import type { PacketRef } from './decoder.ts';
import type { FlowTable } from './flows.ts';
import { FlowFollower, type FollowOptions } from './follow.ts';
import { Fragments } from './fragments.ts';
import { FAMILY_IPV4, FAMILY_IPV6, Hosts } from './hosts.ts';
import type { FrameSink } from './input/frames.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, parseLink } from './link.ts';
import { Observations } from './observations.ts';
import { Packet } from './packet.ts';
import { ARP, ICMP, ICMPV6, IGMP, TCP, UDP } from './protocols.ts';

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
  #linkTypePackets = 0;
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
    const { link } = packet;
    const { counters } = this;
    const captured = end - start;
    const wireBytes = Math.max(originalLength, captured);
    packet.next(bytes, wireBytes, seconds, nanos);
    if (linkType !== this.#linkType) this.#countLinkType(linkType);
    this.#linkTypePackets++;
    counters.packets++;
    counters.bytes += wireBytes;
    if (originalLength > captured) counters.truncated++;
    if (packet.time < this.#firstTime) {
      this.#firstTime = packet.time;
      this.first = packet.ref();
    }
    if (packet.time >= this.#last.time) this.#noteLast();
    if (packet.time < this.#fileFrom) this.#fileFrom = packet.time;
    if (packet.time > this.#fileTo) this.#fileTo = packet.time;
    if (!parseLink(linkType, bytes, start, end, link)) {
      if (link.type < 0) {
        this.unknownLinks.set(linkType, (this.unknownLinks.get(linkType) ?? 0) + 1);
      } else counters.badHeaders++;
      return;
    }
    if (link.type === ETHERTYPE_IPV4) this.#ipv4(link.payload, link.end);
    else if (link.type === ETHERTYPE_IPV6) this.#ipv6(link.payload, link.end);
    else if (link.type === ETHERTYPE_ARP) this.#arp(link.payload, link.end);
    else if (link.source >= 0) this.#follower.otherFrame(link);
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
    const { time, file, number, seconds, nanos } = this.#packet;
    last.time = time;
    last.file = file;
    last.packet = number;
    last.seconds = seconds;
    last.nanos = nanos;
  }

  #ipv4(start: number, frameEnd: number): void {
    const bytes = this.#packet.bytes;
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
    const end = Math.min(start + claimed, frameEnd);
    const source = readInt(bytes, start + 12);
    const target = readInt(bytes, start + 16);
    const protocol = bytes[start + 9];
    const fragment = (bytes[start + 6] << 8) | bytes[start + 7];
    if ((fragment & 0x3fff) !== 0) {
      this.counters.fragments++;
      const id = (bytes[start + 4] << 8) | bytes[start + 5];
      const whole = this.#fragments.add(
        `4 ${source} ${target} ${protocol} ${id} ${this.#packet.link.vlan}`,
        this.#packet.time,
        bytes,
        start + headerBytes,
        end,
        (fragment & 0x1fff) << 3,
        (fragment & 0x2000) !== 0,
      );
      if (!whole) return;
      this.#packet.bytes = whole;
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
    const bytes = this.#packet.bytes;
    if (frameEnd - start < 40 || bytes[start] >>> 4 !== 6) {
      this.counters.badHeaders++;
      return;
    }
    const claimed = (bytes[start + 4] << 8) | bytes[start + 5];
    let at = start + 40;
    const wanted = claimed === 0 ? frameEnd : at + claimed;
    const end = Math.min(wanted, frameEnd);
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
          `6 ${source} ${target} ${readInt(bytes, at + 4)} ${this.#packet.link.vlan}`,
          this.#packet.time,
          bytes,
          at + 8,
          end,
          field & 0xfff8,
          (field & 1) !== 0,
        );
        if (!whole) return;
        this.#packet.bytes = whole;
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
    const bytes = this.#packet.bytes;
    if (protocol === TCP) {
      if (end - start < 20) {
        this.#follower.bare(protocol, family, source, target);
        return;
      }
      const headerBytes = (bytes[start + 12] >>> 4) << 2;
      if (headerBytes < 20 || headerBytes > claimed) {
        this.counters.badHeaders++;
        return;
      }
      const payload = Math.min(start + headerBytes, end);
      this.#follower.tcp(family, source, target, start, payload, end, claimed - headerBytes);
    } else if (protocol === UDP) {
      if (end - start < 8) {
        this.#follower.bare(protocol, family, source, target);
        return;
      }
      const length = (bytes[start + 4] << 8) | bytes[start + 5];
      let payloadEnd = end;
      if (length >= 8 && start + length < end) payloadEnd = start + length;
      const sourcePort = (bytes[start] << 8) | bytes[start + 1];
      const targetPort = (bytes[start + 2] << 8) | bytes[start + 3];
      const payloadBytes = (length >= 8 && length < claimed ? length : claimed) - 8;
      this.#follower.datagram(
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
      this.#follower.datagram(ICMPV6, 'icmpv6', family, source, target, 0, 0, start, end, claimed);
    } else if (protocol === ICMP) {
      this.#follower.datagram(ICMP, 'icmp', family, source, target, 0, 0, start, end, claimed);
    } else if (protocol === IGMP) {
      this.#follower.datagram(IGMP, 'igmp', family, source, target, 0, 0, start, end, claimed);
    } else this.#follower.bare(protocol, family, source, target);
  }

  #arp(start: number, end: number): void {
    const bytes = this.#packet.bytes;
    // Ethernet and IPv4 only (RFC 826).
    if (end - start < 28 || bytes[start + 4] !== 6 || bytes[start + 5] !== 4) return;
    const source = readInt(bytes, start + 14);
    const target = readInt(bytes, start + 24);
    this.#follower.datagram(ARP, 'arp', FAMILY_IPV4, source, target, 0, 0, start, end, end - start);
  }
}

function readInt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
