/**
 * How many units of a protocol a host sent to another, and how many of them broke the specification (control MO-09).
 * Every observer calls exactly one of the two functions for each event it gets. In the record `client` is the
 * sender, `serverPort` the port of the service in either direction, and `packets` the malformed ones only.
 */
import type { Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observation, type Observations, type Parties } from '../observations.ts';

/** Reasons are fixed words of the decoders, so this is never met by an honest one. */
const REASONS_MAX = 32;

type MalformedRecord = Observation<'malformed'> | undefined;

/** The records of one flow, so that counting a unit is two comparisons and an addition. */
interface FlowUnits {
  id: number;
  into: Observations;
  readonly protocols: [string, string];
  readonly records: [MalformedRecord, MalformedRecord];
}

const unitsByFlow = new WeakMap<Flow, FlowUnits>();

/** Counts a well-formed unit that was sent in `direction`. */
export function noteUnit(
  into: Observations,
  flow: Flow,
  direction: Direction,
  protocol: string,
  at: PacketRef,
): void {
  const record = recordOf(into, flow, direction, protocol, at);
  if (!record) return;
  record.units++;
  record.count = record.units;
  record.last = at;
}

/**
 * Counts a unit that breaks the specification, and keeps its packet as proof.
 * @param reason - the `reason` of the malformed event: a few fixed words.
 * @param readable - the unit could be read all the same: its own event follows, and counts it as a unit.
 */
export function noteMalformed(
  into: Observations,
  flow: Flow,
  direction: Direction,
  protocol: string,
  reason: string,
  at: PacketRef,
  readable = false,
): void {
  const record = recordOf(into, flow, direction, protocol, at);
  if (!record) return;
  if (!readable) record.units++;
  record.malformed++;
  record.count = record.units;
  record.last = at;
  addProof(record, at);
  const seen = record.reasons.get(reason);
  if (seen !== undefined || record.reasons.size < REASONS_MAX)
    record.reasons.set(reason, (seen ?? 0) + 1);
}

function recordOf(
  into: Observations,
  flow: Flow,
  direction: Direction,
  protocol: string,
  at: PacketRef,
): MalformedRecord {
  let units = unitsByFlow.get(flow);
  if (!units || units.id !== flow.id || units.into !== into) {
    units = { id: flow.id, into, protocols: ['', ''], records: [undefined, undefined] };
    unitsByFlow.set(flow, units);
  }
  if (units.protocols[direction] === protocol) return units.records[direction];
  // A flow speaks a second protocol only after a handover (STARTTLS), so one place a direction is enough.
  units.protocols[direction] = protocol;
  const record = open(into, sentBy(flow, direction), protocol, at);
  units.records[direction] = record;
  return record;
}

function open(
  into: Observations,
  parties: Parties,
  protocol: string,
  at: PacketRef,
): MalformedRecord {
  const record = into.note('malformed', parties, at, protocol, () => ({
    protocol,
    units: 0,
    malformed: 0,
    reasons: new Map<string, number>(),
  }));
  // `note` takes the packet it is called with as proof; here only malformed ones are.
  if (record?.packets.at(-1) === at) record.packets.pop();
  return record;
}

function sentBy(flow: Flow, direction: Direction): Parties {
  const { carrier, serverPort, openingSeen, multicast } = flow;
  return direction === 0
    ? {
        carrier,
        client: flow.client,
        server: flow.server,
        clientPort: flow.clientPort,
        serverPort,
        openingSeen,
        multicast,
      }
    : {
        carrier,
        client: flow.server,
        server: flow.client,
        clientPort: serverPort,
        serverPort,
        openingSeen,
        multicast,
      };
}
