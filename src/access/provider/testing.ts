/** For tests: a real OpenID Connect provider, and a browser that goes there and back. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, type JWK } from 'oidc-provider';
import { ORIGIN } from '../testing.ts';

/** A person at the identity provider. */
export interface Account {
  readonly sub: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly amr?: string[];
}

export const CAROL: Account = {
  sub: 'carol-0193',
  claims: {
    name: 'Carol Cook',
    preferred_username: 'carol',
    email: 'carol@example.org',
    email_verified: true,
    groups: ['iot-operators', 'staff'],
  },
};

/** A real OpenID Connect provider, on this machine, whose log-in page says yes for `account`. */
export class IdentityProvider {
  account: Account = CAROL;
  readonly issuer: string;
  readonly #server: Server;

  private constructor(issuer: string, server: Server) {
    this.issuer = issuer;
    this.#server = server;
  }

  static async start(): Promise<IdentityProvider> {
    let handle = (_request: IncomingMessage, _response: ServerResponse): void => {};
    const server = createServer((request, response) => handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const idp = new IdentityProvider(issuer, server);
    const provider = new Provider(issuer, idp.#configuration());
    provider.on('server_error', (_ctx, error) => console.error(error));
    const callback = provider.callback();
    handle = (request, response) => {
      if (request.url?.startsWith('/interaction/')) void idp.#interact(provider, request, response);
      else callback(request, response);
    };
    return idp;
  }

  #configuration(): Configuration {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' };
    return {
      clients: [
        {
          client_id: 'fleetward',
          client_secret: 'between us',
          redirect_uris: [`${ORIGIN}/oidc`],
          response_types: ['code'],
          grant_types: ['authorization_code'],
        },
      ],
      jwks: { keys: [key as unknown as JWK] },
      cookies: { keys: ['for tests'] },
      claims: {
        openid: ['sub', 'amr', 'auth_time'],
        profile: ['name', 'preferred_username', 'groups'],
        email: ['email', 'email_verified'],
      },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      findAccount: (_ctx, sub) => ({
        accountId: sub,
        claims: () => ({ sub, ...this.account.claims }),
      }),
      ttl: {
        AccessToken: 600,
        AuthorizationCode: 60,
        Grant: 600,
        IdToken: 600,
        Interaction: 600,
        Session: 600,
      },
    };
  }

  /** The log-in page, and the one that asks for consent. */
  async #interact(
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { prompt, params, grantId, session } = await provider.interactionDetails(
      request,
      response,
    );
    if (prompt.name === 'login') {
      const { sub, amr } = this.account;
      const login = { accountId: sub, ...(amr === undefined ? {} : { amr }) };
      await provider.interactionFinished(request, response, { login });
      return;
    }
    const grant =
      (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
      new provider.Grant({
        accountId: session!.accountId,
        clientId: String(params.client_id),
      });
    grant.addOIDCScope(String(params.scope));
    await provider.interactionFinished(request, response, {
      consent: { grantId: await grant.save() },
    });
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** A browser that goes where it is sent, and stops at our door. Returns the query it comes with. */
export async function travel(start: string, cookies = new Map<string, string>()): Promise<string> {
  let url = start;
  for (let hop = 0; hop < 20; hop++) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [name, value] = set.split(';')[0]!.split('=') as [string, string];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${response.status} ${await response.text()}`);
    url = new URL(location, url).href;
    if (url.startsWith(ORIGIN)) return new URL(url).search;
  }
  throw new Error('sent round in circles');
}
