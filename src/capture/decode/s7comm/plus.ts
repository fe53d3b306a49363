/** The header of S7comm-plus. */
import { u16be } from '../integers.ts';
import { asciiText } from '../wire-text.ts';
import type { S7Plus } from './events.ts';

export const PLUS_ID = 0x72;
const HEADER_BYTES = 4;
const KEEP_ALIVES = new Set([0xfe, 0xff]);
const WITH_INTEGRITY = 3;
const CREATE_OBJECT = 0x04ca;
/** How far into an answer the identification of a controller is looked for. */
const SEARCHED_BYTES_MAX = 1024;

const EVENTS: Readonly<Record<number, 'request' | 'response' | 'notification'>> = {
  49: 'request',
  50: 'response',
  51: 'notification',
};
const FUNCTIONS: Readonly<Record<number, string>> = {
  1211: 'explore',
  [CREATE_OBJECT]: 'create_object',
  1236: 'delete_object',
  1266: 'set_variable',
  1316: 'get_link',
  1346: 'set_multi_variables',
  1356: 'get_multi_variables',
  1366: 'begin_sequence',
  1376: 'end_sequence',
  1387: 'invoke',
  1459: 'init_ssl',
  1414: 'get_var_substreamed',
  1410: 'set_var_substreamed',
  1430: 'get_variable',
};

/** Whether [at, end) may be a PDU: version and length. The caller has four bytes. */
export function plusFits(bytes: Uint8Array, at: number, end: number): boolean {
  const version = bytes[at + 1];
  if (bytes[at] !== PLUS_ID) return false;
  if (KEEP_ALIVES.has(version)) return true;
  return (
    version >= 1 && version <= WITH_INTEGRITY && HEADER_BYTES + u16be(bytes, at + 2) <= end - at
  );
}

/** @returns undefined where the header does not fit. */
export function readPlus(bytes: Uint8Array, start: number, end: number): S7Plus | undefined {
  const version = bytes[start + 1];
  if (KEEP_ALIVES.has(version)) return { protocol: 's7comm_plus', event: 'keep_alive' };
  let at = start + HEADER_BYTES;
  if (version === WITH_INTEGRITY) at += 1 + bytes[at];
  const event = EVENTS[bytes[at]];
  if (event === undefined || end - at < 9) return undefined;
  const head = { protocol: 's7comm_plus' as const, event, version };
  if (event === 'notification') return head;
  const function_code = u16be(bytes, at + 3);
  const stop = Math.min(end, at + SEARCHED_BYTES_MAX);
  return {
    ...head,
    function_code,
    function: FUNCTIONS[function_code],
    sequence: u16be(bytes, at + 7),
    ...(event === 'response' && function_code === CREATE_OBJECT ? identity(bytes, at, stop) : {}),
  };
}

/** `1;6ES7 214-1AG40-0XB0 ;V4.2` somewhere among the attributes of the session that was created. */
function identity(bytes: Uint8Array, start: number, end: number): Partial<S7Plus> {
  const found = /\d;(6ES7 [\w -]{9,20}?) *;(V\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)/.exec(
    asciiText(bytes, start, end),
  );
  return found ? { order_number: found[1], firmware_version: found[2] } : {};
}
