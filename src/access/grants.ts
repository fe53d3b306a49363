/** Roles given and taken. A person whose roles change signs in anew. */
import { ConflictError, NotFoundError } from '../base/index.ts';
import type { Actor, Tx } from '../store/index.ts';
import type { Parts } from './config.ts';
import { aboutPerson, roleGiven, roleTaken } from './facts.ts';
import { type Db, grantsOf, requirePerson } from './people-rows.ts';
import { type Grant, isApproverGrant } from './permissions.ts';
import type { Sessions } from './sessions.ts';

export type GrantSource = 'local' | 'oidc';

/** Who changes a role, and why. */
interface GivenBy {
  readonly actor: Actor;
  readonly reason?: string | undefined;
}

export class Grants {
  readonly #parts: Parts;
  readonly #sessions: Sessions;

  constructor(parts: Parts, sessions: Sessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** Gives a role; one that the person has already changes nothing. */
  async give(tx: Tx, actor: Actor, personId: string, grant: Grant, reason?: string): Promise<void> {
    await requirePerson(tx.db, personId);
    if (await this.#insert(tx, { actor, reason }, personId, grant, 'local'))
      await this.#sessions.endAll(tx, actor, personId, 'roles');
  }

  /** @throws NotFoundError `role-unknown`; ConflictError `last-administrator`. */
  async take(tx: Tx, actor: Actor, personId: string, grant: Grant, reason?: string): Promise<void> {
    if (!(await this.#delete(tx, { actor, reason }, personId, grant, 'local')))
      throw new NotFoundError(
        'role-unknown',
        'nobody here gave this person such a role; what groups give is taken at the identity provider.',
      );
    await demandAdministrator(tx.db);
    await this.#sessions.endAll(tx, actor, personId, 'roles');
  }

  /** Makes the roles of one source exactly these. Sessions end if that changed something. */
  async replace(
    tx: Tx,
    actor: Actor,
    personId: string,
    wanted: readonly Grant[],
    source: GrantSource,
  ): Promise<void> {
    const rows = await tx.db
      .selectFrom('role_grants')
      .select(['role', 'segment'])
      .where('person_id', '=', personId)
      .where('source', '=', source)
      .execute();
    const keyOf = ({ role, segment }: { role: string; segment?: string | undefined }): string =>
      `${role} ${segment ?? ''}`;
    const kept = new Set(wanted.map(keyOf));
    let changed = false;
    for (const { role, segment } of rows)
      if (!kept.has(keyOf({ role, segment }))) {
        const grant = { role, segment: segment || undefined } as Grant;
        changed = (await this.#delete(tx, { actor }, personId, grant, source)) || changed;
      }
    for (const grant of wanted)
      changed = (await this.#insert(tx, { actor }, personId, grant, source)) || changed;
    if (changed) await this.#sessions.endAll(tx, actor, personId, 'roles');
  }

  async #insert(
    tx: Tx,
    by: GivenBy,
    personId: string,
    { role, segment }: Grant,
    source: GrantSource,
  ): Promise<boolean> {
    const { store, clock } = this.#parts;
    const { numInsertedOrUpdatedRows } = await tx.db
      .insertInto('role_grants')
      .values({
        id: store.newId(),
        person_id: personId,
        role,
        segment: segment ?? '',
        source,
        given_at: clock.now(),
      })
      .onConflict((conflict) =>
        conflict.columns(['person_id', 'role', 'segment', 'source']).doNothing(),
      )
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) return false;
    await tx.fact(roleGiven, {
      ...by,
      subjects: [aboutPerson(personId)],
      body: { role, ...(segment === undefined ? {} : { segment }), source },
    });
    return true;
  }

  async #delete(
    tx: Tx,
    by: GivenBy,
    personId: string,
    { role, segment }: Grant,
    source: GrantSource,
  ): Promise<boolean> {
    const { numDeletedRows } = await tx.db
      .deleteFrom('role_grants')
      .where('person_id', '=', personId)
      .where('role', '=', role)
      .where('segment', '=', segment ?? '')
      .where('source', '=', source)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    await tx.fact(roleTaken, {
      ...by,
      subjects: [aboutPerson(personId)],
      body: { role, ...(segment === undefined ? {} : { segment }), source },
    });
    return true;
  }
}

/** Active people with a role everywhere. */
export async function holdersOf(db: Db, role: Grant['role']): Promise<string[]> {
  const rows = await db
    .selectFrom('role_grants')
    .innerJoin('people', 'people.id', 'role_grants.person_id')
    .select('people.id')
    .distinct()
    .where('role', '=', role)
    .where('segment', '=', '')
    .where('people.status', '=', 'active')
    .orderBy('people.id')
    .execute();
  return rows.map(({ id }) => id);
}

/** @throws ConflictError `last-administrator` when a change would leave nobody in charge. */
export async function demandAdministrator(db: Db): Promise<void> {
  if ((await holdersOf(db, 'administrator')).length === 0)
    throw new ConflictError(
      'last-administrator',
      'this is the last administrator; make somebody else one first.',
    );
}

/** Whether a person is one of those who agree as a second person. */
export async function isApprover(db: Db, personId: string): Promise<boolean> {
  return (await grantsOf(db, [personId])).get(personId)!.some(isApproverGrant);
}
