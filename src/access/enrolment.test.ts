import { describe, expect, test } from 'vitest';
import { onEachDatabase } from '../store/testing.ts';
import { consoleCaller } from './caller.ts';
import { browser, HOUR, MINUTE, Phone, scene, tokenOf } from './testing.ts';

const code = (code: string) => expect.objectContaining({ code });

onEachDatabase((database) => {
  describe('set-up', () => {
    test('the first person becomes administrator with a passkey, and is signed in', async () => {
      const s = await scene(database);
      const { caller, recoveryCodes } = await s.setUp();
      expect(caller).toMatchObject({
        name: 'Ann Archer',
        grants: [{ role: 'administrator' }],
        session: { aal: 2, method: 'passkey' },
      });
      expect(recoveryCodes).toHaveLength(10);
      expect(await s.access.enrolment.setupLink()).toBeUndefined();
      expect(await s.actions()).toEqual([
        'setup.link-made',
        'passkey.added',
        'recovery-codes.made',
        'role.given',
        'setup.done',
        'person.joined',
        'session.started',
      ]);
      expect(s.access.decide(caller, 'roles.change')).toBe('allowed');
    });

    test('or with a password and an authenticator app', async () => {
      const s = await scene(database);
      const token = tokenOf((await s.access.enrolment.setupLink())!.url);
      await s.access.enrolment.nameYourself(token, { login: 'Ann', name: 'Ann' });
      const { app } = await s.enrolWithPassword(token, 'gravel otter window');
      const caller = await s.caller(await s.signInWithPassword('ANN', 'gravel otter window', app));
      expect(caller.session).toMatchObject({ aal: 2, method: 'password+totp' });
      expect(caller.grants).toEqual([{ role: 'administrator' }]);
    });

    test('the link is good for 15 minutes, once, and only the newest of them', async () => {
      const s = await scene(database);
      const first = tokenOf((await s.access.enrolment.setupLink())!.url);
      await s.access.enrolment.nameYourself(first, { login: 'ann', name: 'Ann' });
      const second = tokenOf((await s.access.enrolment.setupLink())!.url);
      await expect(s.access.enrolment.view(first)).rejects.toThrow(code('link-invalid'));
      s.pass(15 * MINUTE);
      await expect(s.access.enrolment.view(second)).rejects.toThrow(code('link-invalid'));
      const third = tokenOf((await s.access.enrolment.setupLink())!.url);
      // Whoever began with an earlier link left nothing behind.
      await s.access.enrolment.nameYourself(third, { login: 'ann', name: 'Ann' });
      await s.enrol(third);
      await expect(s.access.enrolment.view(third)).rejects.toThrow(code('link-invalid'));
      await expect(s.enrol(third)).rejects.toThrow(code('link-invalid'));
    });

    test('a page that is opened twice may be finished once', async () => {
      const s = await scene(database);
      const token = tokenOf((await s.access.enrolment.setupLink())!.url);
      await s.access.enrolment.nameYourself(token, { login: 'ann', name: 'Ann' });
      const phones = [new Phone(), new Phone()];
      const outcomes = await Promise.allSettled(phones.map((phone) => s.enrol(token, phone)));
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const people = await s.store.db.selectFrom('people').select('status').execute();
      expect(people).toEqual([{ status: 'active' }]);
    });

    test('says who is wanted before anything else, and takes no strange names', async () => {
      const s = await scene(database);
      const token = tokenOf((await s.access.enrolment.setupLink())!.url);
      await expect(s.access.enrolment.beginPasskey(token)).rejects.toThrow(code('name-needed'));
      for (const [who, refused] of [
        [{ login: 'a b', name: 'Ann' }, 'login-invalid'],
        [{ login: 'a', name: 'Ann' }, 'login-invalid'],
        [{ login: 'ann', name: ' ' }, 'name-invalid'],
        [{ login: 'ann', name: 'Ann\u202Enna' }, 'name-invalid'],
        [{ login: 'ann', name: 'Ann', email: 'ann@x@y' }, 'email-invalid'],
      ] as const)
        await expect(s.access.enrolment.nameYourself(token, who)).rejects.toThrow(code(refused));
    });
  });

  describe('invitations', () => {
    test('let somebody in with the roles that were given', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob', [{ role: 'operator', segment: 'plant' }]);
      expect(bob.caller.grants).toEqual([{ role: 'operator', segment: 'plant' }]);
      expect(await s.signIn(bob.phone)).toMatchObject({ caller: { id: bob.caller.id } });
    });

    test('are single-use, end by themselves, and a new one ends the one before', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const invite = { login: 'bob', name: 'Bob', grants: [] };
      const { url } = await s.access.people.invite(ann.caller, invite, 'joins');
      const first = tokenOf(url);
      const { id } = (await s.access.people.list(ann.caller, { limit: 10, status: 'invited' }))[0]!;
      const second = tokenOf((await s.access.people.inviteAgain(ann.caller, id)).url);
      await expect(s.access.enrolment.view(first)).rejects.toThrow(code('link-invalid'));
      expect(await s.access.enrolment.view(second)).toMatchObject({ login: 'bob', name: 'Bob' });
      s.pass(72 * HOUR);
      await expect(s.enrol(second)).rejects.toThrow(code('link-invalid'));
      const annAgain = await s.signIn(ann.phone);
      const third = tokenOf((await s.access.people.inviteAgain(annAgain.caller, id)).url);
      await s.enrol(third);
      await expect(s.enrol(third)).rejects.toThrow(code('link-invalid'));
      await expect(s.access.people.inviteAgain(annAgain.caller, id)).rejects.toThrow(
        code('joined-already'),
      );
    });

    test('carry their secret where no server, log or Referer sees it', async () => {
      const s = await scene(database);
      const url = new URL((await s.access.enrolment.setupLink())!.url);
      expect(url.hash).toMatch(/^#[A-Za-z0-9_-]{43}$/);
      expect(url.search).toBe('');
      expect(url.pathname).toBe('/welcome');
    });

    test('need a password fit for a person and a code of the app', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const invite = { login: 'bob', name: 'Bob', grants: [] };
      const { url } = await s.access.people.invite(ann.caller, invite, 'joins');
      const token = tokenOf(url);
      await expect(s.enrolWithPassword(token, 'short')).rejects.toThrow(code('password-too-short'));
      await expect(s.enrolWithPassword(token, 'Fleetward-2026')).rejects.toThrow(
        code('password-guessable'),
      );
      const { ceremony } = await s.access.enrolment.beginTotp(token);
      const wrong = { password: 'gravel otter window', code: '000000' };
      const attempt = () => s.access.enrolment.password(token, ceremony, wrong, browser);
      await expect(attempt()).rejects.toThrow(code('code-refused'));
      expect(await s.access.enrolment.view(token)).toMatchObject({ login: 'bob' });
      await s.enrolWithPassword(token, 'gravel otter window');
    });
  });

  describe('who lost everything', () => {
    test('is let in by a link that replaces every way they had', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob', [{ role: 'analyst' }]);
      const reset = await s.access.people.reset(ann.caller, bob.caller.id, 'lost the phone');
      const token = tokenOf(reset.done ? reset.value.url : '');
      // Until it is used, nothing changes.
      await s.signIn(bob.phone);
      const anew = await s.enrol(token);
      expect(anew.caller.id).toBe(bob.caller.id);
      expect(anew.caller.grants).toEqual([{ role: 'analyst' }]);
      await expect(s.signIn(bob.phone)).rejects.toThrow(code('passkey-refused'));
      expect(await s.access.sessions.caller(bob.started.token)).toBeUndefined();
      const old = bob.recoveryCodes[0]!;
      await expect(s.access.signIn.recoveryCode('bob', old, browser)).rejects.toThrow(
        code('sign-in-refused'),
      );
      expect(await s.actions()).toContain('recovery.done');
    });

    test('as administrator, by the owner of the machine at its console, loud in the facts', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const root = consoleCaller('root');
      const who = { login: 'ann', name: 'Ann' };
      const link = await s.access.people.recover(root, who);
      const anew = await s.enrol(tokenOf(link.url));
      expect(anew.caller.id).toBe(ann.caller.id);
      const fact = (await s.facts()).find(({ action }) => action === 'recovery.link-made');
      expect(fact).toMatchObject({
        actor: { kind: 'system', id: 'console:root' },
        reason: 'recovery at the console',
        body: { console: true },
      });
    });

    test('and where there is no administrator at all, as a new one', async () => {
      const s = await scene(database);
      const who = { login: 'zoe', name: 'Zoe' };
      const link = await s.access.people.recover(consoleCaller('root'), who);
      const zoe = await s.enrol(tokenOf(link.url));
      expect(zoe.caller.grants).toEqual([{ role: 'administrator' }]);
    });
  });
});
