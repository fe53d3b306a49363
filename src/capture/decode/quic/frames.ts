/** The frames that Initial packets may carry (RFC 9000, 12.4 and 19): PADDING, PING, ACK, CRYPTO, CONNECTION_CLOSE. */
import { varint, varintLength } from './header.ts';

const PADDING = 0x00;
const PING = 0x01;
const ACK = 0x02;
const ACK_ECN = 0x03;
const CRYPTO = 0x06;
const CONNECTION_CLOSE = 0x1c;

export interface FrameReader {
  crypto(offset: number, bytes: Buffer, start: number, end: number): void;
  close(errorCode: number, bytes: Buffer, start: number, end: number): void;
}

/** Where an invalid frame stands, and what is wrong. */
export interface FrameFlaw {
  readonly reason: string;
  readonly offset: number;
}

/** Reads all frames of a packet. */
export function readFrames(bytes: Buffer, reader: FrameReader): FrameFlaw | undefined {
  let at = 0;
  const end = bytes.length;
  if (end === 0) return { reason: 'packet without frames', offset: 0 };
  while (at < end) {
    const type = bytes[at];
    if (type === PADDING || type === PING) {
      at++;
      continue;
    }
    const next =
      type === CRYPTO
        ? crypto(bytes, at + 1, end, reader)
        : type === ACK || type === ACK_ECN
          ? acknowledgement(bytes, at + 1, end, type === ACK_ECN)
          : type === CONNECTION_CLOSE
            ? close(bytes, at + 1, end, reader)
            : -2;
    if (next === -2) return { reason: 'frame that no Initial packet may carry', offset: at };
    if (next < 0) return { reason: 'frame longer than its packet', offset: at };
    at = next;
  }
  return undefined;
}

function crypto(bytes: Buffer, from: number, end: number, reader: FrameReader): number {
  const offset = varint(bytes, from, end);
  if (offset < 0) return -1;
  const at = from + varintLength(bytes[from]);
  const length = varint(bytes, at, end);
  if (length < 0) return -1;
  const start = at + varintLength(bytes[at]);
  if (start + length > end) return -1;
  reader.crypto(offset, bytes, start, start + length);
  return start + length;
}

/** Largest acknowledged, delay, count of ranges, first range, then pairs; three counters more with ECN. */
function acknowledgement(bytes: Buffer, from: number, end: number, ecn: boolean): number {
  let at = from;
  let fields = 4;
  for (let i = 0; i < fields; i++) {
    const value = varint(bytes, at, end);
    if (value < 0) return -1;
    if (i === 2) fields += 2 * Math.min(value, end) + (ecn ? 3 : 0);
    at += varintLength(bytes[at]);
  }
  return at;
}

function close(bytes: Buffer, from: number, end: number, reader: FrameReader): number {
  const errorCode = varint(bytes, from, end);
  if (errorCode < 0) return -1;
  let at = from + varintLength(bytes[from]);
  // The type of the frame that was at fault.
  if (varint(bytes, at, end) < 0) return -1;
  at += varintLength(bytes[at]);
  const length = varint(bytes, at, end);
  if (length < 0) return -1;
  at += varintLength(bytes[at]);
  if (at + length > end) return -1;
  reader.close(errorCode, bytes, at, at + length);
  return at + length;
}
