/**
 * SIP (RFC 3261) over UDP and TCP: requests and responses, the credentials they carry, and the media they agree on
 * (SDP). Other bodies are passed over.
 */
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { FieldNames, type Head, headEnd, lineEnd, readFields } from './http/head.ts';
import { Findings, readAuthorization } from './http/secrets.ts';
import { expectDescribed } from './rtp/media.ts';
import { readSdp, type SessionDescription } from './sdp.ts';
import { type SipEvent, type SipRequestEvent, type SipResponseEvent, WIRE } from './sip/events.ts';
import { wireText } from './wire-text.ts';

export type { SipEvent, SipRequestEvent, SipResponseEvent } from './sip/events.ts';

const protocol = 'sip';
const PORTS = [5060, 5061];
const LINE_BYTES_MAX = 2_048;
const HEAD_BYTES_MAX = 16_384;
const SDP_BYTES_MAX = 8_192;
const TEXT_CHARACTERS_MAX = 512;
const METHOD_BYTES_MAX = 20;

const VERSION = Buffer.from('SIP/2.0');
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** Full names, and the short ones of RFC 3261, 7.3.3. */
const FIELDS = [
  'from',
  'f',
  'to',
  't',
  'call-id',
  'i',
  'contact',
  'm',
  'cseq',
  'user-agent',
  'server',
  'content-length',
  'l',
  'content-type',
  'c',
  'authorization',
  'proxy-authorization',
  'www-authenticate',
  'proxy-authenticate',
] as const;
const NAMES = new FieldNames(FIELDS);
type Fields = Head<(typeof FIELDS)[number]>['fields'];

export const sipDecoder: Decoder = {
  protocol,
  carriers: ['udp', 'tcp'],
  ports: PORTS,
  recognise(bytes, start, end, _direction, flow) {
    // Empty lines keep an address translation alive (RFC 5626, 4.4.1).
    let at = start;
    while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
    const more = flow.carrier === 'tcp' ? 'more' : 'no';
    if (at === end) return more;
    // Capital letters and a blank, or the version: nothing else is looked at further.
    if (!mayBegin(bytes, at, end)) return 'no';
    const stop = lineEnd(bytes, at, Math.min(end, at + LINE_BYTES_MAX));
    if (stop < end && bytes[stop] === LF) return kindOf(bytes, at, stop) ? 'yes' : 'no';
    return stop - at < LINE_BYTES_MAX ? more : 'no';
  },
  open: (flow, context) => new SipParser(flow, context),
};

/** What the start line [start, end) is; undefined where it is none. */
function kindOf(bytes: Uint8Array, start: number, end: number): 'request' | 'response' | undefined {
  const stop = bytes[end - 1] === CR ? end - 1 : end;
  if (isVersion(bytes, start, stop)) {
    const code = start + VERSION.length + 1;
    const digits = isDigit(bytes[code]) && isDigit(bytes[code + 1]) && isDigit(bytes[code + 2]);
    return bytes[code - 1] === SPACE && stop >= code + 3 && digits ? 'response' : undefined;
  }
  const method = methodEnd(bytes, start, stop);
  const version = stop - VERSION.length;
  if (method === start || bytes[method] !== SPACE || version < method + 3) return undefined;
  return bytes[version - 1] === SPACE && isVersion(bytes, version, stop) ? 'request' : undefined;
}

function isVersion(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < VERSION.length) return false;
  for (let i = 0; i < VERSION.length; i++) if (bytes[start + i] !== VERSION[i]) return false;
  return true;
}

function methodEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const limit = Math.min(end, start + METHOD_BYTES_MAX);
  while (at < limit && bytes[at] >= 0x41 && bytes[at] <= 0x5a) at++;
  return at;
}

/** The beginning of a start line, as far as it is there: a method and an address with a scheme, or the version. */
function mayBegin(bytes: Uint8Array, start: number, end: number): boolean {
  let same = 0;
  while (same < VERSION.length && start + same < end && bytes[start + same] === VERSION[same])
    same++;
  if (same === VERSION.length || start + same === end) return true;
  const method = methodEnd(bytes, start, end);
  if (method === end) return method - start < METHOD_BYTES_MAX;
  if (method - start < 3 || bytes[method] !== SPACE) return false;
  // `sip:`, `sips:` or `tel:`.
  const scheme = bytes[method + 1] | 0x20;
  return method + 1 === end || scheme === 0x73 || scheme === 0x74;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

class SipParser implements Parser {
  readonly #stream: boolean;
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  done = false;

  constructor(flow: Flow, context: DecodeContext) {
    this.#stream = flow.carrier === 'tcp';
    this.#flow = flow;
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    while (place < end && !this.done) {
      if (bytes[place] === CR || bytes[place] === LF) {
        place++;
        continue;
      }
      const next = this.#message(bytes, place, end, direction, at);
      if (next < 0) break;
      place = next;
    }
    return this.#stream ? place - start : end - start;
  }

  gap(): void {
    // Bodies are told from heads by lengths only.
    this.done = true;
  }

  /** Takes one message; returns where the next begins, which may be beyond `end`, or -1 where more is needed. */
  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const empty = headEnd(bytes, start, Math.min(end, start + HEAD_BYTES_MAX));
    if (empty < 0 && this.#stream) {
      if (end - start < HEAD_BYTES_MAX) return -1;
      this.#malformed('head too long', HEAD_BYTES_MAX, false, direction, at);
      this.done = true;
      return end;
    }
    const head = empty < 0 ? end : empty;
    const line = lineEnd(bytes, start, head);
    const kind = kindOf(bytes, start, line);
    if (!kind) {
      this.#malformed('invalid start line', 0, false, direction, at);
      this.done = this.#stream;
      return end;
    }
    const { fields, problem, problemOffset } = readFields(
      bytes,
      Math.min(line + 1, head),
      head,
      NAMES,
    );
    const length = contentLength(fields);
    // Over UDP the datagram ends the message (RFC 3261, 18.3).
    const body = Math.max(0, length ?? (this.#stream ? 0 : end - head));
    const isSdp = body > 0 && body <= SDP_BYTES_MAX && /^application\/sdp\b/i.test(typeOf(fields));
    if (this.#stream && isSdp && end - head < body) return -1;
    if (problem) this.#malformed(problem, problemOffset - start, true, direction, at);
    if (length === -1) this.#malformed('invalid Content-Length', 0, true, direction, at);
    else if (!this.#stream && body > end - head)
      this.#malformed('body cut off', head - start, true, direction, at);
    const found = new Findings(this.#context.secrets);
    const sdp = isSdp ? readSdp(bytes, head, Math.min(end, head + body), found) : undefined;
    const { run, clientAddress, serverAddress } = this.#flow;
    if (run && sdp) expectDescribed(run, sdp, direction === 0 ? clientAddress : serverAddress);
    const text = wireText(bytes, start, bytes[line - 1] === CR ? line - 1 : line);
    const event =
      kind === 'request' ? request(text, fields, sdp, found) : response(text, fields, sdp, found);
    this.#context.emit(event, direction, at);
    return this.#stream ? head + body : end;
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: SipEvent = { protocol, event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}

function request(
  line: string,
  fields: Fields,
  sdp: SessionDescription | undefined,
  found: Findings,
): SipRequestEvent {
  const method = line.slice(0, line.indexOf(' '));
  for (const value of [fields.authorization, fields['proxy-authorization']])
    if (value) readAuthorization(value, found);
  return {
    protocol,
    event: 'request',
    method,
    uri: line.slice(method.length + 1, -VERSION.length - 1).slice(0, TEXT_CHARACTERS_MAX),
    version: line.slice(-VERSION.length),
    request_line: line.slice(0, TEXT_CHARACTERS_MAX),
    ...common(fields),
    user_agent: cut(fields['user-agent']),
    credentials: found.credentials.length > 0 ? found.credentials : undefined,
    sdp,
    [WIRE]: found.wire,
  };
}

function response(
  line: string,
  fields: Fields,
  sdp: SessionDescription | undefined,
  found: Findings,
): SipResponseEvent {
  const code = VERSION.length + 1;
  const challenge = fields['www-authenticate'] ?? fields['proxy-authenticate'];
  const realm = /\brealm\s*=\s*"[^"]{0,128}"/i
    .exec(challenge ?? '')?.[0]
    .replace(/^realm\s*=\s*/i, '');
  return {
    protocol,
    event: 'response',
    version: line.slice(0, VERSION.length),
    code: line.slice(code, code + 3),
    reason: line.slice(code + 4, code + 4 + TEXT_CHARACTERS_MAX),
    response_line: line.slice(0, TEXT_CHARACTERS_MAX),
    ...common(fields),
    server: cut(fields.server ?? fields['user-agent']),
    challenge: challenge && [challenge.split(' ', 1)[0], realm].filter(Boolean).join(' '),
    sdp,
    [WIRE]: found.wire,
  };
}

function common(
  fields: Fields,
): Pick<
  SipRequestEvent,
  'from' | 'to' | 'call_id' | 'cseq' | 'contact' | 'content_type' | 'content_length'
> {
  const length = contentLength(fields);
  return {
    from: cut(fields.from ?? fields.f),
    to: cut(fields.to ?? fields.t),
    call_id: cut(fields['call-id'] ?? fields.i),
    cseq: cut(fields.cseq),
    contact: cut(fields.contact ?? fields.m),
    content_type: cut(fields['content-type'] ?? fields.c),
    content_length: length === -1 ? undefined : length,
  };
}

const typeOf = (fields: Fields): string => fields['content-type'] ?? fields.c ?? '';

/** -1 where it is no number. */
function contentLength(fields: Fields): number | undefined {
  const text = fields['content-length'] ?? fields.l;
  if (text === undefined) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

function cut(text: string | undefined): string | undefined {
  return text?.slice(0, TEXT_CHARACTERS_MAX);
}
