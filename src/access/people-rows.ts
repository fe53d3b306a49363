/** Reading people and their roles from the store. */
import type { Kysely, Selectable } from 'kysely';
import { NotFoundError, UsageError } from '../base/index.ts';
import type { Tables } from '../store/index.ts';
import { type Grant, roles } from './permissions.ts';

export type PersonRow = Selectable<Tables['people']>;
export type Db = Kysely<Tables>;

export type PersonStatus = 'invited' | 'active' | 'removed' | 'erased';

const LOGIN_LOOKED_AT_MAX = 1024;

/** How a login is stored and looked up: NFKC, lower case, without spaces around it. */
export function canonicalLogin(login: string): string {
  return login.slice(0, LOGIN_LOOKED_AT_MAX).normalize('NFKC').trim().toLowerCase();
}

const LOGIN = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{1,127}$/u;

/** Whether a text can be a login at all. */
export const isLogin = (login: string): boolean => LOGIN.test(canonicalLogin(login));

/** @throws UsageError `login-invalid`. */
export function newLogin(login: string): string {
  const canonical = canonicalLogin(login);
  if (!isLogin(login))
    throw new UsageError(
      'login-invalid',
      'a login has 2 to 128 letters, digits, dots, dashes, plus and at signs, and begins with a letter or digit.',
    );
  return canonical;
}

/** @throws UsageError `name-invalid`. */
export function newName(name: string): string {
  const tidy = name.slice(0, 1024).normalize('NFC').trim();
  if (tidy === '' || [...tidy].length > 128 || /[\p{C}\p{Zl}\p{Zp}]/u.test(tidy))
    throw new UsageError(
      'name-invalid',
      'a name has 1 to 128 characters, and no control characters.',
    );
  return tidy;
}

/** @throws UsageError `email-invalid`. Only the form is checked; a mail proves the rest. */
export function newEmail(email: string | undefined): string | null {
  const tidy = (email ?? '').trim();
  if (tidy === '') return null;
  if (tidy.length > 254 || !/^[^\s@<>"(),:;\\[\]]+@[^\s@<>"(),:;\\[\]]+$/u.test(tidy))
    throw new UsageError('email-invalid', 'this is no mail address.');
  return tidy;
}

/** Somebody who is here: invited or active. @throws NotFoundError `person-unknown`. */
export async function requirePerson(db: Db, id: string): Promise<PersonRow> {
  const row = await db
    .selectFrom('people')
    .selectAll()
    .where('id', '=', id)
    .where('status', 'in', ['invited', 'active'])
    .executeTakeFirst();
  if (row === undefined) throw new NotFoundError('person-unknown', 'there is no such person.');
  return row;
}

export async function activePerson(db: Db, id: string): Promise<PersonRow | undefined> {
  const row = await db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst();
  return row?.status === 'active' ? row : undefined;
}

/** Roles by person. What is stored and no role of this version gives nothing. */
export async function grantsOf(db: Db, people: readonly string[]): Promise<Map<string, Grant[]>> {
  const grants = new Map<string, Grant[]>(people.map((id) => [id, []]));
  if (people.length === 0) return grants;
  const rows = await db
    .selectFrom('role_grants')
    .selectAll()
    .where('person_id', 'in', people)
    .orderBy('id')
    .execute();
  for (const row of rows) {
    const role = roles.find((name) => name === row.role);
    if (role !== undefined)
      grants
        .get(row.person_id)
        ?.push(row.segment === '' ? { role } : { role, segment: row.segment });
  }
  return grants;
}

/** Words that an attacker would try for this person. */
export const wordsOf = (person: Pick<PersonRow, 'login' | 'name' | 'email'>): string[] =>
  [person.login, person.name, person.email].filter((word) => word !== null);
