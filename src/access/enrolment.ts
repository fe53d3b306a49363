/**
 * Enrolment: who holds a one-time link gets a first way to sign in: the first administrator at set-up, who was invited,
 * and who lost everything. The link is used up when the passkey, or password and first code, are verified, in the same
 * transaction; until then the page may be opened again.
 */
import { ConflictError, NotFoundError, UnauthenticatedError } from '../base/index.ts';
import type { Tx } from '../store/index.ts';
import type { Ceremonies } from './ceremonies.ts';
import type { Parts } from './config.ts';
import { aboutPerson, personJoined, recoveryDone, setupDone, setupLinkMade } from './facts.ts';
import { type Grants, holdersOf } from './grants.ts';
import type { LinkPurpose, LinkRow, Links, MadeLink } from './links.ts';
import type { Begun, Passkeys } from './passkeys.ts';
import type { Passwords } from './passwords.ts';
import {
  newEmail,
  newLogin,
  newName,
  type PersonRow,
  requirePerson,
  wordsOf,
} from './people-rows.ts';
import type { SecondFactors, TotpOffer } from './second-factors.ts';
import { codeRefused } from './second-factors.ts';
import type { Client, Sessions, Started } from './sessions.ts';
import {
  type CreationOptions,
  creationOptions,
  newChallenge,
  passkeyRefused,
  type RegistrationResponse,
  verifyCreation,
} from './webauthn.ts';

/** What the page of a link shows. */
export interface LinkView {
  readonly purpose: LinkPurpose;
  readonly organisation: string;
  /** Absent at set-up, until the first person has said who they are. */
  readonly login?: string;
  readonly name?: string;
  readonly expiresAt: number;
}

export interface Joined {
  readonly started: Started;
  /** Shown once. */
  readonly recoveryCodes: readonly string[];
}

export interface NewPerson {
  readonly login: string;
  readonly name: string;
  readonly email?: string | undefined;
}

const HANDLE_BYTES = 32;

export class Enrolment {
  readonly #parts: Parts;
  readonly #services: EnrolmentServices;

  constructor(parts: Parts, services: EnrolmentServices) {
    this.#parts = parts;
    this.#services = services;
  }

  /** The link for the first administrator; undefined when there is an administrator. An earlier link is worthless. */
  async setupLink(): Promise<MadeLink | undefined> {
    return this.#parts.store.write(async (tx) => {
      if ((await holdersOf(tx.db, 'administrator')).length > 0) return undefined;
      const earlier = await tx.db
        .deleteFrom('one_time_links')
        .where('purpose', '=', 'setup')
        .returning('person_id')
        .execute();
      for (const { person_id } of earlier)
        if (person_id !== null)
          await tx.db
            .deleteFrom('people')
            .where('id', '=', person_id)
            .where('status', '=', 'invited')
            .execute();
      const link = await this.#services.links.make(tx, 'setup', null);
      await tx.fact(setupLinkMade, {
        actor: { kind: 'system', id: 'access' },
        subjects: [],
        body: { expires: link.expiresAt },
      });
      return link;
    });
  }

  /** @throws NotFoundError `link-invalid`. */
  async view(token: string): Promise<LinkView> {
    const { store, config } = this.#parts;
    const link = await this.#services.links.find(store.db, token);
    const person =
      link.person_id === null ? undefined : await requirePerson(store.db, link.person_id);
    return {
      purpose: link.purpose as LinkPurpose,
      organisation: config.organisation,
      expiresAt: link.expires_at,
      ...(person?.login ? { login: person.login } : {}),
      ...(person?.name ? { name: person.name } : {}),
    };
  }

  /** At set-up: the first person says who they are. May be said again until they have joined. */
  async nameYourself(token: string, who: NewPerson): Promise<void> {
    await this.#parts.store.write(async (tx) => {
      const link = await this.#services.links.find(tx.db, token);
      if (link.purpose !== 'setup')
        throw new ConflictError('named-already', 'this link is for somebody whose name is known.');
      if (link.person_id === null) {
        const id = await insertPerson(tx, this.#parts, who);
        await tx.db
          .updateTable('one_time_links')
          .set({ person_id: id })
          .where('id', '=', link.id)
          .execute();
      } else {
        const fields = fieldsOf(who);
        await demandFreeLogin(tx, fields.login, link.person_id);
        await tx.db.updateTable('people').set(fields).where('id', '=', link.person_id).execute();
      }
    });
  }

  async beginPasskey(token: string): Promise<Begun<CreationOptions>> {
    const { store, config } = this.#parts;
    const { link, person } = await this.#personOf(token);
    const options = await creationOptions(
      config,
      newChallenge(store.random),
      { login: person.login ?? '', name: person.name ?? '', handle: person.handle },
      [],
    );
    const ceremony = await store.write((tx) =>
      this.#services.ceremonies.begin(tx, {
        purpose: 'passkey-enrol',
        boundTo: link.id,
        challenge: options.challenge,
      }),
    );
    return { ceremony, options };
  }

  /** @throws UnauthenticatedError `passkey-refused`; NotFoundError `link-invalid`. */
  async passkey(
    token: string,
    ceremony: string,
    response: RegistrationResponse,
    name: string,
    client: Client,
  ): Promise<Joined> {
    const { store, config } = this.#parts;
    const { ceremonies, passkeys } = this.#services;
    const tidyName = newName(name);
    const { link } = await this.#personOf(token);
    const begun = await store.write((tx) =>
      ceremonies.take(tx, 'passkey-enrol', ceremony, link.id),
    );
    if (begun?.challenge === undefined) throw passkeyRefused();
    const made = await verifyCreation(config, begun.challenge, response);
    return store.write((tx) =>
      this.#join(tx, token, 'passkey', client, (person) =>
        passkeys.store(tx, actorOf(person), person, made, tidyName),
      ),
    );
  }

  /** For whoever has no passkey: an authenticator app, to go with a password. */
  async beginTotp(token: string): Promise<TotpOffer> {
    const { link, person } = await this.#personOf(token);
    return this.#services.secondFactors.offer({
      purpose: 'totp-enrol',
      boundTo: link.id,
      login: person.login ?? '',
    });
  }

  /** @throws UsageError `password-…`; UnauthenticatedError `code-refused`; NotFoundError `link-invalid`. */
  async password(
    token: string,
    ceremony: string,
    { password, code }: { readonly password: string; readonly code: string },
    client: Client,
  ): Promise<Joined> {
    const { passwords, secondFactors } = this.#services;
    const { link, person } = await this.#personOf(token);
    const words = wordsOf(person);
    const hashed = await passwords.hash(password, { secondFactor: true, words });
    const joined = await this.#parts.store.write(async (tx) => {
      const confirmed = await secondFactors.confirm(tx, 'totp-enrol', ceremony, link.id, code);
      if (confirmed === undefined) return undefined;
      return this.#join(tx, token, 'password+totp', client, async (person) => {
        await secondFactors.store(tx, actorOf(person), person.id, confirmed);
        await passwords.store(tx, actorOf(person), person.id, hashed);
      });
    });
    if (joined === undefined) throw codeRefused();
    return joined;
  }

  async #personOf(token: string): Promise<{ link: LinkRow; person: PersonRow }> {
    const { db } = this.#parts.store;
    const link = await this.#services.links.find(db, token);
    if (link.person_id === null)
      throw new UnauthenticatedError('name-needed', 'say who you are first.');
    return { link, person: await requirePerson(db, link.person_id) };
  }

  /** Uses the link up, writes the new way to sign in, and begins the first session. */
  async #join(
    tx: Tx,
    token: string,
    method: string,
    client: Client,
    writeWay: (person: PersonRow) => Promise<void>,
  ): Promise<Joined> {
    const { links, grants, secondFactors, sessions } = this.#services;
    const { id: linkId, purpose, person_id } = await links.use(tx, token);
    if (person_id === null)
      throw new NotFoundError('link-invalid', `link ${linkId} has no person.`);
    const person = await requirePerson(tx.db, person_id);
    const about = { actor: actorOf(person), subjects: [aboutPerson(person.id)] };
    if (purpose === 'recovery') {
      await forgetSecrets(tx, person.id);
      await forgetIdentities(tx, person.id);
      await sessions.endAll(tx, about.actor, person.id, 'credentials');
    }
    await this.#activate(tx, person);
    await writeWay(person);
    const recoveryCodes = await secondFactors.makeCodes(tx, about.actor, person.id);
    if (purpose === 'setup') {
      if ((await holdersOf(tx.db, 'administrator')).length > 0)
        throw new ConflictError('setup-done', 'there is an administrator already.');
      await grants.give(tx, about.actor, person.id, { role: 'administrator' });
      await tx.fact(setupDone, { ...about, body: {} });
    }
    if (purpose === 'recovery') await tx.fact(recoveryDone, { ...about, body: {} });
    else await tx.fact(personJoined, { ...about, body: { by: purpose as 'setup' | 'invitation' } });
    const proof = { personId: person.id, method, aal: 2, present: true } as const;
    return { started: await sessions.start(tx, proof, client), recoveryCodes };
  }

  async #activate(tx: Tx, person: PersonRow): Promise<void> {
    await tx.db
      .updateTable('people')
      .set((row) => ({
        status: 'active',
        joined_at: person.joined_at ?? this.#parts.clock.now(),
        revision: row('revision', '+', 1),
      }))
      .where('id', '=', person.id)
      .execute();
  }
}

interface EnrolmentServices {
  readonly ceremonies: Ceremonies;
  readonly grants: Grants;
  readonly links: Links;
  readonly passkeys: Passkeys;
  readonly passwords: Passwords;
  readonly secondFactors: SecondFactors;
  readonly sessions: Sessions;
}

const actorOf = ({ id }: Pick<PersonRow, 'id'>) => ({ kind: 'person', id }) as const;

/** @throws ConflictError `login-taken`; UsageError `login-invalid`, `name-invalid`, `email-invalid`. */
export async function insertPerson(
  tx: Tx,
  { store, clock }: Parts,
  who: NewPerson,
): Promise<string> {
  const fields = fieldsOf(who);
  await demandFreeLogin(tx, fields.login);
  const id = store.newId();
  await tx.db
    .insertInto('people')
    .values({
      id,
      ...fields,
      status: 'invited',
      handle: store.random.bytes(HANDLE_BYTES),
      created_at: clock.now(),
      joined_at: null,
      removed_at: null,
      revision: 1,
    })
    .execute();
  return id;
}

export async function demandFreeLogin(tx: Tx, login: string, but?: string): Promise<void> {
  const taken = await tx.db
    .selectFrom('people')
    .select('id')
    .where('login', '=', login)
    .executeTakeFirst();
  if (taken !== undefined && taken.id !== but)
    throw new ConflictError('login-taken', 'somebody has this login; choose another.');
}

function fieldsOf({ login, name, email }: NewPerson) {
  return { login: newLogin(login), name: newName(name), email: newEmail(email) };
}

/** Removes every secret with which somebody signs in, and every token. */
export async function forgetSecrets(tx: Tx, personId: string): Promise<void> {
  for (const table of [
    'passkeys',
    'passwords',
    'totp_secrets',
    'recovery_codes',
    'api_tokens',
    'ceremonies',
    'one_time_links',
  ] as const)
    await tx.db.deleteFrom(table).where('person_id', '=', personId).execute();
}

export async function forgetIdentities(tx: Tx, personId: string): Promise<void> {
  await tx.db.deleteFrom('federated_identities').where('person_id', '=', personId).execute();
}
