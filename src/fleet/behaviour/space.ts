/**
 * The space that a model lives in: which measures and marks it learnt, and how a device's traits become one byte for
 * each. Measures are put into classes by the quantiles of what was taught; 0 means that there is none.
 */
import type { Traits } from './traits.ts';

export const MEASURES_MAX = 1024;
export const MARKS_MAX = 6144;
/** Upper ends of classes of one measure. */
export const EDGES_MAX = 48;
/** A trait of fewer examples is chance. */
const EXAMPLES_MIN = 2;

export interface Space {
  readonly measures: readonly LearntMeasure[];
  readonly marks: readonly LearntMark[];
}

export interface LearntMeasure {
  readonly name: string;
  /** Ascending; class c holds values up to edges[c - 1]. */
  readonly edges: Float32Array;
}

export interface LearntMark {
  readonly text: string;
  readonly family: number;
}

export function learnSpace(taught: readonly Traits[]): Space {
  const values = new Map<string, number[]>();
  const marks = new Map<string, { family: number; count: number }>();
  for (const traits of taught) {
    for (const [name, value] of traits.measures) {
      const known = values.get(name);
      if (known) known.push(value);
      else values.set(name, [value]);
    }
    for (const [text, family] of traits.marks) {
      const known = marks.get(text);
      if (known) known.count++;
      else marks.set(text, { family, count: 1 });
    }
  }
  return {
    measures: mostCommon(values, (list) => list.length, MEASURES_MAX).map(([name, list]) => ({
      name,
      edges: edgesOf(list),
    })),
    marks: mostCommon(marks, ({ count }) => count, MARKS_MAX).map(([text, { family }]) => ({
      text,
      family,
    })),
  };
}

/** Those that enough examples have, the most common first where there are too many. */
function mostCommon<T>(
  all: ReadonlyMap<string, T>,
  countOf: (value: T) => number,
  max: number,
): [string, T][] {
  const common = [...all].filter(([, value]) => countOf(value) >= EXAMPLES_MIN);
  if (common.length > max) common.sort((a, b) => countOf(b[1]) - countOf(a[1]));
  return common.slice(0, max);
}

function edgesOf(values: number[]): Float32Array {
  const sorted = Float32Array.from(values).sort();
  const edges: number[] = [];
  for (let at = 1; at <= EDGES_MAX; at++) {
    const edge = sorted[Math.ceil((at * sorted.length) / (EDGES_MAX + 1)) - 1];
    // What is above the last edge has a class of its own.
    if (edges.at(-1) !== edge && edge < sorted[sorted.length - 1]) edges.push(edge);
  }
  return Float32Array.from(edges);
}

/** Makes rows of a space. */
export class Encoder {
  readonly features: number;
  readonly #space: Space;
  readonly #markIndex: ReadonlyMap<string, number>;

  constructor(space: Space) {
    this.#space = space;
    this.features = space.measures.length + space.marks.length;
    this.#markIndex = new Map(space.marks.map(({ text }, index) => [text, index]));
  }

  /** One byte a feature: measures, then marks. */
  encode(traits: Traits): Uint8Array {
    const { measures } = this.#space;
    const row = new Uint8Array(this.features);
    for (const [index, { name, edges }] of measures.entries()) {
      const value = traits.measures.get(name);
      if (value !== undefined) row[index] = 1 + classOf(edges, Math.fround(value));
    }
    for (const text of traits.marks.keys()) {
      const index = this.#markIndex.get(text);
      if (index !== undefined) row[measures.length + index] = 1;
    }
    return row;
  }

  /** The number of a learnt mark; undefined for one that was not taught. */
  markNumber(text: string): number | undefined {
    return this.#markIndex.get(text);
  }
}

/** How many edges are below a value. */
function classOf(edges: Float32Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
