/**
 * Session descriptions (SDP, RFC 8866), in the form that Suricata's EVE gives them: the letter of each line, media in a
 * list. Keys of media streams (RFC 4568, and `k=`) are sealed.
 */
import { lineEnd } from './http/head.ts';
import type { Findings } from './http/secrets.ts';
import { wireText } from './wire-text.ts';

const LINES_MAX = 256;
const LINE_BYTES_MAX = 512;
const MEDIA_MAX = 16;
const LIST_MAX = 64;

/** Of the session, and of each medium. */
interface Part {
  i?: string;
  c?: string;
  k?: string;
  b?: string[];
  a?: string[];
}
export interface SdpMedia extends Part {
  /** Kind, port, transport and formats: `audio 49170 RTP/AVP 0`. */
  readonly m: string;
}
export interface SessionDescription extends Part {
  v?: number;
  o?: string;
  s?: string;
  u?: string;
  e?: string;
  p?: string;
  t?: string;
  r?: string;
  z?: string;
  m?: SdpMedia[];
}

const INLINE_KEY = /(inline:)([^|;\s]+)/g;

/** @param found - gets the keys, so that saved packets can be masked as well. */
export function readSdp(
  bytes: Uint8Array,
  start: number,
  end: number,
  found: Findings,
): SessionDescription {
  const session: SessionDescription = {};
  let part: Part = session;
  let at = start;
  for (let count = 0; at < end && count < LINES_MAX; count++) {
    const next = lineEnd(bytes, at, end);
    const stop = bytes[next - 1] === 0x0d ? next - 1 : next;
    if (stop - at >= 2 && bytes[at + 1] === 0x3d) {
      const letter = String.fromCharCode(bytes[at]);
      const text = wireText(bytes, at + 2, Math.min(stop, at + 2 + LINE_BYTES_MAX));
      if (letter === 'm') {
        session.m ??= [];
        if (session.m.length >= MEDIA_MAX) break;
        const media: SdpMedia = { m: text };
        session.m.push(media);
        part = media;
      } else take(session, part, letter, text, found);
    }
    at = next + 1;
  }
  return session;
}

function take(
  session: SessionDescription,
  part: Part,
  letter: string,
  text: string,
  found: Findings,
): void {
  switch (letter) {
    case 'v':
      session.v = Number(text) || 0;
      break;
    case 'o':
    case 's':
    case 'u':
    case 'e':
    case 'p':
    case 't':
    case 'r':
    case 'z':
      session[letter] ??= text;
      break;
    case 'i':
    case 'c':
      part[letter] ??= text;
      break;
    case 'k':
      part.k ??= text.replace(/:(.+)$/, (_, key: string) => `:${found.mask(key)}`);
      break;
    case 'a':
    case 'b': {
      part[letter] ??= [];
      if (part[letter].length >= LIST_MAX) break;
      const masked = text.replace(
        INLINE_KEY,
        (_, before: string, key: string) => before + found.mask(key),
      );
      part[letter].push(masked);
    }
  }
}

/** Transports of the media: `RTP/AVP`, `RTP/SAVP` …, each once. */
export function mediaTransports({ m = [] }: SessionDescription): string[] {
  return [...new Set(m.flatMap(({ m: line }) => line.split(' ')[2] ?? []))];
}
