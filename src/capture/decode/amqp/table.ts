/** Field tables of AMQP 0-9-1 (4.2.5.5), as brokers and clients write them. */
import { ByteReader } from '../byte-reader.ts';
import { wireText } from '../wire-text.ts';

const FIELDS_MAX = 32;
const TEXT_BYTES_MAX = 256;
const DEPTH_MAX = 4;

/** Bytes of values of fixed size, by their type's letter; `s` is a short integer in the field, whatever the text says. */
const SIZES: Readonly<Record<string, number>> = {
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  U: 2,
  I: 4,
  i: 4,
  f: 4,
  D: 5,
  L: 8,
  l: 8,
  d: 8,
  T: 8,
  V: 0,
};

const inner = new ByteReader();

/**
 * The fields in [start, end), without the table's length: texts, small integers and truths; those of tables inside as
 * `capabilities.basic.nack`. `hide` may take a text, which then is not among them.
 */
export function readTable(
  reader: ByteReader,
  start: number,
  end: number,
  hide?: (name: string, from: number, to: number) => boolean,
): Record<string, string | number | boolean> {
  const fields: Record<string, string | number | boolean> = {};
  inner.reset(reader.bytes, start, end);
  readFields(fields, '', 0, hide);
  if (inner.fault) reader.fail(inner.fault);
  inner.release();
  return fields;
}

function readFields(
  fields: Record<string, string | number | boolean>,
  prefix: string,
  depth: number,
  hide: ((name: string, from: number, to: number) => boolean) | undefined,
): void {
  let count = 0;
  while (inner.left > 0 && !inner.fault) {
    const name = prefix + inner.text(inner.u8());
    const value = readValue(fields, name, depth, hide);
    if (value !== undefined && !inner.fault && count++ < FIELDS_MAX && name !== '__proto__')
      fields[name] = value;
  }
}

function readValue(
  fields: Record<string, string | number | boolean>,
  name: string,
  depth: number,
  hide: ((name: string, from: number, to: number) => boolean) | undefined,
): string | number | boolean | undefined {
  const type = String.fromCharCode(inner.u8());
  switch (type) {
    case 't':
      return inner.u8() !== 0;
    case 'I':
    case 'i':
      return inner.u32() | 0;
    case 'S':
    case 'x': {
      const length = inner.u32();
      const from = inner.at;
      inner.skip(length);
      if (inner.fault || type === 'x' || hide?.(name, from, from + length)) return undefined;
      return wireText(inner.bytes, from, from + Math.min(length, TEXT_BYTES_MAX));
    }
    case 'F': {
      const length = inner.u32();
      if (!inner.has(length)) return undefined;
      const { end } = inner;
      const stop = inner.at + length;
      if (depth < DEPTH_MAX) {
        inner.end = stop;
        readFields(fields, `${name}.`, depth + 1, hide);
        inner.end = end;
      }
      if (!inner.fault) inner.at = stop;
      return undefined;
    }
    case 'A':
      inner.skip(inner.u32());
      return undefined;
    default:
      if (SIZES[type] === undefined) inner.fail('unknown type of field');
      else inner.skip(SIZES[type]);
      return undefined;
  }
}
