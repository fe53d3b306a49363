/**
 * Manufacturing Message Specification (ISO 9506-2) over the OSI session (X.225), presentation (X.226) and association
 * (X.227) that IEC 61850 and TASE.2 use: services of substations and their outcomes. Values are not read.
 */
import type { DecodeContext, Decoder, Direction, PacketRef } from '../decoder.ts';
import { element, integerAt, readElement } from './ber.ts';
import { holds } from './match.ts';
import { recogniseTransport, TransportStream, type TransportUser } from './transport-stream.ts';
import { wireText } from './wire-text.ts';

export interface MmsEvent {
  readonly protocol: 'mms';
  readonly event:
    | 'initiate_request'
    | 'initiate_response'
    | 'confirmed_request'
    | 'confirmed_response'
    | 'confirmed_error'
    | 'unconfirmed'
    | 'reject'
    | 'conclude_request'
    | 'conclude_response'
    | 'other';
  readonly invoke_id?: number | undefined;
  /** `read`, `write`, `identify` …, or its number. */
  readonly service?: string | undefined;
  /** First name that a request is about: its domain (of IEC 61850 a logical device), and the item in it. */
  readonly domain?: string | undefined;
  readonly item?: string | undefined;
  /** Answer to a write: some of it was refused. */
  readonly refused?: boolean | undefined;
  /** Answer to identify. */
  readonly vendor?: string | undefined;
  readonly model?: string | undefined;
  readonly revision?: string | undefined;
  /** Initiate: the client proves who it is by `password` in clear, by something `other`, or not at all. */
  readonly authentication?: 'password' | 'other' | 'none' | undefined;
}

const protocol = 'mms';
const PORT = 102;
/** Session units: connect, accept; give tokens with an empty header, which data follow. */
const CONNECT = 0x0d;
const ACCEPT = 0x0e;
const DATA = Uint8Array.of(1, 0, 1, 0);
const USER_DATA = 0xc1;
const CONNECT_BYTES_MAX = 400;
/** Object identifiers below 1.0.9506.2: MMS. */
const MMS = Uint8Array.of(0x28, 0xca, 0x22, 0x02);
const PRESENTATION_DATA = 0x61;
const NAMES_DEPTH = 9;
const NAMES_ELEMENTS = 64;
const TEXT_MAX = 129;
const VISIBLE = 0x1a;

const PDUS: Readonly<Record<number, MmsEvent['event']>> = {
  160: 'confirmed_request',
  161: 'confirmed_response',
  162: 'confirmed_error',
  163: 'unconfirmed',
  164: 'reject',
  168: 'initiate_request',
  169: 'initiate_response',
  139: 'conclude_request',
  140: 'conclude_response',
};

const SERVICES: Readonly<Record<number, string>> = {
  0: 'status',
  1: 'get_name_list',
  2: 'identify',
  3: 'rename',
  4: 'read',
  5: 'write',
  6: 'get_variable_access_attributes',
  7: 'define_named_variable',
  11: 'define_named_variable_list',
  12: 'get_named_variable_list_attributes',
  13: 'delete_named_variable_list',
  19: 'take_control',
  20: 'relinquish_control',
  26: 'initiate_download_sequence',
  27: 'download_segment',
  28: 'terminate_download_sequence',
  29: 'initiate_upload_sequence',
  30: 'upload_segment',
  31: 'terminate_upload_sequence',
  33: 'request_domain_upload',
  36: 'delete_domain',
  37: 'get_domain_attributes',
  38: 'create_program_invocation',
  39: 'delete_program_invocation',
  40: 'start',
  41: 'stop',
  42: 'resume',
  43: 'reset',
  44: 'kill',
  46: 'obtain_file',
  65: 'read_journal',
  67: 'initialize_journal',
  72: 'file_open',
  73: 'file_read',
  74: 'file_close',
  75: 'file_rename',
  76: 'file_delete',
  77: 'file_directory',
};

export const mmsDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [PORT],
  recognise: (bytes, start, end) => recogniseTransport(bytes, start, end, isMms),
  open: (_flow, context) => new TransportStream(new MmsReader(context), context),
};

/** A connection that names MMS, or data in presentation context 1 or 3 that hold one of its units. */
function isMms(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] === CONNECT || bytes[at] === ACCEPT)
    return holds(bytes, at, end, MMS, CONNECT_BYTES_MAX);
  if (bytes[at] !== 1 || bytes[at + 4] !== PRESENTATION_DATA) return false;
  const place = presented(bytes, at, end);
  return place !== undefined && PDUS[bytes[place.at]] !== undefined;
}

interface Place {
  readonly at: number;
  readonly end: number;
}

/** Where the data lie that a session's data unit carries for its second or only context. */
function presented(bytes: Uint8Array, at: number, end: number): Place | undefined {
  for (let i = 0; i < DATA.length; i++) if (bytes[at + i] !== DATA[i]) return undefined;
  return userData(bytes, at + DATA.length, end);
}

/** Content of the single value in a fully encoded presentation data unit. */
function userData(bytes: Uint8Array, at: number, end: number): Place | undefined {
  const list = inside(bytes, inside(bytes, { at, end }, PRESENTATION_DATA), 0x30);
  return among(bytes, list, 0xa0);
}

/** Content of the first element of `outer` if it has this tag. */
function inside(bytes: Uint8Array, outer: Place | undefined, tag: number): Place | undefined {
  const part = element();
  if (!outer || !readElement(bytes, outer.at, outer.end, part) || part.tag !== tag)
    return undefined;
  return { at: part.start, end: part.end };
}

/** Content of the first element of this tag among those of `outer`. */
function among(bytes: Uint8Array, outer: Place | undefined, tag: number): Place | undefined {
  const part = element();
  for (let next = outer?.at ?? 0; outer; next = part.end) {
    if (!readElement(bytes, next, outer.end, part)) return undefined;
    if (part.tag === tag) return { at: part.start, end: part.end };
  }
  return undefined;
}

class MmsReader implements TransportUser {
  readonly protocol = protocol;
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  unit(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): string | undefined {
    const kind = bytes[start];
    if (kind === CONNECT || kind === ACCEPT) {
      const event = kind === CONNECT ? 'initiate_request' : 'initiate_response';
      const authentication = kind === CONNECT ? authenticationOf(bytes, start, end) : undefined;
      const initiate: MmsEvent = { protocol, event, authentication };
      this.#context.emit(initiate, direction, at);
      return undefined;
    }
    // Finish, disconnect, abort and refuse of the session hold no unit of MMS.
    if (kind !== DATA[0]) return kind >= 8 && kind <= 26 ? undefined : 'session unit';
    const place = presented(bytes, start, end);
    if (place === undefined) return 'presentation data';
    const event = readUnit(bytes, place.at, place.end);
    if (event === undefined) return 'MMS unit';
    this.#context.emit(event, direction, at);
    return undefined;
  }
}

function readUnit(bytes: Uint8Array, at: number, end: number): MmsEvent | undefined {
  const unit = element();
  if (!readElement(bytes, at, end, unit)) return undefined;
  const event = PDUS[unit.tag] ?? 'other';
  const part = element();
  switch (event) {
    case 'confirmed_request':
    case 'confirmed_response':
    case 'confirmed_error': {
      // Of an error the number is the first of its own context.
      if (!readElement(bytes, unit.start, unit.end, part)) return undefined;
      if (part.tag !== (event === 'confirmed_error' ? 0x80 : 0x02)) return undefined;
      const invoke_id = integerAt(bytes, part);
      const head = { protocol, event, invoke_id } as const;
      if (event === 'confirmed_error') return head;
      const place = serviceAt(bytes, part.end, unit.end);
      return place && { ...head, ...readService(bytes, place, event === 'confirmed_request') };
    }
    case 'unconfirmed':
      return { protocol, event, ...namesIn(bytes, unit.start, unit.end) };
    default:
      return { protocol, event };
  }
}

interface Service extends Place {
  readonly number: number;
}

/** The service behind an invocation's number and modifiers: a context tag of one byte, or of two. */
function serviceAt(bytes: Uint8Array, at: number, end: number): Service | undefined {
  let next = at;
  const part = element();
  // Modifiers are a universal sequence.
  while (bytes[next] === 0x30 && readElement(bytes, next, end, part)) next = part.end;
  if (end - next < 2 || bytes[next] < 0x80) return undefined;
  let number = bytes[next] & 0x1f;
  if (number === 0x1f) {
    number = bytes[next + 1];
    if (number >= 0x80) return undefined;
    next++;
  }
  // The tag's last byte stands where a tag of one byte would.
  const size = bytes[next + 1];
  const long = size >= 0x80 ? size & 0x7f : 0;
  if (long > 3 || next + 2 + long > end) return undefined;
  let length = long === 0 ? size : 0;
  for (let i = 0; i < long; i++) length = length * 256 + bytes[next + 2 + i];
  const start = next + 2 + long;
  return start + length <= end ? { number, at: start, end: start + length } : undefined;
}

function readService(
  bytes: Uint8Array,
  { number, at, end }: Service,
  request: boolean,
): Partial<MmsEvent> {
  const service = SERVICES[number] ?? String(number);
  if (request) return { service, ...namesIn(bytes, at, end) };
  const part = element();
  if (service === 'write') {
    let refused = false;
    for (let next = at; readElement(bytes, next, end, part); next = part.end)
      refused ||= part.tag === 0x80;
    return { service, refused };
  }
  if (service !== 'identify') return { service };
  const told: (string | undefined)[] = [];
  for (let next = at; readElement(bytes, next, end, part) && told.length < 3; next = part.end)
    told[part.tag - 0x80] = wireText(bytes, part.start, Math.min(part.end, part.start + TEXT_MAX));
  const [vendor, model, revision] = told;
  return { service, vendor, model, revision };
}

/** The first two names in what a request is about: domain and item; one alone is an item. */
function namesIn(bytes: Uint8Array, start: number, end: number): Partial<MmsEvent> {
  const names: string[] = [];
  let left = NAMES_ELEMENTS;
  const walk = (from: number, stop: number, depth: number): void => {
    const part = element();
    for (let next = from; names.length < 2 && left-- > 0; next = part.end) {
      if (!readElement(bytes, next, stop, part)) return;
      if (part.tag === VISIBLE)
        names.push(wireText(bytes, part.start, Math.min(part.end, part.start + TEXT_MAX)));
      else if ((part.tag & 0x20) !== 0 && depth < NAMES_DEPTH)
        walk(part.start, part.end, depth + 1);
    }
  };
  walk(start, end, 0);
  const [first, second] = names;
  return second === undefined ? { item: first } : { domain: first, item: second };
}

/** How a client authenticates in its association request (X.227): what it sends is not kept. */
function authenticationOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): MmsEvent['authentication'] {
  const request = associationIn(bytes, start, end);
  if (!request) return undefined;
  const value = among(bytes, request, 0xac);
  if (!value) return 'none';
  // Characters in clear, or a certificate with a signature.
  return bytes[value.at] === 0x80 ? 'password' : 'other';
}

/** The association request in the user data of a session's connect unit. */
function associationIn(bytes: Uint8Array, start: number, end: number): Place | undefined {
  let at = start + 1 + lengthBytes(bytes, start + 1);
  while (at + 2 <= end && bytes[at] !== USER_DATA)
    at += 1 + lengthBytes(bytes, at + 1) + parameterLength(bytes, at + 1);
  if (at + 2 > end) return undefined;
  // Connect presentation: a set with the mode and its parameters, user data among them.
  const presentation = { at: at + 1 + lengthBytes(bytes, at + 1), end };
  const mode = among(bytes, inside(bytes, presentation, 0x31), 0xa2);
  const list = inside(bytes, among(bytes, mode, PRESENTATION_DATA), 0x30);
  return inside(bytes, among(bytes, list, 0xa0), 0x60);
}

/** X.225, 8.2.5: one byte, or 255 and two. */
const lengthBytes = (bytes: Uint8Array, at: number): number => (bytes[at] === 255 ? 3 : 1);
const parameterLength = (bytes: Uint8Array, at: number): number =>
  bytes[at] === 255 ? (bytes[at + 1] << 8) | bytes[at + 2] : bytes[at];
