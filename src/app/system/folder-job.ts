/** The job that audits what is new in a folder that the configuration names, when a schedule says so. */
import { join } from 'node:path';
import { z } from 'zod';
import { LimitError, NotFoundError, unreadable } from '../../base/index.ts';
import type { JobKind } from '../../bus/index.ts';
import { auditOnce, capturesIn, type FolderParts, isQuiet, type WatchedFolder } from './watch.ts';

export const FOLDER_JOB = 'audit-folder';

export const folderJobInput = z.strictObject({
  folder: z.string().max(4096).describe('one that the configuration names for schedules'),
});

/** Its result says how many audits it began. */
export function folderJob(
  parts: () => FolderParts,
  folders: readonly WatchedFolder[],
): JobKind<typeof folderJobInput> {
  return {
    kind: FOLDER_JOB,
    input: folderJobInput,
    async run({ actor, signal, progress }, { folder }) {
      const { site } = folderNamed(folders, folder);
      const { store } = parts();
      let audits = 0;
      const names = readFolder(folder);
      for (const [i, name] of names.entries()) {
        signal.throwIfAborted();
        progress(i / names.length, name);
        const path = join(folder, name);
        if (!isQuiet(path, store.clock.now())) continue;
        try {
          const made = await auditOnce(
            ...([parts(), { path, name, site }, { actor, source: 'schedule' }] as const),
          );
          if (made !== undefined) audits++;
        } catch (error) {
          // The rest waits for the next time.
          if (error instanceof LimitError) break;
          throw error;
        }
      }
      return { audits };
    },
  };
}

/** @throws NotFoundError `folder-unknown` */
export function folderNamed(folders: readonly WatchedFolder[], folder: string): WatchedFolder {
  const found = folders.find((one) => one.when === 'schedule' && one.folder === folder);
  if (found !== undefined) return found;
  throw new NotFoundError(
    'folder-unknown',
    'the configuration names no such folder for schedules (watch, with when: schedule).',
  );
}

function readFolder(folder: string): string[] {
  try {
    return capturesIn(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
}
