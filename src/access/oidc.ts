/**
 * Sign-in at an identity provider: OpenID Connect's code flow with PKCE, state and nonce, by openid-client. A person is
 * who the issuer and its subject say, and never who a mail address says; groups become roles, anew at each sign-in.
 *
 * The provider sends the browser back to `OIDC_PATH`; the page there hands its query and the ceremony to `finish`.
 */
import * as client from 'openid-client';
import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  UnauthenticatedError,
  UnavailableError,
} from '../base/index.ts';
import type { Tx } from '../store/index.ts';
import type { SessionCaller } from './caller.ts';
import type { Ceremonies } from './ceremonies.ts';
import { DAY, type OidcConfig, type Parts } from './config.ts';
import { insertPerson } from './enrolment.ts';
import { aboutPerson, identityLinked, identityUnlinked, personJoined } from './facts.ts';
import type { Grants } from './grants.ts';
import { activePerson, isLogin } from './people-rows.ts';
import type { Grant } from './permissions.ts';
import type { Client, Proof, Sessions, Started } from './sessions.ts';
import { demandOwner, demandWayIn } from './ways.ts';

export type OidcPurpose = 'sign-in' | 'step-up' | 'link';

export interface Journey {
  readonly ceremony: string;
  /** Where the browser goes. */
  readonly url: string;
}

/** What the ID token, and the user info where it is silent, say. */
interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly login: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly groups: readonly string[];
  /** Whether the provider says that it saw two factors. */
  readonly strong: boolean;
  /** When the person proved it to the provider, in milliseconds; 0 when it does not say. */
  readonly authTime: number;
}

interface Secrets {
  readonly purpose: OidcPurpose;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** Where the provider sends the browser back to. */
export const OIDC_PATH = '/oidc';

const TIMEOUT_S = 10;
const QUERY_MAX = 8192;
const GROUPS_MAX = 1000;
/** Within how many seconds a proof counts as made just now; also the clock difference that is suffered. */
const JUST_NOW_S = 60;

export class Oidc {
  readonly #parts: Parts;
  readonly #config: OidcConfig;
  readonly #fetch: typeof fetch;
  readonly #services: OidcServices;
  #found: { provider: Promise<client.Configuration>; at: number } | undefined;

  constructor(parts: Parts, config: OidcConfig, services: OidcServices, fetcher: typeof fetch) {
    this.#parts = parts;
    this.#config = config;
    this.#services = services;
    this.#fetch = fetcher;
  }

  get name(): string {
    return this.#config.name;
  }

  /** @throws UnavailableError `identity-provider-unavailable`; `step-up-required` for linking. */
  async begin(purpose: OidcPurpose, caller?: SessionCaller): Promise<Journey> {
    if (purpose === 'link') await demandOwner(this.#parts, caller!);
    const provider = await this.#provider();
    const secrets: Secrets = {
      purpose,
      verifier: client.randomPKCECodeVerifier(),
      state: client.randomState(),
      nonce: client.randomNonce(),
    };
    const url = client.buildAuthorizationUrl(provider, {
      redirect_uri: this.#redirectUri(),
      scope: this.#config.scopes.join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: 'S256',
      state: secrets.state,
      nonce: secrets.nonce,
      ...(purpose === 'sign-in' ? {} : { prompt: 'login', max_age: '0' }),
    });
    const ceremony = await this.#parts.store.write((tx) =>
      this.#services.ceremonies.begin(tx, {
        purpose: 'oidc',
        boundTo: caller?.session.id ?? '',
        personId: caller?.id,
        data: secrets,
      }),
    );
    return { ceremony, url: url.href };
  }

  /**
   * @param query - of the URL to which the provider sent the browser back.
   * @param caller - whose session began the journey; absent at sign-in.
   * @throws UnauthenticatedError `single-sign-on-refused`; ForbiddenError `no-account`, `no-role`; ConflictError
   * `login-taken`, `identity-taken`; UnavailableError `identity-provider-unavailable`.
   */
  async finish(
    ceremony: string,
    query: string,
    browser: Client,
    caller?: SessionCaller,
  ): Promise<Started | undefined> {
    const { store } = this.#parts;
    const begun = await store.write((tx) =>
      this.#services.ceremonies.take(tx, 'oidc', ceremony, caller?.session.id ?? ''),
    );
    if (begun === undefined || query.length > QUERY_MAX) throw refused();
    const secrets = begun.data as Secrets;
    const identity = await this.#exchange(secrets, query);
    if (secrets.purpose === 'sign-in')
      return store.write((tx) => this.#signIn(tx, identity, browser));
    if (caller === undefined) throw refused();
    if (secrets.purpose === 'link') {
      await demandOwner(this.#parts, caller);
      return store.write((tx) => this.#link(tx, caller, identity));
    }
    return store.write((tx) => this.#stepUp(tx, caller, identity));
  }

  async unlink(caller: SessionCaller, issuer: string): Promise<void> {
    await demandOwner(this.#parts, caller);
    await this.#parts.store.write(async (tx) => {
      const { numDeletedRows } = await tx.db
        .deleteFrom('federated_identities')
        .where('issuer', '=', issuer)
        .where('person_id', '=', caller.id)
        .executeTakeFirst();
      if (numDeletedRows === 0n)
        throw new NotFoundError('identity-unknown', 'this account is not linked there.');
      await demandWayIn(tx.db, this.#parts.config, caller.id);
      await this.#services.grants.replace(tx, caller, caller.id, [], 'oidc');
      await tx.fact(identityUnlinked, {
        actor: caller,
        subjects: [aboutPerson(caller.id)],
        body: { issuer },
      });
    });
  }

  /** Trades the code for tokens; the library checks state, PKCE, nonce, issuer, audience, times and signature. */
  async #exchange(secrets: Secrets, query: string): Promise<Identity> {
    const provider = await this.#provider();
    const url = new URL(this.#redirectUri());
    url.search = query;
    try {
      const tokens = await client.authorizationCodeGrant(provider, url, {
        pkceCodeVerifier: secrets.verifier,
        expectedState: secrets.state,
        expectedNonce: secrets.nonce,
        idTokenExpected: true,
        ...(secrets.purpose === 'sign-in' ? {} : { maxAge: JUST_NOW_S }),
      });
      const claims = tokens.claims()!;
      const known = claims[this.#config.groupsClaim] !== undefined;
      const more =
        known || provider.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await client.fetchUserInfo(provider, tokens.access_token, claims.sub);
      return this.#identity(claims, { ...more, ...claims });
    } catch (error) {
      throw isUnreachable(error) ? unavailable(error) : refused(error);
    }
  }

  #identity(claims: client.IDToken, all: Readonly<Record<string, unknown>>): Identity {
    const text = (claim: string): string | undefined => {
      const value = all[claim];
      return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
    };
    const list = (value: unknown): string[] =>
      (Array.isArray(value) ? value.slice(0, GROUPS_MAX) : [value]).filter(
        (item) => typeof item === 'string',
      );
    const email = all.email_verified === true ? text('email') : undefined;
    const logins = [text('preferred_username'), email, claims.sub];
    const login = logins.find((one) => one !== undefined && isLogin(one)) ?? claims.sub;
    const shown = [...list(claims.amr), ...list(claims.acr)];
    return {
      issuer: claims.iss,
      subject: claims.sub,
      login,
      name: text('name') ?? login,
      email,
      groups: list(all[this.#config.groupsClaim]),
      strong: shown.some((value) => this.#config.strong.includes(value)),
      authTime: (claims.auth_time ?? 0) * 1000,
    };
  }

  async #signIn(tx: Tx, identity: Identity, browser: Client): Promise<Started> {
    const grants = this.#grantsOf(identity);
    const personId =
      (await this.#known(tx, identity)) ?? (await this.#signUp(tx, identity, grants));
    const person = await activePerson(tx.db, personId);
    if (person === undefined) throw refused();
    const provider = { kind: 'system', id: 'identity-provider' } as const;
    await this.#services.grants.replace(tx, provider, personId, grants, 'oidc');
    await tx.db
      .updateTable('federated_identities')
      .set({ used_at: this.#parts.clock.now() })
      .where('issuer', '=', identity.issuer)
      .where('subject', '=', identity.subject)
      .execute();
    const proof: Proof = {
      personId,
      method: 'oidc',
      aal: identity.strong ? 2 : 1,
      present: this.#isJustNow(identity),
    };
    return this.#services.sessions.start(tx, proof, browser);
  }

  async #stepUp(tx: Tx, caller: SessionCaller, identity: Identity): Promise<Started> {
    if ((await this.#known(tx, identity)) !== caller.id) throw refused();
    const aal = identity.strong || caller.session.aal >= 2 ? 2 : 1;
    return this.#services.sessions.stepUp(tx, caller, 'oidc', aal);
  }

  async #link(tx: Tx, caller: SessionCaller, identity: Identity): Promise<undefined> {
    const owner = await this.#known(tx, identity);
    if (owner !== undefined && owner !== caller.id)
      throw new ConflictError('identity-taken', 'somebody else is linked to this identity.');
    if (owner === undefined) await this.#insert(tx, identity, caller.id);
  }

  /** An account for somebody new, where groups give them a role. A login that is taken is not theirs. */
  async #signUp(tx: Tx, identity: Identity, grants: readonly Grant[]): Promise<string> {
    if (!this.#config.signUp)
      throw new ForbiddenError(
        'no-account',
        'you have no account here; ask an administrator to invite you, then link this sign-in.',
      );
    if (grants.length === 0)
      throw new ForbiddenError(
        'no-role',
        'none of your groups gives a role here; ask an administrator.',
      );
    const { login, name, email } = identity;
    const id = await insertPerson(tx, this.#parts, { login, name, email });
    await tx.db
      .updateTable('people')
      .set({ status: 'active', joined_at: this.#parts.clock.now() })
      .where('id', '=', id)
      .execute();
    await tx.fact(personJoined, {
      actor: { kind: 'person', id },
      subjects: [aboutPerson(id)],
      body: { by: 'oidc' },
    });
    await this.#insert(tx, identity, id);
    return id;
  }

  async #insert(tx: Tx, { issuer, subject }: Identity, personId: string): Promise<void> {
    await tx.db
      .insertInto('federated_identities')
      .values({
        issuer,
        subject,
        person_id: personId,
        linked_at: this.#parts.clock.now(),
        used_at: null,
      })
      .execute();
    await tx.fact(identityLinked, {
      actor: { kind: 'person', id: personId },
      subjects: [aboutPerson(personId)],
      body: { issuer },
    });
  }

  async #known(tx: Tx, { issuer, subject }: Identity): Promise<string | undefined> {
    const row = await tx.db
      .selectFrom('federated_identities')
      .select('person_id')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .executeTakeFirst();
    return row?.person_id;
  }

  #grantsOf({ groups }: Identity): Grant[] {
    return this.#config.groups
      .filter(({ group }) => groups.includes(group))
      .map(({ role, segment }) => ({ role, segment }));
  }

  #isJustNow({ authTime }: Identity): boolean {
    return Math.abs(this.#parts.clock.now() - authTime) <= JUST_NOW_S * 1000;
  }

  #redirectUri(): string {
    return `${this.#parts.config.origin}${OIDC_PATH}`;
  }

  /** The provider's description of itself, read once a day. */
  async #provider(): Promise<client.Configuration> {
    const now = this.#parts.clock.now();
    if (this.#found === undefined || now - this.#found.at > DAY)
      this.#found = { provider: this.#discover(), at: now };
    const { provider } = this.#found;
    try {
      return await provider;
    } catch (error) {
      this.#found = undefined;
      throw unavailable(error);
    }
  }

  #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret, insecureLoopback } = this.#config;
    return client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      [client.customFetch]: this.#fetch as client.CustomFetch,
      timeout: TIMEOUT_S,
      // TLS alone would do by the specification (Core, 3.1.3.7); the signature is checked all the same.
      execute: [
        client.enableNonRepudiationChecks,
        ...(insecureLoopback ? [client.allowInsecureRequests] : []),
      ],
    });
  }
}

interface OidcServices {
  readonly ceremonies: Ceremonies;
  readonly grants: Grants;
  readonly sessions: Sessions;
}

/** Whether it is the network's fault, or the provider's own. */
function isUnreachable(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: unknown };
  if (code === 'OAUTH_TIMEOUT' || error instanceof TypeError) return true;
  return cause instanceof Response && cause.status >= 500;
}

function refused(cause?: unknown): UnauthenticatedError {
  return new UnauthenticatedError(
    'single-sign-on-refused',
    'the sign-in at the identity provider was not accepted; begin again.',
    { cause },
  );
}

function unavailable(cause: unknown): UnavailableError {
  return new UnavailableError(
    'identity-provider-unavailable',
    'the identity provider does not answer; try again, or sign in with a passkey.',
    { cause },
  );
}
