/** The events of POP3. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Credential } from '../http/secrets.ts';
import type { SIGN_IN, SignInDetails } from './sign-in.ts';

/** A command with its status, handed on when that has come (or none will). */
export interface Pop3CommandEvent extends AppEvent {
  readonly protocol: 'pop3';
  readonly event: 'command';
  /** In capitals: `USER`, `RETR` … */
  readonly command: string;
  /** The argument; that of PASS is in `credentials`, of AUTH only the mechanism is here. */
  readonly command_data: string | undefined;
  credentials: readonly Credential[] | undefined;
  status: '+OK' | '-ERR' | undefined;
  reply: string | undefined;
  /** What CAPA lists (RFC 2449), at most 64 lines. */
  capabilities: string[] | undefined;
  /** Bytes of an answer of several lines. */
  response_length: number | undefined;
  [SIGN_IN]: SignInDetails;
}

export interface Pop3GreetingEvent extends AppEvent {
  readonly protocol: 'pop3';
  readonly event: 'greeting';
  readonly status: '+OK' | '-ERR';
  readonly reply: string;
}

export interface Pop3MalformedEvent extends MalformedEvent {
  readonly protocol: 'pop3';
}

export type Pop3Event = Pop3CommandEvent | Pop3GreetingEvent | Pop3MalformedEvent;
