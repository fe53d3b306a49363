/**
 * Passkeys as bytes: options for the browser and the verification of its answers, by SimpleWebAuthn. Every passkey is
 * discoverable and verifies its user (WebAuthn Level 3, 5.4.4), so it is two factors by itself.
 */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeClientDataJSON } from '@simplewebauthn/server/helpers';
import { z } from 'zod';
import { UnauthenticatedError } from '../base/index.ts';
import { type AccessConfig, minutes, rpIdOf } from './config.ts';

const CHALLENGE_BYTES = 32;
const TIMEOUT_MS = minutes(5);
/** COSE algorithms: EdDSA, ES256, RS256; every authenticator has one of them. */
const ALGORITHMS = [-8, -7, -257];

const base64url = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax)
    .regex(/^[A-Za-z0-9_-]*$/);
const transports = z.array(z.string().max(32)).max(10);
const credential = {
  id: base64url(1400).min(1),
  rawId: base64url(1400).min(1),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
};

/** RegistrationResponseJSON (WebAuthn Level 3, 5.1.8); what we do not use is left out. */
export const registrationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(4096),
    attestationObject: base64url(65_536),
    transports: transports.optional(),
  }),
});
export type RegistrationResponse = z.input<typeof registrationResponse>;

/** AuthenticationResponseJSON. */
export const authenticationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(4096),
    authenticatorData: base64url(4096),
    signature: base64url(4096),
    userHandle: base64url(128).nullish(),
  }),
});
export type AuthenticationResponse = z.input<typeof authenticationResponse>;
/** One of the right form and size. */
export type ReadAuthenticationResponse = z.output<typeof authenticationResponse>;

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON;
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON;

/** A passkey that the browser just made. */
export interface MadePasskey {
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly aaguid: string;
  readonly backedUp: boolean;
}

export interface KnownPasskey {
  readonly credentialId: string;
  readonly transports: readonly string[];
}

/** Whose passkey it will be. `handle`: 32 random bytes, which tell nothing about the person. */
export interface PasskeyUser {
  readonly login: string;
  readonly name: string;
  readonly handle: Uint8Array;
}

export function newChallenge(random: { bytes(count: number): Uint8Array }): Uint8Array {
  return random.bytes(CHALLENGE_BYTES);
}

export function creationOptions(
  config: AccessConfig,
  challenge: Uint8Array,
  user: PasskeyUser,
  existing: readonly KnownPasskey[],
): Promise<CreationOptions> {
  return generateRegistrationOptions({
    rpName: config.organisation,
    rpID: rpIdOf(config),
    userName: user.login,
    userDisplayName: user.name,
    userID: new Uint8Array(user.handle),
    challenge: new Uint8Array(challenge),
    timeout: TIMEOUT_MS,
    attestationType: 'none',
    excludeCredentials: descriptors(existing),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** @param allowed - absent: the browser offers whatever passkeys it has, and no name is asked. */
export function requestOptions(
  config: AccessConfig,
  challenge: Uint8Array,
  allowed?: readonly KnownPasskey[],
): Promise<RequestOptions> {
  return generateAuthenticationOptions({
    rpID: rpIdOf(config),
    challenge: new Uint8Array(challenge),
    timeout: TIMEOUT_MS,
    userVerification: 'required',
    ...(allowed === undefined ? {} : { allowCredentials: descriptors(allowed) }),
  });
}

const descriptors = (passkeys: readonly KnownPasskey[]) =>
  passkeys.map(({ credentialId, transports }) => ({
    id: credentialId,
    transports: [...transports],
  }));

/** @throws UnauthenticatedError `passkey-refused`. */
export async function verifyCreation(
  config: AccessConfig,
  challenge: string,
  response: RegistrationResponse,
): Promise<MadePasskey> {
  const parsed = registrationResponse.safeParse(response);
  if (!parsed.success || isFramed(parsed.data.response.clientDataJSON)) throw passkeyRefused();
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...forLibrary(parsed.data), response: forLibrary(parsed.data.response) },
      expectedChallenge: challenge,
      expectedOrigin: config.origin,
      expectedRPID: rpIdOf(config),
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified) throw passkeyRefused();
    const { credential, aaguid, credentialBackedUp } = registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: new Uint8Array(credential.publicKey),
      counter: credential.counter,
      transports: parsed.data.response.transports ?? [],
      aaguid,
      backedUp: credentialBackedUp,
    };
  } catch (error) {
    throw passkeyRefused(error);
  }
}

/**
 * Verifies challenge, origin, RP ID, user verification and signature. The counter is for the caller to judge: only
 * what was signed may say that a passkey was copied.
 *
 * @throws UnauthenticatedError `passkey-refused`.
 */
export async function verifyAssertion(
  config: AccessConfig,
  challenge: string,
  response: ReadAuthenticationResponse,
  publicKey: Uint8Array,
): Promise<{ counter: number; backedUp: boolean }> {
  if (isFramed(response.response.clientDataJSON)) throw passkeyRefused();
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...forLibrary(response), response: forLibrary(response.response) },
      expectedChallenge: challenge,
      expectedOrigin: config.origin,
      expectedRPID: rpIdOf(config),
      requireUserVerification: true,
      credential: { id: response.id, publicKey: new Uint8Array(publicKey), counter: 0 },
    });
    if (!verified) throw passkeyRefused();
    return {
      counter: authenticationInfo.newCounter,
      backedUp: authenticationInfo.credentialBackedUp,
    };
  } catch (error) {
    throw passkeyRefused(error);
  }
}

/** Whether a page within a page asked (5.8.1, crossOrigin): none of ours does. */
function isFramed(clientDataJSON: string): boolean {
  try {
    return decodeClientDataJSON(clientDataJSON).crossOrigin === true;
  } catch {
    return true;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the library's types say undefined where JSON says null or nothing
type Loose = any;
function forLibrary(response: object): Loose {
  const present = Object.entries(response).filter(([, value]) => value != null);
  return { clientExtensionResults: {}, ...Object.fromEntries(present) };
}

export function passkeyRefused(cause?: unknown): UnauthenticatedError {
  return new UnauthenticatedError(
    'passkey-refused',
    'this passkey was not accepted; try again, or sign in another way.',
    { cause },
  );
}
