/**
 * A stream of one protocol inside the messages of another (MQTT in WebSocket): its parser is fed as the dissector
 * would feed it, and what it leaves waits here, bounded.
 */
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';

/** As streams.ts allows a parser to leave. */
const WAITING_BYTES_MAX = 65_536;
const NOTHING = Buffer.alloc(0);

class Half {
  waiting: Buffer = NOTHING;
  skip = 0;
}

export class InnerStream {
  readonly protocol: string;
  readonly #parser: Parser;
  readonly #halves: readonly [Half, Half] = [new Half(), new Half()];

  constructor(decoder: Decoder, flow: Flow, context: DecodeContext) {
    this.protocol = decoder.protocol;
    this.#parser = decoder.open(flow, context);
  }

  /** Takes the next bytes of a direction; they may be overwritten afterwards. */
  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): void {
    const half = this.#halves[direction];
    let from = start;
    if (half.skip > 0) {
      const skipped = Math.min(half.skip, end - from);
      half.skip -= skipped;
      from += skipped;
    }
    if (from === end || this.#parser.done) return;
    if (half.waiting.length === 0) {
      const left = this.#offer(bytes, from, end, half, direction, at);
      if (left > 0) half.waiting = Buffer.from(bytes.subarray(end - left, end));
    } else {
      const all = Buffer.concat([half.waiting, bytes.subarray(from, end)]);
      const left = this.#offer(all, 0, all.length, half, direction, at);
      half.waiting = left > 0 ? all.subarray(all.length - left) : NOTHING;
    }
    if (half.waiting.length > WAITING_BYTES_MAX) this.gap(half.waiting.length, direction, at);
  }

  /** @returns how many bytes the parser left. */
  #offer(
    bytes: Uint8Array,
    start: number,
    end: number,
    half: Half,
    direction: Direction,
    at: PacketRef,
  ): number {
    const consumed = this.#parser.data(bytes, start, end, direction, at);
    half.skip = Math.max(0, consumed - (end - start));
    return Math.max(0, end - start - Math.max(0, consumed));
  }

  gap(missing: number, direction: Direction, at: PacketRef): void {
    const half = this.#halves[direction];
    half.waiting = NOTHING;
    half.skip = 0;
    this.#parser.gap?.(missing, direction, at);
  }

  close(at: PacketRef): void {
    this.#parser.close?.(at);
  }
}
