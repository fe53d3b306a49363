import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConflictError } from '../base/index.ts';
import { onEachDatabase } from '../store/testing.ts';
import { consoleCaller } from './caller.ts';
import { HOUR, type Member, outcomeOf, type Scene, scene } from './testing.ts';

const DAY = 24 * HOUR;

/** Everybody proves their presence anew. */
async function fresh(s: Scene, ...members: Member[]): Promise<Member[]> {
  return Promise.all(members.map(({ phone }) => s.signIn(phone)));
}

/** Two administrators, and Carl, who may look. */
async function three(s: Scene) {
  const first = await s.setUp();
  const second = await s.secondAdministrator(first);
  const [ann, bob] = (await fresh(s, first, second)) as [Member, Member];
  const carl = await s.join(ann.caller, 'carl', [{ role: 'viewer' }]);
  return { ann, bob, carl };
}

const erase = (s: Scene, by: Member, of: Member) =>
  s.access.approvals.request(by.caller, 'people.erase', { person: of.caller.id }, 'asked for it');

onEachDatabase((database) => {
  describe('two people', () => {
    test('one requests, another agrees, and it is done once', async () => {
      const s = await scene(database);
      const { ann, bob, carl } = await three(s);
      const asked = await erase(s, ann, carl);
      expect(asked).toMatchObject({
        status: 'pending',
        summary: 'Erase what is stored about carl of the works.',
        requestedBy: { kind: 'person', id: ann.caller.id },
      });
      expect(asked.readyAt).toBeUndefined();
      await s.access.approvals.approve(bob.caller, asked.id, asked.digest, 'fine');
      expect(await s.access.approvals.get(asked.id)).toMatchObject({
        status: 'done',
        decidedBy: { id: bob.caller.id },
        decisionReason: 'fine',
      });
      expect(await outcomeOf(s.access.people.get(ann.caller, carl.caller.id))).toBe(
        'person-unknown',
      );
      const again = s.access.approvals.approve(bob.caller, asked.id, asked.digest);
      expect(await outcomeOf(again)).toBe('approval-over');
      const done = (await s.facts()).find(
        ({ action, subjects }) => action === 'approval.done' && subjects[0]!.id === asked.id,
      );
      expect(done).toMatchObject({
        actor: { id: bob.caller.id },
        body: { action: 'people.erase', alone: false },
      });
    });

    test('many at once agree once', async () => {
      const s = await scene(database);
      const { ann, bob, carl } = await three(s);
      const asked = await erase(s, ann, carl);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () =>
          outcomeOf(s.access.approvals.approve(bob.caller, asked.id, asked.digest)),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
      const erased = (await s.actions()).filter((action) => action === 'person.erased');
      expect(erased).toHaveLength(1);
    });

    test('nobody agrees with themselves, not after any time', async () => {
      const s = await scene(database);
      const { ann, carl } = await three(s);
      const asked = await erase(s, ann, carl);
      s.pass(2 * DAY);
      const [again] = await fresh(s, ann);
      const alone = s.access.approvals.approve(again!.caller, asked.id, asked.digest);
      expect(await outcomeOf(alone)).toBe('second-person-needed');
    });

    test('who agrees needs the permission, a fresh proof, and what was shown', async () => {
      const s = await scene(database);
      const { ann, bob, carl } = await three(s);
      const dora = await s.join(ann.caller, 'dora', [{ role: 'administrator', segment: 'plant' }]);
      const asked = await erase(s, ann, carl);
      const approve = (by: Member, digest = asked.digest) =>
        outcomeOf(s.access.approvals.approve(by.caller, asked.id, digest));
      expect(await approve(carl)).toBe('permission-denied');
      expect(await approve(dora)).toBe('permission-denied');
      expect(await approve(bob, 'other')).toBe('approval-changed');
      s.pass(HOUR / 2);
      expect(await approve(bob)).toBe('step-up-required');
      expect((await s.access.approvals.get(asked.id)).status).toBe('pending');
    });

    test('who requests needs the same, a reason, and an action that exists', async () => {
      const s = await scene(database);
      const { ann, bob, carl } = await three(s);
      const request = (
        by: Member,
        action = 'people.erase',
        params: unknown = { person: 'x' },
        reason = 'so',
      ) => outcomeOf(s.access.approvals.request(by.caller, action, params, reason));
      expect(await request(carl)).toBe('permission-denied');
      expect(await request(ann, 'people.delete')).toBe('action-unknown');
      expect(await request(ann, 'people.erase', { who: 'x' })).toBe('params-invalid');
      expect(await request(ann, 'people.erase', { person: 'x' }, ' ')).toBe('reason-missing');
      expect(await request(ann)).toBe('done');
      expect(await request(bob), 'the same once more').toBe('approval-pending');
      s.pass(HOUR / 2);
      expect(await request(ann)).toBe('step-up-required');
    });

    test('ends when who requested it lost the role', async () => {
      const s = await scene(database);
      const { ann, bob, carl } = await three(s);
      const asked = await erase(s, bob, carl);
      const root = consoleCaller('root');
      const take = await s.access.people.takeRole(
        ann.caller,
        bob.caller.id,
        { role: 'administrator' },
        'not any more',
      );
      if (take.done) throw new Error('needed one person only');
      await s.access.approvals.approve(root, take.approval.id, take.approval.digest);
      const approve = s.access.approvals.approve(ann.caller, asked.id, asked.digest);
      expect(await outcomeOf(approve)).toBe('requester-gone');
    });

    test('is rejected with a reason, taken back by its requester, or ends after seven days', async () => {
      const s = await scene(database);
      const { ann, bob, carl } = await three(s);
      const rejected = await erase(s, ann, carl);
      await s.access.approvals.reject(bob.caller, rejected.id, 'no');
      const cancelled = await erase(s, ann, carl);
      expect(await outcomeOf(s.access.approvals.cancel(bob.caller, cancelled.id))).toBe(
        'not-yours',
      );
      await s.access.approvals.cancel(ann.caller, cancelled.id);
      const expired = await erase(s, ann, carl);
      s.pass(7 * DAY);
      const [late] = await fresh(s, bob);
      const approve = s.access.approvals.approve(late!.caller, expired.id, expired.digest);
      expect(await outcomeOf(approve)).toBe('approval-over');
      await s.access.sweep();
      const all = await s.access.approvals.list(late!.caller, { limit: 10 });
      expect(all.map(({ status }) => status)).toEqual(['expired', 'cancelled', 'rejected', 'done']);
      const actions = await s.actions();
      for (const action of ['approval.rejected', 'approval.cancelled', 'approval.expired'])
        expect(actions).toContain(action);
    });

    test('an act that fails leaves nothing but the failure', async () => {
      const s = await scene(database);
      const { ann, bob } = await three(s);
      s.access.approvals.register({
        action: 'test.fails',
        permission: 'people.erase',
        params: z.strictObject({}),
        describe: async () => 'Fails.',
        async execute(tx) {
          await tx.db.deleteFrom('people').execute();
          throw new ConflictError('boom', 'it failed.');
        },
      });
      const asked = await s.access.approvals.request(ann.caller, 'test.fails', {}, 'to see');
      const approve = s.access.approvals.approve(bob.caller, asked.id, asked.digest);
      expect(await outcomeOf(approve)).toBe('boom');
      expect(await s.access.approvals.get(asked.id)).toMatchObject({
        status: 'failed',
        error: 'boom',
      });
      expect(await s.access.people.list(ann.caller, { limit: 10 })).toHaveLength(3);
      expect((await s.actions()).at(-1)).toBe('approval.failed');
    });

    test('is seen by those who asked or could answer, and by auditors', async () => {
      const s = await scene(database);
      const { ann, bob, carl } = await three(s);
      const eve = await s.join(ann.caller, 'eve', [{ role: 'auditor' }]);
      await erase(s, ann, carl);
      const seen = async (by: Member) =>
        (await s.access.approvals.list(by.caller, { limit: 10, status: 'pending' })).length;
      expect(await Promise.all([ann, bob, eve, carl].map(seen))).toEqual([1, 1, 1, 0]);
    });
  });

  describe('one administrator alone', () => {
    test('waits a day, proves presence anew, and the facts say that one person decided', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const carl = await s.join(ann.caller, 'carl');
      const asked = await erase(s, ann, carl);
      expect(asked.readyAt).toBe(s.clock.time + DAY);
      const approve = (by: Member) =>
        outcomeOf(s.access.approvals.approve(by.caller, asked.id, asked.digest));
      expect(await approve(ann)).toBe('too-early');
      s.pass(DAY);
      const [again] = await fresh(s, ann);
      expect(await approve(again!)).toBe('done');
      const facts = await s.facts();
      expect(facts.find(({ action }) => action === 'approval.requested')).toMatchObject({
        body: { solo: true },
      });
      expect(facts.find(({ action }) => action === 'approval.done')).toMatchObject({
        body: { alone: true },
      });
    });

    test('does not go round a second one who came meanwhile', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const carl = await s.join(ann.caller, 'carl');
      const asked = await erase(s, ann, carl);
      await s.secondAdministrator(ann);
      s.pass(DAY);
      const [again] = await fresh(s, ann);
      const approve = s.access.approvals.approve(again!.caller, asked.id, asked.digest);
      expect(await outcomeOf(approve)).toBe('second-person-needed');
    });

    test('is joined by the owner of the machine as a second person', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const carl = await s.join(ann.caller, 'carl');
      const asked = await erase(s, ann, carl);
      await s.access.approvals.approve(consoleCaller('root'), asked.id, asked.digest);
      const done = (await s.facts()).find(({ action }) => action === 'approval.done');
      expect(done).toMatchObject({ actor: { id: 'console:root' }, body: { alone: false } });
    });
  });

  describe('nobody makes a second person of their own', () => {
    test('to give or take the role, to remove or reset one needs two people', async () => {
      const s = await scene(database);
      const { ann, bob, carl } = await three(s);
      const administrator = { role: 'administrator' } as const;
      const { id } = bob.caller;
      const outcomes = await Promise.all([
        s.access.people.giveRole(ann.caller, carl.caller.id, administrator, 'so'),
        s.access.people.takeRole(ann.caller, id, administrator, 'so'),
        s.access.people.remove(ann.caller, id, 'so'),
        s.access.people.reset(ann.caller, id, 'so'),
      ]);
      expect(outcomes.map(({ done }) => done)).toEqual([false, false, false, false]);
      expect(await s.signIn(bob.phone)).toBeDefined();
    });

    test('nobody is invited as one, or made one before they joined: whoever has the link could be both', async () => {
      const s = await scene(database);
      const { ann, bob } = await three(s);
      const administrator = { role: 'administrator' } as const;
      const invite = { login: 'puppet', name: 'Puppet', grants: [administrator] };
      expect(await outcomeOf(s.access.people.invite(ann.caller, invite))).toBe(
        'role-after-joining',
      );
      await s.access.people.invite(ann.caller, { ...invite, grants: [] });
      const { id } = (await s.access.people.list(ann.caller, { limit: 9, status: 'invited' }))[0]!;
      const asked = await s.access.people.giveRole(ann.caller, id, administrator, 'so');
      if (asked.done) throw new Error('needed one person only');
      const { approval } = asked;
      const agree = s.access.approvals.approve(bob.caller, approval.id, approval.digest);
      expect(await outcomeOf(agree)).toBe('not-joined');
    });

    test('two accounts on the machine are one owner', async () => {
      const s = await scene(database);
      const { ann, carl } = await three(s);
      const params = { person: carl.caller.id };
      const asked = await s.access.approvals.request(
        consoleCaller('root'),
        'people.erase',
        params,
        'so',
      );
      const agree = (by: Parameters<typeof s.access.approvals.approve>[0]) =>
        outcomeOf(s.access.approvals.approve(by, asked.id, asked.digest));
      expect(await agree(consoleCaller('alice'))).toBe('second-person-needed');
      expect(await agree(ann.caller)).toBe('done');
    });
  });
});
