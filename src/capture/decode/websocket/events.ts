/** The events of WebSocket: its frames by opcode (RFC 6455, 5.2), with the names of Suricata's EVE. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

/**
 * A frame of a message, or a control frame. Frames that carry a protocol that is decoded (MQTT) have no events of
 * their own.
 */
export interface WebSocketFrame extends AppEvent {
  readonly protocol: 'websocket';
  readonly event: 'text' | 'binary' | 'continuation' | 'ping' | 'pong';
  /** The message ends with it. */
  readonly fin: boolean;
  /** A client's frames are masked, a server's are not. */
  readonly masked: boolean;
  /** By permessage-deflate (RFC 7692): the payload was not opened. */
  readonly compressed: boolean;
  readonly payload_length: number;
  /** At most 1,024 bytes of a text; secrets in it are replaced by their hashes. */
  readonly payload_printable: string | undefined;
  /** The first bytes of what is no text. */
  readonly payload_hex: string | undefined;
  readonly secrets?: readonly Secret[];
}

export interface WebSocketClose extends AppEvent {
  readonly protocol: 'websocket';
  readonly event: 'close';
  readonly masked: boolean;
  /** RFC 6455, 7.4.1: 1000 is normal. */
  readonly code: number | undefined;
  readonly reason: string | undefined;
}

export interface WebSocketMalformed extends MalformedEvent {
  readonly protocol: 'websocket';
}

export type WebSocketEvent = WebSocketFrame | WebSocketClose | WebSocketMalformed;
