/**
 * A cursor over one message of a binary protocol. The first thing that cannot be read is kept as `fault`, after which
 * every read gives zero or nothing, so that a message reads straight down and is judged once at its end.
 */
import { wireText } from './wire-text.ts';

/** Longest text of one field that an event carries, in bytes of the wire. */
const TEXT_BYTES_MAX = 512;
const NOTHING = new Uint8Array(0);

export class ByteReader {
  bytes: Uint8Array = NOTHING;
  at = 0;
  end = 0;
  /** Why the message cannot be read further; '' as long as it can. */
  fault = '';

  /** Begins with [at, end) of a message. */
  reset(bytes: Uint8Array, at: number, end: number): this {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.fault = '';
    return this;
  }

  /** Forgets the bytes: they belong to the dissector. */
  release(): void {
    this.bytes = NOTHING;
  }

  get left(): number {
    return this.end - this.at;
  }

  fail(reason: string): void {
    if (this.fault === '') this.fault = reason;
    this.at = this.end;
  }

  /** Whether so many bytes are there; a fault if not. */
  has(bytes: number): boolean {
    if (bytes >= 0 && bytes <= this.end - this.at) return true;
    this.fail('message too short');
    return false;
  }

  skip(bytes: number): void {
    if (this.has(bytes)) this.at += bytes;
  }

  u8(): number {
    return this.has(1) ? this.bytes[this.at++] : 0;
  }

  /** Big-endian, of 1 to 4 bytes. */
  unsigned(size: number): number {
    if (!this.has(size)) return 0;
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.bytes[this.at++];
    return value;
  }

  u16(): number {
    return this.unsigned(2);
  }

  u32(): number {
    return this.unsigned(4);
  }

  u16le(): number {
    if (!this.has(2)) return 0;
    const value = this.bytes[this.at] | (this.bytes[this.at + 1] << 8);
    this.at += 2;
    return value;
  }

  u32le(): number {
    const low = this.u16le();
    return low + this.u16le() * 0x10000;
  }

  i32le(): number {
    return this.u32le() | 0;
  }

  /** The next `length` bytes as text, at most 512 of them. */
  text(length: number): string {
    if (!this.has(length)) return '';
    const from = this.at;
    this.at += length;
    return wireText(this.bytes, from, from + Math.min(length, TEXT_BYTES_MAX));
  }
}
