import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { UsageError } from '../base/index.ts';
import { commands } from './commands.ts';
import { Output } from './output.ts';
import { runProgram } from './program.ts';

async function run(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [stdout, stderr].map((stream) => new Output(stream, { colour: false }));
  const said = Promise.all([text(stdout), text(stderr)]);
  const end = async () => {
    await Promise.all([out!.drain(), err!.drain()]);
    stdout.end();
    stderr.end();
    const [printed, noted] = await said;
    return { printed, noted };
  };
  try {
    const exitCode = await runProgram(args, {
      out: out!,
      err: err!,
      env: {},
      version: '1.2.3',
      signal: new AbortController().signal,
      cleansUp: () => {},
    });
    return { exitCode, error: undefined, ...(await end()) };
  } catch (error) {
    return { exitCode: undefined, error: error as Error, ...(await end()) };
  }
}

test('every command can be loaded under its own name, with examples', async () => {
  for (const [name, load] of Object.entries(commands)) {
    const definition = await load();
    expect(definition.name).toBe(name);
    expect(definition.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(definition.examples.length).toBeGreaterThan(0);
    expect(definition.examples[0]?.[0].split(' ')[0]).toBe(name);
    for (const [line] of definition.examples)
      expect(Object.keys(commands)).toContain(line.split(' ')[0]);
  }
});

test('the help of every command shows its examples and the common options', async () => {
  for (const name of Object.keys(commands)) {
    const { printed, exitCode } = await run(name, '--help');
    expect(exitCode).toBe(0);
    expect(printed).toContain(`Usage: fleetward ${name}`);
    expect(printed).toContain(`Examples:\n`);
    expect(printed).toContain(`  fleetward ${name}`);
    expect(printed).toContain('--json');
  }
});

test('no command at all is a usage error that shows the help', async () => {
  const { exitCode, noted } = await run();
  expect(exitCode).toBe(2);
  expect(noted).toContain('Usage: fleetward');
});

test.each([
  [['complétion'], "unknown command 'complétion'. Did you mean completion? See fleetward --help."],
  [
    ['completion', 'bash', '--jsn'],
    "unknown option '--jsn'. Did you mean --json? See fleetward completion --help.",
  ],
  [['completion'], "missing required argument 'shell'. See fleetward completion --help."],
  [['constructor'], "unknown command 'constructor'. See fleetward --help."],
])('%j is refused in one sentence', async (args, message) => {
  const { error } = await run(...args);
  expect(error).toBeInstanceOf(UsageError);
  expect(error?.message).toBe(message);
});

test('common options may stand before and after the command', async () => {
  for (const args of [
    ['--json', 'completion', 'fish'],
    ['completion', 'fish', '--json'],
  ]) {
    const { printed } = await run(...args);
    expect(JSON.parse(printed)).toMatchObject({ shell: 'fish' });
  }
});
