/** Performatives of AMQP 1.0 (part 2, section 2.7; part 5, section 5.3.3): described lists of typed values. */
import type { SecretSealer } from '../../../base/index.ts';
import type { ByteReader } from '../byte-reader.ts';
import { wireText } from '../wire-text.ts';
import type { AmqpEvent, AmqpPerformative } from './events.ts';
import { readResponse } from './sign-in.ts';

const DEPTH_MAX = 8;
const PROPERTIES_MAX = 32;
const MECHANISMS_MAX = 16;
const TEXT_BYTES_MAX = 256;

const NAMES: Readonly<Record<number, string>> = {
  16: 'open',
  17: 'begin',
  18: 'attach',
  19: 'flow',
  20: 'transfer',
  21: 'disposition',
  22: 'detach',
  23: 'end',
  24: 'close',
  64: 'sasl_mechanisms',
  65: 'sasl_init',
  66: 'sasl_challenge',
  67: 'sasl_response',
  68: 'sasl_outcome',
};

/** Of 1.0's encodings (part 1, section 1.6): the high digit tells how long a value is. */
const NULL = 0x40;
const FIXED: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };

/** The name of the performative whose body begins at the reader, which stands behind its descriptor then. */
export function readDescriptor(reader: ByteReader): string | undefined {
  if (reader.u8() !== 0) return undefined;
  const encoding = reader.u8();
  if (encoding === 0x53) return NAMES[reader.u8()];
  if (encoding !== 0x80) return undefined;
  return reader.u32() === 0 ? NAMES[reader.u32()] : undefined;
}

/** Reads the body of a frame; undefined, with a fault, where it is no performative. */
export function readPerformative(
  reader: ByteReader,
  channel: number,
  sealer: SecretSealer,
): AmqpEvent | undefined {
  const event = readDescriptor(reader);
  if (event === undefined) {
    reader.fail('unknown performative');
    return undefined;
  }
  const protocol = 'amqp';
  const fields = beginList(reader);
  switch (event) {
    case 'sasl_mechanisms':
      return { protocol, event, mechanisms: fields > 0 ? readSymbols(reader) : [] };
    case 'sasl_init':
      return readInit(reader, fields, sealer);
    case 'sasl_outcome':
      return { protocol, event, code: fields > 0 ? Number(readScalar(reader)) : 0 };
    default:
      return { protocol, event, channel, ...readFields(event, reader, fields) };
  }
}

type Fields = Omit<AmqpPerformative, 'protocol' | 'event' | 'channel'>;

function readFields(event: string, reader: ByteReader, fields: number): Fields {
  switch (event) {
    case 'open': {
      const container_id = textField(reader, fields, 0);
      const hostname = textField(reader, fields, 1);
      for (let i = 2; i < 9 && i < fields; i++) skipValue(reader);
      const properties = fields > 9 ? readMap(reader) : {};
      return {
        ...(container_id && { container_id }),
        ...(hostname && { hostname }),
        ...(Object.keys(properties).length > 0 && { properties }),
      };
    }
    case 'attach': {
      skipValue(reader);
      skipValue(reader);
      const role = readScalar(reader) === true ? 'receiver' : 'sender';
      for (let i = 3; i < 5 && i < fields; i++) skipValue(reader);
      const source = fields > 5 ? addressOf(reader) : undefined;
      const target = fields > 6 ? addressOf(reader) : undefined;
      return { role, ...(source && { source }), ...(target && { target }) };
    }
    case 'close':
    case 'end':
      return fields > 0 ? errorOf(reader) : {};
    case 'detach':
      for (let i = 0; i < 2 && i < fields; i++) skipValue(reader);
      return fields > 2 ? errorOf(reader) : {};
    default:
      return {};
  }
}

function readInit(reader: ByteReader, fields: number, sealer: SecretSealer): AmqpEvent {
  const mechanism = textField(reader, fields, 0) ?? '';
  let shown: ReturnType<typeof readResponse> = { username: undefined, password: undefined };
  if (fields > 1) {
    const range = readBytes(reader);
    if (range && !reader.fault)
      shown = readResponse(mechanism, reader, range.from, range.to, sealer);
  }
  const hostname = fields > 2 ? textField(reader, fields, 2) : undefined;
  return {
    protocol: 'amqp',
    event: 'sasl_init',
    mechanism,
    ...shown,
    ...(mechanism === 'ANONYMOUS' && { username: 'anonymous' }),
    ...(hostname && { hostname }),
  };
}

/** How many values a list holds; the reader stands at the first. A null in its place holds none. */
function beginList(reader: ByteReader): number {
  const encoding = reader.u8();
  if (encoding === 0x45 || encoding === NULL) return 0;
  const size = encoding === 0xc0 ? 1 : encoding === 0xd0 ? 4 : 0;
  if (size === 0) {
    reader.fail('no list');
    return 0;
  }
  const bytes = reader.unsigned(size);
  if (bytes > reader.left) reader.fail('list beyond the frame');
  return reader.unsigned(size);
}

function textField(reader: ByteReader, fields: number, index: number): string | undefined {
  if (fields <= index) return undefined;
  const value = readScalar(reader);
  return typeof value === 'string' ? value : undefined;
}

/** A text, small number or truth; anything else is skipped, and undefined. */
function readScalar(reader: ByteReader): string | number | boolean | undefined {
  const encoding = reader.bytes[reader.at];
  switch (reader.left > 0 ? encoding : -1) {
    case 0x41:
      reader.skip(1);
      return true;
    case 0x42:
      reader.skip(1);
      return false;
    case 0x56:
      reader.skip(1);
      return reader.u8() !== 0;
    case 0x43:
    case 0x44:
      reader.skip(1);
      return 0;
    case 0x50:
    case 0x52:
    case 0x53:
      reader.skip(1);
      return reader.u8();
    case 0x60:
      reader.skip(1);
      return reader.u16();
    case 0x70:
      reader.skip(1);
      return reader.u32();
    case 0xa1:
    case 0xa3:
    case 0xb1:
    case 0xb3: {
      const range = readBytes(reader);
      return (
        range && wireText(reader.bytes, range.from, Math.min(range.to, range.from + TEXT_BYTES_MAX))
      );
    }
    default:
      skipValue(reader);
      return undefined;
  }
}

/** The range of a value of variable length: text, symbol, binary. */
function readBytes(reader: ByteReader): { from: number; to: number } | undefined {
  const encoding = reader.left > 0 ? reader.bytes[reader.at] : 0;
  const kind = encoding >> 4;
  if (kind !== 0x0a && kind !== 0x0b) {
    skipValue(reader);
    return undefined;
  }
  reader.skip(1);
  const length = reader.unsigned(kind === 0x0a ? 1 : 4);
  const from = reader.at;
  reader.skip(length);
  return reader.fault ? undefined : { from, to: from + length };
}

function skipValue(reader: ByteReader, depth = 0): void {
  const encoding = reader.u8();
  if (encoding === 0) {
    // A descriptor, then what it describes.
    if (depth >= DEPTH_MAX) reader.fail('nested too deeply');
    else {
      skipValue(reader, depth + 1);
      skipValue(reader, depth + 1);
    }
    return;
  }
  const kind = encoding >> 4;
  const fixed = FIXED[kind];
  if (fixed !== undefined) reader.skip(fixed);
  else if (kind === 10 || kind === 12 || kind === 14) reader.skip(reader.u8());
  else if (kind === 11 || kind === 13 || kind === 15) reader.skip(reader.u32());
  else reader.fail('unknown encoding');
}

/** One symbol, or an array of them. */
function readSymbols(reader: ByteReader): string[] {
  const encoding = reader.left > 0 ? reader.bytes[reader.at] : 0;
  if (encoding !== 0xe0 && encoding !== 0xf0) {
    const one = readScalar(reader);
    return typeof one === 'string' ? [one] : [];
  }
  reader.skip(1);
  const size = encoding === 0xe0 ? 1 : 4;
  reader.unsigned(size);
  const count = reader.unsigned(size);
  const wide = reader.u8() === 0xb3;
  const symbols: string[] = [];
  for (let i = 0; i < count && symbols.length < MECHANISMS_MAX && !reader.fault; i++)
    symbols.push(reader.text(wide ? reader.u32() : reader.u8()));
  return symbols;
}

function readMap(reader: ByteReader): Record<string, string | number | boolean> {
  const encoding = reader.left > 0 ? reader.bytes[reader.at] : 0;
  if (encoding !== 0xc1 && encoding !== 0xd1) {
    skipValue(reader);
    return {};
  }
  reader.skip(1);
  const size = encoding === 0xc1 ? 1 : 4;
  reader.unsigned(size);
  const pairs = Math.min(reader.unsigned(size) >> 1, PROPERTIES_MAX);
  const map: Record<string, string | number | boolean> = {};
  for (let i = 0; i < pairs && !reader.fault; i++) {
    const name = readScalar(reader);
    const value = readScalar(reader);
    if (typeof name === 'string' && value !== undefined && name !== '__proto__') map[name] = value;
  }
  return map;
}

/** The address of a source or target: the first field of a described list. */
function addressOf(reader: ByteReader): string | undefined {
  if (reader.left > 0 && reader.bytes[reader.at] !== 0) {
    skipValue(reader);
    return undefined;
  }
  const { at } = reader;
  reader.skip(1);
  skipValue(reader);
  const address = beginList(reader) > 0 ? readScalar(reader) : undefined;
  if (!reader.fault) {
    reader.at = at;
    skipValue(reader);
  }
  return typeof address === 'string' ? address : undefined;
}

function errorOf(reader: ByteReader): Fields {
  const error = addressOf(reader);
  return error === undefined ? {} : { error };
}
