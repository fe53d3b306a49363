/** Tells DNS messages from other bytes by their header and first entry, without allocating. */
import type { Recognition } from '../../decoder.ts';
import { HEADER_BYTES } from './message.ts';

const BAD = -1;
const SHORT = -2;

/**
 * Judges the message in [start, end), of which `length` bytes are promised (streams may still owe some).
 * @param onPort - the port says that it should be this protocol: then unusual opcodes and cut messages are allowed.
 * @param opcodes - bit n set: opcode n is in use by the protocol.
 */
export function recogniseMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  onPort: boolean,
  opcodes: number,
): Recognition {
  if (length < HEADER_BYTES) return 'no';
  if (end - start < HEADER_BYTES) return end - start < length ? 'more' : 'no';
  const high = bytes[start + 2];
  const response = high >= 0x80;
  const opcode = (high >> 3) & 15;
  const rcode = bytes[start + 3] & 15;
  const questions = (bytes[start + 4] << 8) | bytes[start + 5];
  const answers = (bytes[start + 6] << 8) | bytes[start + 7];
  const others =
    ((bytes[start + 8] << 8) | bytes[start + 9]) + ((bytes[start + 10] << 8) | bytes[start + 11]);
  // The least that so many entries take: 5 bytes a question, 11 a record.
  if (questions * 5 + (answers + others) * 11 > length - HEADER_BYTES) {
    // A datagram cut by the capture's snap length promises more than it has.
    if (!onPort || questions > 16 || answers + others > 128) return 'no';
  }
  if (!response && (rcode !== 0 || (questions === 0 && !(onPort && answers > 0)))) return 'no';
  if (!onPort) {
    if (((opcodes >> opcode) & 1) === 0) return 'no';
    if (!response && (high & 0x04) !== 0) return 'no';
    if (questions + answers + others === 0) return 'no';
  }
  const first = start + HEADER_BYTES;
  if (questions + answers + others === 0) return length === HEADER_BYTES ? 'yes' : 'no';
  const last = Math.min(end, start + length);
  const behind = nameEnd(bytes, start, first, last, length, onPort);
  if (behind === BAD) return 'no';
  const fields = questions > 0 ? 4 : 10;
  if (behind === SHORT || behind + fields > last) {
    if (end - start < length) return 'more';
    return onPort ? 'yes' : 'no';
  }
  return isClass(((bytes[behind + 2] & 0x7f) << 8) | bytes[behind + 3]) || onPort ? 'yes' : 'no';
}

function nameEnd(
  bytes: Uint8Array,
  start: number,
  from: number,
  end: number,
  length: number,
  mayLoop: boolean,
): number {
  let at = from;
  while (at < end) {
    const size = bytes[at];
    if (size === 0) return at + 1;
    if (size >= 0xc0) {
      if (at + 2 > end) return SHORT;
      const target = ((size & 0x3f) << 8) | bytes[at + 1];
      if (target < HEADER_BYTES || target >= length) return BAD;
      return mayLoop || start + target !== at ? at + 2 : BAD;
    }
    if (size >= 0x40) return BAD;
    at += size + 1;
  }
  return SHORT;
}

/** IN, CH, HS, NONE, ANY; the top bit, which mDNS uses, is off. */
function isClass(value: number): boolean {
  return value === 1 || value === 3 || value === 4 || value === 254 || value === 255;
}
