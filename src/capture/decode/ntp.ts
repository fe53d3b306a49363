/** NTP and SNTP, versions 1 to 4 (RFC 5905, 7.3; RFC 1059), and NTP's control and private modes (RFC 9327). */
import { formatIpv4 } from '../../base/index.ts';
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
import { hexColons, wireText } from './wire-text.ts';

/** A time message; the event is named after its mode. */
export interface NtpTimeEvent extends AppEvent {
  readonly protocol: 'ntp';
  readonly event: 'symmetric_active' | 'symmetric_passive' | 'client' | 'server' | 'broadcast';
  readonly version: number;
  readonly mode: number;
  /** 0: none; 1: leap second ahead; 2: leap second to leave out; 3: clock not synchronised. */
  readonly leap: number;
  readonly stratum: number;
  /** log2 of seconds. */
  readonly poll: number;
  readonly precision: number;
  /** Seconds. */
  readonly root_delay: number;
  readonly root_dispersion: number;
  /** The four bytes, as EVE prints them. */
  readonly reference_id: string;
  /** What they mean: a source (`GPS`), a kiss code (`RATE`) or an address. */
  readonly reference: string | undefined;
  /** Seconds since 1970; undefined where the field is zero. */
  readonly reference_time: number | undefined;
  readonly origin_time: number | undefined;
  readonly receive_time: number | undefined;
  readonly transmit_time: number | undefined;
  /** Bytes behind the header: extension fields and authentication. */
  readonly extra_bytes: number;
}

/** Mode 6: queries and settings of ntpq. */
export interface NtpControlEvent extends AppEvent {
  readonly protocol: 'ntp';
  readonly event: 'control';
  readonly version: number;
  readonly mode: 6;
  readonly response: boolean;
  readonly error: boolean;
  readonly more: boolean;
  readonly opcode: number;
  readonly sequence: number;
  readonly association: number;
  readonly data_bytes: number;
}

/** Mode 7: queries of ntpdc, monlist among them. */
export interface NtpPrivateEvent extends AppEvent {
  readonly protocol: 'ntp';
  readonly event: 'private';
  readonly version: number;
  readonly mode: 7;
  readonly response: boolean;
  readonly more: boolean;
  readonly implementation: number;
  /** 20 and 42 are the monlist requests. */
  readonly request_code: number;
  readonly items: number;
  readonly item_bytes: number;
}

export type NtpEvent = NtpTimeEvent | NtpControlEvent | NtpPrivateEvent | MalformedEvent;

const PORT = 123;
const HEADER_BYTES = 48;
const CONTROL_BYTES = 12;
const PRIVATE_BYTES = 8;
/** Largest root delay and dispersion that a working server tells of, in whole seconds. */
const SANE_SECONDS = 16;

const MODES: Readonly<Record<number, NtpTimeEvent['event']>> = {
  1: 'symmetric_active',
  2: 'symmetric_passive',
  3: 'client',
  4: 'server',
  5: 'broadcast',
};

/** Seconds from 1900 to 1970, and what an era adds (RFC 5905, 6). */
const UNIX_EPOCH = 2_208_988_800;
const ERA = 4_294_967_296;

export const ntpDecoder: Decoder = {
  protocol: 'ntp',
  carriers: ['udp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, flow) {
    const length = end - start;
    if (length < PRIVATE_BYTES) return 'no';
    const version = (bytes[start] >> 3) & 7;
    const mode = bytes[start] & 7;
    if (version < 1 || version > 4) return 'no';
    const onPort = flow.serverPort === PORT || flow.clientPort === PORT;
    if (mode === 6)
      return onPort && length >= CONTROL_BYTES && isControl(bytes, start, end) ? 'yes' : 'no';
    if (mode === 7) return onPort && isPrivate(bytes, start) ? 'yes' : 'no';
    if (length < HEADER_BYTES) return 'no';
    if (onPort) return bytes[start + 1] <= 16 ? 'yes' : 'no';
    return isSane(bytes, start, length, version, mode) ? 'yes' : 'no';
  },
  open: (flow, context) => new NtpParser(flow, context),
};

/** Off its port a message must look like a client's or server's in every field. */
function isSane(
  bytes: Uint8Array,
  start: number,
  length: number,
  version: number,
  mode: number,
): boolean {
  if (version < 3 || (mode !== 3 && mode !== 4) || length % 4 !== 0 || length > 120) return false;
  const poll = bytes[start + 2];
  const precision = bytes[start + 3];
  if (bytes[start + 1] > 16 || poll > 17 || (precision !== 0 && precision < 0xe0)) return false;
  if (bytes[start + 4] !== 0 || bytes[start + 5] >= SANE_SECONDS) return false;
  if (bytes[start + 8] !== 0 || bytes[start + 9] >= SANE_SECONDS) return false;
  // A server has a stratum, and the time of 2004 to 2104 (top byte 0xc4 and up, or of the next era).
  const transmit = bytes[start + 40];
  return mode === 3 || (bytes[start + 1] > 0 && (transmit >= 0xc4 || transmit < 0x28));
}

function isControl(bytes: Uint8Array, start: number, end: number): boolean {
  const count = (bytes[start + 10] << 8) | bytes[start + 11];
  return (bytes[start] & 0xc0) === 0 && CONTROL_BYTES + count <= end - start + 3;
}

function isPrivate(bytes: Uint8Array, start: number): boolean {
  const implementation = bytes[start + 2];
  return implementation === 0 || implementation === 2 || implementation === 3;
}

class NtpParser implements Parser {
  readonly #context: DecodeContext;

  constructor(_flow: Flow, context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    this.#context.emit(readNtp(bytes, start, end), direction, at);
    return end - start;
  }
}

function readNtp(bytes: Uint8Array, start: number, end: number): NtpEvent {
  const length = end - start;
  if (length === 0) return malformed('empty message', 0);
  const version = (bytes[start] >> 3) & 7;
  const mode = bytes[start] & 7;
  if (version < 1 || version > 4) return malformed('unknown version', 0);
  if (mode === 6)
    return length < CONTROL_BYTES
      ? malformed('truncated header', length)
      : readControl(bytes, start, length);
  if (mode === 7)
    return length < PRIVATE_BYTES
      ? malformed('truncated header', length)
      : readPrivate(bytes, start);
  // Version 1 had no modes: a client is told by its port (RFC 1059, appendix B).
  const event = MODES[mode] ?? (version === 1 ? 'client' : undefined);
  if (event === undefined) return malformed('reserved mode', 0);
  if (length < HEADER_BYTES) return malformed('truncated header', length);
  return readTime(bytes, start, end, event);
}

function readTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  event: NtpTimeEvent['event'],
): NtpTimeEvent {
  const stratum = bytes[start + 1];
  return {
    protocol: 'ntp',
    event,
    version: (bytes[start] >> 3) & 7,
    mode: bytes[start] & 7,
    leap: bytes[start] >> 6,
    stratum,
    poll: (bytes[start + 2] << 24) >> 24,
    precision: (bytes[start + 3] << 24) >> 24,
    root_delay: (u32(bytes, start + 4) | 0) / 65_536,
    root_dispersion: u32(bytes, start + 8) / 65_536,
    reference_id: hexColons(bytes, start + 12, start + 16),
    reference: reference(bytes, start + 12, stratum),
    reference_time: timeAt(bytes, start + 16),
    origin_time: timeAt(bytes, start + 24),
    receive_time: timeAt(bytes, start + 32),
    transmit_time: timeAt(bytes, start + 40),
    extra_bytes: end - start - HEADER_BYTES,
  };
}

function readControl(
  bytes: Uint8Array,
  start: number,
  length: number,
): NtpControlEvent | MalformedEvent {
  const data = u16(bytes, start + 10);
  if (CONTROL_BYTES + data > length) return malformed('truncated data', CONTROL_BYTES);
  const kind = bytes[start + 1];
  return {
    protocol: 'ntp',
    event: 'control',
    version: (bytes[start] >> 3) & 7,
    mode: 6,
    response: (kind & 0x80) !== 0,
    error: (kind & 0x40) !== 0,
    more: (kind & 0x20) !== 0,
    opcode: kind & 0x1f,
    sequence: u16(bytes, start + 2),
    association: u16(bytes, start + 6),
    data_bytes: data,
  };
}

function readPrivate(bytes: Uint8Array, start: number): NtpPrivateEvent {
  return {
    protocol: 'ntp',
    event: 'private',
    version: (bytes[start] >> 3) & 7,
    mode: 7,
    response: (bytes[start] & 0x80) !== 0,
    more: (bytes[start] & 0x40) !== 0,
    implementation: bytes[start + 2],
    request_code: bytes[start + 3],
    items: u16(bytes, start + 4) & 0x0fff,
    item_bytes: u16(bytes, start + 6) & 0x0fff,
  };
}

function malformed(reason: string, offset: number): MalformedEvent {
  return { protocol: 'ntp', event: 'malformed', reason, offset };
}

/** RFC 5905, figure 12: letters for strata 0 and 1, else the address of the source (or a hash of its IPv6 one). */
function reference(bytes: Uint8Array, at: number, stratum: number): string | undefined {
  if (u32(bytes, at) === 0) return undefined;
  if (stratum > 1) return formatIpv4(u32(bytes, at));
  let end = at + 4;
  while (end > at && bytes[end - 1] === 0) end--;
  return wireText(bytes, at, end);
}

/** Seconds since 1970 of an NTP timestamp; zero means unknown. The top bit tells the era, until 2104. */
function timeAt(bytes: Uint8Array, at: number): number | undefined {
  const seconds = u32(bytes, at);
  const fraction = u32(bytes, at + 4);
  if (seconds === 0 && fraction === 0) return undefined;
  const era = seconds < 0x8000_0000 ? ERA : 0;
  const time = seconds + era - UNIX_EPOCH + fraction / ERA;
  return Math.round(time * 1e6) / 1e6;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
