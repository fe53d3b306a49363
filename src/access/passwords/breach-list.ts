/**
 * A list of stolen passwords that the operator brings, asked without loading it. Two kinds of file are read:
 *
 * - the list "ordered by hash" as Have I Been Pwned gives it: lines of SHA-1 in hexadecimal, with `:count` or not, sorted.
 *   It is exact, and asked by halving (about 40 reads of a page in tens of gigabytes);
 * - a Bloom filter that `buildBreachFilter` makes of such a list, or of plain passwords: a twentieth of the size,
 *   and wrong about one good password in 15,000, which is then refused.
 *
 * Form of the filter, numbers little-endian: `FWBLOOM1`, u32 number of hash functions, u32 zero, u64 number of bits, bits.
 * Bit i of an entry is at `(a + i·b) mod bits`, where a and b are the first and second 8 bytes of the SHA-1.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { InputError, unreadable } from '../../base/index.ts';
import { normalised } from './text.ts';

export interface BreachList {
  /** Whether the password, as typed or normalised, is in the list. */
  has(password: string): Promise<boolean>;
  close(): Promise<void>;
}

const MAGIC = Buffer.from('FWBLOOM1');
const HEAD_BYTES = 24;
/** Bits an entry and functions that give one false answer in about 15,000: (1 − e^(−14/20))^14. */
const BITS_PER_ENTRY = 20;
const FUNCTIONS = 14;
/** More than any list has: 8 billion entries. */
const BITS_MAX = 2n ** 38n;
/** Longest line that is understood: 40 digits, a colon and a count. */
const LINE_MAX = 128;

/** @throws InputError `breach-list-invalid` when the file is neither kind; `file-…`. */
export async function openBreachList(path: string): Promise<BreachList> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const { size } = await file.stat();
    const head = await read(file, 0, LINE_MAX);
    const has = head.subarray(0, MAGIC.length).equals(MAGIC)
      ? bloom(file, size, head)
      : sorted(file, size, head);
    if (has === undefined)
      throw new InputError(
        'breach-list-invalid',
        `${path} is neither a list of SHA-1 hashes ordered by hash nor a filter made of one.`,
      );
    return {
      has: async (password) => {
        for (const form of new Set([password, normalised(password)]))
          if (await has(createHash('sha1').update(form).digest())) return true;
        return false;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

type Has = (sha1: Buffer) => Promise<boolean>;

function bloom(file: FileHandle, size: number, head: Buffer): Has | undefined {
  if (head.length < HEAD_BYTES) return undefined;
  const functions = head.readUInt32LE(8);
  const bits = head.readBigUInt64LE(16);
  if (functions < 1 || functions > 64 || bits < 1n || bits > BITS_MAX) return undefined;
  if (BigInt(size - HEAD_BYTES) < (bits + 7n) / 8n) return undefined;
  return async (sha1) => {
    for (const bit of bitsOf(sha1, functions, bits)) {
      const byte = await read(file, HEAD_BYTES + Number(bit >> 3n), 1);
      if ((byte[0] & (1 << Number(bit & 7n))) === 0) return false;
    }
    return true;
  };
}

function* bitsOf(sha1: Buffer, functions: number, bits: bigint): Generator<bigint> {
  const a = sha1.readBigUInt64LE(0);
  const b = sha1.readBigUInt64LE(8);
  for (let i = 0n; i < functions; i++) yield (a + i * b) % bits;
}

function sorted(file: FileHandle, size: number, head: Buffer): Has | undefined {
  if (hashAt(head, 0) === undefined) return undefined;
  return async (sha1) => {
    const wanted = sha1.toString('hex').toUpperCase();
    // `low` is the beginning of a line; the line of the hash, if there is one, begins from there and before `high`.
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const line = await lineFrom(file, middle);
      if (line === undefined || line.start >= high || line.hash > wanted) high = middle;
      else if (line.hash < wanted) low = line.end;
      else return true;
    }
    return false;
  };
}

/** The first line that begins at `offset` or later. */
async function lineFrom(
  file: FileHandle,
  offset: number,
): Promise<{ start: number; end: number; hash: string } | undefined> {
  // A line begins at the start of the file and after each line feed.
  const from = Math.max(0, offset - 1);
  const bytes = await read(file, from, 2 * LINE_MAX);
  const feed = offset === 0 ? -1 : bytes.indexOf(0x0a);
  if (offset > 0 && feed < 0) return undefined;
  const hash = hashAt(bytes, feed + 1);
  if (hash === undefined) return undefined;
  const next = bytes.indexOf(0x0a, feed + 1);
  const start = from + feed + 1;
  return { start, end: next < 0 ? from + bytes.length : from + next + 1, hash };
}

function hashAt(bytes: Buffer, offset: number): string | undefined {
  const text = bytes.toString('latin1', offset, offset + 41);
  return /^[0-9A-Fa-f]{40}([:\r\n]|$)/.test(text) ? text.slice(0, 40).toUpperCase() : undefined;
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/**
 * The bytes of a filter for a list of lines: SHA-1 in hexadecimal (with `:count` or not), or passwords as they are.
 *
 * @param count - how many lines there are, at least; 2.5 bytes are taken for each.
 */
export async function buildBreachFilter(
  lines: AsyncIterable<string> | Iterable<string>,
  count: number,
): Promise<Uint8Array> {
  const bits = BigInt(Math.max(64, count * BITS_PER_ENTRY));
  const filter = Buffer.alloc(HEAD_BYTES + Number((bits + 7n) / 8n));
  MAGIC.copy(filter);
  filter.writeUInt32LE(FUNCTIONS, 8);
  filter.writeBigUInt64LE(bits, 16);
  for await (const line of lines) {
    if (line === '') continue;
    const hash = hashAt(Buffer.from(line, 'utf8'), 0);
    const sha1 =
      hash === undefined ? createHash('sha1').update(line).digest() : Buffer.from(hash, 'hex');
    for (const bit of bitsOf(sha1, FUNCTIONS, bits))
      filter[HEAD_BYTES + Number(bit >> 3n)] |= 1 << Number(bit & 7n);
  }
  return filter;
}
