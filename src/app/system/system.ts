/** The running system: the rooms that need the store, joined. `fleetward up` opens it; http and cli call it. */
import { type Access, type AccessSettings, openAccess } from '../../access/index.ts';
import { Audits, Findings, Posture, ProvisionCoverage } from '../../audit/records/index.ts';
import { type Clock, KeyFile, type Random, systemClock, systemRandom } from '../../base/index.ts';
import { FactBus, Jobs, Schedules } from '../../bus/index.ts';
import { Groups, Places, Registry } from '../../fleet/registry/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { erasureConsumer } from './erasures.ts';
import { FactList } from './fact-list.ts';
import { folderJob } from './folder-job.ts';
import { type DataFolder, dataFolder } from './folders.ts';
import { type FolderLock, lockFolder } from './lock.ts';
import { scanJob } from './scan-job.ts';
import { ScheduledWork } from './scheduled.ts';
import { Uploads } from './uploads.ts';
import { type WatchedFolder, Watcher } from './watch.ts';

export interface SystemOptions {
  readonly version: string;
  /** The data folder. */
  readonly data: string;
  /** URL of a PostgreSQL database; a SQLite file in the data folder when absent. */
  readonly database?: string | undefined;
  readonly access: AccessSettings;
  /** Where erasures of people are noted down; in the data folder when absent. */
  readonly erasures?: string | undefined;
  /** Folders whose captures are audited as they come. */
  readonly watch?: readonly WatchedFolder[] | undefined;
  /** How long the packets of findings are kept. */
  readonly evidenceDays?: number | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Told of what goes wrong behind the scenes. */
  readonly onError: (what: string, error: unknown) => void;
}

const DAY_MS = 86_400_000;
const EVIDENCE_DAYS = 365;
/** How often what ended by itself is looked for. */
const TIDY_MS = 5 * 60_000;

interface SystemParts {
  readonly folder: DataFolder;
  readonly lock: FolderLock;
  readonly store: Store;
  readonly access: Access;
}

export class System {
  readonly version: string;
  readonly folder: DataFolder;
  readonly store: Store;
  readonly access: Access;
  readonly registry: Registry;
  readonly places: Places;
  readonly groups: Groups;
  readonly audits: Audits;
  readonly findings: Findings;
  readonly posture: Posture;
  readonly coverage: ProvisionCoverage;
  readonly facts: FactList;
  readonly bus: FactBus;
  readonly jobs: Jobs;
  readonly schedules: Schedules;
  readonly scheduled: ScheduledWork;
  readonly uploads: Uploads;
  readonly #onError: (what: string, error: unknown) => void;
  readonly #lock: FolderLock;
  readonly #watcher: Watcher;
  readonly #erasures: string;
  #tidying: NodeJS.Timeout | undefined;

  constructor(options: SystemOptions, parts: SystemParts) {
    const { version, onError } = options;
    const { folder, store, access } = parts;
    const retention = () => (options.evidenceDays ?? EVIDENCE_DAYS) * DAY_MS;
    this.version = version;
    this.folder = folder;
    this.store = store;
    this.access = access;
    this.registry = new Registry(store);
    this.places = new Places(store);
    this.groups = new Groups(store);
    this.audits = new Audits(store);
    this.findings = new Findings(store);
    this.posture = new Posture(store);
    this.coverage = new ProvisionCoverage(store);
    this.facts = new FactList(store);
    this.bus = new FactBus(store, {
      onError: (name, fact, error) => onError(`consumer ${name} at fact ${fact.id}`, error),
    });
    this.jobs = new Jobs(store, {
      kinds: [
        scanJob({ store, audits: this.audits, folder, version, retention }),
        folderJob(() => this, options.watch ?? []),
      ],
      onError: (id, error) => onError(`job ${id ?? ''}`, error),
    });
    this.schedules = new Schedules(store, this.jobs, (error) => onError('schedules', error));
    this.scheduled = new ScheduledWork(store, this.schedules, options.watch ?? []);
    this.uploads = new Uploads(store, folder, this.audits, this.jobs);
    this.#onError = onError;
    this.#lock = parts.lock;
    this.#watcher = new Watcher(this, options.watch ?? [], onError);
    this.#erasures = options.erasures ?? folder.erasures;
  }

  /** Starts what happens by itself. */
  async start(): Promise<void> {
    await this.#tidy();
    await this.bus.consume(erasureConsumer(this.#erasures));
    this.#tidying = setInterval(() => this.#tidy(), TIDY_MS).unref();
    this.jobs.start();
    this.schedules.start();
    this.#watcher.start();
  }

  /** Ends what is under way, so that the next start goes on from there. */
  async stop(): Promise<void> {
    clearInterval(this.#tidying);
    await this.#watcher.stop();
    this.schedules.stop();
    await this.jobs.stop();
    await this.bus.stop();
    await this.access.close();
    await this.store.close();
    this.#lock.release();
  }

  async #tidy(): Promise<void> {
    const tasks = {
      'ended acceptances': () => this.findings.expire(),
      'old packets': () => this.findings.deleteOldSlices(),
      'old uploads': () => this.uploads.tidy(),
      'ended sessions': () => this.access.sweep(),
    };
    for (const [what, task] of Object.entries(tasks)) {
      try {
        await task();
      } catch (error) {
        this.#onError(what, error);
      }
    }
  }
}

/**
 * Opens a data folder: database, keys, rooms. Nothing runs by itself before `start`.
 * @throws ConflictError `already-running`; InputError `data-folder`; UsageError `database-newer`, `access-config-invalid`.
 */
export async function openSystem(options: SystemOptions): Promise<System> {
  const folder = dataFolder(options.data);
  const lock = lockFolder(folder.path);
  let store: Store | undefined;
  try {
    store = await openStore(
      options.database === undefined ? { file: folder.database } : { url: options.database },
      { clock: options.clock ?? systemClock, random: options.random ?? systemRandom },
    );
    const access = await openAccess(options.access, { store, keys: KeyFile.open(folder.keys) });
    return new System(options, { folder, lock, store, access });
  } catch (error) {
    await store?.close();
    lock.release();
    throw error;
  }
}
