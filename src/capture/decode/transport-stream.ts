/**
 * A stream of TPKT packets with the transport protocol of ISO 8073, class 0, cut into what its data units carry: the
 * frame of S7 communication and of MMS.
 */
import type {
  DecodeContext,
  Direction,
  MalformedEvent,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import {
  CONNECT_CONFIRM,
  CONNECT_REQUEST,
  cotpType,
  DATA,
  DATA_HEADER_BYTES,
  DISCONNECT_REQUEST,
  END_OF_UNIT,
  TPKT_BYTES,
  tpktLength,
} from './s7comm/cotp.ts';

/** What is put on top of the transport. */
export interface TransportUser {
  readonly protocol: string;
  /** Nothing that follows can be read. */
  readonly ended?: boolean;
  /** Reads what was sent as one. @returns what is wrong with it, in fixed words. */
  unit(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): string | undefined;
  /** A connection request, confirmation or disconnect request, from its length indicator on. */
  connection?(
    type: number,
    bytes: Uint8Array,
    start: number,
    direction: Direction,
    at: PacketRef,
  ): void;
}

/** Longest unit that is put together from data units. */
const UNIT_BYTES_MAX = 8_192;
/** Malformed units in a row after which a direction is not worth reading. */
const MALFORMED_MAX = 16;

/** Goes by the first data unit: connections are alike. */
export function recogniseTransport(
  bytes: Uint8Array,
  start: number,
  end: number,
  fits: (bytes: Uint8Array, at: number, end: number) => boolean,
): Recognition {
  if (end > start && bytes[start] !== 3) return 'no';
  if (end - start > 1 && bytes[start + 1] !== 0) return 'no';
  let at = start;
  while (end - at >= TPKT_BYTES + 2) {
    const length = tpktLength(bytes, at);
    const unit = at + TPKT_BYTES;
    if (length === 0) return 'no';
    const next = at + length;
    const type = bytes[unit + 1];
    if (type !== DATA && type !== CONNECT_REQUEST && type !== CONNECT_CONFIRM) return 'no';
    if (next > end) return 'more';
    if (cotpType(bytes, unit, next) === 0) return 'no';
    const data = unit + DATA_HEADER_BYTES;
    if (type === DATA && next > data)
      return next - data >= TPKT_BYTES && fits(bytes, data, next) ? 'yes' : 'no';
    at = next;
  }
  return 'more';
}

/** What was received of a unit that comes in several. */
class Side {
  buffer: Uint8Array | undefined;
  length = 0;
  lost = false;
  malformedInARow = 0;
}

export class TransportStream implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #user: TransportUser;
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];

  constructor(user: TransportUser, context: DecodeContext) {
    this.#user = user;
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const side = this.#sides[direction];
    if (side.lost) {
      if (!isChain(bytes, start, end)) return end - start;
      side.lost = false;
    }
    let position = start;
    while (end - position >= TPKT_BYTES && !this.done) {
      const length = tpktLength(bytes, position);
      if (length === 0) {
        side.lost = true;
        this.#malformed('TPKT header', 0, direction, at);
        return end - start;
      }
      const next = position + length;
      if (next > end) break;
      this.#packet(bytes, position + TPKT_BYTES, next, side, direction, at);
      position = next;
    }
    return position - start;
  }

  gap(_missing: number, direction: Direction): void {
    const side = this.#sides[direction];
    side.lost = true;
    side.length = 0;
  }

  #packet(
    bytes: Uint8Array,
    start: number,
    end: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): void {
    const type = cotpType(bytes, start, end);
    if (type === DATA) {
      const from = start + 1 + bytes[start];
      this.#fragment(bytes, from, end, (bytes[start + 2] & END_OF_UNIT) !== 0, side, direction, at);
    } else if (
      type === CONNECT_REQUEST ||
      type === CONNECT_CONFIRM ||
      (type === DISCONNECT_REQUEST && end - start >= 7)
    ) {
      side.malformedInARow = 0;
      this.#user.connection?.(type, bytes, start, direction, at);
    } else this.#malformed('transport unit', TPKT_BYTES, direction, at);
  }

  /** Data units whose last one is marked make up one unit. */
  #fragment(
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (end === start) return;
    if (last && side.length === 0) {
      this.#unit(bytes, start, end, side, direction, at);
      return;
    }
    side.buffer ??= new Uint8Array(UNIT_BYTES_MAX);
    // Of a longer one the beginning is kept: its header says enough.
    const taken = Math.min(end - start, UNIT_BYTES_MAX - side.length);
    side.buffer.set(bytes.subarray(start, start + taken), side.length);
    side.length += taken;
    if (!last) return;
    const { length } = side;
    side.length = 0;
    if (length < UNIT_BYTES_MAX) this.#unit(side.buffer, 0, length, side, direction, at);
  }

  #unit(
    bytes: Uint8Array,
    start: number,
    end: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): void {
    const reason = this.#user.unit(bytes, start, end, direction, at);
    if (reason === undefined) side.malformedInARow = 0;
    else this.#malformed(reason, 0, direction, at);
    if (this.#user.ended) this.done = true;
  }

  #malformed(reason: string, offset: number, direction: Direction, at: PacketRef): void {
    const { protocol } = this.#user;
    const event: MalformedEvent = { protocol, event: 'malformed', reason, offset };
    this.#context.emit(event, direction, at);
    if (++this.#sides[direction].malformedInARow >= MALFORMED_MAX) this.done = true;
  }
}

/** Whether [start, end) is cut into packets by their lengths, up to its end. */
function isChain(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (end - at >= TPKT_BYTES) {
    const length = tpktLength(bytes, at);
    if (length === 0) return false;
    at += length;
  }
  return at === end && at > start;
}
