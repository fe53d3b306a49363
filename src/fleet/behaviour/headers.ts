/**
 * One packet's headers, as far as behaviour needs them. Addresses go no further than this file: what is kept of them
 * is the kind of place they stand for, and of a multicast address the group, which is a protocol's and nobody's own.
 */
import type { LinkHeader } from '../../capture/index.ts';

export const IPV4 = 0x0800;
export const ARP = 0x0806;
export const IPV6 = 0x86dd;
export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const IGMP = 2;
export const ICMPV6 = 58;

/** What an address stands for. */
export const NOWHERE = 0;
export const LOCAL = 1;
export const OUTSIDE = 2;
export const MULTICAST = 3;
export const BROADCAST = 4;
export const placeNames = ['no address', 'local', 'outside', 'multicast', 'broadcast'] as const;

export const ARP_REQUEST = 0;
export const ARP_REPLY = 1;
/** Asks whether its own address is free, before it uses it (RFC 5227). */
export const ARP_PROBE = 2;
export const ARP_ANNOUNCEMENT = 3;

const EXTENSION_HEADERS_MAX = 8;

/** One object, filled anew by each packet. Offsets are into `bytes`. */
export class Headers {
  bytes: Uint8Array = new Uint8Array(0);
  etherType = 0;
  /** Length on the wire, link header included. */
  wireBytes = 0;
  arp = 0;
  /** Of IPv4 and IPv6; -1 of other packets. */
  protocol = -1;
  ttl = 0;
  dontFragment = false;
  trafficClass = 0;
  /** Identification field of IPv4; -1 without one. */
  id = -1;
  /** Bytes of IPv4 options. */
  optionBytes = 0;
  /** A fragment behind the first: it has no transport header. */
  isTail = false;
  source = NOWHERE;
  target = NOWHERE;
  /** The group that it is sent to, as a number of 32 bits: an IPv4 one, or the end of an IPv6 one; else 0. */
  group = 0;
  transport = 0;
  /** Of the bytes that were captured. */
  end = 0;
  sourcePort = 0;
  targetPort = 0;
  /** TCP flags. */
  flags = 0;
  window = 0;
  payload = 0;
  /** Bytes behind the transport header on the wire. */
  payloadBytes = 0;

  /** @returns false when the headers are cut. */
  read(bytes: Uint8Array, link: LinkHeader, wireBytes: number): boolean {
    this.bytes = bytes;
    this.etherType = link.type;
    this.wireBytes = wireBytes;
    this.protocol = -1;
    this.group = 0;
    this.source = NOWHERE;
    this.target = NOWHERE;
    this.isTail = false;
    if (link.type === IPV4) return this.#ipv4(link.payload, link.end);
    if (link.type === IPV6) return this.#ipv6(link.payload, link.end);
    if (link.type === ARP) return this.#arp(link.payload, link.end);
    return true;
  }

  #arp(start: number, end: number): boolean {
    const { bytes } = this;
    if (end - start < 28) return false;
    const source = u32(bytes, start + 14);
    const target = u32(bytes, start + 24);
    if (u16(bytes, start + 6) !== 1) this.arp = ARP_REPLY;
    else if (source === 0) this.arp = ARP_PROBE;
    else this.arp = source === target ? ARP_ANNOUNCEMENT : ARP_REQUEST;
    return true;
  }

  #ipv4(start: number, frameEnd: number): boolean {
    const { bytes } = this;
    const headerBytes = (bytes[start] & 15) << 2;
    if (frameEnd - start < 20 || headerBytes < 20 || frameEnd - start < headerBytes) return false;
    const total = u16(bytes, start + 2) || frameEnd - start;
    if (total < headerBytes) return false;
    this.protocol = bytes[start + 9];
    this.ttl = bytes[start + 8];
    this.trafficClass = bytes[start + 1];
    this.id = u16(bytes, start + 4);
    this.optionBytes = headerBytes - 20;
    const fragment = u16(bytes, start + 6);
    this.dontFragment = (fragment & 0x4000) !== 0;
    this.isTail = (fragment & 0x1fff) !== 0;
    this.source = placeOfIpv4(u32(bytes, start + 12));
    const target = u32(bytes, start + 16);
    this.target = placeOfIpv4(target);
    if (this.target === MULTICAST) this.group = target;
    this.end = Math.min(start + total, frameEnd);
    return this.#transport(start + headerBytes, total - headerBytes);
  }

  #ipv6(start: number, frameEnd: number): boolean {
    const { bytes } = this;
    if (frameEnd - start < 40) return false;
    const total = u16(bytes, start + 4);
    this.ttl = bytes[start + 7];
    this.trafficClass = ((bytes[start] & 15) << 4) | (bytes[start + 1] >>> 4);
    this.id = -1;
    this.optionBytes = 0;
    this.dontFragment = true;
    this.source = placeOfIpv6(bytes, start + 8);
    this.target = placeOfIpv6(bytes, start + 24);
    // Solicited-node groups (ff02::1:ff…) end in an address: they are told by their prefix alone.
    if (this.target === MULTICAST)
      this.group = bytes[start + 36] === 0xff ? 0x1ff : u32(bytes, start + 36);
    this.end = Math.min(start + 40 + total, frameEnd);
    let next = bytes[start + 6];
    let at = start + 40;
    for (let headers = 0; headers < EXTENSION_HEADERS_MAX && this.end - at >= 8; headers++) {
      if (next === 44) {
        this.isTail = (u16(bytes, at + 2) & 0xfff8) !== 0;
        next = bytes[at];
        at += 8;
      } else if (next === 0 || next === 43 || next === 60) {
        next = bytes[at];
        at += (bytes[at + 1] + 1) << 3;
      } else break;
    }
    this.protocol = next;
    if (at > this.end) return false;
    return this.#transport(at, start + 40 + total - at);
  }

  /** @param claimed - bytes from `at` on by the network header. */
  #transport(at: number, claimed: number): boolean {
    const { bytes, end } = this;
    this.transport = at;
    this.payload = at;
    this.payloadBytes = Math.max(0, claimed);
    if (this.isTail) return true;
    if (this.protocol === TCP) {
      if (end - at < 20) return false;
      this.sourcePort = u16(bytes, at);
      this.targetPort = u16(bytes, at + 2);
      this.flags = bytes[at + 13];
      this.window = u16(bytes, at + 14);
      const headerBytes = (bytes[at + 12] >>> 4) << 2;
      if (headerBytes < 20 || headerBytes > claimed) return false;
      this.payload = Math.min(at + headerBytes, end);
      this.payloadBytes = claimed - headerBytes;
    } else if (this.protocol === UDP) {
      if (end - at < 8) return false;
      this.sourcePort = u16(bytes, at);
      this.targetPort = u16(bytes, at + 2);
      this.payload = at + 8;
      this.payloadBytes = Math.max(0, claimed - 8);
    }
    // The others are told by their first byte.
    return at < end;
  }
}

function placeOfIpv4(address: number): number {
  const first = address >>> 24;
  if (first === 0) return NOWHERE;
  if (address === -1) return BROADCAST;
  if (first >= 224 && first < 240) return MULTICAST;
  const second = (address >>> 16) & 255;
  const isLocal =
    first === 10 ||
    first === 127 ||
    (first === 192 && second === 168) ||
    (first === 172 && second >>> 4 === 1) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >>> 6 === 1);
  return isLocal ? LOCAL : OUTSIDE;
}

function placeOfIpv6(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === 0xff) return MULTICAST;
  if (first >>> 5 === 1) return OUTSIDE;
  for (let i = 0; i < 16; i++) if (bytes[at + i] !== 0) return LOCAL;
  return NOWHERE;
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
