/** The room put together: every service on one store. */
import { type KeyRing, UsageError } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { Approvals } from './approvals.ts';
import { authorise, type Caller, type Decision, decide, type Target } from './caller.ts';
import { Ceremonies } from './ceremonies.ts';
import {
  type AccessConfig,
  type AccessSettings,
  accessConfig,
  minutes,
  type Parts,
  rpIdOf,
} from './config.ts';
import { Enrolment } from './enrolment.ts';
import { Grants } from './grants.ts';
import { sweepAttempts } from './limits.ts';
import { Links } from './links.ts';
import { Oidc } from './oidc.ts';
import { Passkeys } from './passkeys.ts';
import { type BreachList, openBreachList } from './passwords/breach-list.ts';
import { ARGON2_COST, type Argon2Cost, PasswordHasher } from './passwords/hashing.ts';
import { PasswordPolicy } from './passwords/policy.ts';
import { Passwords } from './passwords.ts';
import { People } from './people.ts';
import type { Permission } from './permissions.ts';
import { PersonalDataService } from './personal-data.ts';
import type { Credential } from './request-guard.ts';
import { SecondFactors } from './second-factors.ts';
import { Sessions } from './sessions.ts';
import { SignIn } from './sign-in.ts';
import { StepUp } from './step-up.ts';
import { Tokens } from './tokens.ts';

export interface AccessPorts {
  readonly store: Store;
  readonly keys: KeyRing;
  /** How the identity provider is reached: the guarded one. */
  readonly fetch?: typeof fetch;
  /** For tests: cheap hashes. */
  readonly argon2?: Argon2Cost;
}

export class Access {
  readonly config: AccessConfig;
  readonly approvals: Approvals;
  readonly enrolment: Enrolment;
  readonly oidc: Oidc | undefined;
  readonly passkeys: Passkeys;
  readonly passwords: Passwords;
  readonly people: People;
  readonly personalData: PersonalDataService;
  readonly secondFactors: SecondFactors;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly stepUp: StepUp;
  readonly tokens: Tokens;
  readonly #parts: Parts;
  readonly #links: Links;
  readonly #breaches: BreachList | undefined;

  constructor(config: AccessConfig, ports: AccessPorts, breaches?: BreachList) {
    const { store, keys } = ports;
    const parts: Parts = { store, keys, config, clock: store.clock };
    const ceremonies = new Ceremonies(parts);
    const sessions = new Sessions(parts);
    const grants = new Grants(parts, sessions);
    const links = new Links(parts);
    const hasher = new PasswordHasher(store.random, ports.argon2 ?? ARGON2_COST);
    const policy = new PasswordPolicy(siteWords(config), breaches);
    const passkeys = new Passkeys(parts, ceremonies);
    const secondFactors = new SecondFactors(parts, ceremonies);
    const passwords = new Passwords(parts, policy, hasher, sessions);
    const ways = { ceremonies, passkeys, passwords, secondFactors, sessions };
    this.config = config;
    this.approvals = new Approvals(parts);
    this.enrolment = new Enrolment(parts, { ...ways, grants, links });
    this.oidc =
      config.oidc &&
      new Oidc(parts, config.oidc, { ceremonies, grants, sessions }, ports.fetch ?? fetch);
    this.passkeys = passkeys;
    this.passwords = passwords;
    this.people = new People(parts, { approvals: this.approvals, grants, links, sessions });
    this.personalData = new PersonalDataService(parts, this.approvals);
    this.secondFactors = secondFactors;
    this.sessions = sessions;
    this.signIn = new SignIn(parts, ways);
    this.stepUp = new StepUp(parts, ways);
    this.tokens = new Tokens(parts);
    this.#parts = parts;
    this.#links = links;
    this.#breaches = breaches;
  }

  /**
   * Who a request's credential speaks for; undefined when it is worth nothing (any more).
   *
   * @param unattended - a page asks by itself: it does not keep a session from ending for want of somebody there.
   */
  async caller(
    credential: Credential | undefined,
    unattended = false,
  ): Promise<Caller | undefined> {
    if (credential === undefined) return undefined;
    return credential.kind === 'session'
      ? this.sessions.caller(credential.token, unattended)
      : this.tokens.caller(credential.token);
  }

  /** @throws ForbiddenError `permission-denied`, `approval-required`; UnauthenticatedError `step-up-required`. */
  authorise(caller: Caller, permission: Permission, target: Target = {}): void {
    authorise(caller, permission, target, this.#moment());
  }

  /** The same as an answer, for pages that show or hide. */
  decide(caller: Caller, permission: Permission, target: Target = {}): Decision {
    return decide(caller, permission, target, this.#moment());
  }

  /** Removes what ended by itself. To be run every few minutes. */
  async sweep(): Promise<void> {
    await this.#parts.store.write(async (tx) => {
      await this.sessions.sweep(tx);
      await this.approvals.sweep(tx);
      await sweepAttempts(tx, this.#parts.clock.now());
      const now = this.#parts.clock.now();
      await tx.db.deleteFrom('ceremonies').where('expires_at', '<=', now).execute();
      await this.#links.sweep(tx);
      await tx.db.deleteFrom('api_tokens').where('expires_at', '<=', now).execute();
    });
  }

  async close(): Promise<void> {
    await this.#breaches?.close();
  }

  #moment() {
    return { now: this.#parts.clock.now(), freshMs: minutes(this.config.stepUpMinutes) };
  }
}

/** @throws UsageError `access-config-invalid`; InputError `breach-list-invalid`, `file-…`. */
export async function openAccess(settings: AccessSettings, ports: AccessPorts): Promise<Access> {
  const parsed = accessConfig.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(
      'access-config-invalid',
      `access.${issue?.path.join('.')}: ${issue?.message}.`,
    );
  }
  const { breachList } = parsed.data;
  const breaches = breachList === undefined ? undefined : await openBreachList(breachList);
  return new Access(parsed.data, ports, breaches);
}

/** What an attacker of this installation tries first. */
const siteWords = (config: AccessConfig): string[] => [
  'fleetward',
  config.organisation,
  rpIdOf(config),
  ...config.siteWords,
];
