/**
 * X.509 certificates and raw public keys (RFC 7250) as handshakes carry them, summarised for people and controls.
 * OpenSSL reads them (by node:crypto); what it refuses is undefined here. Each distinct one is read once.
 */
import { createPublicKey, hash, type KeyObject, X509Certificate } from 'node:crypto';
import { formatIpv6 } from '../../../base/index.ts';

/** Certificates and keys remembered; at about 1 KiB each. */
const REMEMBERED_MAX = 4096;
const NAME_CHARACTERS_MAX = 1024;
const NAMES_MAX = 100;
const ALTERNATIVE_NAME_CHARACTERS_MAX = 255;

export interface Certificate {
  /** As EVE prints them: `C=US, O=Example, CN=device`, in the certificate's order; empty for a raw public key. */
  readonly subject: string;
  readonly issuer: string;
  /** `03:DE:23`. */
  readonly serial: string;
  /** `2003-03-29T00:57:44`, UTC. */
  readonly not_before: string;
  readonly not_after: string;
  /** DNS names and addresses it is for; without any, the subject's common name (RFC 6125, 6.4.4). */
  readonly names: readonly string[];
  /** All of subjectAltName that is text: DNS, address, URI, e-mail. */
  readonly alternative_names: readonly string[];
  /** SHA-1 of the DER form, `8c:90:bd`; and its SHA-256 in plain hexadecimal. */
  readonly fingerprint: string;
  readonly sha256: string;
  readonly key_type: 'rsa' | 'ec' | 'ed25519' | 'ed448' | 'dsa' | 'other';
  /** 0 where the key cannot be read. */
  readonly key_bits: number;
  /**
   * SHA-256 of the SubjectPublicKeyInfo, hexadecimal. Where that cannot be read the certificate's own stands in:
   * equal certificates have equal keys, and nothing else is said.
   */
  readonly key_sha256: string;
  /** `sha256WithRSAEncryption`, or the OID where OpenSSL has no name for it. */
  readonly signature: string;
  readonly self_signed: boolean;
}

const remembered = new Map<string, Certificate | undefined>();

/** Reads the certificate in DER form, bytes [start, end); undefined when it is broken. */
export function readCertificate(
  bytes: Uint8Array,
  start: number,
  end: number,
): Certificate | undefined {
  return once(bytes.subarray(start, end), summarise);
}

/** Reads a SubjectPublicKeyInfo that stands in a certificate's place. */
export function readRawPublicKey(
  bytes: Uint8Array,
  start: number,
  end: number,
): Certificate | undefined {
  return once(bytes.subarray(start, end), summariseKey);
}

function once(
  der: Uint8Array,
  read: (der: Uint8Array, sha256: string) => Certificate | undefined,
): Certificate | undefined {
  const sha256 = hash('sha256', der, 'hex');
  const known = remembered.get(sha256);
  if (known !== undefined || remembered.has(sha256)) return known;
  if (remembered.size >= REMEMBERED_MAX) {
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest);
      break;
    }
  }
  const certificate = read(der, sha256);
  remembered.set(sha256, certificate);
  return certificate;
}

function summarise(der: Uint8Array, sha256: string): Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    const subject = distinguishedName(certificate.subject);
    const issuer = distinguishedName(certificate.issuer);
    const alternatives = alternativeNames(certificate.subjectAltName);
    const key = publicKey(certificate);
    return {
      subject: cut(subject.text),
      issuer: cut(issuer.text),
      serial: serialNumber(certificate.serialNumber),
      not_before: isoTime(certificate.validFromDate),
      not_after: isoTime(certificate.validToDate),
      names:
        alternatives.hosts.length > 0
          ? alternatives.hosts
          : subject.commonName === undefined
            ? []
            : [subject.commonName.slice(0, ALTERNATIVE_NAME_CHARACTERS_MAX)],
      alternative_names: alternatives.all,
      fingerprint: certificate.fingerprint.toLowerCase(),
      sha256,
      key_type: key === undefined ? 'other' : keyType(key),
      key_bits: key === undefined ? 0 : keyBits(key),
      key_sha256: key === undefined ? sha256 : keyHash(key),
      signature: certificate.signatureAlgorithm ?? certificate.signatureAlgorithmOid ?? 'unknown',
      self_signed: subject.text === issuer.text && signedBy(certificate, key),
    };
  } catch {
    return undefined;
  }
}

function summariseKey(der: Uint8Array, sha256: string): Certificate | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    return {
      subject: '',
      issuer: '',
      serial: '',
      not_before: '',
      not_after: '',
      names: [],
      alternative_names: [],
      fingerprint: hash('sha1', der, 'hex').replace(/..(?!$)/g, '$&:'),
      sha256,
      key_type: keyType(key),
      key_bits: keyBits(key),
      key_sha256: sha256,
      signature: '',
      self_signed: false,
    };
  } catch {
    return undefined;
  }
}

/** A key of an unknown kind, or a broken one, leaves the rest of its certificate readable. */
function publicKey(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}

function keyHash(key: KeyObject): string {
  return hash('sha256', key.export({ type: 'spki', format: 'der' }), 'hex');
}

function keyType(key: KeyObject): Certificate['key_type'] {
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return 'rsa';
    case 'ec':
    case 'ed25519':
    case 'ed448':
    case 'dsa':
      return key.asymmetricKeyType;
    default:
      return 'other';
  }
}

function keyBits(key: KeyObject): number {
  if (key.asymmetricKeyType === 'ed25519') return 256;
  if (key.asymmetricKeyType === 'ed448') return 448;
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  // Every named curve has its field's size in its name: prime256v1, brainpoolP384r1, sect163k1.
  return modulusLength ?? Number(/\d{3}/.exec(namedCurve ?? '')?.[0] ?? 0);
}

/** Where the signature is not checked, or cannot be, the equal names of subject and issuer decide. */
function signedBy(certificate: X509Certificate, key: KeyObject | undefined): boolean {
  try {
    return key === undefined || !isQuickToVerify(key) || certificate.verify(key);
  } catch {
    return true;
  }
}

/** A hostile key can make one verification cost tens of milliseconds: a huge modulus or exponent, DSA. */
function isQuickToVerify({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails;
  return asymmetricKeyType !== 'dsa' && modulusLength <= 4096 && publicExponent < 1n << 32n;
}

/** OpenSSL drops the zero octet in front of a number whose first bit is set; EVE shows it. */
function serialNumber(hex: string): string {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const padded = even[0] >= '8' ? `00${even}` : even;
  return padded.slice(0, 128).replace(/..(?!$)/g, '$&:');
}

/** Throws for a time that cannot be read, as the rest of a broken certificate does. */
function isoTime(time: Date): string {
  return time.toISOString().slice(0, 19);
}

interface DistinguishedName {
  readonly text: string;
  readonly commonName: string | undefined;
}

/**
 * From OpenSSL's form (a line an RDN, RFC 2253 escapes, ` + ` inside an RDN) to EVE's (`, ` between RDNs, no
 * escapes, `Email` for emailAddress).
 */
function distinguishedName(lines: string | undefined): DistinguishedName {
  if (!lines) return { text: '', commonName: undefined };
  let commonName: string | undefined;
  const relative = lines.split('\n').map((line) =>
    line
      .split(' + ')
      .map((attribute) => {
        const equals = attribute.indexOf('=');
        const type = attribute.slice(0, equals);
        const value = unescaped(attribute.slice(equals + 1));
        if (type === 'CN') commonName = value;
        return `${type === 'emailAddress' ? 'Email' : type === 'street' ? 'streetAddress' : type}=${value}`;
      })
      .join(' + '),
  );
  return { text: relative.join(', '), commonName };
}

/** RFC 2253, 2.4: `\,` a character, `\0A` a byte of UTF-8. */
function unescaped(value: string): string {
  if (!value.includes('\\')) return value;
  return value
    .replace(/(?:\\[0-9A-Fa-f]{2})+/g, (escaped) =>
      Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString('utf8'),
    )
    .replace(/\\([^\\]|\\)/g, '$1');
}

const ALTERNATIVE_NAME = /(?:^|, )(DNS|IP Address|URI|email):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/** From OpenSSL's `DNS:a.example, IP Address:10.0.0.1`, where a value that could mislead stands in quotes. */
function alternativeNames(text: string | undefined): { hosts: string[]; all: string[] } {
  const hosts: string[] = [];
  const all: string[] = [];
  for (const [, kind, raw] of (text ?? '').matchAll(ALTERNATIVE_NAME)) {
    if (all.length >= NAMES_MAX) break;
    const plain = raw[0] === '"' ? (JSON.parse(raw) as string) : raw;
    const value = kind === 'IP Address' && plain.includes(':') ? ipv6(plain) : plain;
    const short = value.slice(0, ALTERNATIVE_NAME_CHARACTERS_MAX);
    all.push(short);
    if (kind === 'DNS' || kind === 'IP Address') hosts.push(short);
  }
  return { hosts, all };
}

/** OpenSSL writes all eight groups, upper-case. */
function ipv6(groups: string): string {
  const parts = groups.split(':').map((part) => Number.parseInt(part, 16));
  return formatIpv6(Uint8Array.from(parts.flatMap((part) => [part >>> 8, part & 0xff])));
}

function cut(name: string): string {
  return name.length > NAME_CHARACTERS_MAX ? name.slice(0, NAME_CHARACTERS_MAX) : name;
}
