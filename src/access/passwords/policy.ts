/**
 * Which passwords may be set (NIST SP 800-63B-4, 3.1.1.2): long enough, and not among those that are tried first. No rules
 * of composition, no expiry. Only the whole password is compared, never a part of it.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { UsageError } from '../../base/index.ts';
import type { BreachList } from './breach-list.ts';
import {
  comparable,
  lengthOf,
  lettersOf,
  PASSWORD_LENGTH_ALONE,
  PASSWORD_LENGTH_MAX,
  PASSWORD_LENGTH_WITH_SECOND_FACTOR,
} from './text.ts';

export interface PasswordContext {
  /** Whether a second factor will be asked beside it. */
  readonly secondFactor: boolean;
  /** Words that an attacker knows: the person's names, login and address. */
  readonly words: readonly string[];
}

export class PasswordPolicy {
  readonly #siteWords: readonly string[];
  readonly #breaches: BreachList | undefined;

  /** @param siteWords - names of the product, the organisation, its host. */
  constructor(siteWords: readonly string[], breaches?: BreachList) {
    this.#siteWords = siteWords;
    this.#breaches = breaches;
  }

  /** @throws UsageError `password-too-short`, `password-too-long`, `password-unreadable`, `password-guessable`, `password-breached`. */
  async demand(password: string, { secondFactor, words }: PasswordContext): Promise<void> {
    const length = lengthOf(password);
    const minimum = secondFactor ? PASSWORD_LENGTH_WITH_SECOND_FACTOR : PASSWORD_LENGTH_ALONE;
    if (length > PASSWORD_LENGTH_MAX)
      throw new UsageError(
        'password-too-long',
        `this password is longer than ${PASSWORD_LENGTH_MAX} characters; use a shorter one.`,
      );
    if (!password.isWellFormed())
      throw new UsageError('password-unreadable', 'this password is not Unicode text.');
    if (length < minimum)
      throw new UsageError(
        'password-too-short',
        `this password has ${length} characters; use at least ${minimum}.`,
      );
    if (isCommon(password) || isRegular(password) || isOf([...this.#siteWords, ...words], password))
      throw new UsageError(
        'password-guessable',
        'this password is among the first that an attacker tries; use another, for example several unrelated words.',
      );
    if (await this.#breaches?.has(password))
      throw new UsageError(
        'password-breached',
        'this password is in a list of stolen passwords; use another, and change it where else it is used.',
      );
  }
}

let common: ReadonlySet<string> | undefined;

/** Whether it is on the list of common passwords. */
export function isCommon(password: string): boolean {
  common ??= new Set(
    gunzipSync(readFileSync(new URL('./common-passwords.txt.gz', import.meta.url)))
      .toString('utf8')
      .split('\n'),
  );
  return common.has(comparable(password));
}

const STEPS = new Set(['1', '-1', '0']);
const KEYBOARD = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'azertyuiop', '1234567890'];
const UNIT_MAX = 8;

/** Whether the whole of it repeats a few characters, counts, or walks along the keyboard: `abcabcabc`, `12345678`. */
function isRegular(password: string): boolean {
  const text = comparable(password);
  const points = Array.from(text, (character) => character.codePointAt(0)!);
  for (let unit = 1; unit <= UNIT_MAX && unit * 2 <= points.length; unit++)
    if (points.every((point, i) => i < unit || point === points[i - unit])) return true;
  const steps = new Set(points.slice(1).map((point, i) => `${point - points[i]}`));
  if (steps.size === 1 && STEPS.has([...steps][0]!)) return true;
  const rows = [
    ...KEYBOARD,
    KEYBOARD.slice(0, 3).join(''),
    KEYBOARD.slice(0, 3).join('') + KEYBOARD[5],
  ];
  return rows.some((row) => {
    const around = (row + row).toLowerCase();
    return around.includes(text) || [...around].reverse().join('').includes(text);
  });
}

const WORD_MIN = 3;

/** Whether it is made of nothing but known words, with digits and signs about: `Fleetward2026!`. */
function isOf(words: readonly string[], password: string): boolean {
  const known = words
    .flatMap((word) => [comparable(word), ...comparable(word).split(/[^\p{L}\p{N}]+/u)])
    .flatMap((word) => [word, ...lettersOf(word)])
    .filter((word) => word.length >= WORD_MIN)
    .sort((a, b) => b.length - a.length);
  return [comparable(password), ...lettersOf(password)].some((letters) => {
    let rest = letters;
    for (const word of known) rest = rest.replaceAll(word, '');
    return rest !== letters && rest.length === 0;
  });
}
