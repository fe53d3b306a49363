/** Facts for people who look: newest first, filtered. */
import { NotFoundError } from '../../base/index.ts';
import { type Fact, readFact, type Store } from '../../store/index.ts';

export interface FactQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** The whole action, or its beginning up to the dot. */
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  /** `kind:id` */
  readonly subject?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export class FactList {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(query: FactQuery): Promise<{ items: Fact[]; next: string | null }> {
    const { limit, cursor, action, actor, subject } = query;
    let select = this.#store.db
      .selectFrom('facts')
      .select(['facts.seq', 'facts.id', 'time', 'action', 'bytes'])
      .orderBy('facts.seq', 'desc')
      .limit(limit + 1);
    if (cursor !== undefined) select = select.where('facts.seq', '<', placeOf(cursor));
    if (action?.endsWith('.'))
      select = select.where('action', '>=', action).where('action', '<', `${action}~`);
    else if (action !== undefined) select = select.where('action', '=', action);
    if (actor !== undefined) select = select.where('actor_id', '=', actor);
    if (query.from !== undefined) select = select.where('time', '>=', query.from);
    if (query.to !== undefined) select = select.where('time', '<', query.to);
    if (subject !== undefined) {
      const [kind, ...id] = subject.split(':');
      select = select.where('facts.seq', 'in', (e) =>
        e
          .selectFrom('fact_subjects')
          .select('fact_subjects.seq')
          .where('kind', '=', kind)
          .where('fact_subjects.id', '=', id.join(':')),
      );
    }
    const rows = await select.execute();
    const items = rows.slice(0, limit).map(readFact);
    return { items, next: rows.length > limit ? String(items.at(-1)?.seq) : null };
  }
}

function placeOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new NotFoundError('cursor-unknown', 'this page cannot be found; start from the first one.');
}
