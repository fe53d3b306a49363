/**
 * CH-05: the password for a message broker crosses the network in clear.
 * Decided from a CONNECT of MQTT in clear with both user name and password (MQTT 3.1.1, 3.1.2.8–9), and from sign-ins
 * at brokers of AMQP (SASL PLAIN and its like) and NATS. A token that is signed and expires by itself (JWT, SAS) is
 * high: it can be used, but not for long. Refused attempts are guesses.
 */
import type { Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { isAtOtherBroker } from '../credentials.ts';
import { proofs } from '../proofs.ts';
import { answersForConfiguration, isBehindTerminator } from '../responsibility.ts';

/** RFC 7519 compact form, and shared access signatures. */
const SIGNED_TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]*$|^SharedAccessSignature .*\bse=\d+/;

export const clearMqttCredential = control({
  id: 'CH-05',
  practice: 'encryption',
  severity: 'critical',
  title: 'Password for a message broker in clear',
  why: 'Anybody on the path reads the password and can act as this device.',
  fix: 'Use the broker’s TLS port on the client and close the listener in clear, then change the password. Client certificates need none.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-6', '5.5-7'],
    'etsi-303645:3.1.3': ['5.5-6', '5.5-7'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['4.2.3'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const concerns = <K extends 'mqtt' | 'login'>(seen: Sighting<K>): boolean =>
      answersForConfiguration(seen, device) && !isBehindTerminator(seen, network);
    const sessions = device.seen('mqtt').filter(concerns);
    const signIns = device
      .seen('login')
      .filter((login) => isAtOtherBroker(login.observation) && concerns(login));
    if (sessions.length + signIns.length === 0) return notSeen();
    const opened = sessions.filter(({ observation }) => observation.protocolVersion > 0);
    const judged = opened.length + signIns.length;
    if (judged === 0) return notVisible('No CONNECT was in view.');
    const failing = opened.filter(({ role, observation: { userName, password, returnCode } }) => {
      if (userName === undefined || !password?.length) return false;
      return role === 'client' ? !returnCode : returnCode === 0;
    });
    const failingSignIns = signIns.filter(({ role, observation: { secret, outcome } }) => {
      if (!secret?.length) return false;
      return role === 'client' ? outcome !== 'refused' : outcome === 'accepted';
    });
    if (failing.length + failingSignIns.length === 0) return pass(judged);
    const tokens = [
      ...failing.map(({ observation }) => observation.password),
      ...failingSignIns.map(({ observation }) => observation.secret),
    ].every((secret) => SIGNED_TOKEN.test(Buffer.from(secret?.reveal() ?? []).toString('latin1')));
    return fail(
      judged,
      [
        ...proofs(network, failing, ({ observation, peer }) => ({
          client_id: observation.clientId,
          user_name: observation.userName,
          password: observation.password?.hash,
          return_code: observation.returnCode,
          same_segment: peer.sameSegment,
        })),
        ...proofs(network, failingSignIns, ({ observation, peer }) => ({
          protocol: observation.protocol,
          method: observation.method,
          user: observation.user,
          password: observation.secret?.hash,
          outcome: observation.outcome,
          same_segment: peer.sameSegment,
        })),
      ],
      tokens ? { severity: 'high', note: 'The password is a signed token that expires.' } : {},
    );
  },
});
