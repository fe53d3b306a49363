/**
 * User names and passwords that products are shipped with, as published collections list them (see NOTICE). Built by
 * scripts/build-default-credentials.ts: rows without a real value are left out, and so are anonymous accounts.
 */
import table from './default-credentials.json' with { type: 'json' };

const passwordsByUser = new Map<string, ReadonlySet<string>>(
  Object.entries(table).map(([user, passwords]) => [user, new Set(passwords)]),
);

const NONE: ReadonlySet<string> = new Set();

/**
 * Whether exactly this pair is a known default. An empty password counts only for users that a product ships with
 * an empty one; an empty user name stands for services that ask for a password alone.
 */
export function isDefaultCredential(user: string, password: Uint8Array): boolean {
  return passwordsByUser.get(user)?.has(Buffer.from(password).toString('utf8')) ?? false;
}

/** Passwords that products are shipped with for a user. */
export function defaultPasswords(user: string): ReadonlySet<string> {
  return passwordsByUser.get(user) ?? NONE;
}
