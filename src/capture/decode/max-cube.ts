/**
 * eQ-3 MAX! Cube, TCP 62910: lines of a letter, a colon and fields, in clear and without sign-in. The cube begins with
 * what it is (`H:`); commands are lines of small letters.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { lineEnd } from './http/head.ts';
import { asciiText, wireText } from './wire-text.ts';

export interface MaxCubeEvent {
  readonly protocol: 'max_cube';
  /** The cube’s greeting, a command of who asks, or another line of the cube. */
  readonly event: 'hello' | 'command' | 'message';
  /** The letter before the colon. */
  readonly type: string;
  readonly serial: string | undefined;
  /** `01.13` */
  readonly firmware: string | undefined;
}

const protocol = 'max_cube';
const PORT = 62_910;
const LINE_BYTES_MAX = 4096;
/** `H:` serial number, RF address, firmware. */
const GREETING = /^H:([A-Z0-9]{10}),[0-9a-f]{6},([0-9a-f]{4}),/;
const GREETING_BYTES = 25;

export const maxCubeDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [PORT],
  firstBytes: [0x48],
  recognise(bytes, start, end): Recognition {
    if (end > start && bytes[start] !== 0x48) return 'no';
    if (end - start > 1 && bytes[start + 1] !== 0x3a) return 'no';
    if (end - start < GREETING_BYTES) return 'more';
    return GREETING.test(wireText(bytes, start, start + GREETING_BYTES)) ? 'yes' : 'no';
  },
  open: (_flow, context) => new MaxCubeParser(context),
};

class MaxCubeParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    for (let next = lineEnd(bytes, from, end); next < end; next = lineEnd(bytes, from, end)) {
      this.#line(bytes, from, next, direction, at);
      from = next + 1;
    }
    return end - from > LINE_BYTES_MAX ? end - start : from - start;
  }

  #line(bytes: Uint8Array, from: number, to: number, direction: Direction, at: PacketRef): void {
    const letter = bytes[from] | 0x20;
    if (to - from < 2 || bytes[from + 1] !== 0x3a || letter < 0x61 || letter > 0x7a) return;
    const greeting = GREETING.exec(wireText(bytes, from, Math.min(to, from + 64)));
    const event: MaxCubeEvent = {
      protocol,
      event: greeting ? 'hello' : (bytes[from] & 0x20) !== 0 ? 'command' : 'message',
      type: asciiText(bytes, from, from + 1),
      serial: greeting?.[1],
      firmware: greeting ? `${greeting[2].slice(0, 2)}.${greeting[2].slice(2)}` : undefined,
    };
    this.#context.emit(event, direction, at);
  }

  gap(): void {
    // A line of which bytes were lost is none; the next one counts.
  }
}
