/** The events of IKE, with the names and forms of Suricata's EVE (version 2 of its record). */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

export const EXCHANGE_NAMES = [
  'base',
  'main_mode',
  'authentication_only',
  'aggressive_mode',
  'informational',
  'transaction',
  'quick_mode',
  'new_group_mode',
  'sa_init',
  'auth',
  'create_child_sa',
  'session_resume',
  'intermediate',
  'followup_ke',
] as const;

/** One attribute of a transform of version 1. */
export interface IkeAttribute {
  readonly key: string;
  /** Its name, or `Unknown` where it has none. */
  readonly value: string;
  /** A number, or bytes in hexadecimal. */
  readonly raw: number | string;
}

/** What is known so far of one side of a version 1 negotiation. */
export interface IkeSide {
  key_exchange_payload?: string;
  key_exchange_payload_length?: number;
  nonce_payload?: string;
  nonce_payload_length?: number;
  /** Of the client: attributes of all transforms that it offers, in order. */
  proposals?: readonly IkeAttribute[];
}

export interface Ikev1Details {
  readonly doi: number | undefined;
  readonly encrypted_payloads: boolean;
  readonly client: IkeSide | undefined;
  readonly server: IkeSide | undefined;
  readonly vendor_ids: readonly string[] | undefined;
}

export interface Ikev2Details {
  /** How many notifications are errors. */
  readonly errors: number;
  readonly notify: readonly string[] | undefined;
}

/** A message; the event is named after its exchange. */
export interface IkeMessageEvent extends AppEvent {
  readonly protocol: 'ike';
  readonly event: (typeof EXCHANGE_NAMES)[number];
  readonly version_major: number;
  readonly version_minor: number;
  /** The two ends' identifiers of the association. */
  readonly init_spi: string;
  readonly resp_spi: string;
  readonly message_id: number;
  readonly exchange_type: number;
  /** Version 2: who sent it. */
  readonly role: 'initiator' | 'responder' | undefined;
  /** Version 2: what the responder chose. */
  readonly alg_enc: string | undefined;
  readonly alg_auth: string | undefined;
  readonly alg_prf: string | undefined;
  readonly alg_dh: string | undefined;
  readonly alg_esn: string | undefined;
  /** Version 1: the attributes that the responder chose. */
  readonly attributes: readonly IkeAttribute[] | undefined;
  /** Payloads in order: of version 1 each type once, of version 2 with what the last names as next. */
  readonly payload: readonly string[];
  /** Algorithms that this message offers or chooses, encryption with its key's bits, each once, at most 64. */
  readonly algorithms: readonly string[] | undefined;
  /** Those of them that should not be used any more (RFC 8247). */
  readonly weak_algorithms: readonly string[] | undefined;
  readonly ikev1: Ikev1Details | undefined;
  readonly ikev2: Ikev2Details | undefined;
}

export interface IkeMalformedEvent extends MalformedEvent {
  readonly protocol: 'ike';
}

export type IkeEvent = IkeMessageEvent | IkeMalformedEvent;
