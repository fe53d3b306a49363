/**
 * How far a device does what its type is known to do. A forest always finds the nearest type; whether the device is
 * of it at all is told by what it does that none of the type did, what all of the type do and it does not, and how
 * far the trees agree. Each family of marks counts alike, so that one odd habit with many marks is one oddity.
 */
import type { Encoder, LearntMark } from './space.ts';
import type { Traits } from './traits.ts';

/** By type, the marks that its examples had, and the share of them, in parts of 255. */
export interface Habits {
  /** First entry of each type, and the end of the last. */
  readonly first: Uint32Array;
  readonly mark: Uint16Array;
  readonly share: Uint8Array;
}

/** A mark that so many of a type's examples have is expected of the next. */
const EXPECTED_SHARE = Math.round(0.9 * 255);
const NAMED_MAX = 6;
const FAMILIES_MAX = 32;

export interface Strangeness {
  /** From about -1.5 (as taught) upwards; compared with the model's limit. */
  readonly score: number;
  /** Share of its marks that none of the types had, and of expected marks that it lacks: means over families. */
  readonly unheardOf: number;
  readonly missing: number;
  /** Some of them, in words. */
  readonly unheardOfMarks: readonly string[];
  readonly missingMarks: readonly string[];
}

/** Counts the marks of examples by type. @param isPresent - whether an example has a mark. */
export function habitsOf(
  labels: Uint16Array,
  types: number,
  marks: number,
  isPresent: (example: number, mark: number) => boolean,
): Habits {
  const counts = new Uint32Array(types * marks);
  const examples = new Uint32Array(types);
  for (const label of labels) examples[label]++;
  for (let mark = 0; mark < marks; mark++) {
    for (let example = 0; example < labels.length; example++)
      if (isPresent(example, mark)) counts[labels[example] * marks + mark]++;
  }
  const first = new Uint32Array(types + 1);
  const known: number[] = [];
  const shares: number[] = [];
  for (let type = 0; type < types; type++) {
    for (let mark = 0; mark < marks; mark++) {
      const count = counts[type * marks + mark];
      if (count === 0) continue;
      known.push(mark);
      shares.push(Math.max(1, Math.round((255 * count) / examples[type])));
    }
    first[type + 1] = known.length;
  }
  return { first, mark: Uint16Array.from(known), share: Uint8Array.from(shares) };
}

export class Familiarity {
  readonly #habits: Habits;
  readonly #marks: readonly LearntMark[];
  readonly #encoder: Encoder;
  /** Of the marks that one of the types in question has. */
  readonly #known: Uint8Array;

  constructor(habits: Habits, marks: readonly LearntMark[], encoder: Encoder) {
    this.#habits = habits;
    this.#marks = marks;
    this.#encoder = encoder;
    this.#known = new Uint8Array(marks.length);
  }

  /**
   * @param types - those that the device may be, all alike to the forest.
   * @param agreement - the share of the forest that speaks for them.
   */
  of(traits: Traits, types: readonly number[], agreement: number): Strangeness {
    const { first, mark } = this.#habits;
    this.#known.fill(0);
    for (const type of types)
      for (let at = first[type]; at < first[type + 1]; at++) this.#known[mark[at]] = 1;
    const present = new Uint8Array(this.#marks.length);
    const unheardOf = new FamilyShares();
    for (const [text, family] of traits.marks) {
      const number = this.#encoder.markNumber(text);
      if (number !== undefined) present[number] = 1;
      unheardOf.add(family, number === undefined || this.#known[number] === 0, text);
    }
    const missing = types
      .map((type) => this.#missing(type, present))
      .reduce((least, next) => (next.mean < least.mean ? next : least));
    // Odds of agreement, cut so that all trees for one type do not outweigh everything else.
    const odds = Math.log(agreement / (1 - agreement + 0.001));
    return {
      score: 2 * unheardOf.mean + 2 * missing.mean - odds / 4,
      unheardOf: unheardOf.mean,
      missing: missing.mean,
      unheardOfMarks: unheardOf.named,
      missingMarks: missing.named,
    };
  }

  #missing(type: number, present: Uint8Array): FamilyShares {
    const { first, mark, share } = this.#habits;
    const shares = new FamilyShares();
    for (let at = first[type]; at < first[type + 1]; at++) {
      if (share[at] < EXPECTED_SHARE) continue;
      const { text, family } = this.#marks[mark[at]];
      shares.add(family, present[mark[at]] === 0, text);
    }
    return shares;
  }
}

/** The share that is odd in each family, and some of what is. */
class FamilyShares {
  readonly #all = new Float64Array(FAMILIES_MAX);
  readonly #odd = new Float64Array(FAMILIES_MAX);
  readonly named: string[] = [];

  add(family: number, isOdd: boolean, text: string): void {
    this.#all[family]++;
    if (!isOdd) return;
    this.#odd[family]++;
    if (this.named.length < NAMED_MAX) this.named.push(text);
  }

  get mean(): number {
    let sum = 0;
    let families = 0;
    for (let family = 0; family < FAMILIES_MAX; family++) {
      if (this.#all[family] === 0) continue;
      sum += this.#odd[family] / this.#all[family];
      families++;
    }
    return families === 0 ? 1 : sum / families;
  }
}
