/** Events of TLS and DTLS handshakes: the messages of RFC 8446, 5246, 6101 and 9147 by their names. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Certificate } from './certificate.ts';

interface TlsBase extends AppEvent {
  readonly protocol: 'tls' | 'dtls' | 'quic';
}

/** Lists hold no grease (RFC 8701) and at most LIST_MAX entries; the fingerprints cover all. */
export interface ClientHelloEvent extends TlsBase {
  readonly event: 'client_hello';
  /** The highest version offered. */
  readonly version: string;
  /** The hello's own version field, which TLS 1.3 freezes at 1.2. */
  readonly legacy_version: string;
  /** All versions offered, in the client's order: supported_versions, else the version field alone. */
  readonly versions: readonly string[];
  readonly server_name: string | undefined;
  readonly alpn: readonly string[];
  readonly ciphers: readonly number[];
  readonly extensions: readonly number[];
  readonly groups: readonly number[];
  readonly signature_algorithms: readonly number[];
  readonly key_shares: readonly number[];
  readonly session_id_length: number;
  /** External identities that can be read as text; tickets are left out (RFC 8446, 4.2.11). */
  readonly psk_identities: readonly string[] | undefined;
  /** Application data may follow at once (RFC 8446, 4.2.10). */
  readonly early_data: true | undefined;
  /** DTLS: the hello answers a HelloVerifyRequest. */
  readonly cookie_length: number | undefined;
  /** Absent for hellos in the format of SSL 2, for which they are not defined. */
  readonly ja3: string | undefined;
  readonly ja3_string: string | undefined;
  readonly ja4: string | undefined;
}

export interface ServerHelloEvent extends TlsBase {
  readonly event: 'server_hello';
  /** The version really chosen. */
  readonly version: string;
  readonly legacy_version: string;
  /** 0 in SSL 2, where the client chooses: see client_master_key. */
  readonly cipher: number;
  readonly cipher_name: string | undefined;
  /** Group of the key share (TLS 1.3); earlier versions show it in server_key_exchange. */
  readonly group: number | undefined;
  readonly alpn: readonly string[];
  readonly extensions: readonly number[];
  readonly session_id_length: number;
  /** TLS 1.3: the server took a pre-shared key of the client's, so no certificate follows. */
  readonly psk: true | undefined;
  readonly ja3s: string | undefined;
  readonly ja3s_string: string | undefined;
}

export interface HelloRetryRequestEvent extends TlsBase {
  readonly event: 'hello_retry_request';
  readonly version: string;
  readonly cipher: number | undefined;
  readonly group: number | undefined;
}

export interface HelloVerifyRequestEvent extends TlsBase {
  readonly event: 'hello_verify_request';
  /** Says nothing of the version that will be chosen (RFC 6347, 4.2.1). */
  readonly version: string;
  readonly cookie_length: number;
}

/** The leaf's fields under EVE's names, and the whole chain as it was sent, leaf first. */
export interface CertificateEvent extends TlsBase {
  readonly event: 'certificate';
  readonly subject: string | undefined;
  readonly issuerdn: string | undefined;
  readonly serial: string | undefined;
  readonly fingerprint: string | undefined;
  readonly notbefore: string | undefined;
  readonly notafter: string | undefined;
  readonly subjectaltname: readonly string[] | undefined;
  /** Certificates in the message; `chain` holds those that could be read, at most CHAIN_MAX. */
  readonly chain_length: number;
  readonly chain: readonly Certificate[];
}

export interface ServerKeyExchangeEvent extends TlsBase {
  readonly event: 'server_key_exchange';
  readonly group: number | undefined;
  readonly dh_bits: number | undefined;
  /** Export suites: bits of the temporary RSA key. */
  readonly rsa_bits: number | undefined;
  readonly psk_identity_hint: string | undefined;
}

export interface CertificateRequestEvent extends TlsBase {
  readonly event: 'certificate_request';
  readonly certificate_types: readonly number[];
  readonly signature_algorithms: readonly number[];
  /** How many authorities the server names. */
  readonly authorities: number;
}

export interface ClientKeyExchangeEvent extends TlsBase {
  readonly event: 'client_key_exchange';
  /** Text, else `0x` and hexadecimal, else `sha256:` of what is longer than that. */
  readonly psk_identity: string | undefined;
}

/** SSL 2: the client chose this cipher kind (three bytes). */
export interface ClientMasterKeyEvent extends TlsBase {
  readonly event: 'client_master_key';
  readonly cipher: number;
  readonly cipher_name: string | undefined;
}

export interface NewSessionTicketEvent extends TlsBase {
  readonly event: 'new_session_ticket';
  readonly lifetime_s: number;
  readonly ticket_length: number;
}

/** Messages whose fields nothing needs. */
export interface PlainMessageEvent extends TlsBase {
  readonly event:
    | 'hello_request'
    | 'server_hello_done'
    | 'certificate_verify'
    | 'certificate_status';
}

/** What follows in this direction is encrypted (RFC 5246, 7.1). */
export interface ChangeCipherSpecEvent extends TlsBase {
  readonly event: 'change_cipher_spec';
  /** From the server, straight after its hello: the session is an earlier one's. */
  readonly session_resumed: true | undefined;
}

/** An alert that travelled in clear. */
export interface AlertEvent extends TlsBase {
  readonly event: 'alert';
  readonly level: 'warning' | 'fatal';
  /** Name of RFC 8446, section 6, or the number in decimal. */
  readonly description: string;
  readonly code: number;
}

export interface HeartbeatEvent extends TlsBase {
  readonly event: 'heartbeat';
  readonly type: 'heartbeat_request' | 'heartbeat_response';
  /** What the message claims, and what its record holds. */
  readonly payload_length: number;
  readonly record_length: number;
}

/** Both sides have sent their encrypted Finished. */
export interface EstablishedEvent extends TlsBase {
  readonly event: 'established';
  readonly version: string;
  readonly session_resumed: boolean;
}

/** The first application data of a direction. */
export interface ApplicationDataEvent extends TlsBase {
  readonly event: 'application_data';
  /** Bytes of application data records in hand when the first was seen; what follows is not read. */
  readonly bytes: number;
  /** Sent before the server answered (TLS 1.3). */
  readonly early: true | undefined;
}

export interface TlsMalformedEvent extends MalformedEvent {
  readonly protocol: 'tls' | 'dtls' | 'quic';
}

export type TlsEvent =
  | ClientHelloEvent
  | ServerHelloEvent
  | HelloRetryRequestEvent
  | HelloVerifyRequestEvent
  | CertificateEvent
  | ServerKeyExchangeEvent
  | CertificateRequestEvent
  | ClientKeyExchangeEvent
  | ClientMasterKeyEvent
  | NewSessionTicketEvent
  | PlainMessageEvent
  | ChangeCipherSpecEvent
  | AlertEvent
  | HeartbeatEvent
  | EstablishedEvent
  | ApplicationDataEvent
  | TlsMalformedEvent;
