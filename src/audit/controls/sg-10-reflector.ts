/**
 * SG-10: the device answers what attackers reflect (SSDP, NTP's management, DNS, CoAP, SNMP) to a public address.
 * Decided from answers that it really sent over UDP; what is asked of it and not answered is not its doing. The asker's
 * address may be forged: that is what makes the answer harmful (RFC 5358 for DNS, RFC 7252, 11.3 for CoAP). A refusal
 * is as small as the question, and harms nobody.
 */
import type { ObservationKind } from '../../capture/index.ts';
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import type { Evidence } from '../control.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import type { EvidenceFields } from '../evidence.ts';
import { proofs } from '../proofs.ts';

export const reflector = control({
  id: 'SG-10',
  practice: 'segmentation',
  severity: 'high',
  title: 'Answers strangers on the internet by UDP',
  why: 'Attackers ask in the name of their victim and have the device flood it with answers larger than the questions.',
  fix: 'Answer these services on the local network only, and block them at the gateway. Turn off management queries of NTP and open name resolution.',
  provisions: {
    'etsi-303645:2.1.1': ['5.6-1'],
    'etsi-303645:3.1.3': ['5.6-1'],
    'eu-cra:2024-2847': ['I(2)(i)'],
    'owasp-iot-top10:2018': ['I2'],
    'iec-62443-4-2:2019': ['CR 7.1'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const found = SOURCES.map((source) => source(device, network));
    const answers = found.flatMap(({ proof }) => proof);
    const asked = found.reduce((sum, { judged }) => sum + judged, 0);
    if (answers.length > 0) return fail(asked, answers);
    return asked > 0 ? pass(asked) : notSeen('nobody outside asked');
  },
});

interface Found {
  /** Different questions from outside. */
  readonly judged: number;
  readonly proof: readonly Evidence[];
}
type Source = (device: Device, network: Network) => Found;

/** A kind of observation: who of it asked, and whether that was answered. */
function source<K extends ObservationKind>(
  kind: K,
  serves: 'server' | 'client',
  concerns: (sighting: Sighting<K>) => boolean,
  isAnswered: (sighting: Sighting<K>) => boolean,
  fieldsOf: (sighting: Sighting<K>) => EvidenceFields,
): Source {
  return (device, network) => {
    const asked = device
      .seen(kind)
      .filter((seen) => seen.role === serves && isFromOutside(seen) && concerns(seen));
    const answered = asked.filter(isAnswered);
    const proof = proofs(network, answered, (seen) => ({
      ...fieldsOf(seen),
      answers: seen.observation.count,
      asker: seen.peer.address,
    }));
    return { judged: asked.length, proof };
  };
}

const isFromOutside = ({ peer, observation }: Sighting<ObservationKind>): boolean =>
  observation.carrier === 'udp' && peer.scope === 'public' && !peer.sameSegment;

const REFUSED = 5;

const SOURCES: readonly Source[] = [
  source(
    ...(['ntp', 'server'] as const),
    ({ observation: { mode } }) => mode === 6 || mode === 7,
    ({ observation }) => observation.answered,
    ({ observation: { mode } }) => ({ protocol: 'ntp', mode }),
  ),
  source(
    ...(['dns', 'server'] as const),
    ({ observation }) => observation.service === 'dns',
    ({ observation: { rcode } }) => rcode !== undefined && rcode !== REFUSED,
    ({ observation: o }) => ({
      ...{ protocol: 'dns', name: o.name, type: o.type, rcode: o.rcode },
      ...{ query_bytes: o.queryBytes, answer_bytes: o.answerBytes },
    }),
  ),
  source(
    ...(['coap', 'server'] as const),
    () => true,
    ({ observation }) => observation.response !== undefined,
    ({ observation: o }) => ({
      ...{ protocol: 'coap', method: o.method, path: o.path },
      ...{ response: o.response, response_bytes: o.responseBytes },
    }),
  ),
  source(
    // Whoever says it is the client of an announcement.
    ...(['announcement', 'client'] as const),
    ({ observation }) => observation.protocol === 'ssdp' && observation.answer,
    () => true,
    ({ observation: { service } }) => ({ protocol: 'ssdp', service }),
  ),
  source(
    ...(['snmp', 'server'] as const),
    ({ observation }) => observation.operation !== 'notify',
    ({ observation }) => observation.outcome === 'accepted',
    ({ observation: o }) => ({ protocol: 'snmp', version: o.version, operation: o.operation }),
  ),
];
