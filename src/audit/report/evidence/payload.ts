/** Where a frame's payload begins beyond its transport header, and whose it is: what masking needs of a packet. */
import { type LinkHeader, parseLink } from '../../../capture/index.ts';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_ARP = 0x0806;
const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const ICMP_HEADER_BYTES = 8;
const EXTENSION_HEADERS_MAX = 16;

export interface Payload {
  /**
   * First byte that may be masked. What follows reaches to the frame's end: padding, too, may hold what was in memory.
   * 0 where the headers are not understood, so that the whole frame counts as payload.
   */
  readonly start: number;
  /** Both ends as transport, address and port; empty where the headers tell none. */
  readonly ends: readonly string[];
}

/** Never throws. Headers that are cut or contradict themselves end where they stop making sense. */
export function payloadOf(frame: Uint8Array, linkType: number): Payload {
  const link: LinkHeader = {
    type: -1,
    payload: 0,
    end: 0,
    source: -1,
    target: -1,
    vlan: 0,
    group: false,
  };
  if (!parseLink(linkType, frame, 0, frame.length, link)) return { start: 0, ends: [] };
  if (link.type === ETHERTYPE_IPV4) return ipv4(frame, link.payload);
  if (link.type === ETHERTYPE_IPV6) return ipv6(frame, link.payload);
  return { start: link.type === ETHERTYPE_ARP ? frame.length : link.payload, ends: [] };
}

function ipv4(frame: Uint8Array, at: number): Payload {
  const headerBytes = (frame[at] & 15) << 2;
  if (frame.length - at < 20 || frame[at] >>> 4 !== 4 || headerBytes < 20)
    return { start: at, ends: [] };
  const isLaterFragment = (((frame[at + 6] << 8) | frame[at + 7]) & 0x1fff) !== 0;
  const source = hex(frame, at + 12, 4);
  const target = hex(frame, at + 16, 4);
  const start = at + headerBytes;
  if (isLaterFragment) return { start, ends: [] };
  return transport(frame, frame[at + 9], start, source, target);
}

function ipv6(frame: Uint8Array, at: number): Payload {
  if (frame.length - at < 40 || frame[at] >>> 4 !== 6) return { start: at, ends: [] };
  const source = hex(frame, at + 8, 16);
  const target = hex(frame, at + 24, 16);
  let protocol = frame[at + 6];
  let start = at + 40;
  for (let headers = 0; headers < EXTENSION_HEADERS_MAX && start + 8 <= frame.length; headers++) {
    if (protocol === 0 || protocol === 43 || protocol === 60 || protocol === 135) {
      protocol = frame[start];
      start += (frame[start + 1] + 1) << 3;
    } else if (protocol === 51) {
      protocol = frame[start];
      start += (frame[start + 1] + 2) << 2;
    } else if (protocol === 44) {
      const isLaterFragment = (((frame[start + 2] << 8) | frame[start + 3]) & 0xfff8) !== 0;
      protocol = frame[start];
      start += 8;
      if (isLaterFragment) return { start, ends: [] };
    } else break;
  }
  return transport(frame, protocol, start, source, target);
}

function transport(
  frame: Uint8Array,
  protocol: number,
  at: number,
  source: string,
  target: string,
): Payload {
  if (protocol !== TCP && protocol !== UDP) {
    const isIcmp = protocol === ICMP || protocol === ICMPV6;
    return { start: Math.min(frame.length, isIcmp ? at + ICMP_HEADER_BYTES : at), ends: [] };
  }
  if (at + 4 > frame.length) return { start: Math.min(frame.length, at), ends: [] };
  const end = (address: string, port: number): string =>
    `${protocol} ${address} ${(frame[port] << 8) | frame[port + 1]}`;
  const ends = [end(source, at), end(target, at + 2)];
  const headerBytes = protocol === UDP ? 8 : Math.max(20, (frame[at + 12] >>> 4) << 2);
  return { start: Math.min(frame.length, at + headerBytes), ends };
}

const hex = (frame: Uint8Array, at: number, length: number): string =>
  Buffer.from(frame.buffer, frame.byteOffset + at, length).toString('hex');
