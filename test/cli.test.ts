/** The command line as a process: exit codes, streams, signals and the speed of a start. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const main = join(root, 'src/cli/main.ts');

function fleetward(args: string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
  });
}

test('--version prints the version of package.json', () => {
  expect(fleetward(['--version'])).toMatchObject({
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
    status: 0,
  });
});

test.each([
  ['22.22.1', false],
  ['24.8.0', false],
  ['24.9.0', true],
  ['24.10.0', true],
  ['26.0.0', true],
])('on Node %s it runs: %s; on an old one it says which is needed', (version, runs) => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, main, '--version'],
    { encoding: 'utf8' },
  );
  if (runs) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  else {
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toBe(
      `fleetward: Node.js 24.9 or newer is needed, and this is ${version}: install it, then run this again.\n`,
    );
  }
});

test('help goes to stdout without colour where no terminal is', () => {
  const { stdout, stderr, status } = fleetward(['--help']);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout).toContain('Usage: fleetward');
  expect(stdout).not.toContain('\x1b');
});

test('FORCE_COLOR paints, NO_COLOR and --no-color win over it', () => {
  expect(fleetward(['--help'], { FORCE_COLOR: '1' }).stdout).toContain('\x1b[1m');
  expect(fleetward(['--help'], { FORCE_COLOR: '1', NO_COLOR: '1' }).stdout).not.toContain('\x1b');
  expect(fleetward(['--help', '--no-color'], { FORCE_COLOR: '1' }).stdout).not.toContain('\x1b');
});

test('a usage error is one sentence on stderr and exit code 2, or JSON when asked', () => {
  expect(fleetward(['completion', 'tcsh'])).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(
      /^fleetward: command-argument value 'tcsh' is invalid.* Allowed choices are .*\.\n$/,
    ),
    status: 2,
  });
  const { stderr, status } = fleetward(['completion', 'tcsh', '--json']);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'invalid-argument' } });
  expect(status).toBe(2);
});

test('what came from the command line is escaped before it is shown', () => {
  expect(fleetward(['\x1b[2Jx']).stderr).toBe(
    "fleetward: unknown command '\\x1b[2Jx'. See fleetward --help.\n",
  );
});

test('a reader that goes away ends it quietly', async () => {
  const child = spawn(process.execPath, [main, 'completion', 'bash'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ said, code }).toEqual({ said: '', code: 141 });
});

test('Ctrl-C ends it at once with 130 and without a word', async () => {
  const child = spawn(process.execPath, [main, 'decode', '-'], { stdio: 'pipe' });
  child.stdin.write(readFileSync(join(root, 'examples/site.pcap'))); // and leave it open
  await once(child.stdout, 'data');
  child.stdout.resume();
  child.kill('SIGINT');
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ said, code }).toEqual({ said: '', code: 130 });
});

test.each(['bash', 'zsh', 'fish'])('the completion script for %s completes commands', (shell) => {
  expect(fleetward(['completion', shell]).stdout).toContain('completion');
});

test('bash completes commands, values and options with the script', () => {
  const script = fleetward(['completion', 'bash']).stdout;
  const complete = (...words: string[]) => {
    const line = words.map((word) => `'${word}'`).join(' ');
    const { stdout } = spawnSync(
      'bash',
      [
        '-c',
        `${script}
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _fleetward; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { encoding: 'utf8' },
    );
    return stdout.trim().split('\n');
  };
  expect(complete('fleetward', 'compl')).toEqual(['completion']);
  expect(complete('fleetward', 'completion', 'b')).toEqual(['bash']);
  expect(complete('fleetward', 'completion', '--js')).toEqual(['--json']);
});

test.skipIf(process.platform !== 'linux')(
  'a full disk is said in one sentence, and no fault of ours',
  () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [main, 'controls'], {
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'fleetward: cannot write the output: the disk is full.\n',
    });
  },
);
