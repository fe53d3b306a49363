/** The events of AMQP: methods of 0-9-1 and before (class and method), performatives of 1.0, each by its name. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

interface Message<E extends string> extends AppEvent {
  readonly protocol: 'amqp';
  readonly event: E;
}

/** What opens a connection; a server that speaks another version answers with its own. */
export interface AmqpProtocolHeader extends Message<'protocol_header'> {
  /** `0-9-1`, `1.0` … */
  readonly version: string;
  /** 1.0: amqp, tls, sasl. */
  readonly layer: string;
}

/**
 * A sign-in: connection_start_ok (0-9-1), sasl_init (1.0). With mechanism PLAIN, AMQPLAIN and LOGIN its password is in
 * clear.
 */
export interface AmqpSignIn extends Message<'connection_start_ok' | 'sasl_init'> {
  readonly mechanism: string;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** 0-9-1: what the client says of itself. */
  readonly properties?: AmqpProperties;
  readonly hostname?: string;
}

/** Texts, numbers and truths of a table by name, at most 32. */
export type AmqpProperties = Readonly<Record<string, string | number | boolean>>;

/** What a server says of itself, and by which mechanisms one may sign in (0-9-1). */
export interface AmqpStart extends Message<'connection_start'> {
  readonly version: string;
  readonly properties: AmqpProperties;
  readonly mechanisms: readonly string[];
}

/** The mechanisms of 1.0. */
export interface AmqpMechanisms extends Message<'sasl_mechanisms'> {
  readonly mechanisms: readonly string[];
}

/** How the sign-in of 1.0 ended: 0 is success, 1 a credential that was refused. */
export interface AmqpOutcome extends Message<'sasl_outcome'> {
  readonly code: number;
}

/**
 * Any other method of 0-9-1, by class and name.
 * @events connection_tune, connection_open, connection_close, channel_open, queue_declare, basic_publish, basic_deliver, basic_consume
 */
export interface AmqpMethod extends Message<string> {
  readonly channel: number;
  readonly virtual_host?: string;
  /** connection_close, channel_close: 200 is normal, 403 a refusal. */
  readonly reply_code?: number;
  readonly reply_text?: string;
  readonly exchange?: string;
  readonly routing_key?: string;
  readonly queue?: string;
  /** connection_tune: seconds. */
  readonly heartbeat_s?: number;
}

/**
 * A performative of 1.0.
 * @events open, begin, attach, flow, transfer, disposition, detach, end, close
 */
export interface AmqpPerformative extends Message<string> {
  readonly channel: number;
  readonly container_id?: string;
  readonly hostname?: string;
  readonly properties?: AmqpProperties;
  /** attach: who sends, and from where to where. */
  readonly role?: 'sender' | 'receiver';
  readonly source?: string;
  readonly target?: string;
  /** close, end, detach. */
  readonly error?: string;
}

export interface AmqpMalformed extends MalformedEvent {
  readonly protocol: 'amqp';
}

export type AmqpEvent =
  | AmqpProtocolHeader
  | AmqpSignIn
  | AmqpStart
  | AmqpMechanisms
  | AmqpOutcome
  | AmqpMethod
  | AmqpPerformative
  | AmqpMalformed;
