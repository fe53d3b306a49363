/**
 * CH-15: the device's own certificate chain rests on a short key or a broken hash.
 * Decided from the leaf and intermediates that the device sends, as a server or as a client: RSA and DSA below 2048
 * bits, elliptic curves below 224 bits, signatures over SHA-1 or MD5 (RFC 9325, 4.5). The signature on a self-signed
 * certificate proves nothing, so its hash does not matter; a root that is sent along is not judged.
 */
import type { CertificateSummary } from '../../capture/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import type { Handshake } from '../handshakes.ts';
import { proofs } from '../proofs.ts';

/** Names and object identifiers of signatures over MD2, MD4, MD5 or SHA-1. */
const BROKEN_HASH =
  /md[245]|sha-?1(?!\d)|^1\.2\.840\.113549\.1\.1\.[2-5]$|^1\.2\.840\.10045\.4\.1$|^1\.2\.840\.10040\.4\.3$|^1\.3\.14\.3\.2\.(3|27|29)$/i;

interface Limits {
  readonly rsaMin_bits: number;
  readonly ecMin_bits: number;
}

export const weakCertificate = control({
  id: 'CH-15',
  practice: 'encryption',
  severity: 'high',
  title: 'Weak key or signature in the device’s certificate',
  why: 'Such a key can be computed, or such a signature forged, by somebody with the means.',
  fix: 'Issue a new certificate with an elliptic-curve P-256 or RSA 2048 key, signed over SHA-256. Generate the key on the device.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['2.4.2'],
    'iec-62443-4-2:2019': ['CR 1.9'],
  },
  floor: { sessions: 1 },
  parameters: { rsaMin_bits: 2048, ecMin_bits: 224 } as Limits,
  evaluate(device, network, limits) {
    const shown = device
      .seen('tls')
      .filter(
        ({ role, observation }) =>
          (role === 'server' && observation.serverHello !== undefined) ||
          observation.clientCertificates.length > 0,
      );
    if (shown.length === 0) return notSeen();
    const judged = shown.filter((handshake) => chainOf(handshake).length > 0);
    if (judged.length === 0)
      return notVisible('The certificate was encrypted (TLS 1.3), resumed or cut.');
    const failing = judged.filter((handshake) => weakestOf(handshake, limits) !== undefined);
    if (failing.length === 0) return pass(judged.length);
    return fail(
      judged.length,
      proofs(network, failing, (handshake) => {
        const [certificate, weakness] = weakestOf(handshake, limits)!;
        return {
          subject: certificate.subject,
          weakness,
          key: `${certificate.keyType} ${certificate.keyBits}`,
          signature: certificate.signature,
          fingerprint: certificate.fingerprint,
        };
      }),
    );
  },
});

/** What the device itself sent. */
function chainOf({ role, observation }: Handshake): readonly CertificateSummary[] {
  return role === 'server' ? observation.certificates : observation.clientCertificates;
}

function weakestOf(handshake: Handshake, limits: Limits): [CertificateSummary, string] | undefined {
  for (const [position, certificate] of chainOf(handshake).entries()) {
    if (position > 0 && certificate.selfSigned) continue;
    const weakness = weaknessOf(certificate, limits);
    if (weakness !== undefined) return [certificate, weakness];
  }
  return undefined;
}

function weaknessOf(
  { keyType, keyBits, signature, selfSigned }: CertificateSummary,
  { rsaMin_bits, ecMin_bits }: Limits,
): string | undefined {
  const short =
    keyType === 'rsa' || keyType === 'dsa' ? rsaMin_bits : keyType === 'ec' ? ecMin_bits : 0;
  if (keyBits > 0 && keyBits < short) return `key shorter than ${short} bits`;
  return !selfSigned && BROKEN_HASH.test(signature) ? 'signature over a broken hash' : undefined;
}
