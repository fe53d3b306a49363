/** The events of SNMP, with the names and forms of Suricata's EVE. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

export const PDU_TYPES = [
  'get_request',
  'get_next_request',
  'response',
  'set_request',
  'trap_v1',
  'get_bulk_request',
  'inform_request',
  'trap_v2',
  'report',
] as const;

/** A message; the event is named after its PDU, or `encrypted` where that cannot be seen. */
export interface SnmpMessageEvent extends AppEvent {
  readonly protocol: 'snmp';
  readonly event: (typeof PDU_TYPES)[number] | 'encrypted';
  /** 1, 2 (for 2c) or 3. */
  readonly version: 1 | 2 | 3;
  /** As `event`. */
  readonly pdu_type: string;
  /** Versions 1 and 2c: what stands for a password. */
  readonly community: Secret | undefined;
  /** `public` or `private` where the community is one of these, which are no secret. */
  readonly well_known_community: 'public' | 'private' | undefined;
  /** Version 3: number of the message, and what protects it: `noAuthNoPriv`, `authNoPriv`, `authPriv`. */
  readonly message_id: number | undefined;
  readonly security_level: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv' | undefined;
  /** User of the user-based security model (RFC 3414). */
  readonly usm: string | undefined;
  /** Engine that the user is known to, in hexadecimal. */
  readonly engine_id: string | undefined;
  readonly request_id: number | undefined;
  /** Name of the error (RFC 3416, 3) where there is one. */
  readonly error: string | undefined;
  /** Version 1: which trap, the type of the object that sends it, and its address. */
  readonly trap_type: string | undefined;
  readonly trap_oid: string | undefined;
  readonly trap_address: string | undefined;
  /** Object identifiers of the variables, at most 64. */
  readonly vars: readonly string[] | undefined;
  /** Texts of objects that say what the agent is, by their names in the MIB: `sysDescr`, `sysName` … */
  readonly objects: Readonly<Record<string, string>> | undefined;
}

export interface SnmpMalformedEvent extends MalformedEvent {
  readonly protocol: 'snmp';
}

export type SnmpEvent = SnmpMessageEvent | SnmpMalformedEvent;
