/**
 * What a standard is here: its provisions by identifier, with gists in our own words and what can assess each. The
 * standards' own texts are theirs; cite them by identifier and version.
 */
import type { StandardId } from '../control.ts';

/** What can assess a provision: observed traffic, an active probe, firmware or SBOM, records of the fleet, a declaration. */
export type Means = 'traffic' | 'probe' | 'firmware' | 'inventory' | 'declaration';

export interface Provision {
  readonly id: string;
  readonly gist: string;
  readonly status: 'mandatory' | 'recommended';
  /** When it applies; undefined: always. */
  readonly condition: string | undefined;
  /** Best first. */
  readonly how: readonly Means[];
}

export interface Standard {
  readonly id: StandardId;
  readonly title: string;
  readonly edition: string;
  readonly provisions: readonly Provision[];
}

const MEANS: Readonly<Record<string, Means>> = {
  T: 'traffic',
  P: 'probe',
  F: 'firmware',
  E: 'inventory',
  D: 'declaration',
};

/** `TP` → traffic, probe. */
export const means = (letters: string): Means[] => [...letters].map((letter) => MEANS[letter]);

/** Rows of a scheme without conditions: id, how, gist. */
export type Row = readonly [id: string, how: string, gist: string];

export const provisionsOf = (status: Provision['status'], rows: readonly Row[]): Provision[] =>
  rows.map(([id, how, gist]) => ({ id, gist, status, condition: undefined, how: means(how) }));
