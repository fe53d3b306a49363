/**
 * CH-12: the device serves a certificate that has expired or is not valid yet.
 * Decided from the leaf that the device itself sends, by the time of the packet. TLS 1.3 encrypts it, and a resumed
 * session has none: not visible. Where the capture's clock is contradicted by what public servers showed, nothing is
 * judged.
 */
import { clockInDoubt, dateText, validity } from '../clock.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import type { Handshake } from '../handshakes.ts';
import { proofs } from '../proofs.ts';

export const invalidOwnCertificate = control({
  id: 'CH-12',
  practice: 'encryption',
  severity: 'medium',
  title: 'Device serves an expired certificate',
  why: 'Clients must refuse it or be told to ignore warnings, and then they no longer notice an impostor either.',
  fix: 'Renew the certificate, and let the device renew it by itself (EST or ACME). Check that its clock is set.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'iec-62443-4-2:2019': ['CR 1.8'],
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
    const failing = judged.filter((handshake) => stateOf(handshake) !== 'valid');
    if (failing.length === 0) return pass(judged.length);
    if (clockInDoubt(network))
      return notVisible('The capture’s clock contradicts the certificates of public servers.');
    return fail(
      judged.length,
      proofs(network, failing, (handshake) => {
        const leaf = handshake.observation.certificates[0];
        return {
          subject: leaf.subject,
          state: stateOf(handshake),
          not_before: dateText(leaf.notBefore),
          not_after: dateText(leaf.notAfter),
          fingerprint: leaf.fingerprint,
        };
      }),
    );
  },
});

const stateOf = ({ observation: { certificates, first } }: Handshake): string =>
  validity(certificates[0], first);
