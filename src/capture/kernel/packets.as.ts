/**
 * The packet kernel, in AssemblyScript: walks pcap records, Ethernet, IP, TCP and UDP headers, finds each packet's
 * flow and counts the packet on it. It stops at what TypeScript must see: payload that a decoder wants, a first
 * knock and its answer, the end of a flow, fragments, other link layers. Being WebAssembly, it is fast from the
 * first packet on, which JavaScript is not. `node scripts/kernel.ts` compiles it to packets.wasm.
 */
import { numberOfIpv6 } from './addresses.as';
import { follow } from './flows.as';
import * as L from './layout';
import { double, get, i32At, set, setDouble, u16At } from './memory.as';

export { numberOfHost, numberOfIpv6, numberOfMac } from './addresses.as';
export { conclude, serverOf } from './connections.as';
export { follow, release, setUp } from './flows.as';

const EXTENSION_HEADERS_MAX = 16;

/** A file begins: packets are numbered anew. */
export function beginFile(file: i32): void {
  set(L.FILE, file);
  set(L.NUMBER, 0);
  setDouble(L.FROM, Infinity);
  setDouble(L.TO, -Infinity);
}

/**
 * Walks the pcap records in [from, end), whose headers take `headerBytes`, until it must stop; L.WHY says why.
 * @returns where it stopped: after the packet at hand, or at the first record that is not whole or too long.
 */
export function walk(
  from: u32,
  end: u32,
  littleEndian: bool,
  nanosPerUnit: u32,
  headerBytes: u32,
  ethernetLink: bool,
  frameBytesMax: u32,
): u32 {
  let at = from;
  while (end - at >= headerBytes) {
    const captured = ordered(at + 8, littleEndian);
    const start = at + headerBytes;
    if (captured > frameBytesMax || captured > end - start) break;
    const units: u64 = ordered(at + 4, littleEndian);
    const nanos = units * nanosPerUnit;
    take(
      start,
      start + captured,
      ordered(at + 12, littleEndian),
      ordered(at, littleEndian),
      nanos < 1_000_000_000 ? <u32>nanos : 999_999_999,
    );
    at = start + captured;
    const why = ethernetLink ? ethernet(start, at) : L.ODD;
    if (why !== L.NOTHING) {
      set(L.WHY, why);
      return at;
    }
  }
  set(L.WHY, L.NOTHING);
  return at;
}

/** The frame [start, stop) is the packet at hand; `original` is its length before the capture cut it. */
export function take(start: u32, stop: u32, original: u32, seconds: u32, nanos: u32): void {
  const captured = stop - start;
  const wireBytes = max(original, captured);
  const number = get(L.NUMBER) + 1;
  const time = <f64>seconds + <f64>nanos * 1e-9;
  set(L.NUMBER, number);
  set(L.WIRE_BYTES, wireBytes);
  set(L.SECONDS, seconds);
  set(L.NANOS, nanos);
  set(L.START, start);
  set(L.STOP, stop);
  setDouble(L.TIME, time);
  setDouble(L.PACKETS, double(L.PACKETS) + 1);
  setDouble(L.BYTES, double(L.BYTES) + <f64>wireBytes);
  if (original > captured) set(L.TRUNCATED, get(L.TRUNCATED) + 1);
  if (time < double(L.FROM)) {
    setDouble(L.FROM, time);
    set(L.FIRST_NUMBER, number);
    set(L.FIRST_SECONDS, seconds);
    set(L.FIRST_NANOS, nanos);
  }
  if (time >= double(L.TO)) {
    setDouble(L.TO, time);
    set(L.LAST_NUMBER, number);
    set(L.LAST_SECONDS, seconds);
    set(L.LAST_NANOS, nanos);
  }
}

/** An Ethernet frame; L.ODD unless it holds an IP packet right behind its header. */
export function ethernet(start: u32, stop: u32): i32 {
  if (stop - start < 14) return L.ODD;
  const type = u16At(start + 12);
  if (type !== 0x0800 && type !== 0x86dd) return L.ODD;
  set(L.VLAN, 0);
  set(L.RECEIVER_MAC, start);
  set(L.SENDER_MAC, start + 6);
  set(L.GROUP, load<u8>(start) & 1);
  return type === 0x0800 ? ipv4(start + 14, stop) : ipv6(start + 14, stop);
}

export function ipv4(at: u32, stop: u32): i32 {
  const room = stop - at;
  if (room < 20) return bad();
  const first = load<u8>(at);
  const headerBytes: u32 = (first & 15) << 2;
  const total = u16At(at + 2);
  // A length of 0 comes from segmentation offload; a length beyond the frame from a cut capture.
  const claimed = total === 0 ? room : total;
  if (first >>> 4 !== 4 || headerBytes < 20 || headerBytes > room || headerBytes > claimed) {
    return bad();
  }
  const end = claimed < room ? at + claimed : stop;
  set(L.FAMILY, 4);
  set(L.PROTOCOL, load<u8>(at + 9));
  set(L.SOURCE, i32At(at + 12));
  set(L.TARGET, i32At(at + 16));
  if ((u16At(at + 6) & 0x3fff) === 0) {
    return transport(at + headerBytes, end, claimed - headerBytes);
  }
  return fragment(at, at + headerBytes, end);
}

export function ipv6(start: u32, stop: u32): i32 {
  if (stop - start < 40 || load<u8>(start) >>> 4 !== 6) return bad();
  const claimed = u16At(start + 4);
  let at = start + 40;
  const wanted = claimed === 0 ? stop : at + claimed;
  const end = min(wanted, stop);
  set(L.FAMILY, 6);
  set(L.SOURCE, numberOfIpv6(start + 8));
  set(L.TARGET, numberOfIpv6(start + 24));
  let protocol: i32 = load<u8>(start + 6);
  for (let headers = 0; headers < EXTENSION_HEADERS_MAX; headers++) {
    const extends_ = protocol === 0 || protocol === 43 || protocol === 60 || protocol === 135;
    if (!extends_ && protocol !== 44 && protocol !== 51) break;
    if (<i32>(end - at) < 8) break;
    const next = load<u8>(at);
    if (extends_) at += (<u32>load<u8>(at + 1) + 1) << 3;
    else if (protocol === 51) at += (<u32>load<u8>(at + 1) + 2) << 2;
    else {
      set(L.PROTOCOL, next);
      if ((u16At(at + 2) & 0xfff9) !== 0) return fragment(at, at + 8, end);
      // An atomic fragment (RFC 6946) is whole.
      set(L.FRAGMENTS, get(L.FRAGMENTS) + 1);
      at += 8;
    }
    protocol = next;
  }
  if (at > end) return bad();
  set(L.PROTOCOL, protocol);
  return transport(at, end, wanted - at);
}

function fragment(header: u32, start: u32, end: u32): i32 {
  set(L.FRAGMENTS, get(L.FRAGMENTS) + 1);
  set(L.FRAGMENT_HEADER, header);
  set(L.TRANSPORT, start);
  set(L.END, end);
  return L.FRAGMENT;
}

function bad(): i32 {
  set(L.BAD_HEADERS, get(L.BAD_HEADERS) + 1);
  return L.NOTHING;
}

/**
 * Reads the transport header at `at`, and follows the flow.
 * @param claimed - length of [at, …) by the network header, which may exceed what was captured.
 */
export function transport(at: u32, end: u32, claimed: u32): i32 {
  const protocol = get(L.PROTOCOL);
  const room = end - at;
  let sourcePort: u32 = 0;
  let targetPort: u32 = 0;
  let control: u32 = 0;
  let payload = at;
  let stop = end;
  let payloadBytes = claimed;
  if (protocol === L.TCP && room >= 20) {
    const headerBytes: u32 = (load<u8>(at + 12) >>> 4) << 2;
    if (headerBytes < 20 || headerBytes > claimed) return bad();
    sourcePort = u16At(at);
    targetPort = u16At(at + 2);
    control = load<u8>(at + 13);
    payload = headerBytes < room ? at + headerBytes : end;
    payloadBytes = claimed - headerBytes;
  } else if (protocol === L.UDP && room >= 8) {
    const length = u16At(at + 4);
    sourcePort = u16At(at);
    targetPort = u16At(at + 2);
    payload = at + 8;
    if (length >= 8 && length < room) stop = at + length;
    payloadBytes = (length >= 8 && length < claimed ? length : claimed) - 8;
  } else if (protocol !== L.ICMPV6 && protocol !== L.ICMP && protocol !== L.IGMP) {
    // Counted but not looked into, or its header is cut.
    stop = at;
    payloadBytes = 0;
  }
  set(L.SOURCE_PORT, sourcePort);
  set(L.TARGET_PORT, targetPort);
  set(L.CONTROL, control);
  set(L.TRANSPORT, at);
  set(L.PAYLOAD, payload);
  set(L.END, stop);
  set(L.PAYLOAD_BYTES, payloadBytes);
  return follow();
}

function ordered(at: u32, littleEndian: bool): u32 {
  const value = load<u32>(at);
  return littleEndian ? value : bswap<u32>(value);
}
