/** From the head of a message to its event, and how long its body is (RFC 9112, section 6). */
import type { SecretSealer } from '../../../base/index.ts';
import { wireText } from '../wire-text.ts';
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from './events.ts';
import { FieldNames, httpVersionAt, lineEnd, methodLength, ownText, readFields } from './head.ts';
import {
  type Authorization,
  Findings,
  maskUrl,
  readAuthorization,
  readCookies,
  readSetCookies,
} from './secrets.ts';

const URL_BYTES_MAX = 2_048;
const SHORT_MAX = 256;

/** Body lengths that are not a number of bytes. */
export const CHUNKED = -1;
export const UNTIL_CLOSE = -2;

/** A head that was read, and the problem that it has, if any. */
export interface Read<Event> {
  readonly event: Event;
  readonly found: Findings;
  /** Bytes of the body, CHUNKED or UNTIL_CLOSE. */
  readonly body: number;
  readonly problem: string | undefined;
  /** From the start of the message. */
  readonly offset: number;
}

export const REQUEST_FIELDS = new FieldNames([
  'host',
  'user-agent',
  'referer',
  'content-type',
  'content-length',
  'transfer-encoding',
  'authorization',
  'proxy-authorization',
  'cookie',
  'upgrade',
  'soapaction',
  'x-api-key',
  'api-key',
  'apikey',
  'x-auth-token',
  'x-access-token',
  'x-token',
  'access-token',
  'x-session-token',
]);
/** Fields of no standard that carry a credential as it is. */
const TOKEN_FIELDS = [
  'x-api-key',
  'api-key',
  'apikey',
  'x-auth-token',
  'x-access-token',
  'x-token',
  'access-token',
  'x-session-token',
] as const;

export const RESPONSE_FIELDS = new FieldNames([
  'server',
  'content-type',
  'content-length',
  'content-encoding',
  'content-range',
  'transfer-encoding',
  'www-authenticate',
  'proxy-authenticate',
  'location',
  'set-cookie',
  'upgrade',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
]);

type RequestField = typeof REQUEST_FIELDS extends FieldNames<infer Name> ? Name : never;
type ResponseField = typeof RESPONSE_FIELDS extends FieldNames<infer Name> ? Name : never;

/** What a client repeats in each request, kept so that it is read once. */
export class CredentialMemory {
  #authorization: string | undefined;
  #cookie: string | undefined;
  #known: { authorization?: Authorization; cookies?: string[]; found: Findings } | undefined;

  read(
    authorization: string | undefined,
    cookie: string | undefined,
    sealer: SecretSealer,
  ): { authorization?: Authorization; cookies?: string[]; found: Findings } {
    if (this.#known && authorization === this.#authorization && cookie === this.#cookie)
      return this.#known;
    const found = new Findings(sealer);
    this.#known = { found };
    if (authorization !== undefined)
      this.#known.authorization = readAuthorization(authorization, found);
    if (cookie !== undefined) this.#known.cookies = readCookies(cookie, found);
    this.#authorization = authorization;
    this.#cookie = cookie;
    return this.#known;
  }
}

/** What a request or response begins with, and its wanted fields: of HTTP/1 lines, of HTTP/2 a field block. */
export type RequestFields = { [N in RequestField]?: string };
export type ResponseFields = { [N in ResponseField]?: string };

/** Reads the request head in [start, end); undefined when its first line is no request line. */
export function readRequest(
  bytes: Uint8Array,
  start: number,
  end: number,
  sealer: SecretSealer,
  memory: CredentialMemory,
): Read<HttpRequestEvent> | undefined {
  const line = lineEnd(bytes, start, end);
  const method = methodLength(bytes, start, line);
  let stop = line;
  if (stop > start && bytes[stop - 1] === 0x0d) stop--;
  const version = stop - 8;
  if (method === 0 || version <= start + method + 1 || bytes[start + method] !== 0x20)
    return undefined;
  if (httpVersionAt(bytes, version, stop) === 0 || bytes[version - 1] !== 0x20) return undefined;

  const { fields, problem, problemOffset } = readFields(bytes, line + 1, end, REQUEST_FIELDS);
  const from = start + method + 1;
  const { event, found, length } = requestOf(
    wireText(bytes, start, start + method),
    wireText(bytes, from, Math.min(version - 1, from + URL_BYTES_MAX)),
    wireText(bytes, version, stop),
    fields,
    sealer,
    memory,
  );
  const chunked = isChunked(fields['transfer-encoding']);
  return {
    event,
    found,
    body: chunked ? CHUNKED : Math.max(0, length ?? 0),
    offset: problemOffset - start,
    problem: problem ?? lengthProblem(length, chunked),
  };
}

/** The event of a request. @returns with it the declared length of its body: -1 for an invalid one. */
export function requestOf(
  method: string,
  target: string,
  version: string,
  fields: RequestFields,
  sealer: SecretSealer,
  memory: CredentialMemory,
): { event: HttpRequestEvent; found: Findings; length: number | undefined } {
  const known = memory.read(
    fields.authorization ?? fields['proxy-authorization'],
    fields.cookie,
    sealer,
  );
  const found = new Findings(sealer);
  found.credentials.push(...known.found.credentials);
  found.wire.push(...known.found.wire);
  for (const name of TOKEN_FIELDS) {
    const token = fields[name];
    if (token) {
      found.add('token', undefined, token);
      found.mask(token);
    }
  }
  const host = hostOf(fields.host ?? authority(target));
  const length = contentLength(fields['content-length']);
  const event: HttpRequestEvent = {
    protocol: 'http',
    event: 'request',
    http_method: method,
    url: maskUrl(target, found),
    version,
    hostname: host?.name,
    http_port: host?.port,
    http_user_agent: short(fields['user-agent']),
    http_refer:
      fields.referer === undefined
        ? undefined
        : maskUrl(fields.referer.slice(0, URL_BYTES_MAX), found),
    content_type: mediaType(fields['content-type']),
    content_length: length !== undefined && length >= 0 ? length : undefined,
    length: 0,
    authorization: known.authorization,
    cookies: known.cookies,
    credentials: undefined,
    upgrade: short(fields.upgrade?.toLowerCase()),
    soap_action: short(fields.soapaction),
    magic: undefined,
    [BEHIND]: { wire: found.wire, bodyAt: undefined, portMapping: undefined },
  };
  return { event, found, length };
}

/** Reads the response head in [start, end); undefined when its first line is no status line. */
export function readResponse(
  bytes: Uint8Array,
  start: number,
  end: number,
  sealer: SecretSealer,
  request: HttpRequestEvent | undefined,
): Read<HttpResponseEvent> | undefined {
  const line = lineEnd(bytes, start, end);
  const status = statusAt(bytes, start, line);
  if (status === 0) return undefined;

  const { fields, problem, problemOffset } = readFields(
    bytes,
    line + 1,
    end,
    RESPONSE_FIELDS,
    'set-cookie',
  );
  const version = wireText(bytes, start, start + 8);
  const { event, found, length } = responseOf(status, version, fields, sealer, request);
  const chunked = isChunked(fields['transfer-encoding']);
  const body = hasNoBody(status, request)
    ? 0
    : chunked
      ? CHUNKED
      : length === undefined || length < 0
        ? UNTIL_CLOSE
        : length;
  return {
    event,
    found,
    body,
    offset: problemOffset - start,
    problem: problem ?? lengthProblem(length, chunked),
  };
}

/** The event of a response. @returns with it the declared length of its body: -1 for an invalid one. */
export function responseOf(
  status: number,
  version: string,
  fields: ResponseFields,
  sealer: SecretSealer,
  request: HttpRequestEvent | undefined,
): { event: HttpResponseEvent; found: Findings; length: number | undefined } {
  const found = new Findings(sealer);
  const length = contentLength(fields['content-length']);
  const event: HttpResponseEvent = {
    protocol: 'http',
    event: 'response',
    status,
    version,
    server: short(fields.server),
    http_content_type: mediaType(fields['content-type']),
    content_encoding: short(fields['content-encoding']?.toLowerCase()),
    content_length: length !== undefined && length >= 0 ? length : undefined,
    content_range: short(fields['content-range']),
    length: 0,
    www_authenticate: short(fields['www-authenticate'] ?? fields['proxy-authenticate']),
    redirect:
      fields.location === undefined
        ? undefined
        : maskUrl(fields.location.slice(0, URL_BYTES_MAX), found),
    set_cookies:
      fields['set-cookie'] === undefined ? undefined : readSetCookies(fields['set-cookie'], found),
    upgrade: short(fields.upgrade?.toLowerCase()),
    title: undefined,
    login_form: undefined,
    upnp: undefined,
    magic: undefined,
    [BEHIND]: { wire: found.wire, request },
  };
  if (status === 101) {
    event.websocket_protocol = short(fields['sec-websocket-protocol']);
    event.websocket_extensions = short(fields['sec-websocket-extensions']?.toLowerCase());
  }
  return { event, found, length };
}

/** RFC 9112, 6.3: these answers have no body, whatever their fields say. */
export function hasNoBody(status: number, request: HttpRequestEvent | undefined): boolean {
  return (
    status < 200 ||
    status === 204 ||
    status === 304 ||
    request?.http_method === 'HEAD' ||
    (request?.http_method === 'CONNECT' && status < 300)
  );
}

/** The status code of the status line [start, end), or 0. */
export function statusAt(bytes: Uint8Array, start: number, end: number): number {
  if (httpVersionAt(bytes, start, end) === 0 || end - start < 12 || bytes[start + 8] !== 0x20)
    return 0;
  const hundreds = bytes[start + 9] - 0x30;
  const tens = bytes[start + 10] - 0x30;
  const ones = bytes[start + 11] - 0x30;
  if (hundreds < 1 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return 0;
  return hundreds * 100 + tens * 10 + ones;
}

/** A valid Content-Length; -1 for one that breaks RFC 9110, 8.6; undefined where there is none. */
function contentLength(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  // Repeated and equal is allowed.
  const parts = value.split(',').map((part) => part.trim());
  return /^\d{1,15}$/.test(parts[0]) && parts.every((part) => part === parts[0])
    ? Number(parts[0])
    : -1;
}

function isChunked(value: string | undefined): boolean {
  return value !== undefined && /(?:^|[\s,])chunked\s*$/i.test(value);
}

function lengthProblem(length: number | undefined, chunked: boolean): string | undefined {
  if (length === undefined) return undefined;
  if (length < 0) return 'invalid content-length';
  // RFC 9112, 6.1: request smuggling.
  return chunked ? 'content-length beside transfer-encoding' : undefined;
}

/** `Text/HTML; charset=utf-8` as `text/html`. */
function mediaType(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(';');
  return ownText(
    (semicolon < 0 ? value : value.slice(0, semicolon)).trim().slice(0, 128).toLowerCase(),
  );
}

function short(value: string | undefined): string | undefined {
  return value === undefined || value.length <= SHORT_MAX
    ? value
    : ownText(value.slice(0, SHORT_MAX));
}

/** The authority of a target in absolute form, or of CONNECT. */
function authority(target: string): string | undefined {
  const absolute = /^[a-z]{2,10}:\/\/(?:[^/@?#]{0,256}@)?([^/?#]{1,256})/i.exec(target)?.[1];
  return absolute ?? (/^[^/?#:*]{1,256}:\d{1,5}$/.test(target) ? target : undefined);
}

function hostOf(field: string | undefined): { name: string; port: number | undefined } | undefined {
  const match =
    field === undefined ? null : /^(\[[0-9a-f:.]{2,64}\]|[^:]{1,256})(?::(\d{1,5}))?$/i.exec(field);
  if (!match)
    return field ? { name: ownText(field.slice(0, SHORT_MAX)), port: undefined } : undefined;
  return {
    name: ownText((match[1] as string).toLowerCase()),
    port: match[2] ? Number(match[2]) : undefined,
  };
}
