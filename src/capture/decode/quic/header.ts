/** Long headers (RFC 9000, 17.2) and variable-length integers (RFC 9000, 16). */
import { INITIAL, longType, RETRY } from './versions.ts';

/** Version 1 and 2 allow connection ids of 20 bytes (RFC 9000, 17.2). */
export const CONNECTION_ID_BYTES_MAX = 20;
/** RFC 9001, 5.8. */
const INTEGRITY_TAG_BYTES = 16;

/** The integer at `at`, or -1 where it is cut off; beyond 2^53 it is no longer exact. */
export function varint(bytes: Uint8Array, at: number, end: number): number {
  const length = varintLength(bytes[at]);
  if (at >= end || at + length > end) return -1;
  let value = bytes[at] & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + bytes[at + i];
  return value;
}

export const varintLength = (first: number): number => 1 << (first >>> 6);

export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Places within a datagram. One object is filled for each packet. */
export class LongHeader {
  type = INITIAL;
  version = 0;
  dcid = 0;
  dcidEnd = 0;
  scid = 0;
  scidEnd = 0;
  tokenLength = 0;
  /** Where the packet number begins. */
  packetNumber = 0;
  /** Where the packet ends, and perhaps another begins. */
  end = 0;

  /** Reads the header at `start`; false when its lengths do not fit the datagram. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 7) return false;
    this.version = u32(bytes, start + 1);
    this.type = longType(bytes[start], this.version);
    this.dcid = start + 6;
    this.dcidEnd = this.dcid + bytes[start + 5];
    if (bytes[start + 5] > CONNECTION_ID_BYTES_MAX || this.dcidEnd >= end) return false;
    this.scid = this.dcidEnd + 1;
    this.scidEnd = this.scid + bytes[this.dcidEnd];
    if (bytes[this.dcidEnd] > CONNECTION_ID_BYTES_MAX || this.scidEnd > end) return false;
    let at = this.scidEnd;
    this.tokenLength = 0;
    if (this.version === 0) {
      this.end = end;
      return true;
    }
    if (this.type === RETRY) {
      this.tokenLength = end - at - INTEGRITY_TAG_BYTES;
      this.end = end;
      return this.tokenLength > 0;
    }
    if (this.type === INITIAL) {
      this.tokenLength = varint(bytes, at, end);
      if (this.tokenLength < 0) return false;
      at += varintLength(bytes[at]) + this.tokenLength;
    }
    const length = varint(bytes, at, end);
    if (length < 0) return false;
    this.packetNumber = at + varintLength(bytes[at]);
    this.end = this.packetNumber + length;
    // A packet number, a sample of 16 bytes four bytes further on (RFC 9001, 5.4.2).
    return length >= 20 && this.end <= end;
  }
}

/** RFC 9000, 14.1: a client's Initial fills its datagram to this size at least. */
export const INITIAL_DATAGRAM_BYTES_MIN = 1200;
