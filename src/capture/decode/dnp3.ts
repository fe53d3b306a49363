/**
 * DNP3 (IEEE 1815-2012) over TCP and UDP: recognition, link frames and their CRCs, and the transport function that
 * puts segments together into application messages.
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
import { crcFits } from './dnp3/crc.ts';
import type { Dnp3LinkEvent, Dnp3Request, Dnp3Response, LinkControl } from './dnp3/events.ts';
import {
  functionName,
  indications,
  linkFunctionName,
  RESPONSE,
  UNSOLICITED_RESPONSE,
} from './dnp3/functions.ts';
import { readObjects } from './dnp3/objects.ts';
import { u16be, u16le } from './integers.ts';

export type { Dnp3Event, Dnp3LinkEvent, Dnp3Request, Dnp3Response } from './dnp3/events.ts';
export type { Dnp3Object, Dnp3Point } from './dnp3/objects.ts';

const PORT = 20_000;
const START_0 = 0x05;
const START_1 = 0x64;
/** Start, length, control, addresses; the CRC follows. */
const HEADER_BYTES = 8;
const CRC_BYTES = 2;
const BLOCK_BYTES = 16;
/** Of what the length counts, the part that is in the header. */
const COUNTED_BYTES = 5;
/** Segments have numbers of six bits, and at most 249 octets of application data. */
const MESSAGE_BYTES_MAX = 64 * 249;
const FIRST_BUFFER_BYTES = 512;
/** Malformed units in a row after which a direction is not worth reading. */
const MALFORMED_MAX = 16;
const CONFIRMED_USER_DATA = 3;
const UNCONFIRMED_USER_DATA = 4;

export const dnp3Decoder: Decoder = {
  protocol: 'dnp3',
  carriers: ['tcp', 'udp'],
  ports: [PORT],
  firstBytes: [0x05],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (end > start && bytes[start] !== START_0) return 'no';
    if (end - start > 1 && bytes[start + 1] !== START_1) return 'no';
    if (end - start < HEADER_BYTES + CRC_BYTES) return flow.carrier === 'tcp' ? 'more' : 'no';
    return isHeader(bytes, start) ? 'yes' : 'no';
  },
  open: (flow, context) => new Dnp3Parser(context, flow.carrier === 'udp'),
};

/** Ten octets that can only begin a frame. */
function isHeader(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === START_0 &&
    bytes[at + 1] === START_1 &&
    bytes[at + 2] >= COUNTED_BYTES &&
    crcFits(bytes, at, at + HEADER_BYTES)
  );
}

/** Octets of the user data with their CRCs. */
function wireLength(userBytes: number): number {
  return userBytes + CRC_BYTES * Math.ceil(userBytes / BLOCK_BYTES);
}

/** One direction: what its segments were put together to. */
class Side {
  buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  length = 0;
  /** Segments are waiting for more. */
  waiting = false;
  sequence = 0;
  src = 0;
  dst = 0;
  malformedInARow = 0;
  /** Frames were missed, so that a segment may lack those before it. */
  gap = true;

  append(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      grown.set(this.buffer.subarray(0, this.length));
      this.buffer = grown;
    }
    for (let at = start; at < end; at++) this.buffer[this.length++] = bytes[at];
  }
}

class Dnp3Parser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #datagrams: boolean;
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];

  constructor(context: DecodeContext, datagrams: boolean) {
    this.#context = context;
    this.#datagrams = datagrams;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let position = start;
    while (end - position >= HEADER_BYTES + CRC_BYTES) {
      if (!isHeader(bytes, position)) {
        this.#malformed('link header', 0, false, direction, at);
        position = nextHeader(bytes, position + 1, end);
        continue;
      }
      const body = position + HEADER_BYTES + CRC_BYTES;
      const next = body + wireLength(bytes[position + 2] - COUNTED_BYTES);
      if (next > end) break;
      this.#frame(bytes, position, body, next, direction, at);
      position = next;
    }
    if (this.#datagrams && position < end)
      this.#malformed('frame longer than the datagram', end - start, false, direction, at);
    return position - start;
  }

  gap(_missing: number, direction: Direction): void {
    const side = this.#sides[direction];
    side.waiting = false;
    side.gap = true;
  }

  #frame(
    bytes: Uint8Array,
    start: number,
    body: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const octet = bytes[start + 3];
    const control: LinkControl = {
      dir: (octet & 0x80) !== 0,
      pri: (octet & 0x40) !== 0,
      fcb: (octet & 0x20) !== 0,
      fcv: (octet & 0x10) !== 0,
      function_code: octet & 15,
    };
    const dst = u16le(bytes, start + 4);
    const src = u16le(bytes, start + 6);
    const code = control.function_code;
    const isUserData =
      control.pri && (code === CONFIRMED_USER_DATA || code === UNCONFIRMED_USER_DATA);
    if (isUserData) {
      this.#userData(bytes, body, end, control, src, dst, direction, at);
      return;
    }
    const name = linkFunctionName(control.pri, code);
    if (name === undefined) this.#malformed('reserved link function', 3, false, direction, at);
    else {
      this.#sides[direction].malformedInARow = 0;
      const event = name as Dnp3LinkEvent['event'];
      this.#context.emit(
        { protocol: 'dnp3', event, control, src, dst } as Dnp3LinkEvent,
        direction,
        at,
      );
    }
  }

  /** One segment (chapter 8): its header is the first octet of the first block. */
  #userData(
    bytes: Uint8Array,
    start: number,
    end: number,
    control: LinkControl,
    src: number,
    dst: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const side = this.#sides[direction];
    if (end - start < 1 + CRC_BYTES) {
      this.#malformed('user data without transport header', HEADER_BYTES, false, direction, at);
      return;
    }
    for (let block = start; block < end; block += BLOCK_BYTES + CRC_BYTES) {
      const stop = Math.min(block + BLOCK_BYTES, end - CRC_BYTES);
      if (stop <= block || !crcFits(bytes, block, stop)) {
        side.waiting = false;
        side.gap = true;
        this.#malformed('CRC of user data', block - start, false, direction, at);
        return;
      }
    }
    if (!this.#begin(side, bytes[start], src, dst, direction, at)) return;
    for (let block = start; block < end; block += BLOCK_BYTES + CRC_BYTES) {
      const stop = Math.min(block + BLOCK_BYTES, end - CRC_BYTES);
      side.append(bytes, block === start ? block + 1 : block, stop);
    }
    if (side.length > MESSAGE_BYTES_MAX) {
      side.waiting = false;
      side.gap = true;
      this.#malformed('message of too many segments', 0, false, direction, at);
      return;
    }
    side.waiting = (bytes[start] & 0x80) === 0;
    side.gap = false;
    if (!side.waiting) this.#message(side, control, direction, at);
  }

  /** @returns whether the segment goes on from those before it, or begins anew. */
  #begin(
    side: Side,
    header: number,
    src: number,
    dst: number,
    direction: Direction,
    at: PacketRef,
  ): boolean {
    const sequence = header & 0x3f;
    if ((header & 0x40) !== 0) {
      side.length = 0;
      side.src = src;
      side.dst = dst;
    } else if (
      !side.waiting ||
      sequence !== ((side.sequence + 1) & 0x3f) ||
      side.src !== src ||
      side.dst !== dst
    ) {
      const missed = side.gap;
      side.waiting = false;
      if (!missed) this.#malformed('segment out of sequence', HEADER_BYTES, false, direction, at);
      side.gap = true;
      return false;
    }
    side.sequence = sequence;
    return true;
  }

  #message(side: Side, control: LinkControl, direction: Direction, at: PacketRef): void {
    const { buffer, length, src, dst } = side;
    const code = length > 1 ? buffer[1] : 0;
    const response = code >= RESPONSE;
    const headerBytes = response ? 4 : 2;
    if (length < headerBytes) {
      this.#malformed('application header', length, false, direction, at);
      return;
    }
    const name = functionName(code);
    const { objects, complete, fault } = readObjects(
      buffer,
      headerBytes,
      length,
      code,
      this.#context.secrets,
    );
    const wrong = name === undefined ? 'reserved function' : fault;
    if (wrong !== '') this.#malformed(wrong, headerBytes, true, direction, at);
    else side.malformedInARow = 0;
    const octet = buffer[0];
    const application = {
      control: {
        fir: (octet & 0x80) !== 0,
        fin: (octet & 0x40) !== 0,
        con: (octet & 0x20) !== 0,
        uns: (octet & 0x10) !== 0,
        sequence: octet & 15,
      },
      function_code: code,
      function: name,
      objects,
      complete,
    };
    const message = { control, src, dst, application };
    if (!response) {
      const event: Dnp3Request = { protocol: 'dnp3', event: 'request', ...message };
      this.#context.emit(event, direction, at);
      return;
    }
    const raw = u16be(buffer, 2);
    const event: Dnp3Response = {
      protocol: 'dnp3',
      event: code === UNSOLICITED_RESPONSE ? 'unsolicited_response' : 'response',
      ...message,
      iin: { indicators: indications(raw), raw },
    };
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
      protocol: 'dnp3',
      event: 'malformed',
      reason,
      offset,
      readable,
    };
    this.#context.emit(event, direction, at);
    if (++this.#sides[direction].malformedInARow >= MALFORMED_MAX) this.done = true;
  }
}

/** Where the next header begins, or might with bytes that are still to come. */
function nextHeader(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    if (bytes[at] === START_0) {
      if (end - at < HEADER_BYTES + CRC_BYTES || isHeader(bytes, at)) return at;
    }
    at++;
  }
  return end;
}
