/** The events of SMTP. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Credential } from '../http/secrets.ts';
import type { SIGN_IN, SignInDetails } from './sign-in.ts';

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

export interface SmtpMalformedEvent extends MalformedEvent {
  readonly protocol: 'smtp';
}

export type SmtpEvent = SmtpCommandEvent | SmtpResponseEvent | SmtpMalformedEvent;
