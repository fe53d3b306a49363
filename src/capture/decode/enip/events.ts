/** Events of EtherNet/IP; fields are EVE's where it has them. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { CipMessage } from './cip.ts';
import type { CipIdentity } from './identity.ts';

/** What every message has: it is named after its encapsulation command. */
interface EnipHeader<E extends string> extends AppEvent {
  readonly protocol: 'enip';
  readonly event: E;
  /** Number of the exchange within the flow, from 1: a response has its request's. */
  readonly id: number;
  readonly response: boolean;
  readonly status: string;
  readonly session_handle: number;
  /** Absent where it is 0, as it should be. */
  readonly options?: number;
}

export type EnipPlain = EnipHeader<
  'nop' | 'list_interfaces' | 'unregister_session' | 'indicate_status' | 'cancel'
>;

/** Asked of one device, or of all by broadcast. */
export interface EnipListIdentity extends EnipHeader<'list_identity'> {
  readonly identity?: CipIdentity;
}

export interface EnipListServices extends EnipHeader<'list_services'> {
  readonly list_services?: {
    readonly protocol_version: number;
    readonly capabilities: number;
    readonly service_name: string;
  };
}

export interface EnipRegisterSession extends EnipHeader<'register_session'> {
  readonly register_session?: { readonly protocol_version: number; readonly options: number };
}

/** Carries CIP, without a connection of it (`send_rr_data`) or on one (`send_unit_data`). */
export interface EnipData extends EnipHeader<'send_rr_data' | 'send_unit_data'> {
  readonly cip?: CipMessage;
  readonly connection_id?: number;
  /** Of a connected message. */
  readonly sequence?: number;
  /** In answer to a request for the Identity object. */
  readonly identity?: CipIdentity;
}

export type EnipMessage =
  | EnipPlain
  | EnipListIdentity
  | EnipListServices
  | EnipRegisterSession
  | EnipData;

/** Inputs or outputs of an implicit connection. */
export interface CipIoData extends AppEvent {
  readonly protocol: 'cip_io';
  readonly event: 'io_data';
  readonly connection_id: number;
  readonly sequence: number;
  readonly data_length: number;
}

export type EnipEvent = EnipMessage | CipIoData | MalformedEvent;
