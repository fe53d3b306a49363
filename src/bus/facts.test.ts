import { expect, test } from 'vitest';
import { z } from 'zod';
import { declareFact, type Store } from '../store/index.ts';
import { onEachDatabase } from '../store/testing.ts';
import { FactBus } from './index.ts';

const stepTaken = declareFact({
  action: 'step.taken',
  version: 1,
  body: z.strictObject({ n: z.number() }),
});
const stepSeen = declareFact({ action: 'step.seen', version: 1, body: z.strictObject({}) });
const actor = { kind: 'system', id: 'test' } as const;

const step = (store: Store, n: number) =>
  store.write((tx) => tx.fact(stepTaken, { actor, subjects: [], body: { n } }));

const bodyOf = (fact: { body: unknown }) => (fact.body as { n: number }).n;

onEachDatabase((database) => {
  test('each consumer gets its facts once, in the order of commits, whenever it comes', async () => {
    const store = await database.open();
    const bus = new FactBus(store, { onError: () => {} });
    const early: number[] = [];
    const late: number[] = [];
    await bus.consume({ name: 'early', handle: async (fact) => void early.push(bodyOf(fact)) });
    await Promise.all(Array.from({ length: 450 }, (_, n) => step(store, n)));
    await store.write((tx) => tx.fact(stepSeen, { actor, subjects: [], body: {} }));
    await bus.consume({
      name: 'late',
      actions: ['step.taken'],
      handle: async (fact) => void late.push(bodyOf(fact)),
    });
    await bus.settled();
    expect(early.slice(0, 450)).toEqual(Array.from({ length: 450 }, (_, n) => n));
    expect(late).toEqual(early.slice(0, 450));
    await bus.stop();
  });

  test('a consumer goes on where it stopped, and one from now skips the past', async () => {
    const store = await database.open();
    await step(store, 1);
    const first = new FactBus(store, { onError: () => {} });
    const seen: number[] = [];
    const fresh: number[] = [];
    await first.consume({ name: 'a', handle: async (fact) => void seen.push(bodyOf(fact)) });
    await first.settled();
    await first.stop();
    await step(store, 2);
    const second = new FactBus(store, { onError: () => {} });
    await second.consume({ name: 'a', handle: async (fact) => void seen.push(bodyOf(fact)) });
    await second.consume({
      name: 'b',
      fromNow: true,
      handle: async (fact) => void fresh.push(bodyOf(fact)),
    });
    await step(store, 3);
    await second.settled();
    await second.stop();
    expect(seen).toEqual([1, 2, 3]);
    expect(fresh).toEqual([3]);
  });

  test('a fact that a consumer fails on is tried again before the next, and others go on', async () => {
    const store = await database.open();
    const errors: string[] = [];
    const bus = new FactBus(store, { onError: (name) => errors.push(name), pollMs: 20 });
    const seen: number[] = [];
    const other: number[] = [];
    let fail = true;
    await bus.consume({
      name: 'fails',
      handle: async (fact) => {
        if (bodyOf(fact) === 2 && fail) throw new Error('not now');
        seen.push(bodyOf(fact));
      },
    });
    await bus.consume({ name: 'works', handle: async (fact) => void other.push(bodyOf(fact)) });
    for (const n of [1, 2, 3]) await step(store, n);
    await bus.settled();
    expect(seen).toEqual([1]);
    expect(other).toEqual([1, 2, 3]);
    fail = false;
    await expect.poll(() => seen, { timeout: 5000 }).toEqual([1, 2, 3]);
    expect(errors).toContain('fails');
    await bus.stop();
  });

  test('facts of another process are found', async () => {
    const here = await database.open();
    const there = await database.open();
    const bus = new FactBus(here, { onError: () => {}, pollMs: 20 });
    const seen: number[] = [];
    await bus.consume({ name: 'a', handle: async (fact) => void seen.push(bodyOf(fact)) });
    await step(there, 7);
    await expect.poll(() => seen, { timeout: 5000 }).toEqual([7]);
    await bus.stop();
  });
});
