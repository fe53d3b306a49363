/**
 * TLS 1.0 to 1.3 and SSL 2 and 3 over a stream: the record layer (RFC 8446, section 5; RFC 5246, section 6.2), what
 * is in clear of the handshake, and the point from which both sides speak encrypted. Nothing is decrypted.
 */
import type { DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { alertEvent, isAlert } from './tls/alerts.ts';
import { Encryption } from './tls/encryption.ts';
import { Handshake, isHandshakeType, MESSAGE_BYTES_MAX, u24 } from './tls/handshake.ts';
import { heartbeat } from './tls/heartbeat.ts';
import { u16 } from './tls/hello.ts';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  findRecord,
  HANDSHAKE,
  HEADER,
  HEARTBEAT,
  isRecordHeader,
  recogniseTls,
} from './tls/records.ts';
import { readSsl2, recogniseSsl2, ssl2Header, ssl2Length } from './tls/ssl2.ts';

export type { TlsEvent } from './tls/events.ts';

export const tlsDecoder: Decoder = {
  protocol: 'tls',
  carriers: ['tcp'],
  ports: [443, 8883, 853, 8443, 993, 995, 465, 636, 990, 5671, 5061, 6697],
  recognise: recogniseTls,
  open: (_flow, context) => new TlsParser(context),
};

/** What is known of one direction's records. */
interface Side {
  started: boolean;
  /** Bytes of the record at the front that were read as handshake messages. */
  read: number;
  /** Bytes that must be in hand before another try at a message makes sense. */
  wanted: number;
  /** Bytes of a handshake message that are skipped for its length. */
  skip: number;
  /** The place in the stream was lost; a record header is searched. */
  lost: boolean;
  /** Bytes were lost. */
  gap: boolean;
  /** What looks like handshake may be encrypted. */
  doubtful: boolean;
  /** It does not speak TLS; nothing more is read of it. */
  dead: boolean;
}

const newSide = (): Side => ({
  started: false,
  read: 0,
  wanted: 0,
  skip: 0,
  lost: false,
  gap: false,
  doubtful: false,
  dead: false,
});

/** Where a message that lies in several records is put together; used within one call only. */
const assembly = new Uint8Array(MESSAGE_BYTES_MAX + 4);

class TlsParser implements Parser {
  done = false;
  readonly #handshake: Handshake;
  readonly #encryption: Encryption;
  readonly #sides: readonly [Side, Side] = [newSide(), newSide()];
  /** SSL 2 is spoken, and after the ClientMasterKey all is encrypted. */
  #ssl2 = false;

  constructor(context: DecodeContext) {
    this.#handshake = new Handshake('tls', context);
    this.#encryption = new Encryption(this.#handshake);
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const side = this.#sides[direction];
    if (side.dead) return end - start;
    let pos = start;
    if (side.lost) {
      pos = findRecord(bytes, start, end);
      if (pos < 0) return end - start;
      side.lost = false;
    }
    while (end - pos >= HEADER && !this.done) {
      const next =
        this.#ssl2 || (!side.started && bytes[pos] & 0x80)
          ? this.#ssl2Record(bytes, pos, end, side, direction, at)
          : this.#record(bytes, pos, end, side, direction, at);
      if (next < 0) break;
      pos = next;
    }
    return pos - start;
  }

  gap(_missing: number, direction: Direction): void {
    const side = this.#sides[direction];
    side.lost = true;
    side.gap = true;
    side.doubtful = true;
    side.read = 0;
    side.wanted = 0;
    side.skip = 0;
    // Without its beginning SSL 2 cannot be told from noise.
    if (this.#ssl2) this.done = true;
  }

  /** Takes the record at `pos`; returns where the next begins (perhaps beyond `end`), or -1 for more bytes. */
  #record(
    bytes: Uint8Array,
    pos: number,
    end: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): number {
    if (!isRecordHeader(bytes, pos)) {
      this.#handshake.malformed('not a TLS record', 0, direction, at);
      side.dead = true;
      this.done = this.#sides[0].dead && this.#sides[1].dead;
      return end;
    }
    side.started = true;
    const type = bytes[pos];
    const length = u16(bytes, pos + 3);
    const next = pos + HEADER + length;
    const encryption = this.#encryption;
    if (type === HANDSHAKE && !encryption.begun(direction))
      return this.#messages(bytes, pos, end, side, direction, at);
    if (type === APPLICATION_DATA) {
      encryption.applicationData(length, Math.min(next, end) - pos, direction, at);
      this.done = encryption.followed;
    } else if (type === HANDSHAKE) encryption.handshakeRecord(direction, at);
    else if (type === CHANGE_CIPHER_SPEC) {
      if (!encryption.changeCipherSpec(side.gap, direction, at)) side.doubtful = true;
    } else if (!encryption.begun(direction)) {
      const needed = type === ALERT ? length : Math.min(length, 3);
      if (pos + HEADER + needed > end) return -1;
      if (type === HEARTBEAT)
        heartbeat(bytes, pos + HEADER, length, this.#handshake, direction, at);
      else this.#alert(bytes, pos, length, side, direction, at);
    }
    return next;
  }

  #alert(
    bytes: Uint8Array,
    pos: number,
    length: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (length === 2 && isAlert(bytes[pos + 5], bytes[pos + 6]))
      this.#handshake.emit(alertEvent('tls', bytes[pos + 5], bytes[pos + 6]), direction, at);
    // Without a hello, or behind a gap, it is an encrypted one.
    else if (this.#handshake.begun && !side.gap && !this.#encryption.begunAnywhere)
      this.#handshake.malformed('not an alert', HEADER, direction, at);
  }

  /**
   * Reads the handshake messages of the record at `pos`. The last may lie in several records, which then stay
   * unconsumed until they are all there. Returns as #record does.
   */
  #messages(
    bytes: Uint8Array,
    pos: number,
    end: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): number {
    const next = pos + HEADER + u16(bytes, pos + 3);
    let from = pos + HEADER + side.read;
    while (from < next) {
      if (side.skip > 0) {
        const skipped = Math.min(side.skip, next - from);
        side.skip -= skipped;
        from += skipped;
        continue;
      }
      if (end - pos < side.wanted) return -1;
      const length = next - from >= 4 && end - from >= 4 ? u24(bytes, from + 1) : -1;
      if (length < 0 || from + 4 + length > next) {
        side.read = from - pos - HEADER;
        if (next - from >= 4 && length < 0) return -1;
        if (this.#beyondRead(bytes, from, length, side, direction, at)) {
          if (side.skip > 0) continue;
          side.read = 0;
          return next;
        }
        return this.#assemble(bytes, pos, from, end, side, direction, at);
      }
      if (from + 4 + length > end) {
        side.read = from - pos - HEADER;
        side.wanted = from + 4 + length - pos;
        return -1;
      }
      side.wanted = 0;
      this.#handshake.message(bytes[from], bytes, from + 4, from + 4 + length, direction, at);
      from += 4 + length;
    }
    side.read = 0;
    side.wanted = 0;
    return next;
  }

  /** True when the message at `from` is not to be read: too long, or encrypted behind a gap. */
  #beyondRead(
    bytes: Uint8Array,
    from: number,
    length: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): boolean {
    if (
      side.doubtful &&
      length >= 0 &&
      (length > MESSAGE_BYTES_MAX || !isHandshakeType(bytes[from]))
    ) {
      this.#encryption.assume(direction);
      return true;
    }
    if (length <= MESSAGE_BYTES_MAX) return false;
    this.#handshake.malformed('handshake message too long', 0, direction, at);
    side.skip = 4 + length;
    return true;
  }

  /** Puts together a message that begins at `from` in the record at `pos` and ends in a later one. */
  #assemble(
    bytes: Uint8Array,
    pos: number,
    from: number,
    end: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): number {
    let record = pos;
    let stop = pos + HEADER + u16(bytes, pos + 3);
    let held = 0;
    let needed = 4;
    let reading = from;
    for (;;) {
      const taken = Math.min(stop - reading, needed - held);
      if (reading + taken > end) {
        side.wanted = reading + taken - pos;
        return -1;
      }
      assembly.set(bytes.subarray(reading, reading + taken), held);
      held += taken;
      reading += taken;
      if (held === needed) {
        if (needed > 4 || u24(assembly, 1) === 0) break;
        needed = 4 + u24(assembly, 1);
        if (this.#beyondRead(assembly, 0, needed - 4, side, direction, at)) {
          if (side.skip > 0) side.skip -= 4;
          break;
        }
        continue;
      }
      // RFC 8446, 5.1: no other record may stand between the parts of a message.
      if (stop + HEADER > end) {
        side.wanted = stop + HEADER - pos;
        return -1;
      }
      if (bytes[stop] !== HANDSHAKE || !isRecordHeader(bytes, stop)) {
        this.#handshake.malformed('handshake message broken off', held, direction, at);
        side.read = 0;
        side.wanted = 0;
        return stop;
      }
      record = stop;
      stop = record + HEADER + u16(bytes, record + 3);
      reading = record + HEADER;
    }
    if (side.skip === 0 && held === needed)
      this.#handshake.message(assembly[0], assembly, 4, needed, direction, at);
    side.wanted = 0;
    side.read = reading === stop ? 0 : reading - record - HEADER;
    return reading === stop ? stop : record;
  }

  #ssl2Record(
    bytes: Uint8Array,
    pos: number,
    end: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): number {
    const header = ssl2Header(bytes, pos);
    const next = pos + header + ssl2Length(bytes, pos);
    if (next > end) return -1;
    if (!side.started && !this.#ssl2) {
      if (recogniseSsl2(bytes, pos, end) !== 'yes')
        return this.#record(bytes, pos, end, side, direction, at);
      this.#ssl2 = bytes[pos + 2] === 4;
    }
    side.started = true;
    if (this.#ssl2 && this.#handshake.cipher !== 0) {
      this.#encryption.ssl2Record(next - pos, direction, at);
      this.done = this.#encryption.followed;
    } else readSsl2(bytes, pos + header, next, this.#handshake, direction, at);
    return next;
  }
}
