/** What carries S7 communication: TPKT (RFC 1006) and the transport protocol of ISO 8073, class 0. */
import { u16be } from '../integers.ts';
import { hexRun } from '../wire-text.ts';

export const TPKT_BYTES = 4;
export const CONNECT_REQUEST = 0xe0;
export const CONNECT_CONFIRM = 0xd0;
export const DISCONNECT_REQUEST = 0x80;
export const DATA = 0xf0;
const TPKT_VERSION = 3;
/** TPKT, length indicator, type, and the number of a data unit. */
const SHORTEST = 7;
/** Octets of a data unit's header, its length indicator included. */
export const DATA_HEADER_BYTES = 3;
/** The data unit ends what is sent. */
export const END_OF_UNIT = 0x80;

const SIZE = 0xc0;
const CALLING = 0xc1;
const CALLED = 0xc2;

/** A connection request or confirmation. */
export interface CotpConnection {
  readonly src_ref: number;
  readonly dst_ref: number;
  /** Transport selectors in hexadecimal: of S7 the kind of connection, then rack and slot. */
  readonly src_tsap: string | undefined;
  readonly dst_tsap: string | undefined;
  /** Largest data unit in bytes. */
  readonly tpdu_size: number | undefined;
}

/** The caller has four bytes. @returns the length of the packet, or 0 when it is none. */
export function tpktLength(bytes: Uint8Array, at: number): number {
  const length = u16be(bytes, at + 2);
  return bytes[at] === TPKT_VERSION && bytes[at + 1] === 0 && length >= SHORTEST ? length : 0;
}

/** Type of the unit behind a TPKT header; 0 where its length indicator does not fit. */
export function cotpType(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 2 || at + 1 + bytes[at] > end || bytes[at] < 2) return 0;
  const type = bytes[at + 1];
  return type === DATA || (type & 0x0f) === 0 ? type : 0;
}

/** @param at - of the length indicator; the caller has checked the type. */
export function readConnection(bytes: Uint8Array, at: number): CotpConnection {
  const end = at + 1 + bytes[at];
  const parameters = new Map<number, [start: number, stop: number]>();
  let next = at + 7;
  while (next + 2 <= end) {
    const start = next + 2;
    const stop = start + bytes[next + 1];
    if (stop > end) break;
    parameters.set(bytes[next], [start, stop]);
    next = stop;
  }
  const text = (code: number): string | undefined => {
    const place = parameters.get(code);
    return place && hexRun(bytes, place[0], place[1]);
  };
  const size = parameters.get(SIZE);
  return {
    dst_ref: u16be(bytes, at + 2),
    src_ref: u16be(bytes, at + 4),
    src_tsap: text(CALLING),
    dst_tsap: text(CALLED),
    tpdu_size: size && bytes[size[0]] < 16 ? 2 ** bytes[size[0]] : undefined,
  };
}
