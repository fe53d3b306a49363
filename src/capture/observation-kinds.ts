/** The kinds of observations: what each one holds beside the parties, the times and the proof. */
import type { Secret } from '../base/index.ts';
import type { PacketRef } from './decoder.ts';
import type { PasswordProof } from './remote-kinds.ts';

export type * from './remote-kinds.ts';

/** A TLS or DTLS handshake. */
export interface TlsFields {
  readonly dtls: boolean;
  readonly clientHello: TlsClientHello | undefined;
  readonly serverHello: TlsServerHello | undefined;
  /** The server's chain, leaf first; empty when not visible (TLS 1.3, resumption, cut capture). */
  readonly certificates: readonly CertificateSummary[];
  readonly clientCertificates: readonly CertificateSummary[];
  /** The server asked for a client certificate in clear (TLS <= 1.2). */
  readonly clientCertificateRequested: boolean;
  readonly resumed: boolean;
  /** Both sides went on to encrypted records after the handshake. */
  established: boolean;
  /** Application data records seen after the handshake, in payload bytes (client, server). */
  applicationBytes: [number, number];
  readonly pskIdentity: string | undefined;
  /** Description numbers of alerts in clear, in order. */
  readonly alerts: readonly number[];
  /** This is a retry after a failed handshake of the same client to the same server (fallback dance). */
  readonly retry: boolean;
}
export interface TlsClientHello {
  /** Highest version offered (supported_versions, else legacy version), e.g. 0x0303; DTLS as on the wire, 0xfefd. */
  readonly versionMax: number;
  readonly versions: readonly number[];
  readonly ciphers: readonly number[];
  readonly groups: readonly number[];
  readonly keyShares: readonly number[];
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
  readonly ja3: string;
  readonly ja4: string;
}
export interface TlsServerHello {
  /** The version really chosen (supported_versions, else legacy version). */
  readonly version: number;
  readonly cipher: number;
  readonly group: number | undefined;
}
export interface CertificateSummary {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly names: readonly string[];
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly keyType: 'rsa' | 'ec' | 'ed25519' | 'ed448' | 'dsa' | 'other';
  readonly keyBits: number;
  /** e.g. `sha256WithRSAEncryption`, or the OID where the name is unknown. */
  readonly signature: string;
  readonly selfSigned: boolean;
  /** Hexadecimal SHA-256 of the certificate and of its SubjectPublicKeyInfo. */
  readonly fingerprint: string;
  readonly keyFingerprint: string;
}

/** One kind of HTTP exchange: requests alike in method, path pattern and outcome are counted together. */
export interface HttpFields {
  readonly method: string;
  readonly host: string | undefined;
  /** Path without the query's values; secrets masked. */
  readonly path: string;
  readonly userAgent: string | undefined;
  /** Lower-case scheme of Authorization: basic, digest, bearer …; undefined without one. */
  readonly authorization: string | undefined;
  /** A session cookie was sent. */
  readonly cookie: boolean;
  /** Names of all cookies that were sent. */
  readonly cookieNames: readonly string[];
  /** A form, the URL or a field of its own carried what is named like a password, token or key. */
  readonly passwordField: boolean;
  /** Undefined when no answer was seen. */
  readonly status: number | undefined;
  /** The Server header: what answers, in its own words. */
  readonly product: string | undefined;
  readonly wwwAuthenticate: string | undefined;
  readonly requestType: string | undefined;
  readonly responseType: string | undefined;
  /** Largest body seen, in bytes. */
  requestBytes: number;
  responseBytes: number;
  readonly location: string | undefined;
  /** `<title>` of an HTML answer, at most 120 characters. */
  readonly title: string | undefined;
  /** The answer has a password input or asks to sign in. */
  readonly loginForm: boolean;
  /** Content-Encoding of the answer: with one its text was not read, so `title` and `loginForm` say nothing. */
  readonly responseEncoding: string | undefined;
  readonly upnpDescription: UpnpDescription | undefined;
}
export interface UpnpDescription {
  readonly deviceType: string | undefined;
  readonly friendlyName: string | undefined;
  readonly manufacturer: string | undefined;
  readonly modelName: string | undefined;
  readonly modelNumber: string | undefined;
  readonly serialNumber: string | undefined;
}

/** One attempt to sign in that travelled in clear, over any protocol. */
export interface LoginFields {
  /** http, ftp, telnet, mqtt … */
  readonly protocol: string;
  /** basic, digest, form, bearer, cookie, user_pass, connect … */
  readonly method: string;
  readonly user: string | undefined;
  /** Undefined where only a proof travels (Digest) or the user name alone was seen. */
  readonly secret: Secret | undefined;
  /** As the answers seen so far tell: what comes later may put it in doubt. */
  outcome: 'accepted' | 'refused' | 'unknown';
  /** Seconds since 1970 of each, at most 1,000, in order: for rates. */
  readonly times: number[];
  /** Where it signed in: an HTTP path, an MQTT client id. */
  readonly target: string | undefined;
  /** How many different secrets were tried, counted up to 64: who guesses tries many. */
  secretsTried?: number;
  /** Of the first such attempt: by it a password that is known can be recognised, and no other. */
  readonly proof?: PasswordProof | undefined;
}

export interface MqttFields {
  readonly clientId: string;
  readonly protocolVersion: number;
  readonly userName: string | undefined;
  readonly password: Secret | undefined;
  /** MQTT 5 enhanced authentication (AUTH packets): how the client proves itself instead. */
  readonly authenticationMethod?: string | undefined;
  readonly keepAlive_s: number;
  readonly will: string | undefined;
  /** CONNACK return or reason code; undefined when not seen. */
  readonly returnCode: number | undefined;
  readonly subscriptions: {
    readonly filter: string;
    readonly qos: number;
    granted: number | undefined;
    /** The SUBACK, or the SUBSCRIBE as long as there is none. */
    at?: PacketRef;
  }[];
  /** Topics published to, at most 200, with counts; by direction. */
  readonly published: Map<string, number>;
  readonly received: Map<string, number>;
  messages: number;
  /**
   * Seconds since 1970 of the first and last packet of the session; of several, of the longest, so that no two
   * records seem to overlap that did not.
   */
  from: number;
  to: number;
  /** Each session's first and last packet, at most 256. */
  readonly sessions?: { readonly from: number; to: number }[];
  /** Seconds since 1970 of each refusal by the server (CONNACK, SUBACK, PUBACK: not authorised), at most 1,000. */
  readonly refusals?: number[];
  /** The client uses a new id or credential each time: these sessions are counted together, and clientId is ''. */
  readonly folded?: true;
}

export interface CoapFields {
  readonly method: string | undefined;
  readonly code: string;
  readonly path: string;
  /** Every payload of the exchange was under object security (RFC 8613). */
  readonly oscore: boolean;
  /** Largest payload seen, in bytes. */
  payloadBytes: number;
  readonly response: string | undefined;
  responseBytes: number;
}

export interface SshFields {
  readonly clientBanner: string | undefined;
  readonly serverBanner: string | undefined;
  readonly hassh: string | undefined;
  readonly hasshServer: string | undefined;
  /** `SHA256:` + base64 as OpenSSH prints it; undefined when the reply was not visible. */
  readonly hostKey: string | undefined;
  readonly hostKeyType: string | undefined;
  readonly kex: string | undefined;
  readonly encrypted: boolean;
}

export interface TelnetFields {
  /** IAC option negotiation seen: it is Telnet, whatever the port. */
  readonly negotiated: boolean;
  /** Payload beyond negotiation, in bytes (client, server). */
  readonly bytes: [number, number];
}

export interface FtpFields {
  readonly banner: string | undefined;
  readonly user: string | undefined;
  /** AUTH TLS accepted before USER. */
  readonly secured: boolean;
  readonly passwordSent: boolean;
}

/** A file that travelled in clear. */
export interface TransferFields {
  readonly protocol: 'http' | 'ftp' | 'tftp';
  readonly name: string;
  /** True: the server's bytes went to the client. */
  readonly toClient: boolean;
  /** Of the largest one. */
  bytes: number;
  readonly contentType: string | undefined;
  /** What the first bytes say: uimage, squashfs, elf, gzip, zip, trx, dfu, esp, android_boot, ubi, fit … */
  readonly magic: string | undefined;
}

/** Alike lookups of one name. `client` is the host that asks, whichever packet was seen. */
export interface DnsFields {
  /** dns, mdns or llmnr. */
  readonly service: 'dns' | 'mdns' | 'llmnr';
  /** Lower-case; of a folded record the zone. */
  readonly name: string;
  readonly type: string;
  /** Undefined when no answer was seen. */
  readonly rcode: number | undefined;
  /** Texts of answers (addresses, names, TXT strings), at most 32. */
  readonly answers: string[];
  /** Addresses among the answers' records, with the name each belongs to: names for peers. */
  readonly addresses: { readonly address: string; readonly name: string }[];
  /** Bytes of names and TXT/NULL data carried: query, answer. */
  queryBytes: number;
  answerBytes: number;
  /** What somebody registered to own the name, by rule of thumb: `example.co.uk`. */
  readonly zone?: string;
  /** The client asked for thousands of names in `zone`: this record counts those beyond the first 2,000. */
  readonly folded?: boolean;
  /** Of the labels left of the zone the longest, in bytes, and its mean entropy over lookups, in bits a character. */
  labelBytes?: number;
  labelEntropy?: number;
}

/** What a host says of itself in mDNS, SSDP or NBNS. `client` is the host that says it, asked or not. */
export interface AnnouncementFields {
  readonly protocol: 'mdns' | 'ssdp' | 'nbns' | 'llmnr';
  /** mDNS: `_hap._tcp.local`; SSDP: NT or ST; NBNS: `workstation`, `file_server` …; empty: a host name alone. */
  readonly service: string;
  readonly instance: string | undefined;
  hostName: string | undefined;
  /** TXT pairs or SSDP headers (SERVER, LOCATION, USN …), at most 32, values at most 256 characters. */
  readonly fields: Readonly<Record<string, string>>;
  /** Sent in answer to somebody who asked, rather than announced. */
  readonly answer: boolean;
  /** Port of the service, and addresses of its host, where the records say. */
  port?: number;
  addresses?: string[];
}

/** One DHCP message, whoever sent it: `client` is the host that asks for an address, `server` the one that serves. */
export interface DhcpFields {
  /** discover, offer, request, ack, nak, inform, …; DHCPv6: solicit, advertise, reply … */
  readonly message: string;
  readonly version: 4 | 6;
  readonly clientMac: string | undefined;
  readonly hostName: string | undefined;
  readonly vendorClass: string | undefined;
  /** Option numbers asked for, in order (option 55). */
  readonly parameters: readonly number[];
  readonly address: string | undefined;
  readonly serverId: string | undefined;
  readonly routers: readonly string[];
  readonly resolvers: readonly string[];
  readonly timeServers: readonly string[];
}

export interface NtpFields {
  readonly version: number;
  readonly mode: number;
  /** Of the server's last answer; 0 without one. */
  stratum: number;
  /** A server answered with a time (a kiss of death is no time). */
  answered: boolean;
  /**
   * Client's clock minus the capture's, in seconds, from the last transmit time that can be trusted; undefined when
   * it sends none, or random ones.
   */
  offset_s: number | undefined;
  /** The same of each request in order, at most 16: some clients send random times, and one is wrong at boot. */
  readonly offsets_s?: number[];
  /** Server's clock minus the capture's, from the transmit time of its last answer: tells a wrong capture clock. */
  serverOffset_s?: number;
}

/** A port mapping asked of a gateway by UPnP IGD, NAT-PMP or PCP. */
export interface PortMappingFields {
  readonly protocol: 'upnp' | 'nat_pmp' | 'pcp';
  readonly externalPort: number;
  readonly internalPort: number;
  readonly internalClient: string | undefined;
  readonly transport: 'tcp' | 'udp';
  readonly lease_s: number;
  readonly description: string | undefined;
  readonly outcome: 'granted' | 'refused' | 'unknown';
}

/**
 * Commands of one kind by which a master changed, or tried to change, what a controller or its process does: outputs
 * and set points, its program, or whether it runs. `client` is the master, `server` the outstation, whoever opened.
 */
export interface ControlWriteFields {
  /** As its decoder is called: modbus, dnp3, s7comm, cip, iec104, bacnet … */
  readonly protocol: string;
  /** The specification's name of what was asked, in snake_case: write_single_coil, direct_operate, plc_stop … */
  readonly operation: string;
  /** value: outputs, set points, memory; program: logic or firmware; mode: stopped, started, restarted, reset. */
  readonly effect: 'value' | 'program' | 'mode';
  /** Which station behind the server's address: Modbus unit, DNP3 address, common address of ASDUs. */
  readonly station: string | undefined;
  /** As the outstation answered; unknown: no answer was seen. */
  readonly outcome: 'accepted' | 'refused' | 'unknown';
}

/**
 * What a master asked of an outstation, over one protocol, commands included: who polls whom, and for how long.
 * `client` is the master, `server` the outstation, whoever opened.
 */
export interface PollingFields {
  readonly protocol: string;
  readonly station: string | undefined;
  /** Requests that change nothing, and control writes. */
  reads: number;
  writes: number;
  /** Answers of the outstation, refusals included; and messages that it sent of its own accord. */
  answers: number;
}

/** What a device says of itself when its protocol asks. `client` is who asked, `server` who says it. */
export interface IdentificationFields {
  readonly protocol: string;
  readonly maker: string | undefined;
  readonly model: string | undefined;
  /** Version of its firmware or program. */
  readonly version: string | undefined;
  readonly serial: string | undefined;
  /** A name that people gave it. */
  readonly name: string | undefined;
  /** What else it says, by name, at most 32. */
  readonly more?: Readonly<Record<string, string>>;
}

/** A file that was asked for by TFTP. `client` is who asked. */
export interface TftpFields {
  readonly operation: 'read' | 'write';
  readonly file: string;
  readonly mode: string;
  outcome: 'answered' | 'refused' | 'unanswered';
  /** Error code of the refusal (RFC 1350, appendix I). */
  error: number | undefined;
}

/** A session of SMTP, IMAP, POP3 or IRC, as far as it was in clear. */
export interface MailFields {
  readonly protocol: 'smtp' | 'imap' | 'pop3' | 'irc';
  /** The server's greeting. */
  readonly banner: string | undefined;
  /** The server offers STARTTLS or STLS. */
  readonly tlsOffered: boolean;
  /** TLS was accepted before anybody signed in. */
  readonly secured: boolean;
  readonly user: string | undefined;
  /** How somebody signed in in clear: `plain`, `login`, `cram-md5`, `user_pass` …; undefined when nobody did. */
  readonly method: string | undefined;
  /** Messages sent or fetched in clear. */
  messages: number;
}

/** Alike SNMP exchanges. `client` is the manager; of notifications the agent that sends them. */
export interface SnmpFields {
  readonly version: 1 | 2 | 3;
  readonly operation: 'read' | 'write' | 'notify';
  /** Versions 1 and 2: what stands for a password. */
  readonly community: Secret | undefined;
  /** It is one of the two that everybody knows. */
  readonly wellKnown: 'public' | 'private' | undefined;
  /** Version 3: the user of the user-based security model, and what protects the message (RFC 3411, 3.4.3). */
  readonly user: string | undefined;
  readonly security: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv' | undefined;
  /** What the agent did: a response that tells no error of access is acceptance; a trap is never answered. */
  readonly outcome: 'accepted' | 'refused' | 'unanswered';
}

/** Log messages that a host sends. `client` is the sender, `server` the collector. */
export interface SyslogFields {
  /** As the messages say; of a relay that of somebody else. */
  readonly hostName: string | undefined;
  /** At most 32. */
  readonly apps: string[];
  messages: number;
  /** Most severe seen: 0 emergency … 7 debug. */
  severity: number;
}

/** What a network access server asks a RADIUS server, or is told by it. `client` is who asks. */
export interface RadiusFields {
  readonly request: 'access' | 'accounting' | 'disconnect' | 'coa' | 'status';
  readonly nasIdentifier: string | undefined;
  readonly nasAddress: string | undefined;
  readonly authentication: 'pap' | 'chap' | 'mschap' | 'eap' | undefined;
  /** Name of the EAP method where one travelled. */
  readonly eapType: string | undefined;
  /** Request and answer had a Message-Authenticator (RFC 3579, 3.2). */
  readonly authenticated: boolean;
  readonly outcome: 'accepted' | 'refused' | 'challenged' | 'unanswered';
}

/** A ticket asked of a key distribution centre. `client` is who asks. */
export interface KerberosFields {
  readonly request: 'as' | 'tgs';
  readonly user: string | undefined;
  readonly realm: string | undefined;
  readonly service: string | undefined;
  readonly outcome: 'accepted' | 'refused' | 'unanswered';
  /** Number of the error that refused it (RFC 4120, 7.5.9). */
  readonly error: number | undefined;
  /** Encryption types (RFC 3961) of the answer's own part and of the ticket. */
  readonly encryption: number | undefined;
  readonly ticketEncryption: number | undefined;
}

/** The negotiation of an IKE security association. `client` is the initiator. */
export interface IkeFields {
  readonly version: 1 | 2;
  /** `sa_init`, `main_mode`, `aggressive_mode` … */
  readonly exchange: string;
  /** What the initiator offers, names as in EVE, at most 64. */
  readonly offered: readonly string[];
  /** What the responder chose; undefined when it refused or was not seen. */
  readonly chosen: IkeChoice | undefined;
  readonly vendorIds: readonly string[];
}
export interface IkeChoice {
  readonly encryption: string | undefined;
  readonly keyBits: number | undefined;
  readonly integrity: string | undefined;
  readonly prf: string | undefined;
  /** Diffie-Hellman group. */
  readonly group: string | undefined;
  /** Version 1: `AuthPreSharedKey` … */
  readonly authentication: string | undefined;
}

/** Alike SIP requests. `client` is who asks. */
export interface SipFields {
  readonly method: string;
  readonly userAgent: string | undefined;
  /** The Server or User-Agent header of the answer. */
  readonly product: string | undefined;
  /** Undefined when no answer was seen. */
  readonly status: number | undefined;
  /** Media transports offered or agreed on: `RTP/AVP`, `RTP/SAVP` …, at most 8. */
  readonly media: readonly string[];
}

/** A connection of OPC UA: the protection of its secure channel, and what it was used for. `client` is the client. */
export interface OpcUaFields {
  /** What follows `#` in the policy's address, e.g. None or Basic256Sha256; undefined when its opening was not seen. */
  readonly securityPolicy: string | undefined;
  /** As asked for in clear, or as the messages show; undefined when neither was seen. */
  readonly securityMode: 'none' | 'sign' | 'sign_and_encrypt' | 'invalid' | undefined;
  /** Discovery alone is done without protection by design (OPC 10000-4, 5.4). */
  readonly use: 'none' | 'discovery' | 'session';
  readonly session: 'none' | 'created' | 'activated' | 'refused';
  /** anonymous, user_name, certificate, issued_token; undefined when no session was activated in clear. */
  readonly userToken: string | undefined;
  readonly passwordInClear: boolean;
  readonly endpointUrl: string | undefined;
  readonly serverName: string | undefined;
  /** What the server offers: `Basic256Sha256 sign_and_encrypt` …, at most 16. */
  readonly offered: readonly string[];
}

/**
 * What somebody asked of a device over its maker's own local protocol: alike ones are counted together. `client` is
 * who asked, `server` the device, whoever opened.
 */
export interface LocalControlFields {
  /** kasa, tuya, yeelight, wiz, lifx, miio, matter … */
  readonly protocol: string;
  /** As the protocol calls it: `system.set_relay_state`, `control`, `set_power` … */
  readonly operation: string;
  /** Nothing changes; settings or state change; or the device gives away the key to itself. */
  readonly effect: 'read' | 'change' | 'key';
  /** What the asker had to know: nothing at all, or a key of the device. */
  readonly protection: 'none' | 'key';
  /** As the device answered; unknown: no answer was seen. */
  readonly outcome: 'accepted' | 'refused' | 'unknown';
}

/** Personal data that travelled in clear to a public address. `client` is who sent it. */
export interface PersonalDataFields {
  /** What carried it: http, mqtt, coap. */
  readonly protocol: string;
  readonly data: 'email' | 'position' | 'imei';
  /** `url`, `body`, `topic`, `client_id` … */
  readonly where: string;
  /** The first of them. */
  readonly value: Secret;
}

/** A station that joined a Wi-Fi network, or tried to. `client` is the station, `server` the access point. */
export interface AssociationFields {
  /** Name of the network; undefined where it was not in view. */
  readonly ssid: string | undefined;
  readonly bssid: string | undefined;
  /** What the station asked for: nothing, encryption without a password (OWE), WEP, WPA, or WPA2 and later. */
  readonly security: 'open' | 'owe' | 'wep' | 'wpa' | 'rsn';
  /** As IEEE 802.11 names them: `tkip`, `ccmp-128` …; `psk`, `sae`, `802.1x` …; empty where there are none. */
  readonly pairwiseCiphers: readonly string[];
  readonly groupCipher: string | undefined;
  readonly keyManagement: readonly string[];
  /** Management frame protection. */
  readonly pmf: 'none' | 'capable' | 'required' | undefined;
  /** In management frames, in the handshake of the keys, or by how its data is encrypted. */
  readonly seenIn: 'association' | 'handshake' | 'data';
  readonly outcome: 'accepted' | 'refused' | 'unknown';
}

/** A binding that a host claimed by ARP or Neighbour Discovery. `client` is the host that claims it. */
export interface ClaimFields {
  readonly protocol: 'arp' | 'ndp';
  readonly mac: string;
  readonly address: string;
  /** Unasked: gratuitous ARP or an unsolicited advertisement. */
  readonly gratuitous: boolean;
}

/** A router advertisement. `client` is the host that advertises. */
export interface RouterFields {
  /** Lifetime 0 means it no longer routes. */
  readonly lifetime_s: number;
  readonly prefixes: readonly string[];
  readonly resolvers: readonly string[];
}

/** The largest burst of first contacts of one host on one port. `client` is the host that contacts. */
export interface FanOutFields {
  readonly port: number;
  /** Window length, and what fell into it. */
  readonly window_s: number;
  destinations: number;
  unanswered: number;
  /** Of the destinations, how many have a public address. */
  outside?: number;
  /** In the whole capture. */
  total: number;
}

/** Flows between two hosts to one server port, added up. */
export interface ConnectionFields {
  flows: number;
  /** TCP: SYN and SYN-ACK seen; UDP: traffic both ways. */
  established: number;
  /** Payload both ways. */
  answered: number;
  /** TCP: refused by RST before any payload. */
  refused: number;
  /** On-the-wire bytes and packets: client, server. */
  readonly bytes: [number, number];
  readonly packetCount: [number, number];
  /** What was spoken, where a decoder recognised it. */
  protocol: string | undefined;
  /** Established flows shorter than 30 s: when each began, seconds since 1970, at most 1,000. */
  readonly shortSessions: number[];
}

export interface MalformedFields {
  readonly protocol: string;
  units: number;
  malformed: number;
  readonly reasons: Map<string, number>;
}
