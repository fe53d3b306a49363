/** IPv6 Neighbour Discovery (RFC 4861), with DNS and route options of routers (RFC 8106, RFC 4191). */
import { formatIpv6, formatMac } from '../../base/index.ts';
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  MalformedEvent,
  PacketRef,
  Parser,
} from '../decoder.ts';
import { wireText } from './wire-text.ts';

export interface RouterSolicitationEvent extends AppEvent {
  readonly protocol: 'ndp';
  readonly event: 'router_solicitation';
  readonly source_link_address: string | undefined;
}
export interface RouterAdvertisementEvent extends AppEvent {
  readonly protocol: 'ndp';
  readonly event: 'router_advertisement';
  readonly hop_limit: number;
  /** Addresses, or other settings, come by DHCPv6. */
  readonly managed: boolean;
  readonly other: boolean;
  readonly preference: 'high' | 'medium' | 'low' | 'reserved';
  /** Seconds; 0: not a default router. */
  readonly lifetime: number;
  readonly source_link_address: string | undefined;
  readonly mtu: number | undefined;
  readonly prefixes: readonly NdpPrefix[];
  readonly routes: readonly string[];
  /** Recursive DNS servers and search domains. */
  readonly rdnss: readonly string[];
  readonly dnssl: readonly string[];
}
export interface NdpPrefix {
  readonly prefix: string;
  readonly on_link: boolean;
  readonly autonomous: boolean;
  /** Seconds; 4294967295 means for ever. */
  readonly valid_lifetime: number;
  readonly preferred_lifetime: number;
}
export interface NeighborSolicitationEvent extends AppEvent {
  readonly protocol: 'ndp';
  readonly event: 'neighbor_solicitation';
  readonly target: string;
  readonly source_link_address: string | undefined;
}
export interface NeighborAdvertisementEvent extends AppEvent {
  readonly protocol: 'ndp';
  readonly event: 'neighbor_advertisement';
  readonly target: string;
  readonly target_link_address: string | undefined;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
}
export interface RedirectEvent extends AppEvent {
  readonly protocol: 'ndp';
  readonly event: 'redirect';
  readonly target: string;
  readonly destination: string;
  readonly target_link_address: string | undefined;
}
export type NdpEvent =
  | RouterSolicitationEvent
  | RouterAdvertisementEvent
  | NeighborSolicitationEvent
  | NeighborAdvertisementEvent
  | RedirectEvent
  | MalformedEvent;

const LIST_MAX = 32;
const NAME_MAX = 255;

/** Bytes before the options, by message type. */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  133: 8,
  134: 16,
  135: 24,
  136: 24,
  137: 40,
};
const PREFERENCES = ['medium', 'high', 'reserved', 'low'] as const;

export const neighbourDecoder: Decoder = {
  protocol: 'ndp',
  carriers: ['icmpv6'],
  repeats: true,
  ports: [],
  // All ICMPv6 of two hosts is one flow, so the first message does not tell whether Neighbour Discovery follows.
  recognise: () => 'yes',
  open: (_flow, context) => new NeighbourParser(context),
};

class NeighbourParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const type = bytes[start];
    if (end > start && type >= 133 && type <= 137)
      this.#context.emit(readMessage(bytes, start, end), direction, at);
    return end - start;
  }
}

/** What the options of a message say; unknown ones are skipped (RFC 4861, 4.6). */
interface Options {
  source: string | undefined;
  target: string | undefined;
  mtu: number | undefined;
  readonly prefixes: NdpPrefix[];
  readonly routes: string[];
  readonly rdnss: string[];
  readonly dnssl: string[];
}

function readMessage(bytes: Uint8Array, start: number, end: number): NdpEvent {
  const type = bytes[start];
  const fixed = FIXED_BYTES[type];
  if (end - start < fixed) return malformed('truncated message', end - start);
  if (bytes[start + 1] !== 0) return malformed('unknown code', 1);
  const options: Options = {
    source: undefined,
    target: undefined,
    mtu: undefined,
    prefixes: [],
    routes: [],
    rdnss: [],
    dnssl: [],
  };
  let at = start + fixed;
  while (at < end) {
    if (at + 2 > end) return malformed('truncated option', at - start);
    const length = bytes[at + 1] * 8;
    if (length === 0) return malformed('option without length', at - start);
    if (at + length > end) return malformed('truncated option', at - start);
    readOption(bytes, at, length, options);
    at += length;
  }
  return toEvent(bytes, start, type, options);
}

function readOption(bytes: Uint8Array, at: number, length: number, options: Options): void {
  switch (bytes[at]) {
    case 1:
      options.source = linkAddress(bytes, at, length);
      return;
    case 2:
      options.target = linkAddress(bytes, at, length);
      return;
    case 3:
      if (length >= 32 && options.prefixes.length < LIST_MAX)
        options.prefixes.push({
          prefix: `${formatIpv6(bytes, at + 16)}/${bytes[at + 2]}`,
          on_link: (bytes[at + 3] & 0x80) !== 0,
          autonomous: (bytes[at + 3] & 0x40) !== 0,
          valid_lifetime: u32(bytes, at + 4),
          preferred_lifetime: u32(bytes, at + 8),
        });
      return;
    case 5:
      options.mtu = u32(bytes, at + 4);
      return;
    case 24:
      if (options.routes.length < LIST_MAX) options.routes.push(route(bytes, at, length));
      return;
    case 25:
      for (let each = at + 8; each + 16 <= at + length; each += 16)
        if (options.rdnss.length < LIST_MAX) options.rdnss.push(formatIpv6(bytes, each));
      return;
    case 31:
      readDomains(bytes, at + 8, at + length, options.dnssl);
  }
}

function toEvent(bytes: Uint8Array, start: number, type: number, options: Options): NdpEvent {
  const flags = bytes[start + 4];
  switch (type) {
    case 133:
      return { protocol: 'ndp', event: 'router_solicitation', source_link_address: options.source };
    case 134:
      return {
        protocol: 'ndp',
        event: 'router_advertisement',
        hop_limit: flags,
        managed: (bytes[start + 5] & 0x80) !== 0,
        other: (bytes[start + 5] & 0x40) !== 0,
        preference: PREFERENCES[(bytes[start + 5] >> 3) & 3],
        lifetime: (bytes[start + 6] << 8) | bytes[start + 7],
        source_link_address: options.source,
        mtu: options.mtu,
        prefixes: options.prefixes,
        routes: options.routes,
        rdnss: options.rdnss,
        dnssl: options.dnssl,
      };
    case 135:
      return {
        protocol: 'ndp',
        event: 'neighbor_solicitation',
        target: formatIpv6(bytes, start + 8),
        source_link_address: options.source,
      };
    case 136:
      return {
        protocol: 'ndp',
        event: 'neighbor_advertisement',
        target: formatIpv6(bytes, start + 8),
        target_link_address: options.target,
        router: (flags & 0x80) !== 0,
        solicited: (flags & 0x40) !== 0,
        override: (flags & 0x20) !== 0,
      };
    default:
      return {
        protocol: 'ndp',
        event: 'redirect',
        target: formatIpv6(bytes, start + 8),
        destination: formatIpv6(bytes, start + 24),
        target_link_address: options.target,
      };
  }
}

/** Only Ethernet's addresses are six bytes behind two in an option of eight. */
function linkAddress(bytes: Uint8Array, at: number, length: number): string | undefined {
  return length === 8 ? formatMac(bytes, at + 2) : undefined;
}

/** A prefix of which only as many bytes are sent as matter (RFC 4191, 2.3). */
function route(bytes: Uint8Array, at: number, length: number): string {
  const prefix = new Uint8Array(16);
  prefix.set(bytes.subarray(at + 8, at + Math.min(length, 24)));
  return `${formatIpv6(prefix)}/${bytes[at + 2]}`;
}

/** Names in DNS form without compression (RFC 8106, 5.2), padded with zeros. */
function readDomains(bytes: Uint8Array, from: number, end: number, into: string[]): void {
  let name = '';
  let at = from;
  while (at < end && into.length < LIST_MAX) {
    const size = bytes[at];
    if (size > 63 || at + 1 + size > end || name.length > NAME_MAX) return;
    if (size > 0) name += `${name === '' ? '' : '.'}${wireText(bytes, at + 1, at + 1 + size)}`;
    else if (name !== '') {
      into.push(name);
      name = '';
    }
    at += size + 1;
  }
}

function malformed(reason: string, offset: number): MalformedEvent {
  return { protocol: 'ndp', event: 'malformed', reason, offset };
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
