/**
 * Folders that are watched: a capture that is complete there (two looks see the same size and time of change) is audited
 * once, known by the hash of its content under whatever name. Nothing in it is parsed here, and the file stays.
 */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LimitError } from '../../base/index.ts';
import type { Places } from '../../fleet/registry/index.ts';
import type { Actor, Store } from '../../store/index.ts';
import { siteNamed, takeIn } from './take-in.ts';
import type { Uploads } from './uploads.ts';

export interface WatchedFolder {
  readonly folder: string;
  /** Name of the site that its captures are of; made when it is not there. */
  readonly site: string;
  /** Audited as it arrives, or when a schedule says so. */
  readonly when: 'arrival' | 'schedule';
}

export interface FolderParts {
  readonly store: Store;
  readonly uploads: Uploads;
  readonly places: Places;
}

const LOOK_MS = 5000;
/** Nothing was written to it for so long. */
const QUIET_MS = 4000;
/** What tcpdump, dumpcap and their rotation write. */
const CAPTURE = /\.(pcap|pcapng|cap|dump)\d*(\.gz)?$/i;
const FILES_MAX = 10_000;
const NAME_MAX = 200;
const actor = { kind: 'system', id: 'watch' } as const;

export class Watcher {
  readonly #parts: FolderParts;
  readonly #folders: readonly WatchedFolder[];
  readonly #onError: (what: string, error: unknown) => void;
  /** Path → size and time at the look before; `done` once it is known to be audited. */
  readonly #seen = new Map<string, { readonly mark: string; readonly done: boolean }>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    parts: FolderParts,
    folders: readonly WatchedFolder[],
    onError: (what: string, error: unknown) => void,
  ) {
    this.#parts = parts;
    this.#folders = folders.filter(({ when }) => when === 'arrival');
    this.#onError = onError;
  }

  start(): void {
    if (this.#folders.length > 0) this.#next(0);
  }

  /** Ends after the capture that is taken in now. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #next(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        if (!this.#stopped) this.#next(LOOK_MS);
      });
    }, ms).unref();
  }

  async #look(): Promise<void> {
    const there = new Set<string>();
    for (const { folder, site } of this.#folders) {
      try {
        for (const name of capturesIn(folder)) {
          if (this.#stopped) return;
          const path = join(folder, name);
          there.add(path);
          await this.#consider(path, name, site);
        }
      } catch (error) {
        this.#onError(`watched folder ${folder}`, error);
      }
    }
    for (const path of this.#seen.keys()) if (!there.has(path)) this.#seen.delete(path);
  }

  async #consider(path: string, name: string, siteName: string): Promise<void> {
    // A link could lead to any file of this user.
    const file = lstatSync(path, { throwIfNoEntry: false });
    if (!file?.isFile() || file.size === 0) return;
    const mark = `${file.size} ${file.mtimeMs}`;
    const before = this.#seen.get(path);
    this.#seen.set(path, { mark, done: before?.mark === mark && before.done });
    const { store } = this.#parts;
    const quiet = Math.abs(store.clock.now() - file.mtimeMs) >= QUIET_MS;
    if (before?.mark !== mark || before.done || !quiet) return;
    try {
      await auditOnce(this.#parts, { path, name, site: siteName }, { actor, source: 'watch' });
      this.#seen.set(path, { mark, done: true });
    } catch (error) {
      // Many captures at once wait for room; anything else is told, and tried at the next look.
      if (!(error instanceof LimitError)) this.#onError(`watched capture ${path}`, error);
    }
  }
}

/** Names of what may be captures. @throws the error of the system where the folder cannot be read. */
export const capturesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => CAPTURE.test(name))
    .slice(0, FILES_MAX);

/** Whether it is a file to which nothing was written for a moment. A link could lead to any file of this user. */
export function isQuiet(path: string, now: number): boolean {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (!file?.isFile() || file.size === 0) return false;
  return Math.abs(now - file.mtimeMs) >= QUIET_MS;
}

/**
 * Makes an audit of a capture, unless one of the same content was made of that site.
 * @returns its id; undefined where there was one.
 */
export async function auditOnce(
  parts: FolderParts,
  { path, name, site: siteName }: { path: string; name: string; site: string },
  { actor, source }: { actor: Actor; source: 'watch' | 'schedule' },
): Promise<string | undefined> {
  const { store } = parts;
  const site = await siteNamed(parts, actor, siteName, 'UTC');
  const sha256 = await hashOf(path);
  const known = await store.db
    .selectFrom('watched_captures')
    .select('audit_id')
    .where('site_id', '=', site)
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  if (known !== undefined) return undefined;
  const audit = await takeIn(parts, actor, {
    ...{ path, site, name: name.slice(-NAME_MAX) },
    source,
  });
  await store.write(({ db }) =>
    db
      .insertInto('watched_captures')
      .values({ sha256, site_id: site, audit_id: audit, time: store.clock.now() })
      .onConflict((c) => c.doNothing())
      .execute(),
  );
  return audit;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
