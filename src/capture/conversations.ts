/**
 * What remains of flows when they end: connections (flows of two hosts to one server port, added up) and fan-out
 * (how many new destinations a host tried on one port within a minute). Both bounded: a host that knocks on a million
 * doors leaves 256 connections and one fan-out record.
 */
import type { Carrier, HostId, PacketRef } from './decoder.ts';
import { numberOf, type Observation, type Observations } from './observations.ts';

const CONNECTIONS_MAX = 50_000;
const UNANSWERED_A_HOST_MAX = 256;
const SHORT_SESSION_S = 30;
const SHORT_SESSIONS_MAX = 1000;
const FAN_OUTS_MAX = 16_384;
const FAN_OUT_WINDOW_S = 60;
const CONTACTS_HELD = 2048;
const DESTINATIONS_HELD = 8192;
const PROOF_CONTACTS = 8;

/** A flow that ended, as the dissector hands it over. */
export interface EndedFlow {
  carrier: Carrier;
  /** IANA protocol number, or the dissector's own for link-layer protocols; below 256. */
  carrierNumber: number;
  client: HostId;
  /** The server's host, interned on demand: the table of hosts must not grow by every address that is knocked on. */
  server(): HostId;
  /** Tells destinations of one host apart. */
  serverAddress: number;
  /** The server has a public address. */
  outside: boolean;
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
  readonly #unanswered = new Map<HostId, number>();
  readonly #fanOuts = new Map<number, FanOut>();
  /** Flows that were not added to any connection because there were too many different ones. */
  dropped = 0;

  add(flow: EndedFlow): void {
    const answered = flow.packets[1] > 0;
    const portly = flow.carrier === 'tcp' || flow.carrier === 'udp' || flow.carrier === 'icmp';
    if (portly && !flow.multicast && flow.client !== 0) this.#contact(flow, answered);
    if (!answered) {
      const before = this.#unanswered.get(flow.client) ?? 0;
      if (before >= UNANSWERED_A_HOST_MAX) {
        this.dropped++;
        return;
      }
      this.#unanswered.set(flow.client, before + 1);
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

  #contact(flow: EndedFlow, answered: boolean): void {
    const key = (flow.client * 256 + flow.carrierNumber) * 65_536 + flow.serverPort;
    let fanOut = this.#fanOuts.get(key);
    if (!fanOut) {
      if (this.#fanOuts.size >= FAN_OUTS_MAX) return;
      fanOut = new FanOut(flow.carrier, flow.client, flow.serverPort);
      this.#fanOuts.set(key, fanOut);
    }
    fanOut.contact(flow.serverAddress, flow.first, answered && !flow.refused, flow.outside);
  }

  /** Hands everything over; call once, after the last flow. */
  finish(observations: Observations): void {
    for (const connection of this.#connections.values()) {
      connection.shortSessions.sort((a, b) => a - b);
      observations.add('connection', connection);
    }
    for (const fanOut of this.#fanOuts.values()) {
      const record = fanOut.finish();
      if (record) observations.add('fan_out', record);
    }
    if (this.dropped > 0) observations.dropped.set('connection', this.dropped);
  }
}

/** First contacts of one host on one port, and the densest minute among them. */
class FanOut {
  readonly #carrier: Carrier;
  readonly #source: HostId;
  readonly #port: number;
  readonly #known = new Set<number>();
  #contacts: { time: number; at: PacketRef; answered: boolean; outside: boolean }[] = [];
  #best:
    | {
        destinations: number;
        unanswered: number;
        outside: number;
        proof: PacketRef[];
        last: PacketRef;
      }
    | undefined;
  #total = 0;

  constructor(carrier: Carrier, source: HostId, port: number) {
    this.#carrier = carrier;
    this.#source = source;
    this.#port = port;
  }

  contact(destination: number, at: PacketRef, answered: boolean, outside: boolean): void {
    if (this.#known.has(destination)) return;
    if (this.#known.size < DESTINATIONS_HELD) this.#known.add(destination);
    this.#total++;
    this.#contacts.push({ time: timeOf(at), at, answered, outside });
    if (this.#contacts.length >= CONTACTS_HELD) this.#weigh();
  }

  /** Looks for the window with most unanswered contacts, then forgets what can no longer be part of a denser one. */
  #weigh(): void {
    const contacts = this.#contacts.sort((a, b) => a.time - b.time);
    let best: { from: number; to: number; unanswered: number; outside: number } | undefined;
    let most = this.#best?.unanswered ?? -1;
    let from = 0;
    let unanswered = 0;
    let outside = 0;
    for (let to = 0; to < contacts.length; to++) {
      if (!contacts[to].answered) unanswered++;
      if (contacts[to].outside) outside++;
      while (contacts[to].time - contacts[from].time > FAN_OUT_WINDOW_S) {
        if (!contacts[from].answered) unanswered--;
        if (contacts[from].outside) outside--;
        from++;
      }
      if (unanswered > most) {
        most = unanswered;
        best = { from, to, unanswered, outside };
      }
    }
    if (best) {
      const window = contacts.slice(best.from, best.to + 1);
      const proof = window.slice(0, PROOF_CONTACTS).map((contact) => contact.at);
      const last = contacts[best.to].at;
      this.#best = { ...best, destinations: window.length, proof, last };
    }
    const end = contacts[contacts.length - 1].time;
    const keep = contacts.findIndex((contact) => end - contact.time <= FAN_OUT_WINDOW_S);
    this.#contacts = contacts.slice(Math.max(keep, contacts.length - CONTACTS_HELD / 2));
  }

  finish(): Observation<'fan_out'> | undefined {
    if (this.#contacts.length > 0) this.#weigh();
    if (!this.#best || this.#total < 2) return undefined;
    const { destinations, unanswered, outside, proof, last } = this.#best;
    return {
      client: this.#source,
      server: 0,
      clientPort: 0,
      serverPort: this.#port,
      carrier: this.#carrier,
      openingSeen: true,
      multicast: false,
      first: proof[0],
      last,
      count: 1,
      packets: proof,
      secrets: [],
      port: this.#port,
      window_s: FAN_OUT_WINDOW_S,
      destinations,
      unanswered,
      outside,
      total: this.#total,
    };
  }
}

function timeOf(at: PacketRef): number {
  return at.seconds + at.nanos * 1e-9;
}

function isLater(a: PacketRef, b: PacketRef): boolean {
  return a.seconds > b.seconds || (a.seconds === b.seconds && a.nanos > b.nanos);
}
