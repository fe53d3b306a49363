/** What npm publishes, as a stranger gets it: packed, installed in an empty folder, run by npx. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const INSTALL_MS_MAX = 180_000;
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fleetward-package-'));
const installed = join(folder, 'node_modules/fleetward');

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

test('it reads a capture that it ships', () => {
  const capture = join(installed, 'examples/captures/mqtt5-publish-qos2.pcap');
  const lines = run(folder, 'npx', '--no-install', 'fleetward', 'decode', capture, '--json').trim();
  expect(lines.split('\n').map((line) => JSON.parse(line).protocol)).toContain('mqtt');
});

test('it can be imported, with types', () => {
  const faces = run(folder, 'node', '-e', "console.log(Object.keys(await import('fleetward')))");
  expect(faces).toContain('decodeCaptures');
  const { types } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  expect(existsSync(join(installed, types))).toBe(true);
});

test('the package holds what it promises, and no sources or tests', () => {
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
