/** Records of TLS in a stream (RFC 8446, 5.1): their header, and how they are recognised and found again. */
import type { Direction, Flow, Recognition } from '../../decoder.ts';
import { isAlert } from './alerts.ts';
import { MESSAGE_BYTES_MAX, u24 } from './handshake.ts';
import { u16 } from './hello.ts';
import { recogniseSsl2 } from './ssl2.ts';

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;
export const HEARTBEAT = 24;
export const HEADER = 5;
/** 2^14 bytes of text and what encryption may add (RFC 5246, 6.2.3). */
const RECORD_BYTES_MAX = 16_384 + 2048;

/** Judges the first bytes of a direction; as Decoder.recognise. */
export function recogniseTls(
  bytes: Uint8Array,
  start: number,
  end: number,
  _direction: Direction,
  flow: Flow,
): Recognition {
  if (start >= end) return 'more';
  const type = bytes[start];
  if (type & 0x80) return recogniseSsl2(bytes, start, end);
  if (type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA) return 'no';
  if (end - start < HEADER + 1) return mayBecomeRecord(bytes, start, end);
  if (!isRecordHeader(bytes, start)) return 'no';
  if (type === HANDSHAKE) return recogniseHello(bytes, start, end);
  if (type === ALERT && u16(bytes, start + 3) === 2) {
    if (end - start < HEADER + 2) return 'more';
    return isAlert(bytes[start + 5], bytes[start + 6]) ? 'yes' : 'no';
  }
  // Encrypted records: only where the capture may have begun in the middle, and only a chain of them is proof.
  return flow.openingSeen ? 'no' : recogniseChain(bytes, start, end);
}

function mayBecomeRecord(bytes: Uint8Array, start: number, end: number): Recognition {
  if (end - start > 1 && bytes[start + 1] !== 3) return 'no';
  return end - start > 2 && bytes[start + 2] > 4 ? 'no' : 'more';
}

/** A record that begins with a ClientHello or ServerHello. */
function recogniseHello(bytes: Uint8Array, start: number, end: number): Recognition {
  const type = bytes[start + 5];
  if (type !== 1 && type !== 2) return 'no';
  // A hello may be cut into records after its first bytes.
  if (u16(bytes, start + 3) < 6) return 'yes';
  if (end - start < 11) return 'more';
  const length = u24(bytes, start + 6);
  const major = bytes[start + 9];
  const version = major === 3 ? bytes[start + 10] <= 4 : major === 0x7e || major === 0x7f;
  return version && length >= 34 && length <= MESSAGE_BYTES_MAX ? 'yes' : 'no';
}

function recogniseChain(bytes: Uint8Array, start: number, end: number): Recognition {
  let at = start;
  let records = 0;
  while (end - at >= HEADER) {
    if (!isRecordHeader(bytes, at)) return 'no';
    at += HEADER + u16(bytes, at + 3);
    if (at <= end) records++;
    if (records >= 2 || (records === 1 && at === end)) return 'yes';
  }
  return 'more';
}

export function isRecordHeader(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at];
  const length = u16(bytes, at + 3);
  return (
    type >= CHANGE_CIPHER_SPEC &&
    type <= HEARTBEAT &&
    bytes[at + 1] === 3 &&
    bytes[at + 2] <= 4 &&
    length <= RECORD_BYTES_MAX &&
    (length > 0 || type === APPLICATION_DATA)
  );
}

/** Where a record seems to begin: its header, and another or the end behind it; -1: nowhere. */
export function findRecord(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + HEADER <= end; at++) {
    if (bytes[at + 1] !== 3 || !isRecordHeader(bytes, at)) continue;
    const next = at + HEADER + u16(bytes, at + 3);
    if (next === end || (next + HEADER <= end && isRecordHeader(bytes, next))) return at;
    // The record goes on beyond these bytes: only at their beginning is that likelier than chance.
    if (next > end && at === start) return at;
  }
  return -1;
}
