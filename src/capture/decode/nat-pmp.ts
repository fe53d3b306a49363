/**
 * NAT-PMP (RFC 6886) and its successor PCP (RFC 6887): a host asks its gateway for the address outside, or for a port
 * of the gateway that leads to it. Both speak on one port, by which alone their few bytes are told from others'.
 */
import { formatIpv4, formatIpv6 } from '../../base/index.ts';
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  MalformedEvent,
  PacketRef,
  Parser,
} from '../decoder.ts';
import { u16be, u32be } from './integers.ts';

interface NatPmpBase extends AppEvent {
  readonly protocol: 'nat_pmp';
}

/** RFC 6886, 3.2. */
export interface NatPmpAddressRequestEvent extends NatPmpBase {
  readonly event: 'external_address_request';
}

/** Also announced to all hosts when the gateway has begun anew. */
export interface NatPmpAddressResponseEvent extends NatPmpBase {
  readonly event: 'external_address_response';
  readonly result: number;
  readonly result_name: string;
  /** Seconds since the gateway began its table. */
  readonly epoch_s: number;
  readonly external_address: string | undefined;
}

/** RFC 6886, 3.3. A lifetime of zero removes the mapping (3.4). */
export interface NatPmpMapRequestEvent extends NatPmpBase {
  readonly event: 'map_request';
  readonly transport: 'tcp' | 'udp';
  readonly internal_port: number;
  readonly external_port: number;
  /** Seconds. */
  readonly lifetime: number;
}

export interface NatPmpMapResponseEvent extends NatPmpBase {
  readonly event: 'map_response';
  readonly result: number;
  readonly result_name: string;
  readonly epoch_s: number;
  readonly transport: 'tcp' | 'udp';
  readonly internal_port: number;
  readonly external_port: number;
  /** Seconds. */
  readonly lifetime: number;
}

interface PcpBase extends AppEvent {
  readonly protocol: 'pcp';
  readonly version: number;
  /** Seconds for which the mapping, or the error, holds. */
  readonly lifetime: number;
  /** Numbers of the options behind it (RFC 6887, 7.3). */
  readonly options: readonly number[];
  /** Of MAP and PEER (RFC 6887, 11.1 and 12.1): number of the transport protocol; 0 is all. */
  readonly ip_protocol: number | undefined;
  readonly internal_port: number | undefined;
  readonly external_port: number | undefined;
  readonly external_address: string | undefined;
  /** Of PEER. */
  readonly remote_port: number | undefined;
  readonly remote_address: string | undefined;
}

export interface PcpRequestEvent extends PcpBase {
  readonly event: 'announce_request' | 'map_request' | 'peer_request';
  readonly client_address: string;
  /** Option THIRD_PARTY: on whose behalf it is asked. */
  readonly third_party: string | undefined;
}

export interface PcpResponseEvent extends PcpBase {
  readonly event: 'announce_response' | 'map_response' | 'peer_response';
  readonly result: number;
  readonly result_name: string;
  readonly epoch_s: number;
}

export type NatPmpEvent =
  | NatPmpAddressRequestEvent
  | NatPmpAddressResponseEvent
  | NatPmpMapRequestEvent
  | NatPmpMapResponseEvent
  | MalformedEvent;
export type PcpEvent = PcpRequestEvent | PcpResponseEvent | MalformedEvent;
export type NatMappingEvent =
  | NatPmpMapRequestEvent
  | NatPmpMapResponseEvent
  | PcpRequestEvent
  | PcpResponseEvent;

const PORT = 5351;
/** Where gateways announce that they began anew. */
const ANNOUNCEMENT_PORT = 5350;
const PCP_HEADER_BYTES = 24;
const PCP_BYTES_MAX = 1_100;
const OPTIONS_MAX = 16;
const THIRD_PARTY = 1;
const OPERATIONS = ['announce', 'map', 'peer'] as const;
const OPERATION_BYTES = [0, 36, 56];

/** RFC 6886, 3.5. */
const RESULTS = [
  'success',
  'unsupported_version',
  'not_authorized',
  'network_failure',
  'out_of_resources',
  'unsupported_opcode',
];
/** RFC 6887, 7.4. */
const PCP_RESULTS = [
  'success',
  'unsupported_version',
  'not_authorized',
  'malformed_request',
  'unsupported_opcode',
  'unsupported_option',
  'malformed_option',
  'network_failure',
  'no_resources',
  'unsupported_protocol',
  'user_exceeded_quota',
  'cannot_provide_external',
  'address_mismatch',
  'excessive_remote_peers',
];

export const natPmpDecoder: Decoder = {
  protocol: 'nat_pmp',
  carriers: ['udp'],
  ports: [PORT, ANNOUNCEMENT_PORT],
  recognise(bytes, start, end, _direction, { serverPort, clientPort }) {
    if (serverPort !== PORT && clientPort !== PORT && serverPort !== ANNOUNCEMENT_PORT) return 'no';
    return plausible(bytes, start, end - start) ? 'yes' : 'no';
  },
  open: (_flow, context) => new NatPmpParser(context),
};

function plausible(bytes: Uint8Array, start: number, length: number): boolean {
  if (length < 2) return false;
  const operation = bytes[start + 1] & 0x7f;
  if (operation > 2) return false;
  if (bytes[start] === 0)
    return length === (bytes[start + 1] < 0x80 ? (operation ? 12 : 2) : length);
  return (
    (bytes[start] === 1 || bytes[start] === 2) && length >= PCP_HEADER_BYTES && length % 4 === 0
  );
}

class NatPmpParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const pcp = end > start && bytes[start] !== 0;
    const event = pcp ? readPcp(bytes, start, end) : readNatPmp(bytes, start, end);
    this.#context.emit(event, direction, at);
    return end - start;
  }
}

function readNatPmp(bytes: Uint8Array, start: number, end: number): NatPmpEvent {
  const protocol = 'nat_pmp';
  const length = end - start;
  const operation = bytes[start + 1] & 0x7f;
  if (length < 2) return malformed(protocol, 'truncated header', length);
  if (operation > 2) return malformed(protocol, 'unknown operation', 1);
  const transport = operation === 1 ? 'udp' : 'tcp';
  if (bytes[start + 1] < 0x80) {
    if (operation === 0) return { protocol, event: 'external_address_request' };
    if (length < 12) return malformed(protocol, 'truncated request', length);
    return {
      protocol,
      event: 'map_request',
      transport,
      internal_port: u16be(bytes, start + 4),
      external_port: u16be(bytes, start + 6),
      lifetime: u32be(bytes, start + 8),
    };
  }
  if (length < 8) return malformed(protocol, 'truncated response', length);
  const result = u16be(bytes, start + 2);
  const answer = {
    result,
    result_name: RESULTS[result] ?? String(result),
    epoch_s: u32be(bytes, start + 4),
  };
  // An error may end here (RFC 6886, 3.5).
  if (operation === 0) {
    if (length < 12 && result === 0) return malformed(protocol, 'truncated response', length);
    const external_address = length < 12 ? undefined : formatIpv4(u32be(bytes, start + 8));
    return { protocol, event: 'external_address_response', ...answer, external_address };
  }
  if (length < 16 && result === 0) return malformed(protocol, 'truncated response', length);
  return {
    protocol,
    event: 'map_response',
    ...answer,
    transport,
    internal_port: length < 10 ? 0 : u16be(bytes, start + 8),
    external_port: length < 12 ? 0 : u16be(bytes, start + 10),
    lifetime: length < 16 ? 0 : u32be(bytes, start + 12),
  };
}

function readPcp(bytes: Uint8Array, start: number, end: number): PcpEvent {
  const protocol = 'pcp';
  const length = end - start;
  if (length < PCP_HEADER_BYTES) return malformed(protocol, 'truncated header', length);
  if (length > PCP_BYTES_MAX) return malformed(protocol, 'message too long', PCP_BYTES_MAX);
  if (length % 4 !== 0) return malformed(protocol, 'length is no multiple of four', length);
  const operation = bytes[start + 1] & 0x7f;
  const name = OPERATIONS[operation];
  if (name === undefined) return malformed(protocol, 'unknown operation', 1);
  const response = (bytes[start + 1] & 0x80) !== 0;
  const result = bytes[start + 3];
  const body = start + PCP_HEADER_BYTES;
  const options = body + OPERATION_BYTES[operation];
  // A server that does not know the version copies what it can (RFC 6887, 8.2).
  if (options > end && !(response && result !== 0))
    return malformed(protocol, 'truncated operation', length);
  const found = readOptions(bytes, Math.min(options, end), end);
  const base = {
    version: bytes[start],
    lifetime: u32be(bytes, start + 4),
    options: found.numbers,
    ...mapping(bytes, body, options <= end ? operation : 0),
  };
  if (!response)
    return {
      protocol,
      event: `${name}_request`,
      ...base,
      client_address: addressAt(bytes, start + 8),
      third_party: found.thirdParty,
    };
  return {
    protocol,
    event: `${name}_response`,
    ...base,
    result,
    result_name: PCP_RESULTS[result] ?? String(result),
    epoch_s: u32be(bytes, start + 8),
  };
}

type Mapping = Omit<PcpBase, keyof AppEvent | 'version' | 'lifetime' | 'options'>;

function mapping(bytes: Uint8Array, at: number, operation: number): Mapping {
  const any = operation > 0;
  const peer = operation === 2;
  return {
    ip_protocol: any ? bytes[at + 12] : undefined,
    internal_port: any ? u16be(bytes, at + 16) : undefined,
    external_port: any ? u16be(bytes, at + 18) : undefined,
    external_address: any ? addressAt(bytes, at + 20) : undefined,
    remote_port: peer ? u16be(bytes, at + 36) : undefined,
    remote_address: peer ? addressAt(bytes, at + 40) : undefined,
  };
}

function readOptions(
  bytes: Uint8Array,
  from: number,
  end: number,
): { numbers: number[]; thirdParty: string | undefined } {
  const numbers: number[] = [];
  let thirdParty: string | undefined;
  let at = from;
  while (at + 4 <= end && numbers.length < OPTIONS_MAX) {
    const length = u16be(bytes, at + 2);
    numbers.push(bytes[at]);
    if (bytes[at] === THIRD_PARTY && length === 16 && at + 20 <= end)
      thirdParty = addressAt(bytes, at + 4);
    at += 4 + length + ((4 - (length & 3)) & 3);
  }
  return { numbers, thirdParty };
}

/** An address of 16 bytes, of which those of IPv4 are mapped ones (RFC 6887, 5). */
function addressAt(bytes: Uint8Array, at: number): string {
  let high = 0;
  for (let i = at; i < at + 10; i++) high |= bytes[i];
  if (high === 0 && u16be(bytes, at + 10) === 0xffff) return formatIpv4(u32be(bytes, at + 12));
  return formatIpv6(bytes, at);
}

function malformed(protocol: 'nat_pmp' | 'pcp', reason: string, offset: number): MalformedEvent {
  return { protocol, event: 'malformed', reason, offset };
}
