/** The shape of a rule for device types. */
import type { StatementSource } from './statements.ts';
import type { DeviceType } from './vocabulary.ts';

export interface TypeRule {
  readonly type: DeviceType;
  readonly source: StatementSource;
  /**
   * What the statement says: a pattern, or in lower case the whole text; of a lookup the domain, to which names below
   * it belong as well.
   */
  readonly says: RegExp | string;
  /** Probability that a device of which this is true is of the type, from 0 to 1. */
  readonly trust: number;
}

/** A line of a table of rules: type, trust, and what the statement says, in one or more ways. */
export type RuleLine = readonly [
  type: DeviceType,
  trust: number,
  ...says: readonly (RegExp | string)[],
];

/** The rules of a table about one source. */
export function rulesAbout(source: StatementSource, lines: readonly RuleLine[]): TypeRule[] {
  return lines.flatMap(([type, trust, ...ways]) =>
    ways.map((says) => ({ type, source, says, trust })),
  );
}
