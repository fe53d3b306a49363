/** What npm publishes, as a stranger gets it: packed, installed in an empty folder, run by npx. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const INSTALL_MS_MAX = 180_000;
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fleetward-package-'));

// Without what the npm that runs this test says of itself, and with this Node first.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|VITEST)/.test(name)),
);
env.PATH = [dirname(process.execPath), env.PATH].join(delimiter);

function run(cwd: string, program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args[0]} failed:\n${stdout}${stderr}`);
  return stdout;
}

beforeAll(() => {
  run(root, 'npm', 'pack', '--loglevel=error', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  run(folder, 'npm', 'install', '--prefer-offline', '--loglevel=error', `./${tarball}`);
}, INSTALL_MS_MAX);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('npx fleetward --version runs the built JavaScript', () => {
  expect(run(folder, 'npx', '--no-install', 'fleetward', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('help loads every command from the package', () => {
  expect(run(folder, 'npx', '--no-install', 'fleetward', '--help')).toContain('completion');
});

test('the package holds what it promises, and no sources or tests', () => {
  const installed = join(folder, 'node_modules/fleetward');
  const files = readdirSync(installed, { recursive: true }) as string[];
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'NOTICE',
      'README.md',
      'dist/cli/main.js',
      'dist/cli/main.d.ts',
    ]),
  );
  expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([]);
});
