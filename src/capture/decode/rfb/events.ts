/** Events of RFB, the protocol of VNC (RFC 6143): its messages by their names, fields as in EVE. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

interface RfbBase extends AppEvent {
  readonly protocol: 'rfb';
}

/** What each side speaks, the server first (RFC 6143, 7.1.1). */
export interface RfbProtocolVersionEvent extends RfbBase {
  readonly event: 'protocol_version';
  /** `003` and `008` as they stand on the wire; Apple says `889`. */
  readonly major: string;
  readonly minor: string;
}

/** What the server offers (RFC 6143, 7.1.2); in version 3.3 what it decided. */
export interface RfbSecurityTypesEvent extends RfbBase {
  readonly event: 'security_types';
  readonly security_types: readonly number[];
  /** Their names, as far as they have one. */
  readonly names: readonly string[];
}

/** What the client took: from the list, or from the list inside Tight or VeNCrypt. */
export interface RfbSecurityTypeEvent extends RfbBase {
  readonly event: 'security_type';
  readonly security_type: number;
  readonly name: string | undefined;
  /** The scheme inside Tight or VeNCrypt, by number and name. */
  readonly subtype: number | undefined;
  readonly subtype_name: string | undefined;
}

/** The server's challenge and the client's answer, which is made from the password by DES (RFC 6143, 7.2.2). */
export interface RfbVncAuthenticationEvent extends RfbBase {
  readonly event: 'vnc_authentication';
  readonly challenge: Secret;
  readonly response: Secret;
}

/** A name and a password in clear (VeNCrypt's Plain). */
export interface RfbPlainEvent extends RfbBase {
  readonly event: 'plain';
  readonly username: string;
  readonly password: Secret;
}

/** RFC 6143, 7.1.3. */
export interface RfbSecurityResultEvent extends RfbBase {
  readonly event: 'security_result';
  readonly security_result: 'OK' | 'FAIL' | 'TOOMANY' | 'UNKNOWN';
  /** Version 3.8 and up, of a failure. */
  readonly reason: string | undefined;
}

/** The server ends the connection instead of offering a security type. */
export interface RfbFailureEvent extends RfbBase {
  readonly event: 'failure';
  readonly server_security_failure_reason: string;
}

/** RFC 6143, 7.3.1. */
export interface RfbClientInitEvent extends RfbBase {
  readonly event: 'client_init';
  readonly screen_shared: boolean;
}

/** RFC 6143, 7.3.2. */
export interface RfbServerInitEvent extends RfbBase {
  readonly event: 'server_init';
  readonly width: number;
  readonly height: number;
  /** What the desktop is called. */
  readonly name: string;
  readonly pixel_format: RfbPixelFormat;
}

export interface RfbPixelFormat {
  readonly bits_per_pixel: number;
  readonly depth: number;
  readonly big_endian: boolean;
  readonly true_color: boolean;
  readonly red_max: number;
  readonly green_max: number;
  readonly blue_max: number;
  readonly red_shift: number;
  readonly green_shift: number;
  readonly blue_shift: number;
}

export interface RfbMalformedEvent extends MalformedEvent {
  readonly protocol: 'rfb';
}

export type RfbEvent =
  | RfbProtocolVersionEvent
  | RfbSecurityTypesEvent
  | RfbSecurityTypeEvent
  | RfbVncAuthenticationEvent
  | RfbPlainEvent
  | RfbSecurityResultEvent
  | RfbFailureEvent
  | RfbClientInitEvent
  | RfbServerInitEvent
  | RfbMalformedEvent;
