/**
 * Passwords at rest: argon2id (RFC 9106) of node:crypto, as PHC strings
 * `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`. Each hash takes the memory that it is asked to take, so few run at once and
 * a bounded number waits.
 */
import { argon2, timingSafeEqual } from 'node:crypto';
import { LimitError, type Random } from '../../base/index.ts';
import { normalised } from './text.ts';

/** Cost of one hash. */
export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** The second recommended option of RFC 9106, section 4; above every minimum that OWASP names. */
export const ARGON2_COST: Argon2Cost = { memoryKib: 65_536, passes: 3, lanes: 4 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Bounds of what a stored string may ask for. */
const STORED_MAX: Argon2Cost = { memoryKib: 1_048_576, passes: 64, lanes: 64 };
/** Hashes that run at once: 2 × 64 MiB. */
const AT_ONCE = 2;
const WAITING_MAX = 64;
const BUSY_RETRY_S = 5;

interface Phc extends Argon2Cost {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

export class PasswordHasher {
  readonly #cost: Argon2Cost;
  readonly #random: Random;
  #running = 0;
  #waiting: (() => void)[] = [];

  constructor(random: Random, cost: Argon2Cost = ARGON2_COST) {
    this.#random = random;
    this.#cost = cost;
  }

  /** @throws LimitError `busy` when too many wait. */
  async hash(password: string): Promise<string> {
    const salt = this.#random.bytes(SALT_BYTES);
    const hash = await this.#derive(password, { ...this.#cost, salt }, HASH_BYTES);
    const { memoryKib, passes, lanes } = this.#cost;
    return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${base64(salt)}$${base64(hash)}`;
  }

  /**
   * Whether it is the password of the string. Without a string (nobody of that name, or no password) it is not, after
   * the same work: time tells nothing.
   */
  async verify(phc: string | undefined, password: string): Promise<boolean> {
    const stored = phc === undefined ? undefined : parsePhc(phc);
    if (stored === undefined) {
      await this.#derive(password, { ...this.#cost, salt: new Uint8Array(SALT_BYTES) }, HASH_BYTES);
      return false;
    }
    const hash = await this.#derive(password, stored, stored.hash.length);
    return timingSafeEqual(hash, stored.hash);
  }

  /** Whether the string was made at another cost than today's. */
  isOutdated(phc: string): boolean {
    const stored = parsePhc(phc);
    return (
      stored === undefined ||
      stored.memoryKib !== this.#cost.memoryKib ||
      stored.passes !== this.#cost.passes ||
      stored.lanes !== this.#cost.lanes
    );
  }

  async #derive(
    password: string,
    { memoryKib, passes, lanes, salt }: Argon2Cost & { salt: Uint8Array },
    length: number,
  ): Promise<Buffer> {
    const parameters = {
      message: normalised(password),
      nonce: salt,
      memory: memoryKib,
      passes,
      parallelism: lanes,
      tagLength: length,
    };
    await this.#enter();
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        argon2('argon2id', parameters, (error, hash) => (error ? reject(error) : resolve(hash)));
      });
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < AT_ONCE) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= WAITING_MAX)
      throw new LimitError(
        'busy',
        'too many people sign in at this moment; try again.',
        BUSY_RETRY_S,
      );
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the place on to who waits longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}

/** The parts of a PHC string; undefined for another kind, or one that asks for too much. */
export function parsePhc(text: string): Phc | undefined {
  const match = PHC.exec(text);
  if (match === null) return undefined;
  const [memoryKib, passes, lanes] = match.slice(1, 4).map(Number) as [number, number, number];
  const fits =
    passes >= 1 &&
    lanes >= 1 &&
    memoryKib >= 8 * lanes &&
    memoryKib <= STORED_MAX.memoryKib &&
    passes <= STORED_MAX.passes &&
    lanes <= STORED_MAX.lanes;
  if (!fits) return undefined;
  const [salt, hash] = match.slice(4).map((part) => new Uint8Array(Buffer.from(part, 'base64')));
  return { memoryKib, passes, lanes, salt: salt!, hash: hash! };
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replace(/=+$/, '');
