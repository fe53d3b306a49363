/**
 * CH-16: two or more devices serve one public key.
 * Decided from the key of the leaf certificates that they send themselves. One machine with two interfaces is one
 * device; a gateway that forwards a port shows the key of the machine behind it.
 */
import type { Device } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import { namesOf, sharersOf } from '../sharing.ts';

export const sharedCertificateKey = control({
  id: 'CH-16',
  practice: 'encryption',
  severity: 'critical',
  title: 'One private key on several devices',
  why: 'Whoever takes the key out of one device can pose as all of them and read their traffic.',
  fix: 'Have every unit generate its own key and enrol for its own certificate. Never put a key into the image.',
  provisions: {
    'etsi-303645:2.1.1': ['5.4-4'],
    'etsi-303645:3.1.3': ['5.4-4'],
    'eu-cra:2024-2847': ['I(2)(d)', 'I(2)(e)'],
    'nistir-8259a:2020': ['DI', 'DP'],
    'owasp-iot-top10:2018': ['I1'],
    'owasp-isvs:1.0': ['2.4.1'],
  },
  floor: { sessions: 1 },
  parameters: {},
  evaluate(device, network) {
    const served = device
      .seen('tls')
      .filter(
        ({ role, observation }) => role === 'server' && observation.serverHello !== undefined,
      );
    if (served.length === 0) return notSeen();
    const judged = served.filter(({ observation }) => observation.certificates.length > 0);
    if (judged.length === 0)
      return notVisible('The certificate was encrypted (TLS 1.3), resumed or cut.');
    const shared = sharersOf(device, network, 'CH-16', servedKeys);
    const keyOf = ({ observation }: (typeof judged)[number]): string =>
      observation.certificates[0].keyFingerprint;
    const failing = judged.filter((handshake) => shared.has(keyOf(handshake)));
    if (failing.length === 0) return pass(judged.length);
    const others = [...new Set(failing.flatMap((handshake) => shared.get(keyOf(handshake)) ?? []))];
    return fail(
      judged.length,
      proofs(network, failing, (handshake) => ({
        subject: handshake.observation.certificates[0].subject,
        key_fingerprint: keyOf(handshake),
        shared_with: namesOf(shared.get(keyOf(handshake)) ?? []),
      })),
      { note: `The same key is on ${namesOf(others)}.` },
    );
  },
});

function* servedKeys(device: Device): Generator<string> {
  for (const { role, observation } of device.seen('tls')) {
    const [leaf] = observation.certificates;
    if (role === 'server' && leaf) yield leaf.keyFingerprint;
  }
}
