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

/** Longer than any top-level domain, or hexadecimal with a digit in it; `xn--` begins internationalised ones. */
const NO_TOP_LEVEL = /^(?!xn--)(?:.{25,}|(?=[a-f]*\d)[0-9a-f]{8,})$/;

/**
 * The registered zone of a lower-case name by rule of thumb: its last two labels, or three under a country's
 * second level. The public suffix list knows more, but here a zone only gathers names that belong together.
 */
export function zoneOf(name: string): string {
  const last = name.lastIndexOf('.');
  if (last <= 0) return name;
  // Nobody registers under such a last label: a tunnel without a zone of its own, which its first label names.
  if (NO_TOP_LEVEL.test(name.slice(last + 1))) return name.slice(0, name.indexOf('.'));
  const second = name.lastIndexOf('.', last - 1);
  if (second < 0) return name;
  const isCountry = name.length - last === 3;
  if (!isCountry || !SECOND_LEVEL.has(name.slice(second + 1, last))) return name.slice(second + 1);
  return name.slice(name.lastIndexOf('.', second - 1) + 1);
}

/** The longest label besides the zone; empty when there is none. */
export function longestLabel(name: string, zone: string): string {
  let longest = '';
  if (name.length <= zone.length) return longest;
  // The zone of a name that nobody can have registered stands in front.
  const rest = name.endsWith(zone)
    ? name.slice(0, name.length - zone.length - 1)
    : name.slice(zone.length + 1);
  for (const label of rest.split('.')) if (label.length > longest.length) longest = label;
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
