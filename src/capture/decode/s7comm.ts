/**
 * S7 communication and S7comm-plus over TPKT and COTP: recognition, and the cutting of a stream into PDUs. Both begin
 * with the same connection; the first data unit tells which it is.
 */
import type {
  DecodeContext,
  Decoder,
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
  readConnection,
  TPKT_BYTES,
  tpktLength,
} from './s7comm/cotp.ts';
import type { S7Event } from './s7comm/events.ts';
import { HEADER_BYTES, headerFits, PROTOCOL_ID, readPdu } from './s7comm/pdu.ts';
import { PLUS_ID, plusFits, readPlus } from './s7comm/plus.ts';

export type * from './s7comm/events.ts';

const PORT = 102;
/** Longest PDU that is put together from data units. */
const PDU_BYTES_MAX = 8_192;
/** Malformed units in a row after which a direction is not worth reading. */
const MALFORMED_MAX = 16;
/** Types of TLS records. */
const TLS_FIRST = 0x14;
const TLS_LAST = 0x17;

export const s7commDecoder: Decoder = {
  protocol: 's7comm',
  carriers: ['tcp'],
  ports: [PORT],
  recognise: (bytes, start, end) => recognise(bytes, start, end, isS7),
  open: (_flow, context) => new S7Parser('s7comm', context),
};

export const s7commPlusDecoder: Decoder = {
  protocol: 's7comm_plus',
  carriers: ['tcp'],
  ports: [PORT],
  recognise: (bytes, start, end) => recognise(bytes, start, end, plusFits),
  open: (_flow, context) => new S7Parser('s7comm_plus', context),
};

function isS7(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= HEADER_BYTES && headerFits(bytes, at, end);
}

function recognise(
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

/** What was received of a PDU that comes in several data units. */
class Side {
  buffer: Uint8Array | undefined;
  length = 0;
  lost = false;
  malformedInARow = 0;
}

class S7Parser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #protocol: 's7comm' | 's7comm_plus';
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];

  constructor(protocol: 's7comm' | 's7comm_plus', context: DecodeContext) {
    this.#protocol = protocol;
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
      this.#unit(bytes, position + TPKT_BYTES, next, side, direction, at);
      position = next;
    }
    return position - start;
  }

  gap(_missing: number, direction: Direction): void {
    const side = this.#sides[direction];
    side.lost = true;
    side.length = 0;
  }

  #unit(
    bytes: Uint8Array,
    start: number,
    end: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): void {
    const protocol = this.#protocol;
    const type = cotpType(bytes, start, end);
    if (type === DATA) {
      const from = start + 1 + bytes[start];
      this.#fragment(bytes, from, end, (bytes[start + 2] & END_OF_UNIT) !== 0, side, direction, at);
    } else if (type === CONNECT_REQUEST || type === CONNECT_CONFIRM) {
      const event = type === CONNECT_REQUEST ? 'connect_request' : 'connect_confirm';
      this.#emit({ protocol, event, ...readConnection(bytes, start) }, side, direction, at);
    } else if (type === DISCONNECT_REQUEST && end - start >= 7)
      this.#emit(
        { protocol, event: 'disconnect_request', reason: bytes[start + 6] },
        side,
        direction,
        at,
      );
    else this.#malformed('transport unit', TPKT_BYTES, direction, at);
  }

  /** Data units whose last one is marked make up one PDU. */
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
      this.#pdu(bytes, start, end, side, direction, at);
      return;
    }
    side.buffer ??= new Uint8Array(PDU_BYTES_MAX);
    // Of a longer one the beginning is kept: its header says enough.
    const taken = Math.min(end - start, PDU_BYTES_MAX - side.length);
    side.buffer.set(bytes.subarray(start, start + taken), side.length);
    side.length += taken;
    if (!last) return;
    const { length } = side;
    side.length = 0;
    if (length < PDU_BYTES_MAX) this.#pdu(side.buffer, 0, length, side, direction, at);
  }

  #pdu(
    bytes: Uint8Array,
    start: number,
    end: number,
    side: Side,
    direction: Direction,
    at: PacketRef,
  ): void {
    const id = bytes[start];
    if (id === PROTOCOL_ID && isS7(bytes, start, end))
      this.#emit(readPdu(bytes, start, end, this.#context.secrets), side, direction, at);
    else if (id === PLUS_ID && end - start >= TPKT_BYTES && plusFits(bytes, start, end)) {
      const event = readPlus(bytes, start, end);
      if (event) this.#emit(event, side, direction, at);
    } else if (id >= TLS_FIRST && id <= TLS_LAST && bytes[start + 1] === 3) {
      this.#emit({ protocol: 's7comm_plus', event: 'encrypted' }, side, direction, at);
      this.done = true;
    } else this.#malformed('PDU header', 0, direction, at);
  }

  #emit(event: S7Event, side: Side, direction: Direction, at: PacketRef): void {
    side.malformedInARow = 0;
    this.#context.emit(event, direction, at);
  }

  #malformed(reason: string, offset: number, direction: Direction, at: PacketRef): void {
    const event: MalformedEvent = { protocol: this.#protocol, event: 'malformed', reason, offset };
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
