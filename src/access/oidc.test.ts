import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onEachDatabase, type TestDatabase } from '../store/testing.ts';
import type { AccessSettings } from './config.ts';
import { CAROL, IdentityProvider, travel } from './provider/testing.ts';
import { browser, HOUR, MINUTE, outcomeOf, type Scene, scene } from './testing.ts';

let idp: IdentityProvider;
beforeAll(async () => {
  idp = await IdentityProvider.start();
});
afterAll(() => idp.stop());

type Settings = Partial<NonNullable<AccessSettings['oidc']>>;

async function withProvider(
  database: TestDatabase,
  settings: Settings = {},
  fetcher?: typeof fetch,
): Promise<Scene> {
  idp.account = CAROL;
  const oidc = {
    issuer: idp.issuer,
    clientId: 'fleetward',
    clientSecret: 'between us',
    insecureLoopback: true,
    signUp: true,
    groups: [
      { group: 'iot-operators', role: 'operator' as const, segment: 'plant' },
      { group: 'iot-auditors', role: 'auditor' as const },
    ],
    ...settings,
  };
  const s = await scene(database, { oidc }, fetcher === undefined ? {} : { fetch: fetcher });
  // The provider lives in the present.
  s.clock.time = Date.now();
  return s;
}

async function signIn(s: Scene, cookies?: Map<string, string>) {
  const { ceremony, url } = await s.access.oidc!.begin('sign-in');
  const started = await s.access.oidc!.finish(ceremony, await travel(url, cookies), browser);
  return s.caller(started!);
}

onEachDatabase((database) => {
  describe('single sign-on', () => {
    test('makes an account with the roles of the groups, and knows the person again', async () => {
      const s = await withProvider(database);
      const first = await signIn(s);
      expect(first).toMatchObject({
        name: 'Carol Cook',
        grants: [{ role: 'operator', segment: 'plant' }],
        session: { method: 'oidc', aal: 1 },
      });
      const again = await signIn(s);
      expect(again.id).toBe(first.id);
      expect(await s.actions()).toEqual([
        'person.joined',
        'identity.linked',
        'role.given',
        'session.started',
        'session.started',
      ]);
    });

    test('follows the groups at each sign-in, and leaves roles that were given here', async () => {
      const s = await withProvider(database);
      const ann = await s.setUp();
      const first = await signIn(s);
      await s.access.people.giveRole(ann.caller, first.id, { role: 'viewer' }, 'so');
      idp.account = { ...CAROL, claims: { ...CAROL.claims, groups: ['iot-auditors'] } };
      const again = await signIn(s);
      expect(again.grants).toEqual([{ role: 'viewer' }, { role: 'auditor' }]);
      expect(await s.access.sessions.list(ann.caller, first.id)).toHaveLength(1);
    });

    test('asks with PKCE, state and nonce', async () => {
      const s = await withProvider(database);
      const { url } = await s.access.oidc!.begin('sign-in');
      const { searchParams } = new URL(url);
      expect(searchParams.get('code_challenge_method')).toBe('S256');
      expect(searchParams.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(searchParams.get('redirect_uri')).toBe('https://fleet.example/oidc');
      for (const secret of ['state', 'nonce'])
        expect(searchParams.get(secret)!.length).toBeGreaterThan(20);
    });

    test('two factors at the provider are two factors here', async () => {
      const s = await withProvider(database);
      idp.account = { ...CAROL, amr: ['pwd', 'mfa'] };
      expect((await signIn(s)).session.aal).toBe(2);
    });

    test('is refused without an account, or without a role, as configured', async () => {
      const closed = await withProvider(database, { signUp: false });
      expect(await outcomeOf(signIn(closed))).toBe('no-account');
      const roleless = await withProvider(database, {}, fetch);
      idp.account = { ...CAROL, claims: { ...CAROL.claims, groups: ['staff'] } };
      expect(await outcomeOf(signIn(roleless))).toBe('no-role');
    });

    test('an address or name that somebody has here gives nobody their account', async () => {
      const s = await withProvider(database);
      const ann = await s.setUp();
      await s.join(ann.caller, 'carol');
      expect(await outcomeOf(signIn(s))).toBe('login-taken');
    });

    test('a removed person stays out, though the provider still knows them', async () => {
      const s = await withProvider(database);
      const ann = await s.setUp();
      const carol = await signIn(s);
      await s.access.people.remove(ann.caller, carol.id, 'left');
      expect(await outcomeOf(signIn(s))).toBe('single-sign-on-refused');
    });
  });

  describe('an answer is refused', () => {
    test('twice', async () => {
      const s = await withProvider(database);
      const { ceremony, url } = await s.access.oidc!.begin('sign-in');
      const query = await travel(url);
      await s.access.oidc!.finish(ceremony, query, browser);
      const twice = s.access.oidc!.finish(ceremony, query, browser);
      expect(await outcomeOf(twice)).toBe('single-sign-on-refused');
    });

    test('in another browser, which began a journey of its own (log-in forgery)', async () => {
      const s = await withProvider(database);
      const attacker = await s.access.oidc!.begin('sign-in');
      const victim = await s.access.oidc!.begin('sign-in');
      const query = await travel(attacker.url);
      const planted = s.access.oidc!.finish(victim.ceremony, query, browser);
      expect(await outcomeOf(planted)).toBe('single-sign-on-refused');
    });

    test('late, changed, of another issuer (mix-up), or an error', async () => {
      const s = await withProvider(database);
      const finish = async (change: (query: URLSearchParams) => void) => {
        const { ceremony, url } = await s.access.oidc!.begin('sign-in');
        const query = new URLSearchParams(await travel(url));
        change(query);
        return outcomeOf(s.access.oidc!.finish(ceremony, `?${query}`, browser));
      };
      const refused = 'single-sign-on-refused';
      expect(await finish((query) => query.set('state', 'x'))).toBe(refused);
      expect(await finish((query) => query.delete('state'))).toBe(refused);
      expect(await finish((query) => query.set('code', 'x'))).toBe(refused);
      expect(await finish((query) => query.append('code', 'x'))).toBe(refused);
      expect(await finish((query) => query.set('iss', 'https://evil.example'))).toBe(refused);
      expect(await finish((query) => query.delete('iss'))).toBe(refused);
      expect(await finish((query) => query.set('error', 'access_denied'))).toBe(refused);
      expect(await finish((query) => query.set('x', 'y'.repeat(10_000)))).toBe(refused);
      expect(await finish(() => s.pass(11 * MINUTE))).toBe(refused);
    });

    test('with an ID token that is forged, for somebody else, unsigned or of another journey', async () => {
      const changes: Record<string, (claims: Claims, token: string[]) => void> = {
        signature: (_claims, token) => {
          token[2] = `${token[2]![0] === 'A' ? 'B' : 'A'}${token[2]!.slice(1)}`;
        },
        unsigned: (_claims, token) => {
          token[0] = base64url({ alg: 'none' });
          token[2] = '';
        },
        subject: (claims) => {
          claims.sub = 'somebody else';
        },
        audience: (claims) => {
          claims.aud = 'another client';
        },
        nonce: (claims) => {
          claims.nonce = 'of another journey';
        },
        expired: (claims) => {
          claims.exp = 1;
        },
      };
      let change: (claims: Claims, token: string[]) => void = () => {};
      const s = await withProvider(database, {}, async (input, init) => {
        const response = await fetch(input, init);
        if (!String(input).endsWith('/token')) return response;
        const body = (await response.json()) as { id_token: string };
        const token = body.id_token.split('.');
        const claims = JSON.parse(Buffer.from(token[1]!, 'base64url').toString());
        change(claims, token);
        token[1] = base64url(claims);
        return Response.json({ ...body, id_token: token.join('.') });
      });
      // Unchanged, the same way round, it holds.
      expect(await outcomeOf(signIn(s))).toBe('done');
      for (const [name, made] of Object.entries(changes)) {
        change = made;
        expect(await outcomeOf(signIn(s)), name).toBe('single-sign-on-refused');
      }
    });

    test('without the PKCE verifier of who began', async () => {
      const s = await withProvider(database, {}, async (input, init) => {
        const body = init?.body;
        if (body instanceof URLSearchParams) body.set('code_verifier', 'x'.repeat(43));
        return fetch(input, init);
      });
      expect(await outcomeOf(signIn(s))).toBe('single-sign-on-refused');
    });
  });

  describe('an account that was here before', () => {
    test('is linked by its person, signs in there, steps up there, and is unlinked', async () => {
      const s = await withProvider(database, { signUp: false, groups: [] });
      const ann = await s.setUp();
      const oidc = s.access.oidc!;
      const link = await oidc.begin('link', ann.caller);
      expect(new URL(link.url).searchParams.get('prompt')).toBe('login');
      await oidc.finish(link.ceremony, await travel(link.url), browser, ann.caller);
      const viaProvider = await signIn(s);
      expect(viaProvider.id).toBe(ann.caller.id);
      expect(viaProvider.grants).toEqual([{ role: 'administrator' }]);
      expect(s.access.decide(viaProvider, 'roles.change'), 'one factor').toBe('step-up');

      idp.account = { ...CAROL, amr: ['mfa'] };
      const stepUp = await oidc.begin('step-up', viaProvider);
      const query = await travel(stepUp.url);
      const stepped = await oidc.finish(stepUp.ceremony, query, browser, viaProvider);
      const strong = await s.caller(stepped!);
      expect(s.access.decide(strong, 'roles.change')).toBe('allowed');
      await oidc.unlink(strong, idp.issuer);
      expect(await outcomeOf(signIn(s))).toBe('no-account');
    });

    test('is not linked twice, nor stepped up by somebody else, nor without a fresh proof', async () => {
      const s = await withProvider(database);
      const oidc = s.access.oidc!;
      const carol = await signIn(s);
      const ann = await s.setUp();
      const link = await oidc.begin('link', ann.caller);
      const taken = oidc.finish(link.ceremony, await travel(link.url), browser, ann.caller);
      expect(await outcomeOf(taken)).toBe('identity-taken');
      idp.account = { sub: 'dave', claims: { groups: ['iot-auditors'] } };
      const stepUp = await oidc.begin('step-up', carol);
      const query = await travel(stepUp.url);
      const foreign = oidc.finish(stepUp.ceremony, query, browser, carol);
      expect(await outcomeOf(foreign)).toBe('single-sign-on-refused');
      s.pass(HOUR / 2);
      expect(await outcomeOf(oidc.begin('link', ann.caller))).toBe('step-up-required');
    });

    test('a journey of one session ends in no other', async () => {
      const s = await withProvider(database, { signUp: false });
      const oidc = s.access.oidc!;
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob');
      const link = await oidc.begin('link', ann.caller);
      const query = await travel(link.url);
      expect(await outcomeOf(oidc.finish(link.ceremony, query, browser, bob.caller))).toBe(
        'single-sign-on-refused',
      );
      const other = await oidc.begin('link', ann.caller);
      const asSignIn = oidc.finish(other.ceremony, await travel(other.url), browser);
      expect(await outcomeOf(asSignIn)).toBe('single-sign-on-refused');
    });
  });

  test('a provider that is away is told so, and asked again later', async () => {
    let away = true;
    const s = await withProvider(database, {}, (input, init) =>
      away ? Promise.reject(new TypeError('fetch failed')) : fetch(input, init),
    );
    expect(await outcomeOf(s.access.oidc!.begin('sign-in'))).toBe('identity-provider-unavailable');
    away = false;
    await signIn(s);
    const { ceremony, url } = await s.access.oidc!.begin('sign-in');
    const query = await travel(url);
    away = true;
    const late = s.access.oidc!.finish(ceremony, query, browser);
    expect(await outcomeOf(late)).toBe('identity-provider-unavailable');
  });
});

type Claims = Record<string, unknown>;
const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');
