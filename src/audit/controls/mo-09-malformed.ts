/**
 * MO-09: more than one in a hundred of the protocol units that the device sends break their specification.
 * Decided from the units that decoders counted by sender; what others send to the device is not its failure. Units
 * that were cut by the capture or had bytes missing, and streams seen from one side, say nothing, nor do a few faults:
 * our reading may be wrong there.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

/** Reasons that snap length, loss or offload explain as well. */
const CAPTURE_FAULT = /\b(cut|truncat|short|missing|gap|lost|incomplete|ends? (early|before))/i;

export const malformed = control({
  id: 'MO-09',
  practice: 'monitoring',
  severity: 'medium',
  title: 'Sends malformed messages',
  why: 'Messages that break their protocol come from faulty software or from an attempt to break the receiver’s.',
  fix: 'Look at the packets, and report them to the maker if the device is in order otherwise. If it should not speak this protocol at all, take it off the network.',
  provisions: {
    'etsi-303645:2.1.1': ['5.13-1'],
    'etsi-303645:3.1.3': ['5.13-1B'],
    'iec-62443-4-2:2019': ['CR 3.5'],
  },
  floor: { sessions: 1000, hours: 24 },
  parameters: { shareMax: 0.01, unitsMin: 5, malformedMin: 3 },
  evaluate(device, network, parameters) {
    const sent = device
      .seen('malformed')
      .filter(({ role, observation }) => role === 'client' && observation.units > 0);
    if (sent.length === 0) return notSeen();
    const judged = sent.reduce((sum, { observation }) => sum + observation.units, 0);
    const proof = [...byProtocol(sent)].flatMap(([protocol, records]) => {
      const units = records.reduce((sum, { observation }) => sum + observation.units, 0);
      const faulty = records.filter((record) => faults(record) > 0 && hasBothSides(device, record));
      const count = faulty.reduce((sum, record) => sum + faults(record), 0);
      const tooMany =
        units >= parameters.unitsMin &&
        count >= parameters.malformedMin &&
        count > parameters.shareMax * units;
      if (!tooMany) return [];
      return faulty.slice(0, PROOFS_MAX).map((record) =>
        evidence(network, record.observation, {
          protocol,
          units,
          malformed: count,
          reason: reasonsOf(record).join('; '),
        }),
      );
    });
    return proof.length > 0 ? fail(judged, proof) : pass(judged);
  },
});

const PROOFS_MAX = 8;

/** A stream of which one direction alone was captured cannot be followed through its negotiations. */
function hasBothSides(device: Device, { observation: units, peer }: Units): boolean {
  if (units.carrier !== 'tcp') return true;
  return !device
    .seen('connection')
    .some(
      ({ peer: other, observation: o }) =>
        other.host === peer.host &&
        o.serverPort === units.serverPort &&
        Math.min(...o.packetCount) === 0,
    );
}

type Units = Sighting<'malformed'>;

function byProtocol(sent: readonly Units[]): Map<string, Units[]> {
  const protocols = new Map<string, Units[]>();
  for (const record of sent) {
    const { protocol } = record.observation;
    protocols.set(protocol, [...(protocols.get(protocol) ?? []), record]);
  }
  return protocols;
}

/** Malformed units that the capture itself does not explain. */
const faults = ({ observation: { reasons } }: Units): number =>
  [...reasons].reduce(
    (sum, [reason, count]) => (CAPTURE_FAULT.test(reason) ? sum : sum + count),
    0,
  );

const reasonsOf = ({ observation: { reasons } }: Units): string[] =>
  [...reasons.keys()].filter((reason) => !CAPTURE_FAULT.test(reason)).slice(0, 4);
