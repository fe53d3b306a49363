/**
 * Marks: short facts of how a device's software does things, each either there or not. They are made of header
 * fields, option numbers and sizes; never of an address, a name or what somebody wrote. A mark is known by a hash, so
 * that a packet whose mark is known already costs one look-up; its words are made once.
 */

/** What a mark is about. Marks of one family say much the same, so families count alike where strangeness is judged. */
export const families = [
  'tcp openings',
  'tcp answers',
  'dhcp options',
  'dhcp requests',
  'dhcp form',
  'ip headers',
  'arp form',
  'ports',
  'groups',
  'dns',
  'ntp',
  'tls offers',
  'sizes of tcp data sent',
  'sizes of tcp data received',
  'sizes of datagrams',
  'order of packets',
] as const;
export type Family = (typeof families)[number];

export interface Mark {
  readonly family: number;
  readonly text: string;
  count: number;
}

/** Different marks of one episode that are kept. */
const MARKS_MAX = 1536;
const TEXT_CHARACTERS_MAX = 120;

/** How many marks may yet be kept, of all episodes that share it. */
export interface MarkBudget {
  left: number;
}

/** The marks of one episode, counted and bounded. */
export class Marks {
  readonly #budget: MarkBudget;
  readonly #byHash = new Map<number, Mark>();

  constructor(budget: MarkBudget) {
    this.#budget = budget;
  }

  /** Notes a mark of up to four numbers; `words` is called when it is new. */
  note(
    family: Family,
    words: (a: number, b: number, c: number, d: number) => string,
    a: number,
    b = 0,
    c = 0,
    d = 0,
  ): void {
    const number = familyNumbers[family];
    const hash = mix(mix(mix(mix(number + 1, a), b), c), d) & 0x3fffffff;
    const known = this.#byHash.get(hash);
    if (known) {
      known.count++;
      return;
    }
    if (this.#byHash.size >= MARKS_MAX || this.#budget.left <= 0) return;
    this.#budget.left--;
    const text = words(a, b, c, d).slice(0, TEXT_CHARACTERS_MAX);
    this.#byHash.set(hash, { family: number, text, count: 1 });
  }

  get all(): readonly Mark[] {
    return [...this.#byHash.values()];
  }
}

const familyNumbers = Object.fromEntries(
  families.map((family, index) => [family, index]),
) as Readonly<Record<Family, number>>;

function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x9e3779b1);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x85ebca77);
  return mixed ^ (mixed >>> 13);
}

/** A number for a run of bytes, for marks whose words are too long to compare. */
export function hashOf(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let hash = seed ^ (end - start);
  for (let at = start; at < end; at++) hash = mix(hash, bytes[at]);
  return hash;
}
