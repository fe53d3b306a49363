/**
 * Handshake messages of TLS and DTLS, one whole message at a time, whatever record or fragments carried it: from
 * bytes to events, with the little state that later messages need (the version and suite that were chosen).
 */
import type { DecodeContext, Direction, PacketRef } from '../../decoder.ts';
import { type Certificate, readCertificate, readRawPublicKey } from './certificate.ts';
import type { CertificateEvent, PlainMessageEvent, TlsEvent } from './events.ts';
import { type Flaw, readClientHello, readServerHello, u16 } from './hello.ts';
import { clientHelloEvent, serverHelloEvent } from './hello-events.ts';
import {
  readCertificateRequest,
  readClientKeyExchange,
  readServerKeyExchange,
} from './key-exchange.ts';
import { cipherName } from './suites.ts';
import { encryptsHandshake, TLS_1_2, versionName, versionRank } from './versions.ts';

/** Longest handshake message that is read; a longer one is skipped. Under the 64 KiB that a stream gathers. */
export const MESSAGE_BYTES_MAX = 60_000;
/** Certificates of a chain that are read. */
export const CHAIN_MAX = 10;

const HELLO_REQUEST = 0;
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const HELLO_VERIFY_REQUEST = 3;
const NEW_SESSION_TICKET = 4;
/** Its own message in drafts of TLS 1.3 before 22. */
const HELLO_RETRY_REQUEST = 6;
const CERTIFICATE = 11;
const SERVER_KEY_EXCHANGE = 12;
const CERTIFICATE_REQUEST = 13;
const SERVER_HELLO_DONE = 14;
const CLIENT_KEY_EXCHANGE = 16;

const PLAIN = new Map<number, PlainMessageEvent['event']>([
  [HELLO_REQUEST, 'hello_request'],
  [SERVER_HELLO_DONE, 'server_hello_done'],
  [15, 'certificate_verify'],
  [22, 'certificate_status'],
]);
/** Known types whose content says nothing that is needed, or that travel encrypted only. */
const IGNORED = new Set([5, 8, 20, 21, 23, 24, 25, 67]);

/** True for a type that the handshake protocol knows. */
export function isHandshakeType(type: number): boolean {
  return (
    (type <= SERVER_HELLO_DONE && type !== 7 && type !== 9 && type !== 10) ||
    PLAIN.has(type) ||
    IGNORED.has(type) ||
    type === CLIENT_KEY_EXCHANGE
  );
}

/** Reads the handshake of one flow. */
export class Handshake {
  readonly protocol: 'tls' | 'dtls' | 'quic';
  readonly #context: DecodeContext;
  #suiteName = '';
  #serverKeyType = 0;
  #clientKeyType = 0;

  /** Who sent the ClientHello; 0 until the hellos say otherwise (a capture that began late). */
  client: Direction = 0;
  clientHelloSeen = false;
  /** Version and suite that the server chose; 0 until its hello. */
  version = 0;
  cipher = 0;
  /** All after the ServerHello is encrypted (TLS 1.3); a HelloRetryRequest tells it too. */
  sealed = false;
  /** The server went on to its key exchange, so this is no resumption (RFC 5246, 7.3). */
  full = false;
  /** TLS 1.3: the server took a pre-shared key that came from an earlier session. */
  ticket = false;
  /** The client offered a pre-shared key with a name that people gave it. */
  #namedKey = false;

  constructor(protocol: 'tls' | 'dtls' | 'quic', context: DecodeContext) {
    this.protocol = protocol;
    this.#context = context;
  }

  /** A hello of either side was seen. */
  get begun(): boolean {
    return this.clientHelloSeen || this.version !== 0;
  }

  emit(event: TlsEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }

  malformed(reason: string, offset: number, direction: Direction, at: PacketRef): void {
    this.emit({ protocol: this.protocol, event: 'malformed', reason, offset }, direction, at);
  }

  /** Takes one whole message: its type and its body, bytes [start, end). */
  message(
    type: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    switch (type) {
      case CLIENT_HELLO:
        this.#clientHello(bytes, start, end, direction, at);
        return;
      case SERVER_HELLO:
        this.#serverHello(bytes, start, end, direction, at);
        return;
      case HELLO_VERIFY_REQUEST:
        this.#helloVerifyRequest(bytes, start, end, direction, at);
        return;
      case HELLO_RETRY_REQUEST:
        this.#helloRetryRequest(bytes, start, end, direction, at);
        return;
      case NEW_SESSION_TICKET:
        this.#newSessionTicket(bytes, start, end, direction, at);
        return;
      case CERTIFICATE:
        this.#certificate(bytes, start, end, direction, at);
        return;
      case SERVER_KEY_EXCHANGE:
        this.full = true;
        this.#emitOr(
          readServerKeyExchange(bytes, start, end, this.#suiteName, this.protocol),
          direction,
          at,
        );
        return;
      case CERTIFICATE_REQUEST:
        this.#emitOr(
          readCertificateRequest(
            bytes,
            start,
            end,
            versionRank(this.version) >= TLS_1_2,
            this.protocol,
          ),
          direction,
          at,
        );
        return;
      case CLIENT_KEY_EXCHANGE:
        this.full = true;
        this.#emitOr(
          readClientKeyExchange(bytes, start, end, this.#suiteName, this.protocol),
          direction,
          at,
        );
        return;
      default: {
        const event = PLAIN.get(type);
        if (type === SERVER_HELLO_DONE) this.full = true;
        if (event) this.emit({ protocol: this.protocol, event }, direction, at);
        else if (!IGNORED.has(type)) this.malformed('unknown handshake message', 0, direction, at);
      }
    }
  }

  #emitOr(read: TlsEvent | Flaw, direction: Direction, at: PacketRef): void {
    if ('event' in read) this.emit(read, direction, at);
    else this.malformed(read.reason, read.offset, direction, at);
  }

  /** Begins a new handshake on the same flow. */
  restart(): void {
    this.version = 0;
    this.cipher = 0;
    this.sealed = false;
    this.full = false;
    this.ticket = false;
    this.#namedKey = false;
    this.#suiteName = '';
    this.#serverKeyType = 0;
    this.#clientKeyType = 0;
  }

  #clientHello(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const dtls = this.protocol === 'dtls';
    const hello = readClientHello(bytes, start, end, dtls);
    const { flaw } = hello;
    if (flaw) this.malformed(flaw.reason, flaw.offset, direction, at);
    if (hello.ciphers.length === 0) return;
    this.client = direction;
    this.clientHelloSeen = true;
    this.#namedKey = hello.pskIdentities.length > 0;
    this.emit(clientHelloEvent(hello, this.protocol), direction, at);
  }

  #serverHello(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const hello = readServerHello(bytes, start, end);
    const { flaw } = hello;
    if (flaw) this.malformed(flaw.reason, flaw.offset, direction, at);
    if (hello.version === 0) return;
    this.client = direction === 0 ? 1 : 0;
    if (hello.retry) {
      this.sealed = true;
      const { version, cipher, group } = hello;
      this.emit(
        {
          protocol: this.protocol,
          event: 'hello_retry_request',
          version: versionName(version),
          cipher,
          group,
        },
        direction,
        at,
      );
      return;
    }
    this.version = hello.version;
    this.cipher = hello.cipher;
    this.sealed = encryptsHandshake(hello.version);
    this.ticket = hello.psk && !this.#namedKey;
    this.#suiteName = cipherName(hello.cipher) ?? '';
    this.#serverKeyType = hello.serverCertificateType;
    this.#clientKeyType = hello.clientCertificateType;
    this.emit(serverHelloEvent(hello, this.protocol, this.#suiteName), direction, at);
  }

  /** RFC 6347, 4.2.1. */
  #helloVerifyRequest(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (end - start < 3 || start + 3 + bytes[start + 2] > end) {
      this.malformed('cookie longer than its message', 2, direction, at);
      return;
    }
    this.emit(
      {
        protocol: this.protocol,
        event: 'hello_verify_request',
        version: versionName(u16(bytes, start)),
        cookie_length: bytes[start + 2],
      },
      direction,
      at,
    );
  }

  #helloRetryRequest(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (end - start < 4) {
      this.malformed('hello too short', 0, direction, at);
      return;
    }
    this.emit(
      {
        protocol: this.protocol,
        event: 'hello_retry_request',
        version: versionName(u16(bytes, start)),
        cipher: undefined,
        group: undefined,
      },
      direction,
      at,
    );
  }

  /** RFC 5077, 3.3. */
  #newSessionTicket(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (end - start < 6 || start + 6 + u16(bytes, start + 4) > end) {
      this.malformed('ticket longer than its message', 4, direction, at);
      return;
    }
    this.emit(
      {
        protocol: this.protocol,
        event: 'new_session_ticket',
        lifetime_s: u16(bytes, start) * 65_536 + u16(bytes, start + 2),
        ticket_length: u16(bytes, start + 4),
      },
      direction,
      at,
    );
  }

  /** RFC 5246, 7.4.2; RFC 7250, section 3, for raw public keys. */
  #certificate(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const ofServer = direction !== this.client;
    if (ofServer) this.full = true;
    const raw = (ofServer ? this.#serverKeyType : this.#clientKeyType) === 2;
    if (end - start < 3 || start + 3 + u24(bytes, start) > end) {
      this.malformed('certificates longer than their message', 0, direction, at);
      return;
    }
    const stop = start + 3 + u24(bytes, start);
    const chain: Certificate[] = [];
    let count = 0;
    let from = raw ? start : start + 3;
    while (from < stop) {
      const length = from + 3 <= stop ? u24(bytes, from) : 0;
      if (length === 0 || from + 3 + length > stop) {
        this.malformed('certificate longer than its list', from - start, direction, at);
        break;
      }
      if (count++ < CHAIN_MAX) {
        const read = raw ? readRawPublicKey : readCertificate;
        const certificate = read(bytes, from + 3, from + 3 + length);
        if (!certificate) this.malformed('unreadable certificate', from - start, direction, at);
        // Behind a leaf that cannot be read no other may stand in its place.
        else if (count === 1 || chain.length > 0) chain.push(certificate);
      }
      from += 3 + length;
    }
    this.emit(certificateEvent(chain, count, this.protocol), direction, at);
  }
}

export function certificateEvent(
  chain: readonly Certificate[],
  count: number,
  protocol: 'tls' | 'dtls' | 'quic',
): CertificateEvent {
  const leaf = chain[0];
  return {
    protocol,
    event: 'certificate',
    subject: leaf?.subject,
    issuerdn: leaf?.issuer,
    serial: leaf?.serial,
    fingerprint: leaf?.fingerprint,
    notbefore: leaf?.not_before,
    notafter: leaf?.not_after,
    subjectaltname: leaf?.alternative_names,
    chain_length: count,
    chain,
  };
}

export function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
}
