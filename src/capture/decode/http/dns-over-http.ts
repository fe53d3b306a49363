/** DNS messages in HTTP (RFC 8484), where HTTP travels in clear: in bodies, and in a parameter of the URL. */
import type { DecodeContext, Direction, PacketRef } from '../../decoder.ts';
import { recogniseMessage } from '../dns/recognise.ts';
import { decodeDnsMessage } from '../dns.ts';

/** RFC 8484, 4.1: the message in base64url, without padding. A header and a question take 17 bytes at least. */
const PARAMETER = /[?&]dns=([\w-]{22,1400})(?:[&#]|$)/;
/** QUERY alone is sent so. */
const QUERY = 1;

/** What is named like a DNS query in a URL, if it is one. */
export function decodeDnsInUrl(
  context: DecodeContext,
  url: string,
  direction: Direction,
  at: PacketRef,
): void {
  const text = url.includes('dns=') ? PARAMETER.exec(url)?.[1] : undefined;
  if (text === undefined) return;
  const bytes = Buffer.from(text, 'base64url');
  if (recogniseMessage(bytes, 0, bytes.length, bytes.length, false, QUERY) === 'yes')
    decodeDnsMessage(context, bytes, 0, bytes.length, direction, at);
}
