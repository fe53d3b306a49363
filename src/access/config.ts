/** Settings of this room, and the parts that each of its services is given. */
import { z } from 'zod';
import { type Clock, type KeyRing, UnavailableError } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { roles } from './permissions.ts';

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** `https://fleet.example`, or `http://localhost:8080`: passkeys work nowhere else. */
const origin = z
  .url({ protocol: /^https?$/ })
  .transform((text) => new URL(text))
  .refine(({ protocol, hostname }) => protocol === 'https:' || hostname === 'localhost', {
    error: 'must be https, or http://localhost',
  })
  .refine(({ hostname }) => !/^[\d.]+$|^\[/.test(hostname), {
    error: 'must be a name: browsers keep no passkeys for addresses',
  })
  .transform((url) => url.origin);

const oidcShape = z.strictObject({
  issuer: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1).max(256),
  clientSecret: z.string().min(1).max(4096).optional(),
  /** What the button says. */
  name: z.string().min(1).max(64).default('Single sign-on'),
  scopes: z.array(z.string().min(1).max(128)).max(20).default(['openid', 'profile', 'email']),
  /** The claim that lists a person's groups. */
  groupsClaim: z.string().min(1).max(128).default('groups'),
  /** Which role a group gives, and where. */
  groups: z
    .array(
      z.strictObject({
        group: z.string().min(1).max(256),
        role: z.enum(roles),
        segment: z.string().min(1).max(64).optional(),
      }),
    )
    .max(1000)
    .default([]),
  /** Whether people who are new get an account at their first sign-in, if one of their groups gives a role. */
  signUp: z.boolean().default(false),
  /** Values of `amr` (RFC 8176) or `acr` that show two factors. */
  strong: z.array(z.string().min(1).max(256)).max(20).default(['mfa']),
  /** Plain HTTP to an issuer on this machine; for trials. */
  insecureLoopback: z.boolean().default(false),
});

const oidc = oidcShape.refine(
  ({ issuer, insecureLoopback }) => {
    const { protocol, hostname } = new URL(issuer);
    const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
    return protocol === 'https:' || (insecureLoopback && loopback);
  },
  { error: 'the issuer must be https', path: ['issuer'] },
);

export const accessConfig = z.strictObject({
  origin,
  /** Shown by browsers and authenticator apps. */
  organisation: z.string().trim().min(1).max(64).default('Fleetward'),
  /** Words that no password consists of, beside the organisation's and the host's names. */
  siteWords: z.array(z.string().min(3).max(64)).max(100).default([]),
  /** A list of stolen passwords, or a filter made of one. */
  breachList: z.string().optional(),
  /** Whether a password of 15 characters may be the only factor, for what needs no step-up. */
  passwordAlone: z.boolean().default(false),
  sessionIdleMinutes: z.int().min(5).max(1440).default(60),
  sessionHours: z.int().min(1).max(168).default(12),
  stepUpMinutes: z.int().min(1).max(60).default(10),
  setUpMinutes: z.int().min(5).max(60).default(15),
  invitationHours: z.int().min(1).max(336).default(72),
  recoveryMinutes: z.int().min(5).max(1440).default(15),
  /** How long somebody waits who is alone with what needs two people. */
  soloDelayHours: z.int().min(1).max(336).default(24),
  approvalDays: z.int().min(1).max(30).default(7),
  oidc: oidc.optional(),
});

/** As written by a person, with defaults left out. */
export type AccessSettings = z.input<typeof accessConfig>;
export type AccessConfig = z.output<typeof accessConfig>;
export type OidcConfig = z.output<typeof oidc>;

/** The WebAuthn RP ID: the host's name. Passkeys are bound to it. */
export const rpIdOf = (config: AccessConfig): string => new URL(config.origin).hostname;

/** What every service of this room works with. */
export interface Parts {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly config: AccessConfig;
}

export const minutes = (count: number): number => count * MINUTE;
export const hours = (count: number): number => count * HOUR;

/** For notes of use: on a full disk they are left out, and people can still look at what is wrong. */
export async function unlessUnavailable(written: Promise<void>): Promise<void> {
  try {
    await written;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
  }
}
