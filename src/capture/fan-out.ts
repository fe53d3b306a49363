/**
 * Fan-out: how many destinations that were new to it a host tried on one port within a minute, and how many of them
 * did not answer. Counted as flows begin and as they are answered, in buckets of five seconds, so that it costs the
 * same for a device that knocks on two doors and one that knocks on two million. Bounded in hosts and destinations.
 */
import type { Carrier, HostId, PacketRef } from './decoder.ts';
import { HOSTS_MAX } from './hosts.ts';
import type { Observation, Observations } from './observations.ts';

/** Hosts and ports that are watched: with one destination so far, and with more. */
const SINGLES_MAX = 131_072;
const TRACKED_MAX = 32_768;
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

/** Most hosts call one server on a port: no more than that is kept of them. */
interface Single {
  readonly destination: number;
  readonly time: number;
  readonly outside: boolean;
  readonly at: PacketRef;
  answered: boolean;
}

export class FanOuts {
  readonly #singles = new Map<number, Single>();
  readonly #tracked = new Map<number, FanOut>();
  readonly #buckets = new Uint16Array(TRACKED_MAX * STRIDE);
  /** Which hosts are watched at all, so that the others cost no look-up once there are too many. */
  readonly #hosts = new Uint8Array(HOSTS_MAX);
  #destinations = 0;

  /**
   * A host opened a flow to a destination.
   * @param carrierNumber - IANA protocol number.
   * @param time - seconds since 1970.
   * @returns true when the destination is new to it: the answer, if one comes, is to be told to `answered`.
   */
  contact(
    host: HostId,
    carrier: Carrier,
    carrierNumber: number,
    port: number,
    destination: number,
    outside: boolean,
    time: number,
    at: () => PacketRef,
  ): boolean {
    const full = this.#singles.size >= SINGLES_MAX;
    if (full && this.#hosts[host] === 0) return false;
    const key = keyOf(host, carrierNumber, port);
    let fanOut = this.#tracked.get(key);
    if (!fanOut) {
      const single = this.#singles.get(key);
      if (!single) {
        if (full) return false;
        this.#singles.set(key, { destination, time, outside, at: at(), answered: false });
        this.#hosts[host] = 1;
        return true;
      }
      if (single.destination === destination || this.#tracked.size >= TRACKED_MAX) return false;
      fanOut = new FanOut(this.#buckets, this.#tracked.size * STRIDE, host, carrier, port);
      this.#tracked.set(key, fanOut);
      fanOut.known.add(single.destination);
      fanOut.contact(single.time, single.outside, single.at);
      if (single.answered) fanOut.answered(single.time);
    }
    const { known } = fanOut;
    if (known.has(destination)) return false;
    if (known.size < DESTINATIONS_MAX && this.#destinations < DESTINATIONS_TOTAL_MAX) {
      known.add(destination);
      this.#destinations++;
    }
    fanOut.contact(time, outside, at());
    return true;
  }

  /** A destination that was new answered. @param since - when the flow began. */
  answered(host: HostId, carrierNumber: number, port: number, since: number): void {
    const key = keyOf(host, carrierNumber, port);
    const fanOut = this.#tracked.get(key);
    if (fanOut) {
      fanOut.answered(since);
      return;
    }
    const single = this.#singles.get(key);
    if (single) single.answered = true;
  }

  finish(observations: Observations): void {
    for (const fanOut of this.#tracked.values()) observations.add('fan_out', fanOut.finish());
  }
}

function keyOf(host: HostId, carrierNumber: number, port: number): number {
  return (host * 256 + carrierNumber) * 65_536 + port;
}

/** The contacts of one host on one port. Buckets form a ring over the last minute. */
class FanOut {
  readonly known = new Set<number>();
  readonly #buckets: Uint16Array;
  readonly #base: number;
  readonly #host: HostId;
  readonly #carrier: Carrier;
  readonly #port: number;
  /** Number of the newest bucket: seconds since 1970 over BUCKET_S. */
  #newest = 0;
  #total = 0;
  #recent: PacketRef[] = [];
  #best = { destinations: 0, unanswered: 0, outside: 0, packets: [] as PacketRef[] };

  constructor(buckets: Uint16Array, base: number, host: HostId, carrier: Carrier, port: number) {
    this.#buckets = buckets;
    this.#base = base;
    this.#host = host;
    this.#carrier = carrier;
    this.#port = port;
  }

  contact(time: number, outside: boolean, at: PacketRef): void {
    const bucket = Math.floor(time / BUCKET_S);
    if (bucket > this.#newest) this.#turnTo(bucket);
    const place = this.#placeOf(bucket);
    if (place < 0) return;
    const buckets = this.#buckets;
    if (buckets[place] < COUNT_MAX) {
      buckets[place]++;
      buckets[place + 1]++;
      if (outside) buckets[place + 2]++;
    }
    this.#total++;
    if (this.#recent.length >= PROOF_PACKETS) this.#recent.shift();
    this.#recent.push(at);
  }

  answered(since: number): void {
    const place = this.#placeOf(Math.floor(since / BUCKET_S));
    if (place >= 0 && this.#buckets[place + 1] > 0) this.#buckets[place + 1]--;
  }

  /** Weighs the minute that ends, now that its answers have had time to come, and clears what a new bucket needs. */
  #turnTo(bucket: number): void {
    this.#weigh();
    const cleared = Math.min(BUCKETS, bucket - this.#newest);
    for (let index = 0; index < cleared; index++) {
      const place = this.#base + ((bucket - index) % BUCKETS) * COUNTS;
      this.#buckets.fill(0, place, place + COUNTS);
    }
    this.#newest = bucket;
  }

  /** Where a bucket's counts are, or -1 when it is over a minute old. */
  #placeOf(bucket: number): number {
    if (bucket > this.#newest || bucket <= this.#newest - BUCKETS) return -1;
    return this.#base + (bucket % BUCKETS) * COUNTS;
  }

  #weigh(): void {
    let destinations = 0;
    let unanswered = 0;
    let outside = 0;
    for (let place = this.#base; place < this.#base + STRIDE; place += COUNTS) {
      destinations += this.#buckets[place];
      unanswered += this.#buckets[place + 1];
      outside += this.#buckets[place + 2];
    }
    const best = this.#best;
    // The minute that matters is the one with most doors that stayed shut.
    if (best.packets.length > 0 && unanswered <= best.unanswered) return;
    if (destinations > 0) {
      this.#best = { destinations, unanswered, outside, packets: [...this.#recent] };
    }
  }

  finish(): Observation<'fan_out'> {
    this.#weigh();
    const { destinations, unanswered, outside, packets } = this.#best;
    return {
      client: this.#host,
      server: 0,
      clientPort: 0,
      serverPort: this.#port,
      carrier: this.#carrier,
      openingSeen: true,
      multicast: false,
      first: packets[0],
      last: packets[packets.length - 1],
      count: 1,
      packets,
      secrets: [],
      port: this.#port,
      window_s: BUCKETS * BUCKET_S,
      destinations,
      unanswered,
      outside,
      total: this.#total,
    };
  }
}
