/**
 * The flow table: bidirectional flows in the kernel's memory, bounded, with chained hashing so that a flow can be
 * removed at once. When it is full, a clock hand looks at the next few records and evicts one that has been idle
 * too long, else the one idle longest of those it looked at; so neither memory nor the time for a packet grows under
 * a scan of ten million flows. The kernel finds flows and counts packets on them.
 *
 * A flow's two ends are ordered by (address, port) for the key; LOW_IS_CLIENT says which of them opened.
 */
import type { PacketRef } from './decoder.ts';
import {
  BEGUN,
  BEGUN_NANOS,
  BEGUN_SECONDS,
  CLIENT_HOST,
  FLAGS,
  FLOW,
  FREE_RECORD,
  KEY_PORTS,
  LATEST_FILE,
  LATEST_PACKET,
  LATEST_TIME,
  LOW_IS_CLIENT,
  OTHER_IDLE_S,
  PROTOCOL,
  RECOGNISED,
  RECORD_BYTES,
  SIDE_BYTES,
  SIDE_PACKETS,
  SIDE_PAYLOAD,
  TCP,
  TCP_IDLE_S,
  TIME,
} from './kernel/layout.ts';
import { type PacketKernel, recordsOffset } from './kernel.ts';
import { refAt } from './packet.ts';

const CAPACITY_DEFAULT = 131_072;
/** Words and doubles of a record. */
const WORDS = RECORD_BYTES / 4;
const DOUBLES = RECORD_BYTES / 8;
/** How many records the clock hand looks at for one that must go. */
const EVICTION_LOOKS = 16;

/** Flows that a table holds when asked for so many: a power of two. */
export function flowCapacity(asked = CAPACITY_DEFAULT): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1024, asked)));
}

export class FlowTable {
  readonly capacity: number;
  readonly #kernel: PacketKernel;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #onEnd: (flow: number) => void;
  #hand = 0;
  #ended = 0;
  /** Flows evicted for want of room so far. */
  evicted = 0;

  /**
   * @param capacity - flows held at once, as the kernel knows it.
   * @param onEnd - called before a record is given up; the record is valid during the call.
   */
  constructor(kernel: PacketKernel, capacity: number, onEnd: (flow: number) => void) {
    const records = recordsOffset(capacity);
    const bytes = (capacity + 1) * RECORD_BYTES;
    this.capacity = capacity;
    this.#kernel = kernel;
    this.#words = new Int32Array(kernel.words.buffer, records, bytes / 4);
    this.#doubles = new Float64Array(kernel.words.buffer, records, bytes / 8);
    this.#onEnd = onEnd;
  }

  /** Flows begun so far. */
  get begun(): number {
    return this.#kernel.words[BEGUN] >>> 0;
  }

  get inUse(): number {
    return this.begun - this.#ended;
  }

  /** Ends the flow of the packet at hand. */
  endCurrent(): void {
    this.end(this.#kernel.words[FLOW]);
  }

  /** Ends a flow: reports it, then frees its record. */
  end(flow: number): void {
    this.#onEnd(flow);
    this.#kernel.run.release(flow);
    this.#ended++;
  }

  /** Ends all flows, in the order of their records. */
  endAll(): void {
    const free = this.#kernel.words[FREE_RECORD];
    for (let flow = 1; flow < free; flow++) if (this.flags(flow) !== 0) this.end(flow);
  }

  /** Ends a flow to make room for that of the packet at hand; call when all records are in use. */
  evict(): void {
    const { words, doubles } = this.#kernel;
    const time = doubles[TIME];
    const idle_s = words[PROTOCOL] === TCP ? TCP_IDLE_S : OTHER_IDLE_S;
    let oldest = 0;
    let oldestTime = Number.POSITIVE_INFINITY;
    for (let look = 0; look < EVICTION_LOOKS; look++) {
      this.#hand = this.#hand >= this.capacity ? 1 : this.#hand + 1;
      const last = this.#doubles[this.#hand * DOUBLES + LATEST_TIME];
      if (last < oldestTime) {
        oldest = this.#hand;
        oldestTime = last;
        if (time - last > idle_s) break;
      }
    }
    this.evicted++;
    this.end(oldest);
  }

  flags(flow: number): number {
    return this.#words[flow * WORDS + FLAGS];
  }

  setFlags(flow: number, flags: number): void {
    this.#words[flow * WORDS + FLAGS] |= flags;
  }

  clearFlags(flow: number, flags: number): void {
    this.#words[flow * WORDS + FLAGS] &= ~flags;
  }

  /** A number that the dissector gives to the protocol that was recognised; 0 for none. */
  setProtocol(flow: number, protocol: number): void {
    this.#words[flow * WORDS + RECOGNISED] = protocol;
  }

  protocol(flow: number): number {
    return this.#words[flow * WORDS + RECOGNISED];
  }

  clientHost(flow: number): number {
    return this.#words[flow * WORDS + CLIENT_HOST];
  }

  clientPort(flow: number): number {
    const at = flow * WORDS;
    const ports = this.#words[at + KEY_PORTS];
    return this.#words[at + FLAGS] & LOW_IS_CLIENT ? ports >>> 16 : ports & 0xffff;
  }

  serverPort(flow: number): number {
    const at = flow * WORDS;
    const ports = this.#words[at + KEY_PORTS];
    return this.#words[at + FLAGS] & LOW_IS_CLIENT ? ports & 0xffff : ports >>> 16;
  }

  /** When it began, in seconds since 1970. */
  begunAt(flow: number): number {
    const seconds = this.#doubles[flow * DOUBLES + BEGUN_SECONDS];
    return seconds + this.#words[flow * WORDS + BEGUN_NANOS] * 1e-9;
  }

  /** Its latest packet. */
  last(flow: number): PacketRef {
    const at = flow * WORDS;
    return refAt(
      this.#words[at + LATEST_FILE],
      this.#words[at + LATEST_PACKET],
      this.lastTime(flow),
    );
  }

  /** Seconds since 1970, as a double. */
  lastTime(flow: number): number {
    return this.#doubles[flow * DOUBLES + LATEST_TIME];
  }

  packets(flow: number, side: 0 | 1): number {
    return this.#words[flow * WORDS + SIDE_PACKETS + side];
  }

  /** On the wire, headers included. */
  bytes(flow: number, side: 0 | 1): number {
    return this.#doubles[flow * DOUBLES + SIDE_BYTES + side];
  }

  payload(flow: number, side: 0 | 1): number {
    return this.#doubles[flow * DOUBLES + SIDE_PAYLOAD + side];
  }
}
