/**
 * One direction of a TCP stream, reassembled only as far as a decoder asks. Segments in order are handed on from the
 * packet buffer without a copy; early ones wait, bounded. Where segments overlap, the bytes that can be handed on first
 * count: a retransmission is dropped, and what fills a gap wins over what waited behind it.
 */

/** Bytes that the consumer left and that wait for more, and bytes of early segments, each at most. */
export const WAITING_BYTES_MAX = 65_536;
const EARLY_SEGMENTS_MAX = 128;
const POOLED_A_SIZE = 32;

/** Takes bytes [start, end) in order; returns how many it consumed, more than offered to skip ahead. */
export interface StreamConsumer {
  bytes(buffer: Uint8Array, start: number, end: number): number;
  /** So many bytes will not come. What was left unconsumed before is gone too. */
  gap(missing: number): void;
}

/** Buffers of streams that wait for more, kept for the next one that must: by size, a power of two. */
class BufferPool {
  readonly #free = new Map<number, Buffer[]>();

  take(bytes: number): Buffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(1024, bytes)));
    return this.#free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
  }

  give(buffer: Buffer): void {
    const free = this.#free.get(buffer.length);
    if (!free) this.#free.set(buffer.length, [buffer]);
    else if (free.length < POOLED_A_SIZE) free.push(buffer);
  }
}

const pool = new BufferPool();

export class HalfStream {
  /** Sequence number of the next byte wanted; -1 before the first segment. */
  #next = -1;
  #skip = 0;
  #waiting: Buffer | undefined;
  #waitingLength = 0;
  #offering = false;
  #early: { sequence: number; bytes: Buffer }[] | undefined;
  #earlyBytes = 0;

  /** Learns where the stream begins: the sequence number after a SYN. */
  begin(sequence: number): void {
    if (this.#next < 0) this.#next = sequence >>> 0;
  }

  get hasEarly(): boolean {
    return this.#early !== undefined && this.#early.length > 0;
  }

  /** Takes one segment's payload [start, end) with the sequence number of its first byte. */
  segment(
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    to: StreamConsumer,
  ): void {
    if (this.#next < 0) this.#next = sequence >>> 0;
    const ahead = (sequence - this.#next) | 0;
    if (ahead > 0) {
      this.#keepEarly(sequence, ahead, buffer, start, end, to);
      return;
    }
    const from = start - ahead;
    if (from >= end) return;
    this.#advance(buffer, from, end, to);
    if (this.#early) this.#drainEarly(to);
  }

  /** The other side acknowledged bytes that never came: they are lost, go on without them. */
  acknowledged(sequence: number, to: StreamConsumer): void {
    if (!this.hasEarly || this.#next < 0) return;
    if (((sequence - this.#next) | 0) > 0) this.#jump(to);
  }

  /** Gives up waiting: the stream ended. */
  flush(to: StreamConsumer): void {
    while (this.hasEarly) this.#jump(to);
  }

  /** Offers again what was left, to a new consumer. */
  replay(to: StreamConsumer): void {
    if (this.#waitingLength > 0) this.#offerWaiting(to);
  }

  /** Bytes that were left for more to come. */
  get waitingLength(): number {
    return this.#waitingLength;
  }

  /** Lets go of all memory. */
  release(): void {
    this.#dropWaiting();
    this.#early = undefined;
    this.#earlyBytes = 0;
  }

  #advance(buffer: Uint8Array, start: number, end: number, to: StreamConsumer): void {
    this.#next = (this.#next + end - start) >>> 0;
    let from = start;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, end - from);
      this.#skip -= skipped;
      from += skipped;
      if (from === end) return;
    }
    if (this.#waitingLength > 0) {
      this.#append(buffer, from, end);
      this.#offerWaiting(to);
      return;
    }
    const consumed = to.bytes(buffer, from, end);
    if (consumed > end - from) this.#skip = consumed - (end - from);
    else if (consumed < end - from) this.#append(buffer, from + consumed, end);
    if (this.#waitingLength > WAITING_BYTES_MAX) this.#overflow(to);
  }

  #append(buffer: Uint8Array, start: number, end: number): void {
    const length = this.#waitingLength + end - start;
    if (!this.#waiting || this.#waiting.length < length) {
      const larger = pool.take(length);
      if (this.#waiting) {
        this.#waiting.copy(larger, 0, 0, this.#waitingLength);
        pool.give(this.#waiting);
      }
      this.#waiting = larger;
    }
    this.#waiting.set(buffer.subarray(start, end), this.#waitingLength);
    this.#waitingLength = length;
  }

  #offerWaiting(to: StreamConsumer): void {
    const waiting = this.#waiting as Buffer;
    const length = this.#waitingLength;
    this.#offering = true;
    const consumed = to.bytes(waiting, 0, length);
    this.#offering = false;
    // The consumer may have released this stream.
    if (this.#waitingLength === 0) {
      this.#dropWaiting();
      return;
    }
    if (consumed >= length) {
      this.#skip = consumed - length;
      this.#dropWaiting();
      return;
    }
    waiting.copyWithin(0, consumed, length);
    this.#waitingLength = length - consumed;
    if (this.#waitingLength > WAITING_BYTES_MAX) this.#overflow(to);
  }

  #overflow(to: StreamConsumer): void {
    const missing = this.#waitingLength;
    this.#dropWaiting();
    to.gap(missing);
  }

  #keepEarly(
    sequence: number,
    ahead: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    to: StreamConsumer,
  ): void {
    if (end <= start) return;
    this.#early ??= [];
    const early = this.#early;
    // A jump of more than a window is another connection or garbage, not reordering.
    if (ahead > 0x0100_0000 && early.length === 0) {
      this.#lose(ahead, to);
      this.segment(sequence, buffer, start, end, to);
      return;
    }
    let position = early.length;
    while (position > 0 && ((sequence - early[position - 1].sequence) | 0) < 0) position--;
    early.splice(position, 0, { sequence, bytes: Buffer.from(buffer.subarray(start, end)) });
    this.#earlyBytes += end - start;
    while (
      this.#earlyBytes > WAITING_BYTES_MAX ||
      (this.#early?.length ?? 0) > EARLY_SEGMENTS_MAX
    ) {
      this.#jump(to);
    }
  }

  #drainEarly(to: StreamConsumer): void {
    while (this.#early && this.#early.length > 0) {
      const first = this.#early[0];
      const ahead = (first.sequence - this.#next) | 0;
      if (ahead > 0) return;
      this.#early.shift();
      this.#earlyBytes -= first.bytes.length;
      if (-ahead < first.bytes.length) this.#advance(first.bytes, -ahead, first.bytes.length, to);
    }
  }

  /** Goes on at the first early segment, over what is missing. */
  #jump(to: StreamConsumer): void {
    const first = this.#early?.[0];
    if (!first) return;
    const missing = (first.sequence - this.#next) | 0;
    if (missing > 0) this.#lose(missing, to);
    this.#drainEarly(to);
  }

  #lose(missing: number, to: StreamConsumer): void {
    this.#next = (this.#next + missing) >>> 0;
    if (missing <= this.#skip) {
      // Nobody wanted these bytes.
      this.#skip -= missing;
      return;
    }
    const lost = missing - this.#skip + this.#waitingLength;
    this.#skip = 0;
    this.#dropWaiting();
    to.gap(lost);
  }

  #dropWaiting(): void {
    this.#waitingLength = 0;
    // While its bytes are being offered the buffer must not go to another stream.
    if (this.#waiting && !this.#offering) {
      pool.give(this.#waiting);
      this.#waiting = undefined;
    }
  }
}
