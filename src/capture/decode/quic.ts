/**
 * QUIC: version 1 (RFC 9000, 9001), version 2 (RFC 9369), the drafts, and Google's QUIC before them. Initial packets
 * are opened with keys that anybody on the path can make, and the TLS messages in them are read as in TLS; of all that
 * follows only the types of packets can be told. Nothing else is decrypted.
 */
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { asBuffer, printable } from './payload.ts';
import { CryptoStream } from './quic/crypto-stream.ts';
import type { QuicEvent } from './quic/events.ts';
import { readFrames } from './quic/frames.ts';
import { publicVersion, readGoogleMessage } from './quic/google.ts';
import { INITIAL_DATAGRAM_BYTES_MIN, LongHeader, u32 } from './quic/header.ts';
import { InitialKeys, type OpenedPacket } from './quic/initial-keys.ts';
import { readTransportParameters } from './quic/transport-parameters.ts';
import {
  familyOf,
  INITIAL,
  isGreaseVersion,
  RETRY,
  versionText,
  ZERO_RTT,
} from './quic/versions.ts';
import { alertEvent } from './tls/alerts.ts';
import { CLIENT_HELLO, Handshake } from './tls/handshake.ts';
import { versionName } from './tls/versions.ts';
import { hexRun } from './wire-text.ts';

export type { QuicEvent } from './quic/events.ts';

const protocol = 'quic';
/** Decryptions tried on one flow: a handshake has fewer than ten Initial packets. */
const OPENINGS_MAX = 32;
const VERSIONS_MAX = 32;
/** Encrypted packets after which nothing more is waited for. */
const SHORT_PACKETS_MAX = 256;
/** CONNECTION_CLOSE with a TLS alert (RFC 9001, 4.8). */
const CRYPTO_ERROR = 0x0100;

/** Filled for the packet at hand; never kept. */
const header = new LongHeader();

export const quicDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  ports: [443],
  recognise(bytes, start, end) {
    const first = bytes[start];
    if ((first & 0x80) === 0) return publicVersion(bytes, start, end) > 0 ? 'yes' : 'no';
    if (end - start < 21) return 'no';
    const version = u32(bytes, start + 1);
    if (version === 0) return isNegotiation(bytes, start, end) ? 'yes' : 'no';
    const family = familyOf(version);
    if (family === undefined) return 'no';
    if (family === 'google-long') return 'yes';
    if ((first & 0x40) === 0 || !header.read(bytes, start, end)) return 'no';
    if (family !== 'unknown') return 'yes';
    const full = end - start >= INITIAL_DATAGRAM_BYTES_MIN && header.end - start >= 1000;
    return full && header.type === INITIAL && header.dcidEnd - header.dcid >= 8 ? 'yes' : 'no';
  },
  open: (_flow: Flow, context: DecodeContext) => new QuicParser(context),
};

/** RFC 9000, 17.2.1: connection ids, then a list of versions, of which one at least must be known. */
function isNegotiation(bytes: Uint8Array, start: number, end: number): boolean {
  if (!header.read(bytes, start, end)) return false;
  const list = end - header.scidEnd;
  if (list < 4 || list % 4 !== 0 || list > 4 * VERSIONS_MAX) return false;
  for (let at = header.scidEnd; at < end; at += 4) {
    const version = u32(bytes, at);
    if (familyOf(version) !== undefined && !isGreaseVersion(version)) return true;
  }
  return false;
}

class QuicParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #handshake: Handshake;
  #streams: [CryptoStream, CryptoStream] = [new CryptoStream(), new CryptoStream()];
  /** Made from the client's first connection id; the server may answer in another version (RFC 9369, 4). */
  #keys: InitialKeys | undefined;
  #connectionId: Buffer | undefined;
  #client: Direction | undefined;
  #openings = 0;
  /** Bits of packet types that were told, by direction; and 1-RTT packets seen. */
  readonly #told: [number, number] = [0, 0];
  readonly #short: [number, number] = [0, 0];
  #established = false;

  constructor(context: DecodeContext) {
    this.#context = context;
    this.#handshake = new Handshake(protocol, context);
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    // Several packets may share a datagram (RFC 9000, 12.2); a short one takes the rest of it.
    while (from < end && !this.done) {
      if ((bytes[from] & 0x80) === 0) {
        if (from === start && publicVersion(bytes, from, end) > 0) {
          this.#google(bytes, from, end, u32(bytes, from + 9), direction, at);
        } else if ((bytes[from] & 0x40) !== 0) this.#shortPacket(end - from, direction, at);
        break;
      }
      const version = end - from >= 5 ? u32(bytes, from + 1) : 0;
      const family = familyOf(version);
      if (family === 'google-long') {
        this.#google(bytes, from, end, version, direction, at);
        break;
      }
      if (end - from < 5 || (version !== 0 && family === undefined)) break;
      if (!header.read(bytes, from, end)) {
        this.#malformed('header longer than its datagram', from - start, direction, at);
        break;
      }
      const next = header.end;
      this.#longPacket(bytes, from, direction, at);
      from = next;
    }
    return end - start;
  }

  #longPacket(bytes: Uint8Array, start: number, direction: Direction, at: PacketRef): void {
    const { version, type } = header;
    if (version === 0) this.#negotiation(bytes, direction, at);
    else if (type === INITIAL) this.#initial(bytes, start, direction, at);
    else if (type === RETRY) this.#retry(bytes, direction, at);
    else if ((this.#told[direction] & (1 << type)) === 0) {
      this.#told[direction] |= 1 << type;
      const event = type === ZERO_RTT ? 'zero_rtt' : 'handshake';
      this.#emit({ protocol, event, version: versionText(version), ...ids(bytes) }, direction, at);
    }
  }

  #negotiation(bytes: Uint8Array, direction: Direction, at: PacketRef): void {
    const versions: string[] = [];
    for (let i = header.scidEnd; i + 4 <= header.end && versions.length < VERSIONS_MAX; i += 4)
      if (!isGreaseVersion(u32(bytes, i))) versions.push(versionText(u32(bytes, i)));
    this.#emit({ protocol, event: 'version_negotiation', ...ids(bytes), versions }, direction, at);
  }

  /** RFC 9001, 5.2: the keys of what follows are made from the connection id that the server chose. */
  #retry(bytes: Uint8Array, direction: Direction, at: PacketRef): void {
    const { version, tokenLength } = header;
    const event: QuicEvent = {
      protocol,
      event: 'retry',
      version: versionText(version),
      ...ids(bytes),
      token_length: tokenLength,
    };
    if (this.#client !== direction) {
      this.#connectionId = Buffer.from(bytes.subarray(header.scid, header.scidEnd));
      this.#keys = undefined;
      this.#streams = [new CryptoStream(), new CryptoStream()];
    }
    this.#emit(event, direction, at);
  }

  #initial(bytes: Uint8Array, start: number, direction: Direction, at: PacketRef): void {
    const number = header.version;
    const version = versionText(number);
    const opened = this.#open(bytes, start, direction);
    const event: QuicEvent = {
      protocol,
      event: 'initial',
      version,
      ...ids(bytes),
      token_length: header.tokenLength,
      packet_number: opened?.packetNumber,
    };
    this.#emit(event, direction, at);
    if (!opened) return;
    const { frames } = opened;
    if (familyOf(number) === 'google-sealed') {
      const message = readGoogleMessage(frames, 0, frames.length, number);
      if (message) this.#emit(message, direction, at);
      return;
    }
    const stream = this.#streams[direction];
    const flaw = readFrames(frames, {
      crypto: (offset, from, first, last) => {
        stream.take(offset, from, first, last);
        this.#messages(stream, version, direction, at);
      },
      close: (errorCode, from, first, last) => {
        const reason = printable(from, first, last) || undefined;
        this.#emit(
          { protocol, event: 'connection_close', version, error_code: errorCode, reason },
          direction,
          at,
        );
        if (errorCode >= CRYPTO_ERROR && errorCode < CRYPTO_ERROR + 256)
          this.#handshake.emit(alertEvent(protocol, 2, errorCode - CRYPTO_ERROR), direction, at);
      },
    });
    if (flaw) this.#malformed(flaw.reason, flaw.offset, direction, at, true);
  }

  #open(bytes: Uint8Array, start: number, direction: Direction): OpenedPacket | undefined {
    if (this.#openings++ >= OPENINGS_MAX) return undefined;
    const { version } = header;
    if (this.#connectionId && this.#keys?.version !== version)
      this.#keys = InitialKeys.of(version, this.#connectionId) ?? this.#keys;
    const side = direction === (this.#client ?? 0) ? 'client' : 'server';
    const opened = this.#keys?.open(side, bytes, start, header);
    if (opened) {
      this.#client ??= direction;
      return opened;
    }
    // A connection of its own: another on the same ports, or one whose Retry was not seen.
    const id = bytes.subarray(header.dcid, header.dcidEnd);
    if (id.length === 0 || (this.#client !== undefined && side === 'server')) return undefined;
    if (this.#connectionId?.equals(id)) return undefined;
    const keys = InitialKeys.of(version, id);
    const first = keys?.open('client', bytes, start, header);
    if (!first) return undefined;
    this.#keys = keys;
    this.#connectionId = Buffer.from(id);
    this.#client = direction;
    this.#streams = [new CryptoStream(), new CryptoStream()];
    this.#handshake.restart();
    return first;
  }

  #messages(stream: CryptoStream, version: string, direction: Direction, at: PacketRef): void {
    for (let message = stream.next(); message; message = stream.next()) {
      const { bytes, start, end } = message;
      this.#handshake.message(bytes[start], bytes, start + 4, end, direction, at);
      if (bytes[start] !== CLIENT_HELLO) continue;
      const parameters = readTransportParameters(bytes, start + 4, end, version);
      if (parameters) this.#emit(parameters, direction, at);
    }
  }

  /** A 1-RTT packet: the client sends one only when it has accepted the server's handshake. */
  #shortPacket(length: number, direction: Direction, at: PacketRef): void {
    const handshake = this.#handshake;
    const short = this.#short;
    const seen = ++short[direction];
    if (short[0] + short[1] >= SHORT_PACKETS_MAX) this.done = true;
    if (handshake.version === 0) return;
    if (!this.#established && direction === handshake.client) {
      this.#established = true;
      const { ticket, version } = handshake;
      handshake.emit(
        { protocol, event: 'established', version: versionName(version), session_resumed: ticket },
        direction,
        at,
      );
    }
    // The first packet of a side acknowledges; what comes after the handshake carries data.
    if (seen === 2)
      handshake.emit(
        { protocol, event: 'application_data', bytes: length, early: undefined },
        direction,
        at,
      );
    this.done ||= this.#established && short[0] > 1 && short[1] > 1;
  }

  #google(
    bytes: Uint8Array,
    start: number,
    end: number,
    version: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const message = readGoogleMessage(asBuffer(bytes), start, end, version);
    if (message) this.#emit(message, direction, at);
    if (++this.#short[direction] >= SHORT_PACKETS_MAX) this.done = true;
  }

  #emit(event: QuicEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }

  #malformed(
    reason: string,
    offset: number,
    direction: Direction,
    at: PacketRef,
    readable = false,
  ): void {
    this.#emit({ protocol, event: 'malformed', reason, offset, readable }, direction, at);
  }
}

/** The connection ids of the packet at hand. */
function ids(bytes: Uint8Array): { dcid: string; scid: string } {
  return {
    dcid: hexRun(bytes, header.dcid, header.dcidEnd),
    scid: hexRun(bytes, header.scid, header.scidEnd),
  };
}
