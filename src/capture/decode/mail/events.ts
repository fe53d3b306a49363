/** The events of SMTP, IMAP, POP3 and IRC. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent, PacketRef } from '../../decoder.ts';
import type { Credential } from '../http/secrets.ts';

/** For the observer only: the packets of the credential and of the reply, and secrets as they stand on the wire. */
export const SIGN_IN = Symbol('sign-in');

export interface SignInDetails {
  at: PacketRef | undefined;
  replyAt: PacketRef | undefined;
  readonly wire: Secret[];
}

/** A command with its replies, handed on when the last of them has come (or none will). */
export interface SmtpCommandEvent extends AppEvent {
  readonly protocol: 'smtp';
  readonly event: 'command';
  /** In capitals: `EHLO`, `MAIL`, `DATA` … */
  readonly command: string;
  /** The argument; of AUTH the mechanism alone. */
  readonly command_data: string | undefined;
  credentials: readonly Credential[] | undefined;
  /** Of DATA and BDAT: bytes of the message, of which nothing else is kept. */
  message_length: number | undefined;
  completion_code: string[];
  /** Each line of the replies without its code. */
  reply: string[];
  reply_received: 'yes' | 'no';
  [SIGN_IN]: SignInDetails;
}

/** A reply to no command: the greeting, or a farewell. */
export interface SmtpResponseEvent extends AppEvent {
  readonly protocol: 'smtp';
  readonly event: 'response';
  completion_code: string[];
  reply: string[];
}

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

/** One message (RFC 2812, 2.3). */
export interface IrcMessageEvent extends AppEvent {
  readonly protocol: 'irc';
  readonly event: 'message';
  readonly prefix: string | undefined;
  /** `NICK`, `JOIN` … in capitals, or three digits of a reply. */
  readonly command: string;
  /** Parameters but the last, if that is free text; at most 15. Passwords are in `credentials`. */
  readonly params: readonly string[];
  /** Bytes of the free text at the end, which is not kept. */
  readonly text_length: number | undefined;
  readonly credentials: readonly Credential[] | undefined;
}

export interface MailMalformedEvent extends MalformedEvent {
  readonly protocol: 'smtp' | 'pop3' | 'imap' | 'irc';
}

export type SmtpEvent = SmtpCommandEvent | SmtpResponseEvent | MailMalformedEvent;
export type Pop3Event = Pop3CommandEvent | Pop3GreetingEvent | MailMalformedEvent;
export type ImapEvent = ImapCommandEvent | ImapServerEvent | MailMalformedEvent;
export type IrcEvent = IrcMessageEvent | MailMalformedEvent;
