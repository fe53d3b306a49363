/**
 * Google QUIC, Q001 to Q050, before the IETF's: the handshake messages CHLO, REJ and SHLO, which are lists of tags with
 * values (QUIC Crypto, "Handshake messages"). Until Q049 they travel in clear, behind a header and in frames whose
 * forms changed from version to version; so a message is found by its name, and its own lengths must fit.
 */
import { hash } from 'node:crypto';
import { printable } from '../payload.ts';
import type { GoogleQuicEvent } from './events.ts';
import { u32 } from './header.ts';
import { googleNumber, versionText } from './versions.ts';

const CHLO = 0x43484c4f;
const REJ = 0x52454a00;
const SHLO = 0x53484c4f;
const NAMES: Readonly<Record<number, GoogleQuicEvent['event']>> = {
  [CHLO]: 'chlo',
  [REJ]: 'rej',
  [SHLO]: 'shlo',
};
/** "No message may have more" (QUIC Crypto). */
const TAGS_MAX = 128;
/** Public flags (QUIC Wire Layout Specification): a version, a connection id of eight bytes. */
const WITH_VERSION = 0x01;
const WITH_CONNECTION_ID = 0x08;

/** The version in the public header of Q001 to Q043 at `start`; 0 when it is none. */
export function publicVersion(bytes: Uint8Array, start: number, end: number): number {
  const flags = bytes[start];
  if (end - start < 26 || (flags & 0xc0) !== 0) return 0;
  if ((flags & (WITH_VERSION | WITH_CONNECTION_ID)) !== (WITH_VERSION | WITH_CONNECTION_ID))
    return 0;
  const version = u32(bytes, start + 9);
  const number = googleNumber(version);
  return version >>> 24 === 0x51 && number > 0 && number < 44 ? version : 0;
}

/** The handshake message in bytes [start, end), if it is whole. */
export function readGoogleMessage(
  bytes: Buffer,
  start: number,
  end: number,
  version: number,
): GoogleQuicEvent | undefined {
  for (let at = start; at + 8 <= end; at++) {
    const letter = bytes[at];
    if (letter !== 0x43 && letter !== 0x52 && letter !== 0x53) continue;
    const event = NAMES[u32(bytes, at)];
    if (event) return readTags(event, bytes, at + 4, end, version);
  }
  return undefined;
}

function readTags(
  event: GoogleQuicEvent['event'],
  bytes: Buffer,
  at: number,
  end: number,
  version: number,
): GoogleQuicEvent | undefined {
  const count = bytes.readUInt16LE(at);
  const values = at + 4 + 8 * count;
  if (count === 0 || count > TAGS_MAX || values > end) return undefined;
  const tags: string[] = [];
  let sni: string | undefined;
  let ua: string | undefined;
  let from = values;
  for (let i = 0; i < count; i++) {
    const entry = at + 4 + 8 * i;
    const to = values + bytes.readUInt32LE(entry + 4);
    if (to < from) return undefined;
    const tag = tagName(bytes, entry);
    tags.push(tag);
    // The last values may lie in another packet; padding stands first.
    if (tag === 'SNI' && to <= end) sni = printable(bytes, from, to);
    if (tag === 'UAID' && to <= end) ua = printable(bytes, from, to);
    from = to;
  }
  const number = versionText(version).replace(/^Q0*/, '');
  const cyu = event === 'chlo' ? `${number},${tags.join('-')}` : undefined;
  return {
    protocol: 'quic',
    event,
    version: versionText(version),
    sni,
    ua,
    tags,
    cyu_string: cyu,
    cyu: cyu === undefined ? undefined : hash('md5', cyu, 'hex'),
  };
}

/** Four letters, or fewer and zeros behind them. */
function tagName(bytes: Buffer, at: number): string {
  let end = at + 4;
  while (end > at && bytes[end - 1] === 0) end--;
  return printable(bytes, at, end) ?? `0x${bytes.toString('hex', at, at + 4)}`;
}
