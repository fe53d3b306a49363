import { describe, expect, test } from 'vitest';
import { onEachDatabase } from '../store/testing.ts';
import { consoleCaller } from './caller.ts';
import { HOUR, type Member, outcomeOf, type Scene, scene } from './testing.ts';

/** Two people agree. */
async function agreed(
  s: Scene,
  by: Member,
  outcome: { done: boolean; approval?: { id: string; digest: string } },
): Promise<unknown> {
  if (outcome.done) throw new Error('needed one person only');
  const { id, digest } = outcome.approval!;
  return s.access.approvals.approve(by.caller, id, digest);
}

onEachDatabase((database) => {
  test('roles are given and taken where the giver has them', async () => {
    const s = await scene(database);
    const ann = await s.setUp();
    const dora = await s.join(ann.caller, 'dora', [{ role: 'administrator', segment: 'plant' }]);
    const carl = await s.join(ann.caller, 'carl');
    const give = (segment?: string) =>
      outcomeOf(
        s.access.people.giveRole(dora.caller, carl.caller.id, { role: 'operator', segment }, 'so'),
      );
    expect(await give('plant')).toBe('done');
    expect(await give('office')).toBe('permission-denied');
    expect(await give()).toBe('permission-denied');
    const { id } = carl.caller;
    expect((await s.access.people.get(ann.caller, id)).grants).toEqual([
      { role: 'operator', segment: 'plant' },
    ]);
    const taken = { role: 'operator', segment: 'plant' } as const;
    await s.access.people.takeRole(dora.caller, id, taken, 'so');
    expect(await outcomeOf(s.access.people.takeRole(dora.caller, id, taken, 'so'))).toBe(
      'role-unknown',
    );
    const invite = (grants: { role: 'viewer'; segment?: string }[]) =>
      outcomeOf(s.access.people.invite(dora.caller, { login: 'xi', name: 'Xi', grants }, 'so'));
    expect(await invite([])).toBe('permission-denied');
    expect(await invite([{ role: 'viewer', segment: 'plant' }, { role: 'viewer' }])).toBe(
      'permission-denied',
    );
    expect(await invite([{ role: 'viewer', segment: 'plant' }])).toBe('done');
  });

  test('somebody is in charge: the last administrator stays', async () => {
    const s = await scene(database);
    const ann = await s.setUp();
    const root = consoleCaller('root');
    const { id } = ann.caller;
    for (const ask of [
      () => s.access.people.remove(ann.caller, id, 'so'),
      () => s.access.people.takeRole(ann.caller, id, { role: 'administrator' }, 'so'),
    ]) {
      const outcome = await ask();
      if (outcome.done) throw new Error('needed one person only');
      const { approval } = outcome;
      expect(await outcomeOf(s.access.approvals.approve(root, approval.id, approval.digest))).toBe(
        'last-administrator',
      );
    }
    const asked = await s.access.approvals.request(
      ann.caller,
      'people.erase',
      { person: id },
      'so',
    );
    expect(await outcomeOf(s.access.approvals.approve(root, asked.id, asked.digest))).toBe(
      'last-administrator',
    );
    await s.signIn(ann.phone);
  });

  test('who is removed is out at once, with every key, and the login is free', async () => {
    const s = await scene(database);
    const ann = await s.setUp();
    const bob = await s.join(ann.caller, 'bob', [{ role: 'viewer' }]);
    const { token } = await s.access.tokens.make(bob.caller, {
      name: 'script',
      scopes: ['devices.read'],
      days: 30,
    });
    expect(await s.access.tokens.caller(token)).toBeDefined();
    const outcome = await s.access.people.remove(ann.caller, bob.caller.id, 'left');
    expect(outcome.done).toBe(true);
    expect(await s.access.tokens.caller(token)).toBeUndefined();
    expect(await outcomeOf(s.signIn(bob.phone))).toBe('passkey-refused');
    expect(await s.access.people.get(ann.caller, bob.caller.id)).toMatchObject({
      status: 'removed',
      name: 'bob of the works',
      grants: [],
    });
    await s.join(ann.caller, 'bob');
  });

  test('names change one after another, the login by an administrator', async () => {
    const s = await scene(database);
    const ann = await s.setUp();
    const bob = await s.join(ann.caller, 'bob');
    const { id } = bob.caller;
    const { revision } = await s.access.people.get(bob.caller, id);
    const changed = await s.access.people.change(bob.caller, id, revision, {
      name: 'Bob Baker',
      email: 'bob@example.org',
    });
    expect(changed).toMatchObject({
      name: 'Bob Baker',
      email: 'bob@example.org',
      revision: revision + 1,
    });
    const late = s.access.people.change(ann.caller, id, revision, { name: 'Robert' });
    expect(await outcomeOf(late)).toBe('revision-changed');
    const own = s.access.people.change(bob.caller, id, revision + 1, { login: 'ann' });
    expect(await outcomeOf(own)).toBe('permission-denied');
    const taken = s.access.people.change(ann.caller, id, revision + 1, { login: 'ANN' });
    expect(await outcomeOf(taken)).toBe('login-taken');
    await s.access.people.change(ann.caller, id, revision + 1, { login: 'bob.baker' });
    const fact = (await s.facts()).filter(({ action }) => action === 'person.changed');
    expect(fact.map(({ body }) => body)).toEqual([
      { fields: ['name', 'email'] },
      { fields: ['login'] },
    ]);
    expect(JSON.stringify(fact)).not.toContain('Baker');
  });

  test('a list is read in pages', async () => {
    const s = await scene(database);
    const ann = await s.setUp();
    for (const login of ['bob', 'carl', 'dora', 'emil'])
      await s.access.people.invite(ann.caller, { login, name: login, grants: [] }, 'so');
    const first = await s.access.people.list(ann.caller, { limit: 3 });
    const second = await s.access.people.list(ann.caller, { limit: 3, after: first.at(-1)!.id });
    expect([...first, ...second].map(({ login }) => login)).toEqual([
      'ann',
      'bob',
      'carl',
      'dora',
      'emil',
    ]);
  });

  describe('personal data', () => {
    test('is exported whole, without secrets, to its person or an administrator', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob', [{ role: 'viewer' }]);
      const own = await s.access.personalData.export(bob.caller, bob.caller.id);
      expect(own).toMatchObject({
        person: { login: 'bob', name: 'bob of the works' },
        roles: [{ role: 'viewer' }],
        passkeys: [{ name: 'Phone' }],
        recoveryCodes: 10,
        sessions: [{ address: '192.0.2.7' }],
      });
      expect(own.facts.length).toBeGreaterThan(4);
      const text = JSON.stringify(own);
      expect(text).not.toMatch(/hash|sealed|public_key/);
      expect(await outcomeOf(s.access.personalData.export(bob.caller, ann.caller.id))).toBe(
        'permission-denied',
      );
      await s.access.personalData.export(ann.caller, bob.caller.id);
      s.pass(HOUR / 2);
      expect(await outcomeOf(s.access.personalData.export(bob.caller, bob.caller.id))).toBe(
        'step-up-required',
      );
    });

    test('is erased everywhere, with the content of the facts about the person', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const second = await s.secondAdministrator(ann);
      const annAgain = await s.signIn(ann.phone);
      const carl = await s.join(annAgain.caller, 'carl', [{ role: 'viewer' }]);
      const { id } = carl.caller;
      const asked = await s.access.approvals.request(
        annAgain.caller,
        'people.erase',
        { person: id },
        'carl asked for it',
      );
      const outcome = { done: false, approval: asked };
      await agreed(s, second, outcome);
      for (const table of [
        'people',
        'passkeys',
        'recovery_codes',
        'sessions',
        'role_grants',
        'approvals',
      ] as const) {
        const rows = await s.store.db.selectFrom(table).selectAll().execute();
        const text = JSON.stringify(rows, (_key, value) =>
          value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
        );
        expect(text, table).not.toMatch(/carl/);
      }
      const facts = await s.facts();
      const last = facts.find(({ action }) => action === 'person.erased');
      expect(last).toMatchObject({ subjects: [{ kind: 'person', id }] });
      const erased = facts.filter((fact) => fact.erased);
      expect(erased.length).toBe((last!.body as { facts: number }).facts);
      expect(erased.length).toBeGreaterThan(5);
      const about = facts.filter(({ subjects }) => subjects.some((subject) => subject.id === id));
      expect(about.map(({ action }) => action)).toEqual(['person.erased']);
      expect(JSON.stringify(facts)).not.toMatch(/carl of the works/);
      expect(await outcomeOf(s.signIn(carl.phone))).toBe('passkey-refused');
      await s.join(annAgain.caller, 'carl');
    });
  });

  describe('API tokens', () => {
    const made = { name: 'nightly', scopes: ['devices.read', 'findings.read'], days: 30 } as const;

    test('act as their person, for what they were made, until they end', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob', [{ role: 'analyst' }]);
      const { id, token } = await s.access.tokens.make(bob.caller, made);
      expect(token).toMatch(/^fw_[0-9A-Za-z]{49}$/);
      const caller = (await s.access.tokens.caller(token))!;
      expect(s.access.decide(caller, 'devices.read')).toBe('allowed');
      expect(s.access.decide(caller, 'audits.run')).toBe('denied');
      const [view] = await s.access.tokens.list(bob.caller, bob.caller.id);
      expect(view).toMatchObject({
        id,
        name: 'nightly',
        hint: token.slice(0, 8),
        usedAt: s.clock.time,
      });
      expect(
        JSON.stringify(await s.store.db.selectFrom('api_tokens').selectAll().execute()),
      ).not.toContain(token.slice(8));
      expect(JSON.stringify(await s.facts())).not.toContain(token.slice(8));
      s.pass(30 * 24 * HOUR);
      expect(await s.access.tokens.caller(token)).toBeUndefined();
    });

    test('lose what their person loses', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob', [{ role: 'analyst' }]);
      const { token } = await s.access.tokens.make(bob.caller, made);
      await s.access.people.takeRole(ann.caller, bob.caller.id, { role: 'analyst' }, 'so');
      const caller = (await s.access.tokens.caller(token))!;
      expect(s.access.decide(caller, 'devices.read')).toBe('denied');
    });

    test('are never given more than their maker has, nor what needs a person', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob', [{ role: 'operator', segment: 'plant' }]);
      const make = (scopes: string[], segments?: string[], days = 30) =>
        outcomeOf(
          s.access.tokens.make(bob.caller, { name: 'x', scopes: scopes as never, segments, days }),
        );
      expect(await make(['devices.manage'], ['plant'])).toBe('done');
      expect(await make(['devices.manage'], ['plant', 'office'])).toBe('scope-not-held');
      expect(await make(['facts.read'])).toBe('scope-not-held');
      expect(await make(['roles.change'])).toBe('scope-not-for-tokens');
      expect(await make(['people.erase'])).toBe('scope-not-for-tokens');
      expect(await make(['account.change'])).toBe('scope-not-for-tokens');
      expect(await make(['everything'])).toBe('scope-unknown');
      expect(await make([])).toBe('scope-unknown');
      expect(await make(['devices.read'], [])).toBe('segments-invalid');
      expect(await make(['devices.read'], undefined, 0)).toBe('token-lifetime');
      expect(await make(['devices.read'], undefined, 367)).toBe('token-lifetime');
      s.pass(HOUR / 2);
      expect(await make(['devices.read'])).toBe('step-up-required');
    });

    test('are ended by their person or an administrator', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob', [{ role: 'analyst' }]);
      const carl = await s.join(ann.caller, 'carl', [{ role: 'analyst' }]);
      const one = await s.access.tokens.make(bob.caller, made);
      const two = await s.access.tokens.make(bob.caller, made);
      expect(await outcomeOf(s.access.tokens.end(carl.caller, one.id))).toBe('permission-denied');
      expect(await outcomeOf(s.access.tokens.list(carl.caller))).toBe('permission-denied');
      await s.access.tokens.end(bob.caller, one.id);
      await s.access.tokens.end(ann.caller, two.id);
      expect(await s.access.tokens.caller(one.token)).toBeUndefined();
      expect(await s.access.tokens.caller(two.token)).toBeUndefined();
      expect(await s.access.tokens.list(ann.caller)).toEqual([]);
    });

    test('look after no account', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const { token } = await s.access.tokens.make(ann.caller, made);
      const caller = (await s.access.tokens.caller(token))!;
      expect(await outcomeOf(s.access.tokens.list(caller, ann.caller.id))).toBe(
        'permission-denied',
      );
      expect(await outcomeOf(s.access.sessions.list(caller, ann.caller.id))).toBe(
        'permission-denied',
      );
      expect(await outcomeOf(s.access.personalData.export(caller, ann.caller.id))).toBe(
        'permission-denied',
      );
      expect(await outcomeOf(s.access.people.list(caller, { limit: 1 }))).toBe('permission-denied');
    });
  });
});
