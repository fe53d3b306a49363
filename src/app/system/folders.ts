/** The data folder: what lies where, and that nobody else reads it. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, unreadable } from '../../base/index.ts';

export interface DataFolder {
  readonly path: string;
  readonly database: string;
  readonly keys: string;
  /** Captures on their way in. */
  readonly uploads: string;
  /** Captures that wait for their audit, or are kept after it. */
  readonly captures: string;
  /** One folder for each running worker. */
  readonly work: string;
  /** Where the command line reaches a running instance. */
  readonly socket: string;
}

/** Makes what is missing. @throws InputError `data-folder` when others may read it, or it cannot be made. */
export function dataFolder(path: string): DataFolder {
  const folder: DataFolder = {
    path,
    database: join(path, 'fleetward.sqlite'),
    keys: join(path, 'keys.json'),
    uploads: join(path, 'uploads'),
    captures: join(path, 'captures'),
    work: join(path, 'work'),
    socket: join(path, 'control.sock'),
  };
  try {
    for (const part of [path, folder.uploads, folder.captures, folder.work])
      mkdirSync(part, { recursive: true, mode: 0o700 });
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
  } catch (error) {
    const { code, message } = unreadable(path, error);
    throw new InputError('data-folder', `the data folder cannot be used (${code}): ${message}`, {
      cause: error,
    });
  }
  return folder;
}
