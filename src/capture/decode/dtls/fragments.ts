/**
 * Puts handshake messages of one direction together from their fragments and in their order (RFC 6347, 4.2.2 and
 * 4.2.3). A message in one piece and in its turn, the usual case, is handed on where it lies.
 */
import { CLIENT_HELLO, HELLO_VERIFY_REQUEST, SERVER_HELLO, u24 } from '../tls/handshake.ts';
import { u16 } from '../tls/hello.ts';

/** type, length, message_seq, fragment_offset, fragment_length. */
export const FRAGMENT_HEADER = 12;
/** Fragments held for one direction, and how far ahead of its turn a message may come. */
const HELD_BYTES_MAX = 16_384;
const AHEAD_MAX = 16;
/** Fragments held by all flows of a run together. */
const HELD_BYTES_IN_ALL_MAX = 16 << 20;

interface Budget {
  held: number;
}
const budgets = new WeakMap<object, Budget>();

/** One whole message: its body is bytes [start, end), valid until the next call. */
export interface Message {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

interface Partial {
  readonly type: number;
  readonly length: number;
  readonly pieces: { readonly offset: number; readonly bytes: Uint8Array }[];
}

export class Defragmenter {
  readonly #budget: Budget;
  /** message_seq whose turn it is. */
  #turn = 0;
  #held = 0;
  readonly #partial = new Map<number, Partial>();
  #ready: Message | undefined;
  #flushing = false;

  /** @param run - stands for the run, whose flows share one bound. */
  constructor(run: object) {
    let budget = budgets.get(run);
    if (!budget) {
      budget = { held: 0 };
      budgets.set(run, budget);
    }
    this.#budget = budget;
  }

  /**
   * Takes the fragment whose header is at `at`; its lengths were checked. Old ones and repetitions count nothing.
   * @returns why it could not be kept, or undefined.
   */
  take(bytes: Uint8Array, at: number): string | undefined {
    const type = bytes[at];
    const length = u24(bytes, at + 1);
    const sequence = u16(bytes, at + 4);
    const offset = u24(bytes, at + 6);
    const fragment = u24(bytes, at + 9);
    if (sequence < this.#turn) return undefined;
    // A hello says itself where the count stands, so nothing before it is waited for.
    if (
      sequence > this.#turn &&
      (type === CLIENT_HELLO || type === SERVER_HELLO || type === HELLO_VERIFY_REQUEST) &&
      this.#partial.size === 0
    )
      this.#turn = sequence;
    const body = at + FRAGMENT_HEADER;
    if (fragment === length && sequence === this.#turn && !this.#partial.has(sequence)) {
      this.#ready = { type, bytes, start: body, end: body + length };
      return undefined;
    }
    if (sequence - this.#turn > AHEAD_MAX) return 'handshake message far out of order';
    if (length > HELD_BYTES_MAX) return 'handshake message too long';
    let partial = this.#partial.get(sequence);
    if (partial && (partial.type !== type || partial.length !== length))
      return 'fragments contradict each other';
    if (
      this.#held + fragment > HELD_BYTES_MAX ||
      this.#budget.held + fragment > HELD_BYTES_IN_ALL_MAX
    )
      return 'too many fragments to hold';
    if (!partial) {
      partial = { type, length, pieces: [] };
      this.#partial.set(sequence, partial);
    }
    if (partial.pieces.some((piece) => piece.offset === offset && piece.bytes.length >= fragment))
      return undefined;
    partial.pieces.push({ offset, bytes: bytes.slice(body, body + fragment) });
    this.#hold(fragment);
    return undefined;
  }

  /** The message whose turn it is, once it is whole; then the next one's. */
  next(): Message | undefined {
    const ready = this.#ready;
    if (ready) {
      this.#ready = undefined;
      this.#turn++;
      return ready;
    }
    if (this.#partial.size === 0) {
      this.#flushing = false;
      return undefined;
    }
    if (this.#flushing) this.#turn = Math.min(...this.#partial.keys());
    const partial = this.#partial.get(this.#turn);
    if (!partial) return undefined;
    const whole = assemble(partial);
    if (!whole && !this.#flushing) return undefined;
    this.#forget(this.#turn, partial);
    this.#turn++;
    if (!whole) return this.next();
    return { type: partial.type, bytes: whole, start: 0, end: whole.length };
  }

  /** Lost messages are waited for no longer. */
  flush(): void {
    this.#flushing = true;
  }

  restart(): void {
    this.release();
    this.#turn = 0;
    this.#ready = undefined;
  }

  release(): void {
    for (const [sequence, partial] of this.#partial) this.#forget(sequence, partial);
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#budget.held += bytes;
  }

  #forget(sequence: number, partial: Partial): void {
    for (const piece of partial.pieces) this.#hold(-piece.bytes.length);
    this.#partial.delete(sequence);
  }
}

/** The whole message, or undefined while a part is missing. */
function assemble({ length, pieces }: Partial): Uint8Array | undefined {
  pieces.sort((a, b) => a.offset - b.offset);
  let covered = 0;
  for (const { offset, bytes } of pieces) {
    if (offset > covered) return undefined;
    covered = Math.max(covered, offset + bytes.length);
  }
  if (covered < length) return undefined;
  const whole = new Uint8Array(length);
  for (const { offset, bytes } of pieces) whole.set(bytes, offset);
  return whole;
}
