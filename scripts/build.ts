/** `npm run build`: src → dist, JavaScript and types by tsc, data files copied beside them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync, statSync } from 'node:fs';
import { extname } from 'node:path';

const CODE = new Set(['.ts', '.md']);

rmSync('dist', { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
cpSync('src', 'dist', {
  recursive: true,
  filter: (path) =>
    statSync(path).isDirectory() ? !path.endsWith('fixtures') : !CODE.has(extname(path)),
});
chmodSync('dist/cli/main.js', 0o755);
