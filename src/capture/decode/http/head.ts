/**
 * The head of an HTTP/1 message (RFC 9112, sections 2 to 5), whose syntax SSDP shares: where it ends, its start
 * line, and those header fields that somebody wants. Names are found by hash, so a field that nobody wants costs
 * no string.
 */
import { wireText } from '../wire-text.ts';

/** Field lines read in one head; the rest is passed over. */
export const FIELDS_MAX = 200;
/** Bytes kept of one field value. */
export const VALUE_BYTES_MAX = 4_096;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/**
 * Offset just after the empty line that ends the head beginning at `start`, or -1.
 * @param from - where to look first, when bytes before it were searched already.
 */
export function headEnd(bytes: Uint8Array, start: number, end: number, from = start): number {
  for (let i = Math.max(start, from); i < end; i++) {
    if (bytes[i] !== LF) continue;
    // RFC 9112, 2.2: a bare LF is accepted as the end of a line.
    if (i + 1 < end && bytes[i + 1] === LF) return i + 2;
    if (i + 2 < end && bytes[i + 1] === CR && bytes[i + 2] === LF) return i + 3;
  }
  return -1;
}

/** Offset of the LF that ends the line at `start`, or `end`. */
export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && bytes[i] !== LF) i++;
  return i;
}

/** A fixed set of field names, found without regard to case. */
export class FieldNames<Name extends string> {
  readonly #byHash = new Map<number, Name>();
  readonly #names: ReadonlySet<string>;

  /** @param names - in lower case. */
  constructor(names: readonly Name[]) {
    this.#names = new Set(names);
    for (const name of names) {
      const bytes = Buffer.from(name, 'latin1');
      const hash = nameHash(bytes, 0, bytes.length);
      if (this.#byHash.has(hash)) throw new RangeError(`Field names collide: ${name}`);
      this.#byHash.set(hash, name);
    }
  }

  /** @param name - in lower case. */
  has(name: string): name is Name {
    return this.#names.has(name);
  }

  find(bytes: Uint8Array, start: number, end: number): Name | undefined {
    const name = this.#byHash.get(nameHash(bytes, start, end));
    if (name === undefined || name.length !== end - start) return undefined;
    for (let i = 0; i < name.length; i++)
      if (lower(bytes[start + i]) !== name.charCodeAt(i)) return undefined;
    return name;
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

function nameHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + lower(bytes[i])) | 0;
  return hash;
}

/** What a head says: the wanted fields (repeated ones joined by a comma, RFC 9110, 5.3), and what is wrong in it. */
export interface Head<Name extends string> {
  readonly fields: { [N in Name]?: string };
  readonly problem: string | undefined;
  readonly problemOffset: number;
}

/**
 * Reads the field lines in [start, end), which begins after the start line and includes the empty line.
 * @param separate - a name whose repeated lines are joined by LF, because its values hold commas (Set-Cookie).
 */
export function readFields<Name extends string>(
  bytes: Uint8Array,
  start: number,
  end: number,
  names: FieldNames<Name>,
  separate?: Name,
): Head<Name> {
  const fields: { [N in Name]?: string } = {};
  let problem: string | undefined;
  let problemOffset = 0;
  let last: Name | undefined;
  let line = start;
  for (let count = 0; line < end; count++) {
    const next = lineEnd(bytes, line, end) + 1;
    let stop = Math.min(next - 1, end);
    if (stop > line && bytes[stop - 1] === CR) stop--;
    if (stop === line) break;
    if (count >= FIELDS_MAX) {
      problem ??= 'too many fields';
      problemOffset ||= line;
      break;
    }
    if (bytes[line] === SPACE || bytes[line] === TAB) {
      // obs-fold (RFC 9112, 5.2): goes on with the value of the line before.
      if (last) fields[last] = joined(fields[last], ' ', value(bytes, line, stop));
    } else {
      let colon = line;
      while (colon < stop && bytes[colon] !== COLON) colon++;
      if (colon === stop || colon === line) {
        problem ??= 'field without colon';
        problemOffset ||= line;
        last = undefined;
      } else {
        let nameStop = colon;
        while (nameStop > line && (bytes[nameStop - 1] === SPACE || bytes[nameStop - 1] === TAB))
          nameStop--;
        last = names.find(bytes, line, nameStop);
        if (last) {
          const text = value(bytes, colon + 1, stop);
          fields[last] = joined(fields[last], last === separate ? '\n' : ', ', text);
        }
      }
    }
    line = next;
  }
  return { fields, problem, problemOffset };
}

function joined(known: string | undefined, by: string, text: string): string {
  if (known === undefined) return text;
  return known.length + text.length > VALUE_BYTES_MAX ? known : known + by + text;
}

function value(bytes: Uint8Array, from: number, to: number): string {
  let start = from;
  let stop = to;
  while (start < stop && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
  while (stop > start && (bytes[stop - 1] === SPACE || bytes[stop - 1] === TAB)) stop--;
  return wireText(bytes, start, Math.min(stop, start + VALUE_BYTES_MAX));
}

/** Version as in the start line, `HTTP/1.1`, at `start`: its digits times ten, e.g. 11, or 0. */
export function httpVersionAt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 8) return 0;
  if (
    bytes[start] !== 0x48 ||
    bytes[start + 1] !== 0x54 ||
    bytes[start + 2] !== 0x54 ||
    bytes[start + 3] !== 0x50 ||
    bytes[start + 4] !== 0x2f ||
    bytes[start + 6] !== 0x2e
  )
    return 0;
  const major = bytes[start + 5] - 0x30;
  const minor = bytes[start + 7] - 0x30;
  return major >= 0 && major <= 9 && minor >= 0 && minor <= 9 ? major * 10 + minor : 0;
}

/** Length of the method token at `start` (RFC 9110, 9.1; in capitals as all registered ones), or 0; at most 24. */
export function methodLength(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  const stop = Math.min(end, start + 24);
  while (
    i < stop &&
    ((bytes[i] >= 0x41 && bytes[i] <= 0x5a) || bytes[i] === 0x2d || bytes[i] === 0x5f)
  )
    i++;
  return i - start;
}

/** The same text as a string of its own: a slice would keep the whole message that it was cut from in memory. */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf8').toString('utf8');
}
