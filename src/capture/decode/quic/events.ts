/** Events of QUIC (RFC 9000, 9001, 9369) and Google QUIC: packets and messages by their names. TLS's are TLS's own. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

interface QuicBase extends AppEvent {
  readonly protocol: 'quic';
  /** The version's number in hexadecimal, as EVE prints it (`1`, `6b3343cf`, `ff00001d`), or Google's name (`Q046`). */
  readonly version: string;
}

/** An Initial packet, which anybody on the path can read: its keys follow from the client's first connection id. */
export interface QuicInitialEvent extends QuicBase {
  readonly event: 'initial';
  /** Connection ids of destination and source, in hexadecimal. */
  readonly dcid: string;
  readonly scid: string;
  readonly token_length: number;
  /** Undefined where the packet could not be decrypted: its connection began before the capture, or in another version. */
  readonly packet_number: number | undefined;
}

/** The first of its type in a direction; it is encrypted. */
export interface QuicSealedEvent extends QuicBase {
  readonly event: 'zero_rtt' | 'handshake';
  readonly dcid: string;
  readonly scid: string;
}

/** The server asks the client to prove its address (RFC 9000, 8.1.2). */
export interface QuicRetryEvent extends QuicBase {
  readonly event: 'retry';
  readonly dcid: string;
  readonly scid: string;
  readonly token_length: number;
}

/** The server speaks none of the client's versions. */
export interface QuicVersionNegotiationEvent extends AppEvent {
  readonly protocol: 'quic';
  readonly event: 'version_negotiation';
  readonly dcid: string;
  readonly scid: string;
  readonly versions: readonly string[];
}

/** What the client says of itself in quic_transport_parameters (RFC 9000, 18.2). */
export interface QuicTransportParametersEvent extends QuicBase {
  readonly event: 'transport_parameters';
  /** Google's parameter 0x3129. */
  readonly user_agent: string | undefined;
  readonly max_idle_timeout_ms: number | undefined;
  /** Numbers of all parameters, in the client's order, grease left out. */
  readonly parameters: readonly number[];
}

/** CONNECTION_CLOSE inside an Initial packet (RFC 9000, 19.19). */
export interface QuicConnectionCloseEvent extends QuicBase {
  readonly event: 'connection_close';
  /** 0x0100 and up: a TLS alert, which is told by an event of its own (RFC 9001, 4.8). */
  readonly error_code: number;
  readonly reason: string | undefined;
}

/** A handshake message of Google QUIC: client hello, rejection or server hello. */
export interface GoogleQuicEvent extends QuicBase {
  readonly event: 'chlo' | 'rej' | 'shlo';
  readonly sni: string | undefined;
  readonly ua: string | undefined;
  /** Names of the message's tags, in order. */
  readonly tags: readonly string[];
  /** Fingerprint of a client: version and tags, and its MD5. */
  readonly cyu_string: string | undefined;
  readonly cyu: string | undefined;
}

export interface QuicMalformedEvent extends MalformedEvent {
  readonly protocol: 'quic';
}

export type QuicEvent =
  | QuicInitialEvent
  | QuicSealedEvent
  | QuicRetryEvent
  | QuicVersionNegotiationEvent
  | QuicTransportParametersEvent
  | QuicConnectionCloseEvent
  | GoogleQuicEvent
  | QuicMalformedEvent;
