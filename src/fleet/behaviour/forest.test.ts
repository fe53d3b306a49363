/** The forest: what it learns of any table, and that a seed decides it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contributions, LEAF, sharesOf, vote } from './forest.ts';
import { growForest, type Table } from './grow.ts';

/** Rows of bytes and the class of each. */
type Row = readonly [values: readonly number[], label: number];

function tableOf(rows: readonly Row[], classes: number): Table {
  const features = rows[0][0].length;
  const columns = new Uint8Array(features * rows.length);
  for (const [index, [values]] of rows.entries())
    for (let feature = 0; feature < features; feature++)
      columns[feature * rows.length + index] = values[feature];
  const labels = Uint16Array.from(rows, ([, label]) => label);
  return { rows: rows.length, features, columns, labels, classes };
}

const CLASSES = 4;
const anyRows = fc
  .integer({ min: 1, max: 6 })
  .chain((features) =>
    fc.array(
      fc.tuple(
        fc.array(fc.nat(255), { minLength: features, maxLength: features }),
        fc.nat(CLASSES - 1),
      ),
      { minLength: 1, maxLength: 60 },
    ),
  );

describe('a forest', () => {
  it('knows what it was taught: of rows that are alike, their shares', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(1000), (rows, seed) => {
        const forest = growForest(tableOf(rows, CLASSES), { trees: 3, seed });
        const counts = new Array<number>(CLASSES).fill(0);
        for (const [, label] of rows) counts[label]++;
        const votes = new Float64Array(CLASSES);
        for (const [values] of rows) {
          vote(forest, Uint8Array.from(values), votes);
          // Classes weigh alike, so a row of a rare one counts for more.
          const weights = new Array<number>(CLASSES).fill(0);
          for (const [other, label] of rows)
            if (other.every((value, at) => value === values[at]))
              weights[label] += 1 / counts[label];
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          for (const [label, weight] of weights.entries())
            expect(votes[label]).toBeCloseTo(weight / total, 1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives probabilities for rows that it was never taught', () => {
    fc.assert(
      fc.property(anyRows, fc.array(fc.nat(255), { maxLength: 6 }), (rows, values) => {
        const table = tableOf(rows, CLASSES);
        const forest = growForest(table, { trees: 4, seed: 1 });
        const row = new Uint8Array(table.features);
        row.set(values.slice(0, table.features));
        const votes = new Float64Array(CLASSES);
        vote(forest, row, votes);
        expect(votes.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
        expect(Math.min(...votes)).toBeGreaterThanOrEqual(0);
        const taught = new Set(rows.map(([, label]) => label));
        for (const [label, share] of votes.entries()) if (!taught.has(label)) expect(share).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('is the same for the same seed, and another for another', () => {
    const rows: Row[] = Array.from({ length: 80 }, (_, i) => [
      [(i * 37) % 251, (i * 91) % 241, i % 7, (i * 13) % 256],
      (i * 5 + (i % 3)) % CLASSES,
    ]);
    const grow = (seed: number) => growForest(tableOf(rows, CLASSES), { trees: 10, seed });
    expect(grow(5)).toEqual(grow(5));
    expect(grow(6).feature).not.toEqual(grow(5).feature);
  });

  it('finds the feature that tells among many that do not', () => {
    const noise = (row: number, feature: number) =>
      (Math.imul(row * 101 + feature, 2_654_435_761) >>> 8) & 255;
    const rows: Row[] = Array.from({ length: 120 }, (_, row) => [
      Array.from({ length: 40 }, (_, feature) =>
        feature === 17 ? (row % 2 ? 200 : 20) + (row % 9) : noise(row, feature),
      ),
      row % 2,
    ]);
    const forest = growForest(tableOf(rows.slice(0, 80), 2), { trees: 60, seed: 1 });
    const votes = new Float64Array(2);
    for (const [values, label] of rows.slice(80)) {
      vote(forest, Uint8Array.from(values), votes);
      expect(votes[label]).toBeGreaterThan(0.5);
    }
    const moved = contributions(
      forest,
      Uint8Array.from(rows[80][0]),
      sharesOf(forest, rows[80][1]),
    );
    expect(moved.indexOf(Math.max(...moved))).toBe(17);
  });

  it('explains its vote: contributions lead from where trees begin to what they say', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const forest = growForest(tableOf(rows, CLASSES), { trees: 5, seed: 1 });
        const row = Uint8Array.from(rows[0][0]);
        const votes = new Float64Array(CLASSES);
        vote(forest, row, votes);
        let gained = 0;
        for (let label = 0; label < CLASSES; label++)
          gained += contributions(forest, row, sharesOf(forest, label)).reduce(
            (sum, part) => sum + part,
            0,
          );
        // What one class gains others lose.
        expect(gained).toBeCloseTo(0, 1);
        const [, label] = rows[0];
        if (rows.every(([, other]) => other === label))
          expect(
            [...contributions(forest, row, sharesOf(forest, label))].every((part) => part === 0),
          ).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('begins no tree beyond its bound of nodes', () => {
    const rows: Row[] = Array.from({ length: 200 }, (_, i) => [[i, (i * 7) % 256], i % 2]);
    const { feature, roots } = growForest(tableOf(rows, 2), {
      trees: 1000,
      seed: 1,
      nodesMax: 2000,
    });
    expect(feature.length).toBeLessThan(2000 + 400);
    expect(roots.length).toBeLessThan(1000);
    expect(feature.filter((asked) => asked === LEAF).length).toBeGreaterThan(0);
  });
});
