/** Application service data units (IEC 60870-5-101, 7; sizes of 60870-5-104: cause 2, address 2, object address 3). */
import { u16le, u24le } from '../integers.ts';
import { readFixed } from '../layout.ts';
import { hexRun } from '../wire-text.ts';
import { type AsduType, causeName, typeOf } from './types.ts';

/** Fields beside the address depend on the type. */
export interface InformationObject {
  readonly address: number;
  /** Of the time tag: as it stands, without a zone; of three octets only minutes and seconds. */
  readonly time?: string;
  /** The time is not valid. */
  readonly time_invalid?: true;
  readonly [field: string]: unknown;
}

export interface Asdu {
  readonly type_id: number;
  /** e.g. `M_SP_NA_1`; undefined for reserved and private types. */
  readonly type: string | undefined;
  readonly cause_id: number;
  readonly cause: string | undefined;
  /** A negative confirmation. */
  readonly negative: boolean;
  readonly test: boolean;
  readonly originator: number;
  readonly common_address: number;
  /** Objects have addresses that follow one another. */
  readonly sequence: boolean;
  readonly count: number;
  readonly objects: readonly InformationObject[];
}

export const ASDU_HEADER_BYTES = 6;
const OBJECT_ADDRESS_BYTES = 3;
const NVA_ONE = 32_768;
const CP24_BYTES = 3;

/** Bytes that the objects take; undefined where the type does not say. */
export function objectsLength(
  { layout, time }: AsduType,
  sequence: boolean,
  count: number,
): number | undefined {
  if (!layout) return undefined;
  const size = layout.size + time;
  return sequence ? OBJECT_ADDRESS_BYTES + count * size : count * (OBJECT_ADDRESS_BYTES + size);
}

/** Whether [start, end) is as long as its type and count say; false also for types that are not defined. */
export function isWellFormed(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < ASDU_HEADER_BYTES) return false;
  const type = typeOf(bytes[start]);
  const count = bytes[start + 1] & 0x7f;
  if (!type || causeName(bytes[start + 2] & 0x3f) === undefined) return false;
  const length = objectsLength(type, (bytes[start + 1] & 0x80) !== 0, count);
  return length === undefined || length === end - start - ASDU_HEADER_BYTES;
}

/** @returns the unit, and what breaks the specification, or ''. The caller has checked that there is a header. */
export function readAsdu(
  bytes: Uint8Array,
  start: number,
  end: number,
): { asdu: Asdu; fault: string } {
  const type_id = bytes[start];
  const type = typeOf(type_id);
  const sequence = (bytes[start + 1] & 0x80) !== 0;
  const count = bytes[start + 1] & 0x7f;
  const cause_id = bytes[start + 2] & 0x3f;
  const cause = causeName(cause_id);
  const body = start + ASDU_HEADER_BYTES;
  const length = type && objectsLength(type, sequence, count);
  const fits = length === undefined || length === end - body;
  const asdu = {
    type_id,
    type: type?.name,
    cause_id,
    cause,
    negative: (bytes[start + 2] & 0x40) !== 0,
    test: (bytes[start + 2] & 0x80) !== 0,
    originator: bytes[start + 3],
    common_address: u16le(bytes, start + 4),
    sequence,
    count,
    objects:
      type?.layout && fits
        ? readObjects(bytes, body, type, sequence, count)
        : rawObject(bytes, body, end),
  };
  let fault = '';
  if (!fits) fault = 'length does not fit the type';
  else if (type_id === 0) fault = 'type identification 0';
  else if (cause_id === 0) fault = 'cause of transmission 0';
  return { asdu, fault };
}

/** Of a type whose layout is not known: the address and the first octets behind it. */
function rawObject(bytes: Uint8Array, at: number, end: number): InformationObject[] {
  if (end - at < OBJECT_ADDRESS_BYTES) return [];
  const data = at + OBJECT_ADDRESS_BYTES;
  return [{ address: u24le(bytes, at), data: hexRun(bytes, data, end) }];
}

function readObjects(
  bytes: Uint8Array,
  start: number,
  { layout, time }: AsduType,
  sequence: boolean,
  count: number,
): InformationObject[] {
  const objects: InformationObject[] = [];
  if (!layout) return objects;
  let at = start;
  for (let i = 0; i < count; i++) {
    const fields: Record<string, unknown> = { address: 0 };
    if (sequence && i > 0) fields.address = (objects[0].address + i) & 0xffffff;
    else {
      fields.address = u24le(bytes, at);
      at += OBJECT_ADDRESS_BYTES;
    }
    readFixed(bytes, at, layout, fields);
    at += layout.size;
    if (time > 0) readTime(bytes, at, time, fields);
    at += time;
    asNumbers(fields);
    objects.push(fields as InformationObject);
  }
  return objects;
}

/** Values whose unit or sign is not that of an integer. */
function asNumbers(fields: Record<string, unknown>): void {
  if (typeof fields.nva === 'number') {
    fields.value = fields.nva / NVA_ONE;
    delete fields.nva;
  } else if (typeof fields.vti === 'number') {
    fields.value = (fields.vti << 25) >> 25;
    delete fields.vti;
  }
}

/** CP24Time2a and CP56Time2a (7.2.6.18 and 19). */
function readTime(
  bytes: Uint8Array,
  at: number,
  size: number,
  fields: Record<string, unknown>,
): void {
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = u16le(bytes, at);
  const seconds = `${two(Math.floor(ms / 1000))}.${String(ms % 1000).padStart(3, '0')}`;
  const clock = `${two(bytes[at + 2] & 0x3f)}:${seconds}`;
  if (size === CP24_BYTES) fields.time = clock;
  else {
    const year = bytes[at + 6] & 0x7f;
    const date = `${year < 70 ? 20 : 19}${two(year)}-${two(bytes[at + 5] & 15)}-${two(bytes[at + 4] & 31)}`;
    fields.time = `${date}T${two(bytes[at + 3] & 31)}:${clock}`;
  }
  if ((bytes[at + 2] & 0x80) !== 0) fields.time_invalid = true;
}
