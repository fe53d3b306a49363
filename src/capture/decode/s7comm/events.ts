/**
 * Events of S7 communication, the protocol of Siemens' SIMATIC S7 controllers. It is not published; names are those
 * of its open analyses (Wireshark's dissector, Snap7).
 */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { CotpConnection } from './cotp.ts';

/** The transport connection below is opened. */
export interface S7Connection extends AppEvent, CotpConnection {
  readonly protocol: 's7comm' | 's7comm_plus';
  readonly event: 'connect_request' | 'connect_confirm';
}

/** The transport connection is refused or ended. */
export interface S7Disconnect extends AppEvent {
  readonly protocol: 's7comm' | 's7comm_plus';
  readonly event: 'disconnect_request';
  readonly reason: number;
}

/** A variable that is read or written. */
export interface S7Item {
  /** e.g. `DB1.DBX 4.0 BYTE 8`, `M 10.0 BIT 1`; undefined where it is addressed otherwise. */
  readonly address: string | undefined;
  /** Syntax of the address: 0x10 is by area and place. */
  readonly syntax_id: number;
}

interface S7Pdu<E extends string> extends AppEvent {
  readonly protocol: 's7comm';
  readonly event: E;
  readonly pdu_reference: number;
  readonly function_code: number | undefined;
  /** e.g. `setup_communication`, `read_var`, `plc_stop`. */
  readonly function: string | undefined;
}

/** Asks for something. Downloads are asked for block by block by the controller. */
export interface S7Job extends S7Pdu<'job'> {
  readonly max_amq_calling?: number;
  readonly max_amq_called?: number;
  readonly pdu_length?: number;
  /** At most 20. */
  readonly items?: readonly S7Item[];
  readonly item_count?: number;
  /** Name of a block that is loaded, e.g. `_0A00001P`: type 0A, number 00001, passive file system. */
  readonly block?: string;
  /** Program invocation, e.g. `P_PROGRAM`, `_INSE`, `_DELE`, with its argument. */
  readonly pi_service?: string;
  readonly argument?: string;
}

/** Answers a job, without data (`ack`) or with data. */
export interface S7Ack extends S7Pdu<'ack' | 'ack_data'> {
  readonly error_class: number;
  readonly error_code: number;
  readonly pdu_length?: number;
  readonly item_count?: number;
  /** Of each item, at most 20: 255 is success. */
  readonly return_codes?: readonly number[];
}

/** A function of the operating system. */
export interface S7UserData extends AppEvent {
  readonly protocol: 's7comm';
  readonly event: 'userdata';
  readonly pdu_reference: number;
  readonly type: 'request' | 'response' | 'push' | undefined;
  /** e.g. `cpu_functions`, `block_functions`, `security`. */
  readonly function_group: string | undefined;
  readonly function_group_id: number;
  readonly subfunction: number;
  readonly sequence: number;
  /** Of a response: 0 is success. */
  readonly error_code?: number;
  /** Of the data: 255 is success. */
  readonly return_code?: number;
  /** A list of the system state: its number and index. */
  readonly szl_id?: number;
  readonly szl_index?: number;
  readonly identification?: S7Identification;
  /** Of a sign-in. */
  readonly password?: Secret;
}

/** What lists 0x11 (module identification) and 0x1c (component identification) say. */
export interface S7Identification {
  readonly order_number?: string;
  readonly hardware_version?: string;
  readonly firmware_version?: string;
  readonly system_name?: string;
  readonly module_name?: string;
  readonly plant_identification?: string;
  readonly copyright?: string;
  readonly serial_number?: string;
  readonly module_type?: string;
  readonly memory_card_serial_number?: string;
  readonly oem_id?: string;
  readonly location?: string;
}

/** S7comm-plus, of S7-1200 and S7-1500: only its header can be read in general. */
export interface S7Plus extends AppEvent {
  readonly protocol: 's7comm_plus';
  readonly event: 'request' | 'response' | 'notification' | 'keep_alive' | 'encrypted';
  /** 1: connecting; 2: plain; 3: with an integrity check. */
  readonly version?: number;
  readonly function_code?: number;
  /** e.g. `create_object`, `set_multi_variables`. */
  readonly function?: string | undefined;
  readonly sequence?: number;
  /** As a controller says it in answer to `create_object`. */
  readonly order_number?: string;
  readonly firmware_version?: string;
}

export type S7Event =
  | S7Connection
  | S7Disconnect
  | S7Job
  | S7Ack
  | S7UserData
  | S7Plus
  | MalformedEvent;
