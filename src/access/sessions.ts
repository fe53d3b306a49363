/**
 * Sessions: a random token that only the browser has, and a row that says whose it is, how it was begun and when it
 * ends. Nothing about a session is believed from the browser or cached: each request reads the row, the person and the
 * roles, so that an end is an end at once. A proof of more begins a new token; the old one is worthless then.
 */
import { NotFoundError } from '../base/index.ts';
import type { Actor, Tx } from '../store/index.ts';
import { authorise, type Caller, isSelf, type SessionCaller } from './caller.ts';
import { hours, minutes, type Parts, unlessUnavailable } from './config.ts';
import { aboutPerson, sessionEnded, sessionStarted, sessionStepped } from './facts.ts';
import { activePerson, grantsOf } from './people-rows.ts';
import { csrfToken, hashOf, newToken } from './secrets.ts';

/** Where a request comes from, as the HTTP side knows it. */
export interface Client {
  readonly address: string;
  readonly agent: string;
  /** A session that the browser still presents when it signs in: it ends. */
  readonly previous?: string | undefined;
}

export interface Proof {
  readonly personId: string;
  /** `passkey`, `password`, `password+totp`, `password+recovery-code`, `recovery-code`, `oidc`. */
  readonly method: string;
  readonly aal: 1 | 2;
  /** Whether the person was there just now; not so after an identity provider remembered them. */
  readonly present: boolean;
}

/** For the browser: the token goes into its cookie, the CSRF token to its page. */
export interface Started {
  readonly session: string;
  readonly token: string;
  readonly csrf: string;
  readonly expiresAt: number;
  readonly personId: string;
}

/** A session as its owner sees it. */
export interface SessionView {
  readonly id: string;
  readonly method: string;
  readonly aal: number;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
  readonly address: string;
  readonly agent: string;
}

type EndReason = 'signed-out' | 'ended' | 'replaced' | 'roles' | 'credentials' | 'removed';

/** How often it is written down that a session is in use. */
const TOUCH_MS = 60_000;
/** Sessions that one person has at most; the one unused for longest ends. */
const EACH_MAX = 20;

export class Sessions {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins a session, always under a new token: one that the browser brought is never taken over. */
  async start(tx: Tx, proof: Proof, client: Client): Promise<Started> {
    const { store, clock, config } = this.#parts;
    const now = clock.now();
    if (client.previous !== undefined) await this.#replace(tx, client.previous);
    const { personId, method, aal } = proof;
    await this.#makeRoom(tx, personId);
    const id = store.newId();
    const token = newToken(store.random);
    const address = tidy(client.address, 64);
    const expiresAt = now + hours(config.sessionHours);
    await tx.db
      .insertInto('sessions')
      .values({
        id,
        hash: hashOf('session', token),
        person_id: personId,
        method,
        aal,
        verified_at: proof.present ? now : 0,
        created_at: now,
        seen_at: now,
        expires_at: expiresAt,
        address,
        agent: tidy(client.agent, 256),
      })
      .execute();
    await tx.fact(sessionStarted, {
      actor: { kind: 'person', id: personId },
      subjects: [aboutPerson(personId)],
      body: { session: id, method, aal, address },
    });
    return { session: id, token, csrf: csrfToken(token), expiresAt, personId };
  }

  /** Records a fresh proof of presence: a new token for the same session. */
  async stepUp(tx: Tx, caller: SessionCaller, method: string, aal: 1 | 2): Promise<Started> {
    const { store, clock } = this.#parts;
    const token = newToken(store.random);
    const row = await tx.db
      .updateTable('sessions')
      .set({ hash: hashOf('session', token), verified_at: clock.now(), aal, seen_at: clock.now() })
      .where('id', '=', caller.session.id)
      .returning('expires_at')
      .executeTakeFirst();
    if (row === undefined) throw new NotFoundError('session-unknown', 'this session has ended.');
    await tx.fact(sessionStepped, {
      actor: caller,
      subjects: [aboutPerson(caller.id)],
      body: { session: caller.session.id, method },
    });
    return {
      session: caller.session.id,
      token,
      csrf: csrfToken(token),
      expiresAt: row.expires_at,
      personId: caller.id,
    };
  }

  /**
   * Who a token's session belongs to; undefined when there is no such session, or it has ended.
   *
   * @param unattended - does not count as somebody being there.
   */
  async caller(token: string, unattended = false): Promise<SessionCaller | undefined> {
    const { store, clock, config } = this.#parts;
    const now = clock.now();
    const row = await store.db
      .selectFrom('sessions')
      .selectAll()
      .where('hash', '=', hashOf('session', token))
      .executeTakeFirst();
    if (row === undefined || row.expires_at <= now) return undefined;
    if (row.seen_at + minutes(config.sessionIdleMinutes) <= now) return undefined;
    const person = await activePerson(store.db, row.person_id);
    if (person === undefined) return undefined;
    const grants = await grantsOf(store.db, [person.id]);
    if (!unattended && now - row.seen_at >= TOUCH_MS) await this.#touch(row.id, now);
    return {
      kind: 'person',
      id: person.id,
      name: person.name ?? '',
      via: 'session',
      grants: grants.get(person.id)!,
      session: { id: row.id, method: row.method, aal: row.aal, verifiedAt: row.verified_at },
    };
  }

  /** Sessions of a person, the newest first: one's own, or anybody's with `sessions.end`. */
  async list(caller: Caller, personId: string): Promise<SessionView[]> {
    this.#demand(caller, personId);
    const { store, clock, config } = this.#parts;
    const now = clock.now();
    const rows = await store.db
      .selectFrom('sessions')
      .selectAll()
      .where('person_id', '=', personId)
      .where('expires_at', '>', now)
      .where('seen_at', '>', now - minutes(config.sessionIdleMinutes))
      .orderBy('id', 'desc')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      method: row.method,
      aal: row.aal,
      createdAt: row.created_at,
      seenAt: row.seen_at,
      expiresAt: row.expires_at,
      address: row.address,
      agent: row.agent,
    }));
  }

  async signOut(caller: SessionCaller): Promise<void> {
    await this.#parts.store.write((tx) =>
      this.#end(tx, caller, caller.id, [caller.session.id], 'signed-out'),
    );
  }

  /** Ends one session: one's own, or anybody's with `sessions.end`. @throws NotFoundError `session-unknown`. */
  async end(caller: Caller, personId: string, sessionId: string): Promise<void> {
    this.#demand(caller, personId);
    await this.#parts.store.write(async (tx) => {
      const ended = await this.#end(tx, caller, personId, [sessionId], 'ended');
      if (ended === 0) throw new NotFoundError('session-unknown', 'there is no such session.');
    });
  }

  /** Ends all sessions of a person, but for one. */
  async endAll(
    tx: Tx,
    actor: Actor,
    personId: string,
    why: EndReason,
    but?: string,
  ): Promise<void> {
    const rows = await tx.db
      .selectFrom('sessions')
      .select('id')
      .where('person_id', '=', personId)
      .execute();
    const ids = rows.map(({ id }) => id).filter((id) => id !== but);
    await this.#end(tx, actor, personId, ids, why);
  }

  /** Removes sessions that ended by themselves. */
  async sweep(tx: Tx): Promise<void> {
    const { clock, config } = this.#parts;
    const now = clock.now();
    await tx.db
      .deleteFrom('sessions')
      .where((row) =>
        row.or([
          row('expires_at', '<=', now),
          row('seen_at', '<=', now - minutes(config.sessionIdleMinutes)),
        ]),
      )
      .execute();
  }

  #demand(caller: Caller, personId: string): void {
    const { clock, config } = this.#parts;
    const moment = { now: clock.now(), freshMs: minutes(config.stepUpMinutes) };
    if (!isSelf(caller, personId)) authorise(caller, 'sessions.end', {}, moment);
  }

  async #end(
    tx: Tx,
    actor: Actor,
    personId: string,
    ids: readonly string[],
    why: EndReason,
  ): Promise<number> {
    if (ids.length === 0) return 0;
    const ended = await tx.db
      .deleteFrom('sessions')
      .where('person_id', '=', personId)
      .where('id', 'in', ids)
      .returning('id')
      .execute();
    for (const { id } of ended)
      await tx.db.deleteFrom('ceremonies').where('bound_to', '=', id).execute();
    if (ended.length > 0)
      await tx.fact(sessionEnded, {
        actor,
        subjects: [aboutPerson(personId)],
        body: { sessions: ended.length, why },
      });
    return ended.length;
  }

  async #replace(tx: Tx, token: string): Promise<void> {
    const row = await tx.db
      .selectFrom('sessions')
      .select(['id', 'person_id'])
      .where('hash', '=', hashOf('session', token))
      .executeTakeFirst();
    if (row === undefined) return;
    const owner = { kind: 'person', id: row.person_id } as const;
    await this.#end(tx, owner, row.person_id, [row.id], 'replaced');
  }

  async #makeRoom(tx: Tx, personId: string): Promise<void> {
    const rows = await tx.db
      .selectFrom('sessions')
      .select('id')
      .where('person_id', '=', personId)
      .orderBy('seen_at', 'desc')
      .execute();
    const owner = { kind: 'person', id: personId } as const;
    const surplus = rows.slice(EACH_MAX - 1).map(({ id }) => id);
    await this.#end(tx, owner, personId, surplus, 'replaced');
  }

  async #touch(id: string, now: number): Promise<void> {
    await unlessUnavailable(
      this.#parts.store.write(async (tx) => {
        await tx.db.updateTable('sessions').set({ seen_at: now }).where('id', '=', id).execute();
      }),
    );
  }
}

/** Text of a stranger: bounded, without control characters. */
function tidy(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
}
