/** The header of an RTP packet (RFC 3550, 5.1), and whether one packet follows upon another. */
import { u16be, u32be } from '../integers.ts';

export const HEADER_BYTES = 12;
/** Sequence numbers that may be missing between two packets that are still believed to be of one stream. */
const LOST_MAX = 8;
/** Timestamps of one stream go forwards, by no more than some seconds of the fastest clock. */
const TIMESTAMP_STEP_MAX = 1 << 20;

/** Bytes of the header with sources and extension; -1 when [start, end) cannot be RTP. */
export function headerLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < HEADER_BYTES || bytes[start] >>> 6 !== 2) return -1;
  let length = HEADER_BYTES + 4 * (bytes[start] & 0x0f);
  if (bytes[start] & 0x10) {
    if (start + length + 4 > end) return -1;
    length += 4 + 4 * u16be(bytes, start + length + 2);
  }
  return start + length <= end ? length : -1;
}

/** Types that RFC 3551 leaves open or reserves. */
const UNUSED_TYPES = new Set([1, 2, 19, 20, 21, 22, 23, 24, 27, 29, 30]);

/** A number of RFC 3551, or one of those that signalling gives out. */
export function isUsualType(payloadType: number): boolean {
  return payloadType >= 96 || (payloadType <= 34 && !UNUSED_TYPES.has(payloadType));
}

/**
 * Streams that may begin: the last packet of each unknown flow and direction that looks like RTP. A fixed table, in
 * which a newer flow takes the place of an older one.
 */
export class Candidates {
  static readonly #SLOTS = 1024;
  /** Flow and direction, source, sequence and type, timestamp. */
  readonly #words = new Uint32Array(4 * Candidates.#SLOTS);

  /** Notes the packet at `start`; true when it follows upon the one noted before. */
  follows(bytes: Uint8Array, start: number, flow: number, direction: number): boolean {
    const key = (flow * 2 + direction + 1) >>> 0;
    const at = 4 * (key % Candidates.#SLOTS);
    const words = this.#words;
    const sequence = u16be(bytes, start + 2);
    const type = bytes[start + 1] & 0x7f;
    const timestamp = u32be(bytes, start + 4);
    const source = u32be(bytes, start + 8);
    const step = (sequence - (words[at + 2] & 0xffff)) & 0xffff;
    const elapsed = (timestamp - words[at + 3]) | 0;
    const follows =
      words[at] === key &&
      words[at + 1] === source &&
      words[at + 2] >>> 16 === type &&
      step >= 1 &&
      step <= LOST_MAX &&
      elapsed >= 0 &&
      elapsed <= TIMESTAMP_STEP_MAX;
    words[at] = key;
    words[at + 1] = source;
    words[at + 2] = ((type << 16) | sequence) >>> 0;
    words[at + 3] = timestamp;
    return follows;
  }
}
