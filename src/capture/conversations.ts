/**
 * What remains of flows when they end: connections, the flows of two hosts to one server port added up. Bounded: a
 * host that knocks on a million doors leaves 256 of them.
 */
import type { Carrier, HostId, PacketRef } from './decoder.ts';
import { HOSTS_MAX } from './hosts.ts';
import { numberOf, type Observation, type Observations } from './observations.ts';

const CONNECTIONS_MAX = 50_000;
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
  first: PacketRef;
  last: PacketRef;
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
  readonly #connections = new Map<number, Observation<'connection'>>();
  readonly #unanswered = new Uint16Array(HOSTS_MAX);
  #unansweredTotal = 0;
  /** Flows that were not added to any connection because there were too many different ones. */
  dropped = 0;

  add(flow: EndedFlow): void {
    const answered = flow.packets[1] > 0;
    if (!answered) {
      if (
        this.#unanswered[flow.client] >= UNANSWERED_A_HOST_MAX ||
        this.#unansweredTotal >= UNANSWERED_MAX
      ) {
        this.dropped++;
        return;
      }
      this.#unanswered[flow.client]++;
      this.#unansweredTotal++;
    }
    this.#connect(flow, answered);
  }

  #connect(flow: EndedFlow, answered: boolean): void {
    const server = flow.server();
    const { carrier, client, serverPort } = flow;
    const key = numberOf({ carrier, client, server, serverPort });
    let connection = this.#connections.get(key);
    if (!connection) {
      if (this.#connections.size >= CONNECTIONS_MAX) {
        this.dropped++;
        return;
      }
      connection = {
        client: flow.client,
        server,
        clientPort: flow.clientPort,
        serverPort: flow.serverPort,
        carrier: flow.carrier,
        openingSeen: flow.openingSeen,
        multicast: flow.multicast,
        first: flow.first,
        last: flow.last,
        count: 0,
        packets: [flow.first],
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
      this.#connections.set(key, connection);
    }
    connection.count++;
    connection.flows++;
    if (flow.established) connection.established++;
    if (flow.payload[0] > 0 && flow.payload[1] > 0) connection.answered++;
    if (flow.refused) connection.refused++;
    connection.bytes[0] += flow.bytes[0];
    connection.bytes[1] += flow.bytes[1];
    connection.packetCount[0] += flow.packets[0];
    connection.packetCount[1] += flow.packets[1];
    connection.protocol ??= flow.protocol;
    if (isLater(flow.last, connection.last)) connection.last = flow.last;
    if (answered && flow.established && connection.shortSessions.length < SHORT_SESSIONS_MAX) {
      if (timeOf(flow.last) - timeOf(flow.first) < SHORT_SESSION_S)
        connection.shortSessions.push(timeOf(flow.first));
    }
  }

  /** Hands everything over; call once, after the last flow. */
  finish(observations: Observations): void {
    for (const connection of this.#connections.values()) {
      connection.shortSessions.sort((a, b) => a - b);
      observations.add('connection', connection);
    }
    if (this.dropped > 0) observations.dropped.set('connection', this.dropped);
  }
}

function timeOf(at: PacketRef): number {
  return at.seconds + at.nanos * 1e-9;
}

function isLater(a: PacketRef, b: PacketRef): boolean {
  return a.seconds > b.seconds || (a.seconds === b.seconds && a.nanos > b.nanos);
}
