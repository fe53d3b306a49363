/** The events of CoAP: its messages by class of code (RFC 7252, 12.1), and the signals of its TCP form (RFC 8323). */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

export type CoapType = 'CON' | 'NON' | 'ACK' | 'RST';

/** What precedes options and payload. Type and message id do not exist over TCP. */
interface Message<E extends string> extends AppEvent {
  readonly protocol: 'coap';
  readonly event: E;
  readonly type: CoapType | undefined;
  readonly message_id: number | undefined;
  /** Hexadecimal; '' for none. */
  readonly token: string;
}

/** A block of a larger body (RFC 7959, 2.2). */
export interface CoapBlock {
  readonly num: number;
  readonly more: boolean;
  /** Bytes. */
  readonly size: number;
}

/** Options as their names in snake_case; those that may be repeated as one text or as a list. */
export interface CoapOptions {
  uri_host?: string;
  uri_port?: number;
  /** Begins with `/`; undefined without a Uri-Path. */
  uri_path?: string;
  /** Joined by `&`; secrets masked. */
  uri_query?: string;
  proxy_uri?: string;
  proxy_scheme?: string;
  location_path?: string;
  location_query?: string;
  /** Media type where its number is known, else the number. */
  content_format?: string;
  accept?: string;
  observe?: number;
  block1?: CoapBlock;
  block2?: CoapBlock;
  q_block1?: CoapBlock;
  q_block2?: CoapBlock;
  size1?: number;
  size2?: number;
  max_age?: number;
  etag?: string;
  if_match?: string;
  if_none_match?: true;
  hop_limit?: number;
  no_response?: number;
  echo?: string;
  request_tag?: string;
  edhoc?: true;
  /** Sender's key identifier and its context of the OSCORE option (RFC 8613, 6.1), hexadecimal. */
  oscore_kid?: string;
  oscore_kid_context?: string;
  /** CoIoT: `SHSW-25#A4CF12000001#2`, type, MAC and version of the sender; how long its state holds, and its number. */
  global_device_id?: string;
  status_validity?: number;
  status_serial?: number;
  /** Numbers of options that are not known here. */
  other_options?: number[];
}

/** What a LwM2M client asks of its server (OMA LwM2M, transport, 6.4). */
export interface Lwm2mInterface {
  readonly operation: 'register' | 'bootstrap_request';
  /** The client's name, often a URN of its serial number. */
  readonly endpoint?: string;
  readonly lifetime_s?: number;
  /** Of LwM2M: `1.1`. */
  readonly version?: string;
  readonly binding?: string;
  /** Objects and their instances: `/3/0`, at most 32. */
  readonly objects?: readonly string[];
}

interface Content extends CoapOptions {
  /** The Object-Security option is there (RFC 8613): the payload is ciphertext and the real code is inside. */
  readonly oscore: boolean;
  readonly payload_length: number;
  readonly payload: string | undefined;
  readonly payload_hex: string | undefined;
  readonly lwm2m?: Lwm2mInterface;
  /** Of a payload in LwM2M's TLV: values by resource number, keys as their hashes. */
  readonly lwm2m_resources?: Readonly<Record<string, string>>;
  /** Secrets found in payload or query, shown as their keyed hashes. */
  readonly masked?: readonly Secret[];
}

export interface CoapRequest extends Message<'request'>, Content {
  /** GET, POST, PUT, DELETE, FETCH, PATCH, iPATCH; or the code: `0.30` of CoIoT’s publications, as `0.31` an unknown one. */
  readonly method: string;
}
export interface CoapResponse extends Message<'response'>, Content {
  /** As `2.05`. */
  readonly code: string;
}
/** A bare acknowledgement, a reset, or with type CON a ping. */
export type CoapEmpty = Message<'empty'>;
/** Signals of CoAP over TCP (RFC 8323, 5). */
export interface CoapSignal extends Message<'csm' | 'ping' | 'pong' | 'release' | 'abort'> {
  readonly payload: string | undefined;
}
export interface CoapMalformed extends MalformedEvent {
  readonly protocol: 'coap';
  /** It could be read all the same, and the message's own event follows. */
  readonly readable: boolean;
}

export type CoapMessage = CoapRequest | CoapResponse | CoapEmpty | CoapSignal;
export type CoapEvent = CoapMessage | CoapMalformed;
