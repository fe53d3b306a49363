/**
 * Reassembly of IPv4 and IPv6 fragments (RFC 791, RFC 8200 4.5). Bounded: so many datagrams at a time, each up to
 * 64 KiB; the oldest makes room, and one that waits too long is dropped. Where fragments overlap, the byte that came
 * first stays (the policy of most embedded stacks; RFC 5722 would drop an IPv6 datagram, which hides an attack from
 * the audit).
 */

const DATAGRAMS_MAX = 256;
const DATAGRAM_BYTES_MAX = 65_535;
const WAIT_S = 30;
const FRAGMENTS_MAX = 1024;

interface Pending {
  readonly since: number;
  bytes: Buffer;
  /** Which ranges [from, to) have arrived, sorted and apart. */
  readonly ranges: [number, number][];
  /** Known once the last fragment has arrived. */
  length: number;
  fragments: number;
}

export class Fragments {
  readonly #pending = new Map<string, Pending>();
  /** Datagrams given up: too many at once, too slow, or inconsistent. */
  dropped = 0;

  /**
   * Adds the bytes [start, end) of a fragment.
   * @param key - what makes a datagram one (addresses, protocol, identification).
   * @param offset - where the bytes belong, in bytes.
   * @returns the whole payload when this was the missing piece; valid until the next call.
   */
  add(
    key: string,
    time: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    more: boolean,
  ): Buffer | undefined {
    let pending = this.#pending.get(key);
    if (pending && time - pending.since > WAIT_S) {
      this.#drop(key);
      pending = undefined;
    }
    const to = offset + end - start;
    if (to > DATAGRAM_BYTES_MAX || end <= start) return undefined;
    if (!pending) {
      if (this.#pending.size >= DATAGRAMS_MAX)
        this.#drop(this.#pending.keys().next().value as string);
      pending = { since: time, bytes: Buffer.alloc(2048), ranges: [], length: -1, fragments: 0 };
      this.#pending.set(key, pending);
    }
    if (++pending.fragments > FRAGMENTS_MAX || (pending.length >= 0 && to > pending.length)) {
      this.#drop(key);
      return undefined;
    }
    if (to > pending.bytes.length) {
      const larger = Buffer.alloc(
        Math.min(DATAGRAM_BYTES_MAX, Math.max(to, 2 * pending.bytes.length)),
      );
      pending.bytes.copy(larger);
      pending.bytes = larger;
    }
    fill(pending, bytes, start, offset, to);
    if (!more && pending.length < 0) pending.length = to;
    const { ranges } = pending;
    if (
      ranges.length !== 1 ||
      ranges[0][0] !== 0 ||
      pending.length < 0 ||
      ranges[0][1] < pending.length
    ) {
      return undefined;
    }
    this.#pending.delete(key);
    return pending.bytes.subarray(0, pending.length);
  }

  #drop(key: string): void {
    this.#pending.delete(key);
    this.dropped++;
  }
}

/** Copies into [from, to) what is not there yet, and joins the ranges. */
function fill(pending: Pending, source: Uint8Array, start: number, from: number, to: number): void {
  let position = from;
  for (const [rangeFrom, rangeTo] of pending.ranges) {
    if (rangeTo <= position) continue;
    if (rangeFrom >= to) break;
    if (rangeFrom > position) {
      pending.bytes.set(
        source.subarray(start + position - from, start + rangeFrom - from),
        position,
      );
    }
    position = Math.max(position, rangeTo);
  }
  if (position < to)
    pending.bytes.set(source.subarray(start + position - from, start + to - from), position);
  const joined: [number, number] = [from, to];
  const rest = pending.ranges.filter(([rangeFrom, rangeTo]) => {
    if (rangeTo < joined[0] || rangeFrom > joined[1]) return true;
    joined[0] = Math.min(joined[0], rangeFrom);
    joined[1] = Math.max(joined[1], rangeTo);
    return false;
  });
  rest.push(joined);
  rest.sort((a, b) => a[0] - b[0]);
  pending.ranges.splice(0, pending.ranges.length, ...rest);
}
