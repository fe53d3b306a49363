/**
 * The bytes of CRYPTO frames of one direction, put in order (RFC 9000, 19.6). Frames come in any order and overlap;
 * Chrome scatters its hello on purpose. What lies too far ahead is dropped: hellos are small.
 */

/** A ClientHello with post-quantum key shares has about 2 KiB; RFC 9000, 7.5 asks for 4 KiB of room at least. */
const BYTES_MAX = 16_384;
const RANGES_MAX = 64;

export class CryptoStream {
  #bytes = Buffer.alloc(0);
  /** Pairs of places [from, to) that are there, in order, none touching another. */
  #ranges: number[] = [];
  #read = 0;

  /** Takes the bytes [start, end) that belong at `offset`. */
  take(offset: number, bytes: Uint8Array, start: number, end: number): void {
    const to = offset + end - start;
    if (end <= start || to > BYTES_MAX || to <= this.#read) return;
    if (this.#bytes.length < to) {
      const larger = Buffer.alloc(Math.min(BYTES_MAX, Math.max(2048, 2 * to)));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), offset);
    this.#add(offset, to);
  }

  /** The next whole handshake message, valid until the next `take`: bytes [start, end) with its header of four. */
  next(): { readonly bytes: Buffer; readonly start: number; readonly end: number } | undefined {
    const there = this.#ranges.length > 0 && this.#ranges[0] <= this.#read ? this.#ranges[1] : 0;
    const start = this.#read;
    if (there - start < 4) return undefined;
    const end = start + 4 + this.#bytes.readUIntBE(start + 1, 3);
    if (end > there) return undefined;
    this.#read = end;
    return { bytes: this.#bytes, start, end };
  }

  #add(from: number, to: number): void {
    const ranges: number[] = [];
    let low = from;
    let high = to;
    let placed = false;
    for (let i = 0; i < this.#ranges.length; i += 2) {
      const [start, end] = [this.#ranges[i], this.#ranges[i + 1]];
      if (end < low) ranges.push(start, end);
      else if (start > high) {
        if (!placed) ranges.push(low, high);
        placed = true;
        ranges.push(start, end);
      } else {
        low = Math.min(low, start);
        high = Math.max(high, end);
      }
    }
    if (!placed) ranges.push(low, high);
    if (ranges.length <= 2 * RANGES_MAX) this.#ranges = ranges;
  }
}
