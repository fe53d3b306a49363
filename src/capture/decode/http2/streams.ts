/** The streams of one HTTP/2 connection: field blocks become requests and responses as those of HTTP/1, with bodies. */
import type { DecodeContext, Direction, PacketRef } from '../../decoder.ts';
import { Draft } from '../http/draft.ts';
import type { HttpRequestEvent, HttpResponseEvent } from '../http/events.ts';
import {
  CredentialMemory,
  hasNoBody,
  REQUEST_FIELDS,
  RESPONSE_FIELDS,
  type Read,
  type RequestFields,
  type ResponseFields,
  requestOf,
  responseOf,
  UNTIL_CLOSE,
} from '../http/messages.ts';
import { wireText } from '../wire-text.ts';

/** Streams that are followed at once; the oldest goes. */
const STREAMS_MAX = 256;
/** Bodies whose beginning is held at once: what of others would be looked at is not. */
const HELD_BODIES_MAX = 8;
const VALUE_MAX = 4_096;
const URL_MAX = 2_048;
const VERSION = 'HTTP/2';

interface Stream {
  request: HttpRequestEvent | undefined;
  readonly drafts: [Draft | undefined, Draft | undefined];
  /** A final response was read, each way; what follows are trailers. */
  readonly headed: [boolean, boolean];
}

/** A field block as it comes, put in order. */
export class Block {
  readonly fields: Record<string, string> = {};
  method: string | undefined;
  path: string | undefined;
  authority: string | undefined;
  status = 0;

  readonly take = (name: string, value: string): void => {
    const text = textOf(value);
    switch (name) {
      case ':method':
        this.method = text.slice(0, 24);
        break;
      case ':path':
        this.path = text.slice(0, URL_MAX);
        break;
      case ':authority':
        this.authority = text;
        break;
      case ':status':
        this.status = /^[1-9]\d\d$/.test(text) ? Number(text) : 0;
        break;
      default:
        if (REQUEST_FIELDS.has(name) || RESPONSE_FIELDS.has(name)) this.#add(name, text);
    }
  };

  /** RFC 9110, 5.3; cookies come in pieces (RFC 9113, 8.2.3), and those that are set hold commas. */
  #add(name: string, value: string): void {
    const known = this.fields[name];
    if (known === undefined) this.fields[name] = value;
    else if (known.length + value.length <= VALUE_MAX)
      this.fields[name] =
        known + (name === 'cookie' ? '; ' : name === 'set-cookie' ? '\n' : ', ') + value;
  }
}

/** HPACK's strings are bytes. */
function textOf(value: string): string {
  const cut = value.length > VALUE_MAX ? value.slice(0, VALUE_MAX) : value;
  if (!/[\x80-\xff]/.test(cut)) return cut;
  const bytes = Buffer.from(cut, 'latin1');
  return wireText(bytes, 0, bytes.length);
}

export class Streams {
  readonly #context: DecodeContext;
  readonly #memories = [new CredentialMemory(), new CredentialMemory()] as const;
  readonly #streams = new Map<number, Stream>();
  #heldBodies = 0;

  /** @param upgraded - the request of HTTP/1.1 that stream 1 answers. */
  constructor(context: DecodeContext, upgraded: HttpRequestEvent | undefined) {
    this.#context = context;
    if (upgraded) this.#stream(1).request = upgraded;
  }

  /** A whole field block of HEADERS. @returns what is wrong with it, or ''. */
  head(id: number, block: Block, end: boolean, direction: Direction, at: PacketRef): string {
    const stream = this.#stream(id);
    if (block.method !== undefined) {
      if (block.path === undefined && block.method !== 'CONNECT') return 'request without a path';
      this.#request(stream, id, block, end, direction, at);
    } else if (block.status > 0) this.#response(stream, id, block, end, direction, at);
    else if (!stream.headed[direction]) return 'neither request nor response';
    if (end) this.end(id, direction);
    return '';
  }

  #request(
    stream: Stream,
    id: number,
    block: Block,
    end: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const fields = block.fields as RequestFields;
    fields.host ??= block.authority ?? '';
    if (fields.host === '') delete fields.host;
    const { event, found, length } = requestOf(
      block.method ?? '',
      block.path ?? block.authority ?? '',
      VERSION,
      fields,
      this.#context.secrets,
      this.#memories[direction],
    );
    stream.request = event;
    this.#begin(stream, id, { event, found, ...bodyOf(length, end) }, direction, at);
  }

  #response(
    stream: Stream,
    id: number,
    block: Block,
    end: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const { status } = block;
    // What of the request's body was to be looked at has been.
    if (status >= 200) this.#finish(stream, direction === 0 ? 1 : 0);
    const { event, found, length } = responseOf(
      status,
      VERSION,
      block.fields as ResponseFields,
      this.#context.secrets,
      stream.request,
    );
    const none = end || hasNoBody(status, stream.request);
    this.#begin(stream, id, { event, found, ...bodyOf(length, none) }, direction, at);
    if (status < 200) {
      this.#finish(stream, direction);
      stream.headed[direction] = false;
    }
  }

  #begin(
    stream: Stream,
    id: number,
    read: Read<HttpRequestEvent> | Read<HttpResponseEvent>,
    direction: Direction,
    at: PacketRef,
  ): void {
    this.#finish(stream, direction);
    read.event.stream_id = id;
    stream.headed[direction] = true;
    stream.drafts[direction] = new Draft(read, at);
  }

  /** Bytes of a body. */
  body(
    id: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const draft = this.#streams.get(id)?.drafts[direction];
    if (!draft) return;
    // What was not held from its beginning is not held at all.
    if (!draft.isHolding && (draft.counted > 0 || this.#heldBodies >= HELD_BODIES_MAX)) {
      draft.counted += length;
      return;
    }
    const held = draft.isHolding;
    draft.take(bytes, start, length, at);
    if (!held && draft.isHolding) this.#heldBodies++;
  }

  /** Bytes of a body that were not looked at. */
  passed(id: number, length: number, direction: Direction): void {
    const draft = this.#streams.get(id)?.drafts[direction];
    if (draft) draft.counted += length;
  }

  wantsMore(id: number, direction: Direction): boolean {
    return this.#streams.get(id)?.drafts[direction]?.wantsMore ?? false;
  }

  /** One side has said all on this stream. */
  end(id: number, direction: Direction): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#finish(stream, direction);
    if (stream.headed[0] && stream.headed[1] && !stream.drafts[0] && !stream.drafts[1])
      this.#streams.delete(id);
  }

  /** The stream was given up by one side; what the other still says is on its way. */
  reset(id: number): void {
    const stream = this.#streams.get(id);
    if (stream) this.#finishBoth(stream);
  }

  close(): void {
    for (const stream of this.#streams.values()) this.#finishBoth(stream);
    this.#streams.clear();
  }

  /** The request first: its answer refers to it. */
  #finishBoth(stream: Stream): void {
    const first: Direction = stream.drafts[0]?.isAnswer ? 1 : 0;
    this.#finish(stream, first);
    this.#finish(stream, first === 0 ? 1 : 0);
  }

  #finish(stream: Stream, direction: Direction): void {
    const draft = stream.drafts[direction];
    if (!draft) return;
    stream.drafts[direction] = undefined;
    if (draft.isHolding) this.#heldBodies--;
    draft.finish(this.#context, direction);
  }

  #stream(id: number): Stream {
    let stream = this.#streams.get(id);
    if (stream) return stream;
    if (this.#streams.size >= STREAMS_MAX) {
      for (const [oldest, given] of this.#streams) {
        this.#streams.delete(oldest);
        this.#finishBoth(given);
        break;
      }
    }
    stream = { request: undefined, drafts: [undefined, undefined], headed: [false, false] };
    this.#streams.set(id, stream);
    return stream;
  }
}

function bodyOf(
  length: number | undefined,
  none: boolean,
): Pick<Read<HttpRequestEvent>, 'body' | 'problem' | 'offset'> {
  const declared = length === undefined || length < 0 ? UNTIL_CLOSE : length;
  return { body: none ? 0 : declared, problem: undefined, offset: 0 };
}
