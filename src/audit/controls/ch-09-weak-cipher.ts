/**
 * CH-09: a broken cipher suite was negotiated: NULL, anonymous, EXPORT, RC4, DES or 3DES.
 * Decided from the suite in the server hello; what is merely offered is no failure. RC4: RFC 7465; DES and 3DES:
 * RFC 9325, 4.1. Signals (SCSV) and GREASE in an offer are no suites. What IKE agreed on for a tunnel has no control of
 * its own in the catalogue and is judged here: no encryption, DES, 3DES and their like, MD5, and groups of less than
 * 2,048 bits (RFC 8247).
 */
import type { Device, Network } from '../../fleet/index.ts';
import { combined } from '../combine.ts';
import { control, type Judgement } from '../control.ts';
import { cipherSuite, cipherSuiteName } from '../data/cipher-suites.ts';
import { judgeNegotiation, versionName } from '../handshakes.ts';
import { judgeTunnels } from '../tunnels.ts';

export const weakCipher = control({
  id: 'CH-09',
  practice: 'encryption',
  severity: 'high',
  title: 'Broken cipher negotiated',
  why: 'Its encryption can be undone, or it encrypts or authenticates nothing.',
  fix: 'Allow only AEAD suites (AES-GCM, AES-CCM, ChaCha20-Poly1305) in the TLS settings of the device, and AES with a group of 2,048 bits or more in those of its tunnels. Update its library where it has no better.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['4.1.2'],
    'iec-62443-4-2:2019': ['CR 4.3'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate: (device, network) =>
    combined('high', judgeSuites(device, network), judgeTunnels(device, network)),
});

function judgeSuites(device: Device, network: Network): Judgement {
  return judgeNegotiation(device, network, {
    concerns: () => true,
    isBad: ({ cipher }) => cipherSuite(cipher)?.weakness !== undefined,
    hadBetter: ({ ciphers }) =>
      ciphers.some((offered) => {
        const suite = cipherSuite(offered);
        return suite !== undefined && suite.weakness === undefined;
      }),
    fieldsOf: ({ observation: { clientHello, serverHello } }) => ({
      cipher: cipherSuiteName(serverHello?.cipher ?? 0),
      weakness: cipherSuite(serverHello?.cipher ?? 0)?.weakness,
      version: versionName(serverHello?.version ?? 0),
      server_name: clientHello?.serverName,
    }),
  });
}
