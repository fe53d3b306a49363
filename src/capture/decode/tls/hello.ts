/**
 * ClientHello and ServerHello: from the body of the handshake message (behind its type and length) to numbers and
 * names. Knows nothing of records, so TLS, DTLS and QUIC read their hellos with it. RFC 8446, 4.1 and 4.2; RFC 5246,
 * 7.4.1; RFC 9147, 5.3.
 */
import { isGrease, TLS_1_3, TLS_1_3_EARLY_DRAFT } from './versions.ts';

/** Names in an ALPN extension that are kept, and bytes of a server name (a DNS name has at most 255). */
const ALPN_MAX = 32;
const SERVER_NAME_BYTES_MAX = 255;
const PSK_IDENTITIES_MAX = 8;
const PSK_IDENTITY_BYTES_MAX = 128;

const SERVER_NAME = 0;
const SUPPORTED_GROUPS = 10;
const EC_POINT_FORMATS = 11;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const CLIENT_CERTIFICATE_TYPE = 19;
const SERVER_CERTIFICATE_TYPE = 20;
const PRE_SHARED_KEY = 41;
const EARLY_DATA = 42;
const SUPPORTED_VERSIONS = 43;
const KEY_SHARE = 51;
/** key_share had this number before draft 23. */
const KEY_SHARE_EARLY_DRAFT = 40;

/** SHA-256 of "HelloRetryRequest", the random by which TLS 1.3 marks one (RFC 8446, 4.1.3). */
const RETRY_RANDOM = Buffer.from(
  'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c',
  'hex',
);

/** Where a message breaks the specification; what was read before it is kept. */
export interface Flaw {
  readonly reason: string;
  /** From the start of the handshake body. */
  readonly offset: number;
}

/** All lists are in the client's order and without grease, but may be as long as the message. */
export interface ClientHello {
  legacyVersion: number;
  /** Of the extension supported_versions; empty without it. */
  versions: number[];
  sessionIdLength: number;
  cookieLength: number;
  ciphers: number[];
  extensions: number[];
  groups: number[];
  pointFormats: number[];
  signatureAlgorithms: number[];
  keyShares: number[];
  /** The extension server_name is there, whatever it holds. */
  named: boolean;
  serverName: string | undefined;
  alpn: string[];
  earlyData: boolean;
  pskIdentities: string[];
  flaw: Flaw | undefined;
}

export interface ServerHello {
  legacyVersion: number;
  /** The version really chosen: supported_versions, else the legacy version. */
  version: number;
  /** It is a HelloRetryRequest in the form of a ServerHello. */
  retry: boolean;
  sessionIdLength: number;
  cipher: number;
  extensions: number[];
  group: number | undefined;
  alpn: string[];
  psk: boolean;
  /** RFC 7250: 0 X.509, 2 raw public key. */
  serverCertificateType: number;
  clientCertificateType: number;
  flaw: Flaw | undefined;
}

/** Reads the body of a ClientHello, bytes [start, end). `dtls`: a cookie stands before the cipher suites. */
export function readClientHello(
  bytes: Uint8Array,
  start: number,
  end: number,
  dtls = false,
): ClientHello {
  const hello: ClientHello = {
    legacyVersion: 0,
    versions: [],
    sessionIdLength: 0,
    cookieLength: 0,
    ciphers: [],
    extensions: [],
    groups: [],
    pointFormats: [],
    signatureAlgorithms: [],
    keyShares: [],
    named: false,
    serverName: undefined,
    alpn: [],
    earlyData: false,
    pskIdentities: [],
    flaw: undefined,
  };
  const flaw = (reason: string, at: number): ClientHello => {
    hello.flaw = { reason, offset: at - start };
    return hello;
  };
  if (end - start < 35) return flaw('hello too short', end);
  hello.legacyVersion = u16(bytes, start);
  let at = start + 34;
  hello.sessionIdLength = bytes[at];
  at += 1 + hello.sessionIdLength;
  if (dtls) {
    if (at >= end) return flaw('session id longer than its message', start + 34);
    hello.cookieLength = bytes[at];
    at += 1 + hello.cookieLength;
  }
  if (at + 2 > end) return flaw('session id longer than its message', start + 34);
  const ciphersEnd = at + 2 + u16(bytes, at);
  if (ciphersEnd > end) return flaw('cipher suites longer than their message', at);
  if ((ciphersEnd - at) & 1) return flaw('odd length of cipher suites', at);
  numbers(bytes, at + 2, ciphersEnd, hello.ciphers);
  at = ciphersEnd;
  if (at >= end) return flaw('compression methods missing', at);
  at += 1 + bytes[at];
  if (at > end) return flaw('compression methods longer than their message', ciphersEnd);
  // Extensions are absent before TLS 1.2 (RFC 5246, 7.4.1.2).
  if (at === end) return hello;
  return readExtensions(bytes, start, at, end, hello, clientExtension) as ClientHello;
}

/** Reads the body of a ServerHello (or of a HelloRetryRequest in that form), bytes [start, end). */
export function readServerHello(bytes: Uint8Array, start: number, end: number): ServerHello {
  const hello: ServerHello = {
    legacyVersion: 0,
    version: 0,
    retry: false,
    sessionIdLength: 0,
    cipher: 0,
    extensions: [],
    group: undefined,
    alpn: [],
    psk: false,
    serverCertificateType: 0,
    clientCertificateType: 0,
    flaw: undefined,
  };
  const flaw = (reason: string, at: number): ServerHello => {
    hello.flaw = { reason, offset: at - start };
    return hello;
  };
  if (end - start < 36) return flaw('hello too short', end);
  hello.legacyVersion = u16(bytes, start);
  hello.version = hello.legacyVersion === TLS_1_3 ? TLS_1_3_EARLY_DRAFT : hello.legacyVersion;
  hello.retry = isRetry(bytes, start + 2);
  let at = start + 34;
  // Drafts of TLS 1.3 before 22 have neither session id nor compression method.
  const draft = hello.legacyVersion >>> 8 === 0x7f || hello.legacyVersion === TLS_1_3;
  if (!draft) {
    hello.sessionIdLength = bytes[at];
    at += 1 + hello.sessionIdLength;
    if (at + 3 > end) return flaw('session id longer than its message', start + 34);
  }
  hello.cipher = u16(bytes, at);
  at += draft ? 2 : 3;
  if (at >= end) return hello;
  return readExtensions(bytes, start, at, end, hello, serverExtension) as ServerHello;
}

type Extended = ClientHello | ServerHello;
/** Takes one extension's data, bytes [at, end); false: it breaks its specification. */
type TakeExtension = (
  type: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  hello: Extended,
) => boolean;

function readExtensions(
  bytes: Uint8Array,
  start: number,
  from: number,
  end: number,
  hello: Extended,
  take: TakeExtension,
): Extended {
  let at = from;
  const stop = at + 2 <= end ? at + 2 + u16(bytes, at) : end + 1;
  if (stop > end) {
    hello.flaw = { reason: 'extensions longer than their message', offset: at - start };
    return hello;
  }
  at += 2;
  while (at < stop) {
    const dataEnd = at + 4 <= stop ? at + 4 + u16(bytes, at + 2) : stop + 1;
    if (dataEnd > stop) {
      hello.flaw = { reason: 'extension longer than its list', offset: at - start };
      return hello;
    }
    const type = u16(bytes, at);
    if (!isGrease(type)) {
      hello.extensions.push(type);
      if (!take(type, bytes, at + 4, dataEnd, hello))
        hello.flaw ??= { reason: 'extension contradicts its length', offset: at - start };
    }
    at = dataEnd;
  }
  return hello;
}

function clientExtension(
  type: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  extended: Extended,
): boolean {
  const hello = extended as ClientHello;
  switch (type) {
    case SERVER_NAME:
      hello.named = true;
      return readServerName(bytes, at, end, hello);
    case SUPPORTED_GROUPS:
      return list16(bytes, at, end, hello.groups);
    case EC_POINT_FORMATS:
      if (at >= end || at + 1 + bytes[at] > end) return false;
      for (let i = at + 1; i <= at + bytes[at]; i++) hello.pointFormats.push(bytes[i]);
      return true;
    case SIGNATURE_ALGORITHMS:
      return list16(bytes, at, end, hello.signatureAlgorithms);
    case ALPN:
      return readAlpn(bytes, at, end, hello.alpn);
    case PRE_SHARED_KEY:
      return readIdentities(bytes, at, end, hello.pskIdentities);
    case EARLY_DATA:
      hello.earlyData = true;
      return true;
    case SUPPORTED_VERSIONS:
      if (at >= end || at + 1 + bytes[at] > end || bytes[at] & 1) return false;
      numbers(bytes, at + 1, at + 1 + bytes[at], hello.versions);
      return true;
    case KEY_SHARE:
    case KEY_SHARE_EARLY_DRAFT:
      return readKeyShares(bytes, at, end, hello.keyShares);
    default:
      return true;
  }
}

function serverExtension(
  type: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  extended: Extended,
): boolean {
  const hello = extended as ServerHello;
  switch (type) {
    case ALPN:
      return readAlpn(bytes, at, end, hello.alpn);
    case SUPPORTED_VERSIONS:
      if (end - at !== 2) return false;
      hello.version = u16(bytes, at);
      return true;
    case KEY_SHARE:
    case KEY_SHARE_EARLY_DRAFT:
      if (end - at < 2) return false;
      hello.group = u16(bytes, at);
      return true;
    case PRE_SHARED_KEY:
      hello.psk = true;
      return true;
    case SERVER_CERTIFICATE_TYPE:
      if (end - at === 1) hello.serverCertificateType = bytes[at];
      return end - at === 1;
    case CLIENT_CERTIFICATE_TYPE:
      if (end - at === 1) hello.clientCertificateType = bytes[at];
      return end - at === 1;
    default:
      return true;
  }
}

/** RFC 6066, section 3: the first host_name of the list. */
function readServerName(bytes: Uint8Array, at: number, end: number, hello: ClientHello): boolean {
  if (at === end) return true;
  if (end - at < 5) return false;
  const length = u16(bytes, at + 3);
  if (at + 5 + length > end || length === 0) return false;
  if (bytes[at + 2] !== 0 || hello.serverName !== undefined) return true;
  hello.serverName = text(bytes, at + 5, at + 5 + Math.min(length, SERVER_NAME_BYTES_MAX));
  return length <= SERVER_NAME_BYTES_MAX;
}

/** RFC 7301, section 3.1. */
function readAlpn(bytes: Uint8Array, from: number, end: number, names: string[]): boolean {
  if (end - from < 2 || from + 2 + u16(bytes, from) > end) return false;
  const stop = from + 2 + u16(bytes, from);
  for (let at = from + 2; at < stop; ) {
    const next = at + 1 + bytes[at];
    if (next > stop) return false;
    if (names.length < ALPN_MAX) names.push(text(bytes, at + 1, next));
    at = next;
  }
  return true;
}

/** RFC 8446, 4.2.11: only identities that people chose; tickets are ciphertext and say nothing. */
function readIdentities(bytes: Uint8Array, from: number, end: number, into: string[]): boolean {
  if (end - from < 2 || from + 2 + u16(bytes, from) > end) return false;
  const stop = from + 2 + u16(bytes, from);
  for (let at = from + 2; at < stop; ) {
    if (at + 2 > stop) return false;
    const identityEnd = at + 2 + u16(bytes, at);
    if (identityEnd + 4 > stop) return false;
    if (
      identityEnd - at - 2 <= PSK_IDENTITY_BYTES_MAX &&
      into.length < PSK_IDENTITIES_MAX &&
      isPrintable(bytes, at + 2, identityEnd)
    )
      into.push(text(bytes, at + 2, identityEnd));
    at = identityEnd + 4;
  }
  return true;
}

/** RFC 8446, 4.2.8: the groups for which the client sends a key at once. */
function readKeyShares(bytes: Uint8Array, from: number, end: number, groups: number[]): boolean {
  if (end - from < 2 || from + 2 + u16(bytes, from) > end) return false;
  const stop = from + 2 + u16(bytes, from);
  for (let at = from + 2; at < stop; ) {
    if (at + 4 > stop) return false;
    const next = at + 4 + u16(bytes, at + 2);
    if (next > stop) return false;
    const group = u16(bytes, at);
    if (!isGrease(group)) groups.push(group);
    at = next;
  }
  return true;
}

function list16(bytes: Uint8Array, at: number, end: number, into: number[]): boolean {
  if (end - at < 2) return false;
  const length = u16(bytes, at);
  if (length & 1 || at + 2 + length > end) return false;
  numbers(bytes, at + 2, at + 2 + length, into);
  return true;
}

function numbers(bytes: Uint8Array, start: number, end: number, into: number[]): void {
  for (let at = start; at + 1 < end; at += 2) {
    const value = u16(bytes, at);
    if (!isGrease(value)) into.push(value);
  }
}

function isRetry(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 32; i++) if (bytes[at + i] !== RETRY_RANDOM[i]) return false;
  return true;
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function isPrintable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] < 0x20 || bytes[at] > 0x7e) return false;
  return end > start;
}

/** One character a byte: names of protocols and hosts are ASCII, and a byte that is not stays countable (JA4). */
function text(bytes: Uint8Array, start: number, end: number): string {
  let out = '';
  for (let at = start; at < end; at++) out += String.fromCharCode(bytes[at]);
  return out;
}
