/** Whether bytes begin with, or hold, a given text: for recognition, without making strings of the wire. */

/** Bytes of ASCII text to compare with. */
export function asciiBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** [start, end) begins with all of `text`. */
export function beginsWith(
  bytes: Uint8Array,
  start: number,
  end: number,
  text: Uint8Array,
): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** `text` stands somewhere in the first `max` bytes of [start, end). */
export function holds(
  bytes: Uint8Array,
  start: number,
  end: number,
  text: Uint8Array,
  max: number,
): boolean {
  const last = Math.min(end, start + max) - text.length;
  for (let at = start; at <= last; at++) if (beginsWith(bytes, at, end, text)) return true;
  return false;
}
