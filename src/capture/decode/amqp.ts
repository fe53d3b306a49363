/**
 * AMQP over TCP: 0-9-1 with its older relatives (frames with an end mark), and 1.0 (ISO/IEC 19464). Methods and
 * performatives become events; the contents of messages are stepped over.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import type { AmqpEvent } from './amqp/events.ts';
import { methodName, readMethod } from './amqp/methods.ts';
import { readDescriptor, readPerformative } from './amqp/performatives.ts';
import { ByteReader } from './byte-reader.ts';
import { u16be, u32be } from './integers.ts';

export type * from './amqp/events.ts';

const HEADER_BYTES = 8;
const A = 0x41;
const NAME = Buffer.from('AMQP');
/** Frames of 0-9-1: a type, a channel, a size, then the payload and its mark. */
const HEAD_091 = 7;
const METHOD = 1;
const CONTENT_HEADER = 2;
const BODY = 3;
const HEARTBEAT = 8;
const HEARTBEAT_08 = 4;
const FRAME_END = 0xce;
/** Bytes of a method or performative that are held and read. */
const HELD_BYTES_MAX = 16_384;
/** No broker takes larger frames. */
const FRAME_BYTES_MAX = 1 << 26;
/** Layers of 1.0 (part 2, section 2.2; part 5, section 5.3.1). */
const LAYERS: Readonly<Record<number, string>> = { 0: 'amqp', 2: 'tls', 3: 'sasl' };
const TLS = 2;

export const amqpDecoder: Decoder = {
  protocol: 'amqp',
  carriers: ['tcp'],
  ports: [5672],
  // Frames, where the connection goes on from before the capture.
  firstBytes: [0x41, 0, 1, 2, 3, 4, 5, 6, 7, 8],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (start === end) return 'more';
    const first = bytes[start];
    if (first === A) return recogniseHeader(bytes, start, end);
    if (first > HEARTBEAT || flow.openingSeen) return 'no';
    return isMethodFrame(bytes, start, end) || isPerformativeFrame(bytes, start, end)
      ? 'yes'
      : 'no';
  },
  open: (_flow, context) => new AmqpParser(context),
};

function recogniseHeader(bytes: Uint8Array, start: number, end: number): Recognition {
  for (let i = 0; i < NAME.length; i++) {
    if (start + i === end) return 'more';
    if (bytes[start + i] !== NAME[i]) return 'no';
  }
  if (end - start < HEADER_BYTES) return 'more';
  return versionOf(bytes, start) === '' ? 'no' : 'yes';
}

/** `0-9-1`, `1.0` …; '' for bytes that are no version (0-9-1, 4.2.2; 1.0, part 2, section 2.2). */
function versionOf(bytes: Uint8Array, start: number): string {
  const [id, major, minor, revision] = bytes.subarray(start + 4, start + HEADER_BYTES);
  if (id === 0 && major === 0) return `0-${minor}-${revision}`;
  if (id === 1 && major === 1) return minor === 0 ? `0-${revision}` : `0-${minor}`;
  return major === 1 && minor === 0 && revision === 0 && LAYERS[id] !== undefined ? '1.0' : '';
}

/** A whole method with its mark: how a running connection of 0-9-1 is taken up. */
function isMethodFrame(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== METHOD || end - start < HEAD_091 + 5) return false;
  const stop = start + HEAD_091 + u32be(bytes, start + 3);
  return (
    stop < end &&
    bytes[stop] === FRAME_END &&
    methodName(u32be(bytes, start + HEAD_091)) !== undefined
  );
}

const looked = new ByteReader();

/** A whole frame of 1.0 with a performative that is known, and a list. */
function isPerformativeFrame(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < HEADER_BYTES + 4) return false;
  const size = u32be(bytes, start);
  const body = start + bytes[start + 4] * 4;
  if (size > end - start || bytes[start + 4] !== 2 || bytes[start + 5] > 1) return false;
  const known = readDescriptor(looked.reset(bytes, body, start + size)) !== undefined;
  const list = looked.u8();
  looked.release();
  return known && (list === 0x45 || list === 0xc0 || list === 0xd0);
}

class AmqpParser implements Parser {
  done = false;
  handover = false;
  readonly #context: DecodeContext;
  readonly #reader = new ByteReader();
  /** 1.0: frames say so themselves; undefined before anything was read. */
  #isOne: boolean | undefined;
  readonly #lost: [boolean, boolean] = [false, false];
  #tlsAsked = false;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (this.#lost[direction]) {
      if (!isMethodFrame(bytes, start, end) && !isPerformativeFrame(bytes, start, end))
        return end - start;
      this.#lost[direction] = false;
    }
    let place = start;
    while (place < end && !this.done && !this.handover && !this.#lost[direction]) {
      const next = this.#next(bytes, place, end, direction, at);
      if (next < 0) break;
      place = next;
    }
    this.#reader.release();
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lost[direction] = true;
  }

  /** @returns where the next frame begins, perhaps beyond `end`; -1 when more is needed. */
  #next(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    if (end - start < HEADER_BYTES) return -1;
    // No frame of 1.0 is so large, and 0-9-1 has no such type.
    if (bytes[start] === A && recogniseHeader(bytes, start, end) === 'yes') {
      this.#header(bytes, start, direction, at);
      return start + HEADER_BYTES;
    }
    this.#isOne ??= isPerformativeFrame(bytes, start, end);
    return this.#isOne
      ? this.#frame(bytes, start, end, direction, at)
      : this.#frame091(bytes, start, end, direction, at);
  }

  #header(bytes: Uint8Array, start: number, direction: Direction, at: PacketRef): void {
    const version = versionOf(bytes, start);
    this.#isOne = version === '1.0';
    const id = bytes[start + 4];
    const layer = this.#isOne ? (LAYERS[id] ?? 'amqp') : 'amqp';
    this.#emit({ protocol: 'amqp', event: 'protocol_header', version, layer }, direction, at);
    if (!this.#isOne || id !== TLS) return;
    // Once both sides said so, TLS follows.
    if (this.#tlsAsked) this.handover = true;
    this.#tlsAsked = true;
  }

  #frame091(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const type = bytes[start];
    const size = u32be(bytes, start + 3);
    const known = (type >= METHOD && type <= BODY) || type === HEARTBEAT || type === HEARTBEAT_08;
    if (!known || size > FRAME_BYTES_MAX)
      return this.#lose(known ? 'frame size' : 'unknown type of frame', direction, at, end);
    const from = start + HEAD_091;
    const stop = from + size;
    if (type !== METHOD) {
      if (stop < end && bytes[stop] !== FRAME_END)
        return this.#lose('frame without its end', direction, at, end);
      if (type === CONTENT_HEADER && size < 14) this.#malformed('content header', direction, at);
      return stop + 1;
    }
    const held = Math.min(size, HELD_BYTES_MAX);
    if (end < from + held + (held === size ? 1 : 0)) return -1;
    if (held === size && bytes[stop] !== FRAME_END)
      return this.#lose('frame without its end', direction, at, end);
    const reader = this.#reader.reset(bytes, from, from + held);
    this.#read(
      readMethod(reader, u16be(bytes, start + 1), this.#context.secrets),
      held === size,
      direction,
      at,
    );
    return stop + 1;
  }

  /** Part 2, section 2.3: a size, where the body begins in words of four bytes, a type and a channel. */
  #frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const size = u32be(bytes, start);
    const body = bytes[start + 4] * 4;
    if (size < HEADER_BYTES || size > FRAME_BYTES_MAX || body < HEADER_BYTES || body > size)
      return this.#lose('frame size', direction, at, end);
    // An empty frame keeps the connection alive.
    if (body === size) return start + size;
    const held = Math.min(size, HELD_BYTES_MAX);
    if (end < start + held) return -1;
    const reader = this.#reader.reset(bytes, start + body, start + held);
    const channel = bytes[start + 5] === 0 ? u16be(bytes, start + 6) : 0;
    this.#read(
      readPerformative(reader, channel, this.#context.secrets),
      held === size,
      direction,
      at,
    );
    return start + size;
  }

  /** @param whole - the frame was not cut, so that what is wrong with it is its sender's doing. */
  #read(event: AmqpEvent | undefined, whole: boolean, direction: Direction, at: PacketRef): void {
    if (event) this.#emit(event, direction, at);
    const { fault } = this.#reader;
    if (fault && whole) this.#malformed(fault, direction, at, event !== undefined);
  }

  #lose(reason: string, direction: Direction, at: PacketRef, end: number): number {
    this.#malformed(reason, direction, at);
    this.#lost[direction] = true;
    return end;
  }

  #malformed(reason: string, direction: Direction, at: PacketRef, readable = false): void {
    this.#emit(
      { protocol: 'amqp', event: 'malformed', reason, offset: 0, readable },
      direction,
      at,
    );
  }

  #emit(event: AmqpEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }
}
