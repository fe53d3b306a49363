/**
 * CH-04: MQTT without TLS.
 * Decided from a CONNECT that was parsed in clear, never from port 1883. High where it leaves the device's segment,
 * medium inside it: whoever is in the segment can still read and change it. Both sides fail where both are ours,
 * the client for its configuration and the broker for its listener. Sessions within one machine (TLS ended in front
 * of the broker) are not judged.
 */
import { control, fail, notSeen } from '../control.ts';
import { proofs } from '../proofs.ts';
import { isLoopback } from '../responsibility.ts';

export const clearMqtt = control({
  id: 'CH-04',
  practice: 'encryption',
  severity: 'high',
  title: 'MQTT without TLS',
  why: 'Anybody on the path can read what is reported, and slip in commands of their own.',
  fix: 'Use the broker’s TLS port (usually 8883) on the client, with the broker’s certificate checked, and close the listener in clear.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)', 'I(2)(f)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const sessions = device.seen('mqtt').filter((session) => !isLoopback(session));
    // A broker that never answered has not spoken.
    const spoken = sessions.filter(
      ({ role, observation }) =>
        (role === 'client' && observation.protocolVersion > 0) ||
        observation.returnCode !== undefined ||
        observation.messages > 0,
    );
    if (spoken.length === 0) return notSeen();
    const leaving = spoken.filter(({ peer }) => !peer.sameSegment);
    const failing = leaving.length > 0 ? leaving : spoken;
    return fail(
      spoken.length,
      proofs(network, failing, ({ observation, peer }) => ({
        client_id: observation.clientId,
        protocol_version: observation.protocolVersion,
        same_segment: peer.sameSegment,
        return_code: observation.returnCode,
      })),
      leaving.length > 0
        ? {}
        : { severity: 'medium', note: 'All of it stayed inside the segment.' },
    );
  },
});
