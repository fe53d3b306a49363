/**
 * CH-07: an outdated TLS version was negotiated.
 * Decided from what the server hello chose: supported_versions (RFC 8446, 4.2.1), else its version field, and never
 * the record's version, which TLS 1.3 freezes.
 */
import { control } from '../control.ts';
import { highestOffer, judgeNegotiation, TLS_1_2, versionName } from '../handshakes.ts';

export const oldTls = control({
  id: 'CH-07',
  practice: 'encryption',
  severity: 'high',
  title: 'Outdated TLS version negotiated',
  why: 'TLS 1.0 and 1.1 rest on SHA-1 and MD5 and were withdrawn by RFC 8996; SSL is broken.',
  fix: 'Update the device’s TLS library, or set its lowest version to TLS 1.2.',
  provisions: {
    'etsi-303645:2.1.1': ['5.1-3', '5.5-1'],
    'etsi-303645:3.1.3': ['5.1-3', '5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I5', 'I7'],
    'owasp-isvs:1.0': ['4.1.2'],
    'iec-62443-4-2:2019': ['CR 4.3'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate: (device, network) =>
    judgeNegotiation(device, network, {
      concerns: ({ dtls }) => !dtls,
      isBad: ({ version }) => version < TLS_1_2,
      hadBetter: (offered) => highestOffer(offered) >= TLS_1_2,
      fieldsOf: ({ observation: { clientHello, serverHello } }) => ({
        version: versionName(serverHello?.version ?? 0),
        offered: clientHello && versionName(highestOffer(clientHello)),
        server_name: clientHello?.serverName,
      }),
    }),
});
