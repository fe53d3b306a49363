/**
 * Modbus on TCP (Messaging on TCP/IP Implementation Guide V1.0b) and, as some devices speak it, the same messages in
 * UDP datagrams: recognition, the cutting of a stream into messages, and which response belongs to which request.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  MalformedEvent,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { u16be } from './integers.ts';
import { EXCEPTION, requestFits, responseFits } from './modbus/functions.ts';
import {
  DATA_LENGTH,
  HEADER_BYTES,
  type ModbusRequest,
  type ModbusResponse,
  readMessage,
} from './modbus/message.ts';

export type { ModbusEvent, ModbusRequest, ModbusResponse } from './modbus/message.ts';

const PORT = 502;
/** Bytes of the header that its length field does not count. */
const PREFIX_BYTES = 6;
/** Unit identifier and function code; with the longest PDU of 253 bytes (3.1.2). */
const LENGTH_MIN = 2;
const LENGTH_MAX = 254;
/** Requests that wait for their responses. */
const PENDING_MAX = 64;
/** Malformed messages in a row after which a direction is not worth reading. */
const MALFORMED_MAX = 16;

export const modbusDecoder: Decoder = {
  protocol: 'modbus',
  carriers: ['tcp', 'udp'],
  ports: [PORT],
  recognise,
  open: (flow, context) => new ModbusParser(flow, context),
};

function recognise(
  bytes: Uint8Array,
  start: number,
  end: number,
  _direction: Direction,
  flow: Flow,
): Recognition {
  const length = end - start;
  const stream = flow.carrier === 'tcp';
  if (length < 4) return stream && (length < 3 || bytes[start + 2] === 0) ? 'more' : 'no';
  if (bytes[start + 2] !== 0 || bytes[start + 3] !== 0) return 'no';
  if (length <= HEADER_BYTES) return stream ? 'more' : 'no';
  if (!isHeader(bytes, start)) return 'no';
  const message = PREFIX_BYTES + u16be(bytes, start + 4);
  if (!stream && message !== length) return 'no';
  if (flow.serverPort === PORT || flow.clientPort === PORT)
    return bytes[start + HEADER_BYTES] === 0 ? 'no' : 'yes';
  if (message > length) return 'more';
  return isWhole(bytes, start, end) ? 'yes' : 'no';
}

/** Protocol identifier and length: the caller has seven bytes. */
function isHeader(bytes: Uint8Array, at: number): boolean {
  const length = u16be(bytes, at + 4);
  return u16be(bytes, at + 2) === 0 && length >= LENGTH_MIN && length <= LENGTH_MAX;
}

/** Whether [start, end) is nothing but messages of the specification's functions, well-formed. */
function isWhole(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    if (end - at <= HEADER_BYTES || !isHeader(bytes, at)) return false;
    const next = at + PREFIX_BYTES + u16be(bytes, at + 4);
    const code = bytes[at + HEADER_BYTES];
    const data = at + HEADER_BYTES + 1;
    if (next > end) return at > start;
    if (code >= EXCEPTION && requestFits(code & 0x7f, bytes, data, next) === undefined)
      return false;
    if (
      requestFits(code, bytes, data, next) !== true &&
      responseFits(code, bytes, data, next) !== true
    )
      return false;
    at = next;
  }
  return true;
}

/** Whether [start, end) is cut into messages by their lengths, up to its end: where a stream may be taken up again. */
function isChain(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (end - at > HEADER_BYTES && isHeader(bytes, at)) at += PREFIX_BYTES + u16be(bytes, at + 4);
  return at === end && at > start;
}

class ModbusParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #datagrams: boolean;
  /** The side that asks; undefined until something tells. */
  #asking: Direction | undefined;
  #transactions = 0;
  /** By transaction, unit and function: the request's number, and how much it asked for. */
  readonly #pending = new Map<
    number,
    { readonly id: number; readonly quantity: number | undefined }
  >();
  /** Where the next message of a direction begins is not known. */
  readonly #lost: [boolean, boolean] = [false, false];
  readonly #malformedInARow: [number, number] = [0, 0];

  constructor(flow: Flow, context: DecodeContext) {
    this.#context = context;
    this.#datagrams = flow.carrier === 'udp';
    // Some servers connect to their master, from their own port.
    if (flow.serverPort === PORT) this.#asking = 0;
    else if (flow.clientPort === PORT) this.#asking = 1;
    else if (flow.openingSeen) this.#asking = 0;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let position = start;
    if (this.#lost[direction]) {
      if (!isChain(bytes, start, end)) return end - start;
      this.#lost[direction] = false;
    }
    while (end - position >= HEADER_BYTES + 1) {
      if (!isHeader(bytes, position)) {
        this.#lost[direction] = true;
        const foreign = u16be(bytes, position + 2) !== 0;
        const reason = foreign ? 'protocol identifier is not 0' : 'length field out of range';
        this.#malformed(reason, foreign ? 2 : 4, false, direction, at);
        return end - start;
      }
      const next = position + PREFIX_BYTES + u16be(bytes, position + 4);
      if (next > end) break;
      this.#message(bytes, position, next, direction, at);
      position = next;
    }
    if (this.#datagrams && position < end)
      this.#malformed(DATA_LENGTH, end - start, false, direction, at);
    return position - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lost[direction] = true;
  }

  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const code = bytes[start + HEADER_BYTES];
    const response = this.#asker(bytes, start, end, code, direction) !== direction;
    const key = (u16be(bytes, start) << 15) | (bytes[start + 6] << 7) | (code & 0x7f);
    const asked = response ? this.#pending.get(key) : undefined;
    const id = asked?.id ?? ++this.#transactions;
    const { event, fault } = readMessage(bytes, start, end, response, id, asked?.quantity);
    if (response) this.#pending.delete(key);
    else this.#remember(key, id, event.read?.quantity);
    if (fault !== '') this.#malformed(fault, HEADER_BYTES, true, direction, at);
    else this.#malformedInARow[direction] = 0;
    this.#context.emit(event satisfies ModbusRequest | ModbusResponse, direction, at);
  }

  #remember(key: number, id: number, quantity: number | undefined): void {
    // Ever the newest last.
    this.#pending.delete(key);
    if (this.#pending.size >= PENDING_MAX) {
      for (const oldest of this.#pending.keys()) {
        this.#pending.delete(oldest);
        break;
      }
    }
    this.#pending.set(key, { id, quantity });
  }

  /** The side that asks, by what a message can only be where nothing else told. */
  #asker(
    bytes: Uint8Array,
    start: number,
    end: number,
    code: number,
    direction: Direction,
  ): Direction {
    const other = direction === 0 ? 1 : 0;
    if (this.#asking !== undefined) return this.#asking;
    const data = start + HEADER_BYTES + 1;
    const request = code < EXCEPTION && requestFits(code, bytes, data, end) !== false;
    const answer = responseFits(code, bytes, data, end) !== false;
    if (request !== answer) this.#asking = request ? direction : other;
    return this.#asking ?? 0;
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: MalformedEvent = {
      protocol: 'modbus',
      event: 'malformed',
      reason,
      offset,
      readable,
    };
    this.#context.emit(event, direction, at);
    if (++this.#malformedInARow[direction] >= MALFORMED_MAX) this.done = true;
  }
}
