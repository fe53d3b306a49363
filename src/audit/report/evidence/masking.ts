/**
 * Finds secrets in payloads, as they are and as protocols write them: percent-encoded, escaped in JSON or XML, inside
 * Base64 (Basic credentials hold user and password together) or hexadecimal, and cut by a packet's edges.
 */
import type { Secret } from '../../../base/index.ts';

/** Below this a secret is found anywhere by accident, so that finding it proves nothing: its packets are masked whole. */
export const SECRET_BYTES_MIN = 4;
const EDGE_BYTES_MIN = 2;

const ENTITIES: ReadonlyMap<number, readonly string[]> = new Map([
  [0x26, ['&amp;']],
  [0x3c, ['&lt;']],
  [0x3e, ['&gt;']],
  [0x22, ['&quot;']],
  [0x27, ['&apos;']],
]);

/** Bytes [start, end). */
export type Range = readonly [start: number, end: number];

export interface Found {
  readonly ranges: readonly Range[];
  /** Hashes of the secrets that were found whole. */
  readonly whole: ReadonlySet<string>;
}

interface Needle {
  readonly bytes: Buffer;
  readonly hash: string;
}

export class SecretFinder {
  /** Needles by their first byte. */
  readonly #byFirst: Needle[][] = Array.from({ length: 256 }, () => []);
  readonly #needles: Needle[] = [];

  constructor(secrets: Iterable<Secret>) {
    const hashes = new Set<string>();
    for (const secret of secrets) {
      if (secret.length < SECRET_BYTES_MIN || hashes.has(secret.hash)) continue;
      hashes.add(secret.hash);
      const needle = { bytes: Buffer.from(secret.reveal()), hash: secret.hash };
      this.#needles.push(needle);
      this.#byFirst[needle.bytes[0]].push(needle);
    }
  }

  find(bytes: Uint8Array, start: number): Found {
    const ranges: Range[] = [];
    const whole = new Set<string>();
    if (this.#needles.length === 0) return { ranges, whole };
    this.#written(bytes, start, ranges, whole);
    this.#encoded(bytes, start, ranges, whole);
    this.#edges(bytes, start, ranges);
    return { ranges, whole };
  }

  /** Raw, percent-encoded and escaped. */
  #written(bytes: Uint8Array, start: number, ranges: Range[], whole: Set<string>): void {
    for (let at = start; at < bytes.length; at++) {
      for (const { bytes: needle, hash } of this.#byFirst[bytes[at]]) {
        const end = matchRaw(bytes, at, needle);
        if (end > 0) {
          ranges.push([at, end]);
          whole.add(hash);
        }
      }
      const byte = bytes[at];
      // '%', '\', '&' and '+' begin the other ways of writing a byte; a needle's later bytes may be written so, too.
      const candidates =
        byte === 0x25 || byte === 0x5c || byte === 0x26 || byte === 0x2b
          ? this.#needles
          : this.#byFirst[byte];
      for (const { bytes: needle, hash } of candidates) {
        const end = matchWritten(bytes, at, needle);
        if (end > 0) {
          ranges.push([at, end]);
          whole.add(hash);
        }
      }
    }
  }

  /** Runs of Base64 or hexadecimal that hold a secret when decoded are masked as a whole: they hold more of it. */
  #encoded(bytes: Uint8Array, start: number, ranges: Range[], whole: Set<string>): void {
    let from = start;
    for (let at = start; at <= bytes.length; at++) {
      if (at < bytes.length && BASE64[bytes[at]] === 1) continue;
      if (at - from >= SECRET_BYTES_MIN) {
        let end = at;
        while (end < bytes.length && bytes[end] === 0x3d && end - at < 2) end++;
        if (this.#holds(bytes, from, at, whole)) ranges.push([from, end]);
      }
      from = at + 1;
    }
  }

  #holds(bytes: Uint8Array, from: number, to: number, whole: Set<string>): boolean {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
    let holds = false;
    const look = (decoded: Buffer): void => {
      for (const { bytes: needle, hash } of this.#needles) {
        if (needle.length <= decoded.length && decoded.includes(needle)) {
          whole.add(hash);
          holds = true;
        }
      }
    };
    // The run may begin before the encoded text does ('/' is of the alphabet): every alignment is tried.
    for (let offset = 0; offset < 4; offset++) look(Buffer.from(text.slice(offset), 'base64'));
    for (const [run] of text.matchAll(/[0-9a-fA-F]{8,}/g)) {
      look(Buffer.from(run, 'hex'));
      look(Buffer.from(run.slice(1), 'hex'));
    }
    return holds;
  }

  /** A secret's beginning at the payload's end, and its end at the payload's beginning: it was cut in two. */
  #edges(bytes: Uint8Array, start: number, ranges: Range[]): void {
    for (const { bytes: needle } of this.#needles) {
      const most = Math.min(needle.length - 1, bytes.length - start);
      for (let length = most; length >= EDGE_BYTES_MIN; length--) {
        if (equals(bytes, bytes.length - length, needle, 0, length)) {
          ranges.push([bytes.length - length, bytes.length]);
          break;
        }
      }
      for (let length = most; length >= EDGE_BYTES_MIN; length--) {
        if (equals(bytes, start, needle, needle.length - length, length)) {
          ranges.push([start, start + length]);
          break;
        }
      }
    }
  }
}

const BASE64 = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_') {
  BASE64[character.charCodeAt(0)] = 1;
}

function matchRaw(bytes: Uint8Array, at: number, needle: Uint8Array): number {
  if (at + needle.length > bytes.length) return 0;
  return equals(bytes, at, needle, 0, needle.length) ? at + needle.length : 0;
}

function equals(
  bytes: Uint8Array,
  at: number,
  needle: Uint8Array,
  from: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (bytes[at + i] !== needle[from + i]) return false;
  return true;
}

/** @returns the end of the match, or 0. */
function matchWritten(bytes: Uint8Array, at: number, needle: Uint8Array): number {
  let position = at;
  for (const byte of needle) {
    const length = writtenLength(bytes, position, byte);
    if (length === 0) return 0;
    position += length;
  }
  return position;
}

/** How many bytes at `at` write `byte`, by any of the escapes, else as it is; 0 when they write another. */
function writtenLength(bytes: Uint8Array, at: number, byte: number): number {
  const first = bytes[at];
  if (first === 0x25 && hexByte(bytes, at + 1) === byte) return 3;
  if (first === 0x2b && byte === 0x20) return 1;
  if (first === 0x5c) {
    if (bytes[at + 1] === byte) return 2;
    if (bytes[at + 1] === 0x75 && hexByte(bytes, at + 2) === 0 && hexByte(bytes, at + 4) === byte) {
      return 6;
    }
  }
  if (first === 0x26) {
    for (const entity of [
      ...(ENTITIES.get(byte) ?? []),
      `&#${byte};`,
      `&#x${byte.toString(16)};`,
    ]) {
      if (
        Buffer.from(
          bytes.buffer,
          bytes.byteOffset + at,
          Math.min(entity.length, bytes.length - at),
        ).toString('latin1') === entity
      ) {
        return entity.length;
      }
    }
  }
  return first === byte ? 1 : 0;
}

/** Value of two hexadecimal digits, -1 where there are none. */
function hexByte(bytes: Uint8Array, at: number): number {
  const high = hexDigit(bytes[at]);
  const low = hexDigit(bytes[at + 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
