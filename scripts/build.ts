/** `npm run build`: src → dist, JavaScript and types by tsc, data files copied beside them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';

const COMPILED_OR_FOR_READERS = new Set(['.ts', '.md']);

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status === 0) {
  cpSync('src', 'dist', { recursive: true, filter: isData });
  chmodSync('dist/cli/main.js', 0o755);
}
process.exitCode = status ?? 1;

function isData(path: string): boolean {
  if (statSync(path).isDirectory()) return basename(path) !== 'fixtures';
  return !COMPILED_OR_FOR_READERS.has(extname(path));
}
