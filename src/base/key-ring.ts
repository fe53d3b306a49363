/**
 * Secrets at rest: what the database holds of them is sealed under keys that lie outside it, in a file of the data
 * folder that only its owner reads. A stolen database (or backup without that file) then gives no secret.
 *
 * A sealed text is `1 ‖ key id (4 bytes) ‖ nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16)`; its context (what the secret
 * is, and whose) is authenticated with it, so that one cannot be put in the place of another.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { InputError, unreadable } from './errors.ts';

/** Seals small secrets for storing. */
export interface KeyRing {
  /** @param context - what it is and whose: `totp of 0193…`; the same is needed to open it. */
  seal(plain: Uint8Array, context: string): Uint8Array;
  /** @throws InputError `sealed-unreadable` when bytes, context or keys are not those of the sealing. */
  open(sealed: Uint8Array, context: string): Uint8Array;
}

const VERSION = 1;
const ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const HEAD_BYTES = 1 + ID_BYTES + NONCE_BYTES;

/** What the file holds, as JSON. */
interface Content {
  readonly version: 1;
  /** The key that seals; the others only open what they sealed before. */
  readonly current: string;
  /** Identifier in hexadecimal → 32 bytes in Base64. */
  readonly keys: Readonly<Record<string, string>>;
}

/** A ring of keys in a file. */
export class KeyFile implements KeyRing {
  readonly #path: string;
  #current: string;
  readonly #keys: Map<string, Uint8Array>;

  private constructor(path: string, current: string, keys: Map<string, Uint8Array>) {
    this.#path = path;
    this.#current = current;
    this.#keys = keys;
  }

  /**
   * Reads the file, or makes it with one new key where there is none.
   *
   * @throws InputError `key-file-open` when others than its owner may read it; `key-file-invalid`; `file-…`.
   */
  static open(path: string): KeyFile {
    if (!existsSync(path)) {
      const { id, key } = newKey();
      try {
        new KeyFile(path, id, new Map([[id, key]])).#write('new');
      } catch (error) {
        // Another process made it meanwhile: then that one counts.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(path, error);
      }
    }
    return KeyFile.#read(path);
  }

  static #read(path: string): KeyFile {
    let text: string;
    try {
      if ((statSync(path).mode & 0o077) !== 0)
        throw new InputError(
          'key-file-open',
          `others than its owner may read ${path}; run: chmod 600 ${path}`,
        );
      text = readFileSync(path, 'utf8');
    } catch (error) {
      throw error instanceof InputError ? error : unreadable(path, error);
    }
    const content = parseContent(text);
    if (content === undefined)
      throw new InputError(
        'key-file-invalid',
        `${path} is no key file; restore it from the backup of its time.`,
      );
    return new KeyFile(path, content.current, content.keys);
  }

  seal(plain: Uint8Array, context: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keys.get(this.#current)!, nonce);
    cipher.setAAD(Buffer.from(context));
    return new Uint8Array(
      Buffer.concat([
        Buffer.of(VERSION),
        Buffer.from(this.#current, 'hex'),
        nonce,
        cipher.update(plain),
        cipher.final(),
        cipher.getAuthTag(),
      ]),
    );
  }

  open(sealed: Uint8Array, context: string): Uint8Array {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
    const key = this.#keys.get(bytes.toString('hex', 1, 1 + ID_BYTES));
    if (bytes[0] !== VERSION || key === undefined || bytes.length < HEAD_BYTES + TAG_BYTES)
      throw unsealable();
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1 + ID_BYTES, HEAD_BYTES));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const plain = decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES));
      return new Uint8Array(Buffer.concat([plain, decipher.final()]));
    } catch (error) {
      throw unsealable(error);
    }
  }

  /** From now on a new key seals; the older ones stay, to open what they sealed. */
  rotate(): void {
    const { id, key } = newKey();
    this.#keys.set(id, key);
    this.#current = id;
    try {
      this.#write('instead');
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Writes the whole file beside its place and moves it there, so that it is never half written. */
  #write(mode: 'new' | 'instead'): void {
    const content: Content = {
      version: 1,
      current: this.#current,
      keys: Object.fromEntries(
        [...this.#keys].map(([id, key]) => [id, Buffer.from(key).toString('base64')]),
      ),
    };
    const beside = `${this.#path}.${randomBytes(4).toString('hex')}`;
    const file = openSync(beside, 'wx', 0o600);
    try {
      writeSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    try {
      if (mode === 'new') linkSync(beside, this.#path);
      else renameSync(beside, this.#path);
    } finally {
      rmSync(beside, { force: true });
    }
  }
}

function newKey(): { id: string; key: Uint8Array } {
  return {
    id: randomBytes(ID_BYTES).toString('hex'),
    key: new Uint8Array(randomBytes(KEY_BYTES)),
  };
}

function parseContent(
  text: string,
): { current: string; keys: Map<string, Uint8Array> } | undefined {
  let content: Partial<Content> | null;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (content?.version !== 1 || typeof content.keys !== 'object') return undefined;
  const keys = new Map<string, Uint8Array>();
  for (const [id, text] of Object.entries(content.keys ?? {})) {
    const key = new Uint8Array(Buffer.from(String(text), 'base64'));
    if (!/^[0-9a-f]{8}$/.test(id) || key.length !== KEY_BYTES) return undefined;
    keys.set(id, key);
  }
  const { current } = content;
  return typeof current === 'string' && keys.has(current) ? { current, keys } : undefined;
}

function unsealable(cause?: unknown): InputError {
  return new InputError(
    'sealed-unreadable',
    'a stored secret cannot be opened with the keys of this data folder; restore the key file that belongs to this database.',
    { cause },
  );
}

function unwritable(path: string, cause: unknown): InputError {
  const errno = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new InputError('key-file-unwritable', `cannot write ${path} (${errno}).`, { cause });
}
