/**
 * DTLS 1.0, 1.2 and 1.3 (RFC 4347, 6347, 9147): records in datagrams, handshake messages in fragments that come in
 * any order or twice. What follows the handshake is told by epochs alone, with connection ids (RFC 9146) or without.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { Defragmenter, FRAGMENT_HEADER } from './dtls/fragments.ts';
import { alertEvent, isAlert } from './tls/alerts.ts';
import { Encryption } from './tls/encryption.ts';
import { CLIENT_HELLO, Handshake, isHandshakeType, u24 } from './tls/handshake.ts';
import { heartbeat } from './tls/heartbeat.ts';
import { u16 } from './tls/hello.ts';

export type { TlsEvent as DtlsEvent } from './tls/events.ts';

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const HEARTBEAT = 24;
/** A record whose length stands behind a connection id of unknown length (RFC 9146, section 4). */
const WITH_CONNECTION_ID = 25;
const HEADER = 13;
const RECORD_BYTES_MAX = 16_384 + 2048;

export const dtlsDecoder: Decoder = {
  protocol: 'dtls',
  carriers: ['udp'],
  ports: [5684, 4433, 853, 2221, 8884, 5061, 10161],
  recognise,
  open: (flow, context) => new DtlsParser(flow, context),
};

/** Records must fill the datagram exactly, and a handshake fragment its record. */
function recognise(bytes: Uint8Array, start: number, end: number): Recognition {
  if (end - start < HEADER + 1) return 'no';
  let at = start;
  while (at < end) {
    if (end - at < HEADER || !isRecordHeader(bytes, at)) return 'no';
    const length = u16(bytes, at + 11);
    if (length === 0 || at + HEADER + length > end) return 'no';
    if (bytes[at] === HANDSHAKE && epoch(bytes, at) === 0) {
      if (!fragmentFits(bytes, at + HEADER, length)) return 'no';
    } else if (bytes[at] === ALERT && epoch(bytes, at) === 0) {
      if (length !== 2 || !isAlert(bytes[at + HEADER], bytes[at + HEADER + 1])) return 'no';
    }
    at += HEADER + length;
  }
  return 'yes';
}

function fragmentFits(bytes: Uint8Array, at: number, length: number): boolean {
  if (length < FRAGMENT_HEADER || !isHandshakeType(bytes[at])) return false;
  const offset = u24(bytes, at + 6);
  const fragment = u24(bytes, at + 9);
  return offset + fragment <= u24(bytes, at + 1) && FRAGMENT_HEADER + fragment <= length;
}

function isRecordHeader(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at];
  const version = u16(bytes, at + 1);
  return (
    type >= CHANGE_CIPHER_SPEC &&
    type <= HEARTBEAT &&
    (version === 0xfefd || version === 0xfeff || version === 0x0100) &&
    u16(bytes, at + 11) <= RECORD_BYTES_MAX
  );
}

const epoch = (bytes: Uint8Array, at: number): number => u16(bytes, at + 3);

class DtlsParser implements Parser {
  readonly #handshake: Handshake;
  readonly #encryption: Encryption;
  readonly #messages: readonly [Defragmenter, Defragmenter];
  /** First bytes of the client's random: another one begins another handshake on the same ports. */
  #random = -1;

  constructor(flow: Flow, context: DecodeContext) {
    this.#handshake = new Handshake('dtls', context);
    this.#encryption = new Encryption(this.#handshake);
    const run = flow.run ?? context;
    this.#messages = [new Defragmenter(run), new Defragmenter(run)];
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const encryption = this.#encryption;
    let from = start;
    while (from < end) {
      const type = bytes[from];
      // Once all is told, only the beginning of another handshake counts.
      if (encryption.followed && (type !== HANDSHAKE || epoch(bytes, from) !== 0)) break;
      if (type >>> 5 === 1) {
        this.#unified(bytes[from], end - from, direction, at);
        break;
      }
      if (type === WITH_CONNECTION_ID) {
        encryption.hiddenRecord(end - from, direction, at);
        break;
      }
      // Media keyed by this handshake share its ports (RFC 7983).
      if (from === start && (type < 4 || type >>> 4 === 4 || type >>> 6 === 2)) break;
      if (end - from < HEADER || !isRecordHeader(bytes, from)) {
        this.#handshake.malformed('not a DTLS record', from - start, direction, at);
        break;
      }
      const length = u16(bytes, from + 11);
      const next = from + HEADER + length;
      if (next > end) {
        this.#handshake.malformed('record longer than its datagram', from - start, direction, at);
        break;
      }
      this.#record(bytes, from, length, direction, at);
      from = next;
    }
    return end - start;
  }

  close(at: PacketRef): void {
    this.#flush(0, at);
    this.#flush(1, at);
  }

  #record(
    bytes: Uint8Array,
    from: number,
    length: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const type = bytes[from];
    const body = from + HEADER;
    const encryption = this.#encryption;
    if (type === APPLICATION_DATA) {
      if (epoch(bytes, from) > 0)
        encryption.applicationData(length, HEADER + length, direction, at);
    } else if (type === CHANGE_CIPHER_SPEC) {
      this.#flush(direction, at);
      encryption.changeCipherSpec(false, direction, at);
    } else if (epoch(bytes, from) > 0) {
      if (type !== HANDSHAKE) return;
      encryption.assume(direction);
      encryption.handshakeRecord(direction, at);
    } else if (type === HANDSHAKE) this.#fragments(bytes, body, body + length, direction, at);
    else if (type === HEARTBEAT) heartbeat(bytes, body, length, this.#handshake, direction, at);
    else if (length === 2 && isAlert(bytes[body], bytes[body + 1]))
      this.#handshake.emit(alertEvent('dtls', bytes[body], bytes[body + 1]), direction, at);
    else this.#handshake.malformed('not an alert', HEADER, direction, at);
  }

  /** A record holds one fragment or more (RFC 6347, 4.2.3). */
  #fragments(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    let from = start;
    while (from < end) {
      if (end - from < FRAGMENT_HEADER) {
        this.#handshake.malformed('fragment header cut off', from - start, direction, at);
        return;
      }
      const length = u24(bytes, from + 9);
      const next = from + FRAGMENT_HEADER + length;
      if (next > end || u24(bytes, from + 6) + length > u24(bytes, from + 1)) {
        this.#handshake.malformed('fragment longer than its message', from - start, direction, at);
        return;
      }
      if (bytes[from] === CLIENT_HELLO) this.#noticeRestart(bytes, from, length);
      const messages = this.#messages[direction];
      const reason = messages.take(bytes, from);
      if (reason !== undefined) this.#handshake.malformed(reason, from - start, direction, at);
      this.#deliver(messages, direction, at);
      from = next;
    }
  }

  /** A ClientHello with another random than before, though not one that answers a HelloVerifyRequest. */
  #noticeRestart(bytes: Uint8Array, from: number, length: number): void {
    if (u24(bytes, from + 6) !== 0 || length < 10) return;
    const at = from + FRAGMENT_HEADER + 2;
    // Four bytes of the random that are not its time, as a 32-bit number.
    const random = u16(bytes, at + 4) * 65_536 + u16(bytes, at + 6);
    if (this.#random >= 0 && random !== this.#random) {
      this.#handshake.restart();
      this.#encryption.restart();
      for (const messages of this.#messages) messages.restart();
    }
    this.#random = random;
  }

  #deliver(messages: Defragmenter, direction: Direction, at: PacketRef): void {
    for (;;) {
      const message = messages.next();
      if (!message) return;
      const { type, bytes, start, end } = message;
      this.#handshake.message(type, bytes, start, end, direction, at);
    }
  }

  /** What waits for a lost message waits in vain: it is read without it. */
  #flush(direction: Direction, at: PacketRef): void {
    const messages = this.#messages[direction];
    messages.flush();
    this.#deliver(messages, direction, at);
    messages.release();
  }

  /** RFC 9147, section 4: 001CSLEE; the epoch's lower bits say 2 for handshake and 3 or more for data. */
  #unified(first: number, length: number, direction: Direction, at: PacketRef): void {
    if (!this.#handshake.sealed) return;
    this.#encryption.epochRecord((first & 3) === 2, length, direction, at);
  }
}
