/**
 * CH-10: the key exchange gives no forward secrecy: static RSA or Diffie–Hellman, or a plain pre-shared key.
 * Decided from the suite in the server hello. Names of TLS 1.3 suites hold no key exchange, which is ephemeral there.
 */
import { control } from '../control.ts';
import { cipherSuite, cipherSuiteName } from '../data/cipher-suites.ts';
import { judgeNegotiation, versionName } from '../handshakes.ts';

export const noForwardSecrecy = control({
  id: 'CH-10',
  practice: 'encryption',
  severity: 'medium',
  title: 'Key exchange without forward secrecy',
  why: 'Whoever gets hold of the server’s key later can read everything that was recorded until then.',
  fix: 'Prefer ECDHE suites on the server and offer them on the client, or move to TLS 1.3.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['4.1.2'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {
    /** Accept pre-shared keys with AES-CCM, the suites that constrained devices are given (RFC 7925, 4.2). */
    allowPskCcm: false,
  },
  evaluate(device, network, { allowPskCcm }) {
    const lacks = (number: number): boolean => {
      const suite = cipherSuite(number);
      return suite !== undefined && !suite.forwardSecrecy && !(allowPskCcm && suite.pskCcm);
    };
    return judgeNegotiation(device, network, {
      concerns: () => true,
      isBad: ({ cipher }) => lacks(cipher),
      hadBetter: ({ ciphers }) =>
        ciphers.some((offered) => cipherSuite(offered) !== undefined && !lacks(offered)),
      fieldsOf: ({ observation: { clientHello, serverHello } }) => ({
        cipher: cipherSuiteName(serverHello?.cipher ?? 0),
        version: versionName(serverHello?.version ?? 0),
        server_name: clientHello?.serverName,
      }),
    });
  },
});
