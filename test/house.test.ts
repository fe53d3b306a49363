/** The rules of the house bite: each planted violation is found by name. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-house-'));
  for (const file of ['package.json', '.dependency-cruiser.mjs']) {
    copyFileSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The names of the rules that these files break. */
function broken(files: Readonly<Record<string, string>>): string[] {
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'src', file)), { recursive: true });
    writeFileSync(join(folder, 'src', file), source);
  }
  const { stdout } = spawnSync('depcruise', ['src', '--output-type', 'json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string } }[] };
  };
  return [...new Set(summary.violations.map(({ rule }) => rule.name))];
}

test('importing down the floors through faces is fine', () => {
  const files = {
    'base/index.ts': 'export const one = 1;',
    'fleet/index.ts': "import { one } from '../base/index.ts';\nexport const two = one + 1;",
    'audit/index.ts': "import { two } from '../fleet/index.ts';\nexport const three = two + 1;",
  };
  expect(broken(files)).toEqual([]);
});

test.each([
  ['a room reaches up', 'floor-of-base', 'base/index.ts', "export { x } from '../fleet/index.ts';"],
  [
    'a room reaches up for a type',
    'floor-of-base',
    'base/index.ts',
    "export type { x } from '../fleet/index.ts';",
  ],
  [
    'a practice imports a practice',
    'floor-of-audit',
    'audit/index.ts',
    "export { x } from '../ledger/index.ts';",
  ],
  ['a face is passed', 'face', 'audit/index.ts', "export { x } from '../fleet/device.ts';"],
  [
    'a room has no floor',
    'room-is-on-a-floor',
    'helpers/index.ts',
    "export { x } from '../base/one.ts';",
  ],
  [
    'sources need what is not published',
    'published-dependencies',
    'app/index.ts',
    "import 'fast-check';",
  ],
  ['an import leads nowhere', 'resolvable', 'app/index.ts', "import './nowhere.ts';"],
])('%s: %s', (_case, rule, file, source) => {
  const others = ['fleet/index.ts', 'fleet/device.ts', 'ledger/index.ts', 'base/one.ts'];
  const files = Object.fromEntries(
    others.map((name) => [name, 'export type x = 1; export const x = 1;']),
  );
  expect(broken({ ...files, [file]: source })).toContain(rule);
});

test('files that need each other are a cycle', () => {
  const files = { 'base/a.ts': "export * from './b.ts';", 'base/b.ts': "export * from './a.ts';" };
  expect(broken(files)).toContain('no-cycle');
});
