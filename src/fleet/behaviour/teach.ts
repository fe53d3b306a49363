/**
 * Teaches a model from examples: a forest over all of them, and beside it, with some left out in turn (cross-fitting),
 * what probabilities, answers and refusals are to be believed of it.
 */
import { InputError } from '../../base/index.ts';
import { Familiarity, habitsOf } from './familiarity.ts';
import { vote } from './forest.ts';
import { growForest, type Table } from './grow.ts';
import {
  BehaviourModel,
  type Calibration,
  type ModelParts,
  sharpened,
  type TrainingFigures,
  weigh,
} from './model.ts';
import { SeededRandom } from './random.ts';
import { Encoder, learnSpace } from './space.ts';
import type { Traits } from './traits.ts';

export interface Example {
  readonly traits: Traits;
  readonly type: string;
  /** Examples of one group are left out together: what was recorded at once is alike beyond its type. */
  readonly group: string;
}

export interface TeachOptions {
  readonly seed?: number;
  readonly trees?: number;
}

/** What fits into a few hundred megabytes while it is learnt. */
const EXAMPLES_MAX = 20_000;
const TYPES_MAX = 1000;
const TREES = 300;
const FOLDS = 10;
/** Trees of each forest that some examples are left out of. */
const FOLD_TREES = 100;
const SEED = 1;
/** Where there is too little to find it out: what was found on the set in docs/model-card.md. */
const DEFAULTS: Calibration = { sharpness: 1.5, shareMin: 0.1, strangenessMax: 0.1 };
/** Judged examples below which the defaults stand. */
const JUDGED_MIN = 50;
/** Share of answers that may lack the right type. */
const SET_ERROR = 0.01;
/** Share of devices of known types that may be taken for strangers. */
const REFUSAL_ERROR = 0.0075;
/** Room above that: what is judged later drifts (firmware, servers), and what was left out in turn did not. */
const DRIFT = 0.06;
/** Nobody is a stranger up to here, however alike all examples were: 9 of 10 trees agree, 1 of 8 marks is new. */
const STRANGENESS_MAX_LEAST = -0.3;

/** @throws InputError `too-many-examples`, `too-many-types`. */
export function teach(examples: readonly Example[], options: TeachOptions = {}): BehaviourModel {
  const types = [...new Set(examples.map(({ type }) => type))].sort();
  if (examples.length > EXAMPLES_MAX) throw tooMany('examples', examples.length, EXAMPLES_MAX);
  if (types.length > TYPES_MAX) throw tooMany('types', types.length, TYPES_MAX);
  const seed = options.seed ?? SEED;
  const whole = learn(examples, types, options.trees ?? TREES, seed);
  const left = crossFit(examples, types, seed);
  const calibration = calibrate(left);
  return new BehaviourModel({
    ...whole,
    calibration,
    figures: figuresOf(examples.length, left, calibration),
    startsTaught: examples.filter(({ traits }) => traits.hasStart).length * 2 > examples.length,
  });
}

function tooMany(what: 'examples' | 'types', found: number, max: number): InputError {
  return new InputError(
    `too-many-${what}`,
    `there are ${found} ${what}, and a model is taught from at most ${max}: leave some captures out`,
  );
}

type Learnt = Pick<ModelParts, 'types' | 'space' | 'forest' | 'habits'>;

function learn(
  examples: readonly Example[],
  types: readonly string[],
  trees: number,
  seed: number,
): Learnt {
  const space = learnSpace(examples.map(({ traits }) => traits));
  const encoder = new Encoder(space);
  const table = tableOf(examples, types, encoder);
  const { columns, rows, labels } = table;
  const firstMark = space.measures.length;
  return {
    types,
    space,
    forest: growForest(table, { trees, seed }),
    habits: habitsOf(
      labels,
      types.length,
      space.marks.length,
      (example, mark) => columns[(firstMark + mark) * rows + example] === 1,
    ),
  };
}

function tableOf(examples: readonly Example[], types: readonly string[], encoder: Encoder): Table {
  const rows = examples.length;
  const { features } = encoder;
  const columns = new Uint8Array(features * rows);
  const numbers = new Map(types.map((type, index) => [type, index]));
  for (const [index, { traits }] of examples.entries()) {
    const row = encoder.encode(traits);
    for (let feature = 0; feature < features; feature++)
      columns[feature * rows + index] = row[feature];
  }
  const labels = Uint16Array.from(examples, ({ type }) => numbers.get(type) ?? 0);
  return { rows, features, columns, labels, classes: types.length };
}

/** An example that was judged by trees which had not seen it, nor any of its group. */
interface LeftOut {
  readonly traits: Traits;
  readonly group: string;
  readonly type: number;
  readonly votes: Float64Array;
  readonly familiarity: Familiarity;
}

function crossFit(examples: readonly Example[], types: readonly string[], seed: number): LeftOut[] {
  const folds = foldsOf(examples, seed);
  const left: LeftOut[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const kept = examples.filter((_, index) => folds[index] !== fold);
    const out = examples.filter((_, index) => folds[index] === fold);
    if (out.length === 0) continue;
    const known = types.filter((type) => kept.some((example) => example.type === type));
    if (known.length === 0) continue;
    const { space, forest, habits } = learn(kept, known, FOLD_TREES, seed + fold + 1);
    const encoder = new Encoder(space);
    const familiarity = new Familiarity(habits, space.marks, encoder);
    for (const { traits, type, group } of out) {
      const number = known.indexOf(type);
      if (number < 0) continue;
      const votes = new Float64Array(known.length);
      vote(forest, encoder.encode(traits), votes);
      left.push({ traits, group, type: number, votes, familiarity });
    }
  }
  return left;
}

/** Groups dealt out to folds, type by type, so that each fold has some of each; -1 where a type has one group. */
function foldsOf(examples: readonly Example[], seed: number): Int32Array {
  const random = new SeededRandom(seed);
  const groupsOfType = Map.groupBy(examples, ({ type }) => type);
  const foldOfGroup = new Map<string, number>();
  let next = 0;
  for (const ofType of groupsOfType.values()) {
    const groups = [...new Set(ofType.map(({ group }) => group))];
    for (let at = groups.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [groups[at], groups[other]] = [groups[other], groups[at]];
    }
    for (const group of groups) foldOfGroup.set(group, groups.length < 2 ? -1 : next++ % FOLDS);
  }
  return Int32Array.from(examples, ({ group }) => foldOfGroup.get(group) ?? -1);
}

function calibrate(left: readonly LeftOut[]): Calibration {
  if (left.length < JUDGED_MIN) return DEFAULTS;
  const sharpness = bestSharpness(left);
  const rightShares = left.map(({ votes, type }) => sharpened(votes, sharpness)[type]);
  // Conformal (Vovk, Gammerman, Shafer 2005): with one more example the rank of its share is anyone's guess.
  const shareMin = Math.min(0.5, Math.max(0.001, lowQuantile(rightShares, SET_ERROR)));
  const scores = leastStrange(left, { sharpness, shareMin }).map(({ score }) => -score);
  const strangenessMax = DRIFT - lowQuantile(scores, REFUSAL_ERROR);
  return { sharpness, shareMin, strangenessMax: Math.max(STRANGENESS_MAX_LEAST, strangenessMax) };
}

/** Of what was recorded of a device at once, the episode that the judging goes by: the least strange one. */
function leastStrange(
  left: readonly LeftOut[],
  calibration: Pick<Calibration, 'sharpness' | 'shareMin'>,
): (LeftOut & { readonly score: number })[] {
  const scored = left.map((one) => ({
    ...one,
    score: weigh(one.votes, one.traits, calibration, one.familiarity).strangeness.score,
  }));
  return [...Map.groupBy(scored, ({ group, type }) => `${type} ${group}`).values()].map(
    (together) => together.reduce((least, next) => (next.score < least.score ? next : least)),
  );
}

/** The value that a new one is below as rarely as `error`: between two of those that are there (Weibull's position). */
function lowQuantile(values: readonly number[], error: number): number {
  const sorted = Float64Array.from(values).sort();
  const position = Math.max(0, (sorted.length + 1) * error - 1);
  const below = Math.floor(position);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** The power for which probabilities surprise least by what then was right (log loss), by golden section. */
function bestSharpness(left: readonly LeftOut[]): number {
  const loss = (sharpness: number): number => {
    let sum = 0;
    for (const { votes, type } of left)
      sum -= Math.log(0.999 * sharpened(votes, sharpness)[type] + 0.001 / votes.length);
    return sum;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [0.25, 6];
  while (high - low > 0.02) {
    const [one, other] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (loss(one) < loss(other)) high = other;
    else low = one;
  }
  return (low + high) / 2;
}

function figuresOf(
  examples: number,
  left: readonly LeftOut[],
  calibration: Calibration,
): TrainingFigures {
  let right = 0;
  let held = 0;
  let refused = 0;
  const judged = leastStrange(left, calibration);
  for (const { votes, type, score } of judged) {
    const probabilities = sharpened(votes, calibration.sharpness);
    const isRight = probabilities[type] === Math.max(...probabilities);
    if (score > calibration.strangenessMax) refused++;
    else if (isRight) right++;
    if (
      score <= calibration.strangenessMax &&
      (isRight || probabilities[type] >= calibration.shareMin)
    )
      held++;
  }
  const share = (count: number): number => (judged.length === 0 ? 0 : count / judged.length);
  return {
    examples,
    judged: judged.length,
    right: share(right),
    held: share(held),
    refused: share(refused),
  };
}
