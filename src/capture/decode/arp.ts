/** ARP for IPv4 over Ethernet (RFC 826), with probes and announcements (RFC 5227). Fields are named as in EVE's arp. */
import { formatIpv4, formatMac } from '../../base/index.ts';
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  MalformedEvent,
  PacketRef,
  Parser,
} from '../decoder.ts';

export interface ArpMessageEvent extends AppEvent {
  readonly protocol: 'arp';
  readonly event: 'request' | 'reply' | 'reverse_request' | 'reverse_reply' | 'other';
  readonly hw_type: 'ethernet';
  readonly proto_type: 'ipv4';
  readonly opcode: string;
  readonly src_mac: string;
  readonly src_ip: string;
  readonly dest_mac: string;
  readonly dest_ip: string;
  /** Sender and target address are the same: an announcement. */
  readonly gratuitous: boolean;
}
export type ArpEvent = ArpMessageEvent | MalformedEvent;

const PACKET_BYTES = 28;
const OPERATIONS: Readonly<Record<number, ArpMessageEvent['event']>> = {
  1: 'request',
  2: 'reply',
  3: 'reverse_request',
  4: 'reverse_reply',
};

export const arpDecoder: Decoder = {
  protocol: 'arp',
  carriers: ['arp'],
  ports: [],
  // Not `repeats`: whether a reply was asked for depends on each request.
  recognise: () => 'yes',
  open: (_flow, context) => new ArpParser(context),
};

/** Hosts repeat themselves, so the event of the same bytes as last time is emitted again as it is. */
class ArpParser implements Parser {
  readonly #context: DecodeContext;
  readonly #last = new Uint8Array(PACKET_BYTES);
  #event: ArpEvent | undefined;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (end - start < PACKET_BYTES) {
      this.#context.emit(malformed('truncated packet', end - start), direction, at);
      return end - start;
    }
    if (!this.#event || !this.#isRepeated(bytes, start)) {
      for (let i = 0; i < PACKET_BYTES; i++) this.#last[i] = bytes[start + i];
      this.#event = readArp(this.#last);
    }
    this.#context.emit(this.#event, direction, at);
    return end - start;
  }

  #isRepeated(bytes: Uint8Array, start: number): boolean {
    const last = this.#last;
    for (let i = 0; i < PACKET_BYTES; i++) if (bytes[start + i] !== last[i]) return false;
    return true;
  }
}

function readArp(bytes: Uint8Array): ArpEvent {
  if (u16(bytes, 0) !== 1 || bytes[4] !== 6) return malformed('hardware is not Ethernet', 0);
  if (u16(bytes, 2) !== 0x0800 || bytes[5] !== 4) return malformed('protocol is not IPv4', 2);
  const operation = u16(bytes, 6);
  const source = u32(bytes, 14);
  const target = u32(bytes, 24);
  const event = OPERATIONS[operation] ?? 'other';
  return {
    protocol: 'arp',
    event,
    hw_type: 'ethernet',
    proto_type: 'ipv4',
    opcode: event === 'other' ? String(operation) : event,
    src_mac: formatMac(bytes, 8),
    src_ip: formatIpv4(source),
    dest_mac: formatMac(bytes, 18),
    dest_ip: formatIpv4(target),
    gratuitous: source === target && source !== 0 && operation <= 2,
  };
}

function malformed(reason: string, offset: number): MalformedEvent {
  return { protocol: 'arp', event: 'malformed', reason, offset };
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function u32(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) << 16) | u16(bytes, at + 2);
}
