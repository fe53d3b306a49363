/** Events of RTSP 1.0 and 2.0 (RFC 2326, RFC 7826), fields as HTTP's where they are the same. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Authorization, Credential } from '../http/secrets.ts';
import type { SessionDescription } from '../sdp.ts';

/** What an event carries for the observer and nobody prints. */
export const BEHIND = Symbol('behind the event');

interface RequestBehind {
  /** Secrets in the forms in which they stand in the packet. */
  readonly wire: readonly Secret[];
  /** A part of the path is as long and random as a key. */
  readonly secretPath: boolean;
}
interface ResponseBehind {
  /** The request that this answers; undefined when it was not seen. */
  readonly request: RtspRequestEvent | undefined;
  readonly wire: readonly Secret[];
}

interface RtspBase extends AppEvent {
  readonly protocol: 'rtsp';
  /** `RTSP/1.0` */
  readonly version: string;
  readonly cseq: number | undefined;
  readonly session: string | undefined;
  readonly transport: string | undefined;
  /** Media type without parameters, in lower case. */
  readonly content_type: string | undefined;
  readonly content_length: number | undefined;
  /** The description that DESCRIBE gives and ANNOUNCE brings, as EVE prints SDP; keys are sealed. */
  readonly sdp: SessionDescription | undefined;
}

export interface RtspRequestEvent extends RtspBase {
  readonly event: 'request';
  readonly method: string;
  /** As sent, at most 1,024 characters; secret values are replaced by their hashes. */
  readonly uri: string;
  readonly user_agent: string | undefined;
  readonly authorization: Authorization | undefined;
  /** Credentials in clear, wherever they stood. */
  readonly credentials: readonly Credential[] | undefined;
  readonly require: string | undefined;
  readonly [BEHIND]: RequestBehind;
}

export interface RtspResponseEvent extends RtspBase {
  readonly event: 'response';
  readonly status: number;
  readonly server: string | undefined;
  readonly www_authenticate: string | undefined;
  /** Methods that the server offers. */
  readonly public: readonly string[] | undefined;
  readonly [BEHIND]: ResponseBehind;
}

/** A channel of packets between the messages (RFC 2326, 10.12), told when the connection ends. */
export interface RtspInterleavedEvent extends AppEvent {
  readonly protocol: 'rtsp';
  readonly event: 'interleaved_data';
  readonly channel: number;
  /** Of the RTP packet inside; undefined for RTCP. */
  readonly payload_type: number | undefined;
  readonly packets: number;
}

export interface RtspMalformedEvent extends MalformedEvent {
  readonly protocol: 'rtsp';
}

export type RtspEvent =
  | RtspRequestEvent
  | RtspResponseEvent
  | RtspInterleavedEvent
  | RtspMalformedEvent;
