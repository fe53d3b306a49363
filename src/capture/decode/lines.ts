/** The lines of a protocol that is text (SMTP, IMAP, POP3, IRC, syslog), in both directions of one flow. */
import type { Direction } from '../decoder.ts';
import { lineEnd } from './http/head.ts';

const CR = 0x0d;

/** What `find` found: a line; the rest of one that was too long or begins in a gap; nothing whole yet. */
export type Found = 'line' | 'rest' | 'more';

export class Lines {
  /** The line that was found, without its end, and where the next one begins. */
  start = 0;
  stop = 0;
  next = 0;
  /** It is longer than is kept: this is its beginning. */
  cut = false;
  readonly #bytesMax: number;
  readonly #discarding: [boolean, boolean] = [false, false];

  /** @param bytesMax - of one line. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Looks at `place`; with 'line' and 'rest' the caller goes on at `next`. */
  find(bytes: Uint8Array, place: number, end: number, direction: Direction): Found {
    const limit = Math.min(end, place + this.#bytesMax);
    const at = lineEnd(bytes, place, limit);
    const whole = at < limit;
    this.next = whole ? at + 1 : at;
    if (this.#discarding[direction]) {
      this.#discarding[direction] = !whole;
      return 'rest';
    }
    if (!whole && end - place < this.#bytesMax) return 'more';
    this.#discarding[direction] = !whole;
    this.start = place;
    this.stop = whole && at > place && bytes[at - 1] === CR ? at - 1 : at;
    this.cut = !whole;
    return 'line';
  }

  /** Bytes of a direction were lost: what comes first now is the rest of a line. */
  lost(direction: Direction): void {
    this.#discarding[direction] = true;
  }
}
