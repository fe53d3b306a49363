/**
 * `npm run bench [NAME] [-- --json]`: runs all benchmarks or one, and prints a table, or JSON rows. A benchmark is a
 * file `NAME.bench.ts` in this folder that exports `rows`. Peers run in the same minute on the same core.
 */
import { readdirSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import type { Row } from './measure.ts';

const args = process.argv.slice(2);
const json = args.includes('--json');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const folder = new URL('.', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.slice(0, -'.bench.ts'.length));
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`There is no benchmark “${unknown}”; there are: ${names.join(', ')}.\n`);
  process.exit(2);
}

const rows: Row[] = [];
for (const name of wanted.length > 0 ? wanted : names) {
  process.stderr.write(`${name} …\n`);
  const bench = (await import(new URL(`${name}.bench.ts`, folder).href)) as {
    rows(): Promise<Row[]>;
  };
  rows.push(...(await bench.rows()));
}
if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
else process.stdout.write(`${table(rows)}\n`);

function table(of: readonly Row[]): string {
  const { model } = cpus()[0];
  const day = new Date().toISOString().slice(0, 10);
  const head = `${day}, ${model}, ${cpus().length} cores, ${platform()} ${arch()}, Node ${process.versions.node}`;
  const lines = of.map(({ work, value, unit, peer, peerValue, ratio, bar, met }) => {
    const peerText = peerValue === undefined ? peer : `${peer}: ${number(peerValue)} ${unit}`;
    const ratioText = ratio === undefined ? '' : `${number(ratio)} ×`;
    return `| ${work} | ${number(value)} ${unit} | ${peerText} | ${ratioText} | ${bar} | ${met ? 'met' : 'not met'} |`;
  });
  return [
    head,
    '',
    '| work | measured | peer | ratio | bar | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
