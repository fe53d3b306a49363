/** Object headers of DNP3 and the points behind them (IEEE 1815-2012, 4.2.2.7 and annex A). */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { f32le, i32le, u16le, u32le } from '../integers.ts';
import { type Layout, numberAt, type Step, WIDTHS } from '../layout.ts';
import { hexRun, wireText } from '../wire-text.ts';
import { carriesObjects, FREEZE_AT_TIME, FREEZE_AT_TIME_NR } from './functions.ts';
import { layoutOf, OCTETS } from './layouts.ts';

/** Fields of a point beside these depend on its group and variation. */
export interface Dnp3Point {
  /** What stands before the object: its index or its size; 0 without either. */
  readonly prefix: number;
  readonly index: number;
  readonly size?: number;
  readonly [field: string]: number | string | Secret | undefined;
}

export interface Dnp3Object {
  readonly group: number;
  readonly variation: number;
  readonly qualifier: number;
  readonly prefix_code: number;
  readonly range_code: number;
  readonly start: number;
  readonly stop: number;
  readonly count: number;
  /** At most POINTS_MAX in a message. */
  readonly points?: readonly Dnp3Point[];
}

export interface Dnp3Objects {
  readonly objects: readonly Dnp3Object[];
  /** All objects were known and read. */
  readonly complete: boolean;
  /** What breaks the specification, or ''. */
  readonly fault: string;
}

const OBJECTS_MAX = 256;
const POINTS_MAX = 512;
const TEXT_BYTES_MAX = 255;
/** Octets of a number of the range, by range code, and of the prefix of an object, by prefix code (table 4-5). */
const RANGE_WIDTHS = [1, 2, 4, 1, 2, 4, 0, 1, 2, 4, undefined, 1];
const PREFIX_WIDTHS = [0, 1, 2, 4, 1, 2, 4];
/** Group of device attributes, whose objects say themselves what they hold (A.2). */
export const DEVICE_ATTRIBUTES = 0;
const TIME_GROUP = 50;

const RESERVED = 'reserved qualifier';
const ENDS_IN_HEADER = 'object header without its end';
const NO_ROOM = 'objects longer than the message';
const STOP_BEFORE_START = 'range that stops before it starts';

/** Reads the objects of one application message. @param code - its function. */
export function readObjects(
  bytes: Uint8Array,
  start: number,
  end: number,
  code: number,
  secrets: SecretSealer,
): Dnp3Objects {
  const reader = new ObjectReader(bytes, start, end, code, secrets);
  const complete = reader.read();
  return { objects: reader.objects, complete, fault: reader.fault };
}

class ObjectReader {
  readonly objects: Dnp3Object[] = [];
  fault = '';
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #code: number;
  readonly #secrets: SecretSealer;
  #at: number;
  #points = 0;

  constructor(bytes: Uint8Array, start: number, end: number, code: number, secrets: SecretSealer) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#code = code;
    this.#secrets = secrets;
  }

  /** @returns whether everything was known. */
  read(): boolean {
    while (this.#at < this.#end) {
      if (this.objects.length >= OBJECTS_MAX || !this.#object()) return false;
    }
    return true;
  }

  #object(): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    if (this.#end - at < 3) return this.#fail(ENDS_IN_HEADER);
    const [group, variation, qualifier] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const prefix_code = (qualifier >> 4) & 7;
    const range_code = qualifier & 15;
    this.#at += 3;
    const code = { group, variation, qualifier, prefix_code, range_code };
    if (prefix_code >= PREFIX_WIDTHS.length) this.#fail(RESERVED);
    const range = this.fault === '' ? this.#range(range_code) : undefined;
    const head = { ...code, ...(range ?? { start: 0, stop: 0, count: 0 }) };
    if (range === undefined) {
      this.objects.push(head);
      return false;
    }
    const points: Dnp3Point[] = [];
    const known = this.#pointsOf(head, points);
    this.objects.push(points.length > 0 ? { ...head, points } : head);
    return known;
  }

  #range(code: number): { start: number; stop: number; count: number } | undefined {
    const width = RANGE_WIDTHS[code];
    if (width === undefined) {
      this.#fail(RESERVED);
      return undefined;
    }
    const numbers = code < 6 ? 2 : 1;
    if (this.#end - this.#at < numbers * width) {
      this.#fail(ENDS_IN_HEADER);
      return undefined;
    }
    const first = this.#number(width);
    if (numbers === 1) return { start: 0, stop: 0, count: first };
    const stop = this.#number(width);
    if (stop >= first) return { start: first, stop, count: stop - first + 1 };
    this.#fail(STOP_BEFORE_START);
    return undefined;
  }

  /** Of `width` octets, stepped over. */
  #number(width: number): number {
    const at = this.#at;
    this.#at += width;
    if (width === 1) return this.#bytes[at];
    if (width === 2) return u16le(this.#bytes, at);
    return width === 4 ? u32le(this.#bytes, at) : 0;
  }

  #pointsOf(head: Dnp3Object, points: Dnp3Point[]): boolean {
    const { group, variation, prefix_code, count } = head;
    const bySize = prefix_code >= 4;
    const filled = carriesObjects(this.#code) || bySize || this.#isTimeOfFreeze(group);
    if (count === 0 || (!filled && prefix_code === 0)) return true;
    // A request for any variation has indexes, but no values.
    const layout =
      variation === 0 && group !== DEVICE_ATTRIBUTES ? undefined : layoutOf(group, variation);
    if (filled && variation === 0 && prefix_code === 0) return true;
    if (filled && variation !== 0 && !layout && group !== DEVICE_ATTRIBUTES) return false;
    if (filled && layout?.packed) return this.#packed(head, layout, points);
    for (let i = 0; i < count; i++) {
      const point = this.#point(head, filled ? layout : undefined, filled, head.start + i);
      if (point === undefined) return this.#fail(NO_ROOM);
      if (this.#points < POINTS_MAX) {
        points.push(point);
        this.#points++;
      }
    }
    return true;
  }

  #isTimeOfFreeze(group: number): boolean {
    const freeze = this.#code === FREEZE_AT_TIME || this.#code === FREEZE_AT_TIME_NR;
    return freeze && group === TIME_GROUP;
  }

  #packed(head: Dnp3Object, { packed, steps }: Layout, points: Dnp3Point[]): boolean {
    const perOctet = 8 / packed;
    const octets = Math.ceil(head.count / perOctet);
    const from = this.#at;
    if (octets > this.#end - from) return this.#fail(NO_ROOM);
    this.#at += octets;
    const mask = (1 << packed) - 1;
    for (let i = 0; i < head.count && this.#points < POINTS_MAX; i++, this.#points++) {
      const octet = this.#bytes[from + Math.floor(i / perOctet)];
      const value = (octet >> ((i % perOctet) * packed)) & mask;
      points.push({ prefix: 0, index: head.start + i, [steps[0].name]: value });
    }
    return true;
  }

  /** @returns undefined where the message has no room for it. */
  #point(
    { group, variation, prefix_code }: Dnp3Object,
    layout: Layout | undefined,
    filled: boolean,
    index: number,
  ): Dnp3Point | undefined {
    const width = PREFIX_WIDTHS[prefix_code];
    if (this.#end - this.#at < width) return undefined;
    const prefix = this.#number(width);
    const bySize = prefix_code >= 4;
    const point: Record<string, number | string | Secret> = {
      prefix,
      index: width > 0 && !bySize ? prefix : index,
    };
    const from = this.#at;
    if (bySize) {
      point.size = prefix;
      if (prefix > this.#end - from) return undefined;
    }
    const end = bySize ? from + prefix : this.#end;
    let fits = true;
    if (filled && group === DEVICE_ATTRIBUTES) fits = this.#attribute(point, end);
    else if (filled && layout) fits = this.#fields(point, layout, variation, end, bySize);
    if (bySize) this.#at = end;
    return fits ? (point as Dnp3Point) : undefined;
  }

  #fields(
    point: Record<string, number | string | Secret>,
    layout: Layout,
    variation: number,
    end: number,
    bySize: boolean,
  ): boolean {
    for (const step of layout.steps) {
      if (step.type === 'bits') {
        if (this.#at >= end) return false;
        const octet = this.#bytes[this.#at++];
        for (const { name, shift, mask } of step.bits) point[name] = (octet >> shift) & mask;
      } else if (step.type === 'text' || step.type === 'bytes') {
        // Without a size only octet strings have an end: their variation is their length.
        const rest = bySize ? end - this.#at : layout === OCTETS ? variation : Number.NaN;
        const { lengthField } = step;
        const length = lengthField === '' ? rest : Number(point[lengthField] ?? lengthField);
        if (!(length <= end - this.#at)) return false;
        point[step.name] = this.#text(step, length);
        this.#at += length;
      } else {
        const width = WIDTHS[step.type];
        if (width > end - this.#at) return false;
        const value = numberAt(this.#bytes, this.#at, step.type);
        point[step.name] = step.secret && value !== 0 ? this.#secrets.seal(String(value)) : value;
        this.#at += width;
      }
    }
    return true;
  }

  #text(step: Step, length: number): string | Secret {
    const stop = this.#at + Math.min(length, TEXT_BYTES_MAX);
    const isText = step.type === 'text';
    const text = (isText ? wireText : hexRun)(this.#bytes, this.#at, stop);
    return step.secret && text !== '' ? this.#secrets.seal(text) : text;
  }

  /** Type, length and value (A.2.1). */
  #attribute(point: Record<string, number | string | Secret>, end: number): boolean {
    const at = this.#at;
    if (end - at < 2 || end - at - 2 < this.#bytes[at + 1]) return false;
    const type = this.#bytes[at];
    const length = this.#bytes[at + 1];
    point.data_type = type;
    point.value = attributeValue(this.#bytes, at + 2, type, length);
    this.#at += 2 + length;
    return true;
  }

  #fail(fault: string): false {
    this.fault ||= fault;
    return false;
  }
}

/** Attribute data types (A.2.1): visible text, numbers; others in hexadecimal. */
function attributeValue(
  bytes: Uint8Array,
  at: number,
  type: number,
  length: number,
): number | string {
  if (type === 1) return wireText(bytes, at, at + length);
  if (type === 2 && length <= 4) {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[at + i];
    return value;
  }
  if (type === 3 && length === 4) return i32le(bytes, at);
  if (type === 4 && length === 4) return f32le(bytes, at);
  return hexRun(bytes, at, at + length);
}
