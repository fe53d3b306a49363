/** What changed of jobs since the last look: their state and how far they are. */
import type { Store } from '../../store/index.ts';

export interface JobChange {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly progress: number | null;
  readonly progressText: string | null;
}

/** Jobs that are looked at; more of them wait for their turn anyway. */
const WATCHED_MAX = 200;

export class JobWatch {
  readonly #store: Store;
  /** What was told of those that have not ended, as JSON. */
  #told = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  async changed(): Promise<JobChange[]> {
    const open = ['waiting', 'running'] as const;
    const rows = await this.#store.db
      .selectFrom('jobs')
      .select(['id', 'kind', 'state', 'progress', 'progress_text'])
      .where((e) => e.or([e('state', 'in', open), e('id', 'in', [...this.#told.keys(), ''])]))
      .limit(WATCHED_MAX)
      .execute();
    const told = new Map<string, string>();
    const changes: JobChange[] = [];
    for (const { progress_text, ...row } of rows) {
      const change = { ...row, progressText: progress_text };
      const text = JSON.stringify(change);
      if (this.#told.get(row.id) !== text) changes.push(change);
      if (row.state === 'waiting' || row.state === 'running') told.set(row.id, text);
    }
    this.#told = told;
    return changes;
  }
}
