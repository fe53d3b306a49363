import { describe, expect, test } from 'vitest';
import { isCommon, PasswordPolicy } from './policy.ts';

const policy = new PasswordPolicy(['Fleetward', 'Example Works', 'fleet.example.org']);
const words = ['ann.archer', 'Ann Archer', 'ann@example.org'];
const refusal = (password: string, secondFactor = true): Promise<unknown> =>
  policy.demand(password, { secondFactor, words }).then(
    () => undefined,
    (error) => error.code,
  );

describe('length (SP 800-63B-4, 3.1.1.2)', () => {
  test('8 characters beside a second factor, 15 alone', async () => {
    expect(await refusal('xk4-Pw9')).toBe('password-too-short');
    expect(await refusal('xk4-Pw9q')).toBeUndefined();
    expect(await refusal('xk4-Pw9q-mrT+2', false)).toBe('password-too-short');
    expect(await refusal('xk4-Pw9q-mrT+2z', false)).toBeUndefined();
  });

  test('is counted in code points of the normalised text', async () => {
    expect(await refusal('🔥🚒🧯🌊🪣🛟🧭')).toBe('password-too-short');
    expect(await refusal('🔥🚒🧯🌊🪣🛟🧭⚓')).toBeUndefined();
    // Seven letters with their accents apart are seven.
    expect(await refusal('éàôüñçå'.normalize('NFD'))).toBe('password-too-short');
  });

  test('64 characters and more are allowed, and there is an end', async () => {
    const long = 'gravel otter window mustard seven lantern '.repeat(10);
    expect(await refusal(long.slice(0, 64), false)).toBeUndefined();
    expect(await refusal(long.slice(0, 256), false)).toBeUndefined();
    expect(await refusal(long.slice(0, 257), false)).toBe('password-too-long');
    expect(await refusal('é'.repeat(100_000), false)).toBe('password-too-long');
  });
});

test('there are no rules of composition: spaces, any script, letters alone', async () => {
  for (const password of [
    'gravel otter window',
    'ГравийВыдраОкноСемь',
    '砂利 獺 窓 辛子 七 提灯 海',
    'cgtrqwexmnvbplk',
    '839201746655012',
  ])
    expect(await refusal(password, false), password).toBeUndefined();
});

describe('what is tried first is refused', () => {
  test.each(['password1', 'PASSWORD1', 'iloveyou1', 'qwertyuiop', 'ｐａｓｓｗｏｒｄ１'])(
    'common: %s',
    async (password) => expect(await refusal(password)).toBe('password-guessable'),
  );

  test.each([
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    '12345678901234567890',
    'abcdefghijklmnop',
    'zyxwvutsrqponmlk',
    'poiuytrewq',
    'hunter2hunter2hunter2',
  ])('regular: %s', async (password) => expect(await refusal(password)).toBe('password-guessable'));

  test.each([
    'Fleetward2026!',
    'fleetwardfleetward',
    'Fl33tw@rd-2026',
    'exampleworks',
    'Ann.Archer.1987',
    'archerfleetward',
    'ann@example.org',
  ])('of known words: %s', async (password) =>
    expect(await refusal(password)).toBe('password-guessable'),
  );

  test('but a known word within a longer password is no reason', async () => {
    expect(await refusal('fleetward gravel otter')).toBeUndefined();
    expect(await refusal('ann counts seven lanterns')).toBeUndefined();
  });
});

test('text that is not Unicode is refused', async () => {
  expect(await refusal('gravel \ud800 otter window')).toBe('password-unreadable');
});

test('the list of common passwords is whole', () => {
  for (const first of ['12345678', 'password', 'password1', 'baseball', 'trustno1'])
    expect(isCommon(first)).toBe(true);
  expect(isCommon('gravel otter window')).toBe(false);
});
