/**
 * Nest Weave over TCP, with which Nest's products reach their cloud: messages with their length before them, whose
 * header has the numbers of both nodes (an OUI and a serial part), and says by its key whether the rest is encrypted.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { u16le, u32le } from './integers.ts';
import { hexRun } from './wire-text.ts';

export interface WeaveEvent {
  readonly protocol: 'weave';
  readonly event: 'message';
  readonly message_id: number;
  /** EUI-64 of the sender; undefined when it is left out. */
  readonly source_node: string | undefined;
  readonly destination_node: string | undefined;
  readonly encrypted: boolean;
  readonly bytes: number;
}

const protocol = 'weave';
const PORT = 11_095;
const LENGTH_BYTES = 2;
const HEADER_BYTES = 6;
const NODE_BYTES = 8;
/** Of the header's two bytes: both nodes present, and version 1. */
const DESTINATION = 0x0100;
const SOURCE = 0x0200;
const VERSION = 0x1000;
const MESSAGE_BYTES_MIN = 24;

export const weaveDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (flow.serverPort !== PORT && flow.clientPort !== PORT) return 'no';
    if (end - start < LENGTH_BYTES + HEADER_BYTES) return 'more';
    const flags = u16le(bytes, start + LENGTH_BYTES);
    const both = (flags & (DESTINATION | SOURCE)) !== 0;
    return (flags & 0xf00f) === VERSION && both && u16le(bytes, start) >= MESSAGE_BYTES_MIN
      ? 'yes'
      : 'no';
  },
  open: (_flow, context) => new WeaveParser(context),
};

class WeaveParser implements Parser {
  done = false;
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    const least = LENGTH_BYTES + HEADER_BYTES + 2 * NODE_BYTES;
    // The header is all that is read; the rest is passed over unseen.
    while (end - from >= least) {
      const length = u16le(bytes, from);
      const flags = u16le(bytes, from + LENGTH_BYTES);
      if ((flags & 0xf000) !== VERSION || length < HEADER_BYTES) {
        this.done = true;
        return end - start;
      }
      this.#context.emit(readHeader(bytes, from, length, flags), direction, at);
      from += LENGTH_BYTES + length;
    }
    return from - start;
  }

  gap(): void {
    this.done = true;
  }
}

function readHeader(bytes: Uint8Array, from: number, length: number, flags: number): WeaveEvent {
  let at = from + LENGTH_BYTES + HEADER_BYTES;
  const node = (present: boolean): string | undefined => {
    if (!present) return undefined;
    const text = hexRun(bytes.slice(at, at + NODE_BYTES).reverse(), 0, NODE_BYTES);
    at += NODE_BYTES;
    return text;
  };
  return {
    protocol,
    event: 'message',
    message_id: u32le(bytes, from + LENGTH_BYTES + 2),
    source_node: node((flags & SOURCE) !== 0),
    destination_node: node((flags & DESTINATION) !== 0),
    encrypted: (flags & 0x00f0) !== 0,
    bytes: length,
  };
}
