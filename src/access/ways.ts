/** The ways that a person has to sign in, and who may change them. */
import { ConflictError } from '../base/index.ts';
import { isFresh, type Moment, type SessionCaller, stepUpRequired } from './caller.ts';
import { type AccessConfig, minutes, type Parts, rpIdOf } from './config.ts';
import type { Db } from './people-rows.ts';

export interface Ways {
  /** Those that can be used: of this host's name, not suspended. */
  readonly passkeys: number;
  readonly password: 'none' | 'with second factor' | 'alone';
  readonly totp: boolean;
  readonly recoveryCodes: number;
  readonly identities: number;
}

export async function waysOf(db: Db, config: AccessConfig, personId: string): Promise<Ways> {
  const rows = async (table: 'totp_secrets' | 'recovery_codes' | 'federated_identities') => {
    const found = await db
      .selectFrom(table)
      .select('person_id')
      .where('person_id', '=', personId)
      .execute();
    return found.length;
  };
  const passkeys = await db
    .selectFrom('passkeys')
    .select('id')
    .where('person_id', '=', personId)
    .where('rp_id', '=', rpIdOf(config))
    .where('suspended_at', 'is', null)
    .execute();
  const password = await db
    .selectFrom('passwords')
    .select('alone')
    .where('person_id', '=', personId)
    .executeTakeFirst();
  const alone = password?.alone === 1 && config.passwordAlone;
  return {
    passkeys: passkeys.length,
    password: password === undefined ? 'none' : alone ? 'alone' : 'with second factor',
    totp: (await rows('totp_secrets')) > 0,
    recoveryCodes: await rows('recovery_codes'),
    identities: await rows('federated_identities'),
  };
}

/** Whether they let a person in. Recovery codes do not count: they are for the day when nothing else does. */
function suffice({ passkeys, password, totp, identities }: Ways): boolean {
  return (
    passkeys > 0 ||
    identities > 0 ||
    password === 'alone' ||
    (password === 'with second factor' && totp)
  );
}

/** @throws ConflictError `last-way-in` when a change would lock its person out. */
export async function demandWayIn(db: Db, config: AccessConfig, personId: string): Promise<void> {
  if (!suffice(await waysOf(db, config, personId)))
    throw new ConflictError(
      'last-way-in',
      'nothing would be left to sign in with; add a passkey or another way first.',
    );
}

/**
 * Changes to the own account need a fresh proof of as much as the account has: somebody with a stolen password must not
 * add a passkey of theirs. A recovery code is proof enough, for the account of whoever lost the rest.
 *
 * @throws UnauthenticatedError `step-up-required`.
 */
export async function demandOwner(
  { store, clock, config }: Parts,
  caller: SessionCaller,
): Promise<void> {
  const moment: Moment = { now: clock.now(), freshMs: minutes(config.stepUpMinutes) };
  const { aal, method, verifiedAt } = caller.session;
  if (!isFresh(verifiedAt, moment)) throw stepUpRequired();
  if (aal >= 2 || method === 'recovery-code') return;
  const { passkeys, password, totp } = await waysOf(store.db, config, caller.id);
  if (passkeys > 0 || (totp && password !== 'none')) throw stepUpRequired();
}
