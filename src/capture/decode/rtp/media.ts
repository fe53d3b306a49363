/** Media of a session description as RTP's decoder and observers need them. */
import type { SdpMedia, SessionDescription } from '../sdp.ts';
import { type ExpectedMedia, expectMedia } from './expected.ts';

/** Words of a medium's line that are read. */
const FORMATS_MAX = 35;

/** Encodings that RFC 3551 gives a number for good. */
const STATIC_ENCODINGS: Readonly<Record<number, string>> = {
  0: 'PCMU',
  3: 'GSM',
  4: 'G723',
  5: 'DVI4',
  6: 'DVI4',
  7: 'LPC',
  8: 'PCMA',
  9: 'G722',
  10: 'L16',
  11: 'L16',
  12: 'QCELP',
  13: 'CN',
  14: 'MPA',
  15: 'G728',
  16: 'DVI4',
  17: 'DVI4',
  18: 'G729',
  25: 'CelB',
  26: 'JPEG',
  28: 'nv',
  31: 'H261',
  32: 'MPV',
  33: 'MP2T',
  34: 'H263',
};
const VIDEO_TYPES = new Set([25, 26, 28, 31, 32, 34]);

export const staticEncoding = (payloadType: number): string | undefined =>
  STATIC_ENCODINGS[payloadType];

/** What a number of RFC 3551 carries; undefined for those that are given out by signalling, and MPEG transport. */
export function staticMedia(payloadType: number): string | undefined {
  if (VIDEO_TYPES.has(payloadType)) return 'video';
  return payloadType < 24 && STATIC_ENCODINGS[payloadType] ? 'audio' : undefined;
}

/** True for a profile that encrypts (RFC 3711, RFC 5124). */
export const isSecureProfile = (profile: string): boolean => /\bSAVPF?\b/i.test(profile);

/** Keys for SRTP, whatever the profile is called: RFC 4568, RFC 4567, RFC 5763. */
const KEYING = /^(?:crypto|key-mgmt|fingerprint|zrtp-hash):/i;

/** @param profile - as agreed on elsewhere (SETUP), which counts more than the description. */
export function expectedOf(
  media: SdpMedia | undefined,
  session: SessionDescription | undefined,
  profile?: string,
): ExpectedMedia {
  const [kind, , transport = '', ...formats] = media?.m.split(' ', FORMATS_MAX) ?? [];
  const agreed = profile ?? transport.toUpperCase();
  const keyed = [...(media?.a ?? []), ...(session?.a ?? [])].some((line) => KEYING.test(line));
  return {
    media: kind,
    formats: new Set(formats.map(Number).filter(Number.isInteger)),
    encodings: encodingsOf(media),
    profile: agreed,
    encrypted: isSecureProfile(agreed) || isSecureProfile(transport) || keyed,
  };
}

/**
 * Announces the streams of a description that one side of a call sent (RFC 3264): it will receive them there.
 *
 * @param sender - its address as seen, which is where they come if the one that it wrote was translated on the way.
 */
export function expectDescribed(run: object, session: SessionDescription, sender: string): void {
  for (const media of session.m ?? []) {
    const [, port, transport = ''] = media.m.split(' ', 3);
    const number = Number.parseInt(port ?? '', 10);
    // Port 0 refuses the medium.
    if (!(number > 0 && number <= 0xffff) || !/\bRTP\//i.test(transport)) continue;
    const expected = expectedOf(media, session);
    const [, , written = sender] = (media.c ?? session.c ?? '').split(/[ /]/, 3);
    for (const address of new Set([written, sender])) expectMedia(run, address, number, expected);
  }
}

/** From the formats and `a=rtpmap:96 H264/90000`. */
export function encodingsOf(media: SdpMedia | undefined): Map<number, string> {
  const encodings = new Map<number, string>();
  for (const format of media?.m.split(' ', FORMATS_MAX).slice(3) ?? []) {
    const name = staticEncoding(Number(format));
    if (name) encodings.set(Number(format), name);
  }
  for (const line of media?.a ?? []) {
    const map = /^rtpmap:(\d{1,3}) ([^/\s]{1,40})/i.exec(line);
    if (map) encodings.set(Number(map[1]), map[2] as string);
  }
  return encodings;
}

/** `video RTP/AVP H264`, for people. */
export function mediaText(media: SdpMedia, session: SessionDescription): string {
  const { media: kind, profile, encodings, encrypted } = expectedOf(media, session);
  const names = [...new Set(encodings.values())].slice(0, 4).join(',');
  return [kind, profile, names, encrypted && !isSecureProfile(profile) ? 'encrypted' : '']
    .filter(Boolean)
    .join(' ');
}
