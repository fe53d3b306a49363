/**
 * Makes a backup while the system runs: a snapshot of the database as it is at one moment, without what was deleted, and
 * what belongs to it. The key file goes along only under a passphrase: whoever finds an open backup finds no secret.
 */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { type Clock, InputError, UnavailableError, UsageError } from '../../../base/index.ts';
import type { DataFolder } from '../folders.ts';
import { CAPTURES, DATABASE, ERASURES, KEYS, MANIFEST, type Manifest } from './manifest.ts';
import { seal } from './sealed-stream.ts';

export interface BackupOptions {
  readonly version: string;
  readonly clock: Clock;
  /** Absent: the backup is open, and holds no keys. */
  readonly passphrase?: string | undefined;
  /** Also captures that wait or are kept. */
  readonly captures: boolean;
  /** File of erasures. */
  readonly erasures: string;
}

export interface Backup {
  readonly bytes: number;
  readonly files: number;
  readonly sealed: boolean;
}

interface Part {
  readonly name: string;
  readonly path: string;
}

/** @throws InputError `backup-nothing`, `database-damaged`; UnavailableError `backup-failed` when it cannot be written. */
export async function makeBackup(
  folder: DataFolder,
  target: string,
  options: BackupOptions,
): Promise<Backup> {
  if (!existsSync(folder.database))
    throw new InputError(
      'backup-nothing',
      `${folder.path} holds no database; name the data folder with --data. A PostgreSQL database is backed up with pg_dump, and ${folder.keys} beside it.`,
    );
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError('not-writable', `${target} is a folder; name a file in it.`);
  const snapshot = join(folder.work, `backup-${process.pid}.sqlite`);
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    takeSnapshot(folder.database, snapshot);
    const parts = partsOf(folder, snapshot, options);
    await write(unfinished, parts, options);
    await rename(unfinished, target);
    return {
      bytes: statSync(target).size,
      files: parts.length,
      sealed: options.passphrase !== undefined,
    };
  } catch (error) {
    throw error instanceof InputError || error instanceof UsageError
      ? error
      : failed(target, error);
  } finally {
    rmSync(snapshot, { force: true });
    rmSync(unfinished, { force: true });
  }
}

/** Readers of SQLite see one moment, whatever is written meanwhile, and hold nobody up. */
function takeSnapshot(database: string, snapshot: string): void {
  rmSync(snapshot, { force: true });
  const from = new DatabaseSync(database, { readOnly: true, timeout: 5000 });
  try {
    from.prepare('vacuum into ?').run(snapshot);
  } finally {
    from.close();
  }
  const made = new DatabaseSync(snapshot, { readOnly: true });
  try {
    const [{ quick_check: said }] = made.prepare('pragma quick_check(1)').all();
    if (said !== 'ok')
      throw new InputError(
        'database-damaged',
        `the database is damaged (${said}); restore an earlier backup.`,
      );
  } finally {
    made.close();
  }
}

function partsOf(
  folder: DataFolder,
  snapshot: string,
  { passphrase, captures, erasures }: BackupOptions,
): Part[] {
  return [
    { name: DATABASE, path: snapshot },
    ...(passphrase === undefined ? [] : [{ name: KEYS, path: folder.keys }]),
    ...(existsSync(erasures) ? [{ name: ERASURES, path: erasures }] : []),
    ...(captures ? readdirSync(folder.captures) : []).map((name) => ({
      name: CAPTURES + name,
      path: join(folder.captures, name),
    })),
  ];
}

async function write(
  target: string,
  parts: readonly Part[],
  options: BackupOptions,
): Promise<void> {
  const files = [];
  for (const { name, path } of parts)
    files.push({ name, bytes: statSync(path).size, sha256: await hashOf(path) });
  const manifest: Manifest = {
    format: 1,
    version: options.version,
    time: options.clock.now(),
    files,
  };
  const archive = pack();
  const filled = fill(archive, parts, manifest).catch((error) => archive.destroy(error));
  const zipped = archive.pipe(createGzip());
  archive.once('error', (error) => zipped.destroy(error));
  const { passphrase } = options;
  await pipeline(
    passphrase === undefined ? zipped : seal(zipped, passphrase),
    createWriteStream(target, { mode: 0o600, flags: 'wx' }),
  );
  await filled;
  const file = await open(target, 'r+');
  await file.sync();
  await file.close();
}

type Pack = ReturnType<typeof pack>;

async function fill(archive: Pack, parts: readonly Part[], manifest: Manifest): Promise<void> {
  archive.entry({ name: MANIFEST, mode: 0o600 }, JSON.stringify(manifest));
  for (const [i, { name, path }] of parts.entries()) {
    const { bytes: size } = manifest.files[i];
    if (size === 0) {
      archive.entry({ name, size, mode: 0o600 }, '');
      continue;
    }
    const entry = archive.entry({ name, size, mode: 0o600 });
    // A file that grows meanwhile is taken as it was.
    await pipeline(createReadStream(path, { end: size - 1 }), entry);
  }
  archive.finalize();
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function failed(target: string, cause: unknown): UnavailableError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === 'ENOSPC' ? 'the disk is full' : message;
  return new UnavailableError(
    'backup-failed',
    `the backup ${target} could not be written: ${reason}.`,
    { cause },
  );
}
