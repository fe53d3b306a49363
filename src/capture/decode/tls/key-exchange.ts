/** The messages between hello and Finished that depend on the suite: who proves what with which group or identity. */
import { hash } from 'node:crypto';
import type {
  CertificateRequestEvent,
  ClientKeyExchangeEvent,
  ServerKeyExchangeEvent,
} from './events.ts';
import { type Flaw, isPrintable, u16 } from './hello.ts';
import { isGrease } from './versions.ts';

const NUMBERS_MAX = 256;
const IDENTITY_BYTES_MAX = 128;
const IDENTITY_HEX_BYTES_MAX = 64;

/**
 * ServerKeyExchange, bytes [start, end): RFC 8422, 5.4; RFC 5246, 7.4.3; RFC 4279, section 2. What a suite without
 * a name exchanges cannot be told.
 */
export function readServerKeyExchange(
  bytes: Uint8Array,
  start: number,
  end: number,
  suite: string,
  protocol: 'tls' | 'dtls' | 'quic',
): ServerKeyExchangeEvent | Flaw {
  let group: number | undefined;
  let dhBits: number | undefined;
  let rsaBits: number | undefined;
  let hint: string | undefined;
  let at = start;
  const short = (): Flaw => ({ reason: 'key exchange too short', offset: at - start });
  if (suite.includes('_PSK_')) {
    const hintEnd = endOf16(bytes, at, end);
    if (hintEnd < 0) return short();
    if (hintEnd > at + 2) hint = identity(bytes, at + 2, hintEnd);
    at = hintEnd;
  }
  if (/^TLS_ECDHE?_/.test(suite)) {
    if (at + 3 > end) return short();
    // 3: named_curve; the explicit curves of RFC 4492 are gone.
    if (bytes[at] === 3) group = u16(bytes, at + 1);
  } else if (/_DHE?_/.test(suite)) {
    dhBits = integerBits(bytes, at, end);
    if (dhBits === undefined) return short();
  } else if (suite.includes('_RSA_EXPORT')) {
    rsaBits = integerBits(bytes, at, end);
    if (rsaBits === undefined) return short();
  }
  return {
    protocol,
    event: 'server_key_exchange',
    group,
    dh_bits: dhBits,
    rsa_bits: rsaBits,
    psk_identity_hint: hint,
  };
}

/** CertificateRequest, bytes [start, end): RFC 5246, 7.4.4; before TLS 1.2 it names no `algorithms`. */
export function readCertificateRequest(
  bytes: Uint8Array,
  start: number,
  end: number,
  algorithms: boolean,
  protocol: 'tls' | 'dtls' | 'quic',
): CertificateRequestEvent | Flaw {
  const short = (at: number): Flaw => ({
    reason: 'certificate request too short',
    offset: at - start,
  });
  if (start >= end || start + 1 + bytes[start] > end) return short(start);
  let at = start + 1 + bytes[start];
  const types = Array.from(bytes.subarray(start + 1, at));
  const signatureAlgorithms: number[] = [];
  if (algorithms) {
    const stop = endOf16(bytes, at, end);
    if (stop < 0) return short(at);
    for (at += 2; at + 1 < stop && signatureAlgorithms.length < NUMBERS_MAX; at += 2)
      if (!isGrease(u16(bytes, at))) signatureAlgorithms.push(u16(bytes, at));
    at = stop;
  }
  const stop = endOf16(bytes, at, end);
  if (stop < 0) return short(at);
  let authorities = 0;
  for (at += 2; at + 2 <= stop; at += 2 + u16(bytes, at)) authorities++;
  return {
    protocol,
    event: 'certificate_request',
    certificate_types: types,
    signature_algorithms: signatureAlgorithms,
    authorities,
  };
}

/** ClientKeyExchange, bytes [start, end): all but a pre-shared key's identity is random or encrypted. */
export function readClientKeyExchange(
  bytes: Uint8Array,
  start: number,
  end: number,
  suite: string,
  protocol: 'tls' | 'dtls' | 'quic',
): ClientKeyExchangeEvent | Flaw {
  let pskIdentity: string | undefined;
  if (suite.includes('_PSK_')) {
    const stop = endOf16(bytes, start, end);
    if (stop < 0) return { reason: 'identity longer than its message', offset: 0 };
    pskIdentity = identity(bytes, start + 2, stop);
  }
  return { protocol, event: 'client_key_exchange', psk_identity: pskIdentity };
}

/** Where the vector behind the two-byte length at `at` ends; -1 when that is beyond `end`. */
function endOf16(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const stop = at + 2 + u16(bytes, at);
  return stop > end ? -1 : stop;
}

/** Text where it can be read, else hexadecimal; a long one is told apart by its hash. */
function identity(bytes: Uint8Array, start: number, end: number): string {
  const held = bytes.subarray(start, end);
  if (held.length <= IDENTITY_BYTES_MAX && isPrintable(held, 0, held.length))
    return Buffer.from(held).toString('latin1');
  if (held.length <= IDENTITY_HEX_BYTES_MAX) return `0x${Buffer.from(held).toString('hex')}`;
  return `sha256:${hash('sha256', held, 'hex')}`;
}

/** Bits of an unsigned integer behind its two-byte length; undefined when it is cut off. */
function integerBits(bytes: Uint8Array, at: number, end: number): number | undefined {
  const stop = endOf16(bytes, at, end);
  if (stop < 0) return undefined;
  let from = at + 2;
  while (from < stop && bytes[from] === 0) from++;
  return from === stop ? 0 : (stop - from) * 8 - (Math.clz32(bytes[from]) - 24);
}
