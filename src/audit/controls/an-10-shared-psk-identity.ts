/**
 * AN-10: devices use one pre-shared-key identity.
 * Decided from the identity in ClientKeyExchange (RFC 4279, 2), which travels in clear. An identity that is a mere
 * placeholder may still stand for a key of each device's own, so it is medium until enrolment says more, and counts
 * only at one server.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import { namesOf, sharersOf } from '../sharing.ts';

/** What libraries and examples send when nobody sets an identity. */
const GENERIC =
  /^$|^(client_?identity|client|identity|psk|psk_?identity|psk_?id|default|user|test|hint|anonymous|id|device|nil|none|1|0)$/i;

export const sharedPskIdentity = control({
  id: 'AN-10',
  practice: 'authentication',
  severity: 'high',
  title: 'Several devices use one pre-shared-key identity',
  why: 'With one identity the server cannot tell the devices apart or lock a single one out, and most likely they share the key as well.',
  fix: 'Give each device an identity and a key of its own when it is provisioned.',
  provisions: {
    'etsi-303645:2.1.1': ['5.4-4'],
    'etsi-303645:3.1.3': ['5.4-4'],
    'eu-cra:2024-2847': ['I(2)(d)'],
    'nistir-8259a:2020': ['DI'],
    'owasp-iot-top10:2018': ['I1'],
    'owasp-isvs:1.0': ['2.1.10'],
    'iec-62443-4-2:2019': ['CR 1.14'],
  },
  floor: { sessions: 1 },
  parameters: {},
  evaluate(device, network) {
    const judged = device.seen('tls').filter((handshake) => keyOf(handshake) !== undefined);
    if (judged.length === 0) return notSeen();
    const shared = sharersOf(device, network, 'AN-10', keysOf);
    const failing = judged.filter((handshake) => shared.has(keyOf(handshake)!));
    if (failing.length === 0) return pass(judged.length);
    const others = [
      ...new Set(failing.flatMap((handshake) => shared.get(keyOf(handshake)!) ?? [])),
    ];
    const generic = failing.every(({ observation }) => GENERIC.test(observation.pskIdentity ?? ''));
    return fail(
      judged.length,
      proofs(network, failing, (handshake) => ({
        psk_identity: handshake.observation.pskIdentity,
        dtls: handshake.observation.dtls,
        shared_with: namesOf(shared.get(keyOf(handshake)!) ?? []),
      })),
      generic
        ? {
            severity: 'medium',
            note: `A placeholder, also used by ${namesOf(others)}; the keys behind it may differ.`,
          }
        : { note: `Also used by ${namesOf(others)}.` },
    );
  },
});

function* keysOf(device: Device): Generator<string> {
  for (const handshake of device.seen('tls')) {
    const key = keyOf(handshake);
    if (key !== undefined) yield key;
  }
}

function keyOf({ role, peer, observation: { pskIdentity } }: Sighting<'tls'>): string | undefined {
  if (role !== 'client' || pskIdentity === undefined) return undefined;
  return GENERIC.test(pskIdentity) ? `${peer.host}\n${pskIdentity}` : pskIdentity;
}
