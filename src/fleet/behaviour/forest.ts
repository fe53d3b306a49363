/**
 * A forest of decision trees on flat typed arrays. Features are bytes (classes of a number, or a mark that is there or
 * not), so a node is a feature, a threshold and where its right branch begins; the left one follows it at once.
 */

/** All trees, one after the other, each in preorder. */
export interface Forest {
  readonly classes: number;
  readonly features: number;
  /** First node of each tree. */
  readonly roots: Uint32Array;
  /** By node: the feature it asks for, or LEAF. */
  readonly feature: Uint16Array;
  /** By node: a value up to this goes left; of a leaf the number of its shares. */
  readonly threshold: Uint8Array;
  /** By node: its right branch; of a leaf the first of its shares. */
  readonly right: Uint32Array;
  /** Shares of leaves: classes, and their parts of 255. */
  readonly shareClass: Uint16Array;
  readonly sharePart: Uint8Array;
}

export const LEAF = 0xffff;

/**
 * Adds up what each tree says of a row: afterwards `into` holds a probability for each class.
 * @param row - a byte a feature.
 */
export function vote(forest: Forest, row: Uint8Array, into: Float64Array): void {
  const { roots, feature, threshold, right, shareClass, sharePart } = forest;
  into.fill(0);
  for (let tree = 0; tree < roots.length; tree++) {
    const leaf = leafOf(feature, threshold, right, row, roots[tree]);
    const first = right[leaf];
    const end = first + threshold[leaf];
    for (let at = first; at < end; at++) into[shareClass[at]] += sharePart[at];
  }
  let total = 0;
  for (let at = 0; at < into.length; at++) total += into[at];
  for (let at = 0; at < into.length; at++) into[at] /= total;
}

function leafOf(
  feature: Uint16Array,
  threshold: Uint8Array,
  right: Uint32Array,
  row: Uint8Array,
  root: number,
): number {
  let node = root;
  for (let asked = feature[node]; asked !== LEAF; asked = feature[node]) {
    node = row[asked] <= threshold[node] ? node + 1 : right[node];
  }
  return node;
}

/**
 * How far each feature moved the trees towards a class: at each node on the row's way the change of what the branch
 * gives to that class (Saabas 2014), in parts of all trees.
 * @param shares - of the class, by `sharesOf`.
 * @returns by feature; positive speaks for the class.
 */
export function contributions(forest: Forest, row: Uint8Array, shares: Float32Array): Float64Array {
  const { roots, feature, threshold, right } = forest;
  const moved = new Float64Array(forest.features);
  for (const root of roots) {
    let node = root;
    while (feature[node] !== LEAF) {
      const next = row[feature[node]] <= threshold[node] ? node + 1 : right[node];
      moved[feature[node]] += (shares[next] - shares[node]) / roots.length;
      node = next;
    }
  }
  return moved;
}

/** By node, the mean of what the leaves below it give to a class. */
export function sharesOf(forest: Forest, wanted: number): Float32Array {
  const { feature, threshold, right, shareClass, sharePart } = forest;
  const shares = new Float32Array(feature.length);
  const leaves = new Uint32Array(feature.length);
  // Branches come behind their node, so from the end every branch is known when its node is.
  for (let node = feature.length - 1; node >= 0; node--) {
    if (feature[node] === LEAF) {
      leaves[node] = 1;
      for (let at = right[node]; at < right[node] + threshold[node]; at++)
        if (shareClass[at] === wanted) shares[node] = sharePart[at] / 255;
      continue;
    }
    const [one, other] = [node + 1, right[node]];
    leaves[node] = leaves[one] + leaves[other];
    shares[node] = (shares[one] * leaves[one] + shares[other] * leaves[other]) / leaves[node];
  }
  return shares;
}
