/**
 * A cursor over the body of one MQTT packet (MQTT 5, 1.5). The first thing that cannot be read is kept as `fault`,
 * after which every read gives zero or nothing, so that a message reads straight down; what can be read but is
 * forbidden is kept as `violation`. One reader serves a whole connection.
 */
import { isUtf8 } from 'node:buffer';
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { characterBoundary, TEXT_BYTES_MAX } from '../payload.ts';

const EMPTY = Buffer.alloc(0);

export class Reader {
  bytes: Buffer = EMPTY;
  at = 0;
  end = 0;
  /** Why the body cannot be read further; '' as long as it can. */
  fault = '';
  /** The first rule that the body breaks though it can be read. */
  violation = '';
  /** Where the fault or else the violation was noticed. */
  noticedAt = 0;
  /** Range of the last `binary`. */
  from = 0;
  to = 0;
  /** Secrets of this body, so that saved packets can be masked. */
  found: Secret[] = [];

  reset(bytes: Buffer, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.fault = '';
    this.violation = '';
    this.noticedAt = at;
    if (this.found.length > 0) this.found = [];
  }

  seal(value: Uint8Array | string, sealer: SecretSealer): Secret {
    const secret = sealer.seal(value);
    this.found.push(secret);
    return secret;
  }

  /** Forgets the bytes: they belong to the dissector. */
  release(): void {
    this.bytes = EMPTY;
  }

  get left(): number {
    return this.end - this.at;
  }

  fail(reason: string): void {
    if (this.fault) return;
    this.fault = reason;
    this.noticedAt = this.at;
    this.at = this.end;
  }

  violate(reason: string): void {
    if (this.violation || this.fault) return;
    this.violation = reason;
    this.noticedAt = this.at;
  }

  u8(): number {
    if (this.left < 1) return this.#short();
    return this.bytes[this.at++];
  }

  u16(): number {
    if (this.left < 2) return this.#short();
    const value = (this.bytes[this.at] << 8) | this.bytes[this.at + 1];
    this.at += 2;
    return value;
  }

  u32(): number {
    const high = this.u16();
    return high * 0x10000 + this.u16();
  }

  /** Variable byte integer (1.5.5): at most four bytes. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    this.fail('variable integer of more than four bytes');
    return 0;
  }

  /** UTF-8 string (1.5.4), at most TEXT_BYTES_MAX bytes of it. */
  text(): string {
    this.binary();
    const { bytes, from, to } = this;
    const violation = textViolation(bytes, from, to);
    if (violation) this.violate(violation);
    return cutText(bytes, from, to);
  }

  /** Binary data (1.5.6): its range is left in `from` and `to`. */
  binary(): void {
    const length = this.u16();
    if (length > this.left) this.fail('string beyond the packet');
    this.from = this.at;
    this.to = this.fault ? this.at : this.at + length;
    this.at = this.to;
  }

  #short(): number {
    this.fail('packet too short');
    return 0;
  }
}

/** What is wrong with a UTF-8 string of the protocol (1.5.4), or ''. */
export function textViolation(bytes: Buffer, from: number, to: number): string {
  let ascii = true;
  for (let at = from; at < to; at++) {
    if (bytes[at] === 0) return 'null character in a string';
    if (bytes[at] >= 0x80) ascii = false;
  }
  return ascii || isUtf8(bytes.subarray(from, to)) ? '' : 'string is not UTF-8';
}

export function cutText(bytes: Buffer, from: number, to: number): string {
  if (to - from <= TEXT_BYTES_MAX) return bytes.toString('utf8', from, to);
  return bytes.toString('utf8', from, characterBoundary(bytes, from, from + TEXT_BYTES_MAX));
}
