/** Numbers for keys: the table behind connections, bursts and pairs of hosts. */
import { randomBytes } from 'node:crypto';

/**
 * Open addressing over fixed-width keys of 32-bit words; twice as many slots as entries, so a probe is short also
 * when the table is full.
 */
export class WordTable {
  readonly #width: number;
  readonly #max: number;
  readonly #mask: number;
  /** At random, so that nobody can choose keys that all fall into one place. */
  readonly #seed = randomBytes(4).readInt32LE();
  readonly #slots: Int32Array;
  readonly words: Int32Array;
  count = 1;
  /** Lookups that found the table full. */
  overflows = 0;

  constructor(width: number, max: number) {
    this.#width = width;
    this.#max = max;
    this.#mask = 2 * max - 1;
    this.#slots = new Int32Array(2 * max);
    this.words = new Int32Array(width * max);
  }

  /** The number of a key, or 0. */
  find(w0: number, w1: number, w2: number, w3: number): number {
    return this.#slots[this.#slotOf(w0, w1, w2, w3)];
  }

  /** The number of a key, a new one if it is new; 0 when the table is full. */
  intern(w0: number, w1: number, w2: number, w3: number): number {
    const slot = this.#slotOf(w0, w1, w2, w3);
    const known = this.#slots[slot];
    if (known !== 0) return known;
    if (this.count >= this.#max) {
      this.overflows++;
      return 0;
    }
    const words = this.words;
    const width = this.#width;
    const entry = this.count++;
    const at = entry * width;
    words[at] = w0;
    words[at + 1] = w1;
    if (width > 2) words[at + 2] = w2;
    if (width > 3) words[at + 3] = w3;
    this.#slots[slot] = entry;
    return entry;
  }

  /** Where a key is, or would be. */
  #slotOf(w0: number, w1: number, w2: number, w3: number): number {
    let hash = Math.imul(w0 ^ this.#seed, 0x9e3779b1);
    hash = Math.imul(((hash << 13) | (hash >>> 19)) ^ w1, 0x85ebca77);
    hash = ((hash << 13) | (hash >>> 19)) ^ Math.imul(w2, 0xc2b2ae3d) ^ Math.imul(w3, 0x27d4eb2f);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    hash ^= hash >>> 13;
    const words = this.words;
    const width = this.#width;
    let slot = hash & this.#mask;
    for (;;) {
      const entry = this.#slots[slot];
      if (entry === 0) return slot;
      const at = entry * width;
      if (
        words[at] === w0 &&
        words[at + 1] === w1 &&
        (width < 3 || words[at + 2] === w2) &&
        (width < 4 || words[at + 3] === w3)
      ) {
        return slot;
      }
      slot = (slot + 1) & this.#mask;
    }
  }
}
