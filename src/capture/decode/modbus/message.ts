/** One Modbus message (Application Protocol Specification V1.1b3): the events, and the reading of a PDU. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import { u16be } from '../integers.ts';
import { wireText } from '../wire-text.ts';
import {
  categoryOf,
  DEVICE_IDENTIFICATION,
  DIAGNOSTICS,
  diagnosticCode,
  ENCAPSULATED_INTERFACE,
  EXCEPTION,
  exceptionCode,
  functionOf,
  MASK_WRITE_REGISTER,
  meiCode,
  READ_COILS,
  READ_DISCRETE_INPUTS,
  READ_INPUT_REGISTERS,
  READ_WRITE_MULTIPLE_REGISTERS,
  REPORT_SERVER_ID,
  requestFits,
  responseFits,
  UMAS,
  WRITE_MULTIPLE_COILS,
  WRITE_MULTIPLE_REGISTERS,
  WRITE_SINGLE_COIL,
  WRITE_SINGLE_REGISTER,
} from './functions.ts';
import { type DeviceIdentification, identificationOf, readableText } from './identification.ts';
import { type UmasFields, umasFields } from './umas.ts';

/** What is common to requests and responses. Names and values of fields are EVE's. */
interface ModbusMessage<E extends string> extends AppEvent {
  readonly protocol: 'modbus';
  readonly event: E;
  /** Number of the transaction within the flow, from 1: a response has its request's. */
  readonly id: number;
  readonly transaction_id: number;
  readonly protocol_id: number;
  /** Of a serial line behind a gateway; else 0 or 255. */
  readonly unit_id: number;
  /** As on the wire; 128 is added where a function was refused. */
  readonly function_raw: number;
  readonly function_code: string;
  /** The specification's name of the function, e.g. `read_coils`; `unknown` for the users' own. */
  readonly function: string;
  /** e.g. `READ | COILS`, or `NONE`. */
  readonly access_type: string;
  /** `PUBLIC_ASSIGNED`, `PUBLIC_UNASSIGNED`, `USER_DEFINED`, `RESERVED` or `NONE`. */
  readonly category: string;
  /** What breaks the specification: `DATA_VALUE`, `DATA_LENGTH`, `EXC_CODE`, `FUNC_CODE`; else `NONE`. */
  readonly error_flags: string;
  readonly diagnostic?: CodedData | undefined;
  readonly mei?: CodedData | undefined;
  readonly read?: ModbusAccess | undefined;
  readonly write?: ModbusAccess | undefined;
  readonly umas?: UmasFields | undefined;
  /** Of functions that have none of the fields above: bytes as text, others as `\xhh`. */
  readonly data?: string | undefined;
}

interface CodedData {
  readonly raw: number;
  readonly code: string;
  /** Bytes as text, others as `\xhh`. */
  readonly data: string;
}

export interface ModbusAccess {
  readonly address?: number;
  /** How many coils, inputs or registers. */
  readonly quantity?: number;
  /** A value, or bytes as text, others as `\xhh`. */
  readonly data?: number | string;
  readonly and_mask?: number;
  readonly or_mask?: number;
}

export type ModbusRequest = ModbusMessage<'request'>;

export interface ModbusResponse extends ModbusMessage<'response'> {
  readonly exception?: { readonly raw: number; readonly code: string } | undefined;
  /** Of function 43/14 (6.21). */
  readonly device_identification?: DeviceIdentification | undefined;
  /** Of Report Server ID (6.13): what of it can be read. */
  readonly server_id?: string | undefined;
}

export type ModbusEvent = ModbusRequest | ModbusResponse | MalformedEvent;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Fields behind the header. */
type Body = Partial<
  Mutable<
    Pick<
      ModbusResponse,
      | 'diagnostic'
      | 'mei'
      | 'read'
      | 'write'
      | 'umas'
      | 'data'
      | 'exception'
      | 'device_identification'
      | 'server_id'
    >
  >
>;

/** Bytes of the MBAP header with the unit identifier (Messaging on TCP/IP, 3.1.3). */
export const HEADER_BYTES = 7;
const COILS_MAX = 2_000;
const COILS_WRITTEN_MAX = 1_968;
const REGISTERS_MAX = 125;
const REGISTERS_WRITTEN_MAX = 123;

export const DATA_VALUE = 'value out of range';
export const DATA_LENGTH = 'length does not fit the function';
export const EXCEPTION_CODE = 'undefined exception code';
export const FUNCTION_CODE = 'function code that no request may have';
const FLAGS: Readonly<Record<string, string>> = {
  [DATA_VALUE]: 'DATA_VALUE',
  [DATA_LENGTH]: 'DATA_LENGTH',
  [EXCEPTION_CODE]: 'EXC_CODE',
  [FUNCTION_CODE]: 'FUNC_CODE',
};

/** What a message was read into: the event, and what breaks the specification, or ''. */
export interface ReadMessage {
  readonly event: ModbusRequest | ModbusResponse;
  readonly fault: string;
}

/**
 * Reads one whole message.
 * @param start - of the header; [start, end) holds at least header and function code.
 * @param quantity - how many coils or registers the request asked for; undefined when it was not seen.
 */
export function readMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  response: boolean,
  id: number,
  quantity: number | undefined,
): ReadMessage {
  const code = bytes[start + HEADER_BYTES];
  const data = start + HEADER_BYTES + 1;
  const { name, code: function_code, access } = functionOf(code);
  const body: Body = {};
  const fault = response
    ? readResponse(bytes, data, end, code, quantity, body)
    : readRequest(bytes, data, end, code, body);
  const head = {
    id,
    transaction_id: u16be(bytes, start),
    protocol_id: u16be(bytes, start + 2),
    unit_id: bytes[start + 6],
    function_raw: code,
    function_code,
    function: name,
    access_type: access,
    category: category(code, body),
    error_flags: fault === '' ? 'NONE' : FLAGS[fault],
  };
  const event: ModbusRequest | ModbusResponse = response
    ? { protocol: 'modbus', event: 'response', ...head, ...body }
    : { protocol: 'modbus', event: 'request', ...head, ...body };
  return { event, fault };
}

/** As EVE has it, functions with sub-functions are assigned as far as those are. */
function category(code: number, body: Body): string {
  const part = code === DIAGNOSTICS ? body.diagnostic : body.mei;
  if (code === DIAGNOSTICS || code === ENCAPSULATED_INTERFACE) {
    if (part === undefined) return 'NONE';
    return part.code === 'Reserved' || part.code === 'Unknown' ? 'RESERVED' : 'PUBLIC_ASSIGNED';
  }
  return categoryOf(code);
}

/** @returns what breaks the specification, or ''. */
function readRequest(bytes: Uint8Array, at: number, end: number, code: number, body: Body): string {
  if (code === 0 || code >= EXCEPTION) {
    body.data = wireText(bytes, at, end);
    return FUNCTION_CODE;
  }
  if (requestFits(code, bytes, at, end) === false) {
    readCoded(bytes, at, end, code, body);
    return DATA_LENGTH;
  }
  switch (code) {
    case WRITE_SINGLE_COIL:
    case WRITE_SINGLE_REGISTER: {
      const value = u16be(bytes, at + 2);
      body.write = { address: u16be(bytes, at), data: value };
      return code === WRITE_SINGLE_COIL && value !== 0 && value !== 0xff00 ? DATA_VALUE : '';
    }
    case WRITE_MULTIPLE_COILS:
    case WRITE_MULTIPLE_REGISTERS:
      return readWritten(bytes, at, end, code, body);
    case MASK_WRITE_REGISTER:
      body.write = masks(bytes, at);
      return '';
    case READ_WRITE_MULTIPLE_REGISTERS: {
      const fault = readAsked(bytes, at, code, body);
      return readWritten(bytes, at + 4, end, code, body) || fault;
    }
    default:
      if (code >= READ_COILS && code <= READ_INPUT_REGISTERS)
        return readAsked(bytes, at, code, body);
      return readCoded(bytes, at, end, code, body);
  }
}

/** @returns what breaks the specification, or ''. */
function readResponse(
  bytes: Uint8Array,
  at: number,
  end: number,
  code: number,
  quantity: number | undefined,
  body: Body,
): string {
  if (code >= EXCEPTION && at < end) {
    body.exception = { raw: bytes[at], code: exceptionCode(bytes[at]) };
    if (end - at > 1) return DATA_LENGTH;
    return body.exception.code === 'Unknown' ? EXCEPTION_CODE : '';
  }
  if (responseFits(code, bytes, at, end) === false) {
    readCoded(bytes, at, end, code, body);
    return DATA_LENGTH;
  }
  switch (code) {
    case WRITE_SINGLE_COIL:
    case WRITE_SINGLE_REGISTER:
    case WRITE_MULTIPLE_COILS:
    case WRITE_MULTIPLE_REGISTERS:
      body.write = { address: u16be(bytes, at), data: u16be(bytes, at + 2) };
      return '';
    case MASK_WRITE_REGISTER:
      body.write = masks(bytes, at);
      return '';
    default:
      if (
        (code >= READ_COILS && code <= READ_INPUT_REGISTERS) ||
        code === READ_WRITE_MULTIPLE_REGISTERS
      ) {
        body.read = { data: wireText(bytes, at + 1, end) };
        return quantity === undefined || bytes[at] === bytesOf(code, quantity) ? '' : DATA_VALUE;
      }
      if (code === ENCAPSULATED_INTERFACE && bytes[at] === DEVICE_IDENTIFICATION) {
        body.device_identification = identificationOf(bytes, at + 1, end);
        if (body.device_identification === undefined) {
          readCoded(bytes, at, end, code, body);
          return DATA_LENGTH;
        }
      }
      if (code === REPORT_SERVER_ID) body.server_id = readableText(bytes, at + 1, end);
      return readCoded(bytes, at, end, code, body);
  }
}

/** Of coils a bit each, of registers two bytes. */
function bytesOf(code: number, quantity: number): number {
  return isBits(code) ? (quantity + 7) >> 3 : 2 * quantity;
}

function isBits(code: number): boolean {
  return code === READ_COILS || code === READ_DISCRETE_INPUTS || code === WRITE_MULTIPLE_COILS;
}

function readAsked(bytes: Uint8Array, at: number, code: number, body: Body): string {
  const quantity = u16be(bytes, at + 2);
  body.read = { address: u16be(bytes, at), quantity };
  return quantity === 0 || quantity > (isBits(code) ? COILS_MAX : REGISTERS_MAX) ? DATA_VALUE : '';
}

function readWritten(bytes: Uint8Array, at: number, end: number, code: number, body: Body): string {
  const quantity = u16be(bytes, at + 2);
  body.write = { address: u16be(bytes, at), quantity, data: wireText(bytes, at + 5, end) };
  const max = isBits(code) ? COILS_WRITTEN_MAX : REGISTERS_WRITTEN_MAX;
  const fits = bytes[at + 4] === bytesOf(code, quantity);
  return quantity === 0 || quantity > max || !fits ? DATA_VALUE : '';
}

function masks(bytes: Uint8Array, at: number): ModbusAccess {
  return {
    address: u16be(bytes, at),
    and_mask: u16be(bytes, at + 2),
    or_mask: u16be(bytes, at + 4),
  };
}

/** Functions whose data EVE prints as it stands, some behind a code. */
function readCoded(bytes: Uint8Array, at: number, end: number, code: number, body: Body): string {
  if (code === DIAGNOSTICS && end - at >= 2) {
    const raw = u16be(bytes, at);
    body.diagnostic = { raw, code: diagnosticCode(raw), data: wireText(bytes, at + 2, end) };
  } else if (code === ENCAPSULATED_INTERFACE && end > at) {
    const raw = bytes[at];
    body.mei = { raw, code: meiCode(raw), data: wireText(bytes, at + 1, end) };
  } else {
    body.data = wireText(bytes, at, end);
    if (code === UMAS && end - at >= 2) body.umas = umasFields(bytes[at], bytes[at + 1]);
  }
  return '';
}
