/** Step 2: teaching a model of behaviour, judging a device by it, and its size. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import {
  type Example,
  examplesOf,
  labelledCaptures,
  readModelFile,
} from '../src/fleet/behaviour/index.ts';
import { fleetward, inTurns, type Row, root } from './measure.ts';

const ROUNDS = 3;
const JUDGED = 2000;

export async function rows(): Promise<Row[]> {
  const data = `${env.FLEETWARD_DATA ?? `${root}../shared/data`}/iot-sentinel`;
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-bench-'));
  try {
    const path = join(folder, 'site.model');
    const args = ['--quiet', 'train', 'identify', data, '--out', path];
    const runs = inTurns([{ name: 'train', command: fleetward, args }], ROUNDS);
    const examples: Example[] = [];
    for (const capture of labelledCaptures(data)) examples.push(...(await examplesOf(capture)));
    const taught = `${new Set(examples.map(({ type }) => type)).size} types`;
    const judged_ms = judging(path, examples);
    const size = statSync(path).size / 1e6;
    const train_s = runs.get('train')?.wall_s ?? Number.NaN;
    return [
      {
        work: `train identify on ${examples.length} captures of ${taught}, process start included`,
        value: train_s,
        unit: 's',
        peer: '–',
        bar: '≤ 10 s',
        met: train_s <= 10,
      },
      {
        work: 'judge a device by its behaviour, with reasons',
        value: judged_ms,
        unit: 'ms',
        peer: '–',
        bar: '≤ 1 ms',
        met: judged_ms <= 1,
      },
      {
        work: 'the model’s file',
        value: size,
        unit: 'MB',
        peer: '–',
        bar: '≤ 2 MB',
        met: size <= 2,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds for one device. */
function judging(path: string, examples: readonly Example[]): number {
  const model = readModelFile(path);
  const judge = (count: number): void => {
    for (let at = 0; at < count; at++) {
      const { traits } = examples[at % examples.length];
      model.reasons(traits, model.judge([traits]).nearest);
    }
  };
  judge(JUDGED / 4);
  const started = performance.now();
  judge(JUDGED);
  return (performance.now() - started) / JUDGED;
}
