/** `npm run check`: every static check, side by side; speaks at length only of what failed. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const checks: Readonly<Record<string, readonly string[]>> = {
  biome: ['biome', 'check', '--error-on-warnings', '--max-diagnostics=50', '.'],
  tsc: ['tsc', '--pretty', 'false'],
  floors: ['depcruise', ...['src', 'test', 'bench', 'scripts'].filter((path) => existsSync(path))],
  knip: ['knip', '--no-progress'],
  console: ['sh', '-c', 'sh scripts/install.sh console && cd console && node_modules/.bin/tsc'],
};

const started = performance.now();
const passed = await Promise.all(Object.entries(checks).map(([name, argv]) => check(name, argv)));
console.log(`${((performance.now() - started) / 1_000).toFixed(1)} s`);
process.exitCode = passed.every(Boolean) ? 0 : 1;

async function check(name: string, [program, ...args]: readonly string[]): Promise<boolean> {
  const from = performance.now();
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve).on('error', reject);
  });
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  const seconds = ((performance.now() - from) / 1_000).toFixed(1);
  if (status === 0) console.log(`ok    ${name} (${seconds} s)`);
  else console.log(`FAIL  ${name} (${seconds} s)\n${out}${err}`);
  return status === 0;
}
