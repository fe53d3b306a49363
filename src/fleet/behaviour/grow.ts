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
  /** By feature: its largest value. */
  readonly #largest: Uint8Array;
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
    this.#largest = largestOf(table);
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
    for (let row = 0; row < this.#rows.length; row++) this.#rows[row] = row;
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
      const score = this.#score(feature * rows, threshold, start, end);
      if (score <= best) continue;
      best = score;
      this.#bestFeature = feature;
      this.#bestThreshold = threshold;
    }
    return best < 0 ? -1 : constants;
  }

  /** Least and largest value of a feature in a node, as two bytes; -1 when they are the same. */
  #range(feature: number, start: number, end: number): number {
    const { columns } = this.#table;
    const rows = this.#rows;
    const column = feature * this.#table.rows;
    const first = columns[column + rows[start]];
    let at = start + 1;
    while (at < end && columns[column + rows[at]] === first) at++;
    if (at === end) return -1;
    if (this.#largest[feature] === 1) return 1;
    let low = first;
    let high = first;
    for (; at < end; at++) {
      const value = columns[column + rows[at]];
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    return (low << 8) | high;
  }

  /** What is left of Gini's impurity, the other way round: the more the better. */
  #score(column: number, threshold: number, start: number, end: number): number {
    const { columns, labels } = this.#table;
    const low = this.#low;
    for (const label of this.#present) low[label] = 0;
    for (let at = start; at < end; at++) {
      const row = this.#rows[at];
      if (columns[column + row] > threshold) continue;
      const label = labels[row];
      low[label] += this.#weights[label];
    }
    let lowSum = 0;
    let highSum = 0;
    let lowSquares = 0;
    let highSquares = 0;
    for (const label of this.#present) {
      const high = this.#all[label] - low[label];
      lowSum += low[label];
      highSum += high;
      lowSquares += low[label] * low[label];
      highSquares += high * high;
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

function largestOf({ columns, rows, features }: Table): Uint8Array {
  const largest = new Uint8Array(features);
  for (let feature = 0; feature < features; feature++) {
    const column = feature * rows;
    for (let row = 0; row < rows; row++)
      if (columns[column + row] > largest[feature]) largest[feature] = columns[column + row];
  }
  return largest;
}
