/** Passwords of people: set, removed, verified. */
import { ConflictError, UsageError } from '../base/index.ts';
import type { Actor, Tx } from '../store/index.ts';
import type { SessionCaller } from './caller.ts';
import type { Parts } from './config.ts';
import { aboutPerson, passwordRemoved, passwordSet } from './facts.ts';
import { clearAttempts } from './limits.ts';
import type { PasswordHasher } from './passwords/hashing.ts';
import type { PasswordPolicy } from './passwords/policy.ts';
import { lengthOf, PASSWORD_LENGTH_ALONE } from './passwords/text.ts';
import { type Db, requirePerson, wordsOf } from './people-rows.ts';
import type { Sessions } from './sessions.ts';
import { demandOwner, demandWayIn, waysOf } from './ways.ts';

/** A password that was judged and hashed, ready to be written. */
export interface HashedPassword {
  readonly phc: string;
  /** Whether it is long enough to be the only factor. */
  readonly alone: boolean;
}

export class Passwords {
  readonly #parts: Parts;
  readonly #policy: PasswordPolicy;
  readonly #hasher: PasswordHasher;
  readonly #sessions: Sessions;

  constructor(parts: Parts, policy: PasswordPolicy, hasher: PasswordHasher, sessions: Sessions) {
    this.#parts = parts;
    this.#policy = policy;
    this.#hasher = hasher;
    this.#sessions = sessions;
  }

  /** Sets the own password. The person's other sessions end. */
  async set(caller: SessionCaller, password: string): Promise<void> {
    await demandOwner(this.#parts, caller);
    const { store, config } = this.#parts;
    const person = await requirePerson(store.db, caller.id);
    const { totp } = await waysOf(store.db, config, caller.id);
    if (!totp && !config.passwordAlone)
      throw new UsageError(
        'second-factor-first',
        'a password needs a second factor here; add an authenticator app first.',
      );
    const hashed = await this.hash(password, { secondFactor: totp, words: wordsOf(person) });
    await store.write(async (tx) => {
      await this.store(tx, caller, caller.id, hashed);
      // The app may have been removed meanwhile.
      await demandWayIn(tx.db, config, caller.id);
      await this.#sessions.endAll(tx, caller, caller.id, 'credentials', caller.session.id);
    });
  }

  async remove(caller: SessionCaller): Promise<void> {
    await demandOwner(this.#parts, caller);
    await this.#parts.store.write(async (tx) => {
      const { numDeletedRows } = await tx.db
        .deleteFrom('passwords')
        .where('person_id', '=', caller.id)
        .executeTakeFirst();
      if (numDeletedRows === 0n)
        throw new ConflictError('no-password', 'this account has no password.');
      await demandWayIn(tx.db, this.#parts.config, caller.id);
      await tx.fact(passwordRemoved, {
        actor: caller,
        subjects: [aboutPerson(caller.id)],
        body: {},
      });
    });
  }

  /** Judges a new password and hashes it; not within a transaction, for it takes its time. */
  async hash(
    password: string,
    context: { readonly secondFactor: boolean; readonly words: readonly string[] },
  ): Promise<HashedPassword> {
    await this.#policy.demand(password, context);
    return {
      phc: await this.#hasher.hash(password),
      alone: lengthOf(password) >= PASSWORD_LENGTH_ALONE,
    };
  }

  async store(tx: Tx, actor: Actor, personId: string, hashed: HashedPassword): Promise<void> {
    await this.#write(tx, personId, hashed);
    const { login } = await requirePerson(tx.db, personId);
    if (login !== null) await clearAttempts(tx, 'password', login);
    await tx.fact(passwordSet, {
      actor,
      subjects: [aboutPerson(personId)],
      body: { alone: hashed.alone },
    });
  }

  async #write(tx: Tx, personId: string, { phc, alone }: HashedPassword): Promise<void> {
    const values = {
      sealed: this.#parts.keys.seal(Buffer.from(phc), `password of ${personId}`),
      alone: alone ? 1 : 0,
      changed_at: this.#parts.clock.now(),
    };
    await tx.db
      .insertInto('passwords')
      .values({ person_id: personId, ...values })
      .onConflict((conflict) => conflict.column('person_id').doUpdateSet(values))
      .execute();
  }

  /** Whether it is the password of a person; of nobody it is not, after the same work. */
  async verify(db: Db, personId: string | undefined, password: string): Promise<boolean> {
    const phc = await this.#stored(db, personId);
    return this.#hasher.verify(phc, password);
  }

  /** Hashes a verified password anew where it was hashed at yesterday's cost. No fact: it is the same password. */
  async refresh(personId: string, password: string): Promise<void> {
    const { store } = this.#parts;
    const before = await this.#stored(store.db, personId);
    if (before === undefined || !this.#hasher.isOutdated(before)) return;
    const phc = await this.#hasher.hash(password);
    await store.write(async (tx) => {
      if ((await this.#stored(tx.db, personId)) !== before) return;
      const alone = lengthOf(password) >= PASSWORD_LENGTH_ALONE;
      await this.#write(tx, personId, { phc, alone });
    });
  }

  async #stored(db: Db, personId: string | undefined): Promise<string | undefined> {
    const row = await db
      .selectFrom('passwords')
      .select('sealed')
      .where('person_id', '=', personId ?? '')
      .executeTakeFirst();
    if (row === undefined || personId === undefined) return undefined;
    return Buffer.from(this.#parts.keys.open(row.sealed, `password of ${personId}`)).toString();
  }
}
