/** Passkeys of people: making, naming and removing them, and the proof that one is there. */
import type { Selectable } from 'kysely';
import { ConflictError, NotFoundError, UsageError } from '../base/index.ts';
import type { Actor, Tables, Tx } from '../store/index.ts';
import type { SessionCaller } from './caller.ts';
import type { Ceremonies } from './ceremonies.ts';
import { type Parts, rpIdOf } from './config.ts';
import {
  aboutPerson,
  passkeyAdded,
  passkeyRemoved,
  passkeyRenamed,
  passkeySuspended,
} from './facts.ts';
import { newName, type PersonRow, requirePerson } from './people-rows.ts';
import { demandOwner, demandWayIn } from './ways.ts';
import {
  type AuthenticationResponse,
  authenticationResponse,
  type CreationOptions,
  creationOptions,
  type KnownPasskey,
  type MadePasskey,
  newChallenge,
  passkeyRefused,
  type RegistrationResponse,
  type RequestOptions,
  requestOptions,
  verifyAssertion,
  verifyCreation,
} from './webauthn.ts';

type PasskeyRow = Selectable<Tables['passkeys']>;

export interface PasskeyView {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly usedAt: number | undefined;
  /** Whether its provider keeps a copy, so that it outlives the device. */
  readonly backedUp: boolean;
  readonly suspended: boolean;
  /** The host's name that it works for. */
  readonly rpId: string;
}

/** What the browser is given, and the handle with which it comes back. */
export interface Begun<Options> {
  readonly ceremony: string;
  readonly options: Options;
}

/** A passkey whose signature was verified, before anything was changed. */
export interface Asserted {
  readonly passkeyId: string;
  readonly personId: string;
  readonly counter: number;
  readonly backedUp: boolean;
}

/** Passkeys that one person has at most. */
const EACH_MAX = 20;

export class Passkeys {
  readonly #parts: Parts;
  readonly #ceremonies: Ceremonies;

  constructor(parts: Parts, ceremonies: Ceremonies) {
    this.#parts = parts;
    this.#ceremonies = ceremonies;
  }

  /** One's own. */
  async list(caller: SessionCaller): Promise<PasskeyView[]> {
    const rows = await this.#rows(caller.id);
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      createdAt: row.created_at,
      usedAt: row.used_at ?? undefined,
      backedUp: row.backed_up === 1,
      suspended: row.suspended_at !== null,
      rpId: row.rp_id,
    }));
  }

  /** How many passkeys were made for another host's name, and work no more. */
  async strandedCount(): Promise<number> {
    const { config, store } = this.#parts;
    const { count } = await store.db
      .selectFrom('passkeys')
      .select((rows) => rows.fn.countAll<number>().as('count'))
      .where('rp_id', '!=', rpIdOf(config))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** Begins to add a passkey to the own account. */
  async beginAdding(caller: SessionCaller): Promise<Begun<CreationOptions>> {
    await demandOwner(this.#parts, caller);
    const { store, config } = this.#parts;
    const person = await requirePerson(store.db, caller.id);
    const challenge = newChallenge(store.random);
    const options = await creationOptions(
      config,
      challenge,
      { login: person.login ?? '', name: person.name ?? '', handle: person.handle },
      (await this.#rows(caller.id)).map(known),
    );
    const ceremony = await store.write((tx) =>
      this.#ceremonies.begin(tx, {
        purpose: 'passkey-add',
        boundTo: caller.session.id,
        personId: caller.id,
        challenge: options.challenge,
      }),
    );
    return { ceremony, options };
  }

  /** @param name - by which its owner will know it: "Phone". */
  async add(
    caller: SessionCaller,
    ceremony: string,
    response: RegistrationResponse,
    name: string,
  ): Promise<PasskeyView> {
    const tidyName = newName(name);
    await demandOwner(this.#parts, caller);
    const { store, config } = this.#parts;
    const begun = await store.write((tx) =>
      this.#ceremonies.take(tx, 'passkey-add', ceremony, caller.session.id),
    );
    if (begun?.challenge === undefined) throw passkeyRefused();
    const made = await verifyCreation(config, begun.challenge, response);
    await store.write(async (tx) => {
      const person = await requirePerson(tx.db, caller.id);
      await this.store(tx, caller, person, made, tidyName);
    });
    return (await this.list(caller)).at(-1)!;
  }

  /** Writes a verified passkey down. @throws ConflictError `passkey-known`, `passkeys-full`. */
  async store(
    tx: Tx,
    actor: Actor,
    person: Pick<PersonRow, 'id'>,
    made: MadePasskey,
    name: string,
  ): Promise<void> {
    const { store, clock, config } = this.#parts;
    const taken = await tx.db
      .selectFrom('passkeys')
      .select('id')
      .where('credential_id', '=', made.credentialId)
      .executeTakeFirst();
    if (taken !== undefined)
      throw new ConflictError('passkey-known', 'this passkey is known already.');
    const mine = await tx.db
      .selectFrom('passkeys')
      .select('id')
      .where('person_id', '=', person.id)
      .execute();
    if (mine.length >= EACH_MAX)
      throw new ConflictError('passkeys-full', `there are ${EACH_MAX} passkeys; remove one first.`);
    const id = store.newId();
    await tx.db
      .insertInto('passkeys')
      .values({
        id,
        person_id: person.id,
        credential_id: made.credentialId,
        public_key: made.publicKey,
        counter: made.counter,
        transports: JSON.stringify(made.transports),
        aaguid: made.aaguid,
        backed_up: made.backedUp ? 1 : 0,
        rp_id: rpIdOf(config),
        name,
        created_at: clock.now(),
        used_at: null,
        suspended_at: null,
      })
      .execute();
    await tx.fact(passkeyAdded, {
      actor,
      subjects: [aboutPerson(person.id)],
      body: { passkey: id, name, aaguid: made.aaguid },
    });
  }

  async rename(caller: SessionCaller, id: string, name: string): Promise<void> {
    const tidyName = newName(name);
    await this.#parts.store.write(async (tx) => {
      const { numUpdatedRows } = await tx.db
        .updateTable('passkeys')
        .set({ name: tidyName })
        .where('id', '=', id)
        .where('person_id', '=', caller.id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw unknownPasskey();
      await tx.fact(passkeyRenamed, {
        actor: caller,
        subjects: [aboutPerson(caller.id)],
        body: { passkey: id, name: tidyName },
      });
    });
  }

  async remove(caller: SessionCaller, id: string): Promise<void> {
    await demandOwner(this.#parts, caller);
    await this.#parts.store.write(async (tx) => {
      const { numDeletedRows } = await tx.db
        .deleteFrom('passkeys')
        .where('id', '=', id)
        .where('person_id', '=', caller.id)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw unknownPasskey();
      await demandWayIn(tx.db, this.#parts.config, caller.id);
      await tx.fact(passkeyRemoved, {
        actor: caller,
        subjects: [aboutPerson(caller.id)],
        body: { passkey: id },
      });
    });
  }

  /** Options for whoever signs in: no name is asked, and none is told. */
  async beginSignIn(): Promise<Begun<RequestOptions>> {
    const { store, config } = this.#parts;
    const options = await requestOptions(config, newChallenge(store.random));
    const ceremony = await store.write((tx) =>
      this.#ceremonies.begin(tx, { purpose: 'passkey-sign-in', challenge: options.challenge }),
    );
    return { ceremony, options };
  }

  /** Options for somebody who is signed in and proves it anew. */
  async beginStepUp(caller: SessionCaller): Promise<Begun<RequestOptions>> {
    const { store, config } = this.#parts;
    const mine = (await this.#rows(caller.id)).filter(
      (row) => row.rp_id === rpIdOf(config) && row.suspended_at === null,
    );
    if (mine.length === 0) throw new UsageError('no-passkey', 'this account has no passkey here.');
    const options = await requestOptions(config, newChallenge(store.random), mine.map(known));
    const ceremony = await store.write((tx) =>
      this.#ceremonies.begin(tx, {
        purpose: 'passkey-step-up',
        boundTo: caller.session.id,
        personId: caller.id,
        challenge: options.challenge,
      }),
    );
    return { ceremony, options };
  }

  /**
   * Verifies an answer to either. The ceremony is over whatever comes of it.
   *
   * @param caller - absent at sign-in.
   * @throws UnauthenticatedError `passkey-refused`.
   */
  async verify(
    ceremony: string,
    response: AuthenticationResponse,
    caller?: SessionCaller,
  ): Promise<Asserted> {
    const { store, config } = this.#parts;
    const begun = await store.write((tx) =>
      caller === undefined
        ? this.#ceremonies.take(tx, 'passkey-sign-in', ceremony)
        : this.#ceremonies.take(tx, 'passkey-step-up', ceremony, caller.session.id),
    );
    const parsed = authenticationResponse.safeParse(response);
    if (begun?.challenge === undefined || !parsed.success) throw passkeyRefused();
    const row = await store.db
      .selectFrom('passkeys')
      .innerJoin('people', 'people.id', 'passkeys.person_id')
      .select(['passkeys.id', 'person_id', 'public_key', 'handle'])
      .where('credential_id', '=', parsed.data.id)
      .executeTakeFirst();
    if (row === undefined || (caller !== undefined && row.person_id !== caller.id))
      throw passkeyRefused();
    // Who signs in without a name is named by the passkey itself (WebAuthn Level 3, 7.2, step 6).
    const handle = parsed.data.response.userHandle;
    const expected = Buffer.from(row.handle).toString('base64url');
    if (handle == null ? caller === undefined : handle !== expected) throw passkeyRefused();
    const proved = await verifyAssertion(config, begun.challenge, parsed.data, row.public_key);
    return { passkeyId: row.id, personId: row.person_id, ...proved };
  }

  /**
   * Writes down that a verified passkey was used. False, and the passkey suspended, when its counter went back
   * (WebAuthn Level 3, 6.1.1): then somebody may have a copy. Synced passkeys always count zero.
   */
  async use(tx: Tx, asserted: Asserted): Promise<boolean> {
    const row = await tx.db
      .selectFrom('passkeys')
      .selectAll()
      .where('id', '=', asserted.passkeyId)
      .executeTakeFirst();
    if (row === undefined || row.suspended_at !== null) return false;
    const { counter } = asserted;
    if ((counter > 0 || row.counter > 0) && counter <= row.counter) {
      await this.#suspend(tx, row, counter);
      return false;
    }
    await tx.db
      .updateTable('passkeys')
      .set({ counter, used_at: this.#parts.clock.now(), backed_up: asserted.backedUp ? 1 : 0 })
      .where('id', '=', row.id)
      .execute();
    return true;
  }

  async #suspend(tx: Tx, row: PasskeyRow, presented: number): Promise<void> {
    await tx.db
      .updateTable('passkeys')
      .set({ suspended_at: this.#parts.clock.now() })
      .where('id', '=', row.id)
      .execute();
    await tx.fact(passkeySuspended, {
      actor: { kind: 'system', id: 'access' },
      subjects: [aboutPerson(row.person_id)],
      body: { passkey: row.id, stored: row.counter, presented },
    });
  }

  #rows(personId: string): Promise<PasskeyRow[]> {
    return this.#parts.store.db
      .selectFrom('passkeys')
      .selectAll()
      .where('person_id', '=', personId)
      .orderBy('id')
      .execute();
  }
}

const known = (row: PasskeyRow): KnownPasskey => ({
  credentialId: row.credential_id,
  transports: JSON.parse(row.transports) as string[],
});

const unknownPasskey = (): NotFoundError =>
  new NotFoundError('passkey-unknown', 'there is no such passkey.');
