/**
 * A small language for records of a protocol that are described by tables. A layout is a list of words: `[a b:2 …]` is
 * one octet of bits, lowest first, each one wide unless said, `_` for those that mean nothing; `u8 x`, `i16 x`, `f32 x` …
 * are numbers, low octet first, and `u48` is one of 48 bits; `text x*y` and `bytes x*y` take as many octets as the field
 * or number `y` says, or all that is left where there is none. `!` behind a type marks a secret. `packed:2 x` is many
 * values of two bits.
 */
import { f32le, f64le, i16le, i32le, u16le, u24le, u32le, u48le } from './integers.ts';

export type NumberType = 'u8' | 'u16' | 'u24' | 'u32' | 'u48' | 'i16' | 'i32' | 'f32' | 'f64';

export interface Bit {
  readonly name: string;
  readonly shift: number;
  readonly mask: number;
}
export interface Step {
  readonly type: NumberType | 'bits' | 'text' | 'bytes';
  readonly name: string;
  readonly bits: readonly Bit[];
  /** The field that holds the length, or the length; '' for what is left. */
  readonly lengthField: string;
  readonly secret: boolean;
}
export interface Layout {
  /** Bits of each of the values that are packed into octets, or 0. */
  readonly packed: number;
  readonly steps: readonly Step[];
  /** Octets of a record, texts apart. */
  readonly size: number;
}

export const WIDTHS: Readonly<Record<NumberType, number>> = {
  u8: 1,
  u16: 2,
  u24: 3,
  u32: 4,
  u48: 6,
  i16: 2,
  i32: 4,
  f32: 4,
  f64: 8,
};

export function layout(text: string): Layout {
  const packed = /^packed:(\d) (\w+)$/.exec(text);
  if (packed) {
    const [, width, name = ''] = packed;
    return { packed: Number(width), steps: [step('bits', name)], size: 0 };
  }
  const steps = [...text.matchAll(/\[([^\]]+)\]|(\w+)(!?) (\w+)(?:\*(\w*))?/g)].map(
    ([, bits, type = '', secret, name = '', lengthField = '']) =>
      bits === undefined
        ? step(type as Step['type'], name, { lengthField, secret: secret === '!' })
        : step('bits', '', { bits: bitsOf(bits) }),
  );
  return { packed: 0, steps, size: steps.reduce((sum, each) => sum + sizeOf(each), 0) };
}

function step(
  type: Step['type'],
  name: string,
  { bits = [], lengthField = '', secret = false }: Partial<Step> = {},
): Step {
  return { type, name, bits, lengthField, secret };
}

function bitsOf(text: string): Bit[] {
  let shift = 0;
  const bits: Bit[] = [];
  for (const word of text.split(' ')) {
    const [name = '', width = '1'] = word.split(':');
    if (name !== '_') bits.push({ name, shift, mask: (1 << Number(width)) - 1 });
    shift += Number(width);
  }
  return bits;
}

function sizeOf({ type }: Step): number {
  if (type === 'bits') return 1;
  return type === 'text' || type === 'bytes' ? 0 : WIDTHS[type];
}

/** The caller has checked that there are as many octets. */
export function numberAt(bytes: Uint8Array, at: number, type: NumberType): number {
  switch (type) {
    case 'u8':
      return bytes[at];
    case 'u16':
      return u16le(bytes, at);
    case 'u24':
      return u24le(bytes, at);
    case 'u32':
      return u32le(bytes, at);
    case 'u48':
      return u48le(bytes, at);
    case 'i16':
      return i16le(bytes, at);
    case 'i32':
      return i32le(bytes, at);
    case 'f32':
      return f32le(bytes, at);
    case 'f64':
      return f64le(bytes, at);
  }
}

/** Reads numbers and bits of a record into `fields`; the caller has checked that there are `size` octets. */
export function readFixed(
  bytes: Uint8Array,
  start: number,
  { steps }: Layout,
  fields: Record<string, unknown>,
): void {
  let at = start;
  for (const { type, name, bits } of steps) {
    if (type === 'bits') {
      for (const bit of bits) fields[bit.name] = (bytes[at] >> bit.shift) & bit.mask;
      at++;
    } else if (type !== 'text' && type !== 'bytes') {
      fields[name] = numberAt(bytes, at, type);
      at += WIDTHS[type];
    }
  }
}
