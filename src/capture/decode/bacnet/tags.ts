/** Tagged data of BACnet (ASHRAE 135, clause 20.2): tags, and the values of application types. */
import type { ByteReader } from '../byte-reader.ts';
import { hexRun, wireText } from '../wire-text.ts';
import type { BacnetValue } from './events.ts';
import { objectType } from './names.ts';

const DEPTH_MAX = 16;
const VALUES_MAX = 8;
const TEXT_BYTES_MAX = 256;
const OPENING = 6;
const CLOSING = 7;
const OBJECT_IDENTIFIER = 12;
const scratch = new DataView(new ArrayBuffer(8));

/** One tag. Reused. */
export class Tag {
  number = 0;
  context = false;
  opening = false;
  closing = false;
  /** Bytes of the value that follow; of an application Boolean the value itself. */
  length = 0;

  /** Reads the tag at the reader; false at the end of the message or where it cannot be read. */
  read(reader: ByteReader): boolean {
    if (reader.left === 0) return false;
    const first = reader.u8();
    this.context = (first & 8) !== 0;
    this.number = first >> 4;
    if (this.number === 15) this.number = reader.u8();
    const length = first & 7;
    this.opening = this.context && length === OPENING;
    this.closing = this.context && length === CLOSING;
    this.length = this.opening || this.closing ? 0 : length;
    if (this.context ? length === 5 : length >= 5) {
      if (length > 5) reader.fail('application tag that opens or closes');
      this.length = reader.u8();
      if (this.length === 254) this.length = reader.u16();
      else if (this.length === 255) this.length = reader.u32();
    }
    if (!this.isBoolean && this.length > reader.left) reader.fail('value beyond the message');
    return reader.fault === '';
  }

  get isBoolean(): boolean {
    return !this.context && this.number === 1;
  }
}

const tag = new Tag();

/** Whether the next tag is the context tag of this number, and what it is; the reader stands behind it if so. */
export function nextContext(reader: ByteReader, number: number): boolean {
  const { at, fault } = reader;
  if (tag.read(reader) && tag.context && tag.number === number && !tag.opening && !tag.closing)
    return true;
  if (!fault && reader.fault === '') reader.at = at;
  return false;
}

/** The unsigned of context tag `number`, undefined where the next tag is another. */
export function contextUnsigned(reader: ByteReader, number: number): number | undefined {
  return nextContext(reader, number) ? unsigned(reader, tag.length) : undefined;
}

export function contextObject(reader: ByteReader, number: number): string | undefined {
  if (!nextContext(reader, number)) return undefined;
  return objectText(unsigned(reader, tag.length));
}

/** Bytes [from, to) of a character string's text; undefined where the next tag is another. */
export function contextText(
  reader: ByteReader,
  number: number,
): { from: number; to: number; text: string } | undefined {
  if (!nextContext(reader, number)) return undefined;
  const from = reader.at + 1;
  const to = reader.at + tag.length;
  return { from, to, text: characters(reader, tag.length) };
}

/** Whether the next tag opens (or closes) `number`; the reader stands behind it if so. */
export function nextBracket(reader: ByteReader, number: number, closing = false): boolean {
  const { at, fault } = reader;
  const is = tag.read(reader) && tag.number === number && (closing ? tag.closing : tag.opening);
  if (!is && !fault && reader.fault === '') reader.at = at;
  return is;
}

/** Reads values up to the closing tag of `number`, which is read too. Structures are passed over. */
export function bracketedValues(
  reader: ByteReader,
  number: number,
): BacnetValue | readonly BacnetValue[] | undefined {
  const values: BacnetValue[] = [];
  let depth = 0;
  while (tag.read(reader)) {
    if (tag.opening) {
      if (++depth > DEPTH_MAX) reader.fail('nested too deeply');
    } else if (tag.closing) {
      if (depth === 0) {
        if (tag.number !== number) reader.fail('closing tag without its opening');
        return values.length === 1 ? values[0] : values.length > 0 ? values : undefined;
      }
      depth--;
    } else if (tag.context || depth > 0) {
      if (!tag.isBoolean) reader.skip(tag.length);
    } else {
      const value = applicationValue(reader);
      if (values.length < VALUES_MAX) values.push(value);
    }
  }
  reader.fail('no closing tag');
  return undefined;
}

/** The next value, where it has an application tag of this number; undefined and unread where it has another. */
export function nextApplication(reader: ByteReader, number: number): BacnetValue | undefined {
  const { at, fault } = reader;
  if (tag.read(reader) && !tag.context && tag.number === number) return applicationValue(reader);
  if (!fault && reader.fault === '') reader.at = at;
  return undefined;
}

/** Clause 20.2.2 to 20.2.14: the value behind an application tag. */
function applicationValue(reader: ByteReader): BacnetValue {
  const { number, length } = tag;
  switch (number) {
    case 0:
      reader.skip(length);
      return null;
    case 1:
      return length !== 0;
    case 2:
    case 9:
      return unsigned(reader, length);
    case 3:
      return signed(reader, length);
    case 4:
      return real(reader, length);
    case 5:
      return real(reader, length);
    case 7:
      return characters(reader, length);
    case 10:
      return date(reader, length);
    case 11:
      return time(reader, length);
    case OBJECT_IDENTIFIER:
      return objectText(unsigned(reader, length));
    default: {
      const from = reader.at;
      reader.skip(length);
      return hexRun(reader.bytes, from, reader.fault ? from : from + length, 32);
    }
  }
}

/** Of at most 7 bytes, as a double holds them; of a longer one the last. */
export function unsigned(reader: ByteReader, length: number): number {
  if (length > 7) reader.skip(length - 7);
  return reader.unsigned(Math.min(length, 7));
}

function signed(reader: ByteReader, length: number): number {
  const value = unsigned(reader, length);
  const limit = 2 ** (8 * Math.min(length, 7) - 1);
  return value >= limit ? value - 2 * limit : value;
}

function real(reader: ByteReader, length: number): BacnetValue {
  if (length !== 4 && length !== 8) {
    reader.skip(length);
    return null;
  }
  if (!reader.has(length)) return null;
  for (let i = 0; i < length; i++) scratch.setUint8(i, reader.u8());
  const value = length === 4 ? scratch.getFloat32(0) : scratch.getFloat64(0);
  // JSON has no such numbers.
  return Number.isFinite(value) ? Number(value.toPrecision(length === 4 ? 7 : 15)) : String(value);
}

/** Clause 20.2.9: a character set, then text: 0 is UTF-8, 3 UCS-4, 4 UCS-2 and 5 Latin-1. */
function characters(reader: ByteReader, length: number): string {
  if (length === 0 || !reader.has(length)) return '';
  const { bytes, at } = reader;
  const set = bytes[at];
  const from = at + 1;
  const to = at + length;
  reader.at = to;
  const stop = Math.min(to, from + TEXT_BYTES_MAX);
  if (set !== 4 && set !== 3) return wireText(bytes, from, stop);
  const size = set === 4 ? 2 : 4;
  let text = '';
  for (let i = from; i + size <= stop; i += size) {
    let code = 0;
    for (let byte = 0; byte < size; byte++) code = code * 256 + bytes[i + byte];
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return text;
}

const two = (value: number): string => (value === 255 ? '*' : String(value).padStart(2, '0'));

function date(reader: ByteReader, length: number): string {
  const [year, month, day] = [reader.u8(), reader.u8(), reader.u8()];
  reader.skip(length - 3);
  return `${year === 255 ? '*' : 1900 + year}-${two(month)}-${two(day)}`;
}

function time(reader: ByteReader, length: number): string {
  const parts = [reader.u8(), reader.u8(), reader.u8()].map(two);
  reader.skip(length - 3);
  return parts.join(':');
}

/** `analog_value:7` (clause 20.2.14: ten bits of type, 22 of instance). */
export function objectText(identifier: number): string {
  return `${objectType(Math.floor(identifier / 0x40_0000) & 0x3ff)}:${identifier % 0x40_0000}`;
}
