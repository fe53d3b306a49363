/**
 * Syslog: the header of RFC 5424, and what RFC 3164 found in use; over UDP (RFC 5426), and over TCP with octet counting
 * or a line each (RFC 6587). Of a message only its header is kept.
 */
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  MalformedEvent,
  PacketRef,
  Parser,
} from '../decoder.ts';
import { lineEnd } from './http/head.ts';
import { Lines } from './lines.ts';
import { wireText } from './wire-text.ts';

export interface SyslogMessageEvent extends AppEvent {
  readonly protocol: 'syslog';
  readonly event: 'message';
  readonly facility: number;
  readonly facility_name: string;
  /** 0 emergency … 7 debug. */
  readonly severity: number;
  readonly severity_name: string;
  /** 1 for a header of RFC 5424. */
  readonly version: number | undefined;
  /** As the message has it. */
  readonly timestamp: string | undefined;
  readonly hostname: string | undefined;
  /** The program; in older messages what stands before the colon. */
  readonly app_name: string | undefined;
  readonly procid: string | undefined;
  readonly msgid: string | undefined;
  /** Identifiers of its structured data, at most 16. */
  readonly sd_ids: readonly string[] | undefined;
  /** Bytes of the whole message. */
  readonly length: number;
}

export type SyslogEvent = SyslogMessageEvent | MalformedEvent;

const protocol = 'syslog';
const PORTS = [514, 601];
/** Longest line that is kept, and part of a counted message that its header is looked for in. */
const LINE_BYTES_MAX = 8_192;
const HEADER_BYTES_MAX = 2_048;
/** Priority and time. */
const HEADER_BYTES_MIN = 24;
const NAME_BYTES_MAX = 255;
const COUNT_DIGITS_MAX = 5;
const SD_IDS_MAX = 16;

const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron'],
  ...['authpriv', 'ftp', 'ntp', 'audit', 'alert', 'clock'],
  ...Array.from({ length: 8 }, (_, number) => `local${number}`),
];
const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

const SPACE = 0x20;
const LESS = 0x3c;
const GREATER = 0x3e;

export const syslogDecoder: Decoder = {
  protocol,
  carriers: ['udp', 'tcp'],
  ports: PORTS,
  recognise(bytes, start, end, _direction, flow) {
    const tcp = flow.carrier === 'tcp';
    let at = start;
    // Octet counting: a number and a blank come first.
    if (tcp) while (at < end && at - start < COUNT_DIGITS_MAX && isDigit(bytes[at])) at++;
    const counted = at > start;
    if (counted && at < end && bytes[at++] !== SPACE) return 'no';
    if (at === end) return tcp ? 'more' : 'no';
    if (bytes[at] !== LESS) return 'no';
    if (tcp && end - at < HEADER_BYTES_MIN && lineEnd(bytes, at, end) === end) return 'more';
    return judge(bytes, at, end, flow);
  },
  open: (flow, context) =>
    flow.carrier === 'tcp' ? new StreamParser(context) : new DatagramParser(context),
};

/** A priority, and off its ports a header of either form behind it. */
function judge(bytes: Uint8Array, start: number, end: number, flow: Flow): 'yes' | 'no' {
  const after = priorityEnd(bytes, start, end);
  if (after < 0) return 'no';
  if (PORTS.includes(flow.serverPort) || PORTS.includes(flow.clientPort)) return 'yes';
  const dated = timeEnd(bytes, after, end) > 0 || isVersioned(bytes, after, end);
  return dated ? 'yes' : 'no';
}

/** Offset behind `<191>`, or -1. */
function priorityEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  let value = 0;
  while (at < end && at - start < 4 && isDigit(bytes[at])) value = value * 10 + bytes[at++] - 0x30;
  if (at === start + 1 || at >= end || bytes[at] !== GREATER || value > 191) return -1;
  // No leading zeros (RFC 5424, 6.2.1).
  return bytes[start + 1] === 0x30 && at > start + 2 ? -1 : at + 1;
}

/** `1 ` and a timestamp or its stand-in, `-`. */
function isVersioned(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 4 || bytes[at] !== 0x31 || bytes[at + 1] !== SPACE) return false;
  return (bytes[at + 2] === 0x2d && bytes[at + 3] === SPACE) || isIsoTime(bytes, at + 2, end);
}

/** `2003-10-11T22:14:15`. */
function isIsoTime(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 19 || bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d) return false;
  if (bytes[at + 10] !== 0x54 || bytes[at + 13] !== 0x3a || bytes[at + 16] !== 0x3a) return false;
  return isDigit(bytes[at]) && isDigit(bytes[at + 9]) && isDigit(bytes[at + 18]);
}

/** Offset behind the time of RFC 3164, 4.1.2 (`Oct  9 22:33:20`, some with a year) or one of RFC 3339, or -1. */
function timeEnd(bytes: Uint8Array, at: number, end: number): number {
  if (isIsoTime(bytes, at, end)) return wordEnd(bytes, at, end);
  if (end - at < 15 || bytes[at + 3] !== SPACE || bytes[at + 6] !== SPACE) return -1;
  if (bytes[at + 9] !== 0x3a || bytes[at + 12] !== 0x3a || !isDigit(bytes[at + 14])) return -1;
  for (let month = 0; month < MONTHS.length; month += 3)
    if (
      bytes[at] === MONTHS.charCodeAt(month) &&
      bytes[at + 1] === MONTHS.charCodeAt(month + 1) &&
      bytes[at + 2] === MONTHS.charCodeAt(month + 2)
    )
      return at + 15;
  return -1;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] > SPACE) at++;
  return at;
}

class DatagramParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    this.#context.emit(readMessage(bytes, start, end, end - start), direction, at);
    return end - start;
  }
}

class StreamParser implements Parser {
  readonly #context: DecodeContext;
  readonly #lines = new Lines(LINE_BYTES_MAX);

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    while (place < end) {
      const next = isDigit(bytes[place])
        ? this.#counted(bytes, place, end, direction, at)
        : this.#line(bytes, place, end, direction, at);
      if (next === place) break;
      place = next;
    }
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lines.lost(direction);
  }

  /** `23 <30>…`: returns where the next message begins, which may be beyond `end`. */
  #counted(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    let place = start;
    let length = 0;
    while (place < end && place - start < COUNT_DIGITS_MAX && isDigit(bytes[place]))
      length = length * 10 + bytes[place++] - 0x30;
    if (place === end) return start;
    if (bytes[place] !== SPACE) return this.#line(bytes, start, end, direction, at);
    place++;
    const header = Math.min(length, HEADER_BYTES_MAX);
    if (end - place < header) return start;
    this.#context.emit(readMessage(bytes, place, place + header, length), direction, at);
    return place + length;
  }

  #line(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const lines = this.#lines;
    const found = lines.find(bytes, start, end, direction);
    if (found === 'more') return start;
    // A message of several lines is not told from several messages: what has no priority goes on with the one before.
    if (found === 'line' && bytes[lines.start] === LESS) {
      const event = readMessage(bytes, lines.start, lines.stop, lines.stop - lines.start);
      this.#context.emit(event, direction, at);
    }
    return lines.next;
  }
}

/** @param length - of the whole message, whose header is in [start, end). */
function readMessage(bytes: Uint8Array, start: number, end: number, length: number): SyslogEvent {
  const after = bytes[start] === LESS ? priorityEnd(bytes, start, end) : -1;
  if (after < 0)
    return { protocol, event: 'malformed', reason: 'no priority', offset: 0 } as MalformedEvent;
  let priority = 0;
  for (let at = start + 1; at < after - 1; at++) priority = priority * 10 + bytes[at] - 0x30;
  const facility = priority >> 3;
  const severity = priority & 7;
  const header =
    bytes[after] === 0x31 && bytes[after + 1] === SPACE && after + 1 < end
      ? headerOf5424(bytes, after + 2, end)
      : headerOf3164(bytes, after, end);
  return {
    protocol,
    event: 'message',
    facility,
    facility_name: FACILITIES[facility],
    severity,
    severity_name: SEVERITIES[severity],
    ...header,
    length,
  };
}

type Header = Pick<
  SyslogMessageEvent,
  'version' | 'timestamp' | 'hostname' | 'app_name' | 'procid' | 'msgid' | 'sd_ids'
>;

/** RFC 5424, 6: fields with a blank between, `-` for those that are unknown. */
function headerOf5424(bytes: Uint8Array, start: number, end: number): Header {
  let at = start;
  const field = (): string | undefined => {
    const stop = wordEnd(bytes, at, end);
    const text = wireText(bytes, at, Math.min(stop, at + NAME_BYTES_MAX));
    at = Math.min(stop + 1, end);
    return text === '-' || text === '' ? undefined : text;
  };
  const [timestamp, hostname, app_name, procid, msgid] = [
    field(),
    field(),
    field(),
    field(),
    field(),
  ];
  return {
    version: 1,
    timestamp,
    hostname,
    app_name,
    procid,
    msgid,
    sd_ids: structuredData(bytes, at, end),
  };
}

/** `[id name="value" …][…]` (RFC 5424, 6.3): the identifiers. */
function structuredData(bytes: Uint8Array, start: number, end: number): string[] | undefined {
  const ids: string[] = [];
  let at = start;
  while (at < end && bytes[at] === 0x5b && ids.length < SD_IDS_MAX) {
    let stop = at + 1;
    while (stop < end && bytes[stop] > SPACE && bytes[stop] !== 0x5d) stop++;
    ids.push(wireText(bytes, at + 1, Math.min(stop, at + 1 + NAME_BYTES_MAX)));
    let quoted = false;
    for (at = stop; at < end && (quoted || bytes[at] !== 0x5d); at++) {
      if (bytes[at] === 0x5c) at++;
      else if (bytes[at] === 0x22) quoted = !quoted;
    }
    at++;
  }
  return ids.length > 0 ? ids : undefined;
}

/** RFC 3164, 4.1: a time, a host and `tag[pid]:`, each of which may be missing. */
function headerOf3164(bytes: Uint8Array, start: number, end: number): Header {
  let at = start;
  let timestamp: string | undefined;
  const timeStop = timeEnd(bytes, at, end);
  if (timeStop > 0) {
    timestamp = wireText(bytes, at, timeStop);
    at = bytes[timeStop] === SPACE ? timeStop + 1 : timeStop;
  }
  let hostname: string | undefined;
  let tag = tagAt(bytes, at, end);
  if (!tag && timestamp !== undefined) {
    const stop = wordEnd(bytes, at, end);
    if (stop > at) hostname = wireText(bytes, at, Math.min(stop, at + NAME_BYTES_MAX));
    tag = tagAt(bytes, stop + 1, end);
  }
  return {
    version: undefined,
    timestamp,
    hostname,
    app_name: tag?.name,
    procid: tag?.pid,
    msgid: undefined,
    sd_ids: undefined,
  };
}

/** A tag ends with a colon, or with a number in brackets. */
function tagAt(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly name: string; readonly pid: string | undefined } | undefined {
  const limit = Math.min(end, start + 48);
  let at = start;
  while (at < limit && bytes[at] > SPACE && bytes[at] !== 0x3a && bytes[at] !== 0x5b) at++;
  if (at >= limit || at === start || bytes[at] === SPACE) return undefined;
  const name = wireText(bytes, start, at);
  if (bytes[at] === 0x3a) {
    // `10:23` and `fe80::1` are no tags.
    const next = at + 1 < end ? bytes[at + 1] : SPACE;
    return next === SPACE ? { name, pid: undefined } : undefined;
  }
  let stop = at + 1;
  while (stop < limit && bytes[stop] > SPACE && bytes[stop] !== 0x5d) stop++;
  if (stop >= limit || bytes[stop] !== 0x5d) return undefined;
  return { name, pid: wireText(bytes, at + 1, stop) };
}
