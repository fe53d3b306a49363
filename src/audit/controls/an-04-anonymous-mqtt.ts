/**
 * AN-04: a message broker lets clients in without credentials.
 * Decided from CONNECT without user name, password and authentication method, and a CONNACK of success
 * (MQTT 3.1.1, 3.1.2.8 and 3.2.2.3; MQTT 5, 3.1.2.11.9), and from accepted sign-ins without a user at brokers of AMQP
 * (SASL ANONYMOUS, RFC 4505) and NATS. Only sessions in clear are visible, so the listener does not ask for client
 * certificates. A client fails where its broker is outside the inventory: it hands its data to a broker that anybody
 * may read.
 */
import type { Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { isAtOtherBroker } from '../credentials.ts';
import { proofs } from '../proofs.ts';
import { answersForProtocol, isBehindTerminator } from '../responsibility.ts';

export const anonymousMqtt = control({
  id: 'AN-04',
  practice: 'authentication',
  severity: 'high',
  title: 'Message broker accepts anonymous clients',
  why: 'Anybody who reaches the broker can read what devices report and send them commands.',
  fix: 'Turn anonymous access off and give each client a certificate, or a user name and password over TLS.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-4'],
    'etsi-303645:3.1.3': ['5.5-4'],
    'eu-cra:2024-2847': ['I(2)(d)'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I2', 'I3'],
    'owasp-isvs:1.0': ['4.2.2'],
    'iec-62443-4-2:2019': ['CR 1.2'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const concerns = <K extends 'mqtt' | 'login'>(seen: Sighting<K>): boolean =>
      answersForProtocol(seen) && !isBehindTerminator(seen, network);
    const sessions = device.seen('mqtt').filter(concerns);
    const signIns = device
      .seen('login')
      .filter((login) => isAtOtherBroker(login.observation) && concerns(login));
    if (sessions.length + signIns.length === 0) return notSeen();
    const answered = sessions.filter(({ observation }) => observation.returnCode !== undefined);
    const decided = signIns.filter(({ observation }) => observation.outcome !== 'unknown');
    const judged = answered.length + decided.length;
    if (judged === 0) return notVisible('No answer to a sign-in was in view.');
    const failing = answered.filter(
      ({ observation: { returnCode, userName, password, authenticationMethod } }) =>
        returnCode === 0 && !userName && !password?.length && !authenticationMethod,
    );
    const failingSignIns = decided.filter(
      ({ observation: { method, outcome } }) => method === 'anonymous' && outcome === 'accepted',
    );
    const all = [...failing, ...failingSignIns];
    if (all.length === 0) return pass(judged);
    return fail(
      judged,
      [
        ...proofs(network, failing, ({ observation }) => ({
          client_id: observation.clientId,
          protocol_version: observation.protocolVersion,
          user_name: false,
          return_code: observation.returnCode,
        })),
        ...proofs(network, failingSignIns, ({ observation }) => ({
          protocol: observation.protocol,
          method: observation.method,
          outcome: observation.outcome,
        })),
      ],
      all.every(({ role }) => role === 'client')
        ? {
            note: 'It signs in without a credential at a broker outside: give it one of its own there, over TLS.',
          }
        : {},
    );
  },
});
