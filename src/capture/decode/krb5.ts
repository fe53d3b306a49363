/**
 * Kerberos 5 (RFC 4120) over UDP and TCP: what is asked of a key distribution centre (AS and TGS exchanges), and its
 * answers as far as they are in clear.
 */
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { type Element, element, INTEGER, integerAt, readElement, SEQUENCE } from './ber.ts';
import { u32be } from './integers.ts';
import type { Krb5Event, Krb5MalformedEvent } from './krb5/events.ts';
import { encryptionName, errorName, isWeakEncryption } from './krb5/names.ts';
import { wireText } from './wire-text.ts';

export type { Krb5Event } from './krb5/events.ts';

const protocol = 'krb5';
const PORT = 88;
/** A message over TCP has its length before it (RFC 4120, 7.2.2). */
const LENGTH_BYTES = 4;
const MESSAGE_BYTES_MAX = 61_440;
const LIST_MAX = 32;
const NAME_PARTS_MAX = 8;
const NAME_BYTES_MAX = 255;
const FIELDS_MAX = 13;

const AS_REQ = 10;
const AS_REP = 11;
const TGS_REQ = 12;
const TGS_REP = 13;
const ERROR = 30;
const KNOWN = [AS_REQ, AS_REP, TGS_REQ, TGS_REP, ERROR];
/** Constructed, of class APPLICATION. */
const APPLICATION = 0x60;
const TICKET = APPLICATION + 1;
const AP_REQ = 14;
const GENERAL_STRING = 0x1b;

const scratch = element();

export const krb5Decoder: Decoder = {
  protocol,
  carriers: ['udp', 'tcp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, flow) {
    if (flow.carrier !== 'tcp') {
      if (isMessage(bytes, start, end) === end) return 'yes';
      const onPort = flow.serverPort === PORT || flow.clientPort === PORT;
      return onPort && isTag(bytes[start]) && isWhole(bytes, start, end) ? 'yes' : 'no';
    }
    const message = start + LENGTH_BYTES;
    if (end > start && bytes[start] !== 0) return 'no';
    if (end - message < 16) return end <= message || isTag(bytes[message]) ? 'more' : 'no';
    const stop = message + u32be(bytes, start);
    if (u32be(bytes, start) > MESSAGE_BYTES_MAX) return 'no';
    return isMessage(bytes, message, Math.max(end, stop)) === stop ? 'yes' : 'no';
  },
  open: (flow, context) => new Krb5Parser(flow, context),
};

function isTag(byte: number): boolean {
  return (byte & 0xe0) === APPLICATION && KNOWN.includes(byte & 0x1f);
}

/**
 * Where the message at `start` ends, which begins with its type, version 5 and its type again; -1 where it does not.
 * @param end - how far it may reach; its first bytes must be at hand.
 */
function isMessage(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 16 || !isTag(bytes[start])) return -1;
  if (!readElement(bytes, start, end, scratch)) return -1;
  const { start: at, end: stop } = scratch;
  if (bytes[at] !== SEQUENCE || !readElement(bytes, at, stop, scratch)) return -1;
  const version = scratch.start;
  const number = isRequest(bytes[start] & 0x1f) ? 0xa1 : 0xa0;
  const is = (offset: number, value: number): boolean => bytes[version + offset] === value;
  const versioned = is(0, number) && is(1, 3) && is(2, INTEGER) && is(3, 1) && is(4, 5);
  const typed = is(5, number + 1) && is(6, 3) && is(7, INTEGER) && is(8, 1);
  return versioned && typed && is(9, bytes[start] & 0x1f) ? stop : -1;
}

/** A sequence in a tag of a message, to the last byte. */
function isWhole(bytes: Uint8Array, start: number, end: number): boolean {
  if (!readElement(bytes, start, end, scratch) || scratch.end !== end) return false;
  const { start: at } = scratch;
  return bytes[at] === SEQUENCE && readElement(bytes, at, end, scratch) && scratch.end === end;
}

function isRequest(type: number): boolean {
  return type === AS_REQ || type === TGS_REQ;
}

class Krb5Parser implements Parser {
  readonly #stream: boolean;
  readonly #context: DecodeContext;
  done = false;
  /** The type that was asked for last. */
  #asked: number | undefined;

  constructor(flow: Flow, context: DecodeContext) {
    this.#stream = flow.carrier === 'tcp';
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (!this.#stream) {
      this.#message(bytes, start, end, direction, at);
      return end - start;
    }
    let place = start;
    while (end - place >= LENGTH_BYTES) {
      const length = u32be(bytes, place);
      const message = place + LENGTH_BYTES;
      if (length > MESSAGE_BYTES_MAX) {
        this.#emit(malformed('message too long', 0), direction, at);
        // The length has 31 bits (RFC 4120, 7.2.2).
        return length >= 0x8000_0000 ? end - start : message + length - start;
      }
      if (end - message < length) break;
      this.#message(bytes, message, message + length, direction, at);
      place = message + length;
    }
    return place - start;
  }

  gap(): void {
    // Nothing tells where the next message begins.
    this.done = true;
  }

  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event = this.#read(bytes, start, end);
    if (!event) return;
    if (event.event !== 'malformed' && isMessage(bytes, start, end) < 0)
      this.#emit({ ...malformed('version or type missing', 0), readable: true }, direction, at);
    this.#emit(event, direction, at);
  }

  #read(bytes: Uint8Array, start: number, end: number): Krb5Event | undefined {
    const outer = element();
    if (!readElement(bytes, start, end, outer)) return malformed('message cut off', 0);
    if ((outer.tag & 0xe0) !== APPLICATION) return malformed('no Kerberos message', 0);
    const type = outer.tag & 0x1f;
    if (!KNOWN.includes(type)) return undefined;
    const fields = fieldsOf(bytes, outer);
    if (!fields) return malformed('invalid message', outer.start - start);
    const event =
      type === ERROR
        ? this.#error(bytes, fields)
        : isRequest(type)
          ? this.#request(bytes, type, fields)
          : reply(bytes, type, fields);
    return event ?? malformed('field missing', outer.start - start);
  }

  /** RFC 4120, 5.4.1. */
  #request(bytes: Uint8Array, type: number, fields: Fields): Krb5Event | undefined {
    const body = fields[4] && fieldsOf(bytes, fields[4]);
    if (!body) return undefined;
    this.#asked = type;
    return {
      protocol,
      event: type === AS_REQ ? 'as_req' : 'tgs_req',
      msg_type: typeName(type),
      cname: principal(bytes, body[1]),
      realm: textOf(bytes, body[2]),
      sname: principal(bytes, body[3]),
      etypes: integersOf(bytes, body[8]),
      padata: padataOf(bytes, fields[3]),
    };
  }

  /** RFC 4120, 5.9.1. */
  #error(bytes: Uint8Array, fields: Fields): Krb5Event | undefined {
    const code = integerOf(bytes, fields[6]);
    if (code === undefined) return undefined;
    const failed = typeName(this.#asked ?? ERROR);
    this.#asked = undefined;
    return {
      protocol,
      event: 'error',
      msg_type: 'KRB_ERROR',
      failed_request: failed,
      error_code: errorName(code),
      error_number: code,
      error_text: textOf(bytes, fields[11]),
      cname: principal(bytes, fields[8]),
      realm: textOf(bytes, fields[7]),
      sname: principal(bytes, fields[10]),
    };
  }

  #emit(event: Krb5Event, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }
}

/** RFC 4120, 5.4.2. */
function reply(bytes: Uint8Array, type: number, fields: Fields): Krb5Event | undefined {
  const ticket = fields[5] && elementIn(bytes, fields[5]);
  const granted = ticket?.tag === TICKET ? fieldsOf(bytes, ticket) : undefined;
  const etype = encryptionOf(bytes, fields[6]);
  const ticket_etype = encryptionOf(bytes, granted?.[3]);
  if (!granted || etype === undefined || ticket_etype === undefined) return undefined;
  return {
    protocol,
    event: type === AS_REP ? 'as_rep' : 'tgs_rep',
    msg_type: typeName(type),
    cname: principal(bytes, fields[4]),
    realm: textOf(bytes, fields[3]),
    sname: principal(bytes, granted[2]),
    encryption: encryptionName(etype),
    weak_encryption: isWeakEncryption(etype),
    ticket_encryption: encryptionName(ticket_etype),
    ticket_weak_encryption: isWeakEncryption(ticket_etype),
    etype,
    ticket_etype,
  };
}

/** A ticket as a client shows it to a service, which alone can read what is in it. */
export interface ShownTicket {
  readonly realm: string | undefined;
  readonly sname: string | undefined;
  readonly encryption: string;
  readonly weak_encryption: boolean;
}

/** Reads the AP-REQ at `start` (RFC 4120, 5.5.1), which other protocols carry inside their sign-in. */
export function readShownTicket(
  bytes: Uint8Array,
  start: number,
  end: number,
): ShownTicket | undefined {
  const request = element();
  if (!readElement(bytes, start, end, request) || request.tag !== APPLICATION + AP_REQ)
    return undefined;
  const field = fieldsOf(bytes, request)?.[3];
  const ticket = field && elementIn(bytes, field);
  const fields = ticket?.tag === TICKET ? fieldsOf(bytes, ticket) : undefined;
  const etype = encryptionOf(bytes, fields?.[3]);
  if (!fields || etype === undefined) return undefined;
  return {
    realm: textOf(bytes, fields[1]),
    sname: principal(bytes, fields[2]),
    encryption: encryptionName(etype),
    weak_encryption: isWeakEncryption(etype),
  };
}

const TYPE_NAMES = new Map([
  [AS_REQ, 'KRB_AS_REQ'],
  [AS_REP, 'KRB_AS_REP'],
  [TGS_REQ, 'KRB_TGS_REQ'],
  [TGS_REP, 'KRB_TGS_REP'],
]);
const typeName = (type: number): string => TYPE_NAMES.get(type) ?? 'UNKNOWN';

/** The content of each context-specific field of a sequence, by its number. */
type Fields = readonly (Element | undefined)[];

/** @param around - holds a sequence; undefined where that is cut off or no sequence of numbered fields. */
function fieldsOf(bytes: Uint8Array, around: Element): Fields | undefined {
  const sequence = elementIn(bytes, around);
  if (sequence?.tag !== SEQUENCE) return undefined;
  const fields: (Element | undefined)[] = [];
  let at = sequence.start;
  for (let count = 0; at < sequence.end && count < FIELDS_MAX; count++) {
    const field = element();
    if (!readElement(bytes, at, sequence.end, field) || (field.tag & 0xe0) !== 0xa0)
      return undefined;
    fields[field.tag & 0x1f] = field;
    at = field.end;
  }
  return fields;
}

function elementIn(bytes: Uint8Array, { start, end }: Element): Element | undefined {
  const found = element();
  return readElement(bytes, start, end, found) ? found : undefined;
}

function integerOf(bytes: Uint8Array, field: Element | undefined): number | undefined {
  const number = field && elementIn(bytes, field);
  return number?.tag === INTEGER ? integerAt(bytes, number) : undefined;
}

function textOf(bytes: Uint8Array, field: Element | undefined): string | undefined {
  const text = field && elementIn(bytes, field);
  if (text?.tag !== GENERAL_STRING) return undefined;
  return wireText(bytes, text.start, Math.min(text.end, text.start + NAME_BYTES_MAX));
}

/** `krbtgt/EXAMPLE.COM` (RFC 4120, 6.2). */
function principal(bytes: Uint8Array, field: Element | undefined): string | undefined {
  const parts = field && fieldsOf(bytes, field)?.[1];
  const list = parts && elementIn(bytes, parts);
  if (list?.tag !== SEQUENCE) return undefined;
  const names: string[] = [];
  for (const { tag, start, end } of elementsOf(bytes, list, NAME_PARTS_MAX))
    if (tag === GENERAL_STRING)
      names.push(wireText(bytes, start, Math.min(end, start + NAME_BYTES_MAX)));
  return names.length > 0 ? names.join('/') : undefined;
}

function encryptionOf(bytes: Uint8Array, field: Element | undefined): number | undefined {
  return field && integerOf(bytes, fieldsOf(bytes, field)?.[0]);
}

function integersOf(bytes: Uint8Array, field: Element | undefined): number[] {
  const list = field && elementIn(bytes, field);
  if (list?.tag !== SEQUENCE) return [];
  return elementsOf(bytes, list, LIST_MAX).flatMap((each) => integerAt(bytes, each) ?? []);
}

/** The types of pre-authentication data (RFC 4120, 5.2.7). */
function padataOf(bytes: Uint8Array, field: Element | undefined): number[] {
  const list = field && elementIn(bytes, field);
  if (list?.tag !== SEQUENCE) return [];
  return elementsOf(bytes, list, LIST_MAX).flatMap((each) => {
    const type = element();
    const number = readElement(bytes, each.start, each.end, type) && integerOf(bytes, type);
    return typeof number === 'number' ? [number] : [];
  });
}

function elementsOf(bytes: Uint8Array, list: Element, most: number): Element[] {
  const found: Element[] = [];
  let at = list.start;
  while (at < list.end && found.length < most) {
    const one = element();
    if (!readElement(bytes, at, list.end, one)) break;
    found.push(one);
    at = one.end;
  }
  return found;
}

function malformed(reason: string, offset: number): Krb5MalformedEvent {
  return { protocol, event: 'malformed', reason, offset };
}
