import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { program } from '../../test/support/needs.ts';
import { matchingStep, readTotpCode, totpEnrolment } from './totp.ts';

// RFC 6238, appendix B; its codes of eight digits, of which apps show the last six.
const SECRET = new Uint8Array(Buffer.from('12345678901234567890'));
const VECTORS = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;

test.each(VECTORS)('agrees with RFC 6238 at %i s', (seconds, code) => {
  const step = Math.floor(seconds / 30);
  expect(matchingStep(SECRET, code, seconds * 1000, 0)).toBe(step);
});

const oathtool = program('oathtool');
test('agrees with oathtool, also about the secret and the URI', oathtool, () => {
  const secret = new Uint8Array(Buffer.from('00112233445566778899aabbccddeeff01234567', 'hex'));
  const { secret: base32, uri } = totpEnrolment(secret, { issuer: 'Example Works', login: 'ann' });
  expect(new URL(uri).searchParams.get('secret')).toBe(base32);
  const now = Date.UTC(2026, 10, 25, 12);
  const codes = execFileSync(
    oathtool.path,
    ['--totp', '-b', base32, '-N', '2026-11-25 12:00:00 UTC', '-w', '5'],
    { encoding: 'utf8' },
  )
    .trim()
    .split('\n');
  for (const [i, code] of codes.entries())
    expect(matchingStep(secret, code, now + i * 30_000, 0)).toBe(now / 30_000 + i);
});

test('takes the code of a step before and after, and no older, newer or used one', () => {
  const step = Math.floor(1_234_567_890 / 30);
  const at = (steps: number, last = 0) =>
    matchingStep(SECRET, '005924', (step + steps) * 30_000, last);
  expect([-2, -1, 0, 1, 2].map((steps) => at(steps))).toEqual([
    undefined,
    step,
    step,
    step,
    undefined,
  ]);
  expect(at(0, step - 1)).toBe(step);
  expect(at(0, step)).toBeUndefined();
  expect(at(0, step + 1)).toBeUndefined();
});

test('reads six digits, also as apps show them', () => {
  expect(readTotpCode('123 456')).toBe('123456');
  expect(readTotpCode(' 123456 ')).toBe('123456');
  expect(readTotpCode('１２３４５６')).toBe('123456');
  for (const typed of ['', '12345', '1234567', '12345a', '-12345', `${' '.repeat(100)}123456`])
    expect(readTotpCode(typed)).toBeUndefined();
});
