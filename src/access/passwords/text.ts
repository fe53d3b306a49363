/** Passwords as text: one form for all keyboards, and one for comparing with lists. */

/** Shortest password, in characters (Unicode code points), that needs a second factor (NIST SP 800-63B-4, 3.1.1.2). */
export const PASSWORD_LENGTH_WITH_SECOND_FACTOR = 8;
/** Shortest password that may be the only factor. */
export const PASSWORD_LENGTH_ALONE = 15;
/** Longest: far above the 64 that must be allowed, and bounded, since all of it is hashed. */
export const PASSWORD_LENGTH_MAX = 256;
/** Bytes of UTF-16 beyond which nothing is looked at. */
const LOOKED_AT_MAX = 4 * PASSWORD_LENGTH_MAX;

/** The form that is hashed: NFKC, so that composed and decomposed letters of two keyboards are the same. */
export function normalised(password: string): string {
  return password.slice(0, LOOKED_AT_MAX + 1).normalize('NFKC');
}

/** Length in code points, of the normalised form. */
export function lengthOf(password: string): number {
  return [...normalised(password)].length;
}

/** The form in which a password is compared with lists: case does not matter there. */
export function comparable(password: string): string {
  return normalised(password).toLowerCase();
}

/** What stands for letters in "Passw0rd" and its like. */
const STANDS_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/**
 * Letters of a password alone, once as they are and once with the digits and signs that stand for letters read as
 * such: "Fl33tward-2026!" gives "fltward" and "fleetward…".
 */
export function lettersOf(password: string): readonly string[] {
  const text = comparable(password);
  const bare = onlyLetters(text);
  // Digits and signs around the word are years and exclamations, no letters.
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const read = onlyLetters(core.replace(/[013457@$!]/g, (sign) => STANDS_FOR[sign]!));
  return [bare, read];
}

const onlyLetters = (text: string): string => text.replace(/[^\p{L}]/gu, '');
