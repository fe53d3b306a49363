/**
 * CH-01: Telnet is spoken.
 * Decided from option negotiation (RFC 854, IAC) and payload in both directions, on any port. A SYN, a reset, a
 * banner that nobody answers and a serial line over bare TCP are no Telnet sessions.
 */
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import { answersForProtocol } from '../responsibility.ts';

/** Ports that tell which side serves when the opening was not seen. */
const TELNET_PORTS = new Set([23, 2323]);

export const telnet = control({
  id: 'CH-01',
  practice: 'encryption',
  severity: 'critical',
  title: 'Telnet in use',
  why: 'Everything typed, passwords included, crosses the network in clear, and Telnet is what worms look for first.',
  fix: 'Turn Telnet off and use SSH for maintenance. If it cannot be turned off, let only the maintenance host reach the port.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1', '5.5-7'],
    'etsi-303645:3.1.3': ['5.5-1', '5.5-7'],
    'eu-cra:2024-2847': ['I(2)(e)', 'I(2)(j)'],
    'nistir-8259a:2020': ['DP', 'LA'],
    'owasp-iot-top10:2018': ['I2', 'I7'],
    'owasp-isvs:1.0': ['3.2.3'],
    'iec-62443-4-2:2019': ['CR 4.1'],
  },
  floor: { hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const sessions = device.seen('telnet').filter(answersForProtocol);
    if (sessions.length === 0) return notSeen();
    const spoken = sessions.filter(
      ({ observation: { negotiated, bytes } }) => negotiated && bytes[0] + bytes[1] > 0,
    );
    const twoWay = spoken.filter(({ observation: { bytes } }) => bytes[0] > 0 && bytes[1] > 0);
    const failing = twoWay.filter(
      ({ observation }) => observation.openingSeen || TELNET_PORTS.has(observation.serverPort),
    );
    if (failing.length > 0) {
      return fail(
        sessions.length,
        proofs(network, failing, ({ observation }) => ({
          negotiated: true,
          client_bytes: observation.bytes[0],
          server_bytes: observation.bytes[1],
        })),
      );
    }
    if (twoWay.length > 0)
      return notVisible('The opening was not in view, so which side serves is unknown.');
    if (spoken.length > 0) return notVisible('Payload of one side only was in view.');
    return pass(sessions.length);
  },
});
