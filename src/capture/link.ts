/**
 * Link layers: where the network packet begins in a frame, what it is, and which MACs sent and received it.
 * Ethernet with 802.1Q and QinQ tags, LLC/SNAP and PPPoE, Linux cooked captures (SLL, SLL2), raw IP, null/loop, PPP,
 * and Wi-Fi (wifi.ts).
 */
import {
  ETHERTYPE_WIFI,
  IEEE802_11,
  IEEE802_11_AVS,
  IEEE802_11_PRISM,
  IEEE802_11_RADIOTAP,
  PPI,
  parseWifi,
  ppiLength,
  ppiLinkType,
} from './wifi.ts';

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
/** Below this the field is a length (IEEE 802.3). */
const ETHERTYPE_MIN = 0x0600;
const TAGS_MAX = 4;

/** Link types of tcpdump.org/linktypes.html that are understood; reports name those that are not, too. */
const NULL = 0;
export const ETHERNET = 1;
const PPP = 9;
const RAW_BSD = 12;
const RAW_OPENBSD = 14;
const PPP_SERIAL = 50;
const PPP_ETHER = 51;
const RAW = 101;
const LOOP = 108;
const LINUX_SLL = 113;
const IPV4 = 228;
const IPV6 = 229;
const LINUX_SLL2 = 276;

const NAMES: Readonly<Record<number, string>> = {
  0: 'null (BSD loopback)',
  1: 'Ethernet',
  9: 'PPP',
  12: 'raw IP',
  14: 'raw IP',
  50: 'PPP (serial)',
  51: 'PPP over Ethernet',
  101: 'raw IP',
  108: 'loop (OpenBSD loopback)',
  113: 'Linux SLL',
  228: 'raw IPv4',
  229: 'raw IPv6',
  276: 'Linux SLL2',
  6: 'token ring',
  105: 'IEEE 802.11',
  119: 'IEEE 802.11 with Prism header',
  127: 'IEEE 802.11 with radiotap header',
  163: 'IEEE 802.11 with AVS header',
  192: 'per-packet information (PPI)',
  147: 'user-defined 0',
  187: 'Bluetooth HCI',
  189: 'USB (Linux)',
  195: 'IEEE 802.15.4 with FCS',
  201: 'Bluetooth HCI with direction',
  220: 'USB (Linux, padded)',
  227: 'CAN bus (SocketCAN)',
  230: 'IEEE 802.15.4',
  249: 'USB (Windows)',
  251: 'Bluetooth Low Energy',
  283: 'IEEE 802.15.4 with TAP header',
};

/** Name of a link type, for people. */
export function linkTypeName(linkType: number): string {
  return NAMES[linkType] ?? `link type ${linkType}`;
}

/** What parseLink found; one object, reused for each frame. Offsets are into the frame's buffer. */
export interface LinkHeader {
  /** EtherType of the payload; -1 when the link type is not understood. */
  type: number;
  payload: number;
  end: number;
  /** Offset of the sender's MAC, -1 without one. */
  source: number;
  /** Offset of the receiver's MAC, -1 without one. */
  target: number;
  /** Outermost VLAN identifier, 0 without one. */
  vlan: number;
  /** The receiver is a group: multicast or broadcast. */
  group: boolean;
}

/** Fills `into` for the frame [start, end); false when the header is cut or the link type unknown (type -1). */
export function parseLink(
  linkType: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: LinkHeader,
): boolean {
  into.end = end;
  into.vlan = 0;
  into.source = -1;
  into.target = -1;
  into.group = false;
  if (linkType === ETHERNET) {
    if (end - start < 14) return cut(into);
    into.target = start;
    into.source = start + 6;
    into.group = (bytes[start] & 1) !== 0;
    return typed(bytes, start + 12, into);
  }
  switch (linkType) {
    case RAW:
    case RAW_BSD:
    case RAW_OPENBSD:
    case IPV4:
    case IPV6:
      return byVersion(bytes, start, into);
    case LINUX_SLL:
      if (end - start < 16) return cut(into);
      into.group = bytes[start + 1] === 1 || bytes[start + 1] === 2;
      if (bytes[start + 5] === 6) into.source = start + 6;
      return typed(bytes, start + 14, into);
    case LINUX_SLL2: {
      if (end - start < 20) return cut(into);
      into.group = bytes[start + 10] === 1 || bytes[start + 10] === 2;
      if (bytes[start + 11] === 6) into.source = start + 12;
      into.type = (bytes[start] << 8) | bytes[start + 1];
      into.payload = start + 20;
      return tags(bytes, into);
    }
    case NULL:
    case LOOP:
      // An address family in some machine's byte order: the version nibble behind it says the same, unambiguously.
      if (end - start < 5) return cut(into);
      return byVersion(bytes, start + 4, into);
    case PPP:
    case PPP_SERIAL:
      return ppp(bytes, bytes[start] === 0xff && bytes[start + 1] === 3 ? start + 2 : start, into);
    case PPP_ETHER:
      return ppp(bytes, start + 6, into);
    case IEEE802_11:
    case IEEE802_11_RADIOTAP:
    case IEEE802_11_PRISM:
    case IEEE802_11_AVS:
      return wifi(linkType, bytes, start, into);
    case PPI: {
      const length = ppiLength(bytes, start, end);
      if (length === 0) return cut(into);
      const inner = ppiLinkType(bytes, start);
      if (inner === IEEE802_11) return wifi(linkType, bytes, start, into);
      // A header within a header would be no end of them.
      if (inner !== PPI) return parseLink(inner, bytes, start + length, end, into);
      return cut(into);
    }
    default:
      into.type = -1;
      return false;
  }
}

function wifi(linkType: number, bytes: Uint8Array, start: number, into: LinkHeader): boolean {
  if (!parseWifi(linkType, bytes, start, into)) return cut(into);
  // Frames without anything to look into are read all the same.
  if (into.type < 0) into.type = 0;
  else if (into.type !== ETHERTYPE_WIFI) return tags(bytes, into);
  return true;
}

function cut(into: LinkHeader): false {
  into.type = 0;
  return false;
}

function byVersion(bytes: Uint8Array, at: number, into: LinkHeader): boolean {
  if (at >= into.end) return cut(into);
  const version = bytes[at] >>> 4;
  into.payload = at;
  into.type = version === 4 ? ETHERTYPE_IPV4 : version === 6 ? ETHERTYPE_IPV6 : 0;
  return into.type !== 0;
}

/** Reads the type field at `at`, and what hides behind it. */
function typed(bytes: Uint8Array, at: number, into: LinkHeader): boolean {
  const type = (bytes[at] << 8) | bytes[at + 1];
  into.type = type;
  into.payload = at + 2;
  if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6 || type === ETHERTYPE_ARP) return true;
  return tags(bytes, into);
}

function tags(bytes: Uint8Array, into: LinkHeader): boolean {
  for (let count = 0; count < TAGS_MAX; count++) {
    const { type, payload, end } = into;
    if (type === 0x8100 || type === 0x88a8 || type === 0x9100 || type === 0x9200) {
      if (end - payload < 4) return cut(into);
      if (into.vlan === 0) into.vlan = ((bytes[payload] << 8) | bytes[payload + 1]) & 0xfff;
      into.type = (bytes[payload + 2] << 8) | bytes[payload + 3];
      into.payload = payload + 4;
    } else if (type === ETHERTYPE_PPPOE_SESSION) {
      return end - payload < 8 ? cut(into) : ppp(bytes, payload + 6, into);
    } else if (type < ETHERTYPE_MIN) {
      // LLC with SNAP (RFC 1042) carries an EtherType; other LLC frames are counted by their service access point.
      if (
        end - payload >= 8 &&
        bytes[payload] === 0xaa &&
        bytes[payload + 1] === 0xaa &&
        bytes[payload + 2] === 3
      ) {
        into.type = (bytes[payload + 6] << 8) | bytes[payload + 7];
        into.payload = payload + 8;
      } else return true;
    } else return true;
  }
  return true;
}

function ppp(bytes: Uint8Array, at: number, into: LinkHeader): boolean {
  if (into.end - at < 2) return cut(into);
  // The protocol field may be compressed to one byte (RFC 1661 6.5).
  const compressed = (bytes[at] & 1) !== 0;
  const protocol = compressed ? bytes[at] : (bytes[at] << 8) | bytes[at + 1];
  into.payload = at + (compressed ? 1 : 2);
  into.type = protocol === 0x21 ? ETHERTYPE_IPV4 : protocol === 0x57 ? ETHERTYPE_IPV6 : 0x880b;
  return true;
}
