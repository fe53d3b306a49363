/** RTCP (RFC 3550, 6): several packets in one datagram, each with its type and its length. */
import { u16be, u32be } from '../integers.ts';
import { wireText } from '../wire-text.ts';
import type { RtpEvent } from './events.ts';

const protocol = 'rtcp';
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const APPLICATION = 204;
const OTHERS = [
  'application',
  'transport_feedback',
  'payload_feedback',
  'extended_report',
] as const;
const EXTENDED_REPORT = 207;
const REPORT_WORDS = 6;
const PACKETS_MAX = 16;
const CNAME = 1;
const NAME = 2;
const TOOL = 6;

export const isRtcpType = (type: number): boolean =>
  type >= SENDER_REPORT && type <= EXTENDED_REPORT;

/** Whether [start, end) is RTCP and nothing else: its packets fill it, and reports have the length of their count. */
export function isRtcp(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (let count = 0; at < end; count++) {
    if (end - at < 4 || bytes[at] >>> 6 !== 2 || !isRtcpType(bytes[at + 1])) return false;
    const words = u16be(bytes, at + 2);
    const type = bytes[at + 1];
    const reports = REPORT_WORDS * (bytes[at] & 0x1f);
    if (type === SENDER_REPORT && words < REPORT_WORDS + reports) return false;
    if (type === RECEIVER_REPORT && words < 1 + reports) return false;
    if (type > SOURCE_DESCRIPTION && words < 1 && type !== GOODBYE) return false;
    if (count === 0 && type > RECEIVER_REPORT && words < 2) return false;
    at += 4 + 4 * words;
    if (count > PACKETS_MAX) return false;
  }
  return at === end;
}

/** Reads each packet of a datagram. @returns what is wrong, if anything. */
export function readRtcp(
  bytes: Uint8Array,
  start: number,
  end: number,
  emit: (event: RtpEvent) => void,
): { readonly reason: string; readonly offset: number } | undefined {
  let at = start;
  for (let count = 0; at < end && count < PACKETS_MAX; count++) {
    if (end - at < 8) return end - at < 4 ? flaw('truncated packet', at - start) : undefined;
    if (bytes[at] >>> 6 !== 2) return flaw('unknown version', at - start);
    const next = at + 4 + 4 * u16be(bytes, at + 2);
    if (next > end) return flaw('packet longer than its datagram', at - start);
    const event = readPacket(bytes, at, next);
    if (event) emit(event);
    at = next;
  }
  return undefined;
}

const flaw = (reason: string, offset: number) => ({ reason, offset });

function readPacket(bytes: Uint8Array, at: number, end: number): RtpEvent | undefined {
  if (end - at < 8) return undefined;
  const type = bytes[at + 1];
  const ssrc = u32be(bytes, at + 4);
  const count = bytes[at] & 0x1f;
  switch (type) {
    case SENDER_REPORT:
    case RECEIVER_REPORT: {
      const sender = type === SENDER_REPORT && end - at >= 28;
      return {
        protocol,
        event: type === SENDER_REPORT ? 'sender_report' : 'receiver_report',
        ssrc,
        packet_count: sender ? u32be(bytes, at + 20) : undefined,
        octet_count: sender ? u32be(bytes, at + 24) : undefined,
        reports: count,
      };
    }
    case SOURCE_DESCRIPTION:
      return count > 0 ? readDescription(bytes, at + 8, end, ssrc) : undefined;
    case GOODBYE: {
      const text = at + 4 + 4 * count;
      const reason =
        text < end && text + 1 + bytes[text] <= end
          ? wireText(bytes, text + 1, text + 1 + bytes[text]) || undefined
          : undefined;
      return count > 0 ? { protocol, event: 'goodbye', ssrc, reason } : undefined;
    }
    default: {
      const event = OTHERS[type - APPLICATION];
      if (event === undefined) return undefined;
      const name =
        type === APPLICATION && end - at >= 12 ? wireText(bytes, at + 8, at + 12) : undefined;
      return { protocol, event, ssrc, name };
    }
  }
}

/** Items of the first source: type, length, text; zero ends them. */
function readDescription(bytes: Uint8Array, from: number, end: number, ssrc: number): RtpEvent {
  const texts = new Map<number, string>();
  let at = from;
  while (at + 2 <= end && bytes[at] !== 0) {
    const next = at + 2 + bytes[at + 1];
    if (next > end) break;
    texts.set(bytes[at], wireText(bytes, at + 2, next));
    at = next;
  }
  return {
    protocol,
    event: 'source_description',
    ssrc,
    cname: texts.get(CNAME),
    name: texts.get(NAME),
    tool: texts.get(TOOL),
  };
}
