import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { program } from '../../../test/support/needs.ts';
import { systemRandom } from '../../base/index.ts';
import { ARGON2_COST, PasswordHasher, parsePhc } from './hashing.ts';

const FAST = { memoryKib: 32, passes: 1, lanes: 1 };
const fast = new PasswordHasher(systemRandom, FAST);

describe('argon2id', () => {
  // From test.c of the reference implementation, version 0x13.
  test.each([
    [
      '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
      'password',
    ],
    [
      '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
      'password',
    ],
  ])('agrees with the reference implementation: %s', async (phc, password) => {
    expect(await fast.verify(phc, password)).toBe(true);
    expect(await fast.verify(phc, `${password}!`)).toBe(false);
  });

  const argon2 = program('argon2');
  test('agrees with another implementation at the cost of production', argon2, async () => {
    const { memoryKib, passes, lanes } = ARGON2_COST;
    const options = ['-id', '-e', '-k', memoryKib, '-t', passes, '-p', lanes, '-l', 32].map(String);
    const phc = execFileSync(argon2.path, ['saltsaltsaltsalt', ...options], {
      input: 'correct horse',
      encoding: 'utf8',
    }).trim();
    const production = new PasswordHasher(systemRandom);
    expect(await production.verify(phc, 'correct horse')).toBe(true);
    expect(production.isOutdated(phc)).toBe(false);
    const own = parsePhc(await production.hash('correct horse'))!;
    expect(own).toMatchObject({ memoryKib: 65_536, passes: 3, lanes: 4 });
    expect(own.salt).toHaveLength(16);
    expect(own.hash).toHaveLength(32);
  });

  test('production costs at least what OWASP and RFC 9106 ask', () => {
    expect(ARGON2_COST.memoryKib).toBeGreaterThanOrEqual(64 * 1024);
    expect(ARGON2_COST.passes).toBeGreaterThanOrEqual(3);
  });
});

test('a hash is of its password only, with a salt of its own', async () => {
  const [one, two] = [await fast.hash('passphrase'), await fast.hash('passphrase')];
  expect(one).not.toBe(two);
  expect(await fast.verify(one, 'passphrase')).toBe(true);
  expect(await fast.verify(one, 'Passphrase')).toBe(false);
  expect(await fast.verify(undefined, 'passphrase')).toBe(false);
});

test('letters composed and decomposed are the same password', async () => {
  const phc = await fast.hash('Übergröße im Café'.normalize('NFD'));
  expect(await fast.verify(phc, 'Übergröße im Café'.normalize('NFC'))).toBe(true);
});

test('a string made at another cost is outdated, and still verifies', async () => {
  const dearer = new PasswordHasher(systemRandom, { ...FAST, passes: 2 });
  const old = await fast.hash('passphrase');
  expect(dearer.isOutdated(old)).toBe(true);
  expect(await dearer.verify(old, 'passphrase')).toBe(true);
  expect(dearer.isOutdated(await dearer.hash('passphrase'))).toBe(false);
});

test('strings of other kinds, cut, or asking for too much are refused without work', async () => {
  const phc = await fast.hash('passphrase');
  for (let length = 0; length < phc.length - 21; length++)
    expect(parsePhc(phc.slice(0, length)), phc.slice(0, length)).toBeUndefined();
  for (const bad of [
    '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    phc.replace('m=32', 'm=9999999'),
    phc.replace('t=1', 't=999'),
    phc.replace('t=1', 't=0'),
    phc.replace('p=1', 'p=0'),
    phc.replace('p=1', 'p=64'),
    `${phc}\n`,
  ])
    expect(parsePhc(bad), bad).toBeUndefined();
  expect(await fast.verify('nonsense', 'passphrase')).toBe(false);
});

test('few hashes run at once, a bounded number waits, and the rest is told to come back', async () => {
  const hasher = new PasswordHasher(systemRandom, { memoryKib: 1024, passes: 1, lanes: 1 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, () => hasher.hash('passphrase')),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(100 - 2 - 64);
  expect(refused[0]).toMatchObject({ reason: { code: 'busy', retryAfter: 5 } });
  expect(await hasher.hash('passphrase')).toContain('$argon2id$');
});
