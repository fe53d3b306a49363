/** Events of RDP (MS-RDPBCGR): what stands in clear of the connection sequence. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Certificate } from '../tls/certificate.ts';

interface RdpBase extends AppEvent {
  readonly protocol: 'rdp';
}

/** The client's X.224 connection request (2.2.1.1). */
export interface RdpConnectionRequestEvent extends RdpBase {
  readonly event: 'connection_request';
  /** The user name, or as much of it as the client tells (`mstshash`). */
  readonly cookie: string | undefined;
  /** Where a load balancer is to lead it (`msts`). */
  readonly routing_token: string | undefined;
  /** Names of the security protocols that the client speaks; `RDP` alone where it asks for none. */
  readonly requested_protocols: readonly string[];
}

/** The server's confirmation (2.2.1.2): what it chose, or why it refuses. */
export interface RdpConnectionConfirmEvent extends RdpBase {
  readonly event: 'connection_confirm';
  /** `RDP` (its own encryption), `SSL`, `HYBRID` (network level authentication), `HYBRID_EX`, `RDSTLS`, `RDSAAD`. */
  readonly security_protocol: string | undefined;
  readonly failure: string | undefined;
}

/** The client's settings (2.2.1.3), which are in clear with RDP's own encryption only. */
export interface RdpClientDataEvent extends RdpBase {
  readonly event: 'client_data';
  /** Of the protocol, e.g. `5.0` and `10.7`. */
  readonly version: string;
  readonly client_name: string;
  readonly client_build: number;
  /** Windows' number of the layout, e.g. 1033. */
  readonly keyboard_layout: number;
  readonly client_dig_product_id: string | undefined;
  readonly desktop_width: number;
  readonly desktop_height: number;
  /** Bits. */
  readonly color_depth: number | undefined;
  readonly channels: readonly string[];
}

/** The server's settings (2.2.1.4). */
export interface RdpServerDataEvent extends RdpBase {
  readonly event: 'server_data';
  readonly version: string | undefined;
  /** none, 40bit, 56bit, 128bit, fips. */
  readonly encryption_method: string | undefined;
  /** none, low, client_compatible, high, fips. */
  readonly encryption_level: string | undefined;
  readonly certificate_type: 'rsa' | 'x509' | undefined;
  /** False: made for this session. */
  readonly certificate_permanent: boolean | undefined;
  readonly chain: readonly Certificate[];
}

export interface RdpMalformedEvent extends MalformedEvent {
  readonly protocol: 'rdp';
}

export type RdpEvent =
  | RdpConnectionRequestEvent
  | RdpConnectionConfirmEvent
  | RdpClientDataEvent
  | RdpServerDataEvent
  | RdpMalformedEvent;
