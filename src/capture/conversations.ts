/**
 * What remains of flows when they end: connections, the flows of two hosts to one server port. The kernel adds them
 * up (kernel/connections.as.ts); here they become observations.
 */
import type { PacketRef } from './decoder.ts';
import {
  ANSWERED,
  CONNECTION_BYTES,
  CONNECTION_KEYS,
  CONNECTION_RECORDS,
  CONNECTION_WORDS,
  CONNECTIONS,
  CONNECTIONS_DROPPED,
  ESTABLISHED,
  FIRST_CLIENT_PORT,
  FIRST_FLAGS,
  FIRST_FLOW_FILE,
  FIRST_FLOW_NANOS,
  FIRST_FLOW_PACKET,
  FIRST_FLOW_SECONDS,
  FLOWS,
  LAST_FILE,
  LAST_PACKET,
  LAST_TIME,
  MULTICAST,
  OPENING_SEEN,
  REFUSED,
  SPOKEN,
  SUM_BYTES,
  SUM_PACKETS,
} from './kernel/layout.ts';
import type { PacketKernel } from './kernel.ts';
import type { Observation, Observations } from './observations.ts';
import { refAt } from './packet.ts';
import { carrierName } from './protocols.ts';

const WORDS = CONNECTION_BYTES / 4;
const DOUBLES = CONNECTION_BYTES / 8;
const SHORT_SESSIONS_MAX = 1000;

export class Conversations {
  readonly #kernel: PacketKernel;
  /** By the connection's number: when its short sessions began, seconds since 1970. */
  readonly #shortSessions = new Map<number, number[]>();

  constructor(kernel: PacketKernel) {
    this.#kernel = kernel;
  }

  /** A flow ends. @param began - seconds since 1970. */
  add(flow: number, began: number): void {
    const connection = this.#kernel.run.conclude(flow);
    if (connection === 0) return;
    const sessions = this.#shortSessions.get(connection);
    if (!sessions) this.#shortSessions.set(connection, [began]);
    else if (sessions.length < SHORT_SESSIONS_MAX) sessions.push(began);
  }

  /** Hands everything over; call once, after the last flow. @param spoken - name of a recognised protocol. */
  finish(observations: Observations, spoken: (protocol: number) => string | undefined): void {
    const { words } = this.#kernel;
    for (let number = 1; number < words[CONNECTIONS]; number++) {
      observations.add('connection', this.#connection(number, spoken));
    }
    const dropped = words[CONNECTIONS_DROPPED];
    if (dropped > 0) observations.dropped.set('connection', dropped);
  }

  #connection(
    number: number,
    spoken: (protocol: number) => string | undefined,
  ): Observation<'connection'> {
    const { words, doubles } = this.#kernel;
    const key = CONNECTION_KEYS / 4 + number * CONNECTION_WORDS;
    const at = CONNECTION_RECORDS / 4 + number * WORDS;
    const d = CONNECTION_RECORDS / 8 + number * DOUBLES;
    const first: PacketRef = {
      file: words[at + FIRST_FLOW_FILE],
      packet: words[at + FIRST_FLOW_PACKET],
      seconds: doubles[d + FIRST_FLOW_SECONDS],
      nanos: words[at + FIRST_FLOW_NANOS],
    };
    return {
      client: words[key],
      server: words[key + 1],
      clientPort: words[at + FIRST_CLIENT_PORT],
      serverPort: words[key + 2] >>> 8,
      carrier: carrierName(words[key + 2] & 255),
      openingSeen: (words[at + FIRST_FLAGS] & OPENING_SEEN) !== 0,
      multicast: (words[at + FIRST_FLAGS] & MULTICAST) !== 0,
      first,
      last: refAt(words[at + LAST_FILE], words[at + LAST_PACKET], doubles[d + LAST_TIME]),
      count: words[at + FLOWS],
      packets: [first],
      secrets: [],
      flows: words[at + FLOWS],
      established: words[at + ESTABLISHED],
      answered: words[at + ANSWERED],
      refused: words[at + REFUSED],
      bytes: [doubles[d + SUM_BYTES], doubles[d + SUM_BYTES + 1]],
      packetCount: [doubles[d + SUM_PACKETS], doubles[d + SUM_PACKETS + 1]],
      protocol: spoken(words[at + SPOKEN]),
      shortSessions: (this.#shortSessions.get(number) ?? []).sort((a, b) => a - b),
    };
  }
}
