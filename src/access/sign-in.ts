/**
 * Signing in: by passkey; by password and then a code; by recovery code. Whatever goes wrong is told in the same words
 * and after the same work, so that nobody learns who has an account.
 */
import { LimitError, UnauthenticatedError } from '../base/index.ts';
import type { Tx } from '../store/index.ts';
import type { Ceremonies } from './ceremonies.ts';
import type { Parts } from './config.ts';
import { aboutPerson, signInBlocked } from './facts.ts';
import {
  addressBucket,
  clearAttempts,
  giveBackAttempt,
  isNews,
  type Limit,
  takeAttempt,
} from './limits.ts';
import type { Begun, Passkeys } from './passkeys.ts';
import type { Passwords } from './passwords.ts';
import { activePerson, canonicalLogin, isLogin, type PersonRow } from './people-rows.ts';
import { codeRefused, type SecondFactors } from './second-factors.ts';
import type { Client, Sessions, Started } from './sessions.ts';
import { waysOf } from './ways.ts';
import { type AuthenticationResponse, passkeyRefused, type RequestOptions } from './webauthn.ts';

/** A right password: the session, or what a second factor is still asked for. */
export type PasswordOutcome =
  | { readonly done: true; readonly started: Started }
  | { readonly done: false; readonly ceremony: string };

/** Wrong codes after which a log-in begins anew, with the password. */
const TRIES_MAX = 5;

export class SignIn {
  readonly #parts: Parts;
  readonly #ceremonies: Ceremonies;
  readonly #passkeys: Passkeys;
  readonly #passwords: Passwords;
  readonly #secondFactors: SecondFactors;
  readonly #sessions: Sessions;

  constructor(
    parts: Parts,
    services: {
      readonly ceremonies: Ceremonies;
      readonly passkeys: Passkeys;
      readonly passwords: Passwords;
      readonly secondFactors: SecondFactors;
      readonly sessions: Sessions;
    },
  ) {
    this.#parts = parts;
    this.#ceremonies = services.ceremonies;
    this.#passkeys = services.passkeys;
    this.#passwords = services.passwords;
    this.#secondFactors = services.secondFactors;
    this.#sessions = services.sessions;
  }

  beginPasskey(): Promise<Begun<RequestOptions>> {
    return this.#passkeys.beginSignIn();
  }

  /** @throws UnauthenticatedError `passkey-refused`. */
  async passkey(
    ceremony: string,
    response: AuthenticationResponse,
    client: Client,
  ): Promise<Started> {
    const asserted = await this.#passkeys.verify(ceremony, response);
    const started = await this.#parts.store.write(async (tx) => {
      const person = await activePerson(tx.db, asserted.personId);
      if (person === undefined || !(await this.#passkeys.use(tx, asserted))) return undefined;
      const proof = { personId: person.id, method: 'passkey', aal: 2, present: true } as const;
      return this.#sessions.start(tx, proof, client);
    });
    if (started === undefined) throw passkeyRefused();
    return started;
  }

  /** @throws UnauthenticatedError `sign-in-refused`; LimitError `too-many-attempts`. */
  async password(login: string, password: string, client: Client): Promise<PasswordOutcome> {
    const { store } = this.#parts;
    const typed = canonicalLogin(login);
    const person = await this.#byLogin(typed);
    await this.#admit('password', typed, person?.id, client);
    const right = await this.#passwords.verify(store.db, person?.id, password);
    if (!right || person === undefined) throw signInRefused();
    await this.#passwords.refresh(person.id, password);
    const outcome = await store.write((tx) => this.#afterPassword(tx, person, typed, client));
    if (outcome === undefined) throw signInRefused();
    return outcome;
  }

  /** The password was right: what is still missing? Failures of the second factor stay counted. */
  async #afterPassword(
    tx: Tx,
    { id }: PersonRow,
    login: string,
    client: Client,
  ): Promise<PasswordOutcome | undefined> {
    const { config } = this.#parts;
    const ways = await waysOf(tx.db, config, id);
    if ((await activePerson(tx.db, id)) === undefined || ways.password === 'none') return undefined;
    await clearAttempts(tx, 'password', login);
    await giveBackAttempt(tx, 'address', addressBucket(client.address));
    if (ways.totp || ways.password === 'with second factor') {
      const ceremony = await this.#ceremonies.begin(tx, { purpose: 'second-factor', personId: id });
      return { done: false, ceremony };
    }
    const proof = { personId: id, method: 'password', aal: 1, present: true } as const;
    return { done: true, started: await this.#sessions.start(tx, proof, client) };
  }

  /**
   * A code of the authenticator app, or a recovery code, after the password.
   *
   * @throws UnauthenticatedError `code-refused`, `sign-in-expired` when the password has to be given again; LimitError
   * `too-many-attempts`.
   */
  async secondFactor(ceremony: string, code: string, client: Client): Promise<Started> {
    const outcome = await this.#parts.store.write(async (tx) => {
      const begun = await this.#ceremonies.attempt(tx, 'second-factor', ceremony);
      const person = begun && (await activePerson(tx.db, begun.personId ?? ''));
      if (person === undefined) return 'expired';
      if (begun!.tries >= TRIES_MAX) await this.#ceremonies.end(tx, begun!);
      const refused = await this.#count(tx, 'second-factor', person.id, person.id, client);
      if (refused !== undefined) return refused;
      const kind = await this.#secondFactors.use(tx, person.id, code);
      if (kind === undefined) return 'refused';
      await this.#ceremonies.endOf(tx, { personId: person.id });
      await clearAttempts(tx, 'second-factor', person.id);
      await giveBackAttempt(tx, 'address', addressBucket(client.address));
      const method = `password+${kind}`;
      const proof = { personId: person.id, method, aal: 2, present: true } as const;
      return this.#sessions.start(tx, proof, client);
    });
    if (outcome === 'expired') throw signInExpired();
    if (outcome === 'refused') throw codeRefused();
    return demandAdmitted(outcome);
  }

  /**
   * A recovery code alone: a session with one factor, in which a new passkey can be added.
   *
   * @throws UnauthenticatedError `sign-in-refused`; LimitError `too-many-attempts`.
   */
  async recoveryCode(login: string, code: string, client: Client): Promise<Started> {
    const typed = canonicalLogin(login);
    const person = await this.#byLogin(typed);
    await this.#admit('recovery-code', typed, person?.id, client);
    const started = await this.#parts.store.write(async (tx) => {
      const now = await activePerson(tx.db, person?.id ?? '');
      if (now === undefined || !(await this.#secondFactors.useRecoveryCode(tx, now.id, code)))
        return undefined;
      await clearAttempts(tx, 'recovery-code', typed);
      await giveBackAttempt(tx, 'address', addressBucket(client.address));
      const proof = { personId: now.id, method: 'recovery-code', aal: 1, present: true } as const;
      return this.#sessions.start(tx, proof, client);
    });
    if (started === undefined) throw signInRefused();
    return started;
  }

  async #byLogin(login: string): Promise<PersonRow | undefined> {
    if (!isLogin(login)) return undefined;
    const row = await this.#parts.store.db
      .selectFrom('people')
      .selectAll()
      .where('login', '=', login)
      .executeTakeFirst();
    return row?.status === 'active' ? row : undefined;
  }

  async #admit(
    limit: Limit,
    subject: string,
    personId: string | undefined,
    client: Client,
  ): Promise<void> {
    demandAdmitted(
      await this.#parts.store.write((tx) => this.#count(tx, limit, subject, personId, client)),
    );
  }

  /** Counts an attempt at the address and at the account. Undefined when both may go on. */
  async #count(
    tx: Tx,
    limit: Limit,
    subject: string,
    personId: string | undefined,
    client: Client,
  ): Promise<LimitError | undefined> {
    return countAttempt(tx, {
      limit,
      subject,
      personId,
      address: client.address,
      now: this.#parts.clock.now(),
    });
  }
}

/** Counts an attempt at the address and at the account, before it is judged. Undefined when it may be. */
export async function countAttempt(
  tx: Tx,
  attempt: {
    readonly limit: Limit;
    readonly subject: string;
    readonly personId: string | undefined;
    readonly address: string;
    readonly now: number;
  },
): Promise<LimitError | undefined> {
  const { limit, subject, personId, now } = attempt;
  const byAddress = await takeAttempt(tx, 'address', addressBucket(attempt.address), now);
  if (!byAddress.admitted) return tooMany(byAddress.retryAfter);
  const byAccount = await takeAttempt(tx, limit, subject, now);
  if (!byAccount.admitted) return tooMany(byAccount.retryAfter);
  if (personId !== undefined && isNews(limit, byAccount.failures))
    await tx.fact(signInBlocked, {
      actor: { kind: 'system', id: 'access' },
      subjects: [aboutPerson(personId)],
      body: { factor: limit, failures: byAccount.failures },
    });
  return undefined;
}

/** Throws after the transaction, so that what was counted stays counted. */
export function demandAdmitted<T>(outcome: T | LimitError): Exclude<T, LimitError> {
  if (outcome instanceof LimitError) throw outcome;
  return outcome as Exclude<T, LimitError>;
}

function tooMany(retryAfter: number): LimitError {
  return new LimitError(
    'too-many-attempts',
    'there were too many attempts; wait, or sign in with a passkey.',
    retryAfter,
  );
}

function signInRefused(): UnauthenticatedError {
  return new UnauthenticatedError(
    'sign-in-refused',
    'this did not work; check what you typed, or sign in another way.',
  );
}

function signInExpired(): UnauthenticatedError {
  return new UnauthenticatedError('sign-in-expired', 'this took too long; begin again.');
}
