/**
 * Reads names and numbers of one DNS message (RFC 1035, section 4). Compressed names are followed within bounds on
 * jumps and length, so no message costs more than its length times a constant.
 */
import { asciiText, wireText } from '../wire-text.ts';

/** Where Suricata cuts a name, too; RFC 1035 allows 255 bytes. */
export const NAME_TEXT_MAX = 1025;
const NAME_MAX = 255;
const JUMPS_MAX = 64;
const MEMO_MAX = 24;

export class DnsReader {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Where the next read takes place. */
  at = 0;
  /** The first thing wrong, in fixed words; empty while all is well. */
  reason = '';
  /** Offset of it from the message's first byte. */
  reasonOffset = 0;
  /** The name read last was cut at NAME_TEXT_MAX. */
  nameCut = false;
  readonly #scratch = new Uint8Array(NAME_TEXT_MAX);
  // Names by the offset they start at: pointers mostly lead to whole names, so most names are read once.
  readonly #memoOffsets = new Int32Array(MEMO_MAX);
  readonly #memoNames: string[] = new Array(MEMO_MAX).fill('');
  #memoCount = 0;

  open(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.at = start;
    this.reason = '';
    this.reasonOffset = 0;
    this.#memoCount = 0;
  }

  /** Lets go of the dissector's buffer. */
  close(): void {
    this.bytes = this.#scratch;
    this.#memoNames.fill('', 0, this.#memoCount);
    this.#memoCount = 0;
  }

  fail(reason: string, at: number = this.at): false {
    if (this.reason === '') {
      this.reason = reason;
      this.reasonOffset = Math.max(0, Math.min(at, this.end) - this.start);
    }
    return false;
  }

  u16(at: number): number {
    return (this.bytes[at] << 8) | this.bytes[at + 1];
  }

  u32(at: number): number {
    const { bytes } = this;
    return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  }

  /**
   * The name at `at`, which moves behind it; labels joined by dots as EVE prints them, without the root's.
   * @returns undefined after `fail`.
   */
  name(): string | undefined {
    const { bytes, end } = this;
    const scratch = this.#scratch;
    const from = this.at - this.start;
    let at = this.at;
    let next = 0;
    let length = 0;
    let wireLength = 1;
    let jumps = 0;
    let high = 0;
    let suffix: string | undefined;
    this.nameCut = false;
    for (;;) {
      if (at >= end) return this.#broken('truncated name', at);
      const size = bytes[at];
      if (size === 0) {
        if (next === 0) next = at + 1;
        break;
      }
      if (size >= 0xc0) {
        if (at + 2 > end) return this.#broken('truncated name', at);
        if (next === 0) next = at + 2;
        // Nothing behind the cut is kept, so it need not be walked.
        if (this.nameCut) break;
        if (++jumps > JUMPS_MAX) return this.#broken('compression loop', at);
        const target = ((size & 0x3f) << 8) | bytes[at + 1];
        if (this.start + target >= end) return this.#broken('pointer outside the message', at);
        suffix = this.#recall(target);
        if (suffix !== undefined) break;
        at = this.start + target;
        continue;
      }
      if (size >= 0x40) return this.#broken('reserved label type', at);
      if (at + 1 + size > end) return this.#broken('truncated name', at);
      wireLength += size + 1;
      if (!this.nameCut) {
        if (length > 0 && length < NAME_TEXT_MAX) scratch[length++] = 0x2e;
        const room = NAME_TEXT_MAX - length;
        const kept = Math.min(size, room);
        for (let i = 1; i <= kept; i++) {
          const byte = bytes[at + i];
          high |= byte;
          scratch[length++] = byte;
        }
        if (kept < size || length === NAME_TEXT_MAX) {
          this.nameCut = true;
          if (next !== 0) break;
        }
      }
      at += size + 1;
    }
    if (wireLength > NAME_MAX) this.fail('name longer than 255 bytes');
    this.at = next;
    let text = '';
    if (length > 0)
      text = high < 0x80 ? asciiText(scratch, 0, length) : wireText(scratch, 0, length);
    if (suffix !== undefined) text = joined(text, suffix);
    if (text.length > NAME_TEXT_MAX) {
      text = text.slice(0, NAME_TEXT_MAX);
      this.nameCut = true;
    }
    this.#remember(from, text);
    return text;
  }

  #broken(reason: string, at: number): undefined {
    this.fail(reason, at);
    return undefined;
  }

  #recall(offset: number): string | undefined {
    for (let i = 0; i < this.#memoCount; i++)
      if (this.#memoOffsets[i] === offset) return this.#memoNames[i];
    return undefined;
  }

  #remember(offset: number, name: string): void {
    if (this.#memoCount === MEMO_MAX || this.nameCut) return;
    this.#memoOffsets[this.#memoCount] = offset;
    this.#memoNames[this.#memoCount++] = name;
  }
}

function joined(head: string, tail: string): string {
  if (head === '') return tail;
  return tail === '' ? head : `${head}.${tail}`;
}
