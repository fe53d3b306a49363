/**
 * The fuzzer by hand: `node test/fuzz/run.ts [MUTATIONS] [SEED]` (a million, and a seed from the clock, by default).
 * Prints its figures, and every failure with the seed of its round, which as SEED makes it round 0.
 */
import { corpus } from './corpus.ts';
import { fuzz } from './fuzz.ts';

const [mutations = '1000000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const sets = await corpus();
console.log(`${sets.map(({ length }) => length).join(' + ')} captures, seed ${seed}`);

const from = performance.now();
let said = from;
let failures = 0;
const figures = fuzz(sets, {
  mutations: Number(mutations),
  seed: Number(seed),
  onRound({ rounds, mutations: done, failures: all }) {
    for (; failures < all.length; failures++) {
      const { round, seed: own, what } = all[failures]!;
      console.log(`round ${round}, seed ${own}: ${what}`);
    }
    if (performance.now() - said < 10_000) return;
    said = performance.now();
    console.log(`${done} mutations in ${rounds} rounds, ${((said - from) / 1000).toFixed(0)} s`);
  },
});
const { failures: _, protocols, ...numbers } = figures;
console.log({ ...numbers, protocols: [...protocols].sort().join(' '), failures });
console.log(`${((performance.now() - from) / 1000).toFixed(1)} s`);
process.exitCode = failures === 0 ? 0 : 1;
