/**
 * CH-05: an MQTT password crosses the network in clear.
 * Decided from a CONNECT in clear with both user name and password (MQTT 3.1.1, 3.1.2.8–9). A token that is signed
 * and expires by itself (JWT, SAS) is high: it can be used, but not for long. Refused attempts are guesses.
 */
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import { answersForConfiguration, isBehindTerminator } from '../responsibility.ts';

/** RFC 7519 compact form, and shared access signatures. */
const SIGNED_TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]*$|^SharedAccessSignature .*\bse=\d+/;

export const clearMqttCredential = control({
  id: 'CH-05',
  practice: 'encryption',
  severity: 'critical',
  title: 'MQTT password in clear',
  why: 'Anybody on the path reads the password and can act as this device.',
  fix: 'Use the broker’s TLS port on the client and close the listener in clear, then change the password. Client certificates need none.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-6', '5.5-7'],
    'etsi-303645:3.1.3': ['5.5-6', '5.5-7'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const sessions = device
      .seen('mqtt')
      .filter(
        (session) =>
          answersForConfiguration(session, device) && !isBehindTerminator(session, network),
      );
    if (sessions.length === 0) return notSeen();
    const opened = sessions.filter(({ observation }) => observation.protocolVersion > 0);
    if (opened.length === 0) return notVisible('No CONNECT was in view.');
    const failing = opened.filter(({ role, observation: { userName, password, returnCode } }) => {
      if (userName === undefined || !password?.length) return false;
      return role === 'client' ? !returnCode : returnCode === 0;
    });
    if (failing.length === 0) return pass(opened.length);
    const tokens = failing.every(({ observation: { password } }) =>
      SIGNED_TOKEN.test(Buffer.from(password?.reveal() ?? []).toString('latin1')),
    );
    return fail(
      opened.length,
      proofs(network, failing, ({ observation, peer }) => ({
        client_id: observation.clientId,
        user_name: observation.userName,
        password: observation.password?.hash,
        return_code: observation.returnCode,
        same_segment: peer.sameSegment,
      })),
      tokens ? { severity: 'high', note: 'The password is a signed token that expires.' } : {},
    );
  },
});
