/**
 * What a cipher suite's number says: its name (IANA registry “TLS Cipher Suites”, and numbers in use that were never
 * registered), whether its key exchange gives forward secrecy, and what is broken about it. Both follow from the
 * name, `TLS_<key exchange>_WITH_<cipher>_<hash>`; TLS 1.3 names hold no key exchange, which is always ephemeral.
 */
import table from './cipher-suites.json' with { type: 'json' };

export type SuiteWeakness = 'NULL' | 'anonymous' | 'EXPORT' | 'RC4' | 'DES' | '3DES';

export interface CipherSuite {
  readonly name: string;
  /** A key stolen later does not open what was recorded before. */
  readonly forwardSecrecy: boolean;
  readonly weakness: SuiteWeakness | undefined;
  /** A key agreed beforehand and nothing else, with AES-CCM: the usual choice of constrained devices (RFC 6655). */
  readonly pskCcm: boolean;
}

/** Key exchanges whose keys live as long as the session; SRP, ECCPWD and EC-JPAKE are ephemeral by construction. */
const EPHEMERAL = /^(TLS_)?(DHE|ECDHE|PSK_DHE|DH_anon|ECDH_anon|SRP|ECCPWD|ECJPAKE|IBSDH)(_|$)/;

/** First that fits. */
const WEAKNESSES: readonly (readonly [pattern: RegExp, weakness: SuiteWeakness])[] = [
  [/NULL|^TLS_SHA\d+_SHA\d+$/, 'NULL'],
  [/_anon_/, 'anonymous'],
  [/EXPORT|DES40|DES_CBC_40|_40_/, 'EXPORT'],
  [/RC4/, 'RC4'],
  [/3DES/, '3DES'],
  [/DES_CBC/, 'DES'],
];

const suites = new Map<number, CipherSuite>(
  Object.entries(table).map(([number, name]) => [Number.parseInt(number, 16), describe(name)]),
);

/** Undefined for numbers that are no suite (signals, GREASE) or that nobody has described. */
export function cipherSuite(number: number): CipherSuite | undefined {
  return suites.get(number);
}

/** Name, or the number as `0x1234` where there is none. */
export function cipherSuiteName(number: number): string {
  return suites.get(number)?.name ?? `0x${number.toString(16).padStart(4, '0')}`;
}

function describe(name: string): CipherSuite {
  const [exchange, cipher] = name.split('_WITH_');
  // TLS 1.3 (RFC 8446, B.4) and the suites that authenticate without encrypting (RFC 9150).
  const tls13 = cipher === undefined && name.startsWith('TLS_');
  return {
    name,
    forwardSecrecy: tls13 || EPHEMERAL.test(exchange),
    weakness: WEAKNESSES.find(([pattern]) => pattern.test(name))?.[1],
    pskCcm: exchange === 'TLS_PSK' && /_CCM(_|$)/.test(cipher ?? ''),
  };
}
