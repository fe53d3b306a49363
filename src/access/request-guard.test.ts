import { describe, expect, test } from 'vitest';
import { systemRandom } from '../base/index.ts';
import {
  demandSameSite,
  presentedCredential,
  type RequestHeaders,
  sessionCookie,
} from './request-guard.ts';
import { csrfToken, newApiToken, newToken } from './secrets.ts';

const ORIGIN = 'https://fleet.example';
const session = newToken(systemRandom);
const apiToken = newApiToken(systemRandom);

describe('credentials', () => {
  const presented = (headers: RequestHeaders) => presentedCredential(headers, ORIGIN);

  test('are read from the cookie or the Authorization header', () => {
    const cookie = `theme=dark; __Host-fleetward=${session}; x=y`;
    expect(presented({ cookie })).toEqual({ kind: 'session', token: session });
    expect(presented({ authorization: `Bearer ${apiToken}` })).toEqual({
      kind: 'token',
      token: apiToken,
    });
    expect(presented({})).toBeUndefined();
  });

  test('are never read from a URL: there is no way to hand one over (token in URL)', () => {
    const request = { url: `/api/v1/devices?access_token=${apiToken}&session=${session}` };
    expect(presented(request as RequestHeaders)).toBeUndefined();
  });

  test('of the wrong form, name or number are none', () => {
    for (const headers of [
      { authorization: `Basic ${apiToken}` },
      { authorization: `Bearer ${session}` },
      { authorization: `Bearer ${apiToken}x` },
      { authorization: 'Bearer ' },
      { cookie: `fleetward=${session}` },
      { cookie: `__Host-fleetward=${session}; __Host-fleetward=${session}` },
      { cookie: `__Host-fleetward=${session}x` },
      { cookie: `x__Host-fleetward=${session}` },
      // A token that does not hold takes no session in its place.
      { authorization: 'Bearer nonsense', cookie: `__Host-fleetward=${session}` },
    ])
      expect(presented(headers), JSON.stringify(headers)).toBeUndefined();
  });

  test('go into a cookie that scripts, other sites and other hosts do not get', () => {
    expect(sessionCookie(ORIGIN, session)).toBe(
      `__Host-fleetward=${session}; Path=/; HttpOnly; SameSite=Strict; Secure`,
    );
    expect(sessionCookie('http://localhost:8080', session)).toBe(
      `fleetward-8080=${session}; Path=/; HttpOnly; SameSite=Strict`,
    );
    expect(sessionCookie(ORIGIN, undefined)).toContain('Max-Age=0');
  });
});

describe('cross-site request forgery', () => {
  const own = {
    origin: ORIGIN,
    'sec-fetch-site': 'same-origin',
    'x-csrf-token': csrfToken(session),
  };
  const inSession = { kind: 'session', token: session } as const;
  const demand = (headers: RequestHeaders, method = 'POST') => {
    try {
      demandSameSite(method, headers, ORIGIN, inSession);
      return 'passes';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test('a change from a page of ours passes', () => {
    expect(demand(own)).toBe('passes');
    // An old browser without fetch metadata, still with the session's token.
    expect(demand({ 'x-csrf-token': csrfToken(session) })).toBe('passes');
  });

  test.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://fleet.example' },
    { origin: 'https://fleet.example:444' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { 'x-csrf-token': undefined },
    { 'x-csrf-token': csrfToken(newToken(systemRandom)) },
    { 'x-csrf-token': [csrfToken(session), csrfToken(session)] },
  ])('a change with %o does not', (headers) => {
    expect(demand({ ...own, ...headers })).toBe('cross-site');
    expect(demand({ ...own, ...headers }, 'delete')).toBe('cross-site');
  });

  test('reading passes, and so does a bearer token, which no browser adds by itself', () => {
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect(demand(foreign, 'GET')).toBe('passes');
    expect(() =>
      demandSameSite('POST', foreign, ORIGIN, { kind: 'token', token: apiToken }),
    ).not.toThrow();
  });

  test('signing in from another site does not pass (log-in forgery)', () => {
    const attempt = (headers: RequestHeaders) => () =>
      demandSameSite('POST', headers, ORIGIN, undefined);
    expect(attempt({ origin: 'https://evil.example' })).toThrow();
    expect(attempt({ 'sec-fetch-site': 'cross-site' })).toThrow();
    expect(attempt({ origin: ORIGIN })).not.toThrow();
    expect(attempt({})).not.toThrow();
  });
});
