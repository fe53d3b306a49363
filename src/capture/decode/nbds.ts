/**
 * NetBIOS datagrams (RFC 1002, 4.4) by which hosts of a link announce themselves to the browser of their workgroup
 * (MS-BRWS): name, system and comment.
 */
import type { AppEvent } from '../decoder.ts';
import { datagramDecoder } from './datagram.ts';
import { netbiosName } from './dns/netbios.ts';
import { u16be, u16le } from './integers.ts';
import { asciiBytes, beginsWith } from './match.ts';
import { asciiText, wireText } from './wire-text.ts';

export interface NbdsEvent extends AppEvent {
  readonly protocol: 'nbds';
  readonly event:
    | 'direct_unique'
    | 'direct_group'
    | 'broadcast'
    | 'error'
    | 'query_request'
    | 'positive_query_response'
    | 'negative_query_response';
  readonly id: number;
  /** Address of the sender by its own account. */
  readonly source_address: string;
  /** `VMAC<00>`: the name, and the kind of service behind it. */
  readonly source?: string;
  readonly destination?: string;
  /** Whom the message of a datagram is for: `\MAILSLOT\BROWSE`. */
  readonly mailslot?: string;
  /** Of the browser's announcements: `host`, `local_master` or `domain`, for which name, running what. */
  readonly announcement?: string;
  readonly server?: string;
  readonly os_version?: string;
  readonly comment?: string;
}

const EVENTS: readonly NbdsEvent['event'][] = [
  'direct_unique',
  'direct_group',
  'broadcast',
  'error',
  'query_request',
  'positive_query_response',
  'negative_query_response',
];
const FIRST_TYPE = 0x10;
const ERROR = 0x13;
const HEADER_BYTES = 10;
const NAMES_AT = 14;
/** Length, 32 letters, and the end of a name without scope. */
const NAME_BYTES = 34;
const SCOPE_MAX = 255;
const SMB = asciiBytes('\xffSMB%');
const MAILSLOT = asciiBytes('\\MAILSLOT\\');
/** From the SMB's start: count and place of the data, and the name behind three words of set-up. */
const DATA_COUNT_AT = 55;
const DATA_AT = 57;
const MAILSLOT_AT = 69;
const MAILSLOT_MAX = 64;
const SERVER_BYTES = 16;
const ANNOUNCEMENT_BYTES = 32;
const COMMENT_MAX = 64;
const ANNOUNCEMENTS: Readonly<Record<number, string>> = {
  1: 'host',
  12: 'domain',
  15: 'local_master',
};

export const nbdsDecoder = datagramDecoder({
  protocol: 'nbds',
  ports: [138],
  // Errors are too short to be told without the port.
  recognise: (bytes, start, end, { serverPort, clientPort }) =>
    isDatagram(bytes, start, end) &&
    (bytes[start] !== ERROR || serverPort === 138 || clientPort === 138),
  read(bytes, start, end) {
    if (!isDatagram(bytes, start, end)) return 'not a NetBIOS datagram';
    const type = bytes[start];
    const head = {
      protocol: 'nbds',
      event: EVENTS[type - FIRST_TYPE],
      id: u16be(bytes, start + 2),
      source_address: [...bytes.subarray(start + 4, start + 8)].join('.'),
    } satisfies NbdsEvent;
    if (type === ERROR) return head;
    if (type > ERROR) {
      const asked = nameEnd(bytes, start + HEADER_BYTES, end);
      return { ...head, destination: nameOf(bytes, start + HEADER_BYTES, asked) };
    }
    const names = start + NAMES_AT;
    const behindSource = nameEnd(bytes, names, end);
    const behind = behindSource < 0 ? -1 : nameEnd(bytes, behindSource, end);
    if (behind < 0) return 'name that is none';
    return {
      ...head,
      source: nameOf(bytes, names, behindSource),
      destination: nameOf(bytes, behindSource, behind),
      ...mail(bytes, behind, end),
    };
  },
});

/** Type, flags of which four are in use, an encoded name, and the length of what follows the header. */
function isDatagram(bytes: Uint8Array, start: number, end: number): boolean {
  const type = bytes[start];
  const kind = type - FIRST_TYPE;
  if (end - start < HEADER_BYTES + 1 || kind < 0 || kind >= EVENTS.length) return false;
  if (bytes[start + 1] > 15) return false;
  if (type === ERROR)
    return end - start === 11 && bytes[start + 10] >= 0x82 && bytes[start + 10] <= 0x84;
  const name = start + (type > ERROR ? HEADER_BYTES : NAMES_AT);
  if (name + NAME_BYTES > end || bytes[name] !== NAME_BYTES - 2) return false;
  for (let at = name + 1; at < name + 33; at++)
    if (bytes[at] < 0x41 || bytes[at] > 0x50) return false;
  return type > ERROR || u16be(bytes, start + 10) <= end - start;
}

/** End of a name with its scope's labels; -1 when it is none. */
function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end && at < start + SCOPE_MAX; at += bytes[at] + 1)
    if (bytes[at] === 0) return at + 1;
  return -1;
}

function nameOf(bytes: Uint8Array, start: number, end: number): string {
  return netbiosName(asciiText(bytes, start + 1, Math.min(end, start + NAME_BYTES) - 1));
}

type Mail = Pick<NbdsEvent, 'mailslot' | 'announcement' | 'server' | 'os_version' | 'comment'>;

/** A transaction of SMB that posts into a mail slot, and what the browser's says. */
function mail(bytes: Uint8Array, start: number, end: number): Mail {
  const name = start + MAILSLOT_AT;
  if (!beginsWith(bytes, start, end, SMB) || !beginsWith(bytes, name, end, MAILSLOT)) return {};
  const mailslot = textOf(bytes, name, end, MAILSLOT_MAX);
  const data = start + u16le(bytes, start + DATA_AT);
  const behind = Math.min(end, data + u16le(bytes, start + DATA_COUNT_AT));
  const announcement = data < behind ? ANNOUNCEMENTS[bytes[data]] : undefined;
  if (announcement === undefined || behind - data < ANNOUNCEMENT_BYTES) return { mailslot };
  const server = textOf(bytes, data + 6, behind, SERVER_BYTES);
  // Of a domain there is the name of its master instead.
  const comment = textOf(bytes, data + ANNOUNCEMENT_BYTES, behind, COMMENT_MAX);
  const os_version = `${bytes[data + 22]}.${bytes[data + 23]}`;
  return { mailslot, announcement, server, os_version, ...(comment === '' ? {} : { comment }) };
}

function textOf(bytes: Uint8Array, start: number, end: number, max: number): string {
  const zero = bytes.subarray(start, Math.min(end, start + max)).indexOf(0);
  return wireText(bytes, start, zero < 0 ? Math.min(end, start + max) : start + zero);
}
