/** A passphrase from a file: never from the command line, which other users see. */
import { readFileSync, statSync } from 'node:fs';
import { InputError, unreadable } from '../base/index.ts';

const LENGTH_MIN = 12;
const BYTES_MAX = 4096;

/** @throws InputError `passphrase-open`, `passphrase-short`, `file-…`. */
export function readPassphrase(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    const { mode, size } = statSync(path);
    if ((mode & 0o077) !== 0)
      throw new InputError('passphrase-open', `others may read ${path}; run: chmod 600 ${path}`);
    text = size > BYTES_MAX ? '' : readFileSync(path, 'utf8').split(/\r?\n/)[0];
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error);
  }
  if (text.length >= LENGTH_MIN) return text;
  throw new InputError(
    'passphrase-short',
    `the first line of ${path} must be a passphrase of at least ${LENGTH_MIN} characters.`,
  );
}
