/**
 * Grows a forest of extremely randomised trees (Geurts, Ernst, Wehenkel 2006): at each node some features are drawn,
 * each with one threshold at random, and the one that parts the types best (Gini) is taken. Types weigh alike however
 * many examples each has.
 */
import { type Forest, LEAF } from './forest.ts';
import { SeededRandom } from './random.ts';

/** Examples to grow from, column by column. */
export interface Table {
  readonly rows: number;
  readonly features: number;
  /** Feature f of row r is at f × rows + r. */
  readonly columns: Uint8Array;
  /** Class of each row. */
  readonly labels: Uint16Array;
  readonly classes: number;
}

export interface GrowOptions {
  readonly trees: number;
  readonly seed: number;
  /** Features that are tried at a node, as a multiple of the square root of their number. */
  readonly tries?: number;
  /** Nodes of all trees; no tree is begun beyond them. */
  readonly nodesMax?: number;
}

const DEPTH_MAX = 64;
const TRIES = 1;
const NODES_MAX = 150_000;

export function growForest(table: Table, options: GrowOptions): Forest {
  const grower = new Grower(table, options);
  const nodesMax = options.nodesMax ?? NODES_MAX;
  for (let tree = 0; tree < options.trees && grower.nodes < nodesMax; tree++) grower.plant();
  return grower.forest();
}

class Grower {
  readonly #table: Table;
  readonly #random: SeededRandom;
  readonly #tries: number;
  readonly #weights: Float64Array;
  /** Rows, parted in place as nodes are. */
  readonly #rows: Uint32Array;
  /** Features: at a node first those that are the same in all its rows, last those that were tried. */
  readonly #drawn: Uint32Array;
  readonly #marks: MarkRows;
  /** By row: where it is in #rows. */
  readonly #place: Uint32Array;
  readonly #all: Float64Array;
  readonly #low: Float64Array;
  readonly #roots: number[] = [];
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #right: number[] = [];
  readonly #shareClass: number[] = [];
  readonly #sharePart: number[] = [];
  /** Leaves of one class share their share. */
  readonly #pure = new Map<number, number>();
  #present: number[] = [];
  #bestFeature = 0;
  #bestThreshold = 0;

  constructor(table: Table, { seed, tries = TRIES }: GrowOptions) {
    this.#table = table;
    this.#random = new SeededRandom(seed);
    this.#tries = Math.max(1, Math.round(tries * Math.sqrt(table.features)));
    this.#rows = new Uint32Array(table.rows);
    this.#drawn = Uint32Array.from({ length: table.features }, (_, feature) => feature);
    this.#marks = new MarkRows(table);
    this.#place = new Uint32Array(table.rows);
    this.#all = new Float64Array(table.classes);
    this.#low = new Float64Array(table.classes);
    const counts = new Float64Array(table.classes);
    for (const label of table.labels) counts[label]++;
    this.#weights = counts.map((count) => (count === 0 ? 0 : table.rows / table.classes / count));
  }

  get nodes(): number {
    return this.#feature.length;
  }

  plant(): void {
    for (let row = 0; row < this.#rows.length; row++) {
      this.#rows[row] = row;
      this.#place[row] = row;
    }
    this.#roots.push(this.nodes);
    this.#grow(0, this.#rows.length, 0, 0);
  }

  forest(): Forest {
    return {
      classes: this.#table.classes,
      features: this.#table.features,
      roots: Uint32Array.from(this.#roots),
      feature: Uint16Array.from(this.#feature),
      threshold: Uint8Array.from(this.#threshold),
      right: Uint32Array.from(this.#right),
      shareClass: Uint16Array.from(this.#shareClass),
      sharePart: Uint8Array.from(this.#sharePart),
    };
  }

  /** @param constants - of the drawn features, how many are known to be the same in all rows of the node. */
  #grow(start: number, end: number, depth: number, constants: number): void {
    this.#weigh(start, end);
    const isMixed = this.#present.length > 1 && depth < DEPTH_MAX;
    const stillConstant = isMixed ? this.#choose(start, end, constants) : -1;
    if (stillConstant < 0) {
      this.#leaf();
      return;
    }
    const node = this.nodes;
    const middle = this.#part(start, end);
    this.#feature.push(this.#bestFeature);
    this.#threshold.push(this.#bestThreshold);
    this.#right.push(0);
    this.#grow(start, middle, depth + 1, stillConstant);
    this.#right[node] = this.nodes;
    this.#grow(middle, end, depth + 1, stillConstant);
  }

  /** Adds up the classes of a node. */
  #weigh(start: number, end: number): void {
    const { labels } = this.#table;
    this.#all.fill(0);
    for (let at = start; at < end; at++) {
      const label = labels[this.#rows[at]];
      this.#all[label] += this.#weights[label];
    }
    this.#present = [];
    for (let label = 0; label < this.#all.length; label++)
      if (this.#all[label] > 0) this.#present.push(label);
  }

  /**
   * Draws features without putting them back, until enough of them part the node, and keeps the best. What is found to
   * be the same in all rows is the same below, too, and is not drawn there again.
   * @returns how many are known to be the same now; -1 when nothing parts the node.
   */
  #choose(start: number, end: number, constants: number): number {
    const { rows } = this.#table;
    const drawn = this.#drawn;
    let limit = drawn.length;
    let best = -1;
    for (let tried = 0; constants < limit && tried < this.#tries; ) {
      const at = constants + this.#random.below(limit - constants);
      const feature = drawn[at];
      const range = this.#range(feature, start, end);
      if (range < 0) {
        drawn[at] = drawn[constants];
        drawn[constants++] = feature;
        continue;
      }
      drawn[at] = drawn[--limit];
      drawn[limit] = feature;
      tried++;
      const low = range >>> 8;
      const threshold = low + this.#random.below((range & 255) - low);
      const isListed = this.#marks.countOf(feature) < end - start;
      if (isListed) this.#weighMark(feature, start, end);
      else this.#weighLow(feature * rows, threshold, start, end);
      const score = this.#score();
      if (score <= best) continue;
      best = score;
      this.#bestFeature = feature;
      this.#bestThreshold = threshold;
    }
    return best < 0 ? -1 : constants;
  }

  /** Least and largest value of a feature in a node, as two bytes; -1 when they are the same. */
  #range(feature: number, start: number, end: number): number {
    if (this.#marks.countOf(feature) < end - start) {
      return this.#marked(feature, start, end) === 0 ? -1 : 1;
    }
    const { columns } = this.#table;
    const rows = this.#rows;
    const column = feature * this.#table.rows;
    const first = columns[column + rows[start]];
    let at = start + 1;
    while (at < end && columns[column + rows[at]] === first) at++;
    if (at === end) return -1;
    let low = first;
    let high = first;
    for (; at < end; at++) {
      const value = columns[column + rows[at]];
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    return (low << 8) | high;
  }

  /** How many rows of a node have a mark. */
  #marked(feature: number, start: number, end: number): number {
    const { rows, first } = this.#marks;
    const place = this.#place;
    let marked = 0;
    for (let at = first[feature]; at < first[feature + 1]; at++) {
      const where = place[rows[at]];
      if (where >= start && where < end) marked++;
    }
    return marked;
  }

  /** Adds up the classes of a node's rows that a mark leaves: those that lack it. */
  #weighMark(feature: number, start: number, end: number): void {
    const { rows, first } = this.#marks;
    const { labels } = this.#table;
    const place = this.#place;
    const present = this.#present;
    for (let at = 0; at < present.length; at++) this.#low[present[at]] = this.#all[present[at]];
    for (let at = first[feature]; at < first[feature + 1]; at++) {
      const where = place[rows[at]];
      if (where < start || where >= end) continue;
      const label = labels[rows[at]];
      this.#low[label] -= this.#weights[label];
    }
  }

  /** Adds up the classes of a node's rows up to a threshold. */
  #weighLow(column: number, threshold: number, start: number, end: number): void {
    const { columns, labels } = this.#table;
    const rows = this.#rows;
    const weights = this.#weights;
    const present = this.#present;
    const low = this.#low;
    for (let at = 0; at < present.length; at++) low[present[at]] = 0;
    for (let at = start; at < end; at++) {
      const row = rows[at];
      if (columns[column + row] > threshold) continue;
      const label = labels[row];
      low[label] += weights[label];
    }
  }

  /** What is left of Gini's impurity, the other way round: the more the better. */
  #score(): number {
    const present = this.#present;
    const all = this.#all;
    const low = this.#low;
    let lowSum = 0;
    let highSum = 0;
    let lowSquares = 0;
    let highSquares = 0;
    for (let at = 0; at < present.length; at++) {
      const below = low[present[at]];
      const above = all[present[at]] - below;
      lowSum += below;
      highSum += above;
      lowSquares += below * below;
      highSquares += above * above;
    }
    return lowSquares / lowSum + highSquares / highSum;
  }

  #part(start: number, end: number): number {
    const column = this.#bestFeature * this.#table.rows;
    let middle = start;
    for (let at = start; at < end; at++) {
      const row = this.#rows[at];
      if (this.#table.columns[column + row] > this.#bestThreshold) continue;
      this.#rows[at] = this.#rows[middle];
      this.#rows[middle++] = row;
    }
    for (let at = start; at < end; at++) this.#place[this.#rows[at]] = at;
    return middle;
  }

  #leaf(): void {
    const present = this.#present.slice(0, 255);
    const [only] = present;
    let first = this.#shareClass.length;
    const known = present.length === 1 ? this.#pure.get(only) : undefined;
    if (known !== undefined) first = known;
    else {
      if (present.length === 1) this.#pure.set(only, first);
      const total = present.reduce((sum, label) => sum + this.#all[label], 0);
      for (const label of present) {
        this.#shareClass.push(label);
        this.#sharePart.push(Math.max(1, Math.round((255 * this.#all[label]) / total)));
      }
    }
    this.#feature.push(LEAF);
    this.#threshold.push(present.length);
    this.#right.push(first);
  }
}

/** The rows that have a mark, for features that are nothing else: few rows do, and the others need no look. */
class MarkRows {
  /** First entry of each feature in `rows`, and the end of the last. */
  readonly first: Uint32Array;
  readonly rows: Uint32Array;
  readonly #isMark: Uint8Array;

  constructor({ columns, rows, features }: Table) {
    this.first = new Uint32Array(features + 1);
    this.#isMark = new Uint8Array(features).fill(1);
    const marked: number[] = [];
    for (let feature = 0; feature < features; feature++) {
      const column = columns.subarray(feature * rows, (feature + 1) * rows);
      if (column.some((value) => value > 1)) this.#isMark[feature] = 0;
      else for (let row = 0; row < rows; row++) if (column[row] === 1) marked.push(row);
      this.first[feature + 1] = marked.length;
    }
    this.rows = Uint32Array.from(marked);
  }

  /** How many rows have the mark; without end for a feature that is no mark. */
  countOf(feature: number): number {
    return this.#isMark[feature] === 1
      ? this.first[feature + 1] - this.first[feature]
      : Number.POSITIVE_INFINITY;
  }
}
