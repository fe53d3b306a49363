/**
 * CH-19: personal data is sent to the Internet in clear: an e-mail address, an exact position, an IMEI.
 * Decided from HTTP requests, MQTT messages and CoAP payloads that the device itself sends outside TLS to a public
 * address. Addresses of functions and of documents are nobody's, a position needs its name and three decimals, an
 * IMEI its name and a right check digit; what was found is kept as a keyed hash only.
 */
import { control, fail, notSeen, pass } from '../control.ts';
import { proofs } from '../proofs.ts';

const NAMES = { email: 'e-mail address', position: 'position', imei: 'IMEI' } as const;

export const clearPersonalData = control({
  id: 'CH-19',
  practice: 'encryption',
  severity: 'medium',
  title: 'Personal data sent to the internet in clear',
  why: 'Every network on the way learns who uses the device and where.',
  fix: 'Have the device send it under TLS to a server whose certificate it checks, or not at all.',
  provisions: {
    'etsi-303645:2.1.1': ['5.8-1', '6-4'],
    'etsi-303645:3.1.3': ['5.8-1', '6-4'],
    'eu-cra:2024-2847': ['I(2)(g)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I6'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const sent = [...device.seen('http'), ...device.seen('mqtt'), ...device.seen('coap')].filter(
      ({ role, peer }) => role === 'client' && peer.scope === 'public' && !peer.sameSegment,
    );
    const failing = device
      .seen('personal_data')
      .filter(({ role, peer }) => role === 'client' && !peer.sameSegment);
    if (failing.length > 0) {
      return fail(
        Math.max(sent.length, failing.length),
        proofs(network, failing, ({ observation, peer }) => ({
          data: NAMES[observation.data],
          value: observation.value.hash,
          protocol: observation.protocol,
          where: observation.where,
          server: peer.name,
        })),
      );
    }
    return sent.length > 0 ? pass(sent.length) : notSeen();
  },
});
