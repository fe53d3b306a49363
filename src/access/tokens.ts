/** API tokens: for programs that act as a person, with less than the person may, for a time. */
import { NotFoundError, UsageError } from '../base/index.ts';
import {
  authorise,
  type Caller,
  holds,
  isSelf,
  type SessionCaller,
  type TokenCaller,
} from './caller.ts';
import { DAY, minutes, type Parts, unlessUnavailable } from './config.ts';
import { aboutPerson, tokenEnded, tokenMade } from './facts.ts';
import { activePerson, grantsOf, newName } from './people-rows.ts';
import { type Permission, permissionNames, permissionRow } from './permissions.ts';
import { API_TOKEN_HINT_LENGTH, hashOf, isApiToken, newApiToken } from './secrets.ts';

export interface NewToken {
  /** What it is for. */
  readonly name: string;
  readonly scopes: readonly Permission[];
  /** Absent: all segments that the person has. */
  readonly segments?: readonly string[] | undefined;
  readonly days: number;
}

export interface TokenView {
  readonly id: string;
  readonly personId: string;
  readonly name: string;
  /** Its first characters. */
  readonly hint: string;
  readonly scopes: readonly Permission[];
  readonly segments: readonly string[] | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | undefined;
}

const DAYS_MAX = 366;
const EACH_MAX = 50;
const SEGMENTS_MAX = 100;
/** How often it is written down that a token is in use. */
const TOUCH_MS = 60_000;

export class Tokens {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Makes a token for oneself. `token` is shown once.
   *
   * @throws UsageError `scope-unknown`, `scope-not-for-tokens`, `scope-not-held`, `token-lifetime`, `tokens-full`; as `authorise`.
   */
  async make(caller: SessionCaller, made: NewToken): Promise<{ id: string; token: string }> {
    const { store, clock, config } = this.#parts;
    const now = clock.now();
    authorise(caller, 'tokens.make', {}, { now, freshMs: minutes(config.stepUpMinutes) });
    const name = newName(made.name);
    const scopes = [...new Set(made.scopes)];
    for (const scope of scopes) demandScope(caller, scope, made.segments);
    if (scopes.length === 0) throw new UsageError('scope-unknown', 'a token needs a permission.');
    if ((made.segments?.length ?? 0) > SEGMENTS_MAX || made.segments?.length === 0)
      throw new UsageError(
        'segments-invalid',
        `name 1 to ${SEGMENTS_MAX} segments, or none at all.`,
      );
    if (!Number.isInteger(made.days) || made.days < 1 || made.days > DAYS_MAX)
      throw new UsageError('token-lifetime', `a token lives 1 to ${DAYS_MAX} days.`);
    const expires = now + made.days * DAY;
    const id = store.newId();
    const token = newApiToken(store.random);
    await store.write(async (tx) => {
      await tx.db.deleteFrom('api_tokens').where('expires_at', '<=', now).execute();
      const mine = await tx.db
        .selectFrom('api_tokens')
        .select('id')
        .where('person_id', '=', caller.id)
        .execute();
      if (mine.length >= EACH_MAX)
        throw new UsageError('tokens-full', `there are ${EACH_MAX} tokens; end one first.`);
      await tx.db
        .insertInto('api_tokens')
        .values({
          id,
          hash: hashOf('api-token', token),
          person_id: caller.id,
          name,
          hint: token.slice(0, API_TOKEN_HINT_LENGTH),
          scopes: JSON.stringify(scopes),
          segments: made.segments === undefined ? null : JSON.stringify(made.segments),
          created_at: now,
          expires_at: expires,
          used_at: null,
        })
        .execute();
      await tx.fact(tokenMade, {
        actor: caller,
        subjects: [aboutPerson(caller.id)],
        body: {
          token: id,
          scopes,
          expires,
          ...(made.segments === undefined ? {} : { segments: [...made.segments] }),
        },
      });
    });
    return { id, token };
  }

  /** Who a token speaks for; undefined when there is none such, or it has ended. */
  async caller(token: string): Promise<TokenCaller | undefined> {
    if (!isApiToken(token)) return undefined;
    const { store, clock } = this.#parts;
    const now = clock.now();
    const row = await store.db
      .selectFrom('api_tokens')
      .selectAll()
      .where('hash', '=', hashOf('api-token', token))
      .where('expires_at', '>', now)
      .executeTakeFirst();
    const person = row && (await activePerson(store.db, row.person_id));
    if (row === undefined || person === undefined) return undefined;
    if (now - (row.used_at ?? 0) >= TOUCH_MS) await this.#touch(row.id, now);
    return {
      kind: 'person',
      id: person.id,
      name: person.name ?? '',
      via: 'token',
      grants: (await grantsOf(store.db, [person.id])).get(person.id)!,
      token: {
        id: row.id,
        scopes: readScopes(row.scopes),
        segments: row.segments === null ? undefined : (JSON.parse(row.segments) as string[]),
      },
    };
  }

  /** Tokens of one person, or of all. */
  async list(caller: Caller, personId?: string): Promise<TokenView[]> {
    const { store, clock, config } = this.#parts;
    const now = clock.now();
    if (!isSelf(caller, personId))
      authorise(caller, 'tokens.read', {}, { now, freshMs: minutes(config.stepUpMinutes) });
    const rows = await store.db
      .selectFrom('api_tokens')
      .selectAll()
      .where('expires_at', '>', now)
      .$if(personId !== undefined, (query) => query.where('person_id', '=', personId!))
      .orderBy('id', 'desc')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      personId: row.person_id,
      name: row.name,
      hint: row.hint,
      scopes: readScopes(row.scopes),
      segments: row.segments === null ? undefined : (JSON.parse(row.segments) as string[]),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      usedAt: row.used_at ?? undefined,
    }));
  }

  /** Ends a token: one's own, or anybody's with `sessions.end`. @throws NotFoundError `token-unknown`. */
  async end(caller: Caller, id: string): Promise<void> {
    const { store, clock, config } = this.#parts;
    await store.write(async (tx) => {
      const row = await tx.db
        .selectFrom('api_tokens')
        .select('person_id')
        .where('id', '=', id)
        .executeTakeFirst();
      const moment = { now: clock.now(), freshMs: minutes(config.stepUpMinutes) };
      if (!isSelf(caller, row?.person_id)) authorise(caller, 'sessions.end', {}, moment);
      if (row === undefined) throw new NotFoundError('token-unknown', 'there is no such token.');
      await tx.db.deleteFrom('api_tokens').where('id', '=', id).execute();
      await tx.fact(tokenEnded, {
        actor: caller,
        subjects: [aboutPerson(row.person_id)],
        body: { token: id },
      });
    });
  }

  async #touch(id: string, now: number): Promise<void> {
    await unlessUnavailable(
      this.#parts.store.write(async (tx) => {
        await tx.db.updateTable('api_tokens').set({ used_at: now }).where('id', '=', id).execute();
      }),
    );
  }
}

/** A token is never given what needs a person, nor what its maker has not. */
function demandScope(
  caller: SessionCaller,
  scope: Permission,
  segments: readonly string[] | undefined,
): void {
  if (!permissionNames.includes(scope))
    throw new UsageError('scope-unknown', `there is no permission ${String(scope).slice(0, 64)}.`);
  const row = permissionRow(scope);
  if (row.stepUp || row.twoPeople || row.reach === 'self')
    throw new UsageError('scope-not-for-tokens', `${scope} needs a person; no token has it.`);
  const targets = segments?.map((segment) => ({ segment })) ?? [undefined];
  const held = targets.every((target) =>
    target === undefined
      ? caller.grants.some(({ role }) => row.roles.includes(role) || row.own?.includes(role))
      : holds(caller, scope, target),
  );
  if (!held)
    throw new UsageError('scope-not-held', `you do not have the permission ${scope} there.`);
}

/** Scopes that this version knows. */
const readScopes = (json: string): Permission[] =>
  (JSON.parse(json) as string[]).filter((scope): scope is Permission =>
    permissionNames.includes(scope as Permission),
  );
