/** DHCPv4 (RFC 2131, RFC 2132) and plain BOOTP (RFC 951). Fields are named as in EVE's dhcp. */
import { formatIpv4, formatMac } from '../../base/index.ts';
import type { AppEvent, Decoder, MalformedEvent } from '../decoder.ts';
import { OPTION, readOptions } from './dhcp/options.ts';
import { hexColons, hexRun, wireText } from './wire-text.ts';

export interface DhcpMessageEvent extends AppEvent {
  readonly protocol: 'dhcp';
  /** The message type; without one it is BOOTP. */
  readonly event: DhcpMessageName;
  readonly type: 'request' | 'reply';
  /** Transaction id. */
  readonly id: number;
  readonly client_mac: string;
  readonly assigned_ip: string;
  readonly client_ip: string;
  readonly relay_ip: string;
  readonly next_server_ip: string;
  /** Seconds since the client began; relays passed. */
  readonly secs: number;
  readonly hops: number;
  readonly broadcast: boolean;
  dhcp_type?: string;
  client_id?: string;
  hostname?: string;
  vendor_class_identifier?: string;
  /** Parameters asked for: those that EVE names, and all by number. */
  params?: string[];
  parameters?: number[];
  requested_ip?: string;
  subnet_mask?: string;
  routers?: string[];
  dns_servers?: string[];
  ntp_servers?: string[];
  domain?: string;
  domain_search?: string;
  lease_time?: number;
  renewal_time?: number;
  rebinding_time?: number;
  server_id?: string;
  message?: string;
  max_message_size?: number;
  user_class?: string;
  /** Client FQDN (RFC 4702). */
  fqdn?: string;
  /** Option 43, by its first bytes. */
  vendor_specific_bytes?: number;
  vendor_specific_hex?: string;
  /** Relay agent information (RFC 3046), in hexadecimal. */
  circuit_id?: string;
  remote_id?: string;
  subscriber_id?: string;
  server_name?: string;
  boot_file?: string;
  tftp_server_name?: string;
  tftp_servers?: string[];
  routes?: string[];
  captive_portal?: string;
  proxy_auto_config?: string;
}
export type DhcpEvent = DhcpMessageEvent | MalformedEvent;

export type DhcpMessageName =
  | (typeof MESSAGES)[number]
  | 'unknown'
  | 'bootp_request'
  | 'bootp_reply';

/** By number less one (RFC 2132, 9.6; RFC 3203; RFC 4388; RFC 6926; RFC 7724). */
const MESSAGES = [
  'discover',
  'offer',
  'request',
  'decline',
  'ack',
  'nak',
  'release',
  'inform',
  'forcerenew',
  'leasequery',
  'leaseunassigned',
  'leaseunknown',
  'leaseactive',
  'bulkleasequery',
  'leasequerydone',
  'activeleasequery',
  'leasequerystatus',
  'tls',
] as const;

/** The parameters that EVE names. */
const PARAMETERS: Readonly<Record<number, string>> = {
  1: 'subnet_mask',
  3: 'router',
  6: 'dns_server',
  15: 'domain',
  35: 'arp_timeout',
  42: 'ntp_server',
  66: 'tftp_server_name',
  150: 'tftp_server_ip',
};

const SERVER_PORT = 67;
const CLIENT_PORT = 68;
const HEADER_BYTES = 236;
const COOKIE = 0x63825363;
const LIST_MAX = 32;
const TEXT_MAX = 512;

export const dhcpDecoder: Decoder = {
  protocol: 'dhcp',
  carriers: ['udp'],
  ports: [SERVER_PORT, CLIENT_PORT],
  firstBytes: [0x01, 0x02],
  recognise(bytes, start, end, _direction, flow) {
    if (end - start < HEADER_BYTES) return 'no';
    if ((bytes[start] !== 1 && bytes[start] !== 2) || bytes[start + 2] > 16) return 'no';
    if (end - start >= HEADER_BYTES + 4 && u32(bytes, start + HEADER_BYTES) === COOKIE)
      return 'yes';
    const { clientPort, serverPort } = flow;
    const onPort = serverPort === SERVER_PORT || clientPort === SERVER_PORT;
    // BOOTP without vendor extensions has only its ports and zeros to tell it by.
    return onPort && (serverPort === CLIENT_PORT || clientPort === CLIENT_PORT) ? 'yes' : 'no';
  },
  open: (_flow, context) => ({
    data(bytes, start, end, direction, at) {
      if (end - start < HEADER_BYTES) {
        context.emit(malformed('truncated header', end - start), direction, at);
      } else {
        const event = readHeader(bytes, start);
        const reason = readFields(bytes, start, end, event);
        context.emit(event, direction, at);
        if (reason) context.emit(reason, direction, at);
      }
      return end - start;
    },
  }),
};

type Draft = { -readonly [K in keyof DhcpMessageEvent]: DhcpMessageEvent[K] };

function readHeader(bytes: Uint8Array, start: number): Draft {
  const reply = bytes[start] === 2;
  const hardwareLength = Math.min(bytes[start + 2], 16);
  const hardwareAt = start + 28;
  return {
    protocol: 'dhcp',
    event: reply ? 'bootp_reply' : 'bootp_request',
    type: reply ? 'reply' : 'request',
    id: u32(bytes, start + 4),
    client_mac:
      hardwareLength === 6
        ? formatMac(bytes, hardwareAt)
        : hexColons(bytes, hardwareAt, hardwareAt + hardwareLength),
    assigned_ip: formatIpv4(u32(bytes, start + 16)),
    client_ip: formatIpv4(u32(bytes, start + 12)),
    relay_ip: formatIpv4(u32(bytes, start + 24)),
    next_server_ip: formatIpv4(u32(bytes, start + 20)),
    secs: (bytes[start + 8] << 8) | bytes[start + 9],
    hops: bytes[start + 3],
    broadcast: bytes[start + 10] >= 0x80,
  };
}

/** Adds what the options and the fixed text fields say. @returns what is wrong with them, if anything is. */
function readFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  event: Draft,
): MalformedEvent | undefined {
  const hasOptions = end - start >= HEADER_BYTES + 4 && u32(bytes, start + HEADER_BYTES) === COOKIE;
  const options = hasOptions ? readOptions(bytes, start, end) : undefined;
  const serverName = options?.snameLent ? '' : cString(bytes, start + 44, start + 108);
  const bootFile = options?.fileLent ? '' : cString(bytes, start + 108, start + 236);
  if (serverName !== '') event.server_name = serverName;
  if (bootFile !== '') event.boot_file = bootFile;
  if (!options) return undefined;
  for (const [code, data] of options.byCode) readOption(code, data, event);
  if (options.reason === '') return undefined;
  return { ...malformed(options.reason, options.reasonOffset), readable: true };
}

function readOption(code: number, data: Uint8Array, event: Draft): void {
  const { length } = data;
  switch (code) {
    case OPTION.messageType:
      if (length < 1) return;
      event.event = MESSAGES[data[0] - 1] ?? 'unknown';
      event.dhcp_type = event.event;
      return;
    case OPTION.clientId:
      // The first byte is a hardware type (RFC 2132, 9.14), which EVE leaves out.
      if (length > 1) event.client_id = hexColons(data, 1, length);
      return;
    case OPTION.hostName:
      if (length > 0) event.hostname = text(data);
      return;
    case OPTION.vendorClass:
      event.vendor_class_identifier = text(data);
      return;
    case OPTION.parameterList:
      event.parameters = Array.from(data);
      event.params = event.parameters.map((each) => PARAMETERS[each]).filter((each) => each);
      return;
    case OPTION.requestedAddress:
      if (length === 4) event.requested_ip = formatIpv4(u32(data, 0));
      return;
    case OPTION.subnetMask:
      if (length === 4) event.subnet_mask = formatIpv4(u32(data, 0));
      return;
    case OPTION.serverId:
      if (length === 4) event.server_id = formatIpv4(u32(data, 0));
      return;
    case OPTION.router:
      event.routers = addresses(data, 0);
      return;
    case OPTION.dnsServer:
      event.dns_servers = addresses(data, 0);
      return;
    case OPTION.ntpServer:
      event.ntp_servers = addresses(data, 0);
      return;
    case OPTION.tftpServerAddresses:
      event.tftp_servers = addresses(data, 0);
      return;
    case OPTION.leaseTime:
      if (length === 4) event.lease_time = u32(data, 0);
      return;
    case OPTION.renewalTime:
      if (length === 4) event.renewal_time = u32(data, 0);
      return;
    case OPTION.rebindingTime:
      if (length === 4) event.rebinding_time = u32(data, 0);
      return;
    default:
      readLessCommonOption(code, data, event);
  }
}

function readLessCommonOption(code: number, data: Uint8Array, event: Draft): void {
  const { length } = data;
  switch (code) {
    case OPTION.domainName:
      event.domain = text(data);
      return;
    case OPTION.domainSearch:
      event.domain_search = labels(data, 0);
      return;
    case OPTION.message:
      event.message = text(data);
      return;
    case OPTION.maxMessageSize:
      if (length === 2) event.max_message_size = (data[0] << 8) | data[1];
      return;
    case OPTION.userClass:
      event.user_class = userClass(data);
      return;
    case OPTION.clientFqdn:
      // Flags, two obsolete codes, and the name: in DNS form when flag E is set, else as text.
      if (length > 3) event.fqdn = data[0] & 4 ? labels(data, 3) : text(data.subarray(3));
      return;
    case OPTION.vendorSpecific:
      event.vendor_specific_bytes = length;
      event.vendor_specific_hex = hexRun(data, 0, length);
      return;
    case OPTION.relayAgent:
      readRelayAgent(data, event);
      return;
    case OPTION.tftpServerName:
      event.tftp_server_name = text(data);
      return;
    case OPTION.bootFile:
      event.boot_file = text(data);
      return;
    case OPTION.classlessRoutes:
      event.routes = classlessRoutes(data);
      return;
    case OPTION.captivePortal:
      event.captive_portal = text(data);
      return;
    case OPTION.proxyAutoConfig:
      event.proxy_auto_config = text(data);
  }
}

function readRelayAgent(data: Uint8Array, event: Draft): void {
  for (let at = 0; at + 2 <= data.length; at += 2 + data[at + 1]) {
    const to = Math.min(data.length, at + 2 + data[at + 1]);
    if (data[at] === 1) event.circuit_id = hexRun(data, at + 2, to);
    else if (data[at] === 2) event.remote_id = hexRun(data, at + 2, to);
    else if (data[at] === 6) event.subscriber_id = wireText(data, at + 2, to);
  }
}

/** One or more strings with their lengths (RFC 3004); many clients send the bare text. */
function userClass(data: Uint8Array): string {
  return data.length > 1 && data[0] === data.length - 1 ? text(data.subarray(1)) : text(data);
}

/** `192.0.2.0/24 via 198.51.100.1` (RFC 3442). */
function classlessRoutes(data: Uint8Array): string[] {
  const routes: string[] = [];
  let at = 0;
  while (at < data.length && routes.length < LIST_MAX) {
    const width = data[at];
    const size = (width + 7) >> 3;
    if (width > 32 || at + 1 + size + 4 > data.length) break;
    let network = 0;
    for (let i = 0; i < size; i++) network |= data[at + 1 + i] << (24 - 8 * i);
    routes.push(`${formatIpv4(network)}/${width} via ${formatIpv4(u32(data, at + 1 + size))}`);
    at += 1 + size + 4;
  }
  return routes;
}

/** Names in DNS form; the first one, since compressed lists are read by nobody here. */
function labels(data: Uint8Array, from: number): string {
  let name = '';
  for (let at = from; at < data.length; at += 1 + data[at]) {
    const size = data[at];
    if (size === 0 || size > 63 || at + 1 + size > data.length) break;
    name += `${name === '' ? '' : '.'}${wireText(data, at + 1, at + 1 + size)}`;
  }
  return name;
}

function addresses(data: Uint8Array, from: number): string[] {
  const list: string[] = [];
  for (let at = from; at + 4 <= data.length && list.length < LIST_MAX; at += 4)
    list.push(formatIpv4(u32(data, at)));
  return list;
}

function text(data: Uint8Array): string {
  return wireText(data, 0, Math.min(data.length, TEXT_MAX));
}

function cString(bytes: Uint8Array, from: number, to: number): string {
  let end = from;
  while (end < to && bytes[end] !== 0) end++;
  return wireText(bytes, from, end);
}

function malformed(reason: string, offset: number): MalformedEvent {
  return { protocol: 'dhcp', event: 'malformed', reason, offset };
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
