/** `npm run build`: src → dist, JavaScript and types by tsc, data files copied beside them; console → dist/console. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';

const COMPILED_OR_FOR_READERS = new Set(['.ts', '.md']);

// The console is replaced by its own build, so that a running instance does not lose it meanwhile.
for (const entry of entriesOf('dist'))
  if (entry !== 'console') rmSync(join('dist', entry), { recursive: true });
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status === 0) {
  cpSync('src', 'dist', { recursive: true, filter: isData });
  chmodSync('dist/cli/main.js', 0o755);
}
const built =
  status === 0
    ? spawnSync('sh', ['scripts/install.sh', 'console', 'again'], { stdio: 'inherit' }).status
    : status;
process.exitCode = built ?? 1;

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isData(path: string): boolean {
  if (statSync(path).isDirectory()) return basename(path) !== 'fixtures';
  return !COMPILED_OR_FOR_READERS.has(extname(path));
}
