/**
 * The packet kernel, in AssemblyScript: walks pcap records, Ethernet, IP, TCP and UDP headers, finds each packet's
 * flow and counts the packet on it. It stops at what TypeScript must see: a new flow, payload that a decoder wants,
 * fragments, other link layers. Being WebAssembly, it is fast from the first packet on, which JavaScript is not.
 * `node scripts/kernel.ts` compiles it to packets.wasm.
 */
import {
  BAD_HEADERS,
  BYTES,
  CONTROL,
  EARLY,
  END,
  FAMILY,
  FILE,
  FIN_CLIENT,
  FIN_SERVER,
  FIRST_NANOS,
  FIRST_NUMBER,
  FIRST_SECONDS,
  FLAGS,
  FLOW,
  FRAGMENT,
  FRAGMENT_HEADER,
  FRAGMENTS,
  FROM,
  GROUP,
  HIGH,
  IGNORED,
  IN_USE,
  KEY_HIGH,
  KEY_LOW,
  KEY_META,
  KEY_PORTS,
  LAST_NANOS,
  LAST_NUMBER,
  LAST_SECONDS,
  LATEST_FILE,
  LATEST_PACKET,
  LATEST_TIME,
  LOOK,
  LOW,
  LOW_IS_CLIENT,
  META,
  META_NO_ADDRESS,
  NANOS,
  NEW,
  NEW_DESTINATION,
  NEXT,
  NO_ADDRESS,
  NOTHING,
  NUMBER,
  ODD,
  OPENING_SEEN,
  OTHER_IDLE_S,
  OVER,
  PACKETS,
  PAYLOAD,
  PAYLOAD_BYTES,
  PORTS,
  PROTOCOL,
  RECEIVER_MAC,
  RECORD_BYTES,
  RESET_SEEN,
  SECONDS,
  SENDER_MAC,
  SERVER_HOST,
  SERVER_MAC,
  SIDE,
  SIDE_BYTES,
  SIDE_PACKETS,
  SIDE_PAYLOAD,
  SOURCE,
  SOURCE_IS_LOW,
  SOURCE_PORT,
  START,
  STOP,
  SYN_ACK_SEEN,
  SYN_SEEN,
  TABLE,
  TARGET,
  TARGET_PORT,
  TCP_ACK,
  TCP_FIN,
  TCP_IDLE_S,
  TCP_RST,
  TCP_SYN,
  TIME,
  TO,
  TRANSPORT,
  TRUNCATED,
  VLAN,
  WHY,
  WIRE_BYTES,
} from './layout';

/** Numbers of IPv6 addresses and MACs, kept by TypeScript. @param at - offset of the address. */
declare function numberOfIpv6(at: u32): i32;
declare function numberOfMac(at: u32): i32;

const ICMP = 1;
const IGMP = 2;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const EXTENSION_HEADERS_MAX = 16;
const CLOSED = FIN_CLIENT | FIN_SERVER | RESET_SEEN;

let records: u32 = 0;
let mask: u32 = 0;
let seed: i32 = 0;
/** The flow that was found last: packets of one conversation follow each other. */
let latest: u32 = 0;

/** @param capacity - chains, a power of two. @param random - so that nobody can choose addresses that fall into one chain. */
export function setUp(capacity: u32, random: i32): void {
  mask = capacity - 1;
  seed = random;
  records = TABLE + capacity * 4;
}

/** A file begins: packets are numbered anew. */
export function beginFile(file: i32): void {
  set(FILE, file);
  set(NUMBER, 0);
  setDouble(FROM, Infinity);
  setDouble(TO, -Infinity);
}

/**
 * Walks the pcap records in [from, end), whose headers take `headerBytes`, until it must stop; WHY says why.
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
    const why = ethernetLink ? ethernet(start, at) : ODD;
    if (why !== NOTHING) {
      set(WHY, why);
      return at;
    }
  }
  set(WHY, NOTHING);
  return at;
}

/** The frame [start, stop) is the packet at hand; `original` is its length before the capture cut it. */
export function take(start: u32, stop: u32, original: u32, seconds: u32, nanos: u32): void {
  const captured = stop - start;
  const wireBytes = max(original, captured);
  const number = get(NUMBER) + 1;
  const time = <f64>seconds + <f64>nanos * 1e-9;
  set(NUMBER, number);
  set(WIRE_BYTES, wireBytes);
  set(SECONDS, seconds);
  set(NANOS, nanos);
  set(START, start);
  set(STOP, stop);
  setDouble(TIME, time);
  setDouble(PACKETS, double(PACKETS) + 1);
  setDouble(BYTES, double(BYTES) + <f64>wireBytes);
  if (original > captured) set(TRUNCATED, get(TRUNCATED) + 1);
  if (time < double(FROM)) {
    setDouble(FROM, time);
    set(FIRST_NUMBER, number);
    set(FIRST_SECONDS, seconds);
    set(FIRST_NANOS, nanos);
  }
  if (time >= double(TO)) {
    setDouble(TO, time);
    set(LAST_NUMBER, number);
    set(LAST_SECONDS, seconds);
    set(LAST_NANOS, nanos);
  }
}

/** An Ethernet frame; ODD unless it holds an IP packet right behind its header. */
export function ethernet(start: u32, stop: u32): i32 {
  if (stop - start < 14) return ODD;
  const type = u16At(start + 12);
  if (type !== 0x0800 && type !== 0x86dd) return ODD;
  set(VLAN, 0);
  set(RECEIVER_MAC, start);
  set(SENDER_MAC, start + 6);
  set(GROUP, load<u8>(start) & 1);
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
  set(FAMILY, 4);
  set(PROTOCOL, load<u8>(at + 9));
  set(SOURCE, i32At(at + 12));
  set(TARGET, i32At(at + 16));
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
  set(FAMILY, 6);
  set(SOURCE, numberOfIpv6(start + 8));
  set(TARGET, numberOfIpv6(start + 24));
  let protocol: i32 = load<u8>(start + 6);
  for (let headers = 0; headers < EXTENSION_HEADERS_MAX; headers++) {
    const extends_ = protocol === 0 || protocol === 43 || protocol === 60 || protocol === 135;
    if (!extends_ && protocol !== 44 && protocol !== 51) break;
    if (<i32>(end - at) < 8) break;
    const next = load<u8>(at);
    if (extends_) at += (<u32>load<u8>(at + 1) + 1) << 3;
    else if (protocol === 51) at += (<u32>load<u8>(at + 1) + 2) << 2;
    else {
      set(PROTOCOL, next);
      if ((u16At(at + 2) & 0xfff9) !== 0) return fragment(at, at + 8, end);
      // An atomic fragment (RFC 6946) is whole.
      set(FRAGMENTS, get(FRAGMENTS) + 1);
      at += 8;
    }
    protocol = next;
  }
  if (at > end) return bad();
  set(PROTOCOL, protocol);
  return transport(at, end, wanted - at);
}

function fragment(header: u32, start: u32, end: u32): i32 {
  set(FRAGMENTS, get(FRAGMENTS) + 1);
  set(FRAGMENT_HEADER, header);
  set(TRANSPORT, start);
  set(END, end);
  return FRAGMENT;
}

function bad(): i32 {
  set(BAD_HEADERS, get(BAD_HEADERS) + 1);
  return NOTHING;
}

/**
 * Reads the transport header at `at`, and follows the flow.
 * @param claimed - length of [at, …) by the network header, which may exceed what was captured.
 */
export function transport(at: u32, end: u32, claimed: u32): i32 {
  const protocol = get(PROTOCOL);
  const room = end - at;
  let sourcePort: u32 = 0;
  let targetPort: u32 = 0;
  let control: u32 = 0;
  let payload = at;
  let stop = end;
  let payloadBytes = claimed;
  if (protocol === TCP && room >= 20) {
    const headerBytes: u32 = (load<u8>(at + 12) >>> 4) << 2;
    if (headerBytes < 20 || headerBytes > claimed) return bad();
    sourcePort = u16At(at);
    targetPort = u16At(at + 2);
    control = load<u8>(at + 13);
    payload = headerBytes < room ? at + headerBytes : end;
    payloadBytes = claimed - headerBytes;
  } else if (protocol === UDP && room >= 8) {
    const length = u16At(at + 4);
    sourcePort = u16At(at);
    targetPort = u16At(at + 2);
    payload = at + 8;
    if (length >= 8 && length < room) stop = at + length;
    payloadBytes = (length >= 8 && length < claimed ? length : claimed) - 8;
  } else if (protocol !== ICMPV6 && protocol !== ICMP && protocol !== IGMP) {
    // Counted but not looked into, or its header is cut.
    stop = at;
    payloadBytes = 0;
  }
  set(SOURCE_PORT, sourcePort);
  set(TARGET_PORT, targetPort);
  set(CONTROL, control);
  set(TRANSPORT, at);
  set(PAYLOAD, payload);
  set(END, stop);
  set(PAYLOAD_BYTES, payloadBytes);
  return follow();
}

/** Finds the flow of the packet at hand and counts it there. */
export function follow(): i32 {
  const target = get(TARGET);
  const sourcePort = get(SOURCE_PORT);
  const targetPort = get(TARGET_PORT);
  const protocol = get(PROTOCOL);
  let source = get(SOURCE);
  let meta = protocol | (get(FAMILY) << 8) | (get(VLAN) << 12);
  if (source === 0) {
    // A host without an address yet (0.0.0.0, DHCP) is told apart by its MAC.
    const mac = get(SENDER_MAC);
    source = NO_ADDRESS | (mac === 0 ? 0 : numberOfMac(mac));
    meta |= META_NO_ADDRESS;
  }
  const sourceIsLow = source < target || (source === target && sourcePort <= targetPort);
  const low = sourceIsLow ? source : target;
  const high = sourceIsLow ? target : source;
  const ports = sourceIsLow ? (sourcePort << 16) | targetPort : (targetPort << 16) | sourcePort;
  const flow = find(low, high, ports, meta);
  set(FLOW, flow);
  if (flow === 0) {
    set(LOW, low);
    set(HIGH, high);
    set(PORTS, ports);
    set(META, meta);
    set(SOURCE_IS_LOW, sourceIsLow ? 1 : 0);
    return NEW;
  }
  return count(flow, protocol, sourceIsLow ? 1 : 0);
}

function find(low: i32, high: i32, ports: i32, meta: i32): u32 {
  const at = recordOf(latest);
  if (isKey(at, low, high, ports, meta) && load<i32>(at, FLAGS * 4) !== 0) return latest;
  let flow = load<u32>(headOf(low, high, ports, meta));
  while (flow !== 0) {
    const record = recordOf(flow);
    if (isKey(record, low, high, ports, meta)) {
      latest = flow;
      return flow;
    }
    flow = load<u32>(record, NEXT * 4);
  }
  return 0;
}

function count(flow: u32, protocol: i32, sourceIsLow: i32): i32 {
  const at = recordOf(flow);
  const control = get(CONTROL);
  const time = double(TIME);
  let flags = load<i32>(at, FLAGS * 4);
  const idle: f64 = protocol === TCP ? TCP_IDLE_S : OTHER_IDLE_S;
  if (time - load<f64>(at, LATEST_TIME * 8) > idle) return OVER;
  // The same ports again: another connection.
  if ((control & (TCP_SYN | TCP_ACK)) === TCP_SYN && (flags & CLOSED) !== 0) return OVER;
  const side = sourceIsLow ^ (flags & LOW_IS_CLIENT);
  set(SIDE, side);
  const words = at + (side << 2);
  store<i32>(words, load<i32>(words, SIDE_PACKETS * 4) + 1, SIDE_PACKETS * 4);
  store<i32>(at, get(NUMBER), LATEST_PACKET * 4);
  store<i32>(at, get(FILE), LATEST_FILE * 4);
  store<f64>(at, time, LATEST_TIME * 8);
  const sums = at + (side << 3);
  const wireBytes = <f64>(<u32>get(WIRE_BYTES));
  const payloadBytes = <f64>(<u32>get(PAYLOAD_BYTES));
  store<f64>(sums, load<f64>(sums, SIDE_BYTES * 8) + wireBytes, SIDE_BYTES * 8);
  store<f64>(sums, load<f64>(sums, SIDE_PAYLOAD * 8) + payloadBytes, SIDE_PAYLOAD * 8);
  const opensOrCloses = (control & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0;
  if (opensOrCloses) {
    if ((control & TCP_SYN) !== 0) {
      flags |= OPENING_SEEN | ((control & TCP_ACK) !== 0 ? SYN_ACK_SEEN : SYN_SEEN);
    }
    if ((control & TCP_RST) !== 0) flags |= RESET_SEEN;
    if ((control & TCP_FIN) !== 0) flags |= side === 0 ? FIN_CLIENT : FIN_SERVER;
    store<i32>(at, flags, FLAGS * 4);
  }
  if (side === 1) {
    if ((flags & NEW_DESTINATION) !== 0 || load<i32>(at, SERVER_HOST * 4) === 0) return LOOK;
    if (load<i32>(at, SERVER_MAC * 4) === 0 && get(SENDER_MAC) !== 0) return LOOK;
  }
  if ((flags & IGNORED) !== 0) return NOTHING;
  const hasPayload = <u32>get(PAYLOAD) < <u32>get(END);
  return hasPayload || opensOrCloses || (flags & EARLY) !== 0 ? LOOK : NOTHING;
}

/** Makes `flow` the record of the packet at hand; its counters are zero. */
export function begin(flow: u32): void {
  const at = recordOf(flow);
  const low = get(LOW);
  const high = get(HIGH);
  const ports = get(PORTS);
  const meta = get(META);
  memory.fill(at, 0, RECORD_BYTES);
  store<i32>(at, low, KEY_LOW * 4);
  store<i32>(at, high, KEY_HIGH * 4);
  store<i32>(at, ports, KEY_PORTS * 4);
  store<i32>(at, meta, KEY_META * 4);
  store<i32>(at, IN_USE, FLAGS * 4);
  store<f64>(at, double(TIME), LATEST_TIME * 8);
  const head = headOf(low, high, ports, meta);
  store<u32>(at, load<u32>(head), NEXT * 4);
  store<u32>(head, flow);
}

/** Takes a record out of its chain. */
export function release(flow: u32): void {
  const at = recordOf(flow);
  let place = headOf(
    load<i32>(at, KEY_LOW * 4),
    load<i32>(at, KEY_HIGH * 4),
    load<i32>(at, KEY_PORTS * 4),
    load<i32>(at, KEY_META * 4),
  );
  for (let next = load<u32>(place); next !== flow && next !== 0; next = load<u32>(place)) {
    place = recordOf(next) + NEXT * 4;
  }
  store<u32>(place, load<u32>(at, NEXT * 4));
  store<i32>(at, 0, FLAGS * 4);
}

/** Address of the head of a key's chain. */
function headOf(low: i32, high: i32, ports: i32, meta: i32): u32 {
  let hash: i32 = ((low ^ seed) * 0x9e3779b1) ^ (high * 0x85ebca77);
  hash = ((rotl(hash, 13) ^ ports) * 0xc2b2ae3d) ^ meta;
  hash = (hash ^ (hash >>> 15)) * 0x2c1b3c6d;
  return TABLE + (((hash ^ (hash >>> 13)) & mask) << 2);
}

function recordOf(flow: u32): u32 {
  return records + flow * RECORD_BYTES;
}

function isKey(at: u32, low: i32, high: i32, ports: i32, meta: i32): bool {
  return (
    load<i32>(at, KEY_LOW * 4) === low &&
    load<i32>(at, KEY_HIGH * 4) === high &&
    load<i32>(at, KEY_PORTS * 4) === ports &&
    load<i32>(at, KEY_META * 4) === meta
  );
}

function get(word: u32): i32 {
  return load<i32>(word * 4);
}

function set(word: u32, value: i32): void {
  store<i32>(word * 4, value);
}

function double(place: u32): f64 {
  return load<f64>(place * 8);
}

function setDouble(place: u32, value: f64): void {
  store<f64>(place * 8, value);
}

/** Network byte order. */
function u16At(at: u32): u32 {
  return bswap<u16>(load<u16>(at));
}

function i32At(at: u32): i32 {
  return bswap<i32>(load<i32>(at));
}

function ordered(at: u32, littleEndian: bool): u32 {
  const value = load<u32>(at);
  return littleEndian ? value : bswap<u32>(value);
}
