/** Which sign-ins carry a password, rather than a token, a session or a mere proof. */
import type { LoginFields } from '../capture/index.ts';

/** HTTP carries many things in one place; elsewhere a secret is a password. */
const HTTP_PASSWORDS = new Set(['basic', 'form', 'url']);
/** Open to everybody on purpose: whoever gives these names is asked for no secret. */
const ANONYMOUS = new Set(['anonymous', 'ftp']);

export function carriesPassword({ protocol, method, secret }: LoginFields): boolean {
  return secret !== undefined && (protocol !== 'http' || HTTP_PASSWORDS.has(method));
}

export function isAnonymous(user: string | undefined): boolean {
  return ANONYMOUS.has((user ?? '').toLowerCase());
}
