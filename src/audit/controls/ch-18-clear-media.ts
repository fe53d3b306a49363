/**
 * CH-18: a stream of pictures or sound leaves the segment in clear.
 * Decided from what signalling says of a stream (RTSP's Transport and SDP, SIP): RTP/AVP is clear (RFC 3551), SAVP or keys
 * in the description are SRTP (RFC 3711, 4568), and so is what DTLS on the same ports has keyed (RFC 5764). RTP itself shows
 * neither. The sender answers for it. To another segment of the site is milder than to the internet.
 */
import type { Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';

export const clearMedia = control({
  id: 'CH-18',
  practice: 'encryption',
  severity: 'high',
  title: 'Pictures or sound in clear',
  why: 'Everybody on the path sees and hears what the device does, and can put something else in its place.',
  fix: 'Use SRTP (RTP/SAVP), RTSP over TLS or WebRTC, or keep the recorder in the camera’s own segment.',
  provisions: {
    'etsi-303645:2.1.1': ['5.8-2', '5.8-1'],
    'etsi-303645:3.1.3': ['5.8-2', '5.8-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I6'],
    'owasp-isvs:1.0': ['4.1.1'],
    'iec-62443-4-2:2019': ['CR 4.1'],
  },
  floor: { sessions: 1, hours: 24 },
  /** `packets`: of a stream, below which it is no more than an attempt. */
  parameters: { packets: 10 },
  evaluate(device, network, { packets }) {
    const sent = device
      .seen('media_stream')
      .filter(({ role, observation }) => role === 'client' && observation.packetsSeen >= packets);
    const leaving = sent.filter(({ peer }) => !peer.sameSegment);
    if (leaving.length === 0)
      return notSeen(sent.length > 0 ? 'its streams stay in its segment' : undefined);
    const clear = leaving.filter(({ observation }) => observation.protection === 'clear');
    const encrypted = leaving.filter(({ observation }) => observation.protection === 'encrypted');
    if (clear.length > 0) {
      return fail(
        clear.length + encrypted.length,
        proofs(network, clear, ({ observation, peer }) => ({
          media: observation.media,
          encoding: observation.encoding,
          profile: observation.profile,
          carriage: observation.carriage,
          packets: observation.packetsSeen,
          receiver: peer.name ?? peer.address,
        })),
        clear.every(isInside)
          ? { severity: 'medium', note: 'The stream goes to another segment of the site.' }
          : {},
      );
    }
    if (encrypted.length > 0) return pass(encrypted.length);
    return notVisible('What was agreed on for the streams was not in view.');
  },
});

const isInside = ({ peer }: Sighting<'media_stream'>): boolean => peer.scope !== 'public';
