/** What people let come again: schedules, with the facts of who set them. */
import { z } from 'zod';
import type { Schedules } from '../../bus/index.ts';
import { type Actor, declareFact, type FactType, type Store, type Tx } from '../../store/index.ts';
import { FOLDER_JOB, folderJobInput, folderNamed } from './folder-job.ts';
import type { WatchedFolder } from './watch.ts';

const NAME_MAX = 200;
const CRON_MAX = 100;

const common = {
  name: z.string().trim().min(1).max(NAME_MAX),
  cron: z
    .string()
    .max(CRON_MAX)
    .describe('five fields: minute, hour, day of month, month, day of week'),
  zone: z.string().max(CRON_MAX).describe('IANA time zone: Europe/London'),
  enabled: z.boolean().default(true),
};

/** By kind of work; each has its own input. */
export const scheduleInputSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal(FOLDER_JOB), input: folderJobInput }),
]);
export type ScheduledInput = z.infer<typeof scheduleInputSchema>;

export const scheduleSchema = z.object({
  ...common,
  enabled: z.boolean(),
  id: z.string(),
  kind: z.string(),
  input: z.unknown(),
  next: z.int().nullable().describe('when it comes next; null while it is not enabled'),
  lastJob: z.string().nullable(),
  revision: z.int().describe('in quotes: its ETag'),
});
export type Scheduled = z.infer<typeof scheduleSchema>;

const body = z.strictObject({ name: z.string(), kind: z.string() });
const scheduleAdded = declareFact({ action: 'schedule.added', version: 1, body });
const scheduleChanged = declareFact({ action: 'schedule.changed', version: 1, body });
const scheduleRemoved = declareFact({ action: 'schedule.removed', version: 1, body });

export class ScheduledWork {
  readonly #store: Store;
  readonly #schedules: Schedules;
  /** Those that a schedule may name. */
  readonly folders: readonly WatchedFolder[];

  constructor(store: Store, schedules: Schedules, folders: readonly WatchedFolder[]) {
    this.#store = store;
    this.#schedules = schedules;
    this.folders = folders.filter(({ when }) => when === 'schedule');
  }

  /** In the order in which they were made. `after`: id of the last one of the page before. */
  list(page: { after?: string | undefined; limit: number }): Promise<Scheduled[]> {
    return this.#schedules.list(page);
  }

  get(id: string): Promise<Scheduled> {
    return this.#schedules.get(id);
  }

  /** @throws UsageError `schedule-invalid`; NotFoundError `folder-unknown`. */
  async add(actor: Actor, input: ScheduledInput): Promise<Scheduled> {
    this.#check(input);
    const id = await this.#store.write(async (tx) => {
      const made = await this.#schedules.add(tx, actor, input);
      await record(tx, scheduleAdded, actor, { id: made, ...input });
      return made;
    });
    return this.get(id);
  }

  /** @throws StaleError `schedule-changed`, and as `add`. */
  async change(
    actor: Actor,
    id: string,
    input: ScheduledInput,
    revision?: number,
  ): Promise<Scheduled> {
    this.#check(input);
    await this.#store.write(async (tx) => {
      await this.#schedules.change(tx, id, input, revision);
      await record(tx, scheduleChanged, actor, { id, ...input });
    });
    return this.get(id);
  }

  async remove(actor: Actor, id: string): Promise<void> {
    const schedule = await this.get(id);
    await this.#store.write(async (tx) => {
      await this.#schedules.remove(tx, id);
      await record(tx, scheduleRemoved, actor, schedule);
    });
  }

  #check({ input }: ScheduledInput): void {
    folderNamed(this.folders, input.folder);
  }
}

function record(
  tx: Tx,
  type: FactType<typeof body>,
  actor: Actor,
  { id, name, kind }: { id: string; name: string; kind: string },
): Promise<unknown> {
  return tx.fact(type, { actor, subjects: [{ kind: 'schedule', id }], body: { name, kind } });
}
