/**
 * CH-11: an outdated DTLS version was negotiated.
 * Decided from the server hello. DTLS numbers run backwards (0xfeff is 1.0, 0xfefd is 1.2), and a HelloVerifyRequest
 * always says 1.0 (RFC 6347, 4.2.1), so it is not looked at.
 */
import { control } from '../control.ts';
import { isGrease, isOldDtls, judgeNegotiation, versionName } from '../handshakes.ts';

export const oldDtls = control({
  id: 'CH-11',
  practice: 'encryption',
  severity: 'medium',
  title: 'Outdated DTLS version negotiated',
  why: 'DTLS 1.0 was withdrawn by RFC 8996 together with TLS 1.1, on which it is built.',
  fix: 'Update the device’s DTLS library, or set its lowest version to DTLS 1.2.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I5', 'I7'],
    'iec-62443-4-2:2019': ['CR 4.3'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate: (device, network) =>
    judgeNegotiation(device, network, {
      concerns: ({ dtls }) => dtls,
      isBad: ({ version }) => isOldDtls(version),
      hadBetter: ({ versions, versionMax }) =>
        [...versions, versionMax].some((version) => !isGrease(version) && !isOldDtls(version)),
      fieldsOf: ({ observation: { clientHello, serverHello } }) => ({
        version: versionName(serverHello?.version ?? 0),
        offered: clientHello && versionName(clientHello.versionMax),
      }),
    }),
});
