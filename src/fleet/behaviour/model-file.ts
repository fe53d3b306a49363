/**
 * The file of a model: a magic number, a JSON header, typed arrays in little-endian order, and a SHA-256 of it all. A
 * file may come from anywhere, so everything that the judging relies on is checked before it is used: sizes, numbers
 * in range, and that every walk down a tree ends.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { InputError, unreadable } from '../../base/index.ts';
import type { Habits } from './familiarity.ts';
import { type Forest, LEAF } from './forest.ts';
import { families } from './marks.ts';
import { BehaviourModel, type ModelParts } from './model.ts';
import { EDGES_MAX, type LearntMeasure, MARKS_MAX, MEASURES_MAX } from './space.ts';

const MAGIC = Buffer.from('FWBEHAV1', 'latin1');
const HASH_BYTES = 32;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const TYPES_MAX = 4096;
const TREES_MAX = 10_000;

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();

const headerSchema = z.strictObject({
  /** What traits mean: a model of another version of them would be read wrongly. */
  traits: z.literal(1),
  types: z.array(z.string().min(1).max(200)).min(1).max(TYPES_MAX),
  measures: z
    .array(z.strictObject({ name: z.string().max(200), edges: z.int().min(0).max(EDGES_MAX) }))
    .max(MEASURES_MAX),
  marks: z
    .array(
      z.tuple([
        z
          .int()
          .min(0)
          .max(families.length - 1),
        z.string().max(200),
      ]),
    )
    .max(MARKS_MAX),
  calibration: z.strictObject({
    sharpness: z.number().min(0.01).max(100),
    shareMin: share,
    strangenessMax: z.number(),
  }),
  figures: z.strictObject({
    examples: count,
    judged: count,
    right: share,
    held: share,
    refused: share,
  }),
  startsTaught: z.boolean(),
  /** Lengths of the arrays behind the header, in the order of ARRAYS. */
  lengths: z.array(count).length(10),
});
type Header = z.infer<typeof headerSchema>;

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array;
const WIDTHS = [4, 4, 2, 1, 4, 2, 1, 4, 2, 1] as const;

/** Edges, then the forest, then the habits: what `lengths` and WIDTHS count. */
function arraysOf({ space, forest, habits }: ModelParts): Numbers[] {
  return [
    Float32Array.from(space.measures.flatMap(({ edges }) => [...edges])),
    forest.roots,
    forest.feature,
    forest.threshold,
    forest.right,
    forest.shareClass,
    forest.sharePart,
    habits.first,
    habits.mark,
    habits.share,
  ];
}

/** The bytes of a model's file; the same model gives the same bytes. */
export function writeModel({ parts }: BehaviourModel): Buffer {
  const arrays = arraysOf(parts);
  const header: Header = {
    traits: 1,
    types: [...parts.types],
    measures: parts.space.measures.map(({ name, edges }) => ({ name, edges: edges.length })),
    marks: parts.space.marks.map(({ family, text }) => [family, text]),
    calibration: parts.calibration,
    figures: parts.figures,
    startsTaught: parts.startsTaught,
    lengths: arrays.map(({ length }) => length),
  };
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  const body = Buffer.concat([MAGIC, size, text, ...arrays.map(littleEndian)]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

function littleEndian(numbers: Numbers): Buffer {
  const width = numbers.BYTES_PER_ELEMENT;
  const bytes = Buffer.alloc(numbers.length * width);
  for (const [index, number] of numbers.entries()) {
    if (numbers instanceof Float32Array) bytes.writeFloatLE(number, index * width);
    else bytes.writeUIntLE(number, index * width, width);
  }
  return bytes;
}

/** @throws InputError when the file cannot be read or is no model. */
export function readModelFile(path: string): BehaviourModel {
  let bytes: Buffer;
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw notAModel(path);
    bytes = readFileSync(path);
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error);
  }
  return readModel(bytes, path);
}

/**
 * @param name - of the file, for messages.
 * @throws InputError `not-a-model`, `model-damaged`, `model-version`.
 */
export function readModel(bytes: Buffer, name: string): BehaviourModel {
  const headerStart = MAGIC.length + 4;
  if (
    bytes.length < headerStart + HASH_BYTES ||
    bytes.length > FILE_BYTES_MAX ||
    !bytes.subarray(0, MAGIC.length).equals(MAGIC)
  ) {
    throw notAModel(name);
  }
  const body = bytes.subarray(0, bytes.length - HASH_BYTES);
  const hash = createHash('sha256').update(body).digest();
  if (!hash.equals(bytes.subarray(body.length))) throw damaged(name, 'its checksum is wrong');
  const headerEnd = headerStart + bytes.readUInt32LE(MAGIC.length);
  if (headerEnd > body.length) throw damaged(name, 'its header is cut');
  const header = parseHeader(body.toString('utf8', headerStart, headerEnd), name);
  const expected = header.lengths.reduce((sum, length, at) => sum + length * WIDTHS[at], headerEnd);
  if (expected !== body.length) throw damaged(name, 'its length is wrong');
  return new BehaviourModel(
    partsOf(header, new ArrayReader(body, headerEnd, header.lengths), name),
  );
}

function parseHeader(text: string, name: string): Header {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(name, 'its header is no JSON');
  }
  const traits = (value as { traits?: unknown } | null)?.traits;
  if (traits !== undefined && traits !== 1) {
    throw new InputError(
      'model-version',
      `${name} was made by another version of Fleetward: train it again with fleetward train identify`,
    );
  }
  const parsed = headerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw damaged(name, `${issue.path.join('.')}: ${issue.message}`);
}

function partsOf(header: Header, arrays: ArrayReader, name: string): ModelParts {
  const edges = arrays.next(Float32Array);
  const measures: LearntMeasure[] = [];
  let at = 0;
  for (const measure of header.measures) {
    measures.push({ name: measure.name, edges: edges.slice(at, at + measure.edges) });
    at += measure.edges;
  }
  if (at !== edges.length) throw damaged(name, 'its edges are too many or too few');
  const marks = header.marks.map(([family, text]) => ({ family, text }));
  const forest: Forest = {
    classes: header.types.length,
    features: measures.length + marks.length,
    roots: arrays.next(Uint32Array),
    feature: arrays.next(Uint16Array),
    threshold: arrays.next(Uint8Array),
    right: arrays.next(Uint32Array),
    shareClass: arrays.next(Uint16Array),
    sharePart: arrays.next(Uint8Array),
  };
  const habits: Habits = {
    first: arrays.next(Uint32Array),
    mark: arrays.next(Uint16Array),
    share: arrays.next(Uint8Array),
  };
  const wrong = faultOfForest(forest) ?? faultOfHabits(habits, header.types.length, marks.length);
  if (wrong !== undefined) throw damaged(name, wrong);
  const { types, calibration, figures, startsTaught } = header;
  return { types, space: { measures, marks }, forest, habits, calibration, figures, startsTaught };
}

/** What would let a walk down a tree go astray; undefined when nothing does. */
function faultOfForest(forest: Forest): string | undefined {
  const { roots, feature, threshold, right, shareClass, sharePart, features, classes } = forest;
  const nodes = feature.length;
  if (roots.length === 0 || roots.length > TREES_MAX) return 'it has no trees, or too many';
  if (
    threshold.length !== nodes ||
    right.length !== nodes ||
    sharePart.length !== shareClass.length
  )
    return 'its arrays do not match';
  if (roots.some((root) => root >= nodes)) return 'a tree begins nowhere';
  if (shareClass.some((type) => type >= classes)) return 'a leaf is of no type';
  if (sharePart.some((part) => part === 0)) return 'a leaf says nothing';
  for (let node = 0; node < nodes; node++) {
    if (feature[node] === LEAF) {
      if (threshold[node] === 0 || right[node] + threshold[node] > shareClass.length)
        return 'a leaf has no shares';
    } else if (feature[node] >= features) return 'a node asks for no feature';
    // Branches lie behind their node, so no walk goes in circles.
    else if (right[node] <= node || right[node] >= nodes || node + 1 >= nodes)
      return 'a branch leads nowhere';
  }
  return undefined;
}

function faultOfHabits(
  { first, mark, share }: Habits,
  types: number,
  marks: number,
): string | undefined {
  if (first.length !== types + 1 || share.length !== mark.length) return 'its habits do not match';
  if (first[0] !== 0 || first[types] !== mark.length) return 'its habits are cut';
  for (let type = 0; type < types; type++)
    if (first[type] > first[type + 1]) return 'its habits are in disorder';
  return mark.some((number) => number >= marks) ? 'a habit is of no mark' : undefined;
}

class ArrayReader {
  readonly #bytes: Buffer;
  readonly #lengths: readonly number[];
  #at: number;
  #next = 0;

  constructor(bytes: Buffer, at: number, lengths: readonly number[]) {
    this.#bytes = bytes;
    this.#at = at;
    this.#lengths = lengths;
  }

  next<T extends Numbers>(Kind: {
    new (length: number): T;
    readonly BYTES_PER_ELEMENT: number;
  }): T {
    const width = Kind.BYTES_PER_ELEMENT;
    const numbers = new Kind(this.#lengths[this.#next++]);
    for (let index = 0; index < numbers.length; index++) {
      numbers[index] =
        numbers instanceof Float32Array
          ? this.#bytes.readFloatLE(this.#at)
          : this.#bytes.readUIntLE(this.#at, width);
      this.#at += width;
    }
    return numbers;
  }
}

function notAModel(name: string): InputError {
  return new InputError(
    'not-a-model',
    `${name} is not a model: give --model a file that fleetward train identify wrote`,
  );
}

function damaged(name: string, why: string): InputError {
  return new InputError(
    'model-damaged',
    `${name} is damaged (${why}): copy it again, or train it with fleetward train identify`,
  );
}
