/**
 * Fan-out: how many destinations that were new to it a host tried on one port within a minute, and how many of them
 * did not answer. Counted as flows begin and as they are answered, in buckets of five seconds, so that it costs the
 * same for a device that knocks on two doors and one that knocks on two million. Bounded, and kept in typed arrays:
 * under a scan of ten million flows this is the hottest path there is.
 */
import type { HostId, PacketRef } from './decoder.ts';
import type { Observation, Observations } from './observations.ts';
import type { Packet } from './packet.ts';
import { carrierName } from './protocols.ts';
import { WordTable } from './word-table.ts';

/** Hosts and ports that are watched; of them those with more than one destination. */
const WATCHED_MAX = 131_072;
const BURSTS_MAX = 32_768;
/** Destinations remembered of one host and port, and of all; beyond them every destination counts as new. */
const DESTINATIONS_MAX = 1024;
const DESTINATIONS_TOTAL_MAX = 250_000;
const BUCKET_S = 5;
const BUCKETS = 12;
/** Counts a bucket holds: destinations, of them unanswered, of them outside. */
const COUNTS = 3;
const STRIDE = BUCKETS * COUNTS;
const COUNT_MAX = 65_535;
const PROOF_PACKETS = 8;

/** Flags of a watched host and port. */
const OUTSIDE = 1;
const ANSWERED = 2;

export class FanOuts {
  /** Host and protocol, port. */
  readonly #watched = new WordTable(2, WATCHED_MAX);
  /** By the number of what is watched: its first destination, and the burst it grew into. */
  readonly #first = new Int32Array(WATCHED_MAX);
  readonly #firstRefs = new PacketRefs(WATCHED_MAX);
  readonly #flags = new Uint8Array(WATCHED_MAX);
  readonly #burstOf = new Int32Array(WATCHED_MAX);
  readonly #bursts: Burst[] = [];
  readonly #slabs = new Slabs();
  #destinations = 0;

  /**
   * A host opened a flow to a destination, with the packet at hand.
   * @param protocol - IANA number.
   * @param destination - tells destinations of one host apart.
   * @returns true when the destination is new to it: the answer, if one comes, is to be told to `answered`.
   */
  contact(
    host: HostId,
    protocol: number,
    port: number,
    destination: number,
    outside: boolean,
    packet: Packet,
  ): boolean {
    const before = this.#watched.count;
    const watched = this.#watched.intern((host << 8) | protocol, port, 0, 0);
    if (watched === 0) return false;
    if (this.#watched.count !== before) {
      this.#first[watched] = destination;
      this.#firstRefs.set(watched, packet);
      this.#flags[watched] = outside ? OUTSIDE : 0;
      return true;
    }
    let burst = this.#bursts[this.#burstOf[watched] - 1];
    if (!burst) {
      if (this.#first[watched] === destination || this.#bursts.length >= BURSTS_MAX) return false;
      burst = this.#grow(watched, host, protocol, port);
    }
    const { known } = burst;
    if (known.has(destination)) return false;
    if (known.size < DESTINATIONS_MAX && this.#destinations < DESTINATIONS_TOTAL_MAX) {
      known.add(destination);
      this.#destinations++;
    }
    this.#slabs.recent.set(burst.nextRecent(), packet);
    burst.contact(packet.time, outside);
    return true;
  }

  /** A destination that was new answered. @param since - when the flow began, in seconds since 1970. */
  answered(host: HostId, protocol: number, port: number, since: number): void {
    const watched = this.#watched.intern((host << 8) | protocol, port, 0, 0);
    const burst = this.#bursts[this.#burstOf[watched] - 1];
    if (burst) burst.answered(since);
    else this.#flags[watched] |= ANSWERED;
  }

  finish(observations: Observations): void {
    for (const burst of this.#bursts) {
      const record = burst.finish();
      if (record) observations.add('fan_out', record);
    }
  }

  /** A second destination: from now on it is counted, beginning with the first. */
  #grow(watched: number, host: HostId, protocol: number, port: number): Burst {
    const burst = new Burst(this.#slabs, this.#bursts.length, host, protocol, port);
    this.#burstOf[watched] = this.#bursts.push(burst);
    burst.known.add(this.#first[watched]);
    const first = this.#firstRefs.get(watched);
    const time = first.seconds + first.nanos * 1e-9;
    this.#slabs.recent.copy(burst.nextRecent(), this.#firstRefs, watched);
    burst.contact(time, (this.#flags[watched] & OUTSIDE) !== 0);
    if ((this.#flags[watched] & ANSWERED) !== 0) burst.answered(time);
    return burst;
  }
}

/** References to packets, in typed arrays. */
class PacketRefs {
  readonly #files: Int32Array;
  readonly #packets: Int32Array;
  readonly #seconds: Float64Array;
  readonly #nanos: Int32Array;

  constructor(count: number) {
    this.#files = new Int32Array(count);
    this.#packets = new Int32Array(count);
    this.#seconds = new Float64Array(count);
    this.#nanos = new Int32Array(count);
  }

  set(index: number, packet: Packet): void {
    this.#files[index] = packet.file;
    this.#packets[index] = packet.number;
    this.#seconds[index] = packet.seconds;
    this.#nanos[index] = packet.nanos;
  }

  copy(index: number, from: PacketRefs, fromIndex: number): void {
    this.#files[index] = from.#files[fromIndex];
    this.#packets[index] = from.#packets[fromIndex];
    this.#seconds[index] = from.#seconds[fromIndex];
    this.#nanos[index] = from.#nanos[fromIndex];
  }

  get(index: number): PacketRef {
    return {
      file: this.#files[index],
      packet: this.#packets[index],
      seconds: this.#seconds[index],
      nanos: this.#nanos[index],
    };
  }
}

/** What all bursts keep, each at its own place. */
class Slabs {
  readonly buckets = new Uint16Array(BURSTS_MAX * STRIDE);
  /** The newest contacts of each burst, and those of its best minute. */
  readonly recent = new PacketRefs(BURSTS_MAX * PROOF_PACKETS);
  readonly best = new PacketRefs(BURSTS_MAX * PROOF_PACKETS);
}

/** The contacts of one host on one port. Buckets form a ring over the last minute. */
class Burst {
  readonly known = new Set<number>();
  readonly #slabs: Slabs;
  readonly #buckets: number;
  readonly #proof: number;
  readonly #host: HostId;
  readonly #protocol: number;
  readonly #port: number;
  /** Number of the newest bucket: seconds since 1970 over BUCKET_S. */
  #newest = 0;
  #total = 0;
  /** The best minute so far: -1 before the first was weighed. */
  #bestUnanswered = -1;
  #bestDestinations = 0;
  #bestOutside = 0;
  #bestTotal = 0;

  constructor(slabs: Slabs, index: number, host: HostId, protocol: number, port: number) {
    this.#slabs = slabs;
    this.#buckets = index * STRIDE;
    this.#proof = index * PROOF_PACKETS;
    this.#host = host;
    this.#protocol = protocol;
    this.#port = port;
  }

  /** Where the reference of the next contact goes. */
  nextRecent(): number {
    return this.#proof + (this.#total % PROOF_PACKETS);
  }

  contact(time: number, outside: boolean): void {
    const bucket = Math.floor(time / BUCKET_S);
    if (bucket > this.#newest) this.#turnTo(bucket);
    this.#total++;
    const place = this.#placeOf(bucket);
    if (place < 0) return;
    const { buckets } = this.#slabs;
    if (buckets[place] < COUNT_MAX) {
      buckets[place]++;
      buckets[place + 1]++;
      if (outside) buckets[place + 2]++;
    }
  }

  answered(since: number): void {
    const place = this.#placeOf(Math.floor(since / BUCKET_S));
    const { buckets } = this.#slabs;
    if (place >= 0 && buckets[place + 1] > 0) buckets[place + 1]--;
  }

  /** Weighs the minute that ends, now that its answers have had time to come, and clears what a new bucket needs. */
  #turnTo(bucket: number): void {
    this.#weigh();
    const cleared = Math.min(BUCKETS, bucket - this.#newest);
    for (let index = 0; index < cleared; index++) {
      const place = this.#buckets + ((bucket - index) % BUCKETS) * COUNTS;
      this.#slabs.buckets.fill(0, place, place + COUNTS);
    }
    this.#newest = bucket;
  }

  /** Where a bucket's counts are, or -1 when it is over a minute old. */
  #placeOf(bucket: number): number {
    if (bucket > this.#newest || bucket <= this.#newest - BUCKETS) return -1;
    return this.#buckets + (bucket % BUCKETS) * COUNTS;
  }

  /** The minute that matters is the one with most doors that stayed shut. */
  #weigh(): void {
    const { buckets, recent, best } = this.#slabs;
    let destinations = 0;
    let unanswered = 0;
    let outside = 0;
    for (let place = this.#buckets; place < this.#buckets + STRIDE; place += COUNTS) {
      destinations += buckets[place];
      unanswered += buckets[place + 1];
      outside += buckets[place + 2];
    }
    if (destinations === 0 || unanswered <= this.#bestUnanswered) return;
    this.#bestUnanswered = unanswered;
    this.#bestDestinations = destinations;
    this.#bestOutside = outside;
    this.#bestTotal = this.#total;
    for (let index = this.#proof; index < this.#proof + PROOF_PACKETS; index++) {
      best.copy(index, recent, index);
    }
  }

  finish(): Observation<'fan_out'> | undefined {
    this.#weigh();
    if (this.#bestUnanswered < 0) return undefined;
    const packets = this.#proofs();
    return {
      client: this.#host,
      server: 0,
      clientPort: 0,
      serverPort: this.#port,
      carrier: carrierName(this.#protocol),
      openingSeen: true,
      multicast: false,
      first: packets[0],
      last: packets[packets.length - 1],
      count: 1,
      packets,
      secrets: [],
      port: this.#port,
      window_s: BUCKETS * BUCKET_S,
      destinations: this.#bestDestinations,
      unanswered: this.#bestUnanswered,
      outside: this.#bestOutside,
      total: this.#total,
    };
  }

  /** The contacts at the end of the best minute, oldest first. */
  #proofs(): PacketRef[] {
    const count = Math.min(this.#bestTotal, PROOF_PACKETS);
    return Array.from({ length: count }, (_, index) =>
      this.#slabs.best.get(this.#proof + ((this.#bestTotal - count + index) % PROOF_PACKETS)),
    );
  }
}
