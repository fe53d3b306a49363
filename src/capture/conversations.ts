/**
 * What remains of flows when they end: connections, the flows of two hosts to one server port added up. Bounded: a
 * host that knocks on a million doors leaves 256 of them.
 */
import type { Carrier, HostId, PacketRef } from './decoder.ts';
import { HOSTS_MAX } from './hosts.ts';
import { carrierCode, type Observation, type Observations } from './observations.ts';
import { WordTable } from './word-table.ts';

const CONNECTIONS_MAX = 1 << 16;
/** Flows without an answer that are told apart: of one host, and of all. */
const UNANSWERED_A_HOST_MAX = 256;
const UNANSWERED_MAX = 20_000;
const SHORT_SESSION_S = 30;
const SHORT_SESSIONS_MAX = 1000;

/** A flow that ended, as the dissector hands it over. */
export interface EndedFlow {
  carrier: Carrier;
  client: HostId;
  /** The server's host, interned on demand: the table of hosts must not grow by every address that is knocked on. */
  server(): HostId;
  clientPort: number;
  serverPort: number;
  /** Made anew at each call, for what keeps them. */
  first(): PacketRef;
  last(): PacketRef;
  /** When it began and ended, in seconds since 1970. */
  firstTime: number;
  lastTime: number;
  openingSeen: boolean;
  multicast: boolean;
  established: boolean;
  refused: boolean;
  bytes: readonly [number, number];
  packets: readonly [number, number];
  payload: readonly [number, number];
  protocol: string | undefined;
}

export class Conversations {
  /** Client, server, port and carrier → place in #connections. */
  readonly #places = new WordTable(3, CONNECTIONS_MAX);
  readonly #connections: Observation<'connection'>[] = [];
  /** When the latest flow of each ended. */
  readonly #lastTimes = new Float64Array(CONNECTIONS_MAX);
  readonly #unanswered = new Uint16Array(HOSTS_MAX);
  #unansweredTotal = 0;
  /** Flows that were not added to any connection because there were too many different ones. */
  dropped = 0;

  /**
   * Whether a flow of this client that nobody answered still counts; call for each before `add`. Of a host that
   * knocks on every door the first few hundred are enough.
   */
  takesUnanswered(client: HostId): boolean {
    if (
      this.#unanswered[client] >= UNANSWERED_A_HOST_MAX ||
      this.#unansweredTotal >= UNANSWERED_MAX
    ) {
      return false;
    }
    this.#unanswered[client]++;
    this.#unansweredTotal++;
    return true;
  }

  add(flow: EndedFlow): void {
    const server = flow.server();
    const { carrier, client, serverPort, bytes, packets, payload, firstTime, lastTime } = flow;
    const place = this.#places.intern(client, server, (serverPort << 4) | carrierCode(carrier), 0);
    if (place === 0) {
      this.dropped++;
      return;
    }
    let connection = this.#connections[place];
    if (!connection) {
      connection = {
        client: flow.client,
        server,
        clientPort: flow.clientPort,
        serverPort: flow.serverPort,
        carrier: flow.carrier,
        openingSeen: flow.openingSeen,
        multicast: flow.multicast,
        first: flow.first(),
        last: flow.last(),
        count: 0,
        packets: [flow.first()],
        secrets: [],
        flows: 0,
        established: 0,
        answered: 0,
        refused: 0,
        bytes: [0, 0],
        packetCount: [0, 0],
        protocol: undefined,
        shortSessions: [],
      };
      this.#connections[place] = connection;
      this.#lastTimes[place] = lastTime;
    }
    connection.count++;
    connection.flows++;
    if (flow.established) connection.established++;
    if (payload[0] > 0 && payload[1] > 0) connection.answered++;
    if (flow.refused) connection.refused++;
    connection.bytes[0] += bytes[0];
    connection.bytes[1] += bytes[1];
    connection.packetCount[0] += packets[0];
    connection.packetCount[1] += packets[1];
    connection.protocol ??= flow.protocol;
    if (lastTime > this.#lastTimes[place]) {
      this.#lastTimes[place] = lastTime;
      connection.last = flow.last();
    }
    const isShort = lastTime - firstTime < SHORT_SESSION_S;
    if (isShort && packets[1] > 0 && flow.established) {
      if (connection.shortSessions.length < SHORT_SESSIONS_MAX) {
        connection.shortSessions.push(firstTime);
      }
    }
  }

  /** Hands everything over; call once, after the last flow. */
  finish(observations: Observations): void {
    for (let place = 1; place < this.#places.count; place++) {
      const connection = this.#connections[place];
      connection.shortSessions.sort((a, b) => a - b);
      observations.add('connection', connection);
    }
    if (this.dropped > 0) observations.dropped.set('connection', this.dropped);
  }
}
