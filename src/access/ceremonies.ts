/**
 * Ceremonies: what was begun and waits for one answer: a challenge to a passkey, a password that waits for its second
 * factor, a journey to an identity provider. Each is kept in the store, ends by itself, is good for one purpose and, where
 * it belongs to a session or link, for that one; and it is taken away by the first answer, right or wrong.
 */
import { LimitError } from '../base/index.ts';
import type { Tx } from '../store/index.ts';
import { minutes, type Parts } from './config.ts';
import { hashOf, newToken } from './secrets.ts';

export type Purpose =
  | 'passkey-sign-in'
  | 'passkey-step-up'
  | 'passkey-add'
  | 'passkey-enrol'
  | 'totp-add'
  | 'totp-enrol'
  | 'second-factor'
  | 'oidc';

export interface NewCeremony {
  readonly purpose: Purpose;
  /** The session or link without which it is worth nothing. */
  readonly boundTo?: string;
  readonly personId?: string | undefined;
  /** WebAuthn's challenge, base64url. */
  readonly challenge?: string;
  /** Kept sealed. */
  readonly data?: unknown;
}

export interface Ceremony {
  readonly id: string;
  readonly personId: string | undefined;
  readonly challenge: string | undefined;
  readonly data: unknown;
  /** Answers so far, this one included. */
  readonly tries: number;
}

/** How long a person may take. */
const TTL_MS: Readonly<Record<Purpose, number>> = {
  'passkey-sign-in': minutes(5),
  'passkey-step-up': minutes(5),
  'passkey-add': minutes(5),
  'passkey-enrol': minutes(5),
  'totp-add': minutes(15),
  'totp-enrol': minutes(15),
  'second-factor': minutes(5),
  oidc: minutes(10),
};

/** Ceremonies at once, of everybody. */
const CEREMONIES_MAX = 20_000;
/** Of one purpose for one person or session: an older one ends. */
const EACH_MAX = 3;
const FULL_RETRY_S = 30;
const HANDLE_MAX = 128;

export class Ceremonies {
  readonly #parts: Parts;
  readonly #max: number;

  constructor(parts: Parts, max = CEREMONIES_MAX) {
    this.#parts = parts;
    this.#max = max;
  }

  /** Returns the handle that the browser keeps (256 bits). */
  async begin(tx: Tx, ceremony: NewCeremony): Promise<string> {
    const { clock, store, keys } = this.#parts;
    const now = clock.now();
    await this.#makeRoom(tx, ceremony, now);
    const id = store.newId();
    const handle = newToken(store.random);
    const data = ceremony.data === undefined ? null : Buffer.from(JSON.stringify(ceremony.data));
    await tx.db
      .insertInto('ceremonies')
      .values({
        id,
        hash: hashOf('ceremony', handle),
        purpose: ceremony.purpose,
        bound_to: ceremony.boundTo ?? '',
        person_id: ceremony.personId ?? null,
        challenge: ceremony.challenge ?? null,
        sealed: data === null ? null : keys.seal(data, `ceremony ${id}`),
        tries: 0,
        created_at: now,
        expires_at: now + TTL_MS[ceremony.purpose],
      })
      .execute();
    return handle;
  }

  /** The ceremony, which is then over; undefined when there is none such (any more). */
  async take(
    tx: Tx,
    purpose: Purpose,
    handle: string,
    boundTo = '',
  ): Promise<Ceremony | undefined> {
    const ceremony = await this.attempt(tx, purpose, handle, boundTo);
    if (ceremony !== undefined) await this.end(tx, ceremony);
    return ceremony;
  }

  /** The ceremony, with one more try counted. */
  async attempt(
    tx: Tx,
    purpose: Purpose,
    handle: string,
    boundTo = '',
  ): Promise<Ceremony | undefined> {
    if (handle.length > HANDLE_MAX) return undefined;
    const row = await tx.db
      .updateTable('ceremonies')
      .set((ceremony) => ({ tries: ceremony('tries', '+', 1) }))
      .where('hash', '=', hashOf('ceremony', handle))
      .where('purpose', '=', purpose)
      .where('bound_to', '=', boundTo)
      .where('expires_at', '>', this.#parts.clock.now())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const plain = row.sealed && this.#parts.keys.open(row.sealed, `ceremony ${row.id}`);
    return {
      id: row.id,
      personId: row.person_id ?? undefined,
      challenge: row.challenge ?? undefined,
      data: plain ? JSON.parse(Buffer.from(plain).toString('utf8')) : undefined,
      tries: row.tries,
    };
  }

  async end(tx: Tx, { id }: Pick<Ceremony, 'id'>): Promise<void> {
    await tx.db.deleteFrom('ceremonies').where('id', '=', id).execute();
  }

  /** Ends all that belong to a session, link or person. */
  async endOf(tx: Tx, owner: { boundTo: string } | { personId: string }): Promise<void> {
    const rows = tx.db.deleteFrom('ceremonies');
    await ('boundTo' in owner
      ? rows.where('bound_to', '=', owner.boundTo)
      : rows.where('person_id', '=', owner.personId)
    ).execute();
  }

  async #makeRoom(tx: Tx, { purpose, boundTo, personId }: NewCeremony, now: number): Promise<void> {
    await tx.db.deleteFrom('ceremonies').where('expires_at', '<=', now).execute();
    if (boundTo !== undefined || personId !== undefined) {
      const same = await tx.db
        .selectFrom('ceremonies')
        .select('id')
        .where('purpose', '=', purpose)
        .where('bound_to', '=', boundTo ?? '')
        .$if(personId !== undefined, (rows) => rows.where('person_id', '=', personId!))
        .orderBy('id', 'desc')
        .execute();
      for (const older of same.slice(EACH_MAX - 1)) await this.end(tx, older);
    }
    if ((await this.#count(tx)) < this.#max) return;
    // A flood of strangers who begin and never answer: their oldest go, and people who are quick still get in.
    const strangers = tx.db
      .selectFrom('ceremonies')
      .select('id')
      .where('bound_to', '=', '')
      .where('person_id', 'is', null)
      .orderBy('id')
      .limit(Math.ceil(this.#max / 100));
    await tx.db.deleteFrom('ceremonies').where('id', 'in', strangers).execute();
    if ((await this.#count(tx)) >= this.#max)
      throw new LimitError(
        'busy',
        'too many people sign in at this moment; try again.',
        FULL_RETRY_S,
      );
  }

  async #count(tx: Tx): Promise<number> {
    const { count } = await tx.db
      .selectFrom('ceremonies')
      .select((rows) => rows.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  }
}
