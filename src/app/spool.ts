/** Copies standard input into a private temporary file, so that it can be read twice. */
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { CaptureFile } from '../capture/index.ts';

export interface Spooled {
  readonly files: readonly CaptureFile[];
  /** Removes the copies. */
  remove(): void;
}

export async function spool(files: readonly CaptureFile[]): Promise<Spooled> {
  if (!files.some(({ path }) => path === '-')) return { files, remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-'));
  const copy = join(folder, 'standard-input');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await pipeline(process.stdin, createWriteStream(copy, { mode: 0o600 }));
  } catch (error) {
    remove();
    throw error;
  }
  const { size } = statSync(copy);
  return {
    files: files.map((file) => (file.path === '-' ? { ...file, path: copy, size } : file)),
    remove,
  };
}
