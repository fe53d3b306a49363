import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../base/index.ts';
import {
  csrfToken,
  hashOf,
  isApiToken,
  isCsrfToken,
  newApiToken,
  newRecoveryCode,
  newToken,
  readRecoveryCode,
} from './secrets.ts';

describe('API tokens', () => {
  test('are recognised by their prefix and checksum, and a mistyped one is none', () => {
    const token = newApiToken(systemRandom);
    expect(isApiToken(token)).toBe(true);
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === 'x' ? 'y' : 'x';
      expect(isApiToken(token.slice(0, i) + other + token.slice(i + 1)), `${i}`).toBe(false);
      expect(isApiToken(token.slice(0, i))).toBe(false);
    }
    expect(isApiToken(`${token}0`)).toBe(false);
    expect(isApiToken(`${token}\n`)).toBe(false);
  });

  test('hold 256 bits, all zero or all one', () => {
    const all = (byte: number) =>
      newApiToken({ bytes: (count) => new Uint8Array(count).fill(byte) });
    expect(all(0)).toMatch(/^fw_0{43}/);
    const value = [...all(255).slice(3, 46)].reduce(
      (sum, digit) =>
        sum * 62n +
        BigInt('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.indexOf(digit)),
      0n,
    );
    expect(value).toBe(2n ** 256n - 1n);
  });
});

test('recovery codes read as they are typed, and nothing else does', () => {
  const code = newRecoveryCode(systemRandom);
  expect(code).toMatch(/^([a-z2-7]{5}-){4}[a-z2-7]{5}$/);
  const bare = code.replaceAll('-', '');
  for (const typed of [code, bare, code.toUpperCase(), ` ${code.replaceAll('-', ' ')}\n`])
    expect(readRecoveryCode(typed)).toBe(bare);
  expect(readRecoveryCode('0l8bb-aaaaa-aaaaa-aaaaa-aaaaa')).toBe('olbbbaaaaaaaaaaaaaaaaaaaa');
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (typed) => {
      const read = readRecoveryCode(typed);
      expect(read === undefined || /^[a-z2-7]{25}$/.test(read)).toBe(true);
    }),
  );
});

test('a hash is of one kind of secret', () => {
  const token = newToken(systemRandom);
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(hashOf('session', token)).not.toEqual(hashOf('link', token));
});

test('a CSRF token belongs to its session', () => {
  const [one, other] = [newToken(systemRandom), newToken(systemRandom)];
  expect(isCsrfToken(csrfToken(one), one)).toBe(true);
  expect(isCsrfToken(csrfToken(one), other)).toBe(false);
  expect(isCsrfToken('', one)).toBe(false);
  expect(isCsrfToken(one, one)).toBe(false);
});
