/**
 * How a payload of the wire is shown in an event: as text where people can read it, else by its first bytes in
 * hexadecimal; what is named like a password or token inside a text is replaced by its keyed hash.
 */
import { isUtf8 } from 'node:buffer';
import type { Secret, SecretSealer } from '../../base/index.ts';

/** Longest text of a payload or string that an event carries, in bytes of the wire. */
export const TEXT_BYTES_MAX = 1024;
/** Bytes of a binary payload that an event carries. */
export const HEX_BYTES_MAX = 64;

/** The same memory as a Buffer, whose methods turn ranges into strings without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Of each byte: HIGH belongs to a character beyond ASCII, CONTROL to no text (tab and line ends do). */
const HIGH = 1;
const CONTROL = 2;
const kinds = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 ? HIGH : byte === 0x7f || (byte < 0x20 && ![9, 10, 13].includes(byte)) ? CONTROL : 0,
);

/** [start, end) as text, at most TEXT_BYTES_MAX of it; undefined when it is not UTF-8 or holds control characters. */
export function printable(bytes: Buffer, start: number, end: number): string | undefined {
  const stop = Math.min(end, start + TEXT_BYTES_MAX, bytes.length);
  let seen = 0;
  for (let at = start; at < stop; at++) seen |= kinds[bytes[at]];
  if (seen & CONTROL) return undefined;
  if (seen === 0) return bytes.toString('latin1', start, stop);
  const whole = stop === end ? stop : characterBoundary(bytes, start, stop);
  return isUtf8(bytes.subarray(start, whole)) ? bytes.toString('utf8', start, whole) : undefined;
}

/** At most the first HEX_BYTES_MAX bytes of [start, end) in hexadecimal. */
export function hex(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('hex', start, Math.min(end, start + HEX_BYTES_MAX));
}

/** The last place at or before `stop` where no UTF-8 character is cut through. */
export function characterBoundary(bytes: Uint8Array, start: number, stop: number): number {
  let at = stop;
  while (at > start && stop - at < 4 && (bytes[at] & 0xc0) === 0x80) at--;
  return at;
}

const SECRET_NAME = /pass|pwd|secret|token|api_?key|psk|credential|authorization/i;
const SECRET_PAIR =
  /((?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api_?key|psk|credentials?|authorization)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s&,;}\]"']+)/gi;

/** A name that says that its value is a secret. */
export function namesSecret(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * Replaces values that are named like a secret (JSON, forms, `key=value`) by their keyed hashes.
 * @param found - gets the secrets, so that saved packets can be masked as well.
 */
export function maskSecrets(text: string, sealer: SecretSealer, found: Secret[]): string {
  return text.replace(SECRET_PAIR, (_, name: string, value: string) => {
    const quote = value[0] === '"' || value[0] === "'" ? value[0] : '';
    const bare = quote
      ? value.slice(1, value.length > 1 && value.endsWith(quote) ? -1 : undefined)
      : value;
    if (bare === '' || bare === 'null' || bare === 'true' || bare === 'false') return name + value;
    const secret = sealer.seal(bare);
    found.push(secret);
    return `${name}${quote}${secret.hash}${quote}`;
  });
}

/** Whether `maskSecrets` could find anything: cheap enough for every message. */
export function mayHoldSecret(text: string): boolean {
  return (text.includes(':') || text.includes('=')) && SECRET_NAME.test(text);
}
