/**
 * Folders that are watched: a capture that is complete there (two looks see the same size and time of change) is audited
 * once, known by the hash of its content under whatever name. Nothing in it is parsed here, and the file stays.
 */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LimitError } from '../../base/index.ts';
import type { Places } from '../../fleet/registry/index.ts';
import type { Store } from '../../store/index.ts';
import { siteNamed, takeIn } from './take-in.ts';
import type { Uploads } from './uploads.ts';

export interface WatchedFolder {
  readonly folder: string;
  /** Name of the site that its captures are of; made when it is not there. */
  readonly site: string;
}

interface Parts {
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
  readonly #parts: Parts;
  readonly #folders: readonly WatchedFolder[];
  readonly #onError: (what: string, error: unknown) => void;
  /** Path → size and time at the look before; `done` once it is known to be audited. */
  readonly #seen = new Map<string, { readonly mark: string; readonly done: boolean }>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    parts: Parts,
    folders: readonly WatchedFolder[],
    onError: (what: string, error: unknown) => void,
  ) {
    this.#parts = parts;
    this.#folders = folders;
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
        for (const name of readdirSync(folder)
          .filter((n) => CAPTURE.test(n))
          .slice(0, FILES_MAX)) {
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
      await this.#audit(path, name, siteName);
      this.#seen.set(path, { mark, done: true });
    } catch (error) {
      // Many captures at once wait for room; anything else is told, and tried at the next look.
      if (!(error instanceof LimitError)) this.#onError(`watched capture ${path}`, error);
    }
  }

  async #audit(path: string, name: string, siteName: string): Promise<void> {
    const { store } = this.#parts;
    const site = await siteNamed(this.#parts, actor, siteName, 'UTC');
    const sha256 = await hashOf(path);
    const known = await store.db
      .selectFrom('watched_captures')
      .select('audit_id')
      .where('site_id', '=', site)
      .where('sha256', '=', sha256)
      .executeTakeFirst();
    if (known !== undefined) return;
    const audit = await takeIn(this.#parts, actor, {
      ...{ path, site, name: name.slice(-NAME_MAX) },
      source: 'watch',
    });
    await store.write(({ db }) =>
      db
        .insertInto('watched_captures')
        .values({ sha256, site_id: site, audit_id: audit, time: store.clock.now() })
        .onConflict((c) => c.doNothing())
        .execute(),
    );
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
