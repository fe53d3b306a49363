/** The built-in types of OPC UA's binary encoding (OPC 10000-6, 5.2.2), read from a cursor: bounded in depth and bytes. */
import type { ByteReader } from '../byte-reader.ts';

/** Variants in variants, diagnostics in diagnostics. */
const DEPTH_MAX = 8;

/** Sizes of the types 1 to 25 of a Variant that have a fixed one; 0 for the others. */
const FIXED = [0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 0, 8, 16, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0];
const STRING = 12;
const LOCALIZED_TEXT = 21;
const EXTENSION_OBJECT = 22;

/** Length of a String or ByteString whose bytes follow; 0 for null. */
export function lengthOf(reader: ByteReader): number {
  const length = reader.i32le();
  if (length < -1 || length > reader.left) reader.fail('string beyond the message');
  return reader.fault || length < 0 ? 0 : length;
}

export function readString(reader: ByteReader): string {
  return reader.text(lengthOf(reader));
}

export function skipString(reader: ByteReader): void {
  reader.skip(lengthOf(reader));
}

/** Items of an array that follow; a null array has none. Each item takes a byte at least. */
export function arrayLength(reader: ByteReader): number {
  const length = reader.i32le();
  if (length < -1 || length > reader.left) reader.fail('array beyond the message');
  return reader.fault || length < 0 ? 0 : length;
}

/** As `i=2258`, `ns=2;s=Pressure`, `ns=1;g=…`, `ns=1;b=…` (OPC 10000-6, 5.3.1.10). */
export function readNodeId(reader: ByteReader): string {
  const encoding = reader.u8();
  let id = '';
  let namespace = 0;
  switch (encoding & 0x3f) {
    case 0:
      id = `i=${reader.u8()}`;
      break;
    case 1:
      namespace = reader.u8();
      id = `i=${reader.u16le()}`;
      break;
    case 2:
      namespace = reader.u16le();
      id = `i=${reader.u32le()}`;
      break;
    case 3:
      namespace = reader.u16le();
      id = `s=${readString(reader)}`;
      break;
    case 4:
      namespace = reader.u16le();
      id = `g=${guid(reader)}`;
      break;
    case 5:
      namespace = reader.u16le();
      id = `b=${lengthOf(reader)} bytes`;
      reader.skip(Number.parseInt(id.slice(2), 10));
      break;
    default:
      reader.fail('unknown kind of node id');
  }
  if (encoding & 0x80) skipString(reader);
  if (encoding & 0x40) reader.skip(4);
  return namespace === 0 ? id : `ns=${namespace};${id}`;
}

/** Number of a node id in namespace 0, as types have; -1 for any other. */
export function readTypeId(reader: ByteReader): number {
  const match = /^i=(\d+)$/.exec(readNodeId(reader));
  return match ? Number(match[1]) : -1;
}

function guid(reader: ByteReader): string {
  const { bytes, at } = reader;
  reader.skip(16);
  if (reader.fault) return '';
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  const digits = order.map((i) => bytes[at + i].toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function readLocalizedText(reader: ByteReader): string {
  const mask = reader.u8();
  if (mask & 1) skipString(reader);
  return mask & 2 ? readString(reader) : '';
}

/** The type of an ExtensionObject, and where its body ends; the reader stands at the body. */
export function beginExtension(reader: ByteReader): { type: number; end: number } {
  const type = readTypeId(reader);
  const encoding = reader.u8();
  const length = encoding === 0 ? 0 : lengthOf(reader);
  return { type: encoding === 1 ? type : -1, end: reader.at + length };
}

export function skipExtension(reader: ByteReader): void {
  const { end } = beginExtension(reader);
  if (!reader.fault) reader.at = end;
}

export function skipDiagnostics(reader: ByteReader, depth = 0): void {
  const mask = reader.u8();
  for (const bit of [1, 2, 4, 8]) if (mask & bit) reader.skip(4);
  if (mask & 0x10) skipString(reader);
  if (mask & 0x20) reader.skip(4);
  if (!(mask & 0x40)) return;
  if (depth >= DEPTH_MAX) reader.fail('nested too deeply');
  else skipDiagnostics(reader, depth + 1);
}

/** Reads a DataValue; its value where that is one string, else undefined. `extension` reads a structure. */
export function readDataValue(
  reader: ByteReader,
  extension?: (type: number) => void,
  depth = 0,
): string | undefined {
  const mask = reader.u8();
  const value = mask & 1 ? readVariant(reader, extension, depth + 1) : undefined;
  if (mask & 2) reader.skip(4);
  if (mask & 4) reader.skip(8);
  if (mask & 0x10) reader.skip(2);
  if (mask & 8) reader.skip(8);
  if (mask & 0x20) reader.skip(2);
  return value;
}

export function readVariant(
  reader: ByteReader,
  extension?: (type: number) => void,
  depth = 0,
): string | undefined {
  if (depth > DEPTH_MAX) {
    reader.fail('nested too deeply');
    return undefined;
  }
  const encoding = reader.u8();
  const type = encoding & 0x3f;
  if (type === 0) return undefined;
  if (type > 25) {
    reader.fail('unknown type of value');
    return undefined;
  }
  if (!(encoding & 0x80)) return readScalar(reader, type, extension, depth);
  const count = arrayLength(reader);
  if (FIXED[type] > 0) reader.skip(count * FIXED[type]);
  else for (let i = 0; i < count && !reader.fault; i++) readScalar(reader, type, undefined, depth);
  if (encoding & 0x40) reader.skip(4 * arrayLength(reader));
  return undefined;
}

function readScalar(
  reader: ByteReader,
  type: number,
  extension: ((type: number) => void) | undefined,
  depth: number,
): string | undefined {
  if (FIXED[type] > 0) reader.skip(FIXED[type]);
  else if (type === STRING) return readString(reader);
  else if (type === LOCALIZED_TEXT) return readLocalizedText(reader);
  else if (type === EXTENSION_OBJECT) {
    const { type: structure, end } = beginExtension(reader);
    if (!reader.fault) extension?.(structure);
    if (!reader.fault) reader.at = end;
  } else skipScalar(reader, type, depth);
  return undefined;
}

function skipScalar(reader: ByteReader, type: number, depth: number): void {
  switch (type) {
    case 15: // ByteString
    case 16: // XmlElement
      skipString(reader);
      break;
    case 17: // NodeId
    case 18: // ExpandedNodeId
      readNodeId(reader);
      break;
    case 20: // QualifiedName
      reader.skip(2);
      skipString(reader);
      break;
    case 23:
      readDataValue(reader, undefined, depth + 1);
      break;
    case 24:
      readVariant(reader, undefined, depth + 1);
      break;
    default:
      skipDiagnostics(reader);
  }
}
