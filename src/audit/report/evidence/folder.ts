/**
 * The folder that evidence is written to: private to its owner, and never somebody else's. Symbolic links are not
 * followed; what an earlier run left there is replaced, anything else is a reason to stop.
 */
import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../../base/index.ts';

export const EVIDENCE_SCHEMA = 'urn:fleetward:evidence:1';
export const INDEX_NAME = 'index.json';
/** What this program calls its slices; only such files are ever removed. */
const SLICE_NAME = /^[A-Za-z0-9][A-Za-z0-9.-]*\.pcapng$/;
const INDEX_BYTES_MAX = 64 * 1024 * 1024;

export class EvidenceFolder {
  readonly #path: string;

  /** @throws InputError `evidence-folder` when it is not empty and not of an earlier run, or cannot be made. */
  constructor(path: string) {
    this.#path = path;
    this.#orSay(() => {
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (!found) {
        mkdirSync(path, { recursive: true, mode: 0o700 });
        return;
      }
      if (!found.isDirectory()) {
        throw refused(`${path} is not a folder (links are not followed); name another`);
      }
      this.#empty();
      chmodSync(path, 0o700);
    });
  }

  /** Creates a file that only its owner can read. */
  write(name: string, content: Uint8Array | string): void {
    const bytes = Buffer.from(content as Uint8Array);
    this.#orSay(() => {
      const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW = 0 } = constants;
      const file = openSync(
        join(this.#path, name),
        O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
        0o600,
      );
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      } finally {
        closeSync(file);
      }
    });
  }

  /** Removes what an earlier run wrote. */
  #empty(): void {
    const names = readdirSync(this.#path);
    if (names.length === 0) return;
    const foreign = names.find((name) => name !== INDEX_NAME && !SLICE_NAME.test(name));
    if (foreign !== undefined || !names.includes(INDEX_NAME) || !this.#isOurs()) {
      throw refused(`${this.#path} holds other files; name a new or empty folder for the evidence`);
    }
    for (const name of names) {
      if (!lstatSync(join(this.#path, name)).isDirectory()) unlinkSync(join(this.#path, name));
    }
  }

  #isOurs(): boolean {
    const path = join(this.#path, INDEX_NAME);
    const found = lstatSync(path);
    if (!found.isFile() || found.size > INDEX_BYTES_MAX) return false;
    try {
      const index = JSON.parse(readFileSync(path, 'utf8')) as { schema?: unknown } | null;
      return index?.schema === EVIDENCE_SCHEMA;
    } catch {
      return false;
    }
  }

  #orSay(act: () => void): void {
    try {
      act();
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      const reason = code === 'EACCES' || code === 'EPERM' ? 'this user may not write there' : code;
      throw refused(
        `cannot write evidence to ${this.#path}: ${reason}; name another folder`,
        error,
      );
    }
  }
}

const refused = (message: string, cause?: unknown): InputError =>
  new InputError('evidence-folder', `${message}.`, { cause });
