/**
 * CH-04: MQTT without TLS leaves the device's segment.
 * Decided from a CONNECT (or, where it is not in view, a PUBLISH) that was parsed in clear, never from port 1883,
 * and from where the other side is. Both sides fail where both are ours: the client for its configuration, the broker
 * for its listener. Inside a segment clear MQTT is a matter of policy; who may sign in there, and with what in clear,
 * AN-04 and CH-05 judge.
 */
import { control, fail, notSeen } from '../control.ts';
import { proofs } from '../proofs.ts';
import { answersForConfiguration } from '../responsibility.ts';

export const clearMqtt = control({
  id: 'CH-04',
  practice: 'encryption',
  severity: 'high',
  title: 'MQTT leaves the segment without TLS',
  why: 'Anybody on the path can read what is reported, and slip in commands of their own.',
  fix: 'Use the broker’s TLS port (usually 8883) on the client, with the broker’s certificate checked, and close the listener in clear.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)', 'I(2)(f)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['4.1.1'],
    'iec-62443-4-2:2019': ['CR 4.1'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const spoken = device.seen('mqtt').filter((session) => {
      const { returnCode, messages, protocolVersion } = session.observation;
      // A broker that never answered has not spoken.
      const spoke = returnCode !== undefined || messages > 0;
      const asked = session.role === 'client' && protocolVersion > 0;
      return (spoke || asked) && answersForConfiguration(session, device);
    });
    if (spoken.length === 0) return notSeen();
    const leaving = spoken.filter(({ peer }) => !peer.sameSegment && peer.scope !== 'loopback');
    if (leaving.length === 0) return notSeen('All MQTT in clear stayed inside the segment.');
    return fail(
      spoken.length,
      proofs(network, leaving, ({ observation, peer }) => ({
        client_id: observation.clientId,
        protocol_version: observation.protocolVersion,
        peer: peer.name ?? peer.address,
        return_code: observation.returnCode,
      })),
      leaving.length > 0
        ? {}
        : { severity: 'medium', note: 'All of it stayed inside the segment.' },
    );
  },
});
