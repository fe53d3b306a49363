/**
 * What a request proves about itself before anybody looks at it: which credential it presents, and whether it comes from a
 * page of ours. Credentials are read from headers only, never from a URL, which ends in logs and histories.
 */
import { ForbiddenError } from '../base/index.ts';
import { isApiToken, isCsrfToken } from './secrets.ts';

export type Credential =
  | { readonly kind: 'session'; readonly token: string }
  | { readonly kind: 'token'; readonly token: string };

/** Headers, as Node names them. */
export interface RequestHeaders {
  readonly cookie?: string | undefined;
  readonly authorization?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
  readonly 'x-csrf-token'?: string | string[] | undefined;
}

const HEADER_MAX = 8192;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Name of the session's cookie. With `__Host-` the browser itself sees to it that it is Secure, of this host alone and of
 * all paths, so that no other name of the domain can plant one (RFC 6265bis, 4.1.3.2).
 */
export function sessionCookieName(origin: string): string {
  const { protocol, port } = new URL(origin);
  // Cookies of localhost are those of all its ports: two installations must not sign each other's people out.
  return protocol === 'https:' ? '__Host-fleetward' : `fleetward-${port || 80}`;
}

/** The whole Set-Cookie header: `token` undefined removes it. Ends with the browser, or when the session does. */
export function sessionCookie(origin: string, token: string | undefined): string {
  const secure = origin.startsWith('https:') ? '; Secure' : '';
  const value = token === undefined ? '; Max-Age=0' : '';
  return `${sessionCookieName(origin)}=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict${secure}${value}`;
}

/** The credential that a request presents. A cookie twice is none: somebody may have planted one. */
export function presentedCredential(
  { authorization, cookie }: RequestHeaders,
  origin: string,
): Credential | undefined {
  if (authorization !== undefined) {
    const token = /^Bearer ([A-Za-z0-9_]{1,128})$/i.exec(authorization.slice(0, HEADER_MAX))?.[1];
    return token !== undefined && isApiToken(token) ? { kind: 'token', token } : undefined;
  }
  const name = sessionCookieName(origin);
  const tokens = (cookie ?? '')
    .slice(0, HEADER_MAX)
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [token] = tokens;
  if (tokens.length !== 1 || !/^[A-Za-z0-9_-]{43}$/.test(token!)) return undefined;
  return { kind: 'session', token: token! };
}

/**
 * Refuses what another site makes a browser do. A change in a session comes from a page of this origin and carries the
 * session's CSRF token; one without a session (signing in) must not come from another site either. Bearer tokens are no
 * ambient authority, so they pass.
 *
 * @throws ForbiddenError `cross-site`.
 */
export function demandSameSite(
  method: string,
  headers: RequestHeaders,
  ownOrigin: string,
  credential: Credential | undefined,
): void {
  if (SAFE.has(method.toUpperCase()) || credential?.kind === 'token') return;
  const site = one(headers['sec-fetch-site']);
  const fromOther =
    (headers.origin !== undefined && headers.origin !== ownOrigin) ||
    (site !== undefined && site !== 'same-origin');
  if (fromOther) throw crossSite();
  if (credential === undefined) return;
  const csrf = one(headers['x-csrf-token']);
  if (csrf === undefined || !isCsrfToken(csrf.slice(0, 128), credential.token)) throw crossSite();
}

const one = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join() : header;

function crossSite(): ForbiddenError {
  return new ForbiddenError(
    'cross-site',
    'this did not come from a page of this Fleetward; reload the page and try again.',
  );
}
