/** The events of OPC UA over TCP: messages of its transport (OPC 10000-6, 7.1), and services (OPC 10000-4) by name. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

interface OpcUaMessage<E extends string> extends AppEvent {
  readonly protocol: 'opcua';
  readonly event: E;
}

/** What opens a connection; `reverse_hello` comes from a server that calls its client. */
export interface OpcUaHello extends OpcUaMessage<'hello' | 'reverse_hello'> {
  readonly protocol_version: number | undefined;
  readonly endpoint_url: string;
  /** Of a reverse hello. */
  readonly server_uri: string | undefined;
}

export interface OpcUaAcknowledge extends OpcUaMessage<'acknowledge'> {
  readonly protocol_version: number;
  readonly receive_buffer_size: number;
  readonly send_buffer_size: number;
}

export interface OpcUaError extends OpcUaMessage<'error'> {
  /** Name where it is a usual one, else `0x80010000`. */
  readonly status: string;
  readonly reason: string;
}

export type OpcUaSecurityMode = 'none' | 'sign' | 'sign_and_encrypt' | 'invalid';

/** Opens or renews a secure channel. With any policy but None its body is encrypted. */
export interface OpcUaOpenSecureChannel
  extends OpcUaMessage<'open_secure_channel_request' | 'open_secure_channel_response'> {
  /** What follows `#` in the policy's address: None, Basic256Sha256, Aes128_Sha256_RsaOaep … */
  readonly security_policy: string;
  /** In clear with policy None only. */
  readonly security_mode: OpcUaSecurityMode | undefined;
  readonly renew: boolean | undefined;
  readonly channel: number;
  /** Milliseconds asked for or granted. */
  readonly lifetime_ms: number | undefined;
  readonly certificate: OpcUaCertificate | undefined;
}

/** The sender's certificate (OPC 10000-6, 6.2.2). */
export interface OpcUaCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly not_before: string;
  readonly not_after: string;
  readonly alternative_names: readonly string[];
  readonly key_type: string;
  readonly key_bits: number;
  readonly signature: string;
  readonly sha256: string;
}

/** A message that is encrypted: nothing of its service is visible. One event a channel and direction. */
export interface OpcUaEncrypted extends OpcUaMessage<'encrypted_message'> {
  readonly channel: number;
}

/** An application as it describes itself (OPC 10000-4, 7.2). */
export interface OpcUaApplication {
  readonly application_uri: string;
  readonly product_uri: string;
  readonly application_name: string;
  readonly application_type:
    | 'server'
    | 'client'
    | 'client_and_server'
    | 'discovery_server'
    | 'unknown';
  readonly discovery_urls: readonly string[];
}

/** An endpoint that a server offers (OPC 10000-4, 7.14). */
export interface OpcUaEndpoint {
  readonly endpoint_url: string;
  readonly security_policy: string;
  readonly security_mode: OpcUaSecurityMode;
  /** anonymous, user_name, certificate, issued_token. */
  readonly user_tokens: readonly string[];
}

/**
 * A request of a service, by its name.
 * @events get_endpoints_request, create_session_request, activate_session_request, read_request, write_request, call_request, close_secure_channel_request
 */
export interface OpcUaRequest extends OpcUaMessage<string> {
  readonly channel: number;
  readonly request_id: number;
  /** The body was signed and could be read all the same. */
  readonly signed: boolean;
  readonly endpoint_url?: string;
  readonly session_name?: string;
  /** The client, or the server that registers. */
  readonly application?: OpcUaApplication;
  /** activate_session_request: anonymous, user_name, certificate, issued_token. */
  readonly user_token?: string;
  readonly username?: string;
  /** Only where it travelled in clear. */
  readonly password?: Secret;
  /** The password or token was encrypted with the server's key. */
  readonly token_encrypted?: boolean;
  /** Nodes that are read, written or called, as `ns=2;s=Pressure`, at most 8; and how many there are. */
  readonly nodes?: readonly string[];
  readonly node_count?: number;
}

/**
 * The answer to a request, and what is wrong with one.
 * @events get_endpoints_response, create_session_response, activate_session_response, read_response, write_response, call_response, service_fault
 */
export interface OpcUaResponse extends OpcUaMessage<string> {
  readonly channel: number;
  readonly request_id: number;
  readonly signed: boolean;
  /** Of the service as a whole: Good, BadUserAccessDenied … */
  readonly status: string;
  /** The server. */
  readonly application?: OpcUaApplication;
  readonly endpoints?: readonly OpcUaEndpoint[];
  /** find_servers_response: at most 16. */
  readonly servers?: readonly OpcUaApplication[];
  /** Of each node written or called, at most 8. */
  readonly results?: readonly string[];
  /** What was read of the server's build information (OPC 10000-5, 6.3.2). */
  readonly build_info?: Readonly<Record<string, string>>;
}

export interface OpcUaMalformed extends MalformedEvent {
  readonly protocol: 'opcua';
}

export type OpcUaEvent =
  | OpcUaHello
  | OpcUaAcknowledge
  | OpcUaError
  | OpcUaOpenSecureChannel
  | OpcUaEncrypted
  | OpcUaRequest
  | OpcUaResponse
  | OpcUaMalformed;
