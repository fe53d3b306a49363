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

/** Adds well-formed units that were sent in `direction`. */
export function noteUnits(
  into: Observations,
  flow: Flow,
  direction: Direction,
  protocol: string,
  units: number,
  at: PacketRef,
): void {
  if (units === 0) return;
  const record = recordOf(into, flow, direction, protocol, at);
  if (!record) return;
  record.units += units;
  record.count = record.units;
}

/** Counts a unit that breaks the specification, and keeps its packet as proof. */
export function noteMalformed(
  into: Observations,
  flow: Flow,
  direction: Direction,
  event: MalformedEvent,
  at: PacketRef,
): void {
  const record = recordOf(into, flow, direction, event.protocol, at);
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

function recordOf(
  into: Observations,
  flow: Flow,
  direction: Direction,
  protocol: string,
  at: PacketRef,
): Observation<'malformed'> | undefined {
  const parties = direction === 0 ? flow : reversed(flow);
  const record = into.note('malformed', parties, at, protocol, () => ({
    protocol,
    units: 0,
    malformed: 0,
    reasons: new Map<string, number>(),
  }));
  // `note` takes the packet it is called with for a proof; here only malformed ones are.
  if (record?.packets.at(-1) === at) record.packets.pop();
  return record;
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
