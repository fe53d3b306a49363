/** What a sign-in carries: a password, a token or session, a mere proof of it, or nothing worth keeping secret. */
import type { LoginFields } from '../capture/index.ts';

/** HTTP carries many things in one place. */
const HTTP_PASSWORDS = new Set(['basic', 'form', 'url']);
/** Message brokers, where a client’s account is to be its own. */
export const BROKERS: ReadonlySet<string> = new Set(['mqtt', 'amqp', 'nats']);
/** Elsewhere a secret is a password, but for the tokens of SASL (RFC 7628). */
const TOKENS = new Set(['xoauth2', 'oauthbearer']);
/** Open to everybody on purpose: whoever gives these names is asked for no secret. */
const ANONYMOUS = new Set(['anonymous', 'ftp']);

/** A sign-in at a broker, but for MQTT's, which are read from its sessions: their answers say more. */
export function isAtOtherBroker({ protocol }: LoginFields): boolean {
  return protocol !== 'mqtt' && BROKERS.has(protocol);
}

export function carriesPassword({ protocol, method, secret }: LoginFields): boolean {
  if (secret === undefined) return false;
  return protocol === 'http' ? HTTP_PASSWORDS.has(method) : !TOKENS.has(method);
}

export function isAnonymous(user: string | undefined): boolean {
  return ANONYMOUS.has((user ?? '').toLowerCase());
}

/** Schemes whose values are bare secrets; a list of parameters in another is a signature over the request. */
const BARE_SECRETS = new Set(['basic', 'bearer', 'cookie', 'header', 'form', 'url', 'token']);
/** Fields that are named like a secret and hold a flag, a number, a kind or the device's own address. */
const NO_SECRET =
  /^(true|false|yes|no|on|off|null|none|nil|undefined|enabled?|disabled?|\d{1,3}|[A-Z][a-z]+Password|([0-9a-f]{2}[:-]){5}[0-9a-f]{2})$/i;
/** Output of a hash or cipher in hexadecimal. */
const DIGEST = /^(?:[0-9a-f]{32}){1,4}$|^(?:[0-9a-f]{40}){1,2}$/i;

/** Proofs from which whoever reads along can guess the password (RFC 1939, 7; RFC 2195; RFC 2831; NTLM). */
const GUESSABLE_PROOFS = new Set(['apop', 'cram-md5', 'digest-md5', 'ntlm']);

/** The same of a sign-in at a mail or chat server. */
export function mailExposureOf({ method, secret }: LoginFields): 'secret' | 'proof' | undefined {
  if (secret !== undefined) return secret.length > 0 ? 'secret' : undefined;
  return GUESSABLE_PROOFS.has(method) ? 'proof' : undefined;
}

/**
 * What of an HTTP sign-in is exposed: the secret itself, a proof or hash of it, or nothing (an empty Basic, a field
 * that only sounds secret).
 */
export function exposureOf({ method, secret }: LoginFields): 'secret' | 'proof' | undefined {
  if (method === 'digest') return 'proof';
  if (secret === undefined || secret.length === 0) return undefined;
  if (method === 'basic') return 'secret';
  const text = Buffer.from(secret.reveal()).toString('latin1');
  if (!BARE_SECRETS.has(method)) return /[\w-]\s*=\s*"/.test(text) ? undefined : 'secret';
  if (method !== 'form' && method !== 'url' && method !== 'token') return 'secret';
  if (NO_SECRET.test(text)) return undefined;
  return DIGEST.test(text) ? 'proof' : 'secret';
}
