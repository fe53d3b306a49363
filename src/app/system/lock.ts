/**
 * One instance for a data folder. The lock is one of SQLite's on a file of its own, which the kernel takes away with the
 * process however it ends; there is nothing to clean up after a crash.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConflictError, InputError } from '../../base/index.ts';

export interface FolderLock {
  release(): void;
}

const FILE = 'instance.lock';

/**
 * @throws ConflictError `already-running` when another process has the folder; InputError `data-folder` when it cannot
 *   be written.
 */
export function lockFolder(path: string): FolderLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(path, FILE), { timeout: 0 });
    database.exec('begin exclusive');
    const held = database;
    return { release: () => held.close() };
  } catch (error) {
    database?.close();
    const message = error instanceof Error ? error.message : String(error);
    if (/locked|busy/i.test(message))
      throw new ConflictError(
        'already-running',
        `another instance has the data folder ${path}; stop it first, or name another with --data.`,
        { cause: error },
      );
    throw new InputError(
      'data-folder',
      `the data folder ${path} cannot be written (${message}); check its permissions and the disk.`,
      { cause: error },
    );
  }
}
