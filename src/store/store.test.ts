import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { declareFact, type Fact, readFact, type Store } from './index.ts';
import { onEachDatabase } from './testing.ts';

const thingChanged = declareFact({
  action: 'thing.changed',
  version: 1,
  body: z.strictObject({ name: z.string() }),
});
const actor = { kind: 'system', id: 'test' } as const;

const changed = (name: string, subjects = [{ kind: 'thing', id: name }]) => ({
  actor,
  subjects,
  body: { name },
});

async function names(store: Store): Promise<unknown[]> {
  return (await all(store)).map(({ body }) => (body as { name: string } | null)?.name);
}

async function all(store: Store): Promise<Fact[]> {
  const rows = await store.db.selectFrom('facts').selectAll().orderBy('seq').execute();
  return rows.map(readFact);
}

onEachDatabase((database) => {
  describe('changes', () => {
    test('what was written is there when the store opens again', async () => {
      const first = await database.open();
      const id = await first.write((tx) => tx.fact(thingChanged, changed('a')));
      await first.close();
      const second = await database.open();
      expect(await all(second)).toMatchObject([{ id, action: 'thing.changed', actor }]);
    });

    test('a change that throws is undone, alone', async () => {
      const store = await database.open();
      const outcomes = await Promise.allSettled(
        ['a', 'b', 'c'].map((name) =>
          store.write(async (tx) => {
            await tx.fact(thingChanged, changed(name));
            if (name === 'b') throw new Error('no');
          }),
        ),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await names(store)).toEqual(['a', 'c']);
    });

    test('a statement that the database refuses undoes its change, alone', async () => {
      const store = await database.open();
      const insert = (name: string) =>
        store.write(async (tx) => {
          await tx.fact(thingChanged, changed(name));
          await tx.db.insertInto('consumers').values({ name: 'same', seq: 1 }).execute();
        });
      const outcomes = await Promise.allSettled([insert('a'), insert('b'), insert('c')]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
      expect(await names(store)).toEqual(['a']);
    });

    test('changes of two processes on one database follow one another', async () => {
      const stores = [await database.open(), await database.open()];
      // A SQLite file belongs to one process: here the second would wait for the first, in the same thread.
      if (stores[0].dialect === 'sqlite') return;
      const add = (store: Store, i: number) =>
        store.write(async (tx) => {
          const row = await tx.db.selectFrom('consumers').selectAll().executeTakeFirst();
          if (row === undefined)
            await tx.db.insertInto('consumers').values({ name: 'count', seq: 1 }).execute();
          else
            await tx.db
              .updateTable('consumers')
              .set({ seq: row.seq + 1 })
              .execute();
          await tx.fact(thingChanged, changed(`${i}`));
        });
      await Promise.all(Array.from({ length: 40 }, (_, i) => add(stores[i % 2], i)));
      const counted = await stores[0].db.selectFrom('consumers').select('seq').execute();
      expect(counted).toEqual([{ seq: 40 }]);
      expect(await all(stores[0])).toHaveLength(40);
    });

    test('what is read is what was committed', async () => {
      const store = await database.open();
      let seen: unknown;
      await store.write(async (tx) => {
        await tx.fact(thingChanged, changed('a'));
        seen = await names(store);
      });
      expect(seen).toEqual([]);
      expect(await names(store)).toEqual(['a']);
    });

    test('reading connections do not write', async () => {
      const store = await database.open();
      if (store.dialect === 'postgres') return;
      const insert = store.db.insertInto('consumers').values({ name: 'x', seq: 1 }).execute();
      await expect(insert).rejects.toThrow(/readonly/);
    });
  });

  describe('facts', () => {
    test('are numbered in the order of commits, and listeners hear of them', async () => {
      const store = await database.open();
      let heard = 0;
      store.onFacts(() => heard++);
      await Promise.all(
        ['a', 'b', 'c'].map((n) => store.write((tx) => tx.fact(thingChanged, changed(n)))),
      );
      const seqs = (await all(store)).map(({ seq }) => seq);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
      expect(heard).toBeGreaterThan(0);
    });

    test('a body that is not of the declared shape is refused', async () => {
      const store = await database.open();
      const wrong = store.write((tx) =>
        tx.fact(thingChanged, { ...changed('a'), body: { name: 1 } as never }),
      );
      await expect(wrong).rejects.toThrow();
      expect(await all(store)).toEqual([]);
    });

    test('before and after are hashes under the salt of the fact', async () => {
      const store = await database.open();
      for (let i = 0; i < 2; i++)
        await store.write((tx) =>
          tx.fact(thingChanged, { ...changed('a'), before: { pin: 1234 }, after: null }),
        );
      const [first, second] = await all(store);
      expect(first.before).toMatch(/^[0-9a-f]{64}$/);
      expect(first.before).not.toBe(second.before);
      expect(first.after).not.toBe(first.before);
    });

    test('erasing takes content, actor and subjects, and leaves the commitment', async () => {
      const store = await database.open();
      const person = { kind: 'person', id: 'p1' };
      await store.write((tx) => tx.fact(thingChanged, changed('kept')));
      await store.write((tx) => tx.fact(thingChanged, changed('gone', [person])));
      const before = await store.db
        .selectFrom('facts')
        .select('commitment')
        .orderBy('seq')
        .execute();
      expect(await store.write((tx) => tx.eraseFacts(person))).toBe(1);
      const rows = await store.db.selectFrom('facts').selectAll().orderBy('seq').execute();
      expect(rows.map(({ commitment }) => Buffer.from(commitment).toString('hex'))).toEqual(
        before.map(({ commitment }) => Buffer.from(commitment).toString('hex')),
      );
      expect(rows[1]).toMatchObject({ bytes: null, salt: null, actor_id: 'erased' });
      expect(await names(store)).toEqual(['kept', undefined]);
      expect(await store.db.selectFrom('fact_subjects').selectAll().execute()).toHaveLength(1);
    });
  });

  describe('schema', () => {
    test('data of a newer version is refused and left alone', async () => {
      const store = await database.open();
      await store.write(async (tx) => {
        await tx.db
          .insertInto('kysely_migration' as never)
          .values({ name: '9999-future', timestamp: '2030' } as never)
          .execute();
      });
      await store.close();
      await expect(database.open()).rejects.toMatchObject({ code: 'database-newer' });
    });
  });
});
