/** A model: what was learnt of how types of device behave, and the judging of a device by it. */
import { Familiarity, type Habits, type Strangeness } from './familiarity.ts';
import { contributions, type Forest, sharesOf, vote } from './forest.ts';
import { Encoder, type Space } from './space.ts';
import type { Traits } from './traits.ts';

/** How votes become probabilities and answers; found on examples that the voting trees had not seen. */
export interface Calibration {
  /** Probabilities are votes to the power of this, made to add up to 1. */
  readonly sharpness: number;
  /** Types of at least this probability are in the answer: with it, 99 % of answers hold the right one. */
  readonly shareMin: number;
  /** What is stranger than this is of no type that was taught. */
  readonly strangenessMax: number;
}

/** What the training found of itself, on examples that were left out in turn. */
export interface TrainingFigures {
  readonly examples: number;
  /** Examples that could be left out and judged. */
  readonly judged: number;
  /** Right first answers, answers that hold the right type, refused ones; as shares of the judged. */
  readonly right: number;
  readonly held: number;
  readonly refused: number;
}

export interface ModelParts {
  readonly types: readonly string[];
  readonly space: Space;
  readonly forest: Forest;
  readonly habits: Habits;
  readonly calibration: Calibration;
  readonly figures: TrainingFigures;
  /** Examples were taught from the moment that devices joined the network. */
  readonly startsTaught: boolean;
}

export interface Candidate {
  readonly type: string;
  readonly probability: number;
}

/** What a device seems to be by its behaviour. */
export interface BehaviourJudgement {
  /** Undefined: none that was taught. */
  readonly type: string | undefined;
  /** The types that it may be, look-alikes among them; the likeliest first. Empty when none. */
  readonly set: readonly string[];
  readonly candidates: readonly Candidate[];
  readonly strangeness: Strangeness;
  /** The type that it comes nearest to, whether or not it is of it. */
  readonly nearest: string;
  /** The least strange episode, by its place: what is told of reasons and doubts is of that one. */
  readonly episode: number;
}

/** A trait that moved the judgement, and by how much of all trees. */
export interface Reason {
  readonly text: string;
  readonly weight: number;
}

const CANDIDATES_MAX = 5;
const SET_MAX = 6;
const PROBABILITY_MIN = 0.01;
const REASONS_MAX = 8;

export class BehaviourModel {
  readonly parts: ModelParts;
  readonly #encoder: Encoder;
  readonly #familiarity: Familiarity;
  readonly #votes: Float64Array;
  /** What the forest's nodes give to a type: made when a reason is first asked for. */
  readonly #shares = new Map<string, Float32Array>();

  constructor(parts: ModelParts) {
    this.parts = parts;
    this.#encoder = new Encoder(parts.space);
    this.#familiarity = new Familiarity(parts.habits, parts.space.marks, this.#encoder);
    this.#votes = new Float64Array(parts.types.length);
  }

  /** @param episodes - at least one, of one device. */
  judge(episodes: readonly Traits[]): BehaviourJudgement {
    const { types, calibration } = this.parts;
    const judged = episodes.map((traits) => this.#judgeOne(traits));
    const least = judged.reduce((a, b) => (b.strangeness.score < a.strangeness.score ? b : a));
    const about = { strangeness: least.strangeness, episode: judged.indexOf(least) };
    // Of a device of a taught type much may be new, as only its start was taught; of a stranger nothing is known.
    const known = judged.filter(
      ({ strangeness: { score } }) => score <= calibration.strangenessMax,
    );
    if (known.length === 0) {
      const [nearest] = ranked(least.probabilities);
      return { ...about, type: undefined, set: [], candidates: [], nearest: types[nearest] };
    }
    const probabilities = new Float64Array(types.length);
    for (const one of known)
      for (let type = 0; type < probabilities.length; type++)
        probabilities[type] += one.probabilities[type] / known.length;
    const order = ranked(probabilities);
    const set = answerSet(probabilities, order, calibration.shareMin).map((type) => types[type]);
    const candidates = order
      .slice(0, Math.max(CANDIDATES_MAX, set.length))
      .filter((type) => probabilities[type] >= PROBABILITY_MIN)
      .map((type) => ({
        type: types[type],
        probability: Math.round(probabilities[type] * 1000) / 1000,
      }));
    return { ...about, type: types[order[0]], set, candidates, nearest: types[order[0]] };
  }

  /** Which traits of an episode spoke for a type, and which against it; the weightiest first. */
  reasons(traits: Traits, type: string): Reason[] {
    const row = this.#encoder.encode(traits);
    const moved = contributions(this.parts.forest, row, this.#sharesOf(type));
    return weightiest(moved).map((feature) => ({
      text: this.#say(traits, feature),
      weight: moved[feature],
    }));
  }

  #sharesOf(type: string): Float32Array {
    let shares = this.#shares.get(type);
    if (!shares) {
      shares = sharesOf(this.parts.forest, this.parts.types.indexOf(type));
      this.#shares.set(type, shares);
    }
    return shares;
  }

  #judgeOne(traits: Traits): { probabilities: Float64Array; strangeness: Strangeness } {
    const { forest, calibration } = this.parts;
    vote(forest, this.#encoder.encode(traits), this.#votes);
    return weigh(this.#votes, traits, calibration, this.#familiarity);
  }

  #say(traits: Traits, feature: number): string {
    const { measures, marks } = this.parts.space;
    if (feature >= measures.length) {
      const { text } = marks[feature - measures.length];
      return traits.marks.has(text) ? text : `not: ${text}`;
    }
    const { name } = measures[feature];
    const value = traits.measures.get(name);
    return value === undefined ? `no ${name}` : `${name}: ${Number(value.toPrecision(3))}`;
  }
}

/** Votes as probabilities, and how strange the device is among the types that they leave. */
export function weigh(
  votes: Float64Array,
  traits: Traits,
  calibration: Pick<Calibration, 'sharpness' | 'shareMin'>,
  familiarity: Familiarity,
): { probabilities: Float64Array; strangeness: Strangeness } {
  const probabilities = sharpened(votes, calibration.sharpness);
  const set = answerSet(probabilities, ranked(votes), calibration.shareMin);
  const agreement = set.reduce((sum, type) => sum + votes[type], 0);
  return { probabilities, strangeness: familiarity.of(traits, set, Math.min(1, agreement)) };
}

/** Votes to a power, made to add up to 1. */
export function sharpened(votes: Float64Array, sharpness: number): Float64Array {
  const probabilities = votes.map((share) => share ** sharpness);
  const total = probabilities.reduce((sum, share) => sum + share, 0);
  return probabilities.map((share) => share / total);
}

/** The features that moved most, either way. */
function weightiest(moved: Float64Array): number[] {
  const best: number[] = [];
  const weight = (feature: number): number => Math.abs(moved[feature]);
  for (let feature = 0; feature < moved.length; feature++) {
    const least = best.length < REASONS_MAX ? 0 : weight(best[REASONS_MAX - 1]);
    if (weight(feature) <= least) continue;
    best.push(feature);
    best.sort((a, b) => weight(b) - weight(a));
    if (best.length > REASONS_MAX) best.pop();
  }
  return best;
}

/** The likeliest first. */
function ranked(shares: Float64Array): number[] {
  return [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
}

function answerSet(
  probabilities: Float64Array,
  order: readonly number[],
  shareMin: number,
): number[] {
  return order
    .filter((type, rank) => rank === 0 || probabilities[type] >= shareMin)
    .slice(0, SET_MAX);
}
