/**
 * Hellos in the format of SSL 2: a client's may open a TLS connection too (RFC 5246, E.2), a server's means that
 * SSL 2 itself is spoken (draft-hickman-netscape-ssl-00).
 */
import type { Direction, PacketRef } from '../../decoder.ts';
import { readCertificate } from './certificate.ts';
import { certificateEvent, type Handshake } from './handshake.ts';
import { u16 } from './hello.ts';
import { LIST_MAX } from './hello-events.ts';
import { cipherName } from './suites.ts';
import { SSL_2, versionName } from './versions.ts';

const CLIENT_HELLO = 1;
const CLIENT_MASTER_KEY = 2;
const SERVER_HELLO = 4;
const CLIENT_HELLO_FIXED = 9;
const SERVER_HELLO_FIXED = 11;
/** A hello's record has a header of two bytes. */
const HEADER = 2;

/**
 * Judges whether bytes [start, end) begin with a ClientHello or ServerHello in the format of SSL 2: every length
 * must agree with the record's. Allocates nothing.
 */
export function recogniseSsl2(
  bytes: Uint8Array,
  start: number,
  end: number,
): 'yes' | 'no' | 'more' {
  if (end - start < 3) return bytes[start] & 0x80 ? 'more' : 'no';
  const length = ssl2Length(bytes, start);
  const type = bytes[start + 2];
  if (type === CLIENT_HELLO) {
    if (end - start < 5) return 'more';
    const version = u16(bytes, start + 3);
    if (version !== SSL_2 && (version >>> 8 !== 3 || (version & 0xff) > 4)) return 'no';
    if (end - start < HEADER + CLIENT_HELLO_FIXED) return 'more';
    const specs = u16(bytes, start + 5);
    const sessionId = u16(bytes, start + 7);
    const challenge = u16(bytes, start + 9);
    const fits =
      specs > 0 &&
      specs % 3 === 0 &&
      sessionId <= 32 &&
      challenge >= 16 &&
      challenge <= 32 &&
      length === CLIENT_HELLO_FIXED + specs + sessionId + challenge;
    return fits ? 'yes' : 'no';
  }
  if (type !== SERVER_HELLO) return 'no';
  if (end - start < HEADER + SERVER_HELLO_FIXED) return 'more';
  const fits =
    bytes[start + 3] <= 1 &&
    bytes[start + 4] <= 1 &&
    u16(bytes, start + 5) === SSL_2 &&
    u16(bytes, start + 9) % 3 === 0 &&
    length ===
      SERVER_HELLO_FIXED + u16(bytes, start + 7) + u16(bytes, start + 9) + u16(bytes, start + 11);
  return fits ? 'yes' : 'no';
}

/** Bytes of the record's header: a third names the padding that some ciphers need. */
export function ssl2Header(bytes: Uint8Array, at: number): number {
  return bytes[at] & 0x80 ? HEADER : HEADER + 1;
}

/** Bytes of the record behind its header. */
export function ssl2Length(bytes: Uint8Array, at: number): number {
  return ((bytes[at] & (bytes[at] & 0x80 ? 0x7f : 0x3f)) << 8) | bytes[at + 1];
}

/** Takes a whole record that recogniseSsl2 said yes to, or a ClientMasterKey; its body is bytes [start, end). */
export function readSsl2(
  bytes: Uint8Array,
  start: number,
  end: number,
  handshake: Handshake,
  direction: Direction,
  at: PacketRef,
): void {
  if (bytes[start] === CLIENT_HELLO) readClientHello(bytes, start, handshake, direction, at);
  else if (bytes[start] === SERVER_HELLO) readServerHello(bytes, start, handshake, direction, at);
  else if (bytes[start] === CLIENT_MASTER_KEY && end - start >= 4)
    readMasterKey(bytes, start, handshake, direction, at);
}

function readClientHello(
  bytes: Uint8Array,
  start: number,
  handshake: Handshake,
  direction: Direction,
  at: PacketRef,
): void {
  const version = versionName(u16(bytes, start + 1));
  handshake.client = direction;
  handshake.clientHelloSeen = true;
  handshake.emit(
    {
      protocol: 'tls',
      event: 'client_hello',
      version,
      legacy_version: version,
      versions: [version],
      server_name: undefined,
      alpn: [],
      // Kinds below 0x010000 are suites of SSL 3 and TLS.
      ciphers: kinds(bytes, start + CLIENT_HELLO_FIXED, u16(bytes, start + 3)),
      extensions: [],
      groups: [],
      signature_algorithms: [],
      key_shares: [],
      session_id_length: u16(bytes, start + 5),
      psk_identities: undefined,
      early_data: undefined,
      cookie_length: undefined,
      ja3: undefined,
      ja3_string: undefined,
      ja4: undefined,
    },
    direction,
    at,
  );
}

/** The client chooses the cipher, so the server's hello names none; its record is the ClientMasterKey. */
function readServerHello(
  bytes: Uint8Array,
  start: number,
  handshake: Handshake,
  direction: Direction,
  at: PacketRef,
): void {
  handshake.client = direction === 0 ? 1 : 0;
  handshake.version = SSL_2;
  handshake.full = bytes[start + 1] === 0;
  handshake.emit(
    {
      protocol: 'tls',
      event: 'server_hello',
      version: versionName(SSL_2),
      legacy_version: versionName(SSL_2),
      cipher: 0,
      cipher_name: undefined,
      group: undefined,
      alpn: [],
      extensions: [],
      session_id_length: 0,
      psk: undefined,
      ja3s: undefined,
      ja3s_string: undefined,
    },
    direction,
    at,
  );
  const length = u16(bytes, start + 5);
  if (length === 0) return;
  const from = start + SERVER_HELLO_FIXED;
  const certificate = readCertificate(bytes, from, from + length);
  if (certificate) handshake.emit(certificateEvent([certificate], 1, 'tls'), direction, at);
  else handshake.malformed('unreadable certificate', SERVER_HELLO_FIXED, direction, at);
}

function readMasterKey(
  bytes: Uint8Array,
  start: number,
  handshake: Handshake,
  direction: Direction,
  at: PacketRef,
): void {
  const cipher = (bytes[start + 1] << 16) | u16(bytes, start + 2);
  handshake.cipher = cipher;
  handshake.emit(
    {
      protocol: 'tls',
      event: 'client_master_key',
      cipher,
      cipher_name: cipherName(cipher),
    },
    direction,
    at,
  );
}

function kinds(bytes: Uint8Array, from: number, length: number): number[] {
  const found: number[] = [];
  for (let at = from; at < from + length && found.length < LIST_MAX; at += 3)
    found.push((bytes[at] << 16) | u16(bytes, at + 1));
  return found;
}
