/**
 * People: invited, changed, removed, let in anew, and the roles they have. What concerns somebody who may agree as a
 * second person is itself requested and agreed to (`approvals.ts`).
 */
import { ConflictError, NotFoundError, StaleError, UsageError } from '../base/index.ts';
import type { Actor, Tx } from '../store/index.ts';
import type { ApprovalView } from './approval-rows.ts';
import type { Approvals } from './approvals.ts';
import { registerApproverActions } from './approver-actions.ts';
import { authorise, type Caller, type ConsoleCaller, isSelf, type Target } from './caller.ts';
import { minutes, type Parts } from './config.ts';
import { demandFreeLogin, forgetSecrets, insertPerson, type NewPerson } from './enrolment.ts';
import {
  aboutPerson,
  personChanged,
  personInvited,
  personRemoved,
  recoveryLinkMade,
} from './facts.ts';
import { demandAdministrator, type Grants, isApprover } from './grants.ts';
import type { Links, MadeLink } from './links.ts';
import {
  type Db,
  grantsOf,
  newEmail,
  newLogin,
  newName,
  type PersonRow,
  type PersonStatus,
  requirePerson,
} from './people-rows.ts';
import { type Grant, isApproverGrant, type Permission } from './permissions.ts';
import type { Sessions } from './sessions.ts';
import { type Ways, waysOf } from './ways.ts';

export interface PersonView {
  readonly id: string;
  readonly login: string | undefined;
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly status: PersonStatus;
  readonly grants: readonly Grant[];
  readonly createdAt: number;
  readonly joinedAt: number | undefined;
  /** Counts up with each change: the entity tag. */
  readonly revision: number;
}

export interface Invitation extends NewPerson {
  readonly grants: readonly Grant[];
}

/** Done at once, or waiting for a second person. */
export type Outcome<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: false; readonly approval: ApprovalView };

export class People {
  readonly #parts: Parts;
  readonly #services: PeopleServices;

  constructor(parts: Parts, services: PeopleServices) {
    this.#parts = parts;
    this.#services = services;
    const { grants } = services;
    const why = 'agreed by two people';
    registerApproverActions(services.approvals, {
      async give(tx, actor, person, grant) {
        if ((await requirePerson(tx.db, person)).status !== 'active')
          throw new ConflictError('not-joined', 'this person has not joined yet.');
        await grants.give(tx, actor, person, grant, why);
      },
      take: (tx, actor, person, grant) => grants.take(tx, actor, person, grant, why),
      remove: (tx, actor, person) => this.#remove(tx, actor, person, why),
      reset: (tx, actor, person) => this.#reset(tx, actor, person, why),
    });
  }

  /** People in the order of their ids, or one page of them. */
  async list(
    caller: Caller,
    page: { readonly after?: string; readonly limit: number; readonly status?: PersonStatus },
  ): Promise<PersonView[]> {
    this.#demand(caller, 'people.read');
    const { db } = this.#parts.store;
    const rows = await db
      .selectFrom('people')
      .selectAll()
      .$if(page.after !== undefined, (query) => query.where('id', '>', page.after!))
      .$if(page.status !== undefined, (query) => query.where('status', '=', page.status!))
      .where('status', '!=', 'erased')
      .orderBy('id')
      .limit(page.limit)
      .execute();
    const ids = rows.map(({ id }) => id);
    const grants = await grantsOf(db, ids);
    return rows.map((row) => viewOf(row, grants.get(row.id)!));
  }

  async get(caller: Caller, id: string): Promise<PersonView> {
    if (!isSelf(caller, id)) this.#demand(caller, 'people.read');
    return this.#view(this.#parts.store.db, id);
  }

  /** How somebody signs in, without any secret. */
  async ways(caller: Caller, id: string): Promise<Ways> {
    if (!isSelf(caller, id)) this.#demand(caller, 'people.read');
    return waysOf(this.#parts.store.db, this.#parts.config, id);
  }

  /**
   * Invites somebody; the link goes to them alone. Who may agree as a second person is made so after joining: whoever
   * hands a link on could use it.
   *
   * @throws UsageError `role-after-joining`.
   */
  async invite(caller: Caller, invitation: Invitation, reason?: string): Promise<MadeLink> {
    const { grants } = invitation;
    this.#demandForGrants(caller, 'people.invite', grants);
    if (grants.some(isApproverGrant))
      throw new UsageError(
        'role-after-joining',
        'invite them without this role; two people give it to them once they have joined.',
      );
    return this.#parts.store.write(async (tx) => {
      const id = await insertPerson(tx, this.#parts, invitation);
      await tx.fact(personInvited, {
        actor: caller,
        subjects: [aboutPerson(id)],
        reason,
        body: { roles: [...grants] },
      });
      for (const grant of grants) await this.#services.grants.give(tx, caller, id, grant);
      return this.#services.links.make(tx, 'invitation', id);
    });
  }

  /** A new link for somebody who has not joined yet; the one before is worthless. */
  async inviteAgain(caller: Caller, id: string): Promise<MadeLink> {
    const grants = (await grantsOf(this.#parts.store.db, [id])).get(id)!;
    this.#demandForGrants(caller, 'people.invite', grants);
    return this.#parts.store.write(async (tx) => {
      const person = await requirePerson(tx.db, id);
      if (person.status !== 'invited' || (await isApprover(tx.db, id)))
        throw new ConflictError('joined-already', 'this person has joined; reset them instead.');
      return this.#services.links.make(tx, 'invitation', id);
    });
  }

  /**
   * Changes who somebody is. One's own name and address, or anybody's with `people.change`.
   *
   * @throws StaleError `revision-changed` when somebody changed it meanwhile; ConflictError `login-taken`.
   */
  async change(
    caller: Caller,
    id: string,
    revision: number,
    fields: Partial<NewPerson>,
  ): Promise<PersonView> {
    const own = isSelf(caller, id) && fields.login === undefined;
    this.#demand(caller, own ? 'account.change' : 'people.change');
    await this.#parts.store.write(async (tx) => {
      const before = await requirePerson(tx.db, id);
      if (before.revision !== revision)
        throw new StaleError('revision-changed', 'somebody changed this meanwhile; read it again.');
      const after = {
        ...(fields.login === undefined ? {} : { login: newLogin(fields.login) }),
        ...(fields.name === undefined ? {} : { name: newName(fields.name) }),
        ...(fields.email === undefined ? {} : { email: newEmail(fields.email) }),
      };
      if (after.login !== undefined) await demandFreeLogin(tx, after.login, id);
      const changed = Object.keys(after) as (keyof typeof after)[];
      if (changed.length === 0) return;
      await tx.db
        .updateTable('people')
        .set({ ...after, revision: revision + 1 })
        .where('id', '=', id)
        .execute();
      const { login, name, email } = before;
      await tx.fact(personChanged, {
        actor: caller,
        subjects: [aboutPerson(id)],
        before: { login, name, email },
        after: { login, name, email, ...after },
        body: { fields: changed },
      });
    });
    return this.#view(this.#parts.store.db, id);
  }

  async giveRole(
    caller: Caller,
    id: string,
    grant: Grant,
    reason: string,
  ): Promise<Outcome<undefined>> {
    if (isApproverGrant(grant))
      return this.#ask(caller, 'approvers.give', { person: id, grant }, reason);
    this.#demand(caller, 'roles.change', { segment: grant.segment });
    await this.#parts.store.write((tx) =>
      this.#services.grants.give(tx, caller, id, grant, reason),
    );
    return done(undefined);
  }

  async takeRole(
    caller: Caller,
    id: string,
    grant: Grant,
    reason: string,
  ): Promise<Outcome<undefined>> {
    if (isApproverGrant(grant))
      return this.#ask(caller, 'approvers.take', { person: id, grant }, reason);
    this.#demand(caller, 'roles.change', { segment: grant.segment });
    await this.#parts.store.write((tx) =>
      this.#services.grants.take(tx, caller, id, grant, reason),
    );
    return done(undefined);
  }

  /** Removes somebody: sessions, tokens, passkeys and roles end now; what they did stays. */
  async remove(caller: Caller, id: string, reason: string): Promise<Outcome<undefined>> {
    if (await isApprover(this.#parts.store.db, id))
      return this.#ask(caller, 'approvers.remove', { person: id }, reason);
    this.#demand(caller, 'people.remove');
    await this.#parts.store.write(async (tx) => {
      await demandNoApprover(tx.db, id);
      await this.#remove(tx, caller, id, reason);
    });
    return done(undefined);
  }

  /** A link for somebody who lost everything. Used, it replaces every way they had. */
  async reset(caller: Caller, id: string, reason: string): Promise<Outcome<MadeLink>> {
    if (await isApprover(this.#parts.store.db, id))
      return this.#ask(caller, 'approvers.reset', { person: id }, reason);
    this.#demand(caller, 'people.reset');
    return done(
      await this.#parts.store.write(async (tx) => {
        await demandNoApprover(tx.db, id);
        return this.#reset(tx, caller, id, reason);
      }),
    );
  }

  /**
   * For the machine's owner, at its console only: lets an administrator in who lost everything, or makes a new one
   * when there is nobody of that login.
   */
  async recover(caller: ConsoleCaller, who: NewPerson): Promise<MadeLink> {
    return this.#parts.store.write(async (tx) => {
      const login = newLogin(who.login);
      const row = await tx.db
        .selectFrom('people')
        .select('id')
        .where('login', '=', login)
        .executeTakeFirst();
      const id = row?.id ?? (await insertPerson(tx, this.#parts, who));
      await this.#services.grants.give(tx, caller, id, { role: 'administrator' });
      return this.#reset(tx, caller, id, 'recovery at the console');
    });
  }

  async #remove(tx: Tx, actor: Actor, id: string, reason: string): Promise<void> {
    await requirePerson(tx.db, id);
    await this.#services.sessions.endAll(tx, actor, id, 'removed');
    // Who they are at an identity provider stays known, so that it lets them in no more.
    await forgetSecrets(tx, id);
    await tx.db.deleteFrom('role_grants').where('person_id', '=', id).execute();
    await tx.db
      .updateTable('people')
      .set((row) => ({
        status: 'removed',
        login: null,
        removed_at: this.#parts.clock.now(),
        revision: row('revision', '+', 1),
      }))
      .where('id', '=', id)
      .execute();
    await demandAdministrator(tx.db);
    await tx.fact(personRemoved, { actor, subjects: [aboutPerson(id)], reason, body: {} });
  }

  async #reset(tx: Tx, actor: Actor, id: string, reason: string): Promise<MadeLink> {
    await requirePerson(tx.db, id);
    const link = await this.#services.links.make(tx, 'recovery', id);
    await tx.fact(recoveryLinkMade, {
      actor,
      subjects: [aboutPerson(id)],
      reason,
      body: { console: actor.id.startsWith('console:'), expires: link.expiresAt },
    });
    return link;
  }

  async #view(db: Db, id: string): Promise<PersonView> {
    const row = await db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined || row.status === 'erased')
      throw new NotFoundError('person-unknown', 'there is no such person.');
    return viewOf(row, (await grantsOf(db, [id])).get(id)!);
  }

  async #ask<T>(
    caller: Caller,
    action: string,
    params: unknown,
    reason: string,
  ): Promise<Outcome<T>> {
    return {
      done: false,
      approval: await this.#services.approvals.request(caller, action, params, reason),
    };
  }

  #demand(caller: Caller, permission: Permission, target: Target = {}): void {
    const { clock, config } = this.#parts;
    const moment = { now: clock.now(), freshMs: minutes(config.stepUpMinutes) };
    authorise(caller, permission, target, moment);
  }

  /** For each role, where it reaches; without any, everywhere. */
  #demandForGrants(caller: Caller, permission: Permission, grants: readonly Grant[]): void {
    if (grants.length === 0) this.#demand(caller, permission);
    for (const { segment } of grants) this.#demand(caller, permission, { segment });
  }
}

interface PeopleServices {
  readonly approvals: Approvals;
  readonly grants: Grants;
  readonly links: Links;
  readonly sessions: Sessions;
}

const done = <T>(value: T): Outcome<T> => ({ done: true, value });

function viewOf(row: PersonRow, grants: readonly Grant[]): PersonView {
  return {
    id: row.id,
    login: row.login ?? undefined,
    name: row.name ?? undefined,
    email: row.email ?? undefined,
    status: row.status as PersonStatus,
    grants,
    createdAt: row.created_at,
    joinedAt: row.joined_at ?? undefined,
    revision: row.revision,
  };
}

/** It was asked before the transaction: somebody may have become one meanwhile. */
async function demandNoApprover(db: Db, id: string): Promise<void> {
  if (await isApprover(db, id))
    throw new ConflictError('became-approver', 'this now needs a second person; request it again.');
}
