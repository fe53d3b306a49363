/** A datagram comes back whole however it was split, shuffled and repeated; memory stays bounded. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fragments } from './fragments.ts';

interface Piece {
  readonly from: number;
  readonly to: number;
}

const split = fc
  .tuple(
    fc.integer({ min: 1, max: 40 }),
    fc.array(fc.integer({ min: 1, max: 39 }), { maxLength: 10 }),
    fc.nat(7),
  )
  .map(([units, cuts, tail]) => {
    const ends = [...new Set(cuts.filter((cut) => cut < units))].sort((a, b) => a - b);
    const length = units * 8 + tail;
    const edges = [0, ...ends.map((end) => end * 8), length];
    return {
      length,
      pieces: edges.slice(1).map((to, index): Piece => ({ from: edges[index], to })),
    };
  });

test('any order, with repeats and overlaps', () => {
  fc.assert(
    fc.property(
      split,
      fc.infiniteStream(fc.nat()),
      fc.uint8Array({ minLength: 400, maxLength: 400 }),
      (datagram, random, bytes) => {
        const next = () => random.next().value as number;
        const whole = Buffer.from(bytes.subarray(0, datagram.length));
        const doubled = [...datagram.pieces, ...datagram.pieces.filter(() => next() % 3 === 0)];
        const shuffled = doubled
          .map((piece) => ({ piece, order: next() }))
          .sort((a, b) => a.order - b.order)
          .map(({ piece }) => piece);
        const fragments = new Fragments();
        let result: Buffer | undefined;
        for (const { from, to } of shuffled) {
          result ??= fragments.add('k', 0, whole, from, to, from, to < datagram.length);
          if (result) result = Buffer.from(result);
        }
        expect(result?.equals(whole)).toBe(true);
      },
    ),
  );
});

test('of overlapping bytes those that came first stay', () => {
  const fragments = new Fragments();
  const first = Buffer.alloc(16, 1);
  const second = Buffer.alloc(24, 2);
  expect(fragments.add('k', 0, first, 0, 16, 0, true)).toBeUndefined();
  const whole = fragments.add('k', 0, second, 0, 24, 8, false);
  expect([...(whole as Buffer)]).toEqual([...Buffer.alloc(16, 1), ...Buffer.alloc(16, 2)]);
});

test('a flood of unfinished datagrams is dropped oldest first', () => {
  const fragments = new Fragments();
  const bytes = Buffer.alloc(1400);
  for (let id = 0; id < 10_000; id++) fragments.add(`${id}`, id / 1000, bytes, 0, 1400, 0, true);
  expect(fragments.dropped).toBe(10_000 - 256);
});

test('a piece beyond 64 KiB, or beyond the end, is refused', () => {
  const fragments = new Fragments();
  const bytes = Buffer.alloc(1000);
  expect(fragments.add('a', 0, bytes, 0, 1000, 65_000, true)).toBeUndefined();
  fragments.add('b', 0, bytes, 0, 16, 16, false);
  expect(fragments.add('b', 0, bytes, 0, 1000, 0, true)).toBeUndefined();
  expect(fragments.dropped).toBe(1);
});
