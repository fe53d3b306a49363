/**
 * Follows the messages of one HTTP/1 connection in both directions: heads, bodies of every framing (RFC 9112,
 * section 6), pipelining, interim answers, and what ends it (CONNECT, Upgrade). Bodies are passed over without a
 * copy, but for a bounded beginning of those that say something about security.
 */
import type { DecodeContext, Direction, PacketRef, Parser } from '../../decoder.ts';
import { magicOf } from '../../magic.ts';
import {
  type BodyKind,
  bodyKind,
  FORM_BYTES_MAX,
  MAGIC_BYTES_MAX,
  PAGE_BYTES_MAX,
  readDescription,
  readPage,
  readRequestBody,
} from './body.ts';
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from './events.ts';
import { headEnd, httpVersionAt, lineEnd, methodLength } from './head.ts';
import {
  CHUNKED,
  CredentialMemory,
  type Read,
  readRequest,
  readResponse,
  shown,
  statusAt,
  UNTIL_CLOSE,
} from './messages.ts';
import { type PortMappingRequest, readPortMapping, readPortMappingAnswer } from './soap.ts';

/** Bodies from here on are looked at for what they are: a firmware image is not smaller. */
export const LARGE_BODY_BYTES = 65_536;
/** Requests that wait for their answers on one connection. */
const PIPELINED_MAX = 64;
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

/** A message whose event waits for the beginning, or the end, of its body. */
interface Draft {
  readonly read: Read<HttpRequestEvent> | Read<HttpResponseEvent>;
  readonly at: PacketRef;
  readonly kind: BodyKind;
  /** Bytes wanted of the body's beginning. */
  readonly wanted: number;
  head: Buffer;
  held: number;
  /** Bytes of the body so far. */
  counted: number;
}

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

const NOTHING = Buffer.alloc(0);

export class HttpParser implements Parser {
  done = false;
  handover = false;
  readonly #context: DecodeContext;
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];

  constructor(context: DecodeContext) {
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
          this.#take(side, bytes, place, taken, at);
          place += taken;
          side.remaining -= taken;
          if (side.remaining > 0 && !wantsMore(side)) {
            // The rest says nothing new: it is skipped unseen.
            place += side.remaining;
            if (side.draft) side.draft.counted += side.remaining;
            side.remaining = 0;
          }
          if (side.state === CHUNK_DATA) {
            if (side.remaining === 0) side.state = CHUNK_END;
          } else {
            if (side.draft && !wantsMore(side)) this.#finish(side, direction);
            if (side.remaining === 0) this.#end(side, direction);
          }
          break;
        }
        case CLOSE:
          this.#take(side, bytes, place, end - place, at);
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
    side.searched = 0;
    if (side.draft && side.state !== CLOSE) this.#finish(side, direction);
    if ((side.state === LENGTH || side.state === CHUNK_DATA) && missing < side.remaining) {
      side.remaining -= missing;
      return;
    }
    if (side.state === CLOSE) return;
    if (side.state === HEAD && missing >= LARGE_BODY_BYTES)
      this.#malformed('head too long', 0, direction, at);
    side.state = LOST;
    side.remaining = 0;
    // Answers may be among what was lost: those who wait must not get another's.
    this.#sides[1 - direction].asked = [];
  }

  close(): void {
    // The request first: its answer refers to it.
    const first: Direction = isResponse(this.#sides[0].draft) ? 1 : 0;
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
    if (read.problem) this.#malformed(read.problem, Math.max(0, read.offset), direction, at);
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
    if (this.#sides[other].draft && !isResponse(this.#sides[other].draft))
      this.#finish(this.#sides[other], other);
    if (read.event.status >= 200 || read.event.status === 101) asked.shift();
    return read;
  }

  #begin(
    side: Side,
    read: Read<HttpRequestEvent> | Read<HttpResponseEvent>,
    direction: Direction,
    at: PacketRef,
  ): void {
    const kind = kindOf(read.event);
    const wanted = read.body === 0 ? 0 : wantedOf(read, kind);
    side.draft = { read, at, kind, wanted, head: NOTHING, held: 0, counted: 0 };
    side.remaining = Math.max(0, read.body);
    side.state = read.body === CHUNKED ? CHUNK_SIZE : read.body === UNTIL_CLOSE ? CLOSE : LENGTH;
    if (read.body >= 0 && wanted === 0) this.#finish(side, direction);
    if (read.body === 0) this.#end(side, direction);
  }

  /** After CONNECT and Upgrade the connection speaks something else. */
  #leave(answer: HttpResponseEvent): void {
    if (answer.status === 101) {
      if (answer.upgrade?.startsWith('websocket')) this.done = true;
      else this.handover = true;
    } else if (answer.status < 300 && answer.status >= 200)
      this.handover = answer[BEHIND].request?.http_method === 'CONNECT';
  }

  #take(side: Side, bytes: Uint8Array, start: number, length: number, at: PacketRef): void {
    const { draft } = side;
    if (!draft) return;
    draft.counted += length;
    const copied = Math.min(length, draft.wanted - draft.held);
    if (copied <= 0) return;
    if (draft.head.length < draft.held + copied) {
      const larger = Buffer.allocUnsafe(
        Math.min(draft.wanted, Math.max(512, 2 * (draft.held + copied))),
      );
      draft.head.copy(larger, 0, 0, draft.held);
      draft.head = larger;
    }
    draft.head.set(bytes.subarray(start, start + copied), draft.held);
    draft.held += copied;
    if (!isResponse(draft)) (draft.read.event as HttpRequestEvent)[BEHIND].bodyAt = at;
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
    this.#finish(side, direction);
    this.#malformed(reason, 0, direction, at);
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
    const { event } = draft.read;
    event.length = Math.max(draft.read.body, draft.counted);
    if (event.event === 'request') this.#finishRequest(event, draft, direction);
    else this.#finishAnswer(event, draft, direction);
  }

  #finishRequest(event: HttpRequestEvent, draft: Draft, direction: Direction): void {
    const { found } = draft.read;
    let mapping: PortMappingRequest | undefined;
    if (draft.held > 0) {
      const body = draft.head.toString('utf8', 0, draft.held);
      if (mayHoldForm(event, draft.kind)) readRequestBody(draft.kind, body, found);
      if (event.soap_action) mapping = readPortMapping(event.soap_action, body);
      if (event.length >= LARGE_BODY_BYTES)
        event.magic = magicOf(draft.head, fileStart(draft), draft.held);
    }
    event.credentials = shown(found);
    event[BEHIND].portMapping = mapping;
    this.#context.emit(event, direction, draft.at);
    if (mapping) this.#context.emit(mapping, direction, event[BEHIND].bodyAt ?? draft.at);
  }

  #finishAnswer(event: HttpResponseEvent, draft: Draft, direction: Direction): void {
    const mapping = event[BEHIND].request?.[BEHIND].portMapping;
    let body = '';
    if (draft.held > 0) {
      const start = event.status === 206 ? startsFile(event) : event.length >= LARGE_BODY_BYTES;
      if (start && !event.content_encoding) event.magic = magicOf(draft.head, 0, draft.held);
      if (draft.kind) body = draft.head.toString('utf8', 0, draft.held);
      if (draft.kind === 'xml') event.upnp = readDescription(body);
      if (draft.kind === 'html') {
        const page = readPage(body);
        event.title = page.title;
        event.login_form = page.loginForm;
      }
    }
    this.#context.emit(event, direction, draft.at);
    if (mapping && event.status >= 200)
      this.#context.emit(readPortMappingAnswer(mapping, event.status, body), direction, draft.at);
  }

  #malformed(reason: string, offset: number, direction: Direction, at: PacketRef): void {
    this.#context.emit(
      { protocol: 'http', event: 'malformed', reason, offset } as never,
      direction,
      at,
    );
  }
}

function isResponse(draft: Draft | undefined): boolean {
  return draft?.read.event.event === 'response';
}

function wantsMore(side: Side): boolean {
  return side.draft !== undefined && side.draft.held < side.draft.wanted;
}

function kindOf(event: HttpRequestEvent | HttpResponseEvent): BodyKind {
  if (event.event === 'request') return bodyKind(event.content_type);
  const kind =
    event.content_encoding && event.content_encoding !== 'identity'
      ? undefined
      : bodyKind(event.http_content_type);
  return kind === 'html' || kind === 'xml' ? kind : undefined;
}

/** Devices send forms and JSON without a type, or as text. */
function mayHoldForm(event: HttpRequestEvent, kind: BodyKind): boolean {
  return (
    kind !== undefined || event.content_type === undefined || event.content_type === 'text/plain'
  );
}

/** A first piece of a file that is fetched in pieces (RFC 9110, 14.4). */
function startsFile(event: HttpResponseEvent): boolean {
  return event.status === 206 && (event.content_range?.startsWith('bytes 0-') ?? false);
}

/** How much of the beginning of a body is worth a look. */
function wantedOf(
  { event, body }: Read<HttpRequestEvent> | Read<HttpResponseEvent>,
  kind: BodyKind,
): number {
  const most = body > 0 ? body : Number.POSITIVE_INFINITY;
  if (event.event === 'request') {
    if (mayHoldForm(event, kind)) return Math.min(most, FORM_BYTES_MAX);
    return most >= LARGE_BODY_BYTES ? MAGIC_BYTES_MAX : 0;
  }
  if (kind) return Math.min(most, PAGE_BYTES_MAX);
  return most >= LARGE_BODY_BYTES || startsFile(event) ? Math.min(most, MAGIC_BYTES_MAX) : 0;
}

/** Where the file begins in an uploaded body: after the part's own head in multipart/form-data. */
function fileStart(draft: Draft): number {
  if (draft.kind !== 'multipart') return 0;
  const head = headEnd(draft.head, 0, draft.held);
  return head < 0 ? 0 : head;
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
