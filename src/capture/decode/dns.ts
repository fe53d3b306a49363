/**
 * DNS over UDP and TCP (RFC 1035), multicast DNS (RFC 6762), LLMNR (RFC 4795) and NetBIOS names (RFC 1002): one
 * message format, four protocols that differ in port, flags and names. Fields are named as in EVE's dns, version 3.
 */
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
import {
  type DnsMessage,
  type DnsQuestion,
  HEADER_BYTES,
  rcodeOf,
  readMessage,
} from './dns/message.ts';
import { recogniseMessage } from './dns/recognise.ts';
import type { Dialect, DnsEdns, DnsRecord } from './dns/record.ts';

export type { DnsQuestion } from './dns/message.ts';
export type * from './dns/record.ts';

type Protocol = 'dns' | 'mdns' | 'llmnr' | 'nbns';

export interface DnsMessageEvent extends AppEvent {
  readonly protocol: Protocol;
  /** NetBIOS names its requests by opcode. */
  readonly event: 'query' | 'response' | 'registration' | 'release' | 'wack' | 'refresh';
  readonly version: 3;
  readonly type: 'request' | 'response';
  readonly id: number;
  /** The header's second word in hexadecimal. */
  readonly flags: string;
  /** Flags are present where they are set. */
  qr?: true;
  aa?: true;
  tc?: true;
  rd?: true;
  ra?: true;
  z?: true;
  ad?: true;
  cd?: true;
  readonly opcode: number;
  /** Of responses, e.g. `NXDOMAIN`. */
  rcode?: string;
  /** Name and type of the first question. */
  rrname?: string;
  rrtype?: string;
  readonly queries: DnsQuestion[];
  answers?: DnsRecord[];
  /** DNS: data of the answers by type. */
  grouped?: Record<string, unknown[]>;
  authorities?: DnsRecord[];
  additionals?: DnsRecord[];
  edns?: DnsEdns;
  /** Questions and records beyond the bound on what is decoded. */
  entries_cut?: number;
}
export type DnsEvent = DnsMessageEvent | MalformedEvent;

const OPCODES = 0b111_0111; // QUERY, IQUERY, STATUS, NOTIFY, UPDATE, DSO
const NETBIOS_OPCODES = 0b1000_0011_1110_0001;
const NETBIOS_REQUESTS: Readonly<Record<number, DnsMessageEvent['event']>> = {
  5: 'registration',
  6: 'release',
  7: 'wack',
  8: 'refresh',
  9: 'refresh',
  15: 'registration',
};

const MDNS_PORT = 5353;
const LLMNR_PORT = 5355;
const NETBIOS_PORT = 137;

const PLAIN: Dialect = { classFlag: false, netbios: false };
const MULTICAST: Dialect = { classFlag: true, netbios: false };
const NETBIOS: Dialect = { classFlag: false, netbios: true };

export const dnsDecoder: Decoder = {
  protocol: 'dns',
  carriers: ['udp', 'tcp'],
  ports: [53],
  recognise(bytes, start, end, _direction, flow) {
    const onPort = isPort(flow, 53);
    if (flow.carrier === 'tcp') {
      if (end - start < 2) return 'more';
      const length = (bytes[start] << 8) | bytes[start + 1];
      return recogniseMessage(bytes, start + 2, end, length, onPort, OPCODES);
    }
    if (isPort(flow, MDNS_PORT) || isPort(flow, LLMNR_PORT) || isPort(flow, NETBIOS_PORT))
      return 'no';
    return settled(recogniseMessage(bytes, start, end, end - start, onPort, OPCODES));
  },
  open: (flow, context) =>
    flow.carrier === 'tcp' ? new DnsStream(context) : datagrams('dns', PLAIN, context),
};

export const mdnsDecoder = relative('mdns', MDNS_PORT, MULTICAST, OPCODES);
export const llmnrDecoder = relative('llmnr', LLMNR_PORT, PLAIN, OPCODES);
export const nbnsDecoder = relative('nbns', NETBIOS_PORT, NETBIOS, NETBIOS_OPCODES);

/** The relatives have their ports for themselves: nothing but the port tells them from DNS. */
function relative(protocol: Protocol, port: number, dialect: Dialect, opcodes: number): Decoder {
  return {
    protocol,
    carriers: ['udp'],
    ports: [port],
    repeats: true,
    recognise: (bytes, start, end, _direction, flow) =>
      isPort(flow, port)
        ? settled(recogniseMessage(bytes, start, end, end - start, true, opcodes))
        : 'no',
    open: (_flow, context) => datagrams(protocol, dialect, context),
  };
}

function isPort(flow: Flow, port: number): boolean {
  return flow.serverPort === port || flow.clientPort === port;
}

/** A datagram is whole: what would need more is none of ours. */
function settled(recognition: 'yes' | 'no' | 'more'): 'yes' | 'no' {
  return recognition === 'yes' ? 'yes' : 'no';
}

function datagrams(protocol: Protocol, dialect: Dialect, context: DecodeContext): Parser {
  return {
    data(bytes, start, end, direction, at) {
      decodeMessage(protocol, dialect, context, bytes, start, end, direction, at);
      return end - start;
    },
  };
}

/** DNS over TCP: each message behind its length in two bytes (RFC 1035, 4.2.2). */
class DnsStream implements Parser {
  done = false;
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    while (from + 2 <= end) {
      const next = from + 2 + ((bytes[from] << 8) | bytes[from + 1]);
      if (next > end) break;
      decodeMessage('dns', PLAIN, this.#context, bytes, from + 2, next, direction, at);
      from = next;
    }
    return from - start;
  }

  /** Where the next message starts is not known any more. */
  gap(): void {
    this.done = true;
  }
}

/** A message that HTTP carries (RFC 8484). */
export function decodeDnsMessage(
  context: DecodeContext,
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
  at: PacketRef,
): void {
  decodeMessage('dns', PLAIN, context, bytes, start, end, direction, at);
}

function decodeMessage(
  protocol: Protocol,
  dialect: Dialect,
  context: DecodeContext,
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
  at: PacketRef,
): void {
  if (end - start < HEADER_BYTES) {
    const offset = end - start;
    context.emit(malformed(protocol, 'truncated header', offset, false), direction, at);
    return;
  }
  const message = readMessage(bytes, start, end, dialect);
  const { reason, reasonOffset, questionsRead: readable } = message;
  if (readable) context.emit(toEvent(protocol, message), direction, at);
  if (reason !== '')
    context.emit(malformed(protocol, reason, reasonOffset, readable), direction, at);
}

function malformed(
  protocol: Protocol,
  reason: string,
  offset: number,
  readable: boolean,
): MalformedEvent {
  return { protocol, event: 'malformed', reason, offset, readable };
}

function toEvent(protocol: Protocol, message: DnsMessage): DnsMessageEvent {
  const { flags, questions } = message;
  const response = (flags & 0x8000) !== 0;
  const opcode = (flags >> 11) & 15;
  const request = (protocol === 'nbns' ? NETBIOS_REQUESTS[opcode] : undefined) ?? 'query';
  const event: DnsMessageEvent = {
    protocol,
    event: response ? 'response' : request,
    version: 3,
    type: response ? 'response' : 'request',
    id: message.id,
    flags: flags.toString(16),
    opcode,
    queries: questions,
  };
  if (response) event.qr = true;
  if (flags & 0x0400) event.aa = true;
  if (flags & 0x0200) event.tc = true;
  if (flags & 0x0100) event.rd = true;
  if (flags & 0x0080) event.ra = true;
  if (flags & 0x0040) event.z = true;
  if (flags & 0x0020) event.ad = true;
  if (flags & 0x0010) event.cd = true;
  if (response) event.rcode = rcodeOf(message);
  if (questions.length > 0) {
    event.rrname = questions[0].rrname;
    event.rrtype = questions[0].rrtype;
  }
  if (message.answers.length > 0) event.answers = message.answers;
  if (response && protocol === 'dns' && message.answers.length > 0)
    event.grouped = grouped(message.answers);
  if (message.authorities.length > 0) event.authorities = message.authorities;
  if (message.additionals.length > 0) event.additionals = message.additionals;
  if (message.edns) event.edns = message.edns;
  if (message.cut > 0) event.entries_cut = message.cut;
  return event;
}

function grouped(answers: readonly DnsRecord[]): Record<string, unknown[]> {
  const groups: Record<string, unknown[]> = {};
  for (const { rrtype, rdata, soa, srv, sshfp, svcb } of answers) {
    const value = soa ?? srv ?? sshfp ?? svcb ?? rdata;
    if (value === undefined) continue;
    groups[rrtype] ??= [];
    groups[rrtype].push(value);
  }
  return groups;
}
