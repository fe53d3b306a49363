/**
 * The contract between the dissector, which knows packets, flows and streams, and the decoders, which know one
 * protocol each. A decoder recognises its protocol by content, turns bytes into events named as the protocol's
 * specification names its messages, and knows nothing of devices or controls.
 */
import type { SecretSealer } from '../base/index.ts';

/** Index of a host (an address behind a MAC) in the run's host table; 0 stands for "too many hosts to tell apart". */
export type HostId = number;

/** Where something was read: which input file, which packet of it (from 1), and when (UTC since 1970). */
export interface PacketRef {
  readonly file: number;
  readonly packet: number;
  readonly seconds: number;
  readonly nanos: number;
}

/** 0: from the client (who opened) to the server; 1: back. */
export type Direction = 0 | 1;

/** What carries a payload. Link and control protocols are "flows" of sender and target without ports. */
export type Carrier = 'tcp' | 'udp' | 'arp' | 'icmp' | 'icmpv6' | 'igmp' | 'other';

/** One conversation, as decoders and observers see it. */
export interface Flow {
  /** Running number within the run, from 1. */
  readonly id: number;
  readonly carrier: Carrier;
  readonly client: HostId;
  readonly server: HostId;
  readonly clientPort: number;
  readonly serverPort: number;
  /** Dotted or RFC 5952 text. */
  readonly clientAddress: string;
  readonly serverAddress: string;
  /** Lower-case, colon-separated; undefined where the capture has no Ethernet header. */
  readonly clientMac: string | undefined;
  readonly serverMac: string | undefined;
  /** The server's address is multicast or broadcast. */
  readonly multicast: boolean;
  /** The opening was seen (TCP SYN), so client and server are certain; otherwise they are inferred. */
  readonly openingSeen: boolean;
  /** TCP: SYN and SYN-ACK seen. */
  readonly established: boolean;
  /** Transport payload bytes (headers excluded) seen so far in a direction, decoded or not. */
  payloadBytes(direction: Direction): number;
  /** Scratch place of the observer that follows this flow. */
  session: unknown;
  /** Stands for the run: what a decoder remembers from one flow to the next (announced connections) hangs on it. */
  readonly run?: object;
}

/** One message of an application protocol: `protocol`, `event` (specification's name in snake_case), its fields. */
export interface AppEvent {
  readonly protocol: string;
  readonly event: string;
}

/** What a decoder may use from its run. */
export interface DecodeContext {
  /** Hands on an event, with the packet that completed it. */
  emit(event: AppEvent, direction: Direction, at: PacketRef): void;
  readonly secrets: SecretSealer;
}

export type Recognition = 'yes' | 'no' | 'more';

export interface Decoder {
  /** Lower-case name as in event.protocol of its main events. */
  readonly protocol: string;
  readonly carriers: readonly Carrier[];
  /** Ports on which it is tried first; never a proof. */
  readonly ports: readonly number[];
  /**
   * The bytes that a payload of this protocol can begin with, where these are few: `recognise` says no to all others,
   * and is not asked. It keeps a flow from paying for every protocol there is.
   */
  readonly firstBytes?: readonly number[];
  /**
   * A datagram says the same whenever its sender repeats it byte by byte (announcements, neighbour discovery): the
   * dissector may then count repeats without decoding them anew, unless somebody listens to events.
   */
  readonly repeats?: boolean;
  /**
   * Judges the first bytes of one direction (a datagram: the whole of it). Never throws, allocates nothing.
   * 'more' is for streams only: up to 2,048 bytes a direction are gathered before the flow is given up.
   */
  recognise(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    flow: Flow,
  ): Recognition;
  /** A parser for one flow. */
  open(flow: Flow, context: DecodeContext): Parser;
}

/**
 * Parses one flow. The dissector calls it with bytes in stream order; it must be bounded in time (linear in the
 * bytes offered) and memory (it owns no more than a few KiB), and must not keep a view of `bytes`: that buffer is
 * reused. Should it throw all the same, the dissector counts a malformed unit and closes the flow to decoding.
 */
export interface Parser {
  /**
   * Takes bytes [start, end) of one direction and returns how many it consumed from `start`. What it leaves is
   * offered again with more behind it (streams; at most 64 KiB are gathered, then the parser gets `gap`). It may
   * return more than `end - start` to skip that many bytes that are still to come, unseen: bodies cost nothing.
   * A datagram is offered once, whole; the return value is ignored.
   */
  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number;
  /** `missing` bytes of a direction were lost or could not be held (streams). Resynchronise, or set `done`. */
  gap?(missing: number, direction: Direction, at: PacketRef): void;
  /** The flow ended: FIN or RST, idle, evicted, or the capture's end. Called once. */
  close?(at: PacketRef): void;
  /** True: nothing more is wanted; the dissector stops reassembling this flow. */
  readonly done?: boolean;
  /**
   * Set to hand the rest of both directions to another protocol (STARTTLS, AUTH TLS, HTTP upgrade, CONNECT):
   * recognition starts anew with the bytes after those consumed.
   */
  readonly handover?: boolean;
}

/** Every decoder emits this for a unit of its protocol that breaks the specification. Counted for control MO-09. */
export interface MalformedEvent extends AppEvent {
  readonly event: 'malformed';
  /** What is wrong, in a few fixed words (no bytes from the wire). */
  readonly reason: string;
  /** Byte offset within the unit where it was noticed. */
  readonly offset: number;
  /** The unit could be read all the same: its own event follows, and counts it as a unit. */
  readonly readable?: boolean;
}
