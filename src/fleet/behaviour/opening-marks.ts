/**
 * Marks of how connections and leases are opened: TCP options (RFC 9293, 7323), DHCP options (RFC 2132), TLS offers
 * (RFC 8446). Numbers of options and suites only: host names, server names and addresses among them are passed over.
 */
import { type Headers, u16 } from './headers.ts';
import { hashOf, type Marks } from './marks.ts';

const TCP_OPTIONS_MAX = 20;
const DHCP_OPTIONS_MAX = 64;
const LIST_MAX = 256;

const hex = (number: number): string => (number >>> 0).toString(16).padStart(8, '0');

/** A segment with SYN: window, options in order, segment size, scale, and the header it came in. */
export function markOpening(headers: Headers, isAnswer: boolean, marks: Marks): void {
  const { bytes, transport, payload } = headers;
  let segmentSize = 0;
  let scale = 255;
  let order = 0;
  let at = transport + 20;
  for (let count = 0; at < payload && count < TCP_OPTIONS_MAX; count++) {
    const option = bytes[at];
    order = (Math.imul(order, 31) + option + 1) | 0;
    if (option === 0) break;
    if (option === 1) {
      at++;
      continue;
    }
    const length = at + 1 < payload ? bytes[at + 1] : 0;
    if (length < 2 || at + length > payload) break;
    if (option === 2 && length === 4) segmentSize = u16(bytes, at + 2);
    if (option === 3 && length === 3) scale = bytes[at + 2];
    at += length;
  }
  const optionEnd = payload;
  marks.note(
    isAnswer ? 'tcp answers' : 'tcp openings',
    (window, sizes, _order, header) =>
      `${isAnswer ? 'answers' : 'opens'} TCP with window ${window}, segment size ${sizes >>> 8}${(sizes & 255) === 255 ? '' : `, scale ${sizes & 255}`}, options ${optionNames(bytes, transport + 20, optionEnd)}, TTL ${header & 255}${(header & 256) !== 0 ? ', unfragmented' : ''}`,
    headers.window,
    (segmentSize << 8) | scale,
    order,
    roundTtl(headers.ttl) | (headers.dontFragment ? 256 : 0),
  );
}

/** Hops are of the way, not of the device: to the next start value that is in use. */
export function roundTtl(ttl: number): number {
  return ttl <= 1 ? ttl : ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

const OPTION_NAMES: Readonly<Record<number, string>> = {
  0: 'end',
  1: 'nop',
  2: 'mss',
  3: 'ws',
  4: 'sack',
  8: 'ts',
  34: 'tfo',
};

function optionNames(bytes: Uint8Array, start: number, end: number): string {
  const names: string[] = [];
  let at = start;
  while (at < end && names.length < TCP_OPTIONS_MAX) {
    const option = bytes[at];
    names.push(OPTION_NAMES[option] ?? String(option));
    if (option === 0) break;
    at += option === 1 ? 1 : Math.max(2, at + 1 < end ? bytes[at + 1] : 2);
  }
  return names.join('-') || 'none';
}

/** Bytes from the UDP payload to the options, magic cookie included. */
const BOOTP_BYTES = 240;

/**
 * A DHCP message of a client: its options in order, what it asks for, and its form. The values of options 12, 50, 60,
 * 61, 81 and their like are not looked at.
 * @returns the message type; 0 when it is none.
 */
export function markDhcp(headers: Headers, marks: Marks): number {
  const { bytes, payload, end } = headers;
  if (end - payload < BOOTP_BYTES + 3 || bytes[payload] !== 1) return 0;
  let message = 0;
  let order = 0;
  const options: number[] = [];
  let at = payload + BOOTP_BYTES;
  while (at < end && options.length < DHCP_OPTIONS_MAX) {
    const option = bytes[at];
    if (option === 255) break;
    if (option === 0) {
      at++;
      continue;
    }
    const value = at + 2;
    if (value > end) break;
    const length = bytes[at + 1];
    if (value + length > end) break;
    options.push(option);
    order = (Math.imul(order, 31) + option) | 0;
    if (option === 53 && length === 1) message = bytes[value];
    if (option === 55) {
      const list = [...bytes.subarray(value, value + Math.min(length, LIST_MAX))];
      marks.note(
        'dhcp requests',
        () => `asks DHCP for options ${list.join(',')}`,
        hashOf(bytes, value, value + length),
      );
    }
    if (option === 57 && length === 2)
      marks.note('dhcp form', (size) => `takes DHCP messages of ${size} bytes`, u16(bytes, value));
    at = value + length;
  }
  marks.note(
    'dhcp options',
    (type) => `DHCP message ${type} with options ${options.join(',')}`,
    message,
    order,
  );
  const broadcast = bytes[payload + 10] >>> 7;
  marks.note(
    'dhcp form',
    (type, asks) => `DHCP message ${type} asks for an answer by ${asks ? 'broadcast' : 'unicast'}`,
    message,
    1 << 16,
    broadcast,
  );
  const form = paddingOf(headers.payloadBytes);
  marks.note(
    'dhcp form',
    (type) => `DHCP message ${type} padded to ${PADDINGS[form]}`,
    message,
    2 << 16,
    form,
  );
  return message;
}

const PADDINGS = ['nothing', '300 bytes', '308 bytes', '548 bytes', '590 bytes', 'another length'];

/** Lengths that clients pad to; any other follows from the names inside. */
function paddingOf(bytes: number): number {
  return bytes === 300
    ? 1
    : bytes === 308
      ? 2
      : bytes === 548
        ? 3
        : bytes === 590
          ? 4
          : bytes > 548
            ? 5
            : 0;
}

/** A TLS ClientHello at the start of a segment: version, cipher suites and extensions, without their contents. */
export function markTlsOffer(headers: Headers, marks: Marks): void {
  const { bytes, payload, end } = headers;
  if (end - payload < 48 || bytes[payload] !== 22 || bytes[payload + 5] !== 1) return;
  const version = u16(bytes, payload + 9);
  let at = payload + 43;
  at += 1 + bytes[at];
  if (at + 2 > end) return;
  const suiteBytes = u16(bytes, at);
  const suites = at + 2;
  if (suites + suiteBytes > end || suiteBytes > 2 * LIST_MAX) return;
  let offer = 0;
  let count = 0;
  for (let suite = suites; suite < suites + suiteBytes; suite += 2) {
    const number = u16(bytes, suite);
    if (isGrease(number)) continue;
    offer = (Math.imul(offer, 31) + number) | 0;
    count++;
  }
  marks.note(
    'tls offers',
    (of, hash, number) =>
      `offers TLS ${of.toString(16)} with ${number} cipher suites (#${hex(hash)})`,
    version,
    offer,
    count,
  );
  at = suites + suiteBytes;
  if (at >= end) return;
  at += 1 + bytes[at];
  if (at + 2 > end) return;
  const last = Math.min(end, at + 2 + u16(bytes, at));
  const extensions: number[] = [];
  for (
    at += 2;
    at + 4 <= last && extensions.length < DHCP_OPTIONS_MAX;
    at += 4 + u16(bytes, at + 2)
  ) {
    const extension = u16(bytes, at);
    if (!isGrease(extension)) extensions.push(extension);
  }
  // Some clients shuffle them (RFC 8446 leaves the order free).
  extensions.sort((a, b) => a - b);
  const all = extensions.reduce((hash, extension) => (Math.imul(hash, 31) + extension) | 0, 1);
  marks.note('tls offers', () => `offers TLS extensions ${extensions.join(',')}`, all);
}

/** RFC 8701. */
const isGrease = (number: number): boolean =>
  (number & 0x0f0f) === 0x0a0a && number >>> 8 === (number & 255);
