/**
 * A stream under a passphrase: a header, then chunks of 64 KiB, each sealed by AES-256-GCM under a key that scrypt makes
 * of the passphrase. A nonce is the chunk's number and whether it is the last (the STREAM construction of Hoang,
 * Reyhanitabar, Rogaway and Vizár), so chunks cannot be left out, moved or cut off, and nothing is handed on before it is
 * authentic.
 *
 * Header: magic (16) ‖ log2 N (1) ‖ r (1) ‖ p (1) ‖ salt (32); it is authenticated with every chunk.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { InputError } from '../../../base/index.ts';

export const MAGIC = Buffer.from('FLEETWARD-SEAL1\n');
const SALT_BYTES = 32;
const HEAD_BYTES = MAGIC.length + 3 + SALT_BYTES;
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const COST = { logN: 17, r: 8, p: 1 } as const;
/** What a header may ask for: 1 GiB. */
const LOG_N_MAX = 20;

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

async function keyOf(passphrase: string, head: Buffer): Promise<Buffer> {
  const [logN, r, p] = head.subarray(MAGIC.length);
  if (logN < 10 || logN > LOG_N_MAX || r !== COST.r || p !== COST.p) throw notOurs();
  const salt = head.subarray(MAGIC.length + 3);
  const N = 2 ** logN;
  const maxmem = 256 * N * r;
  return derive(passphrase.normalize('NFC'), salt, 32, { N, r, p, maxmem });
}

function nonce(count: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(BigInt(count), 3);
  bytes[11] = last ? 1 : 0;
  return bytes;
}

/** Seals what passes. */
export async function* seal(
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Buffer> {
  const { logN, r, p } = COST;
  const head = Buffer.concat([MAGIC, Buffer.of(logN, r, p), randomBytes(SALT_BYTES)]);
  const key = await keyOf(passphrase, head);
  yield head;
  let count = 0;
  const sealed = (plain: Uint8Array, last: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce(count++, last));
    cipher.setAAD(head);
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  let chunk: Buffer | undefined;
  for await (const next of inChunks(source, CHUNK_BYTES)) {
    if (chunk !== undefined) yield sealed(chunk, false);
    chunk = next;
  }
  yield sealed(chunk ?? Buffer.alloc(0), true);
}

/** @throws InputError `passphrase-wrong` at the first chunk; `backup-broken` where a later one was changed or is missing. */
export async function* unseal(
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Buffer> {
  let head: Buffer | undefined;
  let key = Buffer.alloc(0);
  let count = 0;
  const opened = (bytes: Buffer, last: boolean): Buffer => {
    if (bytes.length < TAG_BYTES) throw broken();
    const decipher = createDecipheriv('aes-256-gcm', key, nonce(count, last));
    decipher.setAAD(head as Buffer);
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const plain = decipher.update(bytes.subarray(0, -TAG_BYTES));
      const rest = decipher.final();
      count++;
      return Buffer.concat([plain, rest]);
    } catch (cause) {
      throw count === 0
        ? new InputError('passphrase-wrong', 'the passphrase does not open this backup.', { cause })
        : broken(cause);
    }
  };
  let chunk: Buffer | undefined;
  for await (const next of inChunks(source, CHUNK_BYTES + TAG_BYTES, HEAD_BYTES)) {
    if (head === undefined) {
      if (next.length < HEAD_BYTES || !next.subarray(0, MAGIC.length).equals(MAGIC))
        throw notOurs();
      head = Buffer.from(next);
      key = Buffer.from(await keyOf(passphrase, head));
      continue;
    }
    if (chunk !== undefined) yield opened(chunk, false);
    chunk = next;
  }
  if (chunk === undefined) throw broken();
  yield opened(chunk, true);
}

/** Pieces of exactly `size` bytes, but for the last; the first is of `first` bytes. */
async function* inChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  first = size,
): AsyncGenerator<Buffer> {
  let wanted = first;
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of source) {
    held.push(bytes);
    length += bytes.length;
    if (length < wanted) continue;
    let all = Buffer.concat(held);
    while (all.length >= wanted) {
      yield all.subarray(0, wanted);
      all = all.subarray(wanted);
      wanted = size;
    }
    held = all.length > 0 ? [all] : [];
    length = all.length;
  }
  if (length > 0) yield Buffer.concat(held);
}

const broken = (cause?: unknown): InputError =>
  new InputError('backup-broken', 'this backup was changed or cut off; use another.', { cause });

const notOurs = (): InputError =>
  new InputError('backup-unknown', 'this is no backup that Fleetward made.');
