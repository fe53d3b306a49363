/**
 * The functions of Modbus (Application Protocol Specification V1.1b3, chapters 5 and 6): names, and how long their
 * requests and responses are.
 */
import { u16be } from '../integers.ts';

export interface ModbusFunction {
  /** The specification's name. */
  readonly name: string;
  /** EVE's name, and its words for what is accessed. */
  readonly code: string;
  readonly access: string;
}

export const READ_COILS = 1;
export const READ_DISCRETE_INPUTS = 2;
export const READ_HOLDING_REGISTERS = 3;
export const READ_INPUT_REGISTERS = 4;
export const WRITE_SINGLE_COIL = 5;
export const WRITE_SINGLE_REGISTER = 6;
export const READ_EXCEPTION_STATUS = 7;
export const DIAGNOSTICS = 8;
export const WRITE_MULTIPLE_COILS = 15;
export const WRITE_MULTIPLE_REGISTERS = 16;
export const REPORT_SERVER_ID = 17;
export const READ_FILE_RECORD = 20;
export const WRITE_FILE_RECORD = 21;
export const MASK_WRITE_REGISTER = 22;
export const READ_WRITE_MULTIPLE_REGISTERS = 23;
export const READ_FIFO_QUEUE = 24;
export const ENCAPSULATED_INTERFACE = 43;
/** Unity Messaging Application Services of Schneider Electric's controllers: programming over Modbus. */
export const UMAS = 90;

const EVENT_COUNTER = 11;
const EVENT_LOG = 12;
export const EXCEPTION = 0x80;

/** MEI types of function 43. */
export const CANOPEN = 13;
export const DEVICE_IDENTIFICATION = 14;

const NONE = 'NONE';
const named = (name: string, code: string, access = NONE): ModbusFunction => ({
  name,
  code,
  access,
});

/** By function code. */
const FUNCTIONS: readonly (ModbusFunction | undefined)[] = Object.assign(
  new Array<ModbusFunction | undefined>(128).fill(undefined),
  {
    1: named('read_coils', 'RdCoils', 'READ | COILS'),
    2: named('read_discrete_inputs', 'RdDiscreteInputs', 'READ | DISCRETES'),
    3: named('read_holding_registers', 'RdHoldRegs', 'READ | HOLDING'),
    4: named('read_input_registers', 'RdInputRegs', 'READ | INPUT'),
    5: named('write_single_coil', 'WrSingleCoil', 'WRITE | COILS | SINGLE | WRITE_SINGLE'),
    6: named('write_single_register', 'WrSingleReg', 'WRITE | HOLDING | SINGLE | WRITE_SINGLE'),
    7: named('read_exception_status', 'RdExcStatus'),
    8: named('diagnostics', 'Diagnostic'),
    9: named('program_484', 'Program484'),
    10: named('poll_484', 'Poll484'),
    11: named('get_comm_event_counter', 'GetCommEventCtr'),
    12: named('get_comm_event_log', 'GetCommEventLog'),
    13: named('program_controller', 'ProgramController'),
    14: named('poll_controller', 'PollController'),
    15: named('write_multiple_coils', 'WrMultCoils', 'WRITE | COILS | MULTIPLE | WRITE_MULTIPLE'),
    16: named(
      'write_multiple_registers',
      'WrMultRegs',
      'WRITE | HOLDING | MULTIPLE | WRITE_MULTIPLE',
    ),
    17: named('report_server_id', 'ReportServerID'),
    18: named('program_884', 'Program884'),
    19: named('reset_comm_link', 'ResetCommLink'),
    20: named('read_file_record', 'RdFileRec'),
    21: named('write_file_record', 'WrFileRec'),
    22: named('mask_write_register', 'MaskWrReg', 'WRITE | HOLDING'),
    23: named(
      'read_write_multiple_registers',
      'RdWrMultRegs',
      'READ | WRITE | HOLDING | MULTIPLE | WRITE_MULTIPLE',
    ),
    24: named('read_fifo_queue', 'RdFIFOQueue'),
    43: named('encapsulated_interface_transport', 'MEI'),
    90: named('umas', 'Unknown'),
  },
);
const UNKNOWN = named('unknown', 'Unknown');

/** @param code - as on the wire; that of an exception names the function that was refused. */
export function functionOf(code: number): ModbusFunction {
  return FUNCTIONS[code & 0x7f] ?? UNKNOWN;
}

/**
 * Whether data of [start, end), behind the function code, is as long as a request must be; undefined where the
 * specification does not say.
 */
export function requestFits(
  code: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean | undefined {
  const length = end - start;
  switch (code) {
    case READ_COILS:
    case READ_DISCRETE_INPUTS:
    case READ_HOLDING_REGISTERS:
    case READ_INPUT_REGISTERS:
    case WRITE_SINGLE_COIL:
    case WRITE_SINGLE_REGISTER:
      return length === 4;
    case READ_EXCEPTION_STATUS:
    case EVENT_COUNTER:
    case EVENT_LOG:
    case REPORT_SERVER_ID:
      return length === 0;
    case DIAGNOSTICS:
      // Only Return Query Data may carry more than a word (6.8).
      return length === 4 || (length > 4 && length % 2 === 0 && u16be(bytes, start) === 0);
    case WRITE_MULTIPLE_COILS:
    case WRITE_MULTIPLE_REGISTERS:
      return length > 5 && length === 5 + bytes[start + 4];
    case READ_FILE_RECORD:
    case WRITE_FILE_RECORD:
      return length > 7 && length === 1 + bytes[start];
    case MASK_WRITE_REGISTER:
      return length === 6;
    case READ_WRITE_MULTIPLE_REGISTERS:
      return length > 9 && length === 9 + bytes[start + 8];
    case READ_FIFO_QUEUE:
      return length === 2;
    case ENCAPSULATED_INTERFACE:
      return bytes[start] === DEVICE_IDENTIFICATION ? length === 3 : length > 1;
    default:
      return undefined;
  }
}

/** The same of a response. */
export function responseFits(
  code: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean | undefined {
  const length = end - start;
  if (code >= EXCEPTION) return length === 1;
  switch (code) {
    case READ_COILS:
    case READ_DISCRETE_INPUTS:
    case READ_HOLDING_REGISTERS:
    case READ_INPUT_REGISTERS:
    case READ_WRITE_MULTIPLE_REGISTERS:
      return length > 1 && length === 1 + bytes[start];
    case EVENT_LOG:
    case REPORT_SERVER_ID:
    case READ_FILE_RECORD:
    case WRITE_FILE_RECORD:
      return length > 0 && length === 1 + bytes[start];
    case WRITE_SINGLE_COIL:
    case WRITE_SINGLE_REGISTER:
    case WRITE_MULTIPLE_COILS:
    case WRITE_MULTIPLE_REGISTERS:
    case EVENT_COUNTER:
      return length === 4;
    case READ_EXCEPTION_STATUS:
      return length === 1;
    case DIAGNOSTICS:
      return length >= 4 && length % 2 === 0;
    case MASK_WRITE_REGISTER:
      return length === 6;
    case READ_FIFO_QUEUE:
      return length >= 4 && length === 2 + u16be(bytes, start);
    case ENCAPSULATED_INTERFACE:
      return bytes[start] === DEVICE_IDENTIFICATION ? length >= 6 : length > 1;
    default:
      return undefined;
  }
}

const DIAGNOSTIC_CODES: Readonly<Record<number, string>> = {
  0: 'RetQueryData',
  1: 'RestartCommOpt',
  2: 'RetDiagReg',
  3: 'ChangeInputDelimiter',
  4: 'ForceListenOnlyMode',
  10: 'ClearCtrDiagReg',
  11: 'RetBusMsgCount',
  12: 'RetBusCommErrCount',
  13: 'RetBusExcErrCount',
  14: 'RetServerMsgCount',
  15: 'RetServerNoRespCount',
  16: 'RetServerNAKCount',
  17: 'RetServerBusyCount',
  18: 'RetBusCharOverrunCount',
  19: 'RetOverrunErrCount',
  20: 'ClearOverrunCounterFlag',
  21: 'GetClearPlusStats',
};

/** EVE's name of a sub-function of Diagnostics; `Reserved` where there is none. */
export function diagnosticCode(raw: number): string {
  return DIAGNOSTIC_CODES[raw] ?? 'Reserved';
}

/** EVE's name of an MEI type. */
export function meiCode(raw: number): string {
  if (raw === CANOPEN) return 'CANOpenGenRefReqResp';
  return raw === DEVICE_IDENTIFICATION ? 'RdDevId' : 'Unknown';
}

const EXCEPTION_CODES: Readonly<Record<number, string>> = {
  1: 'IllegalFunction',
  2: 'IllegalDataAddr',
  3: 'IllegalDataValue',
  4: 'ServerDeviceFail',
  5: 'Ack',
  6: 'ServerDeviceBusy',
  7: 'NegAck',
  8: 'MemParityErr',
  10: 'GatewayPathUnavailable',
  11: 'GatewayTargetFailToResp',
};

/** EVE's name of an exception code. */
export function exceptionCode(raw: number): string {
  return EXCEPTION_CODES[raw] ?? 'Unknown';
}

/** Codes 65 to 72 and 100 to 110 are the user's; those that old products use are reserved (chapter 5, figure 9). */
export function categoryOf(code: number): string {
  if (functionOf(code).code !== 'Unknown') return 'PUBLIC_ASSIGNED';
  if (code === 0 || code > 127) return NONE;
  if ((code >= 65 && code <= 72) || (code >= 100 && code <= 110)) return 'USER_DEFINED';
  if (code === 41 || code === 42 || code === 90 || code === 91 || code >= 125) return 'RESERVED';
  return 'PUBLIC_UNASSIGNED';
}
