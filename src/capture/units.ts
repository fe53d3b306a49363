/**
 * How many units of a protocol a flow carried each way, and how many of them broke the specification (control MO-09).
 * Counted for every event by the flow's decoding, so that no observer has to; written when the flow's decoding ends.
 * In the record `client` is the sender, `serverPort` the service's port in either direction, and `packets` the
 * malformed ones only.
 */
import type { Direction, Flow, MalformedEvent, PacketRef } from './decoder.ts';
import { addProof, type Observation, type Observations, type Parties } from './observations.ts';

/** Reasons are fixed words of the decoders, so an honest one never meets this. */
const REASONS_MAX = 32;

export class UnitCounter {
  readonly #into: Observations;
  #protocol = '';
  #toServer = 0;
  #toClient = 0;

  constructor(into: Observations) {
    this.#into = into;
  }

  /** Counts well-formed units. */
  add(flow: Flow, direction: Direction, protocol: string, units: number, at: PacketRef): void {
    if (protocol !== this.#protocol) {
      this.flush(flow, at);
      this.#protocol = protocol;
    }
    if (direction === 0) this.#toServer += units;
    else this.#toClient += units;
  }

  /** Counts a unit that breaks the specification, and keeps its packet as proof. */
  addMalformed(flow: Flow, direction: Direction, event: MalformedEvent, at: PacketRef): void {
    const record = this.#record(flow, direction, event.protocol, at);
    if (!record) return;
    if (!event.readable) record.units++;
    record.malformed++;
    record.count = record.units;
    addProof(record, at);
    const { reason } = event;
    const seen = record.reasons.get(reason);
    if (seen !== undefined || record.reasons.size < REASONS_MAX) {
      record.reasons.set(reason, (seen ?? 0) + 1);
    }
  }

  /** Writes what was counted. */
  flush(flow: Flow, at: PacketRef): void {
    for (const direction of [0, 1] as const) {
      const units = direction === 0 ? this.#toServer : this.#toClient;
      if (units === 0) continue;
      const record = this.#record(flow, direction, this.#protocol, at);
      if (!record) continue;
      record.units += units;
      record.count = record.units;
    }
    this.#toServer = 0;
    this.#toClient = 0;
  }

  #record(
    flow: Flow,
    direction: Direction,
    protocol: string,
    at: PacketRef,
  ): Observation<'malformed'> | undefined {
    const parties = direction === 0 ? flow : reversed(flow);
    const record = this.#into.note('malformed', parties, at, protocol, () => ({
      protocol,
      units: 0,
      malformed: 0,
      reasons: new Map<string, number>(),
    }));
    // `note` takes the packet it is called with for a proof; here only malformed ones are.
    if (record?.packets.at(-1) === at) record.packets.pop();
    return record;
  }
}

function reversed(flow: Flow): Parties {
  const { carrier, serverPort, openingSeen, multicast } = flow;
  return {
    carrier,
    client: flow.server,
    server: flow.client,
    clientPort: serverPort,
    serverPort,
    openingSeen,
    multicast,
  };
}
