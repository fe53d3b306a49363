/** Lists of the system state of S7-300 and S7-400 that say what a controller is (SIMATIC System Software, SZL). */
import { u16be } from '../integers.ts';
import { wireText } from '../wire-text.ts';
import type { S7Identification } from './events.ts';

/** Identifier, index, length and count of entries. */
const HEADER_BYTES = 8;
const ENTRIES_MAX = 32;
/** The last octet of a list's identifier tells the list, the ones before which part of it. */
const MODULE_IDENTIFICATION = 0x11;
const COMPONENT_IDENTIFICATION = 0x1c;
const ORDER_NUMBER_BYTES = 20;

const MODULE = 1;
const HARDWARE = 6;
const FIRMWARE = 7;

const COMPONENTS: Readonly<Record<number, keyof S7Identification>> = {
  1: 'system_name',
  2: 'module_name',
  3: 'plant_identification',
  4: 'copyright',
  5: 'serial_number',
  7: 'module_type',
  8: 'memory_card_serial_number',
  10: 'oem_id',
  11: 'location',
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** @param start - of the list's identifier. @returns undefined when the list is another one, or says nothing. */
export function identificationOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): S7Identification | undefined {
  if (end - start < HEADER_BYTES) return undefined;
  const list = bytes[start + 1];
  if (list !== MODULE_IDENTIFICATION && list !== COMPONENT_IDENTIFICATION) return undefined;
  const size = u16be(bytes, start + 4);
  const count = Math.min(u16be(bytes, start + 6), ENTRIES_MAX);
  const said: Mutable<S7Identification> = {};
  for (let i = 0, at = start + HEADER_BYTES; i < count && at + size <= end; i++, at += size) {
    if (size < 4) break;
    if (list === COMPONENT_IDENTIFICATION) readComponent(bytes, at, size, said);
    else if (size >= 2 + ORDER_NUMBER_BYTES + 6) readModule(bytes, at, said);
  }
  return Object.keys(said).length > 0 ? said : undefined;
}

function readComponent(
  bytes: Uint8Array,
  at: number,
  size: number,
  said: Mutable<S7Identification>,
): void {
  const name = COMPONENTS[u16be(bytes, at)];
  const text = padded(bytes, at + 2, at + size);
  if (name && text !== '') said[name] = text;
}

/** Order number, then type and two versions of two octets. */
function readModule(bytes: Uint8Array, at: number, said: Mutable<S7Identification>): void {
  const index = u16be(bytes, at);
  const versions = at + 2 + ORDER_NUMBER_BYTES + 2;
  const order = padded(bytes, at + 2, at + 2 + ORDER_NUMBER_BYTES);
  if (index === MODULE && order !== '') said.order_number = order;
  if (index === HARDWARE) said.hardware_version = String(u16be(bytes, versions));
  // `V`, then three numbers.
  if (index === FIRMWARE && bytes[versions] === 0x56)
    said.firmware_version = `V${bytes[versions + 1]}.${bytes[versions + 2]}.${bytes[versions + 3]}`;
}

/** Fields end with zeros or spaces. */
function padded(bytes: Uint8Array, start: number, end: number): string {
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  return wireText(bytes, start, stop).trim();
}
