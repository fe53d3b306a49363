/**
 * What remains of flows when they end: what each host sent and received, and connections, the flows of two hosts to
 * one server port added up. Bounded: a host that knocks on a million doors leaves 256 of them.
 */
import { intern, numberOfHost } from './addresses.as';
import { recordOf } from './flows.as';
import * as L from './layout';
import { get, set } from './memory.as';

/** The server's host, interned on demand: the table of hosts must not grow by every address that is knocked on. */
export function serverOf(flow: u32): i32 {
  const at = recordOf(flow);
  const known = load<i32>(at, L.SERVER_HOST * 4);
  if (known !== 0) return known;
  const meta = load<i32>(at, L.KEY_META * 4);
  const lowIsClient = (load<i32>(at, L.FLAGS * 4) & L.LOW_IS_CLIENT) !== 0;
  const address = lowIsClient ? load<i32>(at, L.KEY_HIGH * 4) : load<i32>(at, L.KEY_LOW * 4);
  const host = numberOfHost(load<i32>(at, L.SERVER_MAC * 4), (meta >>> 8) & 15, address);
  store<i32>(at, host, L.SERVER_HOST * 4);
  return host;
}

/**
 * Adds a flow that ends to its hosts and to its connection.
 * @returns the connection's number when the flow was an established session that was over soon, else 0.
 */
export function conclude(flow: u32): u32 {
  const at = recordOf(flow);
  const client = load<i32>(at, L.CLIENT_HOST * 4);
  const answered = load<i32>(at, (L.SIDE_PACKETS + 1) * 4) !== 0;
  const short =
    answered || takesUnanswered(client) ? addToConnection(at, client, serverOf(flow)) : 0;
  addToHost(client, at, 0);
  const server = load<i32>(at, L.SERVER_HOST * 4);
  if (server !== 0) addToHost(server, at, 1);
  return short;
}

/** Of a host that knocks on every door the first few hundred are enough. */
function takesUnanswered(client: u32): bool {
  const count = L.HOST_UNANSWERED + client * 2;
  const known: i32 = load<u16>(count);
  const total = get(L.UNANSWERED);
  if (known >= L.UNANSWERED_A_HOST_MAX || total >= L.UNANSWERED_MAX) return false;
  store<u16>(count, known + 1);
  set(L.UNANSWERED, total + 1);
  return true;
}

function addToHost(host: u32, at: u32, side: u32): void {
  const own = at + side * 8;
  const others = at + (1 - side) * 8;
  const ownWords = at + side * 4;
  const othersWords = at + (1 - side) * 4;
  const sums = L.HOST_SUMS + host * 8;
  add(sums, load<f64>(own, L.SIDE_BYTES * 8));
  add(sums + L.HOSTS_MAX * 8, load<f64>(others, L.SIDE_BYTES * 8));
  add(sums + L.HOSTS_MAX * 16, <f64>load<u32>(ownWords, L.SIDE_PACKETS * 4));
  add(sums + L.HOSTS_MAX * 24, <f64>load<u32>(othersWords, L.SIDE_PACKETS * 4));
}

function addToConnection(at: u32, client: i32, server: i32): u32 {
  const flags = load<i32>(at, L.FLAGS * 4);
  const lowIsClient = (flags & L.LOW_IS_CLIENT) !== 0;
  const ports = load<u32>(at, L.KEY_PORTS * 4);
  const clientPort = lowIsClient ? ports >>> 16 : ports & 0xffff;
  const serverPort = lowIsClient ? ports & 0xffff : ports >>> 16;
  const protocol = carrierOf(load<i32>(at, L.KEY_META * 4) & 255);
  const number = intern(
    L.CONNECTION_SLOTS,
    L.CONNECTION_KEYS,
    L.CONNECTION_WORDS,
    L.CONNECTIONS_MAX,
    L.CONNECTIONS,
    L.CONNECTIONS_DROPPED,
    client,
    server,
    (serverPort << 8) | protocol,
    0,
  );
  if (number === 0) return 0;
  const record = L.CONNECTION_RECORDS + number * L.CONNECTION_BYTES;
  const lastTime = load<f64>(at, L.LATEST_TIME * 8);
  const isFirst = load<i32>(record, L.FLOWS * 4) === 0;
  if (isFirst) {
    store<i32>(record, clientPort, L.FIRST_CLIENT_PORT * 4);
    store<i32>(record, flags, L.FIRST_FLAGS * 4);
    store<i32>(record, load<i32>(at, L.BEGUN_FILE * 4), L.FIRST_FLOW_FILE * 4);
    store<i32>(record, load<i32>(at, L.BEGUN_PACKET * 4), L.FIRST_FLOW_PACKET * 4);
    store<i32>(record, load<i32>(at, L.BEGUN_NANOS * 4), L.FIRST_FLOW_NANOS * 4);
    store<f64>(record, load<f64>(at, L.BEGUN_SECONDS * 8), L.FIRST_FLOW_SECONDS * 8);
  }
  if (isFirst || lastTime > load<f64>(record, L.LAST_TIME * 8)) {
    store<i32>(record, load<i32>(at, L.LATEST_FILE * 4), L.LAST_FILE * 4);
    store<i32>(record, load<i32>(at, L.LATEST_PACKET * 4), L.LAST_PACKET * 4);
    store<f64>(record, lastTime, L.LAST_TIME * 8);
  }
  if (load<i32>(record, L.SPOKEN * 4) === 0) {
    store<i32>(record, load<i32>(at, L.RECOGNISED * 4), L.SPOKEN * 4);
  }
  const toClient = load<u32>(at, (L.SIDE_PACKETS + 1) * 4);
  add(record + L.SUM_BYTES * 8, load<f64>(at, L.SIDE_BYTES * 8));
  add(record + (L.SUM_BYTES + 1) * 8, load<f64>(at, (L.SIDE_BYTES + 1) * 8));
  add(record + L.SUM_PACKETS * 8, <f64>load<u32>(at, L.SIDE_PACKETS * 4));
  add(record + (L.SUM_PACKETS + 1) * 8, <f64>toClient);
  return outcome(record, at, number, flags, protocol === L.TCP, toClient !== 0);
}

/** Counts how the flow went; the result is that of `conclude`. */
function outcome(record: u32, at: u32, number: u32, flags: i32, isTcp: bool, answered: bool): u32 {
  const opened = L.SYN_SEEN | L.SYN_ACK_SEEN;
  const established = isTcp ? (flags & opened) === opened : answered;
  const asked = load<f64>(at, L.SIDE_PAYLOAD * 8) > 0;
  const told = load<f64>(at, (L.SIDE_PAYLOAD + 1) * 8) > 0;
  const refused = (flags & L.RESET_SEEN) !== 0 && !told && (flags & L.SYN_ACK_SEEN) === 0;
  count(record + L.FLOWS * 4);
  if (established) count(record + L.ESTABLISHED * 4);
  if (asked && told) count(record + L.ANSWERED * 4);
  if (refused) count(record + L.REFUSED * 4);
  const began = load<f64>(at, L.BEGUN_SECONDS * 8) + <f64>load<i32>(at, L.BEGUN_NANOS * 4) * 1e-9;
  const short = load<f64>(at, L.LATEST_TIME * 8) - began < L.SHORT_SESSION_S;
  return short && established && answered ? number : 0;
}

/** What connections tell apart: protocols that are not looked into are one. */
function carrierOf(protocol: i32): i32 {
  const known =
    protocol === L.TCP ||
    protocol === L.UDP ||
    protocol === L.ARP ||
    protocol === L.ICMP ||
    protocol === L.ICMPV6 ||
    protocol === L.IGMP;
  return known ? protocol : L.OTHER;
}

function add(at: u32, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}

function count(at: u32): void {
  store<i32>(at, load<i32>(at) + 1);
}
