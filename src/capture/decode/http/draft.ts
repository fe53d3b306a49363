/**
 * A message whose event waits for the beginning of its body, or for its end: what of the body is worth a look, and
 * what it tells.
 */
import type { SecretSealer } from '../../../base/index.ts';
import type { DecodeContext, Direction, PacketRef } from '../../decoder.ts';
import { magicOf } from '../../magic.ts';
import { decodeDnsMessage } from '../dns.ts';
import {
  type BodyKind,
  bodyKind,
  FORM_BYTES_MAX,
  MAGIC_BYTES_MAX,
  PAGE_BYTES_MAX,
  readAnswerSecrets,
  readDescription,
  readPage,
  readRequestBody,
} from './body.ts';
import { decodeDnsInUrl } from './dns-over-http.ts';
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from './events.ts';
import { headEnd } from './head.ts';
import type { Read } from './messages.ts';
import { readPortMapping, readPortMappingAnswer, type SoapEvent } from './soap.ts';

/** Bodies from here on are looked at for what they are: a firmware image is not smaller. */
export const LARGE_BODY_BYTES = 65_536;

const NOTHING = Buffer.alloc(0);

export class Draft {
  readonly at: PacketRef;
  /** The packet that held the last of what was looked at. */
  bodyAt: PacketRef | undefined;
  /** Bytes of the body so far. */
  counted = 0;
  readonly #read: Read<HttpRequestEvent> | Read<HttpResponseEvent>;
  readonly #kind: BodyKind;
  /** Bytes wanted of the body's beginning. */
  readonly #wanted: number;
  #head: Buffer = NOTHING;
  #held = 0;

  constructor(read: Read<HttpRequestEvent> | Read<HttpResponseEvent>, at: PacketRef) {
    this.#read = read;
    this.at = at;
    this.#kind = kindOf(read.event);
    this.#wanted = read.body === 0 ? 0 : wantedOf(read, this.#kind);
  }

  get isAnswer(): boolean {
    return this.#read.event.event === 'response';
  }

  /** The beginning of its body is in memory. */
  get isHolding(): boolean {
    return this.#held > 0;
  }

  get wantsMore(): boolean {
    return this.#held < this.#wanted;
  }

  /** Takes the next bytes of the body; those that are wanted are copied. */
  take(bytes: Uint8Array, start: number, length: number, at: PacketRef): void {
    this.counted += length;
    const copied = Math.min(length, this.#wanted - this.#held);
    if (copied <= 0) return;
    const needed = this.#held + copied;
    if (this.#head.length < needed) {
      const larger = Buffer.allocUnsafe(Math.min(this.#wanted, Math.max(512, 2 * needed)));
      this.#head.copy(larger, 0, 0, this.#held);
      this.#head = larger;
    }
    this.#head.set(bytes.subarray(start, start + copied), this.#held);
    this.#held = needed;
    this.bodyAt = at;
  }

  /** Hands on the event, complete; the port mapping that it asks for or answers; and a DNS message inside. */
  finish(context: DecodeContext, direction: Direction): void {
    const { event, body } = this.#read;
    event.length = Math.max(body, this.counted);
    const soap =
      event.event === 'request'
        ? this.#finishRequest(event)
        : this.#finishAnswer(event, context.secrets);
    context.emit(event, direction, this.at);
    const bodyAt = this.bodyAt ?? this.at;
    if (soap) context.emit(soap, direction, bodyAt);
    if (this.#kind === 'dns' && this.#held > 0 && this.#held === event.length)
      decodeDnsMessage(context, this.#head, 0, this.#held, direction, bodyAt);
    else if (event.event === 'request' && event.http_method === 'GET')
      decodeDnsInUrl(context, event.url, direction, this.at);
  }

  #finishRequest(event: HttpRequestEvent): SoapEvent | undefined {
    const { found } = this.#read;
    const behind = event[BEHIND];
    behind.bodyAt = this.bodyAt;
    if (this.#held > 0 && this.#kind !== 'dns') {
      const body = this.#head.toString('utf8', 0, this.#held);
      if (mayHoldForm(event, this.#kind)) {
        readRequestBody(this.#kind, body, found);
        behind.body = body;
      }
      if (event.soap_action) behind.portMapping = readPortMapping(event.soap_action, body);
      if (event.length >= LARGE_BODY_BYTES) {
        // After the part's own head in multipart/form-data (RFC 7578).
        const head = this.#kind === 'multipart' ? headEnd(this.#head, 0, this.#held) : 0;
        event.magic = magicOf(this.#head, Math.max(0, head), this.#held);
      }
    }
    if (found.credentials.length > 0) event.credentials = found.credentials;
    return behind.portMapping;
  }

  #finishAnswer(event: HttpResponseEvent, sealer: SecretSealer): SoapEvent | undefined {
    let body = '';
    if (this.#held > 0) {
      const begins = event.status === 206 ? startsFile(event) : event.length >= LARGE_BODY_BYTES;
      if (begins && !event.content_encoding) event.magic = magicOf(this.#head, 0, this.#held);
      if (this.#kind && this.#kind !== 'dns') {
        body = this.#head.toString('utf8', 0, this.#held);
        readAnswerSecrets(this.#kind, body, sealer, this.#read.found.wire);
      }
      if (this.#kind === 'xml') event.upnp = readDescription(body);
      if (this.#kind === 'html') {
        const page = readPage(body);
        event.title = page.title;
        event.login_form = page.loginForm;
      }
    }
    const mapping = event[BEHIND].request?.[BEHIND].portMapping;
    return mapping && event.status >= 200
      ? readPortMappingAnswer(mapping, event.status, body)
      : undefined;
  }
}

/** How the body is read; a compressed one is not. */
function kindOf(event: HttpRequestEvent | HttpResponseEvent): BodyKind {
  if (event.event === 'request') return bodyKind(event.content_type);
  const encoding = event.content_encoding;
  return encoding && encoding !== 'identity' ? undefined : bodyKind(event.http_content_type);
}

/** Devices send forms and JSON without a type, or as text. */
function mayHoldForm(event: HttpRequestEvent, kind: BodyKind): boolean {
  return kind !== undefined || event.content_type === undefined;
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
  if (kind === 'html' || kind === 'xml') return Math.min(most, PAGE_BYTES_MAX);
  if (kind) return Math.min(most, FORM_BYTES_MAX);
  return most >= LARGE_BODY_BYTES || startsFile(event) ? Math.min(most, MAGIC_BYTES_MAX) : 0;
}
