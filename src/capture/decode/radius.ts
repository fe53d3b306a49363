/**
 * RADIUS over UDP: authentication (RFC 2865), accounting (RFC 2866), dynamic authorisation (RFC 5176) and
 * Status-Server (RFC 5997). The user's name is sealed, and of what proves him only its kind is told (RFC 2869, 3579).
 */
import { formatIpv4, formatIpv6, type Secret } from '../../base/index.ts';
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  MalformedEvent,
  PacketRef,
  Parser,
} from '../decoder.ts';
import { u16be, u32be } from './integers.ts';
import { wireText } from './wire-text.ts';

/** A packet; the event is named after its code. */
export interface RadiusPacketEvent extends AppEvent {
  readonly protocol: 'radius';
  readonly event: (typeof CODES)[number];
  readonly code: number;
  readonly identifier: number;
  /** User-Name, sealed. */
  readonly user_name: Secret | undefined;
  /** How an access request proves the user. */
  readonly authentication: 'pap' | 'chap' | 'mschap' | 'eap' | undefined;
  /** `request`, `response`, `success` or `failure` of an EAP message that begins here (RFC 3748). */
  readonly eap_code: string | undefined;
  /** Its method: `identity`, `tls`, `peap` …, or the number. */
  readonly eap_type: string | undefined;
  readonly nas_ip_address: string | undefined;
  readonly nas_ipv6_address: string | undefined;
  readonly nas_identifier: string | undefined;
  readonly nas_port: number | undefined;
  readonly nas_port_type: number | undefined;
  readonly service_type: number | undefined;
  readonly called_station_id: string | undefined;
  /** Mostly the MAC address of who signs in. */
  readonly calling_station_id: string | undefined;
  readonly acct_status_type: number | undefined;
  /** The packet has a Message-Authenticator, without which it can be forged (CVE-2024-3596). */
  readonly message_authenticator: boolean;
  /** Types of all attributes, in order, at most 64. */
  readonly attributes: readonly number[];
}

export type RadiusEvent = RadiusPacketEvent | MalformedEvent;

const protocol = 'radius';
const PORTS = [1812, 1813, 1645, 1646, 3799];
const HEADER_BYTES = 20;
const PACKET_BYTES_MAX = 4_096;
const ATTRIBUTES_MAX = 64;
/** Of Microsoft (RFC 2548): MS-CHAP-Response and MS-CHAP2-Response. */
const MICROSOFT = 311;
const MS_CHAP = [1, 25];

/** By their numbers, IANA's registry of packet types. */
const CODES = [
  'access_request',
  'access_accept',
  'access_reject',
  'accounting_request',
  'accounting_response',
  'access_challenge',
  'status_server',
  'status_client',
  'disconnect_request',
  'disconnect_ack',
  'disconnect_nak',
  'coa_request',
  'coa_ack',
  'coa_nak',
] as const;
const CODE_NUMBERS = [1, 2, 3, 4, 5, 11, 12, 13, 40, 41, 42, 43, 44, 45];

const EAP_CODES: Readonly<Record<number, string>> = {
  1: 'request',
  2: 'response',
  3: 'success',
  4: 'failure',
};
const EAP_TYPES: Readonly<Record<number, string>> = {
  1: 'identity',
  2: 'notification',
  3: 'nak',
  4: 'md5',
  5: 'otp',
  6: 'gtc',
  13: 'tls',
  17: 'leap',
  18: 'sim',
  21: 'ttls',
  23: 'aka',
  25: 'peap',
  26: 'mschapv2',
  43: 'fast',
  50: 'aka_prime',
  52: 'pwd',
  55: 'teap',
};

export const radiusDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  ports: PORTS,
  recognise(bytes, start, end, _direction, flow) {
    const length = end - start;
    if (length < HEADER_BYTES || length > PACKET_BYTES_MAX) return 'no';
    const own = u16be(bytes, start + 2);
    if (own > length || !CODE_NUMBERS.includes(bytes[start])) return 'no';
    const onPort = PORTS.includes(flow.serverPort) || PORTS.includes(flow.clientPort);
    // Off its ports it must be RADIUS to the last byte; on them it may be filled up (RFC 2865, 3).
    if (!onPort && (own !== length || own === HEADER_BYTES)) return 'no';
    return attributesEnd(bytes, start + HEADER_BYTES, start + own) === start + own ? 'yes' : 'no';
  },
  open: (_flow: Flow, context) => new RadiusParser(context),
};

/** Where the attributes of [start, end) stop being attributes; `end` where all of them are. */
function attributesEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    if (end - at < 2 || bytes[at] === 0) break;
    const length = bytes[at + 1];
    if (length < 2 || length > end - at) break;
    at += length;
  }
  return at;
}

class RadiusParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    this.#context.emit(this.#read(bytes, start, end), direction, at);
    return end - start;
  }

  #read(bytes: Uint8Array, start: number, end: number): RadiusEvent {
    const length = end - start;
    if (length < HEADER_BYTES) return malformed('truncated header', length);
    const own = u16be(bytes, start + 2);
    if (own < HEADER_BYTES || own > length) return malformed('wrong length', 2);
    const event = CODES[CODE_NUMBERS.indexOf(bytes[start])];
    if (event === undefined) return malformed('unknown code', 0);
    const stop = start + own;
    const bad = attributesEnd(bytes, start + HEADER_BYTES, stop);
    if (bad < stop) return malformed('invalid attribute', bad - start);
    const draft = blank(event, bytes[start], bytes[start + 1]);
    for (let at = start + HEADER_BYTES; at < stop; at += bytes[at + 1])
      this.#attribute(draft, bytes, at, at + bytes[at + 1]);
    return draft;
  }

  /** Takes one attribute [start, end) with its type and length (RFC 2865, 5). */
  #attribute(draft: Draft, bytes: Uint8Array, start: number, end: number): void {
    const type = bytes[start];
    const value = start + 2;
    const number = end - value === 4 ? u32be(bytes, value) : undefined;
    if (draft.attributes.length < ATTRIBUTES_MAX) draft.attributes.push(type);
    if (type === 1) draft.user_name ??= this.#context.secrets.seal(bytes.subarray(value, end));
    else if (type === 2) draft.authentication ??= 'pap';
    else if (type === 3) draft.authentication ??= 'chap';
    else if (type === 4 && number !== undefined) draft.nas_ip_address = formatIpv4(number);
    else if (type === 5) draft.nas_port = number;
    else if (type === 6) draft.service_type = number;
    else if (type === 26 && number === undefined) vendorSpecific(draft, bytes, value, end);
    else if (type === 30) draft.called_station_id = wireText(bytes, value, end);
    else if (type === 31) draft.calling_station_id = wireText(bytes, value, end);
    else if (type === 32) draft.nas_identifier = wireText(bytes, value, end);
    else if (type === 40) draft.acct_status_type = number;
    else if (type === 61) draft.nas_port_type = number;
    else if (type === 79) eap(draft, bytes, value, end);
    else if (type === 80) draft.message_authenticator = true;
    else if (type === 95 && end - value === 16) draft.nas_ipv6_address = formatIpv6(bytes, value);
  }
}

type Draft = { -readonly [F in keyof RadiusPacketEvent]: RadiusPacketEvent[F] } & {
  attributes: number[];
};

function vendorSpecific(draft: Draft, bytes: Uint8Array, value: number, end: number): void {
  if (end - value < 6 || u32be(bytes, value) !== MICROSOFT) return;
  if (MS_CHAP.includes(bytes[value + 4])) draft.authentication ??= 'mschap';
}

/** The first part of an EAP message; a longer one goes on in further attributes (RFC 3579, 3.1). */
function eap(draft: Draft, bytes: Uint8Array, value: number, end: number): void {
  if (draft.eap_code !== undefined || end - value < 4) return;
  draft.authentication = 'eap';
  draft.eap_code = EAP_CODES[bytes[value]];
  if (bytes[value] > 2 || end - value < 5) return;
  draft.eap_type = EAP_TYPES[bytes[value + 4]] ?? String(bytes[value + 4]);
}

function blank(event: RadiusPacketEvent['event'], code: number, identifier: number): Draft {
  return {
    protocol,
    event,
    code,
    identifier,
    user_name: undefined,
    authentication: undefined,
    eap_code: undefined,
    eap_type: undefined,
    nas_ip_address: undefined,
    nas_ipv6_address: undefined,
    nas_identifier: undefined,
    nas_port: undefined,
    nas_port_type: undefined,
    service_type: undefined,
    called_station_id: undefined,
    calling_station_id: undefined,
    acct_status_type: undefined,
    message_authenticator: false,
    attributes: [],
  };
}

function malformed(reason: string, offset: number): MalformedEvent {
  return { protocol, event: 'malformed', reason, offset };
}
