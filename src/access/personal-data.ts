/** What is stored about a person: exported for them, or erased. */
import { z } from 'zod';
import { ConflictError, NotFoundError } from '../base/index.ts';
import { type Actor, readFact, type Tx } from '../store/index.ts';
import type { Approvals } from './approvals.ts';
import { authorise, type Caller, isSelf } from './caller.ts';
import { minutes, type Parts } from './config.ts';
import { forgetIdentities, forgetSecrets } from './enrolment.ts';
import { aboutPerson, personErased, personExported } from './facts.ts';
import { demandAdministrator } from './grants.ts';
import { grantsOf } from './people-rows.ts';
import { demandOwner } from './ways.ts';

/** Everything about a person that is no secret, as JSON. */
export interface PersonalData {
  readonly person: Readonly<Record<string, unknown>>;
  readonly roles: readonly unknown[];
  readonly passkeys: readonly unknown[];
  readonly password: unknown;
  readonly authenticatorApp: unknown;
  readonly recoveryCodes: number;
  readonly identities: readonly unknown[];
  readonly sessions: readonly unknown[];
  readonly tokens: readonly unknown[];
  /** What is recorded about the person, in order. */
  readonly facts: readonly unknown[];
}

const FACTS_MAX = 100_000;

export class PersonalDataService {
  readonly #parts: Parts;

  constructor(parts: Parts, approvals: Approvals) {
    this.#parts = parts;
    approvals.register({
      action: 'people.erase',
      permission: 'people.erase',
      params: z.strictObject({ person: z.string().max(64) }),
      describe: async (db, { person }) => {
        const row = await db
          .selectFrom('people')
          .select('name')
          .where('id', '=', person)
          .executeTakeFirst();
        return `Erase what is stored about ${row?.name ?? person}.`;
      },
      execute: (tx, { person }, { decidedBy }) => this.erase(tx, decidedBy, person),
    });
  }

  /** One's own data, or anybody's with `people.export`. */
  async export(caller: Caller, personId: string): Promise<PersonalData> {
    const { store, clock, config } = this.#parts;
    const moment = { now: clock.now(), freshMs: minutes(config.stepUpMinutes) };
    if (isSelf(caller, personId)) await demandOwner(this.#parts, caller);
    else authorise(caller, 'people.export', {}, moment);
    const data = await this.#collect(personId);
    await store.write((tx) =>
      tx.fact(personExported, { actor: caller, subjects: [aboutPerson(personId)], body: {} }),
    );
    return data;
  }

  async #collect(personId: string): Promise<PersonalData> {
    const { db } = this.#parts.store;
    const person = await db
      .selectFrom('people')
      .select(['id', 'login', 'name', 'email', 'status', 'created_at', 'joined_at', 'removed_at'])
      .where('id', '=', personId)
      .executeTakeFirst();
    if (person === undefined || person.status === 'erased') throw unknownPerson();
    const one = <T>(rows: T[]): T | null => rows[0] ?? null;
    return {
      person,
      roles: (await grantsOf(db, [personId])).get(personId)!,
      passkeys: await db
        .selectFrom('passkeys')
        .select([
          'id',
          'name',
          'rp_id',
          'aaguid',
          'backed_up',
          'created_at',
          'used_at',
          'suspended_at',
        ])
        .where('person_id', '=', personId)
        .execute(),
      password: one(
        await db
          .selectFrom('passwords')
          .select(['changed_at'])
          .where('person_id', '=', personId)
          .execute(),
      ),
      authenticatorApp: one(
        await db
          .selectFrom('totp_secrets')
          .select(['created_at', 'used_at'])
          .where('person_id', '=', personId)
          .execute(),
      ),
      recoveryCodes: (
        await db
          .selectFrom('recovery_codes')
          .select('made_at')
          .where('person_id', '=', personId)
          .execute()
      ).length,
      identities: await db
        .selectFrom('federated_identities')
        .select(['issuer', 'subject', 'linked_at', 'used_at'])
        .where('person_id', '=', personId)
        .execute(),
      sessions: await db
        .selectFrom('sessions')
        .select(['id', 'method', 'aal', 'created_at', 'seen_at', 'expires_at', 'address', 'agent'])
        .where('person_id', '=', personId)
        .execute(),
      tokens: await db
        .selectFrom('api_tokens')
        .select(['id', 'name', 'hint', 'scopes', 'segments', 'created_at', 'expires_at', 'used_at'])
        .where('person_id', '=', personId)
        .execute(),
      facts: await this.#factsAbout(personId),
    };
  }

  async #factsAbout(personId: string): Promise<unknown[]> {
    const rows = await this.#parts.store.db
      .selectFrom('fact_subjects')
      .innerJoin('facts', 'facts.seq', 'fact_subjects.seq')
      .select(['facts.seq', 'facts.id', 'facts.time', 'facts.action', 'facts.bytes'])
      .where('fact_subjects.kind', '=', 'person')
      .where('fact_subjects.id', '=', personId)
      .orderBy('facts.seq')
      .limit(FACTS_MAX)
      .execute();
    return rows.map(readFact);
  }

  /**
   * Erases who somebody was: names, addresses, ways to sign in, sessions, and the content of the facts about them. Their
   * id stays, as that of nobody, where it says who did something. Other rooms hear of it by the fact `person.erased`.
   *
   * @param lastToo - also the last administrator, after whom a set-up link is made: for erasing again after a restore.
   */
  async erase(tx: Tx, actor: Actor, personId: string, lastToo = false): Promise<void> {
    const row = await tx.db
      .selectFrom('people')
      .select('status')
      .where('id', '=', personId)
      .executeTakeFirst();
    if (row === undefined || row.status === 'erased') throw unknownPerson();
    if (actor.id === personId)
      throw new ConflictError('not-oneself', 'somebody else has to agree to erase you.');
    await forgetSecrets(tx, personId);
    await forgetIdentities(tx, personId);
    await tx.db.deleteFrom('sessions').where('person_id', '=', personId).execute();
    await tx.db.deleteFrom('role_grants').where('person_id', '=', personId).execute();
    await tx.db
      .updateTable('people')
      .set((people) => ({
        status: 'erased',
        login: null,
        name: null,
        email: null,
        handle: this.#parts.store.random.bytes(32),
        removed_at: this.#parts.clock.now(),
        revision: people('revision', '+', 1),
      }))
      .where('id', '=', personId)
      .execute();
    await this.#eraseRequests(tx, personId);
    if (!lastToo) await demandAdministrator(tx.db);
    const facts = await tx.eraseFacts(aboutPerson(personId));
    await tx.fact(personErased, { actor, subjects: [aboutPerson(personId)], body: { facts } });
  }

  /** Requests for approval name people in their parameters and reasons. */
  async #eraseRequests(tx: Tx, personId: string): Promise<void> {
    await tx.db
      .updateTable('approvals')
      .set({ reason: '', decision_reason: null })
      .where('params', 'like', `%"${personId}"%`)
      .execute();
  }
}

const unknownPerson = (): NotFoundError =>
  new NotFoundError('person-unknown', 'there is no such person.');
