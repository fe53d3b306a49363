/**
 * The flow table: bidirectional flows in one typed array, bounded, with chained hashing so that a flow can be
 * removed at once. When it is full, a clock hand looks at the next few records and evicts one that has been idle
 * too long, else the one idle longest of those it looked at; so neither memory nor the time for a packet grows under
 * a scan of ten million flows.
 *
 * A flow's two ends are ordered by (address, port) for the key; LOW_IS_CLIENT says which of them opened.
 */
import { randomBytes } from 'node:crypto';

/** Words of 32 bits a record; the doubles lie over the second half. */
export const STRIDE = 32;
export const DOUBLES = STRIDE / 2;
/** How many records the clock hand looks at for one that must go. */
const EVICTION_LOOKS = 16;

// Word offsets.
const KEY_LOW = 0;
const KEY_HIGH = 1;
const KEY_PORTS = 2;
const KEY_META = 3;
const NEXT = 4;
export const FLAGS = 5;
const CLIENT_HOST = 6;
export const SERVER_HOST = 7;
export const SERVER_MAC = 8;
const FIRST_FILE = 9;
const FIRST_PACKET = 10;
export const PACKETS = 11; // client, server
const FIRST_NANOS = 13;
export const LAST_PACKET = 14;
export const LAST_FILE = 15;
const PROTOCOL = 28;
// Double offsets.
const FIRST_SECONDS = 8;
export const LAST_TIME = 9;
export const BYTES = 10; // client, server
export const PAYLOAD = 12; // client, server

/** The client is the end that sorts first. */
export const LOW_IS_CLIENT = 1;
export const SYN_SEEN = 2;
export const SYN_ACK_SEEN = 4;
export const RESET_SEEN = 8;
export const FIN_CLIENT = 16;
export const FIN_SERVER = 32;
/** No decoder wants this flow's payload (any more). */
export const IGNORED = 64;
/** Ports were given by the flow's opening or are inferred; set when the client is certain. */
export const OPENING_SEEN = 128;
export const MULTICAST = 256;
/** The client opened it to a destination that was new to it, and that has not answered yet. */
export const NEW_DESTINATION = 512;
const IN_USE = 1 << 30;

export class FlowTable {
  readonly capacity: number;
  readonly #mask: number;
  readonly #seed = randomBytes(4).readInt32LE();
  readonly #heads: Int32Array;
  /** All records; the follower counts packets right here, others ask the methods below. Record 0 is none. */
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly #onEnd: (flow: number) => void;
  #free = 1;
  #released: number[] = [];
  #hand = 0;
  /** The flow that was found last. */
  #latest = 0;
  /** Flows begun and evicted for want of room so far. */
  begun = 0;
  evicted = 0;
  inUse = 0;

  /**
   * @param capacity - flows held at once; rounded up to a power of two.
   * @param onEnd - called before a record is given up; the record is valid during the call.
   */
  constructor(capacity: number, onEnd: (flow: number) => void) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(1024, capacity)));
    this.#mask = this.capacity - 1;
    this.#onEnd = onEnd;
    this.#heads = new Int32Array(this.capacity);
    const memory = new ArrayBuffer((this.capacity + 1) * STRIDE * 4);
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
  }

  /**
   * The flow of a key, or 0. A flow that was idle too long is ended first, and 0 returned.
   * @param ports - the low end's port in the upper, the high end's in the lower 16 bits.
   * @param meta - protocol, family and VLAN.
   * @param idle_s - a flow that was silent for longer begins anew.
   */
  find(
    low: number,
    high: number,
    ports: number,
    meta: number,
    time: number,
    idle_s: number,
  ): number {
    const words = this.words;
    // Packets of one conversation follow each other: look there before looking anywhere.
    let flow = this.#latest;
    const at = flow * STRIDE;
    if (
      words[at + KEY_LOW] !== low ||
      words[at + KEY_HIGH] !== high ||
      words[at + KEY_PORTS] !== ports ||
      words[at + KEY_META] !== meta ||
      words[at + FLAGS] === 0
    ) {
      flow = this.#heads[this.#bucket(low, high, ports, meta)];
    }
    while (flow !== 0) {
      const at = flow * STRIDE;
      if (
        words[at + KEY_LOW] === low &&
        words[at + KEY_HIGH] === high &&
        words[at + KEY_PORTS] === ports &&
        words[at + KEY_META] === meta
      ) {
        if (time - this.doubles[flow * DOUBLES + LAST_TIME] > idle_s) {
          this.end(flow);
          return 0;
        }
        this.#latest = flow;
        return flow;
      }
      flow = words[at + NEXT];
    }
    return 0;
  }

  /** A new record for a key that `find` did not know; its counters are zero. */
  begin(
    low: number,
    high: number,
    ports: number,
    meta: number,
    time: number,
    idle_s: number,
  ): number {
    const flow = this.#room(time, idle_s);
    const words = this.words;
    const at = flow * STRIDE;
    const doubles = this.doubles;
    const end = (flow + 1) * DOUBLES;
    for (let index = flow * DOUBLES; index < end; index++) doubles[index] = 0;
    words[at + KEY_LOW] = low;
    words[at + KEY_HIGH] = high;
    words[at + KEY_PORTS] = ports;
    words[at + KEY_META] = meta;
    words[at + FLAGS] = IN_USE;
    const head = this.#bucket(low, high, ports, meta);
    words[at + NEXT] = this.#heads[head];
    this.#heads[head] = flow;
    doubles[flow * DOUBLES + LAST_TIME] = time;
    this.begun++;
    this.inUse++;
    return flow;
  }

  /** Ends a flow: reports it, then frees its record. */
  end(flow: number): void {
    this.#onEnd(flow);
    const words = this.words;
    const at = flow * STRIDE;
    const head = this.#bucket(
      words[at + KEY_LOW],
      words[at + KEY_HIGH],
      words[at + KEY_PORTS],
      words[at + KEY_META],
    );
    let previous = 0;
    let current = this.#heads[head];
    while (current !== flow && current !== 0) {
      previous = current;
      current = words[current * STRIDE + NEXT];
    }
    if (previous === 0) this.#heads[head] = words[at + NEXT];
    else words[previous * STRIDE + NEXT] = words[at + NEXT];
    words[at + FLAGS] = 0;
    this.#released.push(flow);
    this.inUse--;
  }

  /** Ends all flows, in the order of their records. */
  endAll(): void {
    for (let flow = 1; flow < this.#free; flow++) {
      if (this.words[flow * STRIDE + FLAGS] !== 0) this.end(flow);
    }
  }

  /** Seeded at random, so that nobody can choose addresses that all fall into one chain. */
  #bucket(low: number, high: number, ports: number, meta: number): number {
    let hash = Math.imul(low ^ this.#seed, 0x9e3779b1) ^ Math.imul(high, 0x85ebca77);
    hash = (hash << 13) | (hash >>> 19);
    hash = Math.imul(hash ^ ports, 0xc2b2ae3d) ^ meta;
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & this.#mask;
  }

  #room(time: number, idle_s: number): number {
    const released = this.#released.pop();
    if (released !== undefined) return released;
    if (this.#free <= this.capacity) return this.#free++;
    let oldest = 0;
    let oldestTime = Number.POSITIVE_INFINITY;
    for (let look = 0; look < EVICTION_LOOKS; look++) {
      this.#hand = this.#hand >= this.capacity ? 1 : this.#hand + 1;
      const last = this.doubles[this.#hand * DOUBLES + LAST_TIME];
      if (last < oldestTime) {
        oldest = this.#hand;
        oldestTime = last;
        if (time - last > idle_s) break;
      }
    }
    this.evicted++;
    this.end(oldest);
    return this.#released.pop() as number;
  }

  /** Counts one packet. @param side - who sent it: 0 the client, 1 the server. */
  count(
    flow: number,
    side: 0 | 1,
    wireBytes: number,
    payloadBytes: number,
    time: number,
    file: number,
    packet: number,
  ): void {
    const at = flow * STRIDE;
    this.words[at + PACKETS + side]++;
    this.words[at + LAST_PACKET] = packet;
    this.words[at + LAST_FILE] = file;
    const d = flow * DOUBLES;
    this.doubles[d + LAST_TIME] = time;
    this.doubles[d + BYTES + side] += wireBytes;
    this.doubles[d + PAYLOAD + side] += payloadBytes;
  }

  flags(flow: number): number {
    return this.words[flow * STRIDE + FLAGS];
  }

  setFlags(flow: number, flags: number): void {
    this.words[flow * STRIDE + FLAGS] |= flags;
  }

  clearFlags(flow: number, flags: number): void {
    this.words[flow * STRIDE + FLAGS] &= ~flags;
  }

  setStart(flow: number, file: number, packet: number, seconds: number, nanos: number): void {
    const at = flow * STRIDE;
    this.words[at + FIRST_FILE] = file;
    this.words[at + FIRST_PACKET] = packet;
    this.words[at + FIRST_NANOS] = nanos;
    this.doubles[flow * DOUBLES + FIRST_SECONDS] = seconds;
  }

  setClient(flow: number, host: number): void {
    this.words[flow * STRIDE + CLIENT_HOST] = host;
  }

  setServer(flow: number, host: number): void {
    this.words[flow * STRIDE + SERVER_HOST] = host;
  }

  setServerMac(flow: number, mac: number): void {
    this.words[flow * STRIDE + SERVER_MAC] = mac;
  }

  /** A number that the dissector gives to the protocol that was recognised; 0 for none. */
  setProtocol(flow: number, protocol: number): void {
    this.words[flow * STRIDE + PROTOCOL] = protocol;
  }

  protocol(flow: number): number {
    return this.words[flow * STRIDE + PROTOCOL];
  }

  clientHost(flow: number): number {
    return this.words[flow * STRIDE + CLIENT_HOST];
  }

  /** 0 until the server spoke or somebody asked for it. */
  serverHost(flow: number): number {
    return this.words[flow * STRIDE + SERVER_HOST];
  }

  serverMac(flow: number): number {
    return this.words[flow * STRIDE + SERVER_MAC];
  }

  clientAddress(flow: number): number {
    const at = flow * STRIDE;
    return this.words[at + FLAGS] & LOW_IS_CLIENT
      ? this.words[at + KEY_LOW]
      : this.words[at + KEY_HIGH];
  }

  serverAddress(flow: number): number {
    const at = flow * STRIDE;
    return this.words[at + FLAGS] & LOW_IS_CLIENT
      ? this.words[at + KEY_HIGH]
      : this.words[at + KEY_LOW];
  }

  clientPort(flow: number): number {
    const at = flow * STRIDE;
    const ports = this.words[at + KEY_PORTS];
    return this.words[at + FLAGS] & LOW_IS_CLIENT ? ports >>> 16 : ports & 0xffff;
  }

  serverPort(flow: number): number {
    const at = flow * STRIDE;
    const ports = this.words[at + KEY_PORTS];
    return this.words[at + FLAGS] & LOW_IS_CLIENT ? ports & 0xffff : ports >>> 16;
  }

  meta(flow: number): number {
    return this.words[flow * STRIDE + KEY_META];
  }

  firstFile(flow: number): number {
    return this.words[flow * STRIDE + FIRST_FILE];
  }

  firstPacket(flow: number): number {
    return this.words[flow * STRIDE + FIRST_PACKET];
  }

  firstNanos(flow: number): number {
    return this.words[flow * STRIDE + FIRST_NANOS];
  }

  firstSeconds(flow: number): number {
    return this.doubles[flow * DOUBLES + FIRST_SECONDS];
  }

  lastFile(flow: number): number {
    return this.words[flow * STRIDE + LAST_FILE];
  }

  lastPacket(flow: number): number {
    return this.words[flow * STRIDE + LAST_PACKET];
  }

  /** Seconds since 1970, as a double. */
  lastTime(flow: number): number {
    return this.doubles[flow * DOUBLES + LAST_TIME];
  }

  packets(flow: number, side: 0 | 1): number {
    return this.words[flow * STRIDE + PACKETS + side];
  }

  /** On the wire, headers included. */
  bytes(flow: number, side: 0 | 1): number {
    return this.doubles[flow * DOUBLES + BYTES + side];
  }

  payload(flow: number, side: 0 | 1): number {
    return this.doubles[flow * DOUBLES + PAYLOAD + side];
  }
}
