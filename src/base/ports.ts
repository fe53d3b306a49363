/**
 * Time, chance and identifiers come in through ports, so that a test can replay a day in a second and get the same
 * identifiers twice.
 */
import { randomBytes } from 'node:crypto';

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
}

export interface Random {
  /** Unpredictable bytes, fit for keys. */
  bytes(count: number): Uint8Array;
}

/** Makes identifiers: UUIDv7, lower case. */
export type NewId = () => string;

export const systemClock: Clock = { now: () => Date.now() };
export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };

const SEQUENCE_MAX = 0x0fff;

/**
 * UUIDs of version 7 (RFC 9562, 5.7) that sort by the order in which they were made: within one millisecond, and when
 * the clock goes back, the twelve bits of rand_a count (6.2, method 1) and carry over into the time.
 */
export function uuidSource(clock: Clock = systemClock, random: Random = systemRandom): NewId {
  let time = 0;
  let sequence = 0;
  return () => {
    const now = clock.now();
    const bytes = Buffer.from(random.bytes(10));
    if (now > time) {
      time = now;
      sequence = bytes.readUInt16BE(0) & 0x07ff;
    } else if (sequence < SEQUENCE_MAX) {
      sequence++;
    } else {
      time++;
      sequence = 0;
    }
    const timeHex = time.toString(16).padStart(12, '0');
    const variant = (bytes[2] & 0x3f) | 0x80;
    const tail = variant.toString(16) + bytes.toString('hex', 3, 10);
    const a = `7${sequence.toString(16).padStart(3, '0')}`;
    return `${timeHex.slice(0, 8)}-${timeHex.slice(8)}-${a}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  };
}
