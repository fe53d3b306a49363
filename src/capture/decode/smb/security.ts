/**
 * The security tokens inside session setup: SPNEGO (RFC 4178) around NTLM (MS-NLMP) or Kerberos. NTLM's messages are
 * found by their signature, whatever is around them; their user names leave here sealed, and their proofs not at all.
 */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { readShownTicket, type ShownTicket } from '../krb5.ts';
import type { SmbMechanism } from './events.ts';

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
const TEXT_BYTES_MAX = 512;
const UNICODE = 0x1;
const ANONYMOUS = 0x800;
const VERSION = 0x0200_0000;
const NTLM_1_BYTES = 24;
/** An AP-REQ of Kerberos: application 14 (RFC 4120, 5.5.1), behind the mechanism's number. */
const KERBEROS = [
  Buffer.from('06092a864886f71201020201006e', 'hex'),
  Buffer.from('06092a864882f71201020201006e', 'hex'),
];
const AV_COMPUTER = 1;
const AV_DOMAIN = 2;
const AV_DNS_COMPUTER = 3;
const PAIRS_MAX = 32;

/** What a client's token shows. */
export interface ClientToken {
  readonly mechanism: SmbMechanism;
  readonly ticket?: ShownTicket | undefined;
  readonly user: Secret | undefined;
  readonly domain: string | undefined;
  readonly host: string | undefined;
  readonly anonymous: boolean;
  readonly ntlmVersion: 1 | 2 | undefined;
  readonly os: string | undefined;
}
/** What a server's challenge shows. */
export interface ServerToken {
  readonly server: string | undefined;
  readonly domain: string | undefined;
  readonly dnsName: string | undefined;
  readonly os: string | undefined;
}

/** Reads a client's token in [start, end). */
export function readClientToken(
  bytes: Buffer,
  start: number,
  end: number,
  secrets: SecretSealer,
): ClientToken | undefined {
  const blob = bytes.subarray(start, end);
  const at = blob.indexOf(SIGNATURE);
  if (at < 0) {
    for (const mark of KERBEROS) {
      const place = blob.indexOf(mark);
      // The mark ends with the request's first byte.
      if (place >= 0) return kerberos(readShownTicket(blob, place + mark.length - 1, blob.length));
    }
    return undefined;
  }
  const message = blob.subarray(at);
  if (message.length < 16) return undefined;
  const type = message.readUInt32LE(8);
  if (type === 1) {
    const flags = message.readUInt32LE(12);
    return {
      mechanism: 'ntlmssp_negotiate',
      user: undefined,
      // These two are of one byte a character, always.
      domain: field(message, 16, false),
      host: field(message, 24, false),
      anonymous: false,
      ntlmVersion: undefined,
      os: versionAt(message, 32, flags),
    };
  }
  if (type !== 3 || message.length < 64) return undefined;
  const flags = message.readUInt32LE(60);
  const unicode = (flags & UNICODE) !== 0;
  const user = field(message, 36, unicode);
  const proof = message.readUInt16LE(20);
  return {
    mechanism: 'ntlmssp_authenticate',
    user: user === undefined ? undefined : secrets.seal(user),
    domain: field(message, 28, unicode),
    host: field(message, 44, unicode),
    anonymous: (flags & ANONYMOUS) !== 0 || (user === undefined && proof === 0),
    ntlmVersion: proof === 0 ? undefined : proof > NTLM_1_BYTES ? 2 : 1,
    os: versionAt(message, 64, flags),
  };
}

const kerberos = (ticket: ShownTicket | undefined): ClientToken => ({
  mechanism: 'kerberos',
  ticket,
  user: undefined,
  domain: undefined,
  host: undefined,
  anonymous: false,
  ntlmVersion: undefined,
  os: undefined,
});

/** Reads a server's challenge in [start, end), if there is one. */
export function readServerToken(
  bytes: Buffer,
  start: number,
  end: number,
): ServerToken | undefined {
  const blob = bytes.subarray(start, end);
  const at = blob.indexOf(SIGNATURE);
  if (at < 0) return undefined;
  const message = blob.subarray(at);
  if (message.length < 48 || message.readUInt32LE(8) !== 2) return undefined;
  const flags = message.readUInt32LE(20);
  const length = message.readUInt16LE(40);
  const from = message.readUInt32LE(44);
  const texts = new Map<number, string>();
  let place = from;
  for (let i = 0; i < PAIRS_MAX && place + 4 <= Math.min(message.length, from + length); i++) {
    const id = message.readUInt16LE(place);
    const stop = place + 4 + message.readUInt16LE(place + 2);
    if (id === 0 || stop > message.length) break;
    if (id <= 5) texts.set(id, message.toString('utf16le', place + 4, stop).slice(0, 256));
    place = stop;
  }
  return {
    server: texts.get(AV_COMPUTER),
    domain: texts.get(AV_DOMAIN) ?? field(message, 12, (flags & UNICODE) !== 0),
    dnsName: texts.get(AV_DNS_COMPUTER),
    os: versionAt(message, 48, flags),
  };
}

/** A text by its length and place; undefined when it is empty. */
function field(message: Buffer, at: number, unicode: boolean): string | undefined {
  if (at + 8 > message.length) return undefined;
  const length = Math.min(message.readUInt16LE(at), TEXT_BYTES_MAX);
  const from = message.readUInt32LE(at + 4);
  if (length === 0 || from + length > message.length) return undefined;
  return message.toString(unicode ? 'utf16le' : 'latin1', from, from + length);
}

/** Windows' version and build: `10.0.19041`. Samba says 6.1.0. */
function versionAt(message: Buffer, at: number, flags: number): string | undefined {
  if ((flags & VERSION) === 0 || at + 8 > message.length) return undefined;
  const text = `${message[at]}.${message[at + 1]}.${message.readUInt16LE(at + 2)}`;
  return text === '0.0.0' ? undefined : text;
}
