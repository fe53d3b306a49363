/**
 * HTTP/2 in clear (RFC 9113): with prior knowledge, or after an upgrade from HTTP/1.1 (RFC 7540, 3.2). Requests and
 * responses become the events that HTTP/1 has, so that whatever reads those reads these; settings and ends of streams
 * are events of their own. The bodies of streams are read as far as HTTP/1's would be, and stepped over.
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
import { upgradeOf } from './http/upgrade.ts';
import type { Http2Event } from './http2/events.ts';
import { HpackDecoder } from './http2/hpack.ts';
import {
  CONTINUATION,
  HEADER_BYTES,
  PREFACE,
  recognisePreface,
  recogniseSettings,
  SETTINGS,
  SETTINGS_BYTES_MAX,
} from './http2/recognise.ts';
import { Block, Streams } from './http2/streams.ts';
import { u16be, u32be } from './integers.ts';

export type * from './http2/events.ts';

/** RFC 9113, 4.2: 16,384 unless settings allow more; frames of fields are held whole, so longer ones are refused. */
const HELD_BYTES_MAX = 32_768;
/** A field block with its continuations. */
const BLOCK_BYTES_MAX = 32_768;

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const PUSH_PROMISE = 5;
const GOAWAY = 7;

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const PADDED = 8;
const PRIORITY = 0x20;

const HEADER_TABLE_SIZE = 1;
const SETTING_NAMES: Readonly<Record<number, string>> = {
  1: 'header_table_size',
  2: 'enable_push',
  3: 'max_concurrent_streams',
  4: 'initial_window_size',
  5: 'max_frame_size',
  6: 'max_header_list_size',
  8: 'enable_connect_protocol',
};
const ERRORS = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

export const http2Decoder: Decoder = {
  protocol: 'http2',
  carriers: ['tcp'],
  ports: [],
  firstBytes: [0x00, 0x50],
  recognise(bytes, start, end): Recognition {
    if (start === end) return 'more';
    return bytes[start] === PREFACE[0]
      ? recognisePreface(bytes, start, end)
      : recogniseSettings(bytes, start, end);
  },
  open: (flow, context) => new Http2Parser(flow, context),
};

/** One direction. */
class Side {
  started = false;
  readonly hpack = new HpackDecoder();
  /** Bytes of a body that are still to come in the frame at hand, of which stream, and whether it ends with them. */
  left = 0;
  stream = 0;
  ends = false;
  padding = 0;
  /** A field block that goes on in CONTINUATION. */
  block: Buffer[] | undefined;
  blockBytes = 0;
  blockStream = 0;
  blockEnds = false;
  pushed = false;
}

class Http2Parser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #streams: Streams;
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];

  constructor(flow: Flow, context: DecodeContext) {
    this.#context = context;
    this.#streams = new Streams(context, upgradeOf(flow)?.request);
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const side = this.#sides[direction];
    let place = start;
    if (!side.started) {
      if (bytes[start] === PREFACE[0]) {
        if (end - start < PREFACE.length) return 0;
        place += PREFACE.length;
      }
      side.started = true;
    }
    while (place < end && !this.done) {
      const next =
        side.left > 0
          ? this.#body(side, bytes, place, end, direction, at)
          : this.#frame(side, bytes, place, end, direction, at);
      if (next < 0) break;
      place = next;
    }
    return place - start;
  }

  /** Field blocks depend on all that came before, so nothing can be read behind a loss. */
  gap(): void {
    this.done = true;
  }

  close(): void {
    this.#streams.close();
    for (const { hpack } of this.#sides) hpack.release();
  }

  /** @returns where the next frame, or the body of this one, begins; -1 when more is needed. */
  #frame(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    if (end - start < HEADER_BYTES) return -1;
    const length = (bytes[start] << 16) | u16be(bytes, start + 1);
    const type = bytes[start + 3];
    const flags = bytes[start + 4];
    const stream = u32be(bytes, start + 5) & 0x7fff_ffff;
    const from = start + HEADER_BYTES;
    const to = from + length;
    if (side.block && (type !== CONTINUATION || stream !== side.blockStream))
      return this.#give('field block without its end', direction, at, end);
    if (type === DATA)
      return this.#data(side, bytes, from, length, flags, stream, end, direction, at);
    const held =
      type === HEADERS ||
      type === CONTINUATION ||
      type === PUSH_PROMISE ||
      type === SETTINGS ||
      type === GOAWAY ||
      type === RST_STREAM;
    if (!held) return to;
    if (length > HELD_BYTES_MAX) return this.#give('frame too long', direction, at, end);
    if (end < to) return -1;
    switch (type) {
      case HEADERS:
      case PUSH_PROMISE:
        this.#headers(side, bytes, from, to, type, flags, stream, direction, at);
        break;
      case CONTINUATION:
        if (!side.block) return this.#give('continuation of nothing', direction, at, end);
        this.#fragment(side, bytes, from, to, flags, direction, at);
        break;
      case SETTINGS:
        this.#settings(bytes, from, to, flags, stream, direction, at);
        break;
      default:
        this.#ended(bytes, from, length, type, stream, direction, at);
    }
    return to;
  }

  #data(
    side: Side,
    bytes: Uint8Array,
    from: number,
    length: number,
    flags: number,
    stream: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    let start = from;
    let left = length;
    let padding = 0;
    if (flags & PADDED && length > 0) {
      if (start >= end) return -1;
      padding = bytes[start++];
      left--;
      if (padding > left) return this.#give('padding beyond the frame', direction, at, end);
    }
    side.stream = stream;
    side.ends = (flags & END_STREAM) !== 0;
    side.padding = padding;
    side.left = left;
    if (left === 0) this.#bodyEnds(side, direction);
    return start;
  }

  #body(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const content = side.left - side.padding;
    const taken = Math.max(0, Math.min(content, end - start));
    if (taken > 0) this.#streams.body(side.stream, bytes, start, taken, direction, at);
    let next = start + taken;
    side.left -= taken;
    const rest = side.left - side.padding;
    if (rest === 0 || !this.#streams.wantsMore(side.stream, direction)) {
      // Padding, and what says nothing new, is skipped unseen.
      if (rest > 0) this.#streams.passed(side.stream, rest, direction);
      next += side.left;
      side.left = 0;
      this.#bodyEnds(side, direction);
    }
    return next;
  }

  #bodyEnds(side: Side, direction: Direction): void {
    if (side.ends) this.#streams.end(side.stream, direction);
    side.ends = false;
  }

  /** 6.2, 6.6: padding and priority stand around the field block, a promised stream before it. */
  #headers(
    side: Side,
    bytes: Uint8Array,
    from: number,
    to: number,
    type: number,
    flags: number,
    stream: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    let start = from;
    let stop = to;
    if (flags & PADDED) stop -= bytes[start++];
    if (type === HEADERS && flags & PRIORITY) start += 5;
    side.pushed = type === PUSH_PROMISE;
    side.blockStream = stream;
    if (side.pushed) start += 4;
    if (start > stop || stream === 0) {
      this.#give('frame of fields', direction, at, to);
      return;
    }
    side.block = [];
    side.blockBytes = 0;
    side.blockEnds = (flags & END_STREAM) !== 0 && !side.pushed;
    this.#fragment(side, bytes, start, stop, flags, direction, at);
  }

  #fragment(
    side: Side,
    bytes: Uint8Array,
    from: number,
    to: number,
    flags: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const fragments = side.block as Buffer[];
    if ((flags & END_HEADERS) !== 0 && fragments.length === 0) {
      side.block = undefined;
      this.#fields(side, bytes, from, to, direction, at);
      return;
    }
    side.blockBytes += to - from;
    if (side.blockBytes > BLOCK_BYTES_MAX || fragments.length >= 64) {
      this.#give('field block too long', direction, at, to);
      return;
    }
    fragments.push(Buffer.from(bytes.subarray(from, to)));
    if ((flags & END_HEADERS) === 0) return;
    side.block = undefined;
    const whole = Buffer.concat(fragments);
    this.#fields(side, whole, 0, whole.length, direction, at);
  }

  #fields(
    side: Side,
    bytes: Uint8Array,
    from: number,
    to: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const block = new Block();
    const wrong = side.hpack.read(bytes, from, to, block.take);
    if (wrong) {
      this.#give(wrong, direction, at, to);
      return;
    }
    // What a server means to send unasked is no request of its client.
    if (side.pushed) return;
    const fault = this.#streams.head(side.blockStream, block, side.blockEnds, direction, at);
    if (fault) this.#malformed(fault, direction, at);
  }

  #settings(
    bytes: Uint8Array,
    from: number,
    to: number,
    flags: number,
    stream: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    if ((to - from) % 6 !== 0 || stream !== 0 || to - from > SETTINGS_BYTES_MAX) {
      this.#malformed('settings', direction, at);
      return;
    }
    if (flags & ACK) return;
    const settings: Record<string, number> = {};
    for (let place = from; place < to; place += 6) {
      const id = u16be(bytes, place);
      const value = u32be(bytes, place + 2);
      settings[SETTING_NAMES[id] ?? `setting_${id}`] = value;
      // It is the other side that then may use so large a table.
      if (id === HEADER_TABLE_SIZE) this.#sides[direction === 0 ? 1 : 0].hpack.allow(value);
    }
    this.#emit({ protocol: 'http2', event: 'settings', settings }, direction, at);
  }

  #ended(
    bytes: Uint8Array,
    from: number,
    length: number,
    type: number,
    stream: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (length < (type === GOAWAY ? 8 : 4)) {
      this.#malformed('frame too short', direction, at);
      return;
    }
    const goaway = type === GOAWAY;
    const code = u32be(bytes, goaway ? from + 4 : from);
    const error_code = ERRORS[code] ?? String(code);
    const stream_id = goaway ? u32be(bytes, from) & 0x7fff_ffff : stream;
    this.#emit(
      { protocol: 'http2', event: goaway ? 'goaway' : 'rst_stream', error_code, stream_id },
      direction,
      at,
    );
    if (!goaway) this.#streams.reset(stream);
  }

  /** Nothing can be read behind it. @returns `end`. */
  #give(reason: string, direction: Direction, at: PacketRef, end: number): number {
    this.#malformed(reason, direction, at);
    this.close();
    this.done = true;
    return end;
  }

  #malformed(reason: string, direction: Direction, at: PacketRef): void {
    this.#emit({ protocol: 'http2', event: 'malformed', reason, offset: 0 }, direction, at);
  }

  #emit(event: Http2Event, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }
}
