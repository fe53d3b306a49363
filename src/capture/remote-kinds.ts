/** Kinds of observations about remote access, media streams, and ways past address translation. */

/** A session with a service by which a device is administered or debugged from afar. `client` is who administers. */
export interface AdministrationFields {
  readonly protocol: AdministrationProtocol;
  /** The server spoke the protocol too, so that it is really there. */
  readonly answered: boolean;
  /** Version that both speak, as the protocol writes it. */
  readonly version: string | undefined;
  /** What guards the session, in the protocol's own words: `none`, `vnc_authentication`, `tls`, `nla`, `ntlmssp` … */
  readonly security: string | undefined;
  /** granted: it was let in, with or without a proof of who it is. */
  readonly access: 'granted' | 'refused' | 'unknown';
  /** It was let in without any proof of who it is. */
  readonly anonymous: boolean;
  /** What was asked or opened: an SMB tree, an ADB service, a Docker or CWMP path. */
  readonly target: string | undefined;
  /** SMB: the server demands that messages are signed. */
  readonly signing?: boolean | undefined;
}
export type AdministrationProtocol =
  | 'adb'
  | 'rfb'
  | 'rdp'
  | 'smb'
  | 'cwmp'
  | 'docker'
  | 'gdb'
  | 'rlogin'
  | 'rsh';

/** Alike RTSP exchanges. `client` is who asks for the stream. */
export interface RtspFields {
  readonly method: string;
  /** Without its query's values; secrets masked. */
  readonly path: string;
  /** Undefined when no answer was seen. */
  readonly status: number | undefined;
  /** Scheme of Authorization in lower case; undefined without one. */
  readonly authorization: string | undefined;
  /** The path or its query carried what is named like a password, token or key, or a password stood in the URL. */
  readonly credentialInUrl: boolean;
  /** The session was opened before the capture began: what guarded it is not known. */
  readonly midstream: boolean;
  /** The Server header of the answer. */
  readonly product: string | undefined;
  readonly userAgent: string | undefined;
  readonly realm: string | undefined;
  /** Media of the description, at most 8: `video RTP/AVP H264`. */
  readonly media: readonly string[];
}

/** A stream of RTP between two hosts. `client` is its sender, `server` its receiver. */
export interface MediaStreamFields {
  /** audio, video …; undefined where nothing in view says it. */
  readonly media: string | undefined;
  readonly payloadType: number;
  readonly encoding: string | undefined;
  /** As signalled: `RTP/AVP`, `RTP/SAVP` …; undefined where no signalling was in view. */
  readonly profile: string | undefined;
  /** clear: signalled as plain RTP; encrypted: signalled as SRTP, or keyed by DTLS on its own ports. */
  readonly protection: 'clear' | 'encrypted' | 'unknown';
  /** How it is carried: packets of its own, or inside an RTSP connection. */
  readonly carriage: 'udp' | 'rtsp';
  /** Packets seen, as far as they were counted. */
  packetsSeen: number;
}

/** What a host asked of a STUN or TURN server, or of a peer by ICE. `client` is who asks. */
export interface StunFields {
  /** binding, allocate, refresh, send, create_permission, channel_bind, connect. */
  readonly method: string;
  /** ice: a check between peers (RFC 8445), which no server is part of. */
  readonly use: 'server' | 'ice';
  readonly outcome: 'granted' | 'refused' | 'unknown';
  /** The error's number; 401 and 438 ask for credentials and refuse nothing yet. */
  readonly errorCode: number | undefined;
  readonly mappedAddress: string | undefined;
  /** Of an allocation: the address that others reach the client at. */
  readonly relayedAddress: string | undefined;
  /** What client and server call themselves. */
  readonly clientSoftware: string | undefined;
  readonly serverSoftware: string | undefined;
  readonly realm: string | undefined;
}

/** A tunnel that hides what it carries. `client` is who began it. */
export interface TunnelFields {
  /** wireguard, openvpn, esp, pppp …; gre, ipip, 6in4 where packets are wrapped in clear. */
  readonly protocol: string;
  /** Both sides took part, so that it stands. */
  established: boolean;
}

/** What a client sent to prove that it knows a password, with all that went into it. */
export type PasswordProof = DigestProof | VncProof;

/** Digest access authentication (RFC 7616; RFC 2617). */
export interface DigestProof {
  readonly kind: 'digest';
  /** Of the request: GET, DESCRIBE, REGISTER … */
  readonly method: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: 'md5' | 'sha256';
  /** `-sess`: nonces are hashed in. */
  readonly session: boolean;
  readonly qop: string | undefined;
  readonly nc: string;
  readonly cnonce: string;
}

/** RFB's challenge of 16 bytes, and its encryption under the password (RFC 6143, 7.2.2). */
export interface VncProof {
  readonly kind: 'vnc';
  readonly challenge: Uint8Array;
  readonly response: Uint8Array;
}
