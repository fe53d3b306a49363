/** How a connection of HTTP/2 begins, each way (RFC 9113, 3.4). */
import type { Recognition } from '../../decoder.ts';
import { u16be, u32be } from '../integers.ts';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const HEADER_BYTES = 9;
export const SETTINGS = 4;
export const CONTINUATION = 9;
export const SETTINGS_BYTES_MAX = 6 * 64;
/** Settings are registered up to here, and a few beyond. */
const SETTING_MAX = 0x20;

/** Whether a client's preface (RFC 9113, 3.4) begins here. */
export function recognisePreface(bytes: Uint8Array, start: number, end: number): Recognition {
  for (let i = 1; i < PREFACE.length; i++) {
    if (start + i === end) return 'more';
    if (bytes[start + i] !== PREFACE[i]) return 'no';
  }
  return 'yes';
}

/** A server begins with SETTINGS on stream 0 (RFC 9113, 3.4), in which each setting has its six bytes. */
export function recogniseSettings(bytes: Uint8Array, start: number, end: number): Recognition {
  if (bytes[start] !== 0) return 'no';
  if (end - start < HEADER_BYTES) {
    if (end - start > 1 && bytes[start + 1] > 1) return 'no';
    return end - start > 3 && bytes[start + 3] !== SETTINGS ? 'no' : 'more';
  }
  const length = u16be(bytes, start + 1);
  if (bytes[start + 3] !== SETTINGS || bytes[start + 4] !== 0 || u32be(bytes, start + 5) !== 0)
    return 'no';
  if (length % 6 !== 0 || length > SETTINGS_BYTES_MAX) return 'no';
  // Without a setting it is nine bytes of which seven are zero: another frame must follow.
  const next = start + HEADER_BYTES + length;
  if (length === 0) {
    if (end - next < HEADER_BYTES) return 'more';
    return bytes[next] === 0 && bytes[next + 3] <= CONTINUATION && bytes[next + 5] < 0x80
      ? 'yes'
      : 'no';
  }
  if (end - start < HEADER_BYTES + 2) return 'more';
  const first = u16be(bytes, start + HEADER_BYTES);
  return first > 0 && first <= SETTING_MAX ? 'yes' : 'no';
}
