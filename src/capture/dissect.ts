/**
 * The dissector: frames in, flows, events and observations out. The kernel walks headers and counts packets on their
 * flows; here is what it leaves: other link layers, fragments, new flows, and payload that somebody wants.
 */
import type { PacketRef } from './decoder.ts';
import { FlowTable, flowCapacity } from './flows.ts';
import { FlowFollower, type FollowOptions } from './follow.ts';
import { Fragments } from './fragments.ts';
import { FAMILY_IPV4, FAMILY_NONE, Hosts } from './hosts.ts';
import { FRAME_BYTES_MAX, type FrameSink, type RecordFormat } from './input/frames.ts';
import {
  BAD_HEADERS,
  BYTES,
  CONTROL,
  END,
  FAMILY,
  FILE,
  FIRST_NANOS,
  FIRST_NUMBER,
  FIRST_SECONDS,
  FRAGMENT,
  FRAGMENT_HEADER,
  FRAGMENTS,
  FROM,
  FULL,
  GROUP,
  LAST_NANOS,
  LAST_NUMBER,
  LAST_SECONDS,
  LOOK,
  NOTHING,
  NUMBER,
  ODD,
  OVER,
  PACKETS,
  PAYLOAD,
  PAYLOAD_BYTES,
  PROTOCOL,
  REASSEMBLED,
  RECEIVER_MAC,
  SENDER_MAC,
  SOURCE,
  SOURCE_PORT,
  START,
  STOP,
  TARGET,
  TARGET_PORT,
  TIME,
  TO,
  TRANSPORT,
  TRUNCATED,
  VLAN,
  WHY,
} from './kernel/layout.ts';
import { PacketKernel } from './kernel.ts';
import {
  ETHERNET,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  type LinkHeader,
  parseLink,
} from './link.ts';
import { Observations } from './observations.ts';
import { ARP, OTHER } from './protocols.ts';

export interface DissectOptions extends FollowOptions {
  /** Flows held at once; 128 bytes each. */
  readonly flows?: number;
}

/** Counts of a run. */
export interface DissectCounters {
  readonly packets: number;
  readonly bytes: number;
  /** Packets cut by the capture's snap length. */
  readonly truncated: number;
  readonly fragments: number;
  /** Packets whose headers contradict themselves or are cut. */
  readonly badHeaders: number;
}

export class Dissector implements FrameSink {
  readonly hosts: Hosts;
  readonly observations = new Observations();
  /** Packets by link type. */
  readonly linkTypes = new Map<number, number>();
  /** Packets by link type that is not understood. */
  readonly unknownLinks = new Map<number, number>();
  readonly flows: FlowTable;
  /** Where captures are read to. */
  readonly memory: Buffer;
  readonly #kernel: PacketKernel;
  readonly #follower: FlowFollower;
  readonly #fragments = new Fragments();
  readonly #link: LinkHeader = {
    type: -1,
    payload: 0,
    end: 0,
    source: -1,
    target: -1,
    vlan: 0,
    group: false,
  };
  #linkType = -1;
  /** Packets before the link type changed last. */
  #countedPackets = 0;
  #first: PacketRef | undefined;
  #firstTime = Number.POSITIVE_INFINITY;
  #last: PacketRef | undefined;
  #lastTime = Number.NEGATIVE_INFINITY;

  constructor(options: DissectOptions = {}) {
    const capacity = flowCapacity(options.flows);
    const kernel = new PacketKernel(capacity);
    this.#kernel = kernel;
    this.memory = kernel.input;
    this.hosts = new Hosts(kernel);
    this.flows = new FlowTable(kernel, capacity, (flow) => this.#follower.endFlow(flow));
    this.#follower = new FlowFollower(kernel, this.flows, this.hosts, this.observations, options);
    this.beginFile(0);
  }

  get counters(): DissectCounters {
    const { words, doubles } = this.#kernel;
    return {
      packets: doubles[PACKETS],
      bytes: doubles[BYTES],
      truncated: words[TRUNCATED] >>> 0,
      fragments: words[FRAGMENTS] >>> 0,
      badHeaders: words[BAD_HEADERS] >>> 0,
    };
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
    this.#noteEnds();
    this.#kernel.run.beginFile(index);
  }

  /** The earliest packet, by time. */
  get first(): PacketRef | undefined {
    this.#noteEnds();
    return this.#first;
  }

  /** The latest packet, by time. */
  get last(): PacketRef | undefined {
    this.#noteEnds();
    return this.#last;
  }

  /** From when to when the current file's packets are, in seconds since 1970; undefined when it has none. */
  get fileSpan(): { readonly from: number; readonly to: number } | undefined {
    const { words, doubles } = this.#kernel;
    return words[NUMBER] === 0 ? undefined : { from: doubles[FROM], to: doubles[TO] };
  }

  /** Takes over what the current file says of when the first and the last packet of all came. */
  #noteEnds(): void {
    const span = this.fileSpan;
    if (!span) return;
    const { words } = this.#kernel;
    const ref = (number: number, seconds: number, nanos: number): PacketRef => ({
      file: words[FILE],
      packet: words[number],
      seconds: words[seconds] >>> 0,
      nanos: words[nanos],
    });
    if (span.from < this.#firstTime) {
      this.#firstTime = span.from;
      this.#first = ref(FIRST_NUMBER, FIRST_SECONDS, FIRST_NANOS);
    }
    if (span.to >= this.#lastTime) {
      this.#lastTime = span.to;
      this.#last = ref(LAST_NUMBER, LAST_SECONDS, LAST_NANOS);
    }
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
    const { run } = this.#kernel;
    if (linkType !== this.#linkType) this.#countLinkType(linkType);
    const place = this.#kernel.place(bytes, start, end);
    const stop = place + end - start;
    run.take(place, stop, originalLength, seconds, nanos);
    this.#attend(linkType === ETHERNET ? run.ethernet(place, stop) : ODD);
  }

  records(start: number, end: number, linkType: number, format: RecordFormat): number {
    const { run, words } = this.#kernel;
    const { littleEndian, nanosPerUnit, headerBytes } = format;
    const isEthernet = linkType === ETHERNET;
    const base = this.memory.byteOffset;
    const stop = base + end;
    let at = base + start;
    if (linkType !== this.#linkType) this.#countLinkType(linkType);
    for (;;) {
      at = run.walk(at, stop, littleEndian, nanosPerUnit, headerBytes, isEthernet, FRAME_BYTES_MAX);
      if (words[WHY] === NOTHING) return at - base;
      this.#attend(words[WHY]);
    }
  }

  /** Does what the kernel left to do for the packet at hand. */
  #attend(why: number): void {
    const { run } = this.#kernel;
    let left = why;
    while (left !== NOTHING) {
      if (left === LOOK) {
        this.#follower.look();
        return;
      }
      if (left === OVER || left === FULL) {
        if (left === OVER) this.flows.endCurrent();
        else this.flows.evict();
        left = run.follow();
      } else left = left === FRAGMENT ? this.#fragment() : this.#oddFrame();
    }
  }

  /** A frame that is more than an IP packet in Ethernet. @returns why the kernel stopped. */
  #oddFrame(): number {
    const { bytes, words, run } = this.#kernel;
    const link = this.#link;
    if (!parseLink(this.#linkType, bytes, words[START], words[STOP], link)) {
      if (link.type < 0) {
        const known = this.unknownLinks.get(this.#linkType) ?? 0;
        this.unknownLinks.set(this.#linkType, known + 1);
      } else words[BAD_HEADERS]++;
      return NOTHING;
    }
    words[VLAN] = link.vlan;
    words[GROUP] = link.group ? 1 : 0;
    words[SENDER_MAC] = Math.max(0, link.source);
    words[RECEIVER_MAC] = Math.max(0, link.target);
    if (link.type === ETHERTYPE_IPV4) return run.ipv4(link.payload, link.end);
    if (link.type === ETHERTYPE_IPV6) return run.ipv6(link.payload, link.end);
    if (link.type === ETHERTYPE_ARP) return this.#arp(link.payload, link.end);
    return link.source >= 0 ? this.#otherFrame(link) : NOTHING;
  }

  #arp(start: number, end: number): number {
    const { bytes, words } = this.#kernel;
    // Ethernet and IPv4 only (RFC 826).
    if (end - start < 28 || bytes[start + 4] !== 6 || bytes[start + 5] !== 4) return NOTHING;
    words[FAMILY] = FAMILY_IPV4;
    words[SOURCE] = bytes.readInt32BE(start + 14);
    words[TARGET] = bytes.readInt32BE(start + 24);
    return this.#portless(ARP, 0, start, end);
  }

  /** A frame that carries neither IP nor ARP: counted between its MACs, by its type. */
  #otherFrame(link: LinkHeader): number {
    const { words, run } = this.#kernel;
    words[FAMILY] = FAMILY_NONE;
    words[SOURCE] = run.numberOfMac(link.source);
    words[TARGET] = link.target >= 0 ? run.numberOfMac(link.target) : 0;
    return this.#portless(OTHER, link.type, link.payload, link.end);
  }

  #portless(protocol: number, port: number, start: number, end: number): number {
    const { words, run } = this.#kernel;
    words[PROTOCOL] = protocol;
    words[SOURCE_PORT] = port;
    words[TARGET_PORT] = port;
    words[CONTROL] = 0;
    words[PAYLOAD] = start;
    words[END] = end;
    words[PAYLOAD_BYTES] = end - start;
    return run.follow();
  }

  /** Adds a fragment, and goes on with the whole datagram when it was the missing piece. */
  #fragment(): number {
    const { bytes, words, doubles, run } = this.#kernel;
    const header = words[FRAGMENT_HEADER];
    const addresses = `${words[SOURCE]} ${words[TARGET]} ${words[VLAN]}`;
    let key: string;
    let offset: number;
    let more: boolean;
    if (words[FAMILY] === FAMILY_IPV4) {
      const field = bytes.readUInt16BE(header + 6);
      key = `4 ${addresses} ${words[PROTOCOL]} ${bytes.readUInt16BE(header + 4)}`;
      offset = (field & 0x1fff) << 3;
      more = (field & 0x2000) !== 0;
    } else {
      const field = bytes.readUInt16BE(header + 2);
      key = `6 ${addresses} ${bytes.readInt32BE(header + 4)}`;
      offset = field & 0xfff8;
      more = (field & 1) !== 0;
    }
    const start = words[TRANSPORT];
    const whole = this.#fragments.add(key, doubles[TIME], bytes, start, words[END], offset, more);
    if (!whole) return NOTHING;
    bytes.set(whole, REASSEMBLED);
    return run.transport(REASSEMBLED, REASSEMBLED + whole.length, whole.length);
  }

  /** Adds up the packets since the link type changed last, which it rarely does. */
  #countLinkType(next: number): void {
    const packets = this.#kernel.doubles[PACKETS];
    const count = packets - this.#countedPackets;
    if (count > 0) {
      this.linkTypes.set(this.#linkType, (this.linkTypes.get(this.#linkType) ?? 0) + count);
    }
    this.#linkType = next;
    this.#countedPackets = packets;
  }
}
