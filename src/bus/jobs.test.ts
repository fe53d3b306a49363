import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { UsageError } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { onEachDatabase } from '../store/testing.ts';
import { type JobKind, type JobRun, Jobs, Schedules } from './index.ts';

const actor = { kind: 'system', id: 'test' } as const;

function kind(run: (job: JobRun, n: number) => Promise<unknown>): JobKind {
  return {
    kind: 'count',
    input: z.strictObject({ n: z.number() }),
    run: (job, input) => run(job, (input as { n: number }).n),
  };
}

function jobsOf(store: Store, run: (job: JobRun, n: number) => Promise<unknown>): Jobs {
  return new Jobs(store, { kinds: [kind(run)], pollMs: 10, onError: () => {} });
}

const enqueue = (store: Store, jobs: Jobs, n: number, options = {}) =>
  store.write((tx) => jobs.enqueue(tx, 'count', { n }, { actor, ...options }));

function untilAborted({ signal }: JobRun): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

onEachDatabase((database) => {
  test('a job runs once and keeps its result', async () => {
    const store = await database.open();
    let runs = 0;
    const jobs = jobsOf(store, async (job, n) => {
      runs++;
      job.progress(0.5, 'half');
      return { twice: n * 2 };
    });
    jobs.start();
    const id = await enqueue(store, jobs, 21);
    await jobs.idle();
    expect(await jobs.get(id)).toMatchObject({ state: 'done', result: { twice: 42 }, attempts: 1 });
    expect(runs).toBe(1);
    await jobs.stop();
  });

  test('a job that a change enqueues is gone with the change', async () => {
    const store = await database.open();
    const jobs = jobsOf(store, async () => 0);
    const failed = store.write(async (tx) => {
      await jobs.enqueue(tx, 'count', { n: 1 }, { actor });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await jobs.list({ limit: 10 })).toEqual([]);
  });

  test('what the input is to blame for fails at once, with its code', async () => {
    const store = await database.open();
    const jobs = jobsOf(store, async () => {
      throw new UsageError('no-good', 'this input is no good.');
    });
    jobs.start();
    const id = await enqueue(store, jobs, 1);
    await jobs.idle();
    expect(await jobs.get(id)).toMatchObject({
      state: 'failed',
      attempts: 1,
      error: { code: 'no-good', message: 'this input is no good.' },
    });
    await jobs.stop();
  });

  test('our own failure is tried again, later, and then tells nothing of the inside', async () => {
    let now = Date.UTC(2026, 0, 1);
    const store = await database.open({ clock: { now: () => now } });
    const jobs = jobsOf(store, async () => {
      throw new Error('secret detail');
    });
    jobs.start();
    const id = await enqueue(store, jobs, 1);
    await jobs.idle();
    expect(await jobs.get(id)).toMatchObject({ state: 'waiting', attempts: 1 });
    for (let i = 0; i < 3; i++) {
      now += 60_000;
      await jobs.idle();
    }
    const job = await jobs.get(id);
    expect(job).toMatchObject({ state: 'failed', attempts: 3, error: { code: 'internal' } });
    expect(job.error?.message).not.toContain('secret');
    await jobs.stop();
  });

  test('a second job of one key is refused while the first waits or runs', async () => {
    const store = await database.open();
    const jobs = jobsOf(store, async () => 0);
    await enqueue(store, jobs, 1, { uniqueKey: 'scan a' });
    await expect(enqueue(store, jobs, 1, { uniqueKey: 'scan a' })).rejects.toMatchObject({
      code: 'job-exists',
    });
    jobs.start();
    await jobs.idle();
    await enqueue(store, jobs, 1, { uniqueKey: 'scan a' });
    await jobs.stop();
  });

  describe('cancelling', () => {
    test('ends what belongs to it in the same change, once, and is a fact', async () => {
      const store = await database.open();
      const told: number[] = [];
      const one = {
        ...kind((job) => untilAborted(job)),
        cancelled: async (_tx: unknown, _actor: unknown, input: unknown) =>
          void told.push((input as { n: number }).n),
      };
      const jobs = new Jobs(store, { kinds: [one], pollMs: 10, onError: () => {} });
      const waits = await enqueue(store, jobs, 1);
      await store.write((tx) => jobs.cancel(tx, actor, waits));
      jobs.start();
      const runs = await enqueue(store, jobs, 2);
      await expect.poll(async () => (await jobs.get(runs)).state).toBe('running');
      await store.write((tx) => jobs.cancel(tx, actor, runs));
      await jobs.idle();
      await store.write((tx) => jobs.cancel(tx, actor, runs));
      expect(told).toEqual([1, 2]);
      const facts = await store.db.selectFrom('facts').select('action').execute();
      expect(facts.map(({ action }) => action)).toEqual(['job.cancelled', 'job.cancelled']);
      await jobs.stop();
    });

    test('ends a job that waits', async () => {
      const store = await database.open();
      const jobs = jobsOf(store, async () => 0);
      const id = await enqueue(store, jobs, 1);
      await store.write((tx) => jobs.cancel(tx, actor, id));
      expect(await jobs.get(id)).toMatchObject({ state: 'cancelled' });
    });

    test('ends a job that runs, by its signal', async () => {
      const store = await database.open();
      const jobs = jobsOf(store, untilAborted);
      jobs.start();
      const id = await enqueue(store, jobs, 1);
      await expect.poll(async () => (await jobs.get(id)).state).toBe('running');
      await store.write((tx) => jobs.cancel(tx, actor, id));
      await jobs.idle();
      expect(await jobs.get(id)).toMatchObject({ state: 'cancelled' });
      await jobs.stop();
    });
  });

  describe('another process', () => {
    test('goes on from the checkpoint when the first stops', async () => {
      const store = await database.open();
      const first = jobsOf(store, async (job) => {
        await job.save({ reached: 5 });
        return untilAborted(job);
      });
      first.start();
      const id = await enqueue(store, first, 1);
      await expect.poll(async () => (await first.get(id)).state).toBe('running');
      await new Promise((resolve) => setTimeout(resolve, 50));
      await first.stop();
      const second = jobsOf(store, async ({ checkpoint }) => checkpoint);
      second.start();
      await second.idle();
      expect(await second.get(id)).toMatchObject({ state: 'done', result: { reached: 5 } });
      await second.stop();
    });

    test('takes a job over only when its lease ran out, and the first one then lets go', async () => {
      let now = Date.UTC(2026, 0, 1);
      const store = await database.open({ clock: { now: () => now } });
      let save: ((value: unknown) => Promise<void>) | undefined;
      const dead = jobsOf(store, (job) => {
        save = job.save;
        return untilAborted(job);
      });
      dead.start();
      const id = await enqueue(store, dead, 1);
      await expect.poll(() => save !== undefined).toBe(true);
      const second = jobsOf(store, async () => 'taken over');
      second.start();
      await second.idle();
      expect(await second.get(id)).toMatchObject({ state: 'running' });
      now += 31_000;
      await second.idle();
      expect(await second.get(id)).toMatchObject({ state: 'done', result: 'taken over' });
      await save?.('too late');
      await dead.idle();
      expect(await second.get(id)).toMatchObject({ state: 'done', result: 'taken over' });
      await dead.stop();
      await second.stop();
    });
  });

  describe('schedules', () => {
    test('come when the clock of their zone says so, once after a pause, and not while the last one runs', async () => {
      // In Berlin, 2026-03-29 has no 02:30.
      let now = Date.parse('2026-03-28T00:00:00Z');
      const store = await database.open({ clock: { now: () => now } });
      let runs = 0;
      const jobs = jobsOf(store, async () => runs++);
      const schedules = new Schedules(store, jobs, () => {});
      const input = { name: 'nightly', kind: 'count', input: { n: 1 }, enabled: true };
      const id = await store.write((tx) =>
        schedules.add(tx, actor, { ...input, cron: '30 3 * * *', zone: 'Europe/Berlin' }),
      );
      expect((await schedules.get(id)).next).toBe(Date.parse('2026-03-28T02:30:00Z'));
      jobs.start();
      await schedules.runDue();
      await jobs.idle();
      expect(runs).toBe(0);
      now = Date.parse('2026-03-31T12:00:00Z');
      await schedules.runDue();
      await schedules.runDue();
      await jobs.idle();
      expect(runs).toBe(1);
      expect((await schedules.get(id)).next).toBe(Date.parse('2026-04-01T01:30:00Z'));
      await jobs.stop();
    });

    test('refuse what is no schedule', async () => {
      const store = await database.open();
      const schedules = new Schedules(
        store,
        jobsOf(store, async () => 0),
        () => {},
      );
      const input = { name: 'x', kind: 'count', input: {}, enabled: true };
      for (const [cron, zone] of [
        ['every day', 'UTC'],
        ['* * * * *', 'Mars/Olympus'],
      ])
        await expect(
          store.write((tx) => schedules.add(tx, actor, { ...input, cron, zone })),
        ).rejects.toMatchObject({ code: 'schedule-invalid' });
    });
  });
});
