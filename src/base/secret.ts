/**
 * A secret that was read from the wire (a password, a token, a session cookie). It is compared and counted,
 * never shown: whatever prints or serialises it gets a keyed hash. The key is random for each run unless the
 * user gives one, so that hashes of two runs cannot be joined without it.
 */
import { createHmac, randomBytes } from 'node:crypto';

/** Longest secret that is kept, in bytes; a longer one is cut (its hash then covers the first part). */
export const SECRET_BYTES_MAX = 4096;
const KNOWN_MAX = 4096;

/** Seals secrets under one key. Equal bytes under one key give equal hashes. */
export class SecretSealer {
  readonly #key: Uint8Array;
  /** Secrets sealed before: the same token travels in every request, and its hash is worth computing once. */
  #known = new Map<string, Secret>();

  /** @param key - any bytes; 32 random ones when absent. */
  constructor(key: Uint8Array = randomBytes(32)) {
    this.#key = key;
  }

  seal(value: Uint8Array | string): Secret {
    const bytes = Buffer.from(value as Uint8Array).subarray(0, SECRET_BYTES_MAX);
    const text = bytes.toString('latin1');
    const known = this.#known.get(text);
    if (known) return known;
    if (this.#known.size >= KNOWN_MAX) this.#known = new Map();
    // A copy of its own: a slice of a pooled buffer would keep the whole of it in memory.
    const secret = new Secret(new Uint8Array(bytes), this.#key);
    this.#known.set(text, secret);
    return secret;
  }
}

export class Secret {
  readonly #bytes: Uint8Array;
  readonly #key: Uint8Array;
  #hash: string | undefined;

  constructor(bytes: Uint8Array, key: Uint8Array) {
    this.#bytes = bytes;
    this.#key = key;
  }

  /** `hmac-sha256:` and 32 hexadecimal digits: stable within a run, useless outside it. */
  get hash(): string {
    this.#hash ??= `hmac-sha256:${createHmac('sha256', this.#key).update(this.#bytes).digest('hex').slice(0, 32)}`;
    return this.#hash;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The bytes themselves, for comparison with known defaults and for masking packets. Never print them. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  toJSON(): string {
    return this.hash;
  }

  toString(): string {
    return this.hash;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.hash;
  }
}
