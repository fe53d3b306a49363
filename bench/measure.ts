/** Timing of whole processes, ours and the peers', in turns on one core, and the rows that come of it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One line of the table. `ratio` is how many times better than the peer. */
export interface Row {
  readonly work: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  readonly peerValue?: number;
  readonly ratio?: number;
  readonly bar: string;
  readonly met: boolean;
}

export interface Run {
  readonly wall_s: number;
  /** User and system time of the process and its children. */
  readonly cpu_s: number;
  readonly peak_bytes: number;
  readonly output: string;
}

export const root = fileURLToPath(new URL('..', import.meta.url));
/** Our processes keep compiled code between starts, as the launcher has it. */
const compileCache = `${root}node_modules/.cache/node`;
export const fleetward = `${root}fleetward`;

/** Runs a command once on one core. @throws Error when it fails. */
export function runOnce(command: string, args: readonly string[]): Run {
  const started = process.hrtime.bigint();
  const done = spawnSync(
    'taskset',
    ['-c', '0', '/usr/bin/time', '-f', 'measured %U %S %M', command, ...args],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      cwd: root,
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    },
  );
  const wall_s = Number(process.hrtime.bigint() - started) / 1e9;
  if (done.error) throw done.error;
  const measured = /measured ([\d.]+) ([\d.]+) (\d+)\s*$/.exec(done.stderr);
  if (!measured || done.status !== 0)
    throw new Error(`${command} failed: ${done.stderr.slice(-500)}`);
  return {
    wall_s,
    cpu_s: Number(measured[1]) + Number(measured[2]),
    peak_bytes: Number(measured[3]) * 1024,
    output: done.stdout,
  };
}

export interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Runs contestants in turns, so that what else the machine does strikes all alike.
 * @returns each one's best run: the one the machine disturbed least.
 */
export function inTurns(contestants: readonly Contestant[], rounds: number): Map<string, Run> {
  const best = new Map<string, Run>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, args } of contestants) {
      const run = runOnce(command, args);
      const before = best.get(name);
      if (!before || run.wall_s < before.wall_s) best.set(name, run);
    }
  }
  return best;
}

/** A row that compares how much work a second two processes do; each value in the work's unit. */
export function comparison(
  work: string,
  unit: string,
  ours: number,
  peer: string,
  theirs: number,
  atLeast: number,
): Row {
  const ratio = ours / theirs;
  return {
    work,
    value: ours,
    unit,
    peer,
    peerValue: theirs,
    ratio,
    bar: `≥ ${atLeast} ×`,
    met: ratio >= atLeast,
  };
}
