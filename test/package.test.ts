/** What npm publishes, as a stranger gets it: packed, installed in an empty folder, run by npx. */
import { spawnSync } from 'node:child_process';
import {
  type Dirent,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

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

const npx = (...args: string[]): string => run(folder, 'npx', '--no-install', 'fleetward', ...args);

beforeAll(() => {
  run(root, 'npm', 'pack', '--loglevel=error', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  run(folder, 'npm', 'install', '--prefer-offline', '--loglevel=error', `./${tarball}`);
}, INSTALL_MS_MAX);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('npx fleetward --version runs the built JavaScript', () => {
  expect(npx('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('help loads every command from the package', () => {
  expect(npx('--help')).toContain('completion');
});

test('it scans the site that it ships, with every output, and names defaults and vendors', () => {
  const site = join(installed, 'examples/site.pcap');
  const report = JSON.parse(
    npx(
      ...['scan', site, '--json', '--html', 'r.html', '--sarif', 'r.sarif'],
      ...['--save-evidence', 'evidence', '--standard', 'etsi-303645'],
      ...['--expect', join(installed, 'examples/expectations.yaml')],
    ),
  );
  // What needs data: the published default credentials, and the IEEE registry.
  const controls = report.findings.map(({ control }: { control: string }) => control);
  expect(controls).toContain('AN-01');
  const camera = report.devices.find(({ mac }: { mac: string }) => mac === '08:ea:40:3f:2a:10');
  expect(camera.vendor).toMatch(/BILIAN/);
  expect(report.coverage).toHaveLength(2);
  for (const name of ['r.html', 'r.sarif', 'evidence/index.json']) {
    expect(existsSync(join(folder, name))).toBe(true);
  }
  writeFileSync(join(folder, 'baseline.json'), JSON.stringify(report));
  expect(() => npx('scan', site, '--baseline', 'baseline.json', '--fail-on', 'low')).not.toThrow();
});

test('its demo runs', () => {
  expect(npx('demo')).toContain('tcpdump -i');
});

test('it reads a capture that it ships', () => {
  const capture = join(installed, 'examples/captures/mqtt5-publish-qos2.pcap');
  const lines = npx('decode', capture, '--json').trim();
  expect(lines.split('\n').map((line) => JSON.parse(line).protocol)).toContain('mqtt');
});

test('it can be imported, with types', () => {
  const faces = run(folder, 'node', '-e', "console.log(Object.keys(await import('fleetward')))");
  expect(faces).toContain('decodeCaptures');
  const { types } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  expect(existsSync(join(installed, types))).toBe(true);
});

describe('the package', () => {
  const filesOf = () =>
    (readdirSync(installed, { recursive: true, withFileTypes: true }) as Dirent[])
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(installed, join(parentPath, name)));

  test('holds what it promises', () => {
    expect(filesOf()).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'NOTICE', 'README.md', 'dist/cli/main.js', 'dist/app/index.d.ts'],
        ...['examples/site.pcap', 'examples/SOURCES.md', 'examples/licences/zeek-BSD-3-Clause.txt'],
        ...['dist/audit/data/default-credentials.json', 'docs/report.schema.json'],
      ]),
    );
  });

  test('holds no sources, tests, fixtures, scripts or what only tests use', () => {
    const unwanted =
      /(?<!\.d)\.ts$|\.test\.|\/testing\.|fixtures\/|vectors\/|^(src|test|bench|scripts)\/|\.sh$|\.log$|\.map$/;
    expect(filesOf().filter((file) => unwanted.test(file))).toEqual([]);
  });

  test('stays small, and needs no more packages than it has reason for', () => {
    const size = filesOf().reduce((sum, file) => sum + statSync(join(installed, file)).size, 0);
    // A quarter of it is the built console.
    expect(size).toBeLessThan(10 * 1024 * 1024);
    const others = readdirSync(join(folder, 'node_modules')).filter((name) => !/^\./.test(name));
    expect(others.length).toBeLessThan(130);
  });

  test('says which Node it needs, as the program does', () => {
    const { engines } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(engines.node).toBe('>=24.9');
  });
});
