/**
 * Follows the messages of one HTTP/1 connection in both directions: heads, bodies of every framing (RFC 9112,
 * section 6), pipelining, interim answers, and what ends it (CONNECT, Upgrade). Bodies are passed over without a
 * copy, but for a bounded beginning of those that say something about security.
 */
import type { DecodeContext, Direction, Flow, PacketRef, Parser } from '../../decoder.ts';
import { Draft } from './draft.ts';
import {
  BEHIND,
  type HttpMalformedEvent,
  type HttpRequestEvent,
  type HttpResponseEvent,
} from './events.ts';
import { headEnd, httpVersionAt, lineEnd, methodLength } from './head.ts';
import {
  CHUNKED,
  CredentialMemory,
  type Read,
  readRequest,
  readResponse,
  statusAt,
  UNTIL_CLOSE,
} from './messages.ts';
import { noteUpgrade } from './upgrade.ts';

/** Requests that wait for their answers on one connection. */
const PIPELINED_MAX = 64;
/** Whoever gathers bytes for a head gives up before long (decoder.ts: 64 KiB). */
const HEAD_BYTES_MAX = 60_000;
/** Longest chunk-size line with extensions, and trailer line. */
const CHUNK_LINE_MAX = 4_096;

const HEAD = 0;
const LENGTH = 1;
const CHUNK_SIZE = 2;
const CHUNK_DATA = 3;
const CHUNK_END = 4;
const TRAILER = 5;
const CLOSE = 6;
const LOST = 7;

class Side {
  state = HEAD;
  /** Bytes of an unfinished head that were searched for its end. */
  searched = 0;
  /** Bytes that the body or chunk still has. */
  remaining = 0;
  draft: Draft | undefined;
  /** Requests sent in this direction that were not answered yet. */
  asked: HttpRequestEvent[] = [];
  readonly memory = new CredentialMemory();
}

export class HttpParser implements Parser {
  done = false;
  handover = false;
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];

  constructor(flow: Flow, context: DecodeContext) {
    this.#flow = flow;
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const side = this.#sides[direction];
    let place = start;
    while (place < end) {
      switch (side.state) {
        case HEAD: {
          while (place < end && (bytes[place] === 0x0d || bytes[place] === 0x0a)) place++;
          if (place === end) break;
          const next = this.#head(bytes, place, end, direction, at);
          if (next < 0) return place - start;
          place = next;
          if (this.done || this.handover) return place - start;
          break;
        }
        case LENGTH:
        case CHUNK_DATA: {
          const taken = Math.min(side.remaining, end - place);
          side.draft?.take(bytes, place, taken, at);
          place += taken;
          side.remaining -= taken;
          if (side.remaining > 0 && !side.draft?.wantsMore) {
            // The rest says nothing new: it is skipped unseen.
            place += side.remaining;
            if (side.draft) side.draft.counted += side.remaining;
            side.remaining = 0;
          }
          if (side.state === CHUNK_DATA) {
            if (side.remaining === 0) side.state = CHUNK_END;
          } else {
            if (side.draft && !side.draft?.wantsMore) this.#finish(side, direction);
            if (side.remaining === 0) this.#end(side, direction);
          }
          break;
        }
        case CLOSE:
          side.draft?.take(bytes, place, end - place, at);
          return end - start;
        case LOST:
          if (!startsMessage(bytes, place, end)) return end - start;
          side.state = HEAD;
          break;
        default: {
          const next = this.#chunkLine(side, bytes, place, end, direction, at);
          if (next < 0) return place - start;
          place = next;
        }
      }
    }
    return place - start;
  }

  gap(missing: number, direction: Direction, at: PacketRef): void {
    const side = this.#sides[direction];
    const headTooLong = side.state === HEAD && side.searched >= HEAD_BYTES_MAX;
    side.searched = 0;
    if (headTooLong) this.#malformed('head too long', HEAD_BYTES_MAX, false, direction, at);
    if (side.draft && side.state !== CLOSE) this.#finish(side, direction);
    if ((side.state === LENGTH || side.state === CHUNK_DATA) && missing <= side.remaining) {
      side.remaining -= missing;
      if (side.remaining === 0) side.state = side.state === LENGTH ? HEAD : CHUNK_END;
      return;
    }
    if (side.state === CLOSE) return;
    side.state = LOST;
    side.remaining = 0;
    // Answers may be among what was lost: those who wait must not get another's.
    this.#sides[1 - direction].asked = [];
  }

  close(): void {
    // The request first: its answer refers to it.
    const first: Direction = this.#sides[0].draft?.isAnswer ? 1 : 0;
    this.#finish(this.#sides[first], first);
    const second: Direction = first === 0 ? 1 : 0;
    this.#finish(this.#sides[second], second);
  }

  /** Reads a head at `start`; returns where it ends, or -1 when more is needed. */
  #head(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const side = this.#sides[direction];
    if (end - start >= 4 && methodLength(bytes, start, start + 4) < 3)
      return this.#lose(side, end, 'not a message', direction, at);
    const stop = headEnd(bytes, start, end, start + side.searched);
    if (stop < 0) {
      side.searched = Math.max(0, end - start - 2);
      return -1;
    }
    side.searched = 0;
    const answer = statusAt(bytes, start, stop) > 0;
    const read = answer
      ? this.#readAnswer(bytes, start, stop, direction)
      : readRequest(bytes, start, stop, this.#context.secrets, side.memory);
    if (!read) return this.#lose(side, end, 'invalid start line', direction, at);
    if (read.problem) this.#malformed(read.problem, Math.max(0, read.offset), true, direction, at);
    if (!answer) {
      if (side.asked.length >= PIPELINED_MAX) side.asked.shift();
      side.asked.push(read.event as HttpRequestEvent);
    }
    this.#begin(side, read, direction, at);
    if (answer) this.#leave(read.event as HttpResponseEvent);
    return stop;
  }

  #readAnswer(
    bytes: Uint8Array,
    start: number,
    stop: number,
    direction: Direction,
  ): Read<HttpResponseEvent> | undefined {
    const other: Direction = direction === 0 ? 1 : 0;
    const asked = this.#sides[other].asked;
    const read = readResponse(bytes, start, stop, this.#context.secrets, asked[0]);
    if (!read) return undefined;
    // The answer began, so whatever of the request's body was to be looked at has been.
    if (!this.#sides[other].draft?.isAnswer) this.#finish(this.#sides[other], other);
    if (read.event.status >= 200 || read.event.status === 101) asked.shift();
    return read;
  }

  #begin(
    side: Side,
    read: Read<HttpRequestEvent> | Read<HttpResponseEvent>,
    direction: Direction,
    at: PacketRef,
  ): void {
    side.draft = new Draft(read, at);
    side.remaining = Math.max(0, read.body);
    side.state = read.body === CHUNKED ? CHUNK_SIZE : read.body === UNTIL_CLOSE ? CLOSE : LENGTH;
    if (read.body >= 0 && !side.draft.wantsMore) this.#finish(side, direction);
    if (read.body === 0) this.#end(side, direction);
  }

  /** After CONNECT and Upgrade the connection speaks something else. */
  #leave(answer: HttpResponseEvent): void {
    if (answer.status === 101) {
      noteUpgrade(this.#flow, answer);
      this.handover = true;
    } else if (answer.status < 300 && answer.status >= 200)
      this.handover = answer[BEHIND].request?.http_method === 'CONNECT';
  }

  /** Reads what stands between chunks; returns where it ends, or -1 when more is needed. */
  #chunkLine(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const line = lineEnd(bytes, start, Math.min(end, start + CHUNK_LINE_MAX));
    if (line === end) return -1;
    if (bytes[line] !== 0x0a) return this.#lose(side, end, 'chunk line too long', direction, at);
    let stop = line;
    if (stop > start && bytes[stop - 1] === 0x0d) stop--;
    if (side.state === CHUNK_SIZE) {
      const size = chunkSize(bytes, start, stop);
      if (size < 0) return this.#lose(side, end, 'invalid chunk size', direction, at);
      side.remaining = size;
      side.state = size === 0 ? TRAILER : CHUNK_DATA;
    } else if (side.state === CHUNK_END) {
      if (stop !== start) return this.#lose(side, end, 'chunk without end', direction, at);
      side.state = CHUNK_SIZE;
    } else if (stop === start) this.#end(side, direction);
    return line + 1;
  }

  #lose(side: Side, end: number, reason: string, direction: Direction, at: PacketRef): number {
    const readable = side.state !== HEAD;
    this.#finish(side, direction);
    this.#malformed(reason, 0, readable, direction, at);
    side.state = LOST;
    side.searched = 0;
    return end;
  }

  /** The message is whole. */
  #end(side: Side, direction: Direction): void {
    this.#finish(side, direction);
    side.state = HEAD;
  }

  /** Hands on the event of a message, with what its body's beginning told. */
  #finish(side: Side, direction: Direction): void {
    const { draft } = side;
    if (!draft) return;
    side.draft = undefined;
    draft.finish(this.#context, direction);
  }

  /** @param readable - the message's own event is emitted all the same. */
  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: HttpMalformedEvent = {
      protocol: 'http',
      event: 'malformed',
      reason,
      offset,
      readable,
    };
    this.#context.emit(event, direction, at);
  }
}

/** RFC 9112, 7.1: hexadecimal digits, perhaps extensions; -1 when invalid. */
function chunkSize(bytes: Uint8Array, start: number, end: number): number {
  let size = 0;
  let digits = 0;
  let i = start;
  for (; i < end; i++, digits++) {
    const byte = bytes[i];
    const digit =
      byte >= 0x30 && byte <= 0x39
        ? byte - 0x30
        : (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66
          ? (byte | 0x20) - 0x57
          : -1;
    if (digit < 0) break;
    size = size * 16 + digit;
    if (digits >= 12) return -1;
  }
  if (digits === 0) return -1;
  return i === end || bytes[i] === 0x3b || bytes[i] === 0x20 || bytes[i] === 0x09 ? size : -1;
}

/** After a loss: whether a segment begins with a start line. */
function startsMessage(bytes: Uint8Array, start: number, end: number): boolean {
  if (statusAt(bytes, start, end) > 0) return true;
  const method = methodLength(bytes, start, end);
  if (method < 3 || bytes[start + method] !== 0x20) return false;
  const line = lineEnd(bytes, start, Math.min(end, start + 4_096));
  const stop = line > start && bytes[line - 1] === 0x0d ? line - 1 : line;
  return line < end && stop - start > method + 10 && httpVersionAt(bytes, stop - 8, stop) > 0;
}
