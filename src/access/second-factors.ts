/** Second factors beside a password: an authenticator app, and recovery codes for the day it is lost. */
import { ConflictError, UnauthenticatedError } from '../base/index.ts';
import type { Actor, Tx } from '../store/index.ts';
import type { SessionCaller } from './caller.ts';
import type { Ceremonies } from './ceremonies.ts';
import type { Parts } from './config.ts';
import {
  aboutPerson,
  passwordRemoved,
  recoveryCodesMade,
  recoveryCodeUsed,
  totpAdded,
  totpRemoved,
} from './facts.ts';
import { requirePerson } from './people-rows.ts';
import { hashOf, newRecoveryCode, readRecoveryCode } from './secrets.ts';
import { matchingStep, readTotpCode, TOTP_SECRET_BYTES, totpEnrolment } from './totp.ts';
import { demandOwner, demandWayIn, waysOf } from './ways.ts';

/** What is shown to whoever adds an authenticator app, once. */
export interface TotpOffer {
  readonly ceremony: string;
  /** Base32, for typing. */
  readonly secret: string;
  /** `otpauth://…`, for scanning. */
  readonly uri: string;
}

const CODES = 10;
/** Codes that may be mistyped while adding an app. */
const CONFIRMATIONS_MAX = 5;

/** A secret that waits for its first code. */
interface Waiting {
  readonly secret: string;
}

export class SecondFactors {
  readonly #parts: Parts;
  readonly #ceremonies: Ceremonies;

  constructor(parts: Parts, ceremonies: Ceremonies) {
    this.#parts = parts;
    this.#ceremonies = ceremonies;
  }

  /** Begins to add an app to the own account; the one before stays until the first code of the new one came. */
  async beginAdding(caller: SessionCaller): Promise<TotpOffer> {
    await demandOwner(this.#parts, caller);
    const person = await requirePerson(this.#parts.store.db, caller.id);
    return this.offer({
      purpose: 'totp-add',
      boundTo: caller.session.id,
      login: person.login ?? '',
    });
  }

  /** A new secret, kept sealed in a ceremony until its first code comes. */
  async offer(of: {
    readonly purpose: 'totp-add' | 'totp-enrol';
    readonly boundTo: string;
    readonly login: string;
  }): Promise<TotpOffer> {
    const { store, config } = this.#parts;
    const secret = store.random.bytes(TOTP_SECRET_BYTES);
    const data: Waiting = { secret: Buffer.from(secret).toString('base64') };
    const { purpose, boundTo } = of;
    const ceremony = await store.write((tx) =>
      this.#ceremonies.begin(tx, { purpose, boundTo, data }),
    );
    const enrolment = totpEnrolment(secret, { issuer: config.organisation, login: of.login });
    return { ceremony, ...enrolment };
  }

  /**
   * Takes the first code of an offered secret. Returns the secret and the step of the code; undefined for a wrong code,
   * which may be typed again a few times.
   */
  async confirm(
    tx: Tx,
    purpose: 'totp-add' | 'totp-enrol',
    ceremony: string,
    boundTo: string,
    code: string,
  ): Promise<{ secret: Uint8Array; step: number } | undefined> {
    const begun = await this.#ceremonies.attempt(tx, purpose, ceremony, boundTo);
    if (begun === undefined) return undefined;
    const secret = new Uint8Array(Buffer.from((begun.data as Waiting).secret, 'base64'));
    const digits = readTotpCode(code);
    const step =
      digits === undefined ? undefined : matchingStep(secret, digits, this.#parts.clock.now(), 0);
    if (step !== undefined || begun.tries >= CONFIRMATIONS_MAX)
      await this.#ceremonies.end(tx, begun);
    return step === undefined ? undefined : { secret, step };
  }

  /** Adds the app whose code this is, instead of the one before. @returns new recovery codes, if there were none. */
  async add(caller: SessionCaller, ceremony: string, code: string): Promise<readonly string[]> {
    await demandOwner(this.#parts, caller);
    const codes = await this.#parts.store.write(async (tx) => {
      const confirmed = await this.confirm(tx, 'totp-add', ceremony, caller.session.id, code);
      if (confirmed === undefined) return undefined;
      await this.store(tx, caller, caller.id, confirmed);
      const { recoveryCodes } = await waysOf(tx.db, this.#parts.config, caller.id);
      return recoveryCodes > 0 ? [] : this.makeCodes(tx, caller, caller.id);
    });
    if (codes === undefined) throw codeRefused();
    return codes;
  }

  async store(
    tx: Tx,
    actor: Actor,
    personId: string,
    { secret, step }: { secret: Uint8Array; step: number },
  ): Promise<void> {
    const values = {
      sealed: this.#parts.keys.seal(secret, `totp of ${personId}`),
      last_step: step,
      created_at: this.#parts.clock.now(),
      used_at: null,
    };
    await tx.db
      .insertInto('totp_secrets')
      .values({ person_id: personId, ...values })
      .onConflict((conflict) => conflict.column('person_id').doUpdateSet(values))
      .execute();
    await tx.fact(totpAdded, { actor, subjects: [aboutPerson(personId)], body: {} });
  }

  /** Removes the app, and with it a password that is not enough alone. */
  async remove(caller: SessionCaller): Promise<void> {
    await demandOwner(this.#parts, caller);
    const { config } = this.#parts;
    await this.#parts.store.write(async (tx) => {
      const about = { actor: caller, subjects: [aboutPerson(caller.id)], body: {} };
      const removed = await tx.db
        .deleteFrom('totp_secrets')
        .where('person_id', '=', caller.id)
        .executeTakeFirst();
      if (removed.numDeletedRows === 0n)
        throw new ConflictError('no-totp', 'this account has no authenticator app.');
      await tx.fact(totpRemoved, about);
      const { password } = await waysOf(tx.db, config, caller.id);
      if (password === 'with second factor') {
        await tx.db.deleteFrom('passwords').where('person_id', '=', caller.id).execute();
        await tx.fact(passwordRemoved, about);
      }
      await demandWayIn(tx.db, config, caller.id);
    });
  }

  /** New recovery codes for the own account; the old ones are worthless. Shown once. */
  async renewCodes(caller: SessionCaller): Promise<readonly string[]> {
    await demandOwner(this.#parts, caller);
    return this.#parts.store.write((tx) => this.makeCodes(tx, caller, caller.id));
  }

  async makeCodes(tx: Tx, actor: Actor, personId: string): Promise<readonly string[]> {
    const { store, clock } = this.#parts;
    const codes = Array.from({ length: CODES }, () => newRecoveryCode(store.random));
    await tx.db.deleteFrom('recovery_codes').where('person_id', '=', personId).execute();
    await tx.db
      .insertInto('recovery_codes')
      .values(
        codes.map((code) => ({
          hash: hashOf('recovery-code', readRecoveryCode(code)!),
          person_id: personId,
          made_at: clock.now(),
        })),
      )
      .execute();
    await tx.fact(recoveryCodesMade, {
      actor,
      subjects: [aboutPerson(personId)],
      body: { count: codes.length },
    });
    return codes;
  }

  /** Judges a code of the app or a recovery code, and uses it up. Which of them it was; undefined for neither. */
  async use(
    tx: Tx,
    personId: string,
    typed: string,
  ): Promise<'totp' | 'recovery-code' | undefined> {
    const digits = readTotpCode(typed);
    if (digits === undefined) {
      return (await this.useRecoveryCode(tx, personId, typed)) ? 'recovery-code' : undefined;
    }
    const row = await tx.db
      .selectFrom('totp_secrets')
      .selectAll()
      .where('person_id', '=', personId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const now = this.#parts.clock.now();
    const secret = this.#parts.keys.open(row.sealed, `totp of ${personId}`);
    const step = matchingStep(secret, digits, now, row.last_step);
    if (step === undefined) return undefined;
    await tx.db
      .updateTable('totp_secrets')
      .set({ last_step: step, used_at: now })
      .where('person_id', '=', personId)
      .execute();
    return 'totp';
  }

  async useRecoveryCode(tx: Tx, personId: string, typed: string): Promise<boolean> {
    const code = readRecoveryCode(typed);
    if (code === undefined) return false;
    const { numDeletedRows } = await tx.db
      .deleteFrom('recovery_codes')
      .where('hash', '=', hashOf('recovery-code', code))
      .where('person_id', '=', personId)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    const left = await tx.db
      .selectFrom('recovery_codes')
      .select('hash')
      .where('person_id', '=', personId)
      .execute();
    await tx.fact(recoveryCodeUsed, {
      actor: { kind: 'person', id: personId },
      subjects: [aboutPerson(personId)],
      body: { left: left.length },
    });
    return true;
  }
}

export function codeRefused(): UnauthenticatedError {
  return new UnauthenticatedError(
    'code-refused',
    'this code was not accepted; wait for the next one, or begin again.',
  );
}
