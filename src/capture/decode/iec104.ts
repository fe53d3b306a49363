/**
 * IEC 60870-5-104 (edition 2, 2006): recognition, and the cutting of a stream into units of its three formats: I with
 * an ASDU, S that acknowledges, U that starts, stops and tests.
 */
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  MalformedEvent,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { ASDU_HEADER_BYTES, type Asdu, isWellFormed, readAsdu } from './iec104/asdu.ts';
import { u16le } from './integers.ts';

export type { Asdu, InformationObject } from './iec104/asdu.ts';

const U_FORMATS = [
  'startdt_act',
  'startdt_con',
  'stopdt_act',
  'stopdt_con',
  'testfr_act',
  'testfr_con',
] as const;

/** I format: an application service data unit (5.1; IEC 60870-5-101, 7). */
export interface Iec104Asdu extends AppEvent, Asdu {
  readonly protocol: 'iec104';
  readonly event: 'asdu';
  /** Numbers of this unit and of the next one that is expected. */
  readonly tx: number;
  readonly rx: number;
}

/** S format. */
export interface Iec104Supervisory extends AppEvent {
  readonly protocol: 'iec104';
  readonly event: 'supervisory';
  readonly rx: number;
}

/** U format. */
export interface Iec104Control extends AppEvent {
  readonly protocol: 'iec104';
  readonly event: (typeof U_FORMATS)[number];
}

export type Iec104Event = Iec104Asdu | Iec104Supervisory | Iec104Control | MalformedEvent;

const PORT = 2404;
const START = 0x68;
const PREFIX_BYTES = 2;
const CONTROL_BYTES = 4;
const LENGTH_MAX = 253;
/** Malformed units in a row after which a direction is not worth reading. */
const MALFORMED_MAX = 16;

export const iec104Decoder: Decoder = {
  protocol: 'iec104',
  carriers: ['tcp'],
  ports: [PORT],
  firstBytes: [0x68],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (end > start && bytes[start] !== START) return 'no';
    return isChain(bytes, start, end, flow.serverPort === PORT || flow.clientPort === PORT);
  },
  open: (flow, context) => new Iec104Parser(flow, context),
};

/** 'i', 's', 'u', or '' for control octets that no unit may have. @param length - of the unit without its prefix. */
function formatOf(bytes: Uint8Array, at: number, length: number): 'i' | 's' | 'u' | '' {
  const first = bytes[at];
  if ((first & 1) === 0) {
    // Numbers are of 15 bits, and stand above a zero.
    return length >= CONTROL_BYTES + ASDU_HEADER_BYTES && (bytes[at + 2] & 1) === 0 ? 'i' : '';
  }
  if (length !== CONTROL_BYTES || (bytes[at + 2] & 1) !== 0) return '';
  if (first === 1) return bytes[at + 1] === 0 ? 's' : '';
  const isU = uFormat(first) !== undefined && bytes[at + 1] === 0;
  return isU && bytes[at + 2] === 0 && bytes[at + 3] === 0 ? 'u' : '';
}

/** The one of the six bits that is set above the format's two. */
function uFormat(octet: number): (typeof U_FORMATS)[number] | undefined {
  return (octet & 3) === 3 ? U_FORMATS[Math.log2(octet >> 2)] : undefined;
}

/**
 * Whether [start, end) is cut into units, up to its end or the beginning of another: units must be well-formed, but on
 * the protocol's port private types will do.
 */
function isChain(bytes: Uint8Array, start: number, end: number, onPort: boolean): Recognition {
  let at = start;
  while (at < end) {
    if (bytes[at] !== START) return 'no';
    if (end - at < PREFIX_BYTES + CONTROL_BYTES) return at > start ? 'yes' : 'more';
    const length = bytes[at + 1];
    const body = at + PREFIX_BYTES;
    if (length < CONTROL_BYTES || length > LENGTH_MAX) return 'no';
    const format = formatOf(bytes, body, length);
    if (format === '') return 'no';
    const next = body + length;
    if (next > end) return at > start || onPort ? 'yes' : 'more';
    if (format === 'i' && !onPort && !isWellFormed(bytes, body + CONTROL_BYTES, next)) return 'no';
    at = next;
  }
  return at > start ? 'yes' : 'more';
}

class Iec104Parser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #lost: [boolean, boolean] = [false, false];
  readonly #malformedInARow: [number, number] = [0, 0];

  constructor(_flow: Flow, context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (this.#lost[direction]) {
      if (isChain(bytes, start, end, false) !== 'yes') return end - start;
      this.#lost[direction] = false;
    }
    let position = start;
    while (end - position >= PREFIX_BYTES + CONTROL_BYTES) {
      const length = bytes[position + 1];
      if (bytes[position] !== START || length < CONTROL_BYTES || length > LENGTH_MAX) {
        this.#lost[direction] = true;
        const reason = bytes[position] === START ? 'length of the unit' : 'start octet';
        this.#malformed(reason, 0, false, direction, at);
        return end - start;
      }
      const next = position + PREFIX_BYTES + length;
      if (next > end) break;
      this.#unit(bytes, position + PREFIX_BYTES, next, direction, at);
      position = next;
    }
    return position - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lost[direction] = true;
  }

  #unit(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): void {
    const format = formatOf(bytes, start, end - start);
    if (format === '') {
      this.#malformed('control octets', PREFIX_BYTES, false, direction, at);
      return;
    }
    const rx = u16le(bytes, start + 2) >> 1;
    if (format === 'i') {
      const { asdu, fault } = readAsdu(bytes, start + CONTROL_BYTES, end);
      if (fault !== '') this.#malformed(fault, PREFIX_BYTES + CONTROL_BYTES, true, direction, at);
      else this.#malformedInARow[direction] = 0;
      const tx = u16le(bytes, start) >> 1;
      const event: Iec104Asdu = { protocol: 'iec104', event: 'asdu', tx, rx, ...asdu };
      this.#context.emit(event, direction, at);
      return;
    }
    this.#malformedInARow[direction] = 0;
    const event: Iec104Supervisory | Iec104Control =
      format === 's'
        ? { protocol: 'iec104', event: 'supervisory', rx }
        : { protocol: 'iec104', event: uFormat(bytes[start]) ?? 'testfr_act' };
    this.#context.emit(event, direction, at);
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: MalformedEvent = {
      protocol: 'iec104',
      event: 'malformed',
      reason,
      offset,
      readable,
    };
    this.#context.emit(event, direction, at);
    if (++this.#malformedInARow[direction] >= MALFORMED_MAX) this.done = true;
  }
}
