/** The events of TFTP; named as in Suricata's EVE where that has a name that means nothing else here. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Transfer } from './transfer.ts';

/** For the observer only: the transfer that an event belongs to, which may run on another flow than its request. */
export const TRANSFER = Symbol('transfer');

/** RRQ or WRQ. */
export interface TftpRequestEvent extends AppEvent {
  readonly protocol: 'tftp';
  readonly event: 'read_request' | 'write_request';
  /** EVE's `packet`. */
  readonly operation: 'read' | 'write';
  readonly file: string;
  /** In lower case: `octet`, `netascii`, `mail`. */
  readonly mode: string;
  /** Options asked for (RFC 2347), names in lower case, at most 16. */
  readonly options: Readonly<Record<string, string>> | undefined;
  readonly [TRANSFER]: Transfer;
}

/** The server takes these options (RFC 2347). */
export interface TftpOackEvent extends AppEvent {
  readonly protocol: 'tftp';
  readonly event: 'oack';
  readonly options: Readonly<Record<string, string>>;
  readonly [TRANSFER]: Transfer | undefined;
}

export interface TftpErrorEvent extends AppEvent {
  readonly protocol: 'tftp';
  readonly event: 'error';
  readonly error_code: number;
  readonly error_message: string;
  readonly [TRANSFER]: Transfer | undefined;
}

/** A file's DATA and ACK messages, when the last was acknowledged or none came any more. Its direction is the file's. */
export interface TftpTransferEvent extends AppEvent {
  readonly protocol: 'tftp';
  readonly event: 'transfer';
  readonly operation: 'read' | 'write';
  readonly file: string;
  readonly mode: string;
  /** Bytes of the blocks that were seen, each once. */
  readonly length: number;
  readonly blocks: number;
  /** DATA messages that were sent again. */
  readonly repeats: number;
  readonly block_size: number;
  /** The last block was seen: one that is not full (RFC 1350, 6). */
  readonly complete: boolean;
  /** What the first bytes say: `uimage`, `squashfs`, `elf` … */
  readonly magic: string | undefined;
  readonly [TRANSFER]: Transfer;
}

export interface TftpMalformedEvent extends MalformedEvent {
  readonly protocol: 'tftp';
}

export type TftpEvent =
  | TftpRequestEvent
  | TftpOackEvent
  | TftpErrorEvent
  | TftpTransferEvent
  | TftpMalformedEvent;
