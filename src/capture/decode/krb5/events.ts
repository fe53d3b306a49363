/** The events of Kerberos, with the names and forms of Suricata's EVE. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

/** AS-REQ or TGS-REQ: a ticket is asked for. */
export interface Krb5RequestEvent extends AppEvent {
  readonly protocol: 'krb5';
  readonly event: 'as_req' | 'tgs_req';
  /** `KRB_AS_REQ` or `KRB_TGS_REQ`. */
  readonly msg_type: string;
  /** Client, realm and service. */
  readonly cname: string | undefined;
  readonly realm: string | undefined;
  readonly sname: string | undefined;
  /** Encryption types that the client takes, best first, at most 32. */
  readonly etypes: readonly number[];
  /** Types of the pre-authentication data (RFC 4120, 7.5.2), at most 32. */
  readonly padata: readonly number[];
}

/** AS-REP or TGS-REP: the ticket. */
export interface Krb5ReplyEvent extends AppEvent {
  readonly protocol: 'krb5';
  readonly event: 'as_rep' | 'tgs_rep';
  /** `KRB_AS_REP` or `KRB_TGS_REP`. */
  readonly msg_type: string;
  readonly cname: string | undefined;
  readonly realm: string | undefined;
  readonly sname: string | undefined;
  /** Of the part for the client. */
  readonly encryption: string;
  readonly weak_encryption: boolean;
  /** Of the ticket, which only the service can read. */
  readonly ticket_encryption: string;
  readonly ticket_weak_encryption: boolean;
  readonly etype: number;
  readonly ticket_etype: number;
}

/** KRB-ERROR. */
export interface Krb5ErrorEvent extends AppEvent {
  readonly protocol: 'krb5';
  readonly event: 'error';
  readonly msg_type: 'KRB_ERROR';
  /** The request that it answers: `KRB_AS_REQ`, `KRB_TGS_REQ`, or `UNKNOWN` when that was not seen. */
  readonly failed_request: string;
  readonly error_code: string;
  readonly error_number: number;
  /** What the server says of it in words. */
  readonly error_text: string | undefined;
  readonly cname: string | undefined;
  readonly realm: string | undefined;
  readonly sname: string | undefined;
}

export interface Krb5MalformedEvent extends MalformedEvent {
  readonly protocol: 'krb5';
}

export type Krb5Event = Krb5RequestEvent | Krb5ReplyEvent | Krb5ErrorEvent | Krb5MalformedEvent;
