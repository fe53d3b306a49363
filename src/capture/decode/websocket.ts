/**
 * WebSocket (RFC 6455) behind its HTTP/1.1 upgrade: frames are unmasked as they come. A stream protocol inside, as
 * the subprotocol or the first bytes tell it, is decoded as on a connection of its own; of other messages the
 * beginning is shown. Compressed messages (RFC 7692) are noted and not opened.
 */
import type { Secret } from '../../base/index.ts';
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { amqpDecoder } from './amqp.ts';
import { upgradeOf } from './http/upgrade.ts';
import { InnerStream } from './inner-stream.ts';
import { u16be, u32be } from './integers.ts';
import { mqttDecoder } from './mqtt.ts';
import { hex, maskSecrets, mayHoldSecret, printable, TEXT_BYTES_MAX } from './payload.ts';
import type { WebSocketEvent, WebSocketFrame } from './websocket/events.ts';

export type * from './websocket/events.ts';

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const EVENTS: Readonly<Record<number, WebSocketFrame['event'] | 'close'>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};
const CONTROL_BYTES_MAX = 125;
/** Of a frame in the middle of a connection so many bytes must be text, so that chance does not make it one. */
const TEXT_BYTES_MIN = 8;
/** A client's first bytes by which the protocol inside is told. */
const FIRST_BYTES_MAX = 128;
/** Payload that is unmasked at once. */
const SCRATCH_BYTES = 16_384;
const scratch = Buffer.alloc(SCRATCH_BYTES);

/** Protocols that are carried, by the names they are agreed on with; the client's first bytes tell as well. */
const INNER: readonly { readonly decoder: Decoder; readonly name: RegExp }[] = [
  { decoder: mqttDecoder, name: /^mqtt/i },
  { decoder: amqpDecoder, name: /^amqp/i },
];

export const websocketDecoder: Decoder = {
  protocol: 'websocket',
  carriers: ['tcp'],
  ports: [80, 8080, 8000, 8008, 8081, 8083, 8084, 8888, 81, 5000, 9001],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (upgradeOf(flow)?.answer.upgrade?.startsWith('websocket')) return 'yes';
    return !flow.openingSeen && bytes[start] === 0x81 && isTextFrame(bytes, start, end)
      ? 'yes'
      : 'no';
  },
  open: (flow, context) => new WebSocketParser(flow, context),
};

/** Exactly one frame of text, masked or not: how a connection looks whose beginning was not captured. */
function isTextFrame(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 + TEXT_BYTES_MIN) return false;
  const masked = bytes[start + 1] >= 0x80;
  let length = bytes[start + 1] & 0x7f;
  let from = start + 2;
  if (length === 126) {
    length = u16be(bytes, from);
    from += 2;
    if (length < 126) return false;
  } else if (length === 127) return false;
  const key = from;
  if (masked) from += 4;
  if (from + length !== end || length < TEXT_BYTES_MIN) return false;
  const looked = Math.min(end, from + 64);
  for (let at = from; at < looked; at++) {
    const byte = masked ? bytes[at] ^ bytes[key + ((at - from) & 3)] : bytes[at];
    if (byte >= 0x7f || (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09))
      return false;
  }
  return true;
}

/** One direction: the frame at hand. */
class Side {
  opcode = -1;
  fin = false;
  masked = false;
  compressed = false;
  length = 0;
  /** Payload bytes that are still to come. */
  left = 0;
  readonly key = new Uint8Array(4);
  keyAt = 0;
  /** The frame's event is still to be handed on. */
  pending = false;
  readonly head = Buffer.alloc(TEXT_BYTES_MAX);
  held = 0;
  /** The message that fragments continue was compressed; control frames do not end it. */
  messageCompressed = false;
  /** The frame belongs to a message that goes into the inner stream. */
  inner = false;
}

class WebSocketParser implements Parser {
  done = false;
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];
  readonly #directed: boolean;
  readonly #mayCompress: boolean;
  #inner: InnerStream | undefined;
  /** The client's first bytes, as long as the protocol inside is not told; undefined when it will not be. */
  #first: Buffer | undefined = Buffer.alloc(0);

  constructor(flow: Flow, context: DecodeContext) {
    this.#flow = flow;
    this.#context = context;
    const upgrade = upgradeOf(flow);
    this.#directed = upgrade !== undefined;
    const extensions = upgrade?.answer.websocket_extensions;
    this.#mayCompress = !upgrade || (extensions?.includes('deflate') ?? false);
    const agreed = upgrade?.answer.websocket_protocol;
    const inner = agreed && INNER.find(({ name }) => name.test(agreed));
    if (inner) this.#open(inner.decoder);
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const side = this.#sides[direction];
    let place = start;
    while (place < end && !this.done) {
      const next =
        side.left > 0
          ? this.#payload(side, bytes, place, end, direction, at)
          : this.#header(side, bytes, place, end, direction, at);
      if (next < 0) break;
      place = next;
    }
    return place - start;
  }

  gap(missing: number, direction: Direction, at: PacketRef): void {
    const side = this.#sides[direction];
    // Frames have no mark to find again, but a loss inside one is no loss of the next.
    if (missing > side.left) this.done = true;
    else {
      side.left -= missing;
      side.keyAt += missing;
    }
    if (side.inner) this.#inner?.gap(missing, direction, at);
    if (side.left === 0 && !this.done) this.#frameEnds(side, direction, at);
  }

  close(at: PacketRef): void {
    this.#inner?.close(at);
  }

  /** RFC 6455, 5.2. @returns where the payload begins, or -1 when more is needed. */
  #header(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    if (end - start < 2) return -1;
    const first = bytes[start];
    const masked = bytes[start + 1] >= 0x80;
    let length = bytes[start + 1] & 0x7f;
    let from = start + 2;
    const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
    if (end - from < extended + (masked ? 4 : 0)) return -1;
    if (extended === 2) length = u16be(bytes, from);
    else if (extended === 8) length = u32be(bytes, from) * 2 ** 32 + u32be(bytes, from + 4);
    from += extended;
    if (masked) {
      for (let i = 0; i < 4; i++) side.key[i] = bytes[from + i];
      from += 4;
    }
    const opcode = first & 15;
    const isControl = opcode >= CLOSE;
    const wrong = this.#misuse(first, opcode, length, masked, direction);
    if (wrong) {
      this.#malformed(wrong, direction, at);
      if (EVENTS[opcode] === undefined || length > Number.MAX_SAFE_INTEGER) {
        this.done = true;
        return end;
      }
    }
    side.opcode = opcode;
    side.fin = first >= 0x80;
    side.masked = masked;
    if (!isControl && opcode !== 0) side.messageCompressed = (first & 0x40) !== 0;
    side.compressed = !isControl && side.messageCompressed;
    side.length = length;
    side.left = length;
    side.keyAt = 0;
    side.held = 0;
    side.inner = !isControl && !side.compressed && this.#inner !== undefined;
    side.pending = true;
    if (length === 0) this.#frameEnds(side, direction, at);
    return from;
  }

  #misuse(
    first: number,
    opcode: number,
    length: number,
    masked: boolean,
    direction: Direction,
  ): string {
    if (EVENTS[opcode] === undefined) return 'reserved opcode';
    if (opcode >= CLOSE && (length > CONTROL_BYTES_MAX || first < 0x80))
      return 'control frame too long or in fragments';
    const reserved = first & (this.#mayCompress && opcode < CLOSE ? 0x30 : 0x70);
    if (reserved !== 0) return 'reserved bits';
    if (length > Number.MAX_SAFE_INTEGER) return 'payload length';
    if (this.#directed && masked !== (direction === 0))
      return masked ? 'server’s frame with a mask' : 'client’s frame without a mask';
    return '';
  }

  /** Takes payload that is there. @returns where the next frame begins, which may be beyond `end`. */
  #payload(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const length = Math.min(side.left, end - start, SCRATCH_BYTES);
    const wanted = side.inner || this.#mayTell(side, direction) || side.held < TEXT_BYTES_MAX;
    if (!wanted || side.compressed) {
      // The rest says nothing new: it is skipped unseen.
      const next = start + side.left;
      side.left = 0;
      this.#frameEnds(side, direction, at);
      return next;
    }
    this.#unmask(side, bytes, start, length);
    side.left -= length;
    if (side.inner) this.#inner?.data(scratch, 0, length, direction, at);
    else {
      const kept = Math.min(length, TEXT_BYTES_MAX - side.held);
      scratch.copy(side.head, side.held, 0, kept);
      side.held += kept;
      if (this.#mayTell(side, direction)) this.#tell(side, length, direction, at);
    }
    if (side.left === 0) this.#frameEnds(side, direction, at);
    return start + length;
  }

  #unmask(side: Side, bytes: Uint8Array, start: number, length: number): void {
    const { key, keyAt, masked } = side;
    for (let i = 0; i < length; i++)
      scratch[i] = masked ? bytes[start + i] ^ key[(keyAt + i) & 3] : bytes[start + i];
    side.keyAt = (keyAt + length) & 3;
  }

  #mayTell(side: Side, direction: Direction): boolean {
    return this.#first !== undefined && direction === 0 && side.opcode < CLOSE;
  }

  /** Looks at the client's first bytes for a protocol that is decoded. */
  #tell(side: Side, length: number, direction: Direction, at: PacketRef): void {
    const first = Buffer.concat([this.#first as Buffer, scratch.subarray(0, length)]);
    this.#first = first.length < FIRST_BYTES_MAX ? first : undefined;
    let waiting = false;
    for (const { decoder } of INNER) {
      const answer = decoder.recognise(first, 0, first.length, direction, this.#flow);
      if (answer === 'yes') {
        this.#open(decoder);
        side.inner = true;
        this.#inner?.data(first, 0, first.length, direction, at);
        return;
      }
      waiting ||= answer === 'more';
    }
    if (!waiting) this.#first = undefined;
  }

  #open(decoder: Decoder): void {
    this.#first = undefined;
    this.#inner = new InnerStream(decoder, this.#flow, this.#context);
  }

  #frameEnds(side: Side, direction: Direction, at: PacketRef): void {
    if (!side.pending) return;
    side.pending = false;
    // What may be the beginning of an inner stream is not shown.
    const waits = this.#first !== undefined && this.#first.length > 0;
    if (side.inner || (waits && direction === 0 && !side.compressed && side.opcode < CLOSE)) return;
    const { head, held, masked } = side;
    if (side.opcode === CLOSE) {
      const code = held >= 2 ? u16be(head, 0) : undefined;
      const reason = held > 2 ? printable(head, 2, held) : undefined;
      this.#emit({ protocol: 'websocket', event: 'close', masked, code, reason }, direction, at);
      return;
    }
    const secrets: Secret[] = [];
    let text =
      side.compressed || (side.opcode === BINARY && held < side.length)
        ? undefined
        : printable(head, 0, held);
    if (text !== undefined && mayHoldSecret(text))
      text = maskSecrets(text, this.#context.secrets, secrets);
    const isText = text !== undefined && (held > 0 || side.opcode === TEXT);
    const event: WebSocketFrame = {
      protocol: 'websocket',
      event: EVENTS[side.opcode] as WebSocketFrame['event'],
      fin: side.fin,
      masked,
      compressed: side.compressed,
      payload_length: side.length,
      payload_printable: isText ? text : undefined,
      payload_hex: text === undefined && held > 0 ? hex(head, 0, held) : undefined,
      ...(secrets.length > 0 && { secrets }),
    };
    this.#emit(event, direction, at);
  }

  #malformed(reason: string, direction: Direction, at: PacketRef): void {
    const event: WebSocketEvent = {
      protocol: 'websocket',
      event: 'malformed',
      reason,
      offset: 0,
      readable: true,
    };
    this.#emit(event, direction, at);
  }

  #emit(event: WebSocketEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }
}
