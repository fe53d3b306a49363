/** Reading words of text protocols, for recognition and parsing. */
import { wireText } from '../wire-text.ts';

const SPACE = 0x20;

export function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Where the letters at `start` end, at most 16 of them. */
export function lettersEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const limit = Math.min(end, start + 16);
  while (at < limit && isLetter(bytes[at])) at++;
  return at;
}

/** The letters at `start` are this word, in any case, and it ends there. */
export function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++)
    if ((bytes[start + i] & 0xdf) !== word.charCodeAt(i)) return false;
  return true;
}

export function isOneOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  words: readonly string[],
): boolean {
  for (const word of words) if (isWord(bytes, start, end, word)) return true;
  return false;
}

/** Whether [start, end) holds these letters (given in lower case), in any case. */
export function mentions(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  const last = end - word.length;
  for (let at = start; at <= last; at++) {
    let i = 0;
    while (i < word.length && (bytes[at + i] | 0x20) === word.charCodeAt(i)) i++;
    if (i === word.length) return true;
  }
  return false;
}

export function hasBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === SPACE) return true;
  return false;
}

/** Text without control characters but tabs. */
export function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++)
    if (bytes[at] < SPACE && bytes[at] !== 0x09 && bytes[at] !== 0x0d) return false;
  return true;
}

/** At most `max` bytes of [start, end) as text, without blanks around. */
export function textOf(bytes: Uint8Array, start: number, end: number, max: number): string {
  let from = start;
  let to = end;
  while (from < to && bytes[from] === SPACE) from++;
  while (to > from && bytes[to - 1] === SPACE) to--;
  return wireText(bytes, from, Math.min(to, from + max));
}
