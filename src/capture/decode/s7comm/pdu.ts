/** One S7 PDU: header, parameters and what of the data says who does what. */
import type { SecretSealer } from '../../../base/index.ts';
import { u16be } from '../integers.ts';
import { wireText } from '../wire-text.ts';
import type { S7Ack, S7Item, S7Job, S7UserData } from './events.ts';
import { identificationOf } from './szl.ts';

export const PROTOCOL_ID = 0x32;
export const JOB = 1;
export const ACK = 2;
export const ACK_DATA = 3;
export const USERDATA = 7;
export const HEADER_BYTES = 10;
/** Error class and code, which answers have behind the header. */
const ERROR_BYTES = 2;

const READ_VAR = 0x04;
const WRITE_VAR = 0x05;
const PLC_CONTROL = 0x28;
const PLC_STOP = 0x29;
const SETUP = 0xf0;
const FUNCTIONS: Readonly<Record<number, string>> = {
  0: 'cpu_services',
  [READ_VAR]: 'read_var',
  [WRITE_VAR]: 'write_var',
  26: 'request_download',
  27: 'download_block',
  28: 'download_ended',
  29: 'start_upload',
  30: 'upload',
  31: 'end_upload',
  [PLC_CONTROL]: 'plc_control',
  [PLC_STOP]: 'plc_stop',
  [SETUP]: 'setup_communication',
};
/** Of them, those whose parameters name a block behind eight octets. */
const NAMES_BLOCK = new Set([0x1a, 0x1b, 0x1c, 0x1d]);

const GROUPS = [
  'mode_transition',
  'programmer_commands',
  'cyclic_services',
  'block_functions',
  'cpu_functions',
  'security',
  'pbc_bsend_brecv',
  'time_functions',
];
const TYPES: Readonly<Record<number, S7UserData['type']>> = {
  0: 'push',
  4: 'request',
  8: 'response',
};
const CPU_FUNCTIONS = 4;
const SECURITY = 5;
const READ_SZL = 1;
const PLC_PASSWORD = 1;
const PASSWORD_BYTES = 8;
const ITEMS_MAX = 20;

/** Whether parameters and data of the header at `at` fill what is there. The caller has twelve bytes. */
export function headerFits(bytes: Uint8Array, at: number, end: number): boolean {
  const type = bytes[at + 1];
  if (bytes[at] !== PROTOCOL_ID) return false;
  if (type !== JOB && type !== ACK && type !== ACK_DATA && type !== USERDATA) return false;
  return headerBytes(type) + u16be(bytes, at + 6) + u16be(bytes, at + 8) === end - at;
}

function headerBytes(type: number): number {
  return type === ACK || type === ACK_DATA ? HEADER_BYTES + ERROR_BYTES : HEADER_BYTES;
}

/** Reads a PDU whose header fits. */
export function readPdu(
  bytes: Uint8Array,
  start: number,
  end: number,
  secrets: SecretSealer,
): S7Job | S7Ack | S7UserData {
  const type = bytes[start + 1];
  const parameters = start + headerBytes(type);
  const data = parameters + u16be(bytes, start + 6);
  const pdu_reference = u16be(bytes, start + 4);
  if (type === USERDATA) return readUserData(bytes, parameters, data, end, pdu_reference, secrets);
  const code = data > parameters ? bytes[parameters] : undefined;
  const head = {
    pdu_reference,
    function_code: code,
    function: code === undefined ? undefined : FUNCTIONS[code],
  };
  if (type === JOB)
    return { protocol: 's7comm', event: 'job', ...head, ...readJob(bytes, parameters, data) };
  return {
    protocol: 's7comm',
    event: type === ACK ? 'ack' : 'ack_data',
    ...head,
    error_class: bytes[start + HEADER_BYTES],
    error_code: bytes[start + HEADER_BYTES + 1],
    ...readAnswer(bytes, parameters, data, end),
  };
}

function readJob(bytes: Uint8Array, start: number, end: number): Partial<S7Job> {
  const code = bytes[start];
  const length = end - start;
  if (code === SETUP && length >= 8) {
    return {
      max_amq_calling: u16be(bytes, start + 2),
      max_amq_called: u16be(bytes, start + 4),
      pdu_length: u16be(bytes, start + 6),
    };
  }
  if ((code === READ_VAR || code === WRITE_VAR) && length >= 2)
    return {
      item_count: bytes[start + 1],
      items: readItems(bytes, start + 2, end, bytes[start + 1]),
    };
  if (code === PLC_CONTROL) return readInvocation(bytes, start, end);
  if (code === PLC_STOP) return named('pi_service', textAt(bytes, start + 6, end));
  if (NAMES_BLOCK.has(code)) return named('block', textAt(bytes, start + 8, end));
  return {};
}

function readAnswer(
  bytes: Uint8Array,
  start: number,
  data: number,
  end: number,
): Partial<Pick<S7Ack, 'pdu_length' | 'item_count' | 'return_codes'>> {
  if (data - start < 2) return {};
  const code = bytes[start];
  if (code === SETUP && data - start >= 8) return { pdu_length: u16be(bytes, start + 6) };
  const item_count = bytes[start + 1];
  if (code === WRITE_VAR) {
    const last = Math.min(end, data + Math.min(item_count, ITEMS_MAX));
    return { item_count, return_codes: [...bytes.subarray(data, last)] };
  }
  if (code === READ_VAR)
    return { item_count, return_codes: readReturnCodes(bytes, data, end, item_count) };
  return {};
}

/** Of values, each behind its return code, size and length; they begin at even places. */
function readReturnCodes(bytes: Uint8Array, start: number, end: number, count: number): number[] {
  const codes: number[] = [];
  let at = start;
  while (codes.length < Math.min(count, ITEMS_MAX) && at + 4 <= end) {
    codes.push(bytes[at]);
    const length = u16be(bytes, at + 2);
    // Sizes 3 to 5 are counted in bits.
    const octets = bytes[at + 1] >= 3 && bytes[at + 1] <= 5 ? (length + 7) >> 3 : length;
    at += 4 + octets + (octets & 1);
  }
  return codes;
}

function readItems(bytes: Uint8Array, start: number, end: number, count: number): S7Item[] {
  const items: S7Item[] = [];
  let at = start;
  while (items.length < Math.min(count, ITEMS_MAX) && at + 3 <= end) {
    const length = bytes[at + 1];
    const syntax_id = bytes[at + 2];
    if (at + 2 + length > end) break;
    items.push({
      address: syntax_id === 0x10 && length === 10 ? addressOf(bytes, at + 3) : undefined,
      syntax_id,
    });
    at += 2 + length;
  }
  return items;
}

const AREAS: Readonly<Record<number, string>> = {
  3: 'SI',
  5: 'SF',
  6: 'AI',
  7: 'AQ',
  28: 'C',
  29: 'T',
  128: 'P',
  129: 'I',
  130: 'Q',
  131: 'M',
  132: 'DB',
  133: 'DI',
  134: 'L',
};
const SIZES: Readonly<Record<number, string>> = {
  1: 'BIT',
  2: 'BYTE',
  3: 'CHAR',
  4: 'WORD',
  5: 'INT',
  6: 'DWORD',
  7: 'DINT',
  8: 'REAL',
  28: 'COUNTER',
  29: 'TIMER',
};

/** By area and place: size, count, data block, area, and a place in bits. */
function addressOf(bytes: Uint8Array, at: number): string {
  const area = bytes[at + 5];
  const place = (bytes[at + 6] << 16) | u16be(bytes, at + 7);
  const name = AREAS[area] ?? `0x${area.toString(16)}`;
  const block = name === 'DB' || name === 'DI' ? `${name}${u16be(bytes, at + 3)}.DBX` : name;
  const size = SIZES[bytes[at]] ?? `0x${bytes[at].toString(16)}`;
  return `${block} ${place >> 3}.${place & 7} ${size} ${u16be(bytes, at + 1)}`;
}

/** Program invocation: seven octets, argument behind its length of two octets, name behind one of one. */
function readInvocation(bytes: Uint8Array, start: number, end: number): Partial<S7Job> {
  const at = start + 10;
  if (at > end) return {};
  const stop = at + u16be(bytes, at - 2);
  if (stop > end) return {};
  return {
    ...named('argument', wireText(bytes, at, stop)),
    ...named('pi_service', textAt(bytes, stop, end)),
  };
}

/** A text behind its length. */
function textAt(bytes: Uint8Array, at: number, end: number): string {
  if (at >= end || at + 1 + bytes[at] > end) return '';
  return wireText(bytes, at + 1, at + 1 + bytes[at]);
}

function named<K extends string>(key: K, text: string): { [name in K]?: string } {
  return (text === '' ? {} : { [key]: text }) as { [name in K]?: string };
}

/** Parameters: three octets, length, method, type with group, sub-function, sequence; of answers an error at the end. */
function readUserData(
  bytes: Uint8Array,
  start: number,
  data: number,
  end: number,
  pdu_reference: number,
  secrets: SecretSealer,
): S7UserData {
  const length = data - start;
  const octet = length >= 6 ? bytes[start + 5] : 0;
  const group = octet & 0x0f;
  const subfunction = length >= 7 ? bytes[start + 6] : 0;
  const type = length < 6 ? undefined : TYPES[octet >> 4];
  const hasData = end - data >= 4;
  const payload = data + 4;
  const isAnswer = type === 'response';
  const szl = group === CPU_FUNCTIONS && subfunction === READ_SZL && end - payload >= 4;
  const signIn = group === SECURITY && subfunction === PLC_PASSWORD && !isAnswer;
  return {
    protocol: 's7comm',
    event: 'userdata',
    pdu_reference,
    type,
    function_group: GROUPS[group],
    function_group_id: group,
    subfunction,
    sequence: length >= 8 ? bytes[start + 7] : 0,
    ...(isAnswer && length >= 12 ? { error_code: u16be(bytes, start + 10) } : {}),
    ...(hasData ? { return_code: bytes[data] } : {}),
    ...(szl ? { szl_id: u16be(bytes, payload), szl_index: u16be(bytes, payload + 2) } : {}),
    ...(szl && isAnswer ? identified(bytes, payload, end) : {}),
    ...(signIn && end - payload >= PASSWORD_BYTES
      ? { password: secrets.seal(passwordAt(bytes, payload)) }
      : {}),
  };
}

function identified(
  bytes: Uint8Array,
  payload: number,
  end: number,
): Pick<S7UserData, 'identification'> {
  const identification = identificationOf(bytes, payload, end);
  return identification ? { identification } : {};
}

/** The password of a controller's protection level: eight characters, each hidden by the one two before it. */
function passwordAt(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = 0; i < PASSWORD_BYTES; i++) {
    const before = i < 2 ? 0 : bytes[at + i - 2];
    text += String.fromCharCode(bytes[at + i] ^ 0x55 ^ before);
  }
  return text.trimEnd();
}
