import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Output } from './output.ts';
import { Progress } from './progress.ts';

/** Runs `steps` of [milliseconds since the start, done] and returns what was written. */
async function written(
  steps: readonly (readonly [number, number])[],
  { terminal, total }: { terminal: boolean; total?: number },
): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY: terminal, columns: 80 });
  const err = new Output(stream, { colour: false });
  let now = 0;
  const progress = new Progress(err, 'Reading', 'bytes', total, () => now);
  for (const [at, done] of steps) {
    now = at;
    progress.at(done);
  }
  progress.done();
  await err.drain();
  return String(stream.read() ?? '');
}

test('work of less than two seconds says nothing', async () => {
  expect(
    await written(
      [
        [500, 1e6],
        [1_999, 2e6],
      ],
      { terminal: true, total: 4e6 },
    ),
  ).toBe('');
});

test('a terminal gets one line that is overwritten, and taken away at the end', async () => {
  expect(
    await written(
      [
        [2_000, 1e6],
        [2_050, 2e6],
      ],
      { terminal: true, total: 4e6 },
    ),
  ).toBe('\r\x1b[2KReading: 25 %, 500.0 kB/s, 6 s left\r\x1b[2K');
});

test('a log gets a line every five seconds', async () => {
  const steps = [
    [2_000, 2e6],
    [4_000, 4e6],
    [7_000, 7e6],
  ] as const;
  expect(await written(steps, { terminal: false })).toBe(
    'Reading: 2.0 MB, 1.0 MB/s\nReading: 7.0 MB, 1.0 MB/s\n',
  );
});
