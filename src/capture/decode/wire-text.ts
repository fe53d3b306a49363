/** Bytes from the wire as text, in the forms that EVE uses: readable where they can be, and never lossy. */
import { isUtf8 } from 'node:buffer';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
// Works on any Uint8Array without making a Buffer of it first; the type declarations do not know it.
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
};
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** Of each byte of what is no UTF-8. */
const ESCAPED = HEX.map((hex, byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${hex}`));

/**
 * Text of bytes [start, end): themselves when they are UTF-8, else ASCII as it stands and every other byte as
 * `\xhh`. Control characters stay, since whoever prints the text escapes them for its medium.
 */
export function wireText(bytes: Uint8Array, start: number, end: number): string {
  let high = 0;
  for (let i = start; i < end; i++) high |= bytes[i];
  if (high < 0x80) return asciiText(bytes, start, end);
  const part = bytes.subarray(start, end);
  if (isUtf8(part)) return utf8.decode(part);
  let text = '';
  for (let i = start; i < end; i++) text += ESCAPED[bytes[i]];
  return text;
}

/** Text of bytes that are all below 0x80. Very short runs are put together here, which is cheaper than a native call. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 6) return latin1Slice.call(bytes, start, end);
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** `0a:1b:2c` of bytes [start, end), at most `max` of them. */
export function hexColons(bytes: Uint8Array, start: number, end: number, max = 64): string {
  const last = Math.min(end, start + max);
  if (last <= start) return '';
  let text = HEX[bytes[start]];
  for (let i = start + 1; i < last; i++) text += `:${HEX[bytes[i]]}`;
  return text;
}

/** `0a1b2c` of bytes [start, end), at most `max` of them. */
export function hexRun(bytes: Uint8Array, start: number, end: number, max = 64): string {
  const last = Math.min(end, start + max);
  let text = '';
  for (let i = start; i < last; i++) text += HEX[bytes[i]];
  return text;
}
