/**
 * RTP and RTCP (RFC 3550) over UDP. They have no port and no mark of their own: a stream is known by the signalling that
 * announced it, or by two packets that follow upon each other in source, type, number and time. Whether it is
 * encrypted (SRTP) only signalling tells.
 */
import type { Decoder } from '../decoder.ts';
import { MediaParser } from './multiplex.ts';
import { expectedOn, isExpected } from './rtp/expected.ts';
import { Candidates, headerLength, isUsualType } from './rtp/header.ts';
import { isRtcp, isRtcpType } from './rtp/rtcp.ts';

export type { RtpEvent } from './rtp/events.ts';

const candidates = new Candidates();

export const rtpDecoder: Decoder = {
  protocol: 'rtp',
  carriers: ['udp'],
  ports: [],
  recognise(bytes, start, end, direction, flow) {
    if (bytes[start] >>> 6 !== 2 || end - start < 8) return 'no';
    if (isRtcpType(bytes[start + 1])) return isRtcp(bytes, start, end) ? 'yes' : 'no';
    const header = headerLength(bytes, start, end);
    if (header < 0 || start + header === end) return 'no';
    const type = bytes[start + 1] & 0x7f;
    const expected = expectedOn(flow);
    if (expected && isExpected(expected, type)) return 'yes';
    if (!isUsualType(type)) return 'no';
    return candidates.follows(bytes, start, flow.id, direction) ? 'yes' : 'no';
  },
  open: (flow, context) => new MediaParser(flow, context),
};
