/**
 * Datagrams that a host sends again byte by byte: announcements, requests for neighbours. Nine of ten mDNS messages of
 * a home are such. The first is decoded, and the records that it was noted in are remembered; a repeat is counted on
 * them and not decoded. Bounded: when there are too many different ones, all are forgotten.
 */
import { randomBytes } from 'node:crypto';
import type { Direction, HostId, PacketRef } from './decoder.ts';
import { type Observations, type Observed, touch } from './observations.ts';

const REMEMBERED_MAX = 8192;
const DATAGRAM_BYTES_MAX = 1500;

interface Remembered {
  readonly bytes: Buffer;
  readonly sender: HostId;
  readonly receiver: HostId;
  readonly records: Observed[];
  /** Events that the datagram gave. */
  events: number;
}

interface Parties {
  readonly client: HostId;
  readonly server: HostId;
}

export class Repeats {
  readonly #observations: Observations;
  readonly #seed = randomBytes(4).readInt32LE();
  #remembered = new Map<number, Remembered>();
  #current: Remembered | undefined;
  #hash = 0;

  constructor(observations: Observations) {
    this.#observations = observations;
  }

  /** Counts a datagram that was decoded before. @returns how many events it gives; undefined when it is new. */
  count(
    flow: Parties,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number | undefined {
    const sender = direction === 0 ? flow.client : flow.server;
    const receiver = direction === 0 ? flow.server : flow.client;
    this.#hash = this.#hashOf(bytes, start, end, sender, receiver);
    const known = this.#remembered.get(this.#hash);
    if (!known || known.sender !== sender || known.receiver !== receiver) return undefined;
    if (known.bytes.compare(bytes, start, end) !== 0) return undefined;
    for (const record of known.records) touch(record, at);
    return known.events;
  }

  /** The datagram that `count` did not know is decoded next. */
  begin(flow: Parties, bytes: Uint8Array, start: number, end: number, direction: Direction): void {
    if (end - start > DATAGRAM_BYTES_MAX) return;
    this.#current = {
      bytes: Buffer.from(bytes.subarray(start, end)),
      sender: direction === 0 ? flow.client : flow.server,
      receiver: direction === 0 ? flow.server : flow.client,
      records: [],
      events: 0,
    };
    this.#observations.follow(this.#current.records);
  }

  /** An event of the datagram at hand. */
  event(): void {
    if (this.#current) this.#current.events++;
  }

  end(): void {
    const current = this.#current;
    if (!current) return;
    this.#observations.follow(undefined);
    this.#current = undefined;
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered = new Map();
    this.#remembered.set(this.#hash, current);
  }

  #hashOf(bytes: Uint8Array, start: number, end: number, sender: HostId, receiver: HostId): number {
    let hash = this.#seed ^ Math.imul(sender, 0x9e3779b1) ^ Math.imul(receiver, 0x85ebca77);
    let at = start;
    for (const last = end - 3; at < last; at += 4) {
      const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
      hash = Math.imul(hash ^ word, 0x2c1b3c6d);
      hash ^= hash >>> 15;
    }
    for (; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x297a2d39);
    return hash ^ (hash >>> 13);
  }
}
