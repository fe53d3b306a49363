import { describe, expect, test, vi } from 'vitest';
import { onEachDatabase } from '../store/testing.ts';
import { consoleCaller } from './caller.ts';
import { PasswordHasher, parsePhc } from './passwords/hashing.ts';
import {
  App,
  browser,
  HOUR,
  MINUTE,
  outcomeOf,
  Phone,
  type Scene,
  scene,
  tokenOf,
} from './testing.ts';

const code = (code: string) => expect.objectContaining({ code });
const PASSWORD = 'gravel otter window';

/** An installation with Ann, who has a passkey, and Bob, who has a password and an app. */
async function withBob(
  s: Scene,
): Promise<{ app: App; recoveryCodes: readonly string[]; id: string }> {
  const ann = await s.setUp();
  const invite = {
    login: 'bob',
    name: 'Bob',
    grants: [{ role: 'administrator', segment: 'plant' }],
  } as const;
  const { url } = await s.access.people.invite(ann.caller, invite, 'joins');
  const token = tokenOf(url);
  const { started, ...rest } = await s.enrolWithPassword(token, PASSWORD);
  s.pass(MINUTE);
  return { ...rest, id: started.personId };
}

const from = (address: string) => ({ ...browser, address });

/** Each guess from an address of its own, so that only the account's limits are at work. */
let guesses = 0;
const anywhere = () => {
  guesses++;
  return from(`198.51.${(guesses >> 8) & 255}.${guesses & 255}`);
};

async function begin(s: Scene): Promise<string> {
  const outcome = await s.access.signIn.password('bob', PASSWORD, anywhere());
  if (outcome.done) throw new Error('no second factor was asked for');
  return outcome.ceremony;
}

onEachDatabase((database) => {
  describe('password and code', () => {
    test('sign in, with two factors', async () => {
      const s = await scene(database);
      const { app, id } = await withBob(s);
      const started = await s.signInWithPassword(' Bob ', PASSWORD, app);
      const caller = await s.caller(started);
      expect(caller).toMatchObject({ id, session: { aal: 2, method: 'password+totp' } });
      expect(s.access.decide(caller, 'roles.change', { segment: 'plant' })).toBe('allowed');
    });

    test('a right password alone is no session', async () => {
      const s = await scene(database);
      await withBob(s);
      const ceremony = await begin(s);
      expect(await s.access.sessions.caller(ceremony)).toBeUndefined();
      expect(await s.actions()).not.toContain('session.ended');
      const sessions = await s.store.db.selectFrom('sessions').select('method').execute();
      expect(sessions.map(({ method }) => method)).toEqual(['passkey', 'password+totp']);
    });

    test('a code is good once, also in another log-in (replay of a code)', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      const codeNow = app.code(s.clock.time);
      const [one, two] = [await begin(s), await begin(s)];
      await s.access.signIn.secondFactor(one, codeNow, browser);
      const again = await begin(s);
      for (const ceremony of [one, two, again]) {
        const outcome = await outcomeOf(s.access.signIn.secondFactor(ceremony, codeNow, browser));
        expect(outcome).toBe(ceremony === again ? 'code-refused' : 'sign-in-expired');
      }
      s.pass(30_000);
      await s.access.signIn.secondFactor(again, app.code(s.clock.time), browser);
    });

    test('an older code than the last one is not good either', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      const older = app.code(s.clock.time);
      s.pass(30_000);
      await s.access.signIn.secondFactor(await begin(s), app.code(s.clock.time), browser);
      const ceremony = await begin(s);
      expect(await outcomeOf(s.access.signIn.secondFactor(ceremony, older, browser))).toBe(
        'code-refused',
      );
    });

    test('a recovery code takes the place of the app, once', async () => {
      const s = await scene(database);
      const { recoveryCodes } = await withBob(s);
      const typed = recoveryCodes[3]!.toUpperCase().replaceAll('-', ' ');
      const started = await s.access.signIn.secondFactor(await begin(s), typed, browser);
      expect((await s.caller(started)).session).toMatchObject({
        aal: 2,
        method: 'password+recovery-code',
      });
      const again = s.access.signIn.secondFactor(await begin(s), typed, browser);
      expect(await outcomeOf(again)).toBe('code-refused');
      const fact = (await s.facts()).find(({ action }) => action === 'recovery-code.used');
      expect(fact).toMatchObject({ body: { left: 9 } });
    });

    test('a code of somebody else is no code (cross-account second factor)', async () => {
      const s = await scene(database);
      await withBob(s);
      const zoe = await s.access.people.recover(consoleCaller('root'), {
        login: 'zoe',
        name: 'Zoe',
      });
      const { app, recoveryCodes } = await s.enrolWithPassword(tokenOf(zoe.url), PASSWORD);
      s.pass(MINUTE);
      const ceremony = await begin(s);
      for (const foreign of [app.code(s.clock.time), recoveryCodes[0]!])
        expect(await outcomeOf(s.access.signIn.secondFactor(ceremony, foreign, anywhere()))).toBe(
          'code-refused',
        );
      await s.signInWithPassword('zoe', PASSWORD, app);
    });

    test('many at once with one code begin one session', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      const ceremonies = [await begin(s), await begin(s), await begin(s)];
      const codeNow = app.code(s.clock.time);
      const outcomes = await Promise.all(
        ceremonies.map((ceremony) =>
          outcomeOf(s.access.signIn.secondFactor(ceremony, codeNow, browser)),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    });
  });

  describe('guessing the second factor', () => {
    test('ends the pending log-in after five wrong codes (second-factor brute force)', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      const ceremony = await begin(s);
      for (let i = 0; i < 5; i++)
        expect(await outcomeOf(s.access.signIn.secondFactor(ceremony, '000000', anywhere()))).toBe(
          'code-refused',
        );
      const right = s.access.signIn.secondFactor(ceremony, app.code(s.clock.time), anywhere());
      expect(await outcomeOf(right)).toBe('sign-in-expired');
    });

    test('is limited for the account, not for each pending log-in (parallel pending log-ins)', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      const outcomes: string[] = [];
      for (let login = 0; login < 10; login++) {
        const ceremony = await begin(s);
        for (let i = 0; i < 2; i++)
          outcomes.push(
            await outcomeOf(s.access.signIn.secondFactor(ceremony, '000000', anywhere())),
          );
      }
      expect(outcomes.filter((outcome) => outcome === 'code-refused')).toHaveLength(5);
      expect(outcomes.filter((outcome) => outcome === 'too-many-attempts')).toHaveLength(15);
      const right = s.access.signIn.secondFactor(
        await begin(s),
        app.code(s.clock.time),
        anywhere(),
      );
      expect(await outcomeOf(right)).toBe('too-many-attempts');
    });

    test('wins nothing by asking at once (race)', async () => {
      const s = await scene(database);
      await withBob(s);
      const ceremonies = [await begin(s), await begin(s), await begin(s)];
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          outcomeOf(s.access.signIn.secondFactor(ceremonies[i % 3]!, `${100_000 + i}`, anywhere())),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'code-refused')).toHaveLength(5);
    });

    test('is not forgotten when the password was right (success of factor one)', async () => {
      const s = await scene(database);
      await withBob(s);
      for (let i = 0; i < 5; i++) {
        const ceremony = await begin(s);
        await outcomeOf(s.access.signIn.secondFactor(ceremony, '000000', anywhere()));
      }
      const sixth = s.access.signIn.secondFactor(await begin(s), '000000', anywhere());
      expect(await outcomeOf(sixth)).toBe('too-many-attempts');
    });

    test('is limited together with step-up, and a fact (unthrottled endpoints)', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      const caller = await s.caller(await s.signInWithPassword('bob', PASSWORD, app));
      for (let i = 0; i < 5; i++)
        expect(await outcomeOf(s.access.stepUp.code(caller, '000000', anywhere()))).toBe(
          'code-refused',
        );
      expect(await outcomeOf(s.access.stepUp.code(caller, '000000', anywhere()))).toBe(
        'too-many-attempts',
      );
      s.pass(30_000);
      const elsewhere = s.access.signIn.secondFactor(
        await begin(s),
        app.code(s.clock.time),
        anywhere(),
      );
      expect(await outcomeOf(elsewhere)).toBe('too-many-attempts');
      const blocked = (await s.facts()).filter(({ action }) => action === 'sign-in.blocked');
      expect(blocked).toMatchObject([{ body: { factor: 'second-factor', failures: 5 } }]);
      s.pass(15 * MINUTE);
      await s.access.stepUp.code(caller, app.code(s.clock.time), anywhere());
    });

    test('cannot go round it: to renew codes, to replace or to remove the app needs a fresh proof', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      const caller = await s.caller(await s.signInWithPassword('bob', PASSWORD, app));
      s.pass(10 * MINUTE + 1);
      const stale = await s.access.sessions.caller(
        (await s.signInWithPassword('bob', PASSWORD, app)).token,
      );
      expect(stale).toBeDefined();
      for (const attempt of [
        s.access.secondFactors.beginAdding(caller),
        s.access.secondFactors.remove(caller),
        s.access.secondFactors.renewCodes(caller),
        s.access.passwords.set(caller, 'another gravel otter'),
        s.access.passwords.remove(caller),
        s.access.passkeys.beginAdding(caller),
      ])
        expect(await outcomeOf(attempt)).toBe('step-up-required');
    });
  });

  describe('guessing passwords', () => {
    test('waits longer with each failure, and a right password clears it', async () => {
      const s = await scene(database);
      await withBob(s);
      const guess = () => s.access.signIn.password('bob', 'wrong wrong wrong', anywhere());
      for (let i = 0; i < 5; i++) expect(await outcomeOf(guess())).toBe('sign-in-refused');
      await expect(guess()).rejects.toMatchObject({ code: 'too-many-attempts', retryAfter: 1 });
      s.pass(1000);
      expect(await outcomeOf(guess())).toBe('sign-in-refused');
      await expect(guess()).rejects.toMatchObject({ retryAfter: 2 });
      s.pass(2000);
      await begin(s);
      expect(await outcomeOf(guess())).toBe('sign-in-refused');
    });

    test('ends for good at 100 failures (SP 800-63B-4, 3.2.2), but not for passkeys', async () => {
      const s = await scene(database);
      const { app, recoveryCodes } = await withBob(s);
      let judged = 0;
      for (let i = 0; i < 200; i++) {
        const outcome = await outcomeOf(
          s.access.signIn.password('bob', 'wrong wrong wrong', anywhere()),
        );
        if (outcome === 'sign-in-refused') judged++;
        s.pass(HOUR);
      }
      expect(judged).toBe(100);
      s.pass(365 * 24 * HOUR);
      expect(await outcomeOf(s.access.signIn.password('bob', PASSWORD, anywhere()))).toBe(
        'too-many-attempts',
      );
      // A recovery code still lets Bob in, and a new password opens the way again.
      const started = await s.access.signIn.recoveryCode('bob', recoveryCodes[0]!, browser);
      await s.access.passwords.set(await s.caller(started), 'another gravel otter');
      await s.signInWithPassword('bob', 'another gravel otter', app);
    });

    test('wins nothing by asking at once (race)', async () => {
      const s = await scene(database);
      await withBob(s);
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          outcomeOf(s.access.signIn.password('bob', `wrong wrong ${i}`, anywhere())),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'sign-in-refused')).toHaveLength(5);
    });

    test('from one address is limited over many accounts, an IPv6 customer as one', async () => {
      const s = await scene(database);
      await s.setUp();
      const guess = (i: number) =>
        outcomeOf(
          s.access.signIn.password(
            `nobody${i}`,
            'wrong wrong',
            from(`2001:db8:1:2:${i.toString(16)}::1`),
          ),
        );
      const outcomes: string[] = [];
      for (let i = 0; i < 40; i++) outcomes.push(await guess(i));
      expect(outcomes.filter((outcome) => outcome === 'sign-in-refused')).toHaveLength(30);
      const other = s.access.signIn.password('nobody', 'wrong wrong', from('2001:db8:1:3::1'));
      expect(await outcomeOf(other)).toBe('sign-in-refused');
    });

    test('somebody’s own sign-ins do not block their address', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      for (let i = 0; i < 40; i++) await s.signInWithPassword('bob', PASSWORD, app);
    });
  });

  describe('nobody learns who has an account (enumeration)', () => {
    test('by the answer: all are refused in the same words', async () => {
      const s = await scene(database);
      await withBob(s);
      const answers = [];
      for (const login of ['bob', 'ann', 'nobody', '', '\u0000', 'x'.repeat(5000)])
        answers.push(
          await s.access.signIn.password(login, 'wrong wrong wrong', anywhere()).catch((error) => ({
            code: error.code,
            message: error.message,
          })),
        );
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      const recovery = [];
      for (const login of ['bob', 'ann', 'nobody'])
        recovery.push(
          await outcomeOf(
            s.access.signIn.recoveryCode(login, 'abcde-abcde-abcde-abcde-abcde', anywhere()),
          ),
        );
      expect(new Set(recovery).size).toBe(1);
    });

    test('by limits: a name that nobody has is limited alike', async () => {
      const s = await scene(database);
      await withBob(s);
      const series = async (login: string): Promise<string[]> => {
        const outcomes: string[] = [];
        for (let i = 0; i < 8; i++)
          outcomes.push(
            await outcomeOf(s.access.signIn.password(login, 'wrong wrong', anywhere())),
          );
        return outcomes;
      };
      expect(await series('nobody')).toEqual(await series('bob'));
    });

    test('by time: the same work is done for each', async () => {
      const s = await scene(database);
      await withBob(s);
      const verify = vi.spyOn(PasswordHasher.prototype, 'verify');
      const costs: unknown[] = [];
      for (const login of ['bob', 'ann', 'nobody']) {
        verify.mockClear();
        await outcomeOf(s.access.signIn.password(login, 'wrong wrong wrong', anywhere()));
        expect(verify).toHaveBeenCalledTimes(1);
        const phc = verify.mock.calls[0]![0];
        costs.push(phc === undefined ? 'as configured' : parsePhc(phc)?.memoryKib);
      }
      verify.mockRestore();
      expect(costs).toEqual([32, 'as configured', 'as configured']);
    });
  });

  describe('recovery code alone', () => {
    test('lets in with one factor, enough to add a passkey and no more', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const started = await s.access.signIn.recoveryCode('ann', ann.recoveryCodes[0]!, browser);
      const caller = await s.caller(started);
      expect(caller.session).toMatchObject({ aal: 1, method: 'recovery-code' });
      expect(s.access.decide(caller, 'roles.change')).toBe('step-up');
      // Another recovery code is no second kind of factor.
      const stepped = await s.access.stepUp.code(caller, ann.recoveryCodes[1]!, browser);
      const still = await s.caller(stepped);
      expect(s.access.decide(still, 'roles.change')).toBe('step-up');
      const { ceremony, options } = await s.access.passkeys.beginAdding(still);
      const phone = new Phone();
      await s.access.passkeys.add(still, ceremony, phone.create(options), 'New phone');
      expect(s.access.decide((await s.signIn(phone)).caller, 'roles.change')).toBe('allowed');
    });
  });

  describe('a password alone', () => {
    const settings = { passwordAlone: true };
    test('needs 15 characters, and is one factor', async () => {
      const s = await scene(database, settings);
      const ann = await s.setUp();
      await expect(s.access.passwords.set(ann.caller, 'xk4-Pw9q-mrT+2')).rejects.toThrow(
        code('password-too-short'),
      );
      await s.access.passwords.set(ann.caller, PASSWORD);
      const outcome = await s.access.signIn.password('ann', PASSWORD, browser);
      if (!outcome.done) throw new Error('a second factor was asked for');
      const caller = await s.caller(outcome.started);
      expect(caller.session).toMatchObject({ aal: 1, method: 'password' });
      expect(s.access.decide(caller, 'devices.read')).toBe('allowed');
      expect(s.access.decide(caller, 'roles.change')).toBe('step-up');
      // A stolen password must not add a passkey beside the owner's.
      expect(await outcomeOf(s.access.passkeys.beginAdding(caller))).toBe('step-up-required');
    });

    test('is not taken where it is not allowed', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      await expect(s.access.passwords.set(ann.caller, PASSWORD)).rejects.toThrow(
        code('second-factor-first'),
      );
    });
  });

  describe('the own account', () => {
    test('gets an app and a password, and other sessions end', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const other = await s.signIn(ann.phone);
      const offer = await s.access.secondFactors.beginAdding(ann.caller);
      expect(offer.uri).toMatch(
        /^otpauth:\/\/totp\/Fleetward:ann\?issuer=Fleetward&secret=[A-Z2-7]{32}&/,
      );
      const app = new App(offer.secret);
      const kept = await s.access.secondFactors.add(
        ann.caller,
        offer.ceremony,
        app.code(s.clock.time),
      );
      expect(kept, 'there are recovery codes already').toEqual([]);
      await s.access.passwords.set(ann.caller, 'xk4-Pw9q');
      expect(await s.access.sessions.caller(other.started.token)).toBeUndefined();
      expect(await s.access.sessions.caller(ann.started.token)).toBeDefined();
      await s.signInWithPassword('ann', 'xk4-Pw9q', app);
      const codes = await s.access.secondFactors.renewCodes(ann.caller);
      expect(codes).toHaveLength(10);
      const old = s.access.signIn.recoveryCode('ann', ann.recoveryCodes[0]!, browser);
      expect(await outcomeOf(old)).toBe('sign-in-refused');
      // Without the app, a short password is worth nothing.
      await s.access.secondFactors.remove(ann.caller);
      expect(await s.access.people.ways(ann.caller, ann.caller.id)).toMatchObject({
        passkeys: 1,
        password: 'none',
        totp: false,
      });
    });

    test('keeps the app before until the new one gave a code, in few tries', async () => {
      const s = await scene(database);
      const { app } = await withBob(s);
      const caller = await s.caller(await s.signInWithPassword('bob', PASSWORD, app));
      const offer = await s.access.secondFactors.beginAdding(caller);
      for (let i = 0; i < 5; i++)
        expect(await outcomeOf(s.access.secondFactors.add(caller, offer.ceremony, '000000'))).toBe(
          'code-refused',
        );
      const late = new App(offer.secret).code(s.clock.time);
      expect(await outcomeOf(s.access.secondFactors.add(caller, offer.ceremony, late))).toBe(
        'code-refused',
      );
      await s.signInWithPassword('bob', PASSWORD, app);
    });

    test('holds secrets sealed: neither app nor password can be read from the database', async () => {
      const s = await scene(database);
      await withBob(s);
      const secrets = await s.store.db.selectFrom('totp_secrets').select('sealed').execute();
      const passwords = await s.store.db.selectFrom('passwords').select('sealed').execute();
      expect(secrets[0]!.sealed.length).toBe(1 + 4 + 12 + 20 + 16);
      expect(Buffer.from(passwords[0]!.sealed).includes('argon2')).toBe(false);
      const ceremonies = await s.store.db.selectFrom('ceremonies').selectAll().execute();
      expect(ceremonies).toEqual([]);
    });

    test('hashes a password anew at today’s cost, at sign-in', async () => {
      const cheap = await scene(database);
      const { app } = await withBob(cheap);
      const stored = async () =>
        (await cheap.store.db.selectFrom('passwords').select('sealed').executeTakeFirstOrThrow())
          .sealed;
      const before = await stored();
      await cheap.signInWithPassword('bob', PASSWORD, app);
      expect(await stored(), 'no reason to').toEqual(before);
      const isOutdated = vi.spyOn(PasswordHasher.prototype, 'isOutdated').mockReturnValueOnce(true);
      await cheap.signInWithPassword('bob', PASSWORD, app);
      isOutdated.mockRestore();
      expect(await stored()).not.toEqual(before);
      await cheap.signInWithPassword('bob', PASSWORD, app);
    });
  });

  test('ceremonies of one purpose and person are few, and old ones go', async () => {
    const s = await scene(database);
    const { app } = await withBob(s);
    const first = await begin(s);
    for (let i = 0; i < 3; i++) await begin(s);
    expect(
      await outcomeOf(s.access.signIn.secondFactor(first, app.code(s.clock.time), browser)),
    ).toBe('sign-in-expired');
    const late = await begin(s);
    s.pass(5 * MINUTE);
    expect(
      await outcomeOf(s.access.signIn.secondFactor(late, app.code(s.clock.time), browser)),
    ).toBe('sign-in-expired');
    await s.access.sweep();
    expect(await s.store.db.selectFrom('ceremonies').selectAll().execute()).toEqual([]);
  });
});
