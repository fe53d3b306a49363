/** Turns the sightings that fail a control into evidence, one for each, bounded. */
import type { ObservationKind, PacketRef } from '../capture/index.ts';
import type { Network, Sighting } from '../fleet/index.ts';
import type { Evidence } from './control.ts';
import { type EvidenceFields, evidence } from './evidence.ts';

/** Proofs kept of one finding: enough to see a pattern, few enough to read. */
const PROOFS_MAX = 16;

/** Earliest first; the number of all is the caller's `judged`. */
export function proofs<K extends ObservationKind>(
  network: Network,
  sightings: readonly Sighting<K>[],
  fieldsOf: (sighting: Sighting<K>) => EvidenceFields,
): Evidence[] {
  // A device that talks to itself sees everything from both sides.
  const distinct = new Map(sightings.map((sighting) => [sighting.observation, sighting]));
  return [...distinct.values()]
    .sort((one, other) => byTime(one.observation.first, other.observation.first))
    .slice(0, PROOFS_MAX)
    .map((sighting) => evidence(network, sighting.observation, fieldsOf(sighting)));
}

function byTime(one: PacketRef, other: PacketRef): number {
  return one.seconds - other.seconds || one.nanos - other.nanos || one.packet - other.packet;
}
