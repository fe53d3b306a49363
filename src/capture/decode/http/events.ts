/** The events of HTTP, with the names of Suricata's EVE where it has one. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent, PacketRef } from '../../decoder.ts';
import type { DeviceDescription } from './body.ts';
import type { Authorization, Credential } from './secrets.ts';
import type { PortMappingRequest, SoapEvent } from './soap.ts';

/** What an event carries for the observer and nobody prints. */
export const BEHIND = Symbol('behind the event');

export interface RequestBehind {
  /** Secrets in the forms in which they stand in the packets. */
  readonly wire: readonly Secret[];
  /** The packet that completed the head of the body that was looked at, which holds a form's secrets. */
  bodyAt: PacketRef | undefined;
  portMapping: PortMappingRequest | undefined;
  /** The beginning of its body as text, where it may hold a form. */
  body?: string;
}
export interface ResponseBehind {
  readonly wire: readonly Secret[];
  /** The request that this answers; undefined when it was not seen. */
  readonly request: HttpRequestEvent | undefined;
}

export interface HttpRequestEvent extends AppEvent {
  readonly protocol: 'http';
  readonly event: 'request';
  readonly http_method: string;
  /** The request target as sent, at most 2,048 characters; secret values are replaced by their hashes. */
  readonly url: string;
  /** `HTTP/1.1`, `HTTP/2`. */
  readonly version: string;
  /** HTTP/2. */
  stream_id?: number;
  readonly hostname: string | undefined;
  readonly http_port: number | undefined;
  readonly http_user_agent: string | undefined;
  readonly http_refer: string | undefined;
  /** Media type without parameters, in lower case. */
  readonly content_type: string | undefined;
  readonly content_length: number | undefined;
  /** Bytes of the body: as declared, or as counted when it came in chunks. */
  length: number;
  readonly authorization: Authorization | undefined;
  /** Names only. */
  readonly cookies: readonly string[] | undefined;
  /** Credentials in clear, wherever they stood. */
  credentials: readonly Credential[] | undefined;
  readonly upgrade: string | undefined;
  readonly soap_action: string | undefined;
  /** What the first bytes of a large body are. */
  magic: string | undefined;
  [BEHIND]: RequestBehind;
}

export interface HttpResponseEvent extends AppEvent {
  readonly protocol: 'http';
  readonly event: 'response';
  readonly status: number;
  readonly version: string;
  stream_id?: number;
  readonly server: string | undefined;
  /** Media type without parameters, in lower case. */
  readonly http_content_type: string | undefined;
  readonly content_encoding: string | undefined;
  readonly content_length: number | undefined;
  readonly content_range: string | undefined;
  /** Bytes of the body: as declared, or as counted when it came in chunks or until close; 0 where there is none. */
  length: number;
  readonly www_authenticate: string | undefined;
  /** The Location field, secrets masked. */
  readonly redirect: string | undefined;
  /** Names only. */
  readonly set_cookies: readonly string[] | undefined;
  readonly upgrade: string | undefined;
  /** What was agreed on for a WebSocket (RFC 6455, 4.2.2). */
  websocket_protocol?: string | undefined;
  websocket_extensions?: string | undefined;
  title: string | undefined;
  /** An HTML page that has a password field or whose title asks to sign in; undefined when no page was read. */
  login_form: boolean | undefined;
  upnp: DeviceDescription | undefined;
  /** What the first bytes of a large body are. */
  magic: string | undefined;
  [BEHIND]: ResponseBehind;
}

export interface HttpMalformedEvent extends MalformedEvent {
  readonly protocol: 'http';
}

export type HttpEvent = HttpRequestEvent | HttpResponseEvent | HttpMalformedEvent | SoapEvent;
