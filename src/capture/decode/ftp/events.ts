/** The events of FTP, with the names and forms of Suricata's EVE. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent, PacketRef } from '../../decoder.ts';

/** For the observer only: the packet of the reply, and whether the data connection was seen. */
export const REPLY = Symbol('reply');

/** A command with its replies, handed on when the last of them has come (or none will). */
export interface FtpCommandEvent extends AppEvent {
  readonly protocol: 'ftp';
  readonly event: 'command';
  /** In capitals: `USER`, `RETR` … */
  readonly command: string;
  /** The argument; of PASS and ACCT sealed. At most 4,096 bytes with the command. */
  readonly command_data: string | Secret | undefined;
  readonly command_truncated: boolean;
  /** Of each reply line that has one. */
  completion_code: string[];
  /** Each line of the replies without its code. */
  reply: string[];
  reply_received: 'yes' | 'no';
  reply_truncated: boolean;
  /** The port that PORT, EPRT, PASV or EPSV named for the data, and who opens the data connection. */
  dynamic_port: number | undefined;
  mode: 'active' | 'passive' | undefined;
  [REPLY]: { at: PacketRef | undefined; dataSeen: boolean };
}

/** A reply to no command: the greeting, or a farewell. */
export interface FtpResponseEvent extends AppEvent {
  readonly protocol: 'ftp';
  readonly event: 'response';
  completion_code: string[];
  reply: string[];
  reply_truncated: boolean;
}

export interface FtpMalformedEvent extends MalformedEvent {
  readonly protocol: 'ftp';
}

/** A data connection, at its end. Its direction is that of its opening, as in EVE, whoever sent the file. */
export interface FtpDataEvent extends AppEvent {
  readonly protocol: 'ftp_data';
  readonly event: 'transfer';
  /** What the control connection asked for: `RETR`, `STOR`, `LIST` …; undefined when that was not seen. */
  readonly command: string | undefined;
  readonly filename: string | undefined;
  readonly mode: 'active' | 'passive';
  /** Which end of the data connection sent. */
  readonly sent_by: 'client' | 'server';
  readonly length: number;
  readonly magic: string | undefined;
}

export type FtpEvent = FtpCommandEvent | FtpResponseEvent | FtpMalformedEvent | FtpDataEvent;
