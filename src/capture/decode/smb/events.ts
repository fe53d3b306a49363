/** Events of SMB 1 to 3 (MS-CIFS, MS-SMB, MS-SMB2): how a session begins, and which shares it uses. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { ShownTicket } from '../krb5.ts';

interface SmbBase extends AppEvent {
  readonly protocol: 'smb';
}

/** What the client speaks: names for version 1, `2.02` to `3.1.1` otherwise. */
export interface SmbNegotiateRequestEvent extends SmbBase {
  readonly event: 'negotiate_request';
  readonly version: 1 | 2;
  readonly dialects: readonly string[];
  readonly signing: 'off' | 'enabled' | 'required';
  readonly client_guid: string | undefined;
}

export interface SmbNegotiateResponseEvent extends SmbBase {
  readonly event: 'negotiate_response';
  readonly version: 1 | 2;
  /** Absent where the server speaks none of them. */
  readonly dialect: string | undefined;
  readonly signing: 'off' | 'enabled' | 'required';
  /** Version 1: passwords are sent as they are. */
  readonly clear_password: true | undefined;
  readonly server_guid: string | undefined;
  /** Version 1 without extended security. */
  readonly domain: string | undefined;
  readonly server: string | undefined;
}

export interface SmbSessionSetupRequestEvent extends SmbBase {
  readonly event: 'session_setup_request';
  readonly version: 1 | 2;
  readonly mechanism: SmbMechanism | undefined;
  /** The ticket that was shown. */
  readonly kerberos: ShownTicket | undefined;
  /** Keyed hash. */
  readonly user: Secret | undefined;
  readonly domain: string | undefined;
  /** What the client's machine is called. */
  readonly host: string | undefined;
  /** Without user and proof. */
  readonly anonymous: true | undefined;
  /** 1 can be broken within hours whatever the password. */
  readonly ntlm_version: 1 | 2 | undefined;
  /** Version 1 on servers that want it so. */
  readonly password: Secret | undefined;
  readonly os: string | undefined;
}
export type SmbMechanism =
  | 'ntlmssp_negotiate'
  | 'ntlmssp_authenticate'
  | 'kerberos'
  | 'lan_manager'
  | 'clear_password';

export interface SmbSessionSetupResponseEvent extends SmbBase {
  readonly event: 'session_setup_response';
  readonly version: 1 | 2;
  /** `success`, `more_processing_required`, `logon_failure` …, else the number in hexadecimal. */
  readonly status: string;
  /** The server let the client in as somebody else. */
  readonly guest: true | undefined;
  /** What follows is encrypted. */
  readonly encrypted: true | undefined;
  /** What the server's machine is called, and its domain. */
  readonly server: string | undefined;
  readonly domain: string | undefined;
  readonly dns_name: string | undefined;
  readonly os: string | undefined;
}

export interface SmbTreeConnectRequestEvent extends SmbBase {
  readonly event: 'tree_connect_request';
  readonly version: 1 | 2;
  /** `\\server\share` */
  readonly path: string;
}

export interface SmbTreeConnectResponseEvent extends SmbBase {
  readonly event: 'tree_connect_response';
  readonly version: 1 | 2;
  readonly status: string;
  readonly path: string | undefined;
  /** disk, pipe, printer. */
  readonly share_type: string | undefined;
}

/** The first encrypted message of a direction (version 3). */
export interface SmbEncryptedEvent extends SmbBase {
  readonly event: 'encrypted';
}

/** NetBIOS session service (RFC 1002, 4.3): by which names the hosts call each other. */
export interface SmbSessionRequestEvent extends SmbBase {
  readonly event: 'session_request';
  readonly called_name: string;
  readonly calling_name: string;
}

export interface SmbMalformedEvent extends MalformedEvent {
  readonly protocol: 'smb';
}

export type SmbEvent =
  | SmbNegotiateRequestEvent
  | SmbNegotiateResponseEvent
  | SmbSessionSetupRequestEvent
  | SmbSessionSetupResponseEvent
  | SmbTreeConnectRequestEvent
  | SmbTreeConnectResponseEvent
  | SmbEncryptedEvent
  | SmbSessionRequestEvent
  | SmbMalformedEvent;
