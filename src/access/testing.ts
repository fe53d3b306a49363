/** For tests: the room on an empty store, a clock that stands until it is moved, and people with authenticators. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AuthenticatorEmulator,
  type AuthenticatorParameters,
  PasskeysCredentialsMemoryRepository,
  WebAuthnEmulator,
} from 'nid-webauthn-emulator';
import { Secret, TOTP } from 'otpauth';
import { onTestFinished } from 'vitest';
import { KeyFile } from '../base/index.ts';
import { type Fact, readFact, type Store } from '../store/index.ts';
import type { TestDatabase } from '../store/testing.ts';
import { type Access, type AccessPorts, openAccess } from './access.ts';
import type { Caller, SessionCaller } from './caller.ts';
import type { AccessSettings } from './config.ts';
import type { Grant } from './permissions.ts';
import type { Client, Started } from './sessions.ts';
import type {
  AuthenticationResponse,
  CreationOptions,
  RegistrationResponse,
  RequestOptions,
} from './webauthn.ts';

export const NOW = Date.UTC(2026, 10, 25, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const ORIGIN = 'https://fleet.example';

export const browser: Client = { address: '192.0.2.7', agent: 'Test Browser 1.0' };

/** An authenticator that is none of ours: a passkey provider in software. */
export class Phone {
  readonly emulator: WebAuthnEmulator;
  origin = ORIGIN;

  constructor(parameters: Partial<AuthenticatorParameters> = {}) {
    this.emulator = new WebAuthnEmulator(
      new AuthenticatorEmulator({
        credentialsRepository: new PasskeysCredentialsMemoryRepository(),
        ...parameters,
      }),
    );
  }

  create(options: CreationOptions): RegistrationResponse {
    return this.emulator.createJSON(this.origin, options as never) as RegistrationResponse;
  }

  get(options: RequestOptions): AuthenticationResponse {
    return this.emulator.getJSON(this.origin, options as never) as AuthenticationResponse;
  }
}

/** An authenticator app. */
export class App {
  readonly #totp: TOTP;
  constructor(base32: string) {
    this.#totp = new TOTP({ secret: Secret.fromBase32(base32) });
  }
  code(now: number): string {
    return this.#totp.generate({ timestamp: now });
  }
}

export interface Member {
  readonly caller: SessionCaller;
  readonly started: Started;
  readonly phone: Phone;
  readonly recoveryCodes: readonly string[];
}

export class Scene {
  readonly access: Access;
  readonly store: Store;
  readonly clock: { time: number; now(): number };

  constructor(access: Access, store: Store, clock: { time: number; now(): number }) {
    this.access = access;
    this.store = store;
    this.clock = clock;
  }

  pass(ms: number): void {
    this.clock.time += ms;
  }

  /** The first administrator. */
  async setUp(): Promise<Member> {
    const link = await this.access.enrolment.setupLink();
    const token = tokenOf(link!.url);
    await this.access.enrolment.nameYourself(token, { login: 'ann', name: 'Ann Archer' });
    return this.enrol(token);
  }

  /** Somebody joins by an invitation, with roles that need one person only. */
  async join(by: Caller, login: string, grants: readonly Grant[] = []): Promise<Member> {
    const name = `${login} of the works`;
    const { url } = await this.access.people.invite(by, { login, name, grants }, 'joins us');
    return this.enrol(tokenOf(url));
  }

  /** A second administrator, given the role by the first after waiting. Everybody proves their presence anew. */
  async secondAdministrator(first: Member): Promise<Member> {
    const bob = await this.join(first.caller, 'bob');
    const outcome = await this.access.people.giveRole(
      first.caller,
      bob.caller.id,
      { role: 'administrator' },
      'a second one',
    );
    if (outcome.done) throw new Error('needed one person only');
    this.pass(24 * HOUR);
    const again = await this.signIn(first.phone);
    const { id, digest } = outcome.approval;
    await this.access.approvals.approve(again.caller, id, digest);
    return { ...(await this.signIn(bob.phone)), recoveryCodes: bob.recoveryCodes };
  }

  async enrol(token: string, phone = new Phone()): Promise<Member> {
    const { ceremony, options } = await this.access.enrolment.beginPasskey(token);
    const response = phone.create(options);
    const joined = await this.access.enrolment.passkey(token, ceremony, response, 'Phone', browser);
    const { started, recoveryCodes } = joined;
    return { caller: await this.caller(started), started, phone, recoveryCodes };
  }

  async enrolWithPassword(
    token: string,
    password: string,
  ): Promise<{ app: App; started: Started; recoveryCodes: readonly string[] }> {
    const { ceremony, secret } = await this.access.enrolment.beginTotp(token);
    const app = new App(secret);
    const code = app.code(this.clock.time);
    const joined = await this.access.enrolment.password(
      token,
      ceremony,
      { password, code },
      browser,
    );
    return { app, ...joined };
  }

  async signIn(phone: Phone, client = browser): Promise<Member> {
    const { ceremony, options } = await this.access.signIn.beginPasskey();
    const started = await this.access.signIn.passkey(ceremony, phone.get(options), client);
    return { caller: await this.caller(started), started, phone, recoveryCodes: [] };
  }

  /** Signed in with password and code; the clock moves so that a code is new each time. */
  async signInWithPassword(login: string, password: string, app: App): Promise<Started> {
    this.pass(30_000);
    const outcome = await this.access.signIn.password(login, password, browser);
    if (outcome.done) throw new Error('no second factor was asked for');
    return this.access.signIn.secondFactor(outcome.ceremony, app.code(this.clock.time), browser);
  }

  async caller({ token }: Pick<Started, 'token'>): Promise<SessionCaller> {
    const caller = await this.access.sessions.caller(token);
    if (caller === undefined) throw new Error('the session is worth nothing');
    return caller;
  }

  async facts(): Promise<Fact[]> {
    const rows = await this.store.db.selectFrom('facts').selectAll().orderBy('seq').execute();
    return rows.map(readFact);
  }

  async actions(): Promise<string[]> {
    return (await this.facts()).map(({ action }) => action);
  }
}

export async function scene(
  database: TestDatabase,
  settings: Partial<AccessSettings> = {},
  ports: Partial<AccessPorts> = {},
): Promise<Scene> {
  const clock = {
    time: NOW,
    now() {
      return this.time;
    },
  };
  const store = ports.store ?? (await database.open({ clock }));
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-access-'));
  const access = await openAccess(
    { origin: ORIGIN, ...settings },
    {
      store,
      keys: KeyFile.open(join(folder, 'keys.json')),
      argon2: { memoryKib: 32, passes: 1, lanes: 1 },
      ...ports,
    },
  );
  onTestFinished(async () => {
    await access.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return new Scene(access, store, clock);
}

/** The secret of a link: what the browser keeps to itself. */
export const tokenOf = (url: string): string => new URL(url).hash.slice(1);

/** What came of an attempt: `done`, or the code of the error. */
export const outcomeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error) => error.code,
  );
