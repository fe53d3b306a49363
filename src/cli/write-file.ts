/** Writes a result file whole or not at all; a device or pipe (/dev/stdout) is written to as it is. */
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { UsageError } from '../base/index.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist; make it first',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'that place is read-only',
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a folder; name a file in it',
};

/** @throws UsageError `not-writable`. */
export function writeFileWhole(path: string, content: string): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing && !existing.isFile()) {
      writeFileSync(path, content);
      return;
    }
    writeFileSync(unfinished, content);
    // A link keeps leading to the file; only what it leads to is replaced.
    renameSync(unfinished, existing ? realpathSync(path) : path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const reason = REASONS[code] ?? String(error);
    throw new UsageError('not-writable', `cannot write ${path}: ${reason}.`, { cause: error });
  }
}
