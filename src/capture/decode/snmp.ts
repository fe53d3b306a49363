/**
 * SNMP over UDP: version 1 (RFC 1157), 2c (RFC 1901, 3416) and 3 with the user-based security model (RFC 3412, 3414).
 * Of variables only the names are kept, and the texts of the few objects that say what an agent is.
 */
import { formatIpv4 } from '../../base/index.ts';
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import {
  element,
  INTEGER,
  integerAt,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  objectIdentifierAt,
  readElement,
  SEQUENCE,
} from './ber.ts';
import { u32be } from './integers.ts';
import { PDU_TYPES, type SnmpEvent, type SnmpMessageEvent } from './snmp/events.ts';
import { tellingObject } from './snmp/objects.ts';
import { hexRun, wireText } from './wire-text.ts';

export type { SnmpEvent, SnmpMessageEvent } from './snmp/events.ts';

const protocol = 'snmp';
const PORTS = [161, 162];
const VARIABLES_MAX = 64;
const TEXT_BYTES_MAX = 255;

const GET_BULK = 5;
const TRAP_V1 = 4;
/** Application types (RFC 2578, 7.1). */
const IP_ADDRESS = 0x40;
const TIME_TICKS = 0x43;

const WELL_KNOWN = ['public', 'private'] as const;
const TRAPS = [
  'coldStart',
  'warmStart',
  'linkDown',
  'linkUp',
  'authenticationFailure',
  'egpNeighborLoss',
  'enterpriseSpecific',
];
const ERRORS = [
  'NoError',
  'TooBig',
  'NoSuchName',
  'BadValue',
  'ReadOnly',
  'GenErr',
  'NoAccess',
  'WrongType',
  'WrongLength',
  'WrongEncoding',
  'WrongValue',
  'NoCreation',
  'InconsistentValue',
  'ResourceUnavailable',
  'CommitFailed',
  'UndoFailed',
  'AuthorizationError',
  'NotWritable',
  'InconsistentName',
];

const scratch = element();

export const snmpDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  ports: PORTS,
  firstBytes: [SEQUENCE],
  recognise: (bytes, start, end, _direction, flow) =>
    isMessage(bytes, start, end, isOnPort(flow)) ? 'yes' : 'no',
  open: (flow, context) => new SnmpParser(flow, context),
};

function isOnPort(flow: Flow): boolean {
  return PORTS.includes(flow.serverPort) || PORTS.includes(flow.clientPort);
}

function isMessage(bytes: Uint8Array, start: number, end: number, onPort: boolean): boolean {
  if (bytes[start] !== SEQUENCE || !readElement(bytes, start, end, scratch)) return false;
  const { start: version, end: stop } = scratch;
  const next = bytes[version + 3];
  const number = bytes[version + 2];
  if (stop - version < 8 || bytes[version] !== INTEGER || bytes[version + 1] !== 1) return false;
  if (!(next === OCTET_STRING ? number <= 1 : next === SEQUENCE && number === 3)) return false;
  return onPort || (stop === end && isWhole(bytes, version + 3, end, number));
}

/** Off its ports a message must be one to its last byte. */
function isWhole(bytes: Uint8Array, at: number, end: number, version: number): boolean {
  if (!readElement(bytes, at, end, scratch)) return false;
  if (version === 3) {
    const parameters = scratch.end;
    if (bytes[parameters] !== OCTET_STRING) return false;
    if (!readElement(bytes, parameters, end, scratch)) return false;
    const scoped = bytes[scratch.end];
    if (scoped !== SEQUENCE && scoped !== OCTET_STRING) return false;
    return readElement(bytes, scratch.end, end, scratch) && scratch.end === end;
  }
  const pdu = scratch.end;
  if (bytes[pdu] < 0xa0 || bytes[pdu] > 0xa8) return false;
  return readElement(bytes, pdu, end, scratch) && scratch.end === end;
}

class SnmpParser implements Parser {
  handover = false;
  readonly #onPort: boolean;
  readonly #context: DecodeContext;

  constructor(flow: Flow, context: DecodeContext) {
    this.#onPort = isOnPort(flow);
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    // One stray message off its ports does not make the flow SNMP's.
    if (!this.#onPort && !isMessage(bytes, start, end, false)) {
      this.handover = true;
      return end - start;
    }
    const message = new Message(bytes, start, end);
    const event = message.read(this.#context);
    if (message.fault !== '') {
      const readable = event !== undefined;
      const offset = message.faultAt - start;
      const { fault: reason } = message;
      this.#emit({ protocol, event: 'malformed', reason, offset, readable }, direction, at);
    }
    if (event) this.#emit(event, direction, at);
    return end - start;
  }

  #emit(event: SnmpEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }
}

type Draft = { -readonly [F in keyof SnmpMessageEvent]: SnmpMessageEvent[F] };

/** One message being read: a cursor, and the first thing that is wrong. */
class Message {
  readonly #bytes: Uint8Array;
  readonly #found = element();
  fault = '';
  faultAt = 0;
  #at: number;
  #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  read(context: DecodeContext): SnmpMessageEvent | undefined {
    const all = this.#end;
    if (!this.#into(SEQUENCE)) return undefined;
    if (this.#end < all) this.#fail('bytes after the message', this.#end);
    const version = this.#integer();
    if (version !== 0 && version !== 1 && version !== 3) return this.#fail('unknown version');
    const event = blank(version === 3 ? 3 : version === 0 ? 1 : 2);
    if (version === 3) return this.#version3(event);
    if (!this.#next(OCTET_STRING)) return undefined;
    const { start, end } = this.#found;
    event.community = context.secrets.seal(this.#bytes.subarray(start, end));
    event.well_known_community = WELL_KNOWN.find((known) => this.#isText(start, end, known));
    return this.#pdu(event);
  }

  /** RFC 3412, 6. */
  #version3(event: Draft): SnmpMessageEvent | undefined {
    if (!this.#next(SEQUENCE)) return undefined;
    const header = { ...this.#found };
    const rest = { at: header.end, end: this.#end };
    this.#enter(header.start, header.end);
    event.message_id = this.#integer();
    this.#integer();
    if (!this.#next(OCTET_STRING)) return undefined;
    const flags = this.#bytes[this.#found.start];
    if (this.#found.end === this.#found.start) return this.#fail('no message flags');
    const model = this.#integer();
    if (model === undefined) return undefined;
    event.security_level =
      (flags & 2) !== 0 ? 'authPriv' : (flags & 1) !== 0 ? 'authNoPriv' : 'noAuthNoPriv';
    this.#enter(rest.at, rest.end);
    if (!this.#next(OCTET_STRING)) return undefined;
    const parameters = { ...this.#found };
    if (model === 3) this.#userSecurity(event, parameters.start, parameters.end);
    this.#enter(parameters.end, rest.end);
    if (!this.#next(-1)) return undefined;
    if (this.#found.tag === OCTET_STRING) {
      event.event = 'encrypted';
      event.pdu_type = 'encrypted';
      return event;
    }
    if (this.#found.tag !== SEQUENCE) return this.#fail('unexpected element', this.#found.start);
    // Context engine and name.
    this.#enter(this.#found.start, this.#found.end);
    return this.#next(OCTET_STRING) && this.#next(OCTET_STRING) ? this.#pdu(event) : undefined;
  }

  /** RFC 3414, 2.4: engine, boots, time, user, and what authenticates and encrypts. */
  #userSecurity(event: Draft, start: number, end: number): void {
    this.#enter(start, end);
    if (!this.#into(SEQUENCE) || !this.#next(OCTET_STRING)) return;
    event.engine_id = hexRun(this.#bytes, this.#found.start, this.#found.end, 32);
    this.#integer();
    this.#integer();
    if (!this.#next(OCTET_STRING)) return;
    event.usm = this.#text();
  }

  #pdu(event: Draft): SnmpMessageEvent | undefined {
    if (!this.#next(-1)) return undefined;
    const { tag, start, end } = this.#found;
    const type = tag - 0xa0;
    const name = PDU_TYPES[type];
    if (name === undefined) return this.#fail('unknown PDU', start);
    event.event = name;
    event.pdu_type = name;
    this.#enter(start, end);
    if (type === TRAP_V1) {
      if (!this.#trap(event)) return undefined;
    } else {
      event.request_id = this.#integer();
      const status = this.#integer();
      this.#integer();
      if (status === undefined) return undefined;
      if (status !== 0 && type !== GET_BULK)
        event.error = ERRORS[status] ?? `ErrorStatus(${status})`;
    }
    this.#variables(event, type);
    return event;
  }

  /** RFC 1157, 4.1.6. */
  #trap(event: Draft): boolean {
    if (!this.#next(OBJECT_IDENTIFIER)) return false;
    event.trap_oid = objectIdentifierAt(this.#bytes, this.#found);
    if (!this.#next(IP_ADDRESS)) return false;
    const { start, end } = this.#found;
    if (end - start === 4) event.trap_address = formatIpv4(u32be(this.#bytes, start));
    const generic = this.#integer();
    this.#integer();
    if (generic === undefined) return false;
    event.trap_type = TRAPS[generic] ?? `TrapType(${generic})`;
    return this.#next(TIME_TICKS);
  }

  #variables(event: Draft, type: number): void {
    if (!this.#into(SEQUENCE)) return;
    const names: string[] = [];
    const list = this.#end;
    while (this.#at < list && names.length < VARIABLES_MAX) {
      if (!this.#next(SEQUENCE)) break;
      const { start, end } = this.#found;
      this.#enter(start, end);
      if (!this.#next(OBJECT_IDENTIFIER)) break;
      const name = objectIdentifierAt(this.#bytes, this.#found);
      if (name === undefined) {
        this.#fail('invalid object identifier', this.#found.start);
        break;
      }
      if (!this.#next(-1)) break;
      names.push(name);
      if (PDU_TYPES[type] === 'response') this.#object(event, name);
      this.#enter(end, list);
    }
    if (names.length > 0) event.vars = names;
  }

  /** The value read last, if its object says what the agent is. */
  #object(event: Draft, name: string): void {
    const object = tellingObject(name);
    if (object === undefined || this.#found.start === this.#found.end) return;
    const { tag } = this.#found;
    const value =
      tag === OCTET_STRING
        ? this.#text()
        : tag === OBJECT_IDENTIFIER
          ? objectIdentifierAt(this.#bytes, this.#found)
          : undefined;
    if (value !== undefined) event.objects = { ...event.objects, [object]: value };
  }

  #text(): string {
    const { start, end } = this.#found;
    return wireText(this.#bytes, start, Math.min(end, start + TEXT_BYTES_MAX));
  }

  #isText(start: number, end: number, text: string): boolean {
    if (end - start !== text.length) return false;
    for (let i = 0; i < text.length; i++)
      if (this.#bytes[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #enter(at: number, end: number): void {
    this.#at = at;
    this.#end = end;
  }

  /** Goes into the next element. */
  #into(tag: number): boolean {
    if (!this.#next(tag)) return false;
    this.#enter(this.#found.start, this.#found.end);
    return true;
  }

  /** Reads the next element; -1 takes any. */
  #next(tag: number): boolean {
    if (!readElement(this.#bytes, this.#at, this.#end, this.#found)) {
      this.#fail('element cut off');
      return false;
    }
    if (tag !== -1 && this.#found.tag !== tag) {
      this.#fail('unexpected element');
      return false;
    }
    this.#at = this.#found.end;
    return true;
  }

  #integer(): number | undefined {
    if (!this.#next(INTEGER)) return undefined;
    const value = integerAt(this.#bytes, this.#found);
    if (value === undefined) this.#fail('invalid integer', this.#found.start);
    return value;
  }

  #fail(reason: string, at = this.#at): undefined {
    if (this.fault !== '') return;
    this.fault = reason;
    this.faultAt = at;
  }
}

function blank(version: 1 | 2 | 3): Draft {
  return {
    protocol,
    event: 'encrypted',
    version,
    pdu_type: 'encrypted',
    community: undefined,
    well_known_community: undefined,
    message_id: undefined,
    security_level: undefined,
    usm: undefined,
    engine_id: undefined,
    request_id: undefined,
    error: undefined,
    trap_type: undefined,
    trap_oid: undefined,
    trap_address: undefined,
    vars: undefined,
    objects: undefined,
  };
}
