/** CoAP over TCP (RFC 8323): a stream of messages that begins, in each direction, with Capabilities and Settings. */
import type { DecodeContext, Direction, PacketRef, Parser, Recognition } from '../../decoder.ts';
import { asBuffer } from '../payload.ts';
import type { CoapMalformed } from './events.ts';
import { CSM, readMessage, TOKEN_BYTES_MAX } from './messages.ts';
import { OptionCursor } from './options.ts';

/** Longest message that is held; a longer one is stepped over. */
const MESSAGE_BYTES_MAX = 16_384;
/** Options of a CSM: Max-Message-Size, Block-Wise-Transfer, Extended-Token-Length (RFC 8974). */
const CSM_OPTIONS = [2, 4, 6];

const cursor = new OptionCursor();

/** The fixed part of a message (RFC 8323, 3.2). */
class Frame {
  /** Bytes before the token; 0 when more is needed. */
  head = 0;
  tokenLength = 0;
  code = 0;
  /** Of the whole message. */
  length = 0;

  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.head = 0;
    if (end - start < 2) return false;
    const nibble = bytes[start] >> 4;
    const extension = nibble < 13 ? 0 : nibble === 13 ? 1 : nibble === 14 ? 2 : 4;
    if (end - start < 2 + extension) return false;
    let content = nibble;
    if (extension > 0) {
      content = extension === 1 ? 13 : extension === 2 ? 269 : 65_805;
      for (let i = 0; i < extension; i++)
        content += bytes[start + 1 + i] * 256 ** (extension - 1 - i);
    }
    this.tokenLength = bytes[start] & 15;
    this.code = bytes[start + 1 + extension];
    this.head = 2 + extension;
    this.length = this.head + this.tokenLength + content;
    return true;
  }
}

const frame = new Frame();

/** A CSM with nothing but its own options. A short one is met by chance, so elsewhere than on its port it has one. */
export function recogniseStream(
  bytes: Uint8Array,
  start: number,
  end: number,
  onPort: boolean,
): Recognition {
  if (end - start < 2) return 'more';
  // No CSM is longer than a one-byte extension tells.
  if (bytes[start] >> 4 > 13 || (bytes[start] & 15) > TOKEN_BYTES_MAX) return 'no';
  if (!frame.read(bytes, start, end)) return 'more';
  if (frame.code !== CSM || frame.length > 64) return 'no';
  if (end - start < frame.length) return 'more';
  cursor.begin(bytes, start + frame.head + frame.tokenLength, start + frame.length);
  let count = 0;
  while (cursor.next()) {
    if (!CSM_OPTIONS.includes(cursor.number) || cursor.to - cursor.from > 4) return 'no';
    count++;
  }
  if (cursor.fault || cursor.payload < start + frame.length) return 'no';
  return onPort || count > 0 ? 'yes' : 'no';
}

export class StreamParser implements Parser {
  done = false;
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const buffer = asBuffer(bytes);
    let position = start;
    while (position < end && !this.done) {
      if (!frame.read(bytes, position, end)) break;
      const { head, tokenLength, code, length } = frame;
      if (tokenLength > TOKEN_BYTES_MAX) {
        // Such a length may be an extended token's (RFC 8974), so what follows cannot be found.
        this.#malformed('token length', 0, false, direction, at);
        this.done = true;
        break;
      }
      if (length <= MESSAGE_BYTES_MAX) {
        const stop = position + length;
        if (stop > end) break;
        this.#message(buffer, position, head, stop, code, tokenLength, direction, at);
      }
      position += length;
    }
    return position - start;
  }

  /** Messages have no mark to find again. */
  gap(): void {
    this.done = true;
  }

  #message(
    bytes: Buffer,
    start: number,
    head: number,
    end: number,
    code: number,
    tokenLength: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const { secrets } = this.#context;
    const from = start + head;
    const read = readMessage(bytes, from, end, code, tokenLength, undefined, undefined, secrets);
    const wrong = read.fault || read.violation;
    if (wrong) this.#malformed(wrong, read.offset - start, !read.fault, direction, at);
    if (read.message) this.#context.emit(read.message, direction, at);
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: CoapMalformed = { protocol: 'coap', event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}
