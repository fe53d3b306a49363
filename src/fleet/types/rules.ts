/**
 * Rules for device types: what a device says of itself → what it is. Data only: one rule a line, most telling first.
 * `trust` is how often the rule is right when it fires (a lookup of a vendor's cloud says less than a model name).
 */
import type { StatementSource } from './statements.ts';

export interface TypeRule {
  readonly type: string;
  readonly source: StatementSource;
  readonly pattern: RegExp;
  /** Probability that a device of which this is true is of the type. */
  readonly trust: number;
}

export const rules: readonly TypeRule[] = [
  { type: 'router', source: 'upnp device type', pattern: /InternetGatewayDevice/, trust: 0.95 },
  { type: 'router', source: 'role', pattern: /^gateway$/, trust: 0.7 },
];
