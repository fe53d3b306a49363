/** The word that somebody may have meant. */

/**
 * @returns the candidate fewest edits away from a mistyped word (insert, delete, replace, swap of neighbours), if no
 * more than a third of the word has to change; the first of equals.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

/** Optimal string alignment distance. */
function distance(one: string, other: string): number {
  const width = other.length + 1;
  const edits = new Uint16Array((one.length + 1) * width);
  for (let i = 0; i <= one.length; i++) edits[i * width] = i;
  for (let j = 0; j <= other.length; j++) edits[j] = j;
  for (let i = 1; i <= one.length; i++) {
    for (let j = 1; j <= other.length; j++) {
      const replaced = one[i - 1] === other[j - 1] ? 0 : 1;
      let fewest = Math.min(
        edits[(i - 1) * width + j] + 1,
        edits[i * width + j - 1] + 1,
        edits[(i - 1) * width + j - 1] + replaced,
      );
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        fewest = Math.min(fewest, edits[(i - 2) * width + j - 2] + 1);
      edits[i * width + j] = fewest;
    }
  }
  return edits[one.length * width + other.length];
}
