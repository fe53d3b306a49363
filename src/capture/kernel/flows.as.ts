/**
 * The flow table: finds the flow of a packet, begins one where there is none, and counts. Records are chained by the
 * hash of their key; a flow's two ends are ordered by (address, port) for it, and LOW_IS_CLIENT says which opened.
 */
import { isMulticastIpv6, numberOfHost, numberOfMac, setUpAddresses } from './addresses.as';
import * as L from './layout';
import { double, get, set } from './memory.as';

const CLOSED = L.FIN_CLIENT | L.FIN_SERVER | L.RESET_SEEN;

let capacity: u32 = 0;
let records: u32 = 0;
/** At random, so that nobody can choose addresses that all fall into one chain. */
let seed: i32 = 0;
/** The flow that was found last: packets of one conversation follow each other. */
let latest: u32 = 0;

/** @param flows - records, and chains: a power of two. */
export function setUp(flows: u32, random: i32): void {
  capacity = flows;
  seed = random;
  records = L.TABLE + flows * 4;
  set(L.FREE_RECORD, 1);
  setUpAddresses(random);
}

/** Finds the flow of the packet at hand and counts it there. */
export function follow(): i32 {
  const target = get(L.TARGET);
  const sourcePort = get(L.SOURCE_PORT);
  const targetPort = get(L.TARGET_PORT);
  let source = get(L.SOURCE);
  let meta = get(L.PROTOCOL) | (get(L.FAMILY) << 8) | (get(L.VLAN) << 12);
  if (source === 0) {
    // A host without an address yet (0.0.0.0, DHCP) is told apart by its MAC.
    source = L.NO_ADDRESS | macAt(get(L.SENDER_MAC));
    meta |= L.META_NO_ADDRESS;
  }
  const sourceIsLow = source < target || (source === target && sourcePort <= targetPort) ? 1 : 0;
  const low = sourceIsLow ? source : target;
  const high = sourceIsLow ? target : source;
  const ports = sourceIsLow ? (sourcePort << 16) | targetPort : (targetPort << 16) | sourcePort;
  let flow = find(low, high, ports, meta);
  set(L.KNOCKS, 0);
  if (flow === 0) {
    flow = claim();
    if (flow === 0) return L.FULL;
    begin(flow, low, high, ports, meta);
    open(flow, sourceIsLow);
  }
  set(L.FLOW, flow);
  return count(flow, sourceIsLow);
}

function find(low: i32, high: i32, ports: i32, meta: i32): u32 {
  const at = recordOf(latest);
  if (isKey(at, low, high, ports, meta) && load<i32>(at, L.FLAGS * 4) !== 0) return latest;
  let flow = load<u32>(headOf(low, high, ports, meta));
  while (flow !== 0) {
    const record = recordOf(flow);
    if (isKey(record, low, high, ports, meta)) {
      latest = flow;
      return flow;
    }
    flow = load<u32>(record, L.NEXT * 4);
  }
  return 0;
}

/** A record that is free, or 0. */
function claim(): u32 {
  const givenBack = get(L.GIVEN_BACK);
  if (givenBack !== 0) {
    set(L.GIVEN_BACK, load<i32>(recordOf(givenBack), L.NEXT * 4));
    return givenBack;
  }
  const free: u32 = get(L.FREE_RECORD);
  if (free > capacity) return 0;
  set(L.FREE_RECORD, free + 1);
  return free;
}

/** Makes `flow` the record of a key; its counters are zero. */
function begin(flow: u32, low: i32, high: i32, ports: i32, meta: i32): void {
  const at = recordOf(flow);
  memory.fill(at, 0, L.RECORD_BYTES);
  store<i32>(at, low, L.KEY_LOW * 4);
  store<i32>(at, high, L.KEY_HIGH * 4);
  store<i32>(at, ports, L.KEY_PORTS * 4);
  store<i32>(at, meta, L.KEY_META * 4);
  store<i32>(at, get(L.FILE), L.BEGUN_FILE * 4);
  store<i32>(at, get(L.NUMBER), L.BEGUN_PACKET * 4);
  store<i32>(at, get(L.NANOS), L.BEGUN_NANOS * 4);
  store<f64>(at, <f64>(<u32>get(L.SECONDS)), L.BEGUN_SECONDS * 8);
  store<f64>(at, double(L.TIME), L.LATEST_TIME * 8);
  const head = headOf(low, high, ports, meta);
  store<u32>(at, load<u32>(head), L.NEXT * 4);
  store<u32>(head, flow);
  set(L.BEGUN, get(L.BEGUN) + 1);
  latest = flow;
}

/** Who opened a new flow, as far as its first packet tells. */
function open(flow: u32, sourceIsLow: i32): void {
  const at = recordOf(flow);
  const protocol = get(L.PROTOCOL);
  const family = get(L.FAMILY);
  const source = get(L.SOURCE);
  const target = get(L.TARGET);
  const control = get(L.CONTROL);
  const opens = (control & (L.TCP_SYN | L.TCP_ACK)) === L.TCP_SYN;
  const multicast = isMulticast(family, target);
  const fromClient = (control & L.TCP_SYN) !== 0 ? opens : multicast || !looksLikeServer(protocol);
  let flags: i32 = L.IN_USE;
  if ((sourceIsLow !== 0) === fromClient) flags |= L.LOW_IS_CLIENT;
  if (multicast) flags |= L.MULTICAST | L.OPENING_SEEN;
  store<i32>(at, flags, L.FLAGS * 4);
  const senderMac = macAt(get(L.SENDER_MAC));
  const targetMac = multicast ? 0 : macAt(get(L.RECEIVER_MAC));
  const sender = numberOfHost(senderMac, family, source);
  if (fromClient) {
    store<i32>(at, sender, L.CLIENT_HOST * 4);
    store<i32>(at, targetMac, L.SERVER_MAC * 4);
    // Midstream packets of TCP wait for no answer.
    const knocks = protocol === L.TCP ? opens : protocol === L.UDP || protocol === L.ICMP;
    if (knocks && !multicast && sender !== 0) set(L.KNOCKS, 1);
  } else {
    store<i32>(at, sender, L.SERVER_HOST * 4);
    store<i32>(at, senderMac, L.SERVER_MAC * 4);
    store<i32>(at, numberOfHost(targetMac, family, target), L.CLIENT_HOST * 4);
  }
}

function isMulticast(family: i32, target: i32): bool {
  if (get(L.GROUP) !== 0) return true;
  if (family === L.FAMILY_IPV4) return target >>> 28 === 14 || target === -1;
  return family === L.FAMILY_IPV6 && isMulticastIpv6(target);
}

/** Midstream or without an opening: the end with a service's port is taken for the server. */
function looksLikeServer(protocol: i32): bool {
  const sourcePort = get(L.SOURCE_PORT);
  const targetPort = get(L.TARGET_PORT);
  const bit = protocol === L.TCP ? 1 : 2;
  const sourceKnown = (load<u8>(L.SERVICE_PORTS + sourcePort) & bit) !== 0;
  const targetKnown = (load<u8>(L.SERVICE_PORTS + targetPort) & bit) !== 0;
  if (sourceKnown !== targetKnown) return sourceKnown;
  return sourcePort < 1024 && targetPort >= 1024;
}

function count(flow: u32, sourceIsLow: i32): i32 {
  const at = recordOf(flow);
  const control = get(L.CONTROL);
  const time = double(L.TIME);
  let flags = load<i32>(at, L.FLAGS * 4);
  const idle: f64 = get(L.PROTOCOL) === L.TCP ? L.TCP_IDLE_S : L.OTHER_IDLE_S;
  if (time - load<f64>(at, L.LATEST_TIME * 8) > idle) return L.OVER;
  // The same ports again: another connection.
  if ((control & (L.TCP_SYN | L.TCP_ACK)) === L.TCP_SYN && (flags & CLOSED) !== 0) return L.OVER;
  const side = sourceIsLow ^ (flags & L.LOW_IS_CLIENT);
  set(L.SIDE, side);
  const words = at + (side << 2);
  store<i32>(words, load<i32>(words, L.SIDE_PACKETS * 4) + 1, L.SIDE_PACKETS * 4);
  store<i32>(at, get(L.NUMBER), L.LATEST_PACKET * 4);
  store<i32>(at, get(L.FILE), L.LATEST_FILE * 4);
  store<f64>(at, time, L.LATEST_TIME * 8);
  const sums = at + (side << 3);
  const wireBytes = <f64>(<u32>get(L.WIRE_BYTES));
  const payloadBytes = <f64>(<u32>get(L.PAYLOAD_BYTES));
  store<f64>(sums, load<f64>(sums, L.SIDE_BYTES * 8) + wireBytes, L.SIDE_BYTES * 8);
  store<f64>(sums, load<f64>(sums, L.SIDE_PAYLOAD * 8) + payloadBytes, L.SIDE_PAYLOAD * 8);
  const opensOrCloses = (control & (L.TCP_SYN | L.TCP_FIN | L.TCP_RST)) !== 0;
  if (opensOrCloses) {
    flags |= flagsOf(control, side);
    store<i32>(at, flags, L.FLAGS * 4);
  }
  if (side === 1) {
    meetServer(at);
    // A refusal is no answer.
    if ((flags & L.NEW_DESTINATION) !== 0 && (control & L.TCP_RST) === 0) return L.LOOK;
  }
  if (get(L.KNOCKS) !== 0) return L.LOOK;
  if ((flags & L.IGNORED) !== 0) return L.NOTHING;
  const hasPayload = <u32>get(L.PAYLOAD) < <u32>get(L.END);
  const endsDecoding = opensOrCloses && (flags & L.DECODED) !== 0;
  return hasPayload || endsDecoding || (flags & L.EARLY) !== 0 ? L.LOOK : L.NOTHING;
}

/** What the flags of a TCP header say of the flow. */
function flagsOf(control: i32, side: i32): i32 {
  let flags = 0;
  if ((control & L.TCP_SYN) !== 0) {
    flags |= L.OPENING_SEEN | ((control & L.TCP_ACK) !== 0 ? L.SYN_ACK_SEEN : L.SYN_SEEN);
  }
  if ((control & L.TCP_RST) !== 0) flags |= L.RESET_SEEN;
  if ((control & L.TCP_FIN) !== 0) flags |= side === 0 ? L.FIN_CLIENT : L.FIN_SERVER;
  return flags;
}

/** The server sent a packet: which host it is, behind which MAC, unless that is known. */
function meetServer(at: u32): void {
  const mac = get(L.SENDER_MAC);
  const known = load<i32>(at, L.SERVER_HOST * 4) !== 0;
  if (known && (mac === 0 || load<i32>(at, L.SERVER_MAC * 4) !== 0)) return;
  const number = macAt(mac);
  store<i32>(at, number, L.SERVER_MAC * 4);
  store<i32>(at, numberOfHost(number, get(L.FAMILY), get(L.SOURCE)), L.SERVER_HOST * 4);
}

/** Takes a record out of its chain, and gives it back. */
export function release(flow: u32): void {
  const at = recordOf(flow);
  let place = headOf(
    load<i32>(at, L.KEY_LOW * 4),
    load<i32>(at, L.KEY_HIGH * 4),
    load<i32>(at, L.KEY_PORTS * 4),
    load<i32>(at, L.KEY_META * 4),
  );
  for (let next = load<u32>(place); next !== flow && next !== 0; next = load<u32>(place)) {
    place = recordOf(next) + L.NEXT * 4;
  }
  store<u32>(place, load<u32>(at, L.NEXT * 4));
  store<i32>(at, 0, L.FLAGS * 4);
  store<i32>(at, get(L.GIVEN_BACK), L.NEXT * 4);
  set(L.GIVEN_BACK, flow);
}

function macAt(at: u32): i32 {
  return at === 0 ? 0 : numberOfMac(at);
}

/** Address of the head of a key's chain. */
function headOf(low: i32, high: i32, ports: i32, meta: i32): u32 {
  let hash: i32 = ((low ^ seed) * 0x9e3779b1) ^ (high * 0x85ebca77);
  hash = ((rotl(hash, 13) ^ ports) * 0xc2b2ae3d) ^ meta;
  hash = (hash ^ (hash >>> 15)) * 0x2c1b3c6d;
  return L.TABLE + (((hash ^ (hash >>> 13)) & (capacity - 1)) << 2);
}

export function recordOf(flow: u32): u32 {
  return records + flow * L.RECORD_BYTES;
}

function isKey(at: u32, low: i32, high: i32, ports: i32, meta: i32): bool {
  return (
    load<i32>(at, L.KEY_LOW * 4) === low &&
    load<i32>(at, L.KEY_HIGH * 4) === high &&
    load<i32>(at, L.KEY_PORTS * 4) === ports &&
    load<i32>(at, L.KEY_META * 4) === meta
  );
}
