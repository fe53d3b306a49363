/** The events of IRC. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Credential } from '../http/secrets.ts';

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

export interface IrcMalformedEvent extends MalformedEvent {
  readonly protocol: 'irc';
}

export type IrcEvent = IrcMessageEvent | IrcMalformedEvent;
