import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  ExitCode,
  FleetwardError,
  InputError,
  InternalError,
  UsageError,
  unreadable,
} from './errors.ts';

test('each error knows its code, its exit code, its name and its cause', () => {
  const cause = new Error('below');
  const error = new InputError('file-cut', 'the file ends early.', { cause, offset: 24 });
  expect(error).toBeInstanceOf(FleetwardError);
  expect(error).toMatchObject({
    name: 'InputError',
    code: 'file-cut',
    exitCode: 3,
    offset: 24,
    cause,
  });
  expect(new UsageError('a', 'b').exitCode).toBe(ExitCode.usage);
  expect(new InternalError('a', 'b').exitCode).toBe(ExitCode.internal);
});

test.each([
  [
    '/nowhere/x.pcap',
    'file-missing',
    /^cannot read \/nowhere\/x\.pcap: there is no such file; .*\.$/,
  ],
  ['/', 'file-is-folder', /it is a folder; name a file in it\.$/],
])('reading %s says what to do', (path, code, sentence) => {
  let caught: unknown;
  try {
    readFileSync(path);
  } catch (error) {
    caught = unreadable(path, error);
  }
  expect(caught).toMatchObject({ code, message: expect.stringMatching(sentence) });
});
