/** The data folder: what lies where, and that nobody else reads it. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, unreadable } from '../../base/index.ts';

export interface DataFolder {
  readonly path: string;
  readonly database: string;
  readonly keys: string;
  /** Erasures of people, which a restore does not take back. */
  readonly erasures: string;
  /** Captures on their way in. */
  readonly uploads: string;
  /** Captures that wait for their audit, or are kept after it. */
  readonly captures: string;
  /** One folder for each running worker. */
  readonly work: string;
  /** Where the command line reaches a running instance. */
  readonly socket: string;
}

/** What lies where in a data folder, whether or not it is there. */
export function dataFolderAt(path: string): DataFolder {
  return {
    path,
    database: join(path, 'fleetward.sqlite'),
    keys: join(path, 'keys.json'),
    erasures: join(path, 'erasures.jsonl'),
    uploads: join(path, 'uploads'),
    captures: join(path, 'captures'),
    work: join(path, 'work'),
    socket: join(path, 'control.sock'),
  };
}

/** What a path of a socket may be long, in bytes, on every system. */
export const SOCKET_PATH_MAX = 103;

/** Makes what is missing. @throws InputError `data-folder` when it cannot be made. */
export function dataFolder(path: string): DataFolder {
  const folder = dataFolderAt(path);
  if (Buffer.byteLength(folder.socket) > SOCKET_PATH_MAX)
    throw new InputError(
      'data-folder',
      `the path ${path} is too long for a socket in it; choose a folder nearer to the root.`,
    );
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
