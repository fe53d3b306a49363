/** Events of STUN and TURN (RFC 8489, RFC 8656, and their forerunners RFC 3489, 5389 and 5766). */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

/** Methods and their classes (RFC 8489, 18.2; RFC 8656, 18; RFC 6062; RFC 3489). */
export const MESSAGES = [
  'binding_request',
  'binding_indication',
  'binding_success_response',
  'binding_error_response',
  'shared_secret_request',
  'shared_secret_success_response',
  'shared_secret_error_response',
  'allocate_request',
  'allocate_success_response',
  'allocate_error_response',
  'refresh_request',
  'refresh_success_response',
  'refresh_error_response',
  'send_indication',
  'data_indication',
  'create_permission_request',
  'create_permission_success_response',
  'create_permission_error_response',
  'channel_bind_request',
  'channel_bind_success_response',
  'channel_bind_error_response',
  'connect_request',
  'connect_success_response',
  'connect_error_response',
  'connection_bind_request',
  'connection_bind_success_response',
  'connection_bind_error_response',
  'connection_attempt_indication',
] as const;

export interface StunMessageEvent extends AppEvent {
  readonly protocol: 'stun';
  readonly event: (typeof MESSAGES)[number];
  /** In hexadecimal; a response repeats its request's. */
  readonly transaction_id: string;
  /** Without the magic cookie of RFC 5389. */
  readonly classic: true | undefined;
  readonly software: string | undefined;
  /** Keyed hash: names of TURN often are those of people, or hold a time and a token. */
  readonly username: Secret | undefined;
  readonly realm: string | undefined;
  readonly error_code: number | undefined;
  readonly reason: string | undefined;
  /** `203.0.113.7:54321`: what the server sees of the client. */
  readonly mapped_address: string | undefined;
  readonly relayed_address: string | undefined;
  readonly peer_address: string | undefined;
  /** Where the server is otherwise, or says it is. */
  readonly other_address: string | undefined;
  readonly alternate_server: string | undefined;
  /** Seconds that an allocation lasts. */
  readonly lifetime: number | undefined;
  /** What others are to reach the relayed address by. */
  readonly requested_transport: 'udp' | 'tcp' | undefined;
  readonly channel_number: number | undefined;
  /** Bytes of a peer's data inside. */
  readonly data_length: number | undefined;
  /** A check of ICE between peers (RFC 8445): it has a priority. */
  readonly ice: true | undefined;
  readonly use_candidate: true | undefined;
  readonly message_integrity: true | undefined;
}

/** The first data on a channel of TURN, in a direction (RFC 8656, 12). */
export interface TurnChannelDataEvent extends AppEvent {
  readonly protocol: 'stun';
  readonly event: 'channel_data';
  readonly channel_number: number;
  readonly data_length: number;
}

export interface StunMalformedEvent extends MalformedEvent {
  readonly protocol: 'stun';
}

export type StunEvent = StunMessageEvent | TurnChannelDataEvent | StunMalformedEvent;
