/** What a DNS name says besides a host: the zone that somebody registered, and how much its labels could carry. */

/** Second-level labels under which countries register (`example.co.uk`). */
const SECOND_LEVEL = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'go',
  'gov',
  'gob',
  'ne',
  'net',
  'nom',
  'or',
  'org',
  'mil',
]);

/**
 * The registered zone of a lower-case name by rule of thumb: its last two labels, or three under a country's
 * second level. The public suffix list knows more, but here a zone only gathers names that belong together.
 */
export function zoneOf(name: string): string {
  const last = name.lastIndexOf('.');
  if (last <= 0) return name;
  const second = name.lastIndexOf('.', last - 1);
  if (second < 0) return name;
  const isCountry = name.length - last === 3;
  if (!isCountry || !SECOND_LEVEL.has(name.slice(second + 1, last))) return name.slice(second + 1);
  return name.slice(name.lastIndexOf('.', second - 1) + 1);
}

/** The longest label left of the zone; empty when there is none. */
export function longestLabel(name: string, zone: string): string {
  let longest = '';
  if (name.length <= zone.length) return longest;
  for (const label of name.slice(0, name.length - zone.length - 1).split('.'))
    if (label.length > longest.length) longest = label;
  return longest;
}

/** Shannon's entropy of a text over its own characters, in bits a character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
