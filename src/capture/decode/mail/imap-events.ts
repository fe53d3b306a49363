/** The events of IMAP. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Credential } from '../http/secrets.ts';
import type { SIGN_IN, SignInDetails } from './sign-in.ts';

/** A command with its tagged status, handed on when that has come (or none will). */
export interface ImapCommandEvent extends AppEvent {
  readonly protocol: 'imap';
  readonly event: 'command';
  readonly tag: string;
  /** In capitals: `LOGIN`, `SELECT`, `UID FETCH` … */
  readonly command: string;
  /** The mailbox of SELECT and the like, the mechanism of AUTHENTICATE, what ID says; of other commands nothing. */
  readonly command_data: string | undefined;
  credentials: readonly Credential[] | undefined;
  /** `OK`, `NO` or `BAD`. */
  status: string | undefined;
  reply: string | undefined;
  [SIGN_IN]: SignInDetails;
}

/** What the server says of itself: its greeting, its capabilities, its answer to ID (RFC 2971). */
export interface ImapServerEvent extends AppEvent {
  readonly protocol: 'imap';
  readonly event: 'greeting' | 'capability' | 'id' | 'bye';
  /** Of a greeting: `OK` or `PREAUTH`. */
  readonly status: string | undefined;
  readonly text: string;
}

export interface ImapMalformedEvent extends MalformedEvent {
  readonly protocol: 'imap';
}

export type ImapEvent = ImapCommandEvent | ImapServerEvent | ImapMalformedEvent;
