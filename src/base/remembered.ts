/** Longer texts are computed each time. */
const CHARACTERS_MAX = 512;

/**
 * Remembers what a pure function of a text gave: devices say the same things over and over. Bounded: when there are
 * too many different texts, all are forgotten.
 * @param max - texts remembered.
 */
export function remembered<T>(of: (text: string) => T, max = 1024): (text: string) => T {
  let known = new Map<string, T>();
  return (text) => {
    if (text.length > CHARACTERS_MAX) return of(text);
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = of(text);
    if (known.size >= max) known = new Map();
    known.set(text, result);
    return result;
  };
}
