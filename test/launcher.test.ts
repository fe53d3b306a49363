/** The launcher, in a folder of its own with a pretended npm: no network, no real installation. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const tools = [
  'sh',
  'cat',
  'cmp',
  'cp',
  'dirname',
  'find',
  'grep',
  'mkdir',
  'mv',
  'readlink',
  'rm',
  'sleep',
  'tail',
];

let folder: string;
let bin: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward launcher '));
  bin = join(folder, 'bin');
  mkdirSync(join(folder, 'src/cli'), { recursive: true });
  mkdirSync(join(folder, 'scripts'));
  mkdirSync(bin);
  copyFileSync(join(root, 'fleetward'), join(folder, 'fleetward'));
  copyFileSync(join(root, 'scripts/install.sh'), join(folder, 'scripts/install.sh'));
  writeFileSync(join(folder, 'package-lock.json'), '{"lockfileVersion":3}');
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'src/cli/main.ts'),
    'console.log(JSON.stringify(process.argv.slice(2) as string[]));',
  );
  for (const tool of tools) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), join(bin, tool));
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An npm that counts its calls and then does what `script` says, in the launcher's folder. */
function pretendNpm(script: string): void {
  const npm = join(bin, 'npm');
  writeFileSync(npm, `#!/bin/sh\necho "$@" >>"${folder}/npm-calls"\n${script}\n`);
  chmodSync(npm, 0o755);
}

async function start(
  args: string[] = [],
  { file = join(folder, 'fleetward'), cwd = folder, node = process.execPath } = {},
) {
  const child = spawn(file, args, { cwd, env: { PATH: bin, FLEETWARD_NODE: node } });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { out, err, code };
}

const npmCalls = () => readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n').length;

test('the first start installs, says so on stderr, and passes the arguments on', async () => {
  pretendNpm('mkdir -p node_modules');
  const first = await start(['scan', 'a b.pcap', '']);
  expect(first).toMatchObject({ out: '["scan","a b.pcap",""]\n', code: 0 });
  expect(first.err).toMatch(/^fleetward: installing dependencies .*\n$/);
  expect(await start()).toMatchObject({ out: '[]\n', err: '', code: 0 });
  expect(npmCalls()).toBe(1);
});

test('a changed lock file installs again', async () => {
  pretendNpm('mkdir -p node_modules');
  await start();
  writeFileSync(join(folder, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}');
  await start();
  expect(npmCalls()).toBe(2);
});

test('it works through a chain of links and from another folder', async () => {
  pretendNpm('mkdir -p node_modules');
  symlinkSync('fleetward', join(folder, 'second'));
  symlinkSync(join(folder, 'second'), join(bin, 'first'));
  expect(await start(['x'], { file: join(bin, 'first'), cwd: dirname(root) })).toMatchObject({
    out: '["x"]\n',
    code: 0,
  });
});

test.each([
  ['22.22.1', false],
  ['24.8.3', false],
  ['24.9.0', true],
  ['24.21.0', true],
  ['26.0.0', true],
])('a Node %s on the path is taken: %s', async (version, taken) => {
  pretendNpm('mkdir -p node_modules');
  const node = join(bin, 'node');
  writeFileSync(
    node,
    `#!/bin/sh\n[ "$1" = -p ] && echo ${version} || exec "${process.execPath}" "$@"\n`,
  );
  chmodSync(node, 0o755);
  const { code, out, err } = await start(['x'], { node: '' });
  if (taken) expect({ code, out }).toEqual({ code: 0, out: '["x"]\n' });
  else {
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(err).toContain('fleetward: Node.js 24.9 or newer is needed: ');
  }
});

test('three starts at once install once', async () => {
  pretendNpm('sleep 0.5; mkdir -p node_modules');
  const starts = await Promise.all([start(), start(), start()]);
  expect(starts.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(npmCalls()).toBe(1);
  expect(existsSync(join(folder, '.fleetward-install.lock'))).toBe(false);
});

test('the lock of a start that was killed is taken over', async () => {
  pretendNpm('mkdir -p node_modules');
  const { pid } = spawnSync('sh', ['-c', 'exit 0']);
  mkdirSync(join(folder, '.fleetward-install.lock'));
  writeFileSync(join(folder, '.fleetward-install.lock/pid'), `${pid}\n`);
  expect(await start()).toMatchObject({ code: 0 });
});

test('an installation that was cut off is done again', async () => {
  pretendNpm('mkdir -p node_modules; exit 1');
  expect(await start()).toMatchObject({ code: 4, out: '' });
  pretendNpm('mkdir -p node_modules');
  expect(await start()).toMatchObject({ code: 0 });
});

test.each([
  ['npm is missing', undefined, /^fleetward: npm is missing: install .*\.\n$/],
  [
    'the network is missing',
    'echo "npm error code ENOTFOUND" >&2; exit 1',
    /fleetward: the npm registry cannot be reached: check .*\.\n$/,
  ],
  [
    'npm fails otherwise',
    'echo "npm error disk full" >&2; exit 1',
    /npm error disk full\nfleetward: npm ci failed .*\.\n$/,
  ],
])('%s: one sentence says what to do', async (_case, script, sentence) => {
  if (script !== undefined) pretendNpm(script);
  const { err, code } = await start();
  expect(err).toMatch(sentence);
  expect(code).toBe(4);
});
