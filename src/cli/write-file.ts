/** Writes a result file whole or not at all; a device or pipe (/dev/stdout) is written to as it is. */
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
export function writeFileWhole(path: string, content: string | Uint8Array): void {
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

/**
 * Keeps what is about to be overwritten, as `PATH.previous`.
 * @returns where it is kept; undefined when there is nothing to keep.
 * @throws UsageError `not-writable`.
 */
export function keepPrevious(path: string): string | undefined {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  const previous = `${path}.previous`;
  writeFileWhole(previous, readFileSync(path));
  return previous;
}

/**
 * Refuses outputs that would overwrite an input or each other, or whose folder is missing, before any work is done.
 * @throws UsageError `output-is-input`, `same-output`, `not-writable`.
 */
export function checkOutputs(inputs: readonly string[], outputs: readonly string[]): void {
  const taken = new Set(inputs.map(placeOf));
  const used = new Set<string>();
  for (const path of outputs) {
    const place = placeOf(path);
    if (!(statSync(path, { throwIfNoEntry: false })?.isFile() ?? true)) continue;
    if (taken.has(place)) {
      throw new UsageError(
        'output-is-input',
        `${path} is read in this run; write to another file.`,
      );
    }
    if (used.has(place)) {
      throw new UsageError('same-output', `two outputs would be ${path}; give each its own file.`);
    }
    used.add(place);
    if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) {
      throw new UsageError('not-writable', `cannot write ${path}: ${REASONS.ENOENT}.`);
    }
  }
}

/** Where a path leads, whether or not the file is there yet. */
function placeOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(placeOf(folder), basename(path));
  }
}
