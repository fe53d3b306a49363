import { describe, expect, test } from 'vitest';
import { onEachDatabase } from '../store/testing.ts';
import { browser, MINUTE, outcomeOf, scene } from './testing.ts';

onEachDatabase((database) => {
  describe('sessions', () => {
    test('a token that the browser brought is never taken over (session fixation)', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob');
      const planted = bob.started.token;
      const again = await s.signIn(ann.phone, { ...browser, previous: planted });
      expect(again.started.token).not.toBe(planted);
      expect(again.caller.id).toBe(ann.caller.id);
      expect(await s.access.sessions.caller(planted)).toBeUndefined();
      const stranger = await s.signIn(ann.phone, { ...browser, previous: 'planted' });
      expect(stranger.started.token).not.toBe('planted');
      expect(await s.access.sessions.caller('planted')).toBeUndefined();
    });

    test('step-up gives a new token, and the old one is worthless', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      s.pass(20 * MINUTE);
      const stale = await s.caller(ann.started);
      expect(s.access.decide(stale, 'roles.change')).toBe('step-up');
      const { ceremony, options } = await s.access.stepUp.beginPasskey(stale);
      const renewed = await s.access.stepUp.passkey(stale, ceremony, ann.phone.get(options));
      expect(renewed.session).toBe(ann.started.session);
      expect(renewed.token).not.toBe(ann.started.token);
      expect(await s.access.sessions.caller(ann.started.token)).toBeUndefined();
      expect(s.access.decide(await s.caller(renewed), 'roles.change')).toBe('allowed');
    });

    test('step-up is by one’s own passkey', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob');
      const { ceremony, options } = await s.access.stepUp.beginPasskey(ann.caller);
      const { allowCredentials: _, ...any } = options;
      const foreign = s.access.stepUp.passkey(ann.caller, ceremony, bob.phone.get(any));
      expect(await outcomeOf(foreign)).toBe('passkey-refused');
      const own = await s.access.stepUp.beginPasskey(ann.caller);
      const stolen = s.access.stepUp.passkey(bob.caller, own.ceremony, ann.phone.get(own.options));
      expect(await outcomeOf(stolen)).toBe('passkey-refused');
    });

    test('end when nobody uses them, and at last in any case', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      for (let i = 0; i < 11; i++) {
        s.pass(59 * MINUTE);
        expect(await s.access.sessions.caller(ann.started.token)).toBeDefined();
      }
      s.pass(59 * MINUTE);
      expect(await s.access.sessions.caller(ann.started.token)).toBeDefined();
      s.pass(12 * MINUTE);
      expect(await s.access.sessions.caller(ann.started.token), 'after 12 hours').toBeUndefined();
      const idle = await s.signIn(ann.phone);
      s.pass(60 * MINUTE);
      expect(await s.access.sessions.caller(idle.started.token)).toBeUndefined();
      expect(await s.access.sessions.list(idle.caller, ann.caller.id)).toEqual([]);
      await s.access.sweep();
      expect(await s.store.db.selectFrom('sessions').selectAll().execute()).toEqual([]);
    });

    test('are listed and ended by their person, or by an administrator, and by nobody else', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob');
      const second = await s.signIn(bob.phone, {
        address: '203.0.113.9',
        agent: 'Other\u001b[31m',
      });
      const sessions = await s.access.sessions.list(bob.caller, bob.caller.id);
      expect(sessions.map(({ address, agent }) => [address, agent])).toEqual([
        ['203.0.113.9', 'Other [31m'],
        ['192.0.2.7', 'Test Browser 1.0'],
      ]);
      expect(await outcomeOf(s.access.sessions.list(bob.caller, ann.caller.id))).toBe(
        'permission-denied',
      );
      const { id: bobs } = bob.caller;
      await s.access.sessions.end(bob.caller, bobs, second.started.session);
      expect(await s.access.sessions.caller(second.started.token)).toBeUndefined();
      const foreign = s.access.sessions.end(bob.caller, ann.caller.id, ann.started.session);
      expect(await outcomeOf(foreign)).toBe('permission-denied');
      const mixed = s.access.sessions.end(bob.caller, bobs, ann.started.session);
      expect(await outcomeOf(mixed)).toBe('session-unknown');
      await s.access.sessions.end(ann.caller, bobs, bob.started.session);
      expect(await s.access.sessions.caller(bob.started.token)).toBeUndefined();
    });

    test('hold no token at rest, and end with a change of roles, password or person', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob');
      const [row] = await s.store.db
        .selectFrom('sessions')
        .select('hash')
        .where('person_id', '=', bob.caller.id)
        .execute();
      expect(Buffer.from(row!.hash).toString('base64url')).not.toBe(bob.started.token);
      expect(bob.started.token).toMatch(/^[A-Za-z0-9_-]{43}$/);
      await s.access.people.giveRole(ann.caller, bob.caller.id, { role: 'viewer' }, 'may look');
      expect(await s.access.sessions.caller(bob.started.token)).toBeUndefined();
      const again = await s.signIn(bob.phone);
      expect(again.caller.grants).toEqual([{ role: 'viewer' }]);
      await s.access.people.remove(ann.caller, bob.caller.id, 'left');
      expect(await s.access.sessions.caller(again.started.token)).toBeUndefined();
      expect(await outcomeOf(s.signIn(bob.phone))).toBe('passkey-refused');
    });

    test('of one person are bounded', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      for (let i = 0; i < 25; i++) {
        s.pass(1000);
        await s.signIn(ann.phone);
      }
      expect(await s.access.sessions.list(ann.caller, ann.caller.id)).toHaveLength(20);
    });
  });
});
