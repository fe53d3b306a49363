/** Secrets of ours: session and link tokens, API tokens, recovery codes. Each is random, shown once, and kept as a hash. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Random } from '../base/index.ts';

/** 256 bits. */
const TOKEN_BYTES = 32;
/** Longest text that is looked at as a token. */
const TOKEN_LENGTH_MAX = 128;

export type SecretKind = 'session' | 'link' | 'ceremony' | 'api-token' | 'recovery-code';

/** 43 characters of base64url. */
export function newToken(random: Random): string {
  return Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
}

/** What is stored of a secret. Secrets have 125 bits and more, so that a fast hash suffices (SP 800-63B-4, 3.1.2.2). */
export function hashOf(kind: SecretKind, secret: string): Uint8Array {
  const hash = createHash('sha256').update(`fleetward ${kind}\0`);
  return new Uint8Array(hash.update(secret.slice(0, TOKEN_LENGTH_MAX)).digest());
}

/** Goes with each change that a session's page asks for; another site cannot know it. */
export function csrfToken(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('fleetward csrf').digest('base64url');
}

export function isCsrfToken(presented: string, sessionToken: string): boolean {
  return sameText(presented, csrfToken(sessionToken));
}

/** Compares without telling by time how much is the same. */
function sameText(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a!, b!);
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const API_TOKEN = /^fw_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
/** `fw_` and a few characters: enough to recognise it in a list. */
export const API_TOKEN_HINT_LENGTH = 8;

/** `fw_`, 256 bits in base 62, and six digits of CRC-32, so that scanners for leaked secrets know it for sure. */
export function newApiToken(random: Random): string {
  const body = base62(BigInt(`0x${Buffer.from(random.bytes(TOKEN_BYTES)).toString('hex')}`), 43);
  return `fw_${body}${checksum(body)}`;
}

/** Whether a text has the form of an API token, checksum included. */
export function isApiToken(text: string): boolean {
  const match = API_TOKEN.exec(text);
  return match !== null && checksum(match[1]!) === match[2];
}

const checksum = (body: string): string => base62(BigInt(crc32(body)), 6);

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n)
    text = DIGITS[Number(rest % 62n)] + text;
  return text;
}

const CODE_DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';
/** 125 bits. */
const CODE_LENGTH = 25;

/** Five groups of five characters, `abcde-…`. */
export function newRecoveryCode(random: Random): string {
  const code = Array.from(random.bytes(CODE_LENGTH), (byte) => CODE_DIGITS[byte & 31]).join('');
  return code.replace(/.{5}(?=.)/g, '$&-');
}

/** A recovery code as typed, in the form that is hashed; undefined when it cannot be one. */
export function readRecoveryCode(typed: string): string | undefined {
  if (typed.length > 4 * CODE_LENGTH) return undefined;
  const code = typed
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s-]/g, '')
    .replace(/[018]/g, (digit) => ({ '0': 'o', '1': 'l', '8': 'b' })[digit]!);
  return /^[a-z2-7]{25}$/.test(code) ? code : undefined;
}
