/** DHCPv6 (RFC 8415), with what relays wrap around it. */
import { formatIpv6, formatMac } from '../../base/index.ts';
import type { AppEvent, Decoder, MalformedEvent } from '../decoder.ts';
import { hexColons, hexRun, wireText } from './wire-text.ts';

export interface Dhcpv6MessageEvent extends AppEvent {
  readonly protocol: 'dhcpv6';
  readonly event: (typeof MESSAGES)[number];
  /** Transaction id. */
  id: number;
  /** Relays that the message passed through, outermost first. */
  relays?: { readonly link_address: string; readonly peer_address: string }[];
  /** DHCP unique identifiers (RFC 8415, 11), and the MAC inside the client's where it has one. */
  client_id?: string;
  client_mac?: string;
  server_id?: string;
  /** Addresses and prefixes leased. */
  addresses?: string[];
  prefixes?: string[];
  /** Options asked for, in order. */
  parameters?: number[];
  hostname?: string;
  vendor_class?: string;
  /** IANA enterprise number of the vendor class. */
  vendor?: number;
  user_class?: string;
  dns_servers?: string[];
  domain_search?: string[];
  ntp_servers?: string[];
  /** Hundredths of a second since the client began. */
  elapsed?: number;
  rapid_commit?: true;
  status?: number;
  status_message?: string;
  boot_file?: string;
  interface_id?: string;
  remote_id?: string;
  /** Seconds of the longest lease. */
  lease_time?: number;
}
export type Dhcpv6Event = Dhcpv6MessageEvent | MalformedEvent;

/** By number less one. */
const MESSAGES = [
  'solicit',
  'advertise',
  'request',
  'confirm',
  'renew',
  'rebind',
  'reply',
  'release',
  'decline',
  'reconfigure',
  'information_request',
  'relay_forward',
  'relay_reply',
  'leasequery',
  'leasequery_reply',
  'leasequery_done',
  'leasequery_data',
  'reconfigure_request',
  'reconfigure_reply',
  'dhcpv4_query',
  'dhcpv4_response',
] as const;
const RELAY_FORWARD = 12;
const RELAY_REPLY = 13;

const SERVER_PORT = 547;
const CLIENT_PORT = 546;
const HEADER_BYTES = 4;
const RELAY_HEADER_BYTES = 34;
/** RFC 8415, 7.6: HOP_COUNT_LIMIT. */
const RELAYS_MAX = 8;
/** Identity associations hold addresses, which hold status codes. */
const DEPTH_MAX = 4;
const RELAY_MESSAGE = 9;
const HOLDERS: Readonly<Record<number, number>> = { 3: 12, 4: 4, 25: 12, 5: 24, 26: 25 };
const LIST_MAX = 32;
const TEXT_MAX = 512;

export const dhcpv6Decoder: Decoder = {
  protocol: 'dhcpv6',
  carriers: ['udp'],
  ports: [SERVER_PORT, CLIENT_PORT],
  recognise(bytes, start, end, _direction, flow) {
    const { clientPort, serverPort } = flow;
    if (serverPort !== SERVER_PORT && clientPort !== SERVER_PORT && serverPort !== CLIENT_PORT)
      return 'no';
    const type = bytes[start];
    if (type < 1 || type > MESSAGES.length) return 'no';
    const header = isRelay(type) ? RELAY_HEADER_BYTES : HEADER_BYTES;
    return end - start >= header ? 'yes' : 'no';
  },
  open: (_flow, context) => ({
    data(bytes, start, end, direction, at) {
      const reading = new Reading(bytes, start);
      reading.message(start, end);
      if (reading.event) context.emit(reading.event, direction, at);
      if (reading.malformed) context.emit(reading.malformed, direction, at);
      return end - start;
    },
  }),
};

function isRelay(type: number): boolean {
  return type === RELAY_FORWARD || type === RELAY_REPLY;
}

type Draft = { -readonly [K in keyof Dhcpv6MessageEvent]: Dhcpv6MessageEvent[K] };

/** Reads one datagram; the innermost message gives the event its name. Its methods return false once it is broken. */
class Reading {
  event: Draft | undefined;
  malformed: MalformedEvent | undefined;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  #relays = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#start = start;
  }

  message(at: number, end: number): boolean {
    const bytes = this.#bytes;
    const type = at < end ? bytes[at] : 0;
    const name = MESSAGES[type - 1];
    if (!name) return this.#fail(at === end ? 'empty message' : 'unknown message type', at);
    const header = isRelay(type) ? RELAY_HEADER_BYTES : HEADER_BYTES;
    if (at + header > end) return this.#fail('truncated header', at);
    this.event ??= { protocol: 'dhcpv6', event: name, id: 0 };
    this.event.event = name;
    if (!isRelay(type)) {
      this.event.id = (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    } else {
      if (++this.#relays > RELAYS_MAX) return this.#fail('too many relays', at);
      this.event.relays ??= [];
      this.event.relays.push({
        link_address: formatIpv6(bytes, at + 2),
        peer_address: formatIpv6(bytes, at + 18),
      });
    }
    return this.#options(this.event, at + header, end, 0);
  }

  #options(event: Draft, from: number, end: number, depth: number): boolean {
    const bytes = this.#bytes;
    let at = from;
    while (at < end) {
      if (at + 4 > end) return this.#fail('truncated option', at);
      const code = (bytes[at] << 8) | bytes[at + 1];
      const dataAt = at + 4;
      const next = dataAt + ((bytes[at + 2] << 8) | bytes[at + 3]);
      if (next > end) return this.#fail('truncated option', at);
      if (!this.#option(event, code, dataAt, next, depth)) return false;
      at = next;
    }
    return true;
  }

  #option(event: Draft, code: number, at: number, end: number, depth: number): boolean {
    const bytes = this.#bytes;
    // IA_NA, IA_TA, IA_PD, IAADDR and IAPREFIX hold options behind so many bytes; IAADDR's first are its address.
    const fixed = HOLDERS[code];
    if (fixed !== undefined) {
      if (at + fixed > end) return this.#fail('truncated option', at);
      if (code === 5) {
        push(event, 'addresses', formatIpv6(bytes, at));
        lease(event, u32(bytes, at + 20));
      } else if (code === 26) {
        push(event, 'prefixes', `${formatIpv6(bytes, at + 9)}/${bytes[at + 8]}`);
        lease(event, u32(bytes, at + 4));
      }
      return depth >= DEPTH_MAX || this.#options(event, at + fixed, end, depth + 1);
    }
    if (code === RELAY_MESSAGE) return this.message(at, end);
    readOption(bytes, code, at, end, event);
    return true;
  }

  #fail(reason: string, at: number): false {
    const offset = at - this.#start;
    const readable = this.event !== undefined;
    this.malformed ??= { protocol: 'dhcpv6', event: 'malformed', reason, offset, readable };
    return false;
  }
}

function readOption(bytes: Uint8Array, code: number, at: number, end: number, event: Draft): void {
  switch (code) {
    case 1: {
      event.client_id = hexColons(bytes, at, end, 128);
      const mac = macOfDuid(bytes, at, end);
      if (mac !== undefined) event.client_mac = mac;
      return;
    }
    case 2:
      event.server_id = hexColons(bytes, at, end, 128);
      return;
    case 6:
      event.parameters = [];
      for (let each = at; each + 2 <= end && event.parameters.length < 128; each += 2)
        event.parameters.push((bytes[each] << 8) | bytes[each + 1]);
      return;
    case 8:
      if (end - at === 2) event.elapsed = (bytes[at] << 8) | bytes[at + 1];
      return;
    case 13:
      if (end - at < 2) return;
      event.status = (bytes[at] << 8) | bytes[at + 1];
      if (end - at > 2) event.status_message = text(bytes, at + 2, end);
      return;
    case 14:
      event.rapid_commit = true;
      return;
    case 15:
      event.user_class = strings(bytes, at, end);
      return;
    case 16:
      if (end - at < 4) return;
      event.vendor = u32(bytes, at);
      event.vendor_class = strings(bytes, at + 4, end);
      return;
    case 18:
      event.interface_id = hexRun(bytes, at, end);
      return;
    case 23:
      event.dns_servers = addresses(bytes, at, end);
      return;
    case 24:
      event.domain_search = domains(bytes, at, end);
      return;
    case 31: // SNTP servers
      event.ntp_servers = addresses(bytes, at, end);
      return;
    case 37:
      if (end - at > 4) event.remote_id = hexRun(bytes, at + 4, end);
      return;
    case 39: // Client FQDN (RFC 4704): flags, then a name that may lack its root
      if (end - at > 1) event.hostname = domains(bytes, at + 1, end)[0] ?? '';
      return;
    case 56: // NTP server (RFC 5908): address suboptions
      for (let each = at; each + 20 <= end; each += 4 + ((bytes[each + 2] << 8) | bytes[each + 3]))
        if (bytes[each + 1] <= 2) push(event, 'ntp_servers', formatIpv6(bytes, each + 4));
      return;
    case 59:
      event.boot_file = text(bytes, at, end);
  }
}

/** The Ethernet address in a DUID-LLT or DUID-LL. */
function macOfDuid(bytes: Uint8Array, at: number, end: number): string | undefined {
  const type = (bytes[at] << 8) | bytes[at + 1];
  const hardware = (bytes[at + 2] << 8) | bytes[at + 3];
  if (hardware !== 1) return undefined;
  if (type === 1 && end - at === 14) return formatMac(bytes, at + 8);
  return type === 3 && end - at === 10 ? formatMac(bytes, at + 4) : undefined;
}

function push(event: Draft, list: 'addresses' | 'prefixes' | 'ntp_servers', value: string): void {
  const known = event[list] ?? [];
  event[list] = known;
  if (known.length < LIST_MAX) known.push(value);
}

function lease(event: Draft, seconds: number): void {
  event.lease_time = Math.max(event.lease_time ?? 0, seconds);
}

function addresses(bytes: Uint8Array, from: number, end: number): string[] {
  const list: string[] = [];
  for (let at = from; at + 16 <= end && list.length < LIST_MAX; at += 16)
    list.push(formatIpv6(bytes, at));
  return list;
}

/** Strings behind lengths of two bytes, joined by spaces. */
function strings(bytes: Uint8Array, from: number, end: number): string {
  const list: string[] = [];
  let at = from;
  while (at + 2 <= end && list.length < LIST_MAX) {
    const next = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
    if (next > end) break;
    list.push(text(bytes, at + 2, next));
    at = next;
  }
  return list.join(' ');
}

/** Names in DNS form; the last may lack its root label. */
function domains(bytes: Uint8Array, from: number, end: number): string[] {
  const list: string[] = [];
  let name = '';
  for (let at = from; at < end && list.length < LIST_MAX; at += 1 + bytes[at]) {
    const size = bytes[at];
    if (size > 63 || at + 1 + size > end) break;
    if (size > 0) name += `${name === '' ? '' : '.'}${wireText(bytes, at + 1, at + 1 + size)}`;
    else if (name !== '') {
      list.push(name);
      name = '';
    }
  }
  if (name !== '') list.push(name);
  return list;
}

function text(bytes: Uint8Array, from: number, end: number): string {
  return wireText(bytes, from, Math.min(end, from + TEXT_MAX));
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
