/** The events of SIP, with the names and forms of Suricata's EVE. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Credential } from '../http/secrets.ts';
import type { SessionDescription } from '../sdp.ts';

/** For the observer only: secrets as they stand on the wire. */
export const WIRE = Symbol('wire');

export interface SipRequestEvent extends AppEvent {
  readonly protocol: 'sip';
  readonly event: 'request';
  readonly method: string;
  readonly uri: string;
  /** `SIP/2.0`. */
  readonly version: string;
  readonly request_line: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly call_id: string | undefined;
  /** Number and method: `2 REGISTER`. */
  readonly cseq: string | undefined;
  readonly contact: string | undefined;
  readonly user_agent: string | undefined;
  readonly content_type: string | undefined;
  readonly content_length: number | undefined;
  /** From Authorization and Proxy-Authorization. */
  readonly credentials: readonly Credential[] | undefined;
  readonly sdp: SessionDescription | undefined;
  readonly [WIRE]: readonly Secret[];
}

export interface SipResponseEvent extends AppEvent {
  readonly protocol: 'sip';
  readonly event: 'response';
  readonly version: string;
  /** Three digits. */
  readonly code: string;
  readonly reason: string;
  readonly response_line: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly call_id: string | undefined;
  readonly cseq: string | undefined;
  readonly contact: string | undefined;
  /** Server, or User-Agent where there is none. */
  readonly server: string | undefined;
  readonly content_type: string | undefined;
  readonly content_length: number | undefined;
  /** Scheme and realm that the server asks for: `Digest "example.com"`. */
  readonly challenge: string | undefined;
  readonly sdp: SessionDescription | undefined;
  readonly [WIRE]: readonly Secret[];
}

export interface SipMalformedEvent extends MalformedEvent {
  readonly protocol: 'sip';
}

export type SipEvent = SipRequestEvent | SipResponseEvent | SipMalformedEvent;
