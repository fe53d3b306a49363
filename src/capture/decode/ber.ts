/**
 * Elements of the Basic Encoding Rules (ITU-T X.690), as far as SNMP and Kerberos use them: tags of one byte, definite
 * lengths, everything within the bytes at hand. Whoever walks them decides how deep.
 */

/** One element: its identifier, and where its content lies. */
export interface Element {
  tag: number;
  start: number;
  end: number;
}

export const element = (): Element => ({ tag: 0, start: 0, end: 0 });

export const INTEGER = 0x02;
export const OCTET_STRING = 0x04;
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;

/**
 * Reads the element at `at` into `into`, which nothing but a length that fits in [at, end) can fill.
 * @returns false where there is none, or it is cut off, or its length is indefinite.
 */
export function readElement(bytes: Uint8Array, at: number, end: number, into: Element): boolean {
  if (end - at < 2 || (bytes[at] & 0x1f) === 0x1f) return false;
  let start = at + 2;
  let length = bytes[at + 1];
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0 || size > 4 || end - start < size) return false;
    length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + bytes[start + i];
    start += size;
  }
  if (length > end - start) return false;
  into.tag = bytes[at];
  into.start = start;
  into.end = start + length;
  return true;
}

/** Value of an integer in two's complement, of at most six bytes; undefined where it has none or more. */
export function integerAt(bytes: Uint8Array, { start, end }: Element): number | undefined {
  if (end === start || end - start > 6) return undefined;
  let value = bytes[start] >= 0x80 ? bytes[start] - 256 : bytes[start];
  for (let i = start + 1; i < end; i++) value = value * 256 + bytes[i];
  return value;
}

/** Longest object identifier (RFC 2578, 3.5). */
const SUBIDENTIFIERS_MAX = 128;

/** `1.3.6.1.2.1.1.1.0`; undefined where it is cut off, or too long. */
export function objectIdentifierAt(bytes: Uint8Array, { start, end }: Element): string | undefined {
  if (end === start || bytes[end - 1] >= 0x80) return undefined;
  let text = '';
  let value = 0;
  let count = 0;
  for (let i = start; i < end; i++) {
    value = value * 128 + (bytes[i] & 0x7f);
    if (value > 0xffff_ffff + 80) return undefined;
    if (bytes[i] >= 0x80) continue;
    if (text === '') {
      // The first two share a number (X.690, 8.19.4).
      const first = Math.min(2, Math.floor(value / 40));
      text = `${first}.${value - first * 40}`;
    } else text += `.${value}`;
    value = 0;
    if (++count > SUBIDENTIFIERS_MAX) return undefined;
  }
  return text;
}
