/**
 * Takes a data folder back to a backup. Everything is unpacked, checked, brought to this version and freed of people who
 * were erased since, beside what is there; only then it takes its place. What was there is kept in a folder of its own.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ConsoleCaller, openAccess } from '../../../access/index.ts';
import { type Clock, KeyFile, type Random, UsageError } from '../../../base/index.ts';
import { openStore, type Store } from '../../../store/index.ts';
import { type Erasure, noteErasures, readErasures } from '../erasures.ts';
import { systemRestored } from '../facts.ts';
import { type DataFolder, dataFolder } from '../folders.ts';
import { lockFolder } from '../lock.ts';
import { DATABASE, ERASURES, KEYS, type Manifest } from './manifest.ts';
import { unpack } from './unpack.ts';

export interface RestoreOptions {
  readonly data: string;
  readonly passphrase?: string | undefined;
  /** Further files of erasures, of the installation that is restored. */
  readonly erasures: readonly string[];
  /** Put it in the place of a database that is there. */
  readonly replace: boolean;
  readonly caller: ConsoleCaller;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Restored {
  /** When the backup was made, in milliseconds since 1970. */
  readonly time: number;
  readonly version: string;
  readonly erased: number;
  /** Whether the keys came along: without them authenticator apps must be set up anew. */
  readonly keys: boolean;
  /** Where what was there before is kept. */
  readonly replaced: string | undefined;
}

/** @throws ConflictError `already-running`; UsageError `data-there`; InputError `backup-…`, `passphrase-wrong`. */
export async function restoreBackup(file: string, options: RestoreOptions): Promise<Restored> {
  const folder = dataFolder(options.data);
  const lock = lockFolder(folder.path);
  const beside = join(folder.work, `restore-${process.pid}`);
  try {
    const there = existsSync(folder.database);
    if (there && !options.replace)
      throw new UsageError(
        'data-there',
        `${folder.path} holds data already; add --replace to put the backup in its place (what is there is kept beside it).`,
      );
    const manifest = await unpack(file, beside, options.passphrase);
    const hasKeys = existsSync(join(beside, KEYS));
    if (!hasKeys && existsSync(folder.keys)) KeyFile.open(folder.keys);
    const erasures = erasuresOf(folder, beside, options.erasures, there);
    const erased = await prepare(manifest, beside, erasures, {
      ...options,
      keys: hasKeys ? join(beside, KEYS) : folder.keys,
    });
    if (erased > 0) forgetFreePages(join(beside, DATABASE));
    const replaced = there ? putAside(folder, hasKeys, options.clock) : undefined;
    putInPlace(folder, beside, hasKeys);
    return { time: manifest.time, version: manifest.version, erased, keys: hasKeys, replaced };
  } finally {
    rmSync(beside, { recursive: true, force: true });
    lock.release();
  }
}

/** All erasures that anybody noted down; the folder's own list is completed by them. */
function erasuresOf(
  folder: DataFolder,
  beside: string,
  further: readonly string[],
  there: boolean,
): Erasure[] {
  const own = readErasures(folder.erasures);
  const known = new Map(own.map((erasure) => [erasure.person, erasure]));
  const others = [
    ...readErasures(join(beside, ERASURES)),
    ...further.flatMap(readErasures),
    ...(there ? lastErasures(folder.database) : []),
  ].filter(({ person }) => !known.has(person));
  for (const erasure of others) known.set(erasure.person, erasure);
  if (known.size > own.length) noteErasures(folder.erasures, [...known.values()].slice(own.length));
  return [...known.values()];
}

/** Those in the database that is replaced, if it can be read: a crash may have come before they were noted down. */
function lastErasures(database: string): Erasure[] {
  let opened: DatabaseSync | undefined;
  try {
    opened = new DatabaseSync(database, { readOnly: true });
    return opened
      .prepare(
        `select s.id as person, f.id as fact, f.time as time from facts f join fact_subjects s on s.seq = f.seq
         where f.action = 'person.erased' and s.kind = 'person'`,
      )
      .all() as unknown as Erasure[];
  } catch {
    return [];
  } finally {
    opened?.close();
  }
}

interface Preparing extends RestoreOptions {
  readonly keys: string;
}

/** Brings the database to this version, erases again, and ends what was open when the backup was made. */
async function prepare(
  { time, version }: Manifest,
  beside: string,
  erasures: readonly Erasure[],
  { caller, clock, random, keys }: Preparing,
): Promise<number> {
  const store = await openStore({ file: join(beside, DATABASE) }, { clock, random });
  try {
    const access = await openAccess(
      { origin: 'http://localhost' },
      { store, keys: KeyFile.open(keys) },
    );
    let erased = 0;
    for (const { person } of erasures) {
      if (!(await isThere(store, person))) continue;
      await store.write((tx) => access.personalData.erase(tx, caller, person, true));
      erased++;
    }
    await store.write(async (tx) => {
      // Whoever was signed out since would be signed in again.
      for (const table of ['sessions', 'ceremonies', 'one_time_links'] as const)
        await tx.db.deleteFrom(table).execute();
      await tx.fact(systemRestored, {
        actor: caller,
        subjects: [],
        body: { backup: time, madeBy: version, erased },
      });
    });
    await access.close();
    return erased;
  } finally {
    await store.close();
  }
}

async function isThere({ db }: Store, person: string): Promise<boolean> {
  const row = await db
    .selectFrom('people')
    .select('id')
    .where('id', '=', person)
    .where('status', '!=', 'erased')
    .executeTakeFirst();
  return row !== undefined;
}

/** What was erased lies in pages that nothing leads to any more. */
function forgetFreePages(database: string): void {
  const opened = new DatabaseSync(database);
  try {
    opened.exec('vacuum; pragma wal_checkpoint(truncate)');
  } finally {
    opened.close();
  }
}

const SIDES = ['', '-wal', '-shm'] as const;

function putAside(folder: DataFolder, keysToo: boolean, clock: Clock): string {
  const day = new Date(clock.now()).toISOString().replace(/[:.]/g, '-');
  const aside = join(folder.path, `replaced-${day}`);
  mkdirSync(aside, { mode: 0o700 });
  const move = (from: string, name: string) => {
    if (existsSync(from)) renameSync(from, join(aside, name));
  };
  for (const side of SIDES) move(folder.database + side, DATABASE + side);
  if (keysToo) move(folder.keys, KEYS);
  return aside;
}

function putInPlace(folder: DataFolder, beside: string, hasKeys: boolean): void {
  const captures = join(beside, 'captures');
  for (const name of readdirSync(captures))
    renameSync(join(captures, name), join(folder.captures, name));
  if (hasKeys) renameSync(join(beside, KEYS), folder.keys);
  // Its journal first: the database is not there without it.
  for (const side of [...SIDES].reverse()) {
    const from = join(beside, DATABASE + side);
    if (existsSync(from)) renameSync(from, folder.database + side);
  }
}
