/** For tests: a whole server on an empty data folder, and browsers and programs that use it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { consoleCaller, type Grant, type Permission } from '../access/index.ts';
import { Phone } from '../access/testing.ts';
import { openSystem, type System, type SystemOptions } from '../app/system/index.ts';
import type { Server } from './route.ts';
import { buildServer } from './server.ts';

export const ORIGIN = 'https://fleet.example';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they know is there.
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A browser: keeps the session's cookie, and sends what browsers send. */
export class Browser {
  readonly #server: Server;
  readonly #from: { readonly remoteAddress?: string; readonly forwarded?: string };
  readonly phone: Phone;
  cookie: string | undefined;
  csrf: string | undefined;
  person: string | undefined;

  constructor(
    server: Server,
    from: { readonly remoteAddress?: string; readonly forwarded?: string } = {},
    phone = new Phone(),
  ) {
    this.#server = server;
    this.#from = from;
    this.phone = phone;
  }

  async send(
    method: Method,
    url: string,
    payload?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await this.#server.inject({
      method,
      url: `/api/v1${url}`,
      ...(this.#from.remoteAddress ? { remoteAddress: this.#from.remoteAddress } : {}),
      headers: {
        host: new URL(ORIGIN).host,
        ...(this.#from.forwarded ? { 'x-forwarded-for': this.#from.forwarded } : {}),
        'sec-fetch-site': 'same-origin',
        ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
        ...(this.csrf === undefined ? {} : { 'x-csrf-token': this.csrf }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    const set = response.headers['set-cookie'];
    if (typeof set === 'string') this.cookie = set.split(';')[0];
    const body = response.body === '' ? undefined : tryJson(response.body);
    return { status: response.statusCode, body, headers: response.headers };
  }

  /** Follows a link of set-up or invitation with a new passkey. */
  async join(link: string, who?: { login: string; name: string }): Promise<Answer> {
    const secret = new URL(link).hash.slice(1);
    if (who) await this.send('POST', '/welcome/name', { link: secret, person: who });
    const begun = await this.send('POST', '/welcome/passkey/begin', { link: secret });
    const response = this.phone.create(begun.body.options);
    const { ceremony } = begun.body;
    return this.#keep(
      await this.send('POST', '/welcome/passkey', {
        link: secret,
        ceremony,
        response,
        name: 'Phone',
      }),
    );
  }

  async signIn(): Promise<Answer> {
    const begun = await this.send('POST', '/sign-in/passkey/begin');
    const { ceremony, options } = begun.body;
    const response = this.phone.get(options);
    return this.#keep(await this.send('POST', '/sign-in/passkey', { ceremony, response }));
  }

  #keep(answer: Answer): Answer {
    this.csrf = answer.body?.csrf;
    this.person = answer.body?.person;
    return answer;
  }
}

/** Two segments, A and B, with a device in each. */
export async function twoSegments({ admin, system }: Scene) {
  const site: string = (await admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' })).body.id;
  const segments: string[] = [];
  for (const [name, prefix] of [
    ['A', '10.0.1.0/24'],
    ['B', '10.0.2.0/24'],
  ]) {
    const segment = { site, name, prefixes: [prefix], notes: '' };
    segments.push((await admin.send('POST', '/segments', segment)).body.id);
  }
  const ids = await system.store.write((tx) =>
    system.registry.observe(tx, {
      ...{ actor: { kind: 'system', id: 'test' }, site, audit: null },
      devices: [1, 2].map((n) => ({
        ...{ key: `mac:02:00:00:00:00:0${n}`, mac: `02:00:00:00:00:0${n}`, names: [] },
        ...{ addresses: [`10.0.${n}.7`], firstSeen: 1, lastSeen: 2, details: null },
      })),
    }),
  );
  return { site, segments, devices: [...ids.values()] };
}

/** A program with an API token. */
export class Program {
  readonly #browser: Browser;
  readonly #token: string;

  constructor(server: Server, token: string) {
    this.#browser = new Browser(server);
    this.#token = token;
  }

  send(
    method: Method,
    url: string,
    payload?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const authorization = `Bearer ${this.#token}`;
    return this.#browser.send(method, url, payload, { ...headers, authorization });
  }
}

export interface Scene {
  readonly system: System;
  readonly server: Server;
  readonly console: Server;
  readonly clock: { time: number };
  /** The first administrator, signed in. */
  readonly admin: Browser;
  /** Somebody with these roles, signed in. */
  member(login: string, grants: readonly Grant[]): Promise<Browser>;
  /** A token of somebody. */
  program(
    of: Browser,
    scopes: readonly Permission[],
    segments?: readonly string[],
  ): Promise<Program>;
}

export interface SceneOptions {
  readonly rate?: number;
  readonly database?: string;
  readonly watch?: SystemOptions['watch'];
  readonly oidc?: SystemOptions['access']['oidc'];
}

export async function scene(options: SceneOptions = {}): Promise<Scene> {
  const data = mkdtempSync(join(tmpdir(), 'fleetward-http-'));
  const clock = { time: Date.UTC(2026, 10, 25, 12) };
  const log = pino({ level: 'silent' });
  const system = await openSystem({
    version: '0.0.0',
    data,
    database: options.database,
    watch: options.watch,
    access: { origin: ORIGIN, oidc: options.oidc },
    clock: { now: () => clock.time++ },
    onError: (_what, error) => {
      throw error;
    },
  });
  const common = { version: '0.0.0', log, publicUrl: ORIGIN, rate: options.rate ?? 100_000 };
  const server = await buildServer(system, common);
  const console = await buildServer(system, { ...common, console: consoleCaller('root') });
  onTestFinished(async () => {
    await server.close();
    await console.close();
    await system.stop();
    rmSync(data, { recursive: true, force: true });
  });
  const admin = new Browser(server);
  const link = await system.access.enrolment.setupLink();
  await admin.join(link?.url ?? '', { login: 'ann', name: 'Ann Archer' });
  return {
    system,
    server,
    console,
    clock,
    admin,
    async member(login, grants) {
      const invited = await admin.send('POST', '/people', { login, name: login, grants });
      if (invited.status !== 201) throw new Error(JSON.stringify(invited.body));
      const browser = new Browser(server);
      await browser.join(invited.body.url);
      return browser;
    },
    async program(of, scopes, segments) {
      const made = await of.send('POST', '/me/tokens', { name: 'ci', scopes, segments, days: 30 });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      return new Program(server, made.body.token);
    },
  };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
