/**
 * The server's host key in a key exchange reply. Its message number differs by method: 31 for Diffie-Hellman, ECDH,
 * Curve25519 and the hybrids with sntrup761 and ML-KEM (RFC 4253, 8; RFC 5656, 4; RFC 8731), 33 for group exchange
 * (RFC 4419) and GSS (RFC 4462), 30 for RSA (RFC 4432). In each it is the first string, and nothing else that these
 * numbers carry begins with the name of a key type, so it is told by its content, even without the KEXINITs.
 */
import { createHash } from 'node:crypto';
import { asciiText } from '../wire-text.ts';

export interface HostKey {
  readonly host_key_type: string;
  readonly host_key: string;
  readonly host_key_bits?: number;
}

const TYPE_MAX = 64;
const KEY_MAX = 16_384;

/** The key in the payload [at, end), behind the message number. */
export function readHostKey(bytes: Uint8Array, at: number, end: number): HostKey | undefined {
  const key = stringAt(bytes, at, end);
  if (key === undefined || key > KEY_MAX) return undefined;
  const from = at + 4;
  const to = from + key;
  const typeLength = stringAt(bytes, from, to);
  if (typeLength === undefined || typeLength > TYPE_MAX) return undefined;
  const type = asciiText(bytes, from + 4, from + 4 + typeLength);
  if (!isKeyType(type)) return undefined;
  const digest = createHash('sha256').update(bytes.subarray(from, to)).digest('base64');
  const bits = keyBits(bytes, type, from + 4 + typeLength, to);
  const event = { host_key_type: type, host_key: `SHA256:${digest.replace(/=+$/, '')}` };
  return bits === undefined ? event : { ...event, host_key_bits: bits };
}

function isKeyType(name: string): boolean {
  return /^(ssh|ecdsa|sk-ssh|sk-ecdsa|x509v3|rsa|pgp|spki|webauthn-sk)-[\x21-\x2b\x2d-\x7e]+$/.test(
    name,
  );
}

/** Length of the string at `at`, or undefined when it runs over `end`. */
function stringAt(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (at + 4 > end) return undefined;
  const length =
    ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  return at + 4 + length > end ? undefined : length;
}

/** Size of the modulus: RSA's second number, DSA's first (RFC 4253, 6.6). */
function keyBits(bytes: Uint8Array, type: string, at: number, end: number): number | undefined {
  if (type !== 'ssh-rsa' && type !== 'ssh-dss') return undefined;
  const first = stringAt(bytes, at, end);
  if (first === undefined) return undefined;
  const from = type === 'ssh-dss' ? at : at + 4 + first;
  const length = stringAt(bytes, from, end);
  if (length === undefined || length === 0) return undefined;
  let high = from + 4;
  const last = from + 4 + length;
  while (high < last && bytes[high] === 0) high++;
  return high === last ? 0 : (last - high) * 8 - (Math.clz32(bytes[high]) - 24);
}
