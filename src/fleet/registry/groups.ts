/** Groups: filters that were given a name. Who is in one follows from what devices are. */
import { z } from 'zod';
import { ConflictError, NotFoundError, StaleError } from '../../base/index.ts';
import {
  type Actor,
  behindName,
  NAMES_MAX,
  type NamePage,
  namePage,
  type Store,
  type Tables,
  type Tx,
} from '../../store/index.ts';
import { groupRemoved, groupSaved } from './facts.ts';
import { deviceFilterSchema } from './filter.ts';

export const groupInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  filter: deviceFilterSchema,
});
export const groupSchema = groupInputSchema.extend({
  id: z.string(),
  owner: z.string(),
  revision: z.int().describe('in quotes: its ETag'),
});
export type GroupInput = z.infer<typeof groupInputSchema>;
export type Group = z.infer<typeof groupSchema>;

export class Groups {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** By name. */
  async list(page: NamePage = {}): Promise<{ items: Group[]; cursor: string | undefined }> {
    const { after, limit = NAMES_MAX } = page;
    let select = this.#store.db
      .selectFrom('device_groups')
      .selectAll()
      .orderBy('name')
      .orderBy('id')
      .limit(limit + 1);
    if (after !== undefined) select = select.where(behindName(after));
    const { items, cursor } = namePage(await select.execute(), limit);
    return { items: items.map(readGroup), cursor };
  }

  async get(id: string): Promise<Group> {
    const row = await this.#store.db
      .selectFrom('device_groups')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw unknown(id);
    return readGroup(row);
  }

  async add(actor: Actor, { name, filter }: GroupInput): Promise<Group> {
    return this.#store.write(async (tx) => {
      await refuseName(tx, name);
      const group = { id: this.#store.newId(), name, filter, owner: actor.id, revision: 1 };
      const { owner, ...rest } = group;
      await tx.db
        .insertInto('device_groups')
        .values({ ...rest, filter: JSON.stringify(filter), owner_id: owner })
        .execute();
      await record(tx, actor, group);
      return group;
    });
  }

  /**
   * @param revision - the one that the change was made from.
   * @throws StaleError `group-changed` when somebody changed it meanwhile.
   */
  change(actor: Actor, id: string, input: GroupInput, revision?: number): Promise<Group> {
    const { name, filter } = input;
    return this.#store.write(async (tx) => {
      await refuseName(tx, name, id);
      const row = await tx.db
        .updateTable('device_groups')
        .set((e) => ({ name, filter: JSON.stringify(filter), revision: e('revision', '+', 1) }))
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw unknown(id);
      // The change is undone with the transaction.
      if (revision !== undefined && row.revision !== revision + 1)
        throw new StaleError(
          'group-changed',
          'somebody changed this group meanwhile; look at it again.',
        );
      const group = readGroup(row);
      await record(tx, actor, group);
      return group;
    });
  }

  remove(actor: Actor, id: string): Promise<void> {
    return this.#store.write(async (tx) => {
      const row = await tx.db
        .deleteFrom('device_groups')
        .where('id', '=', id)
        .returning('name')
        .executeTakeFirst();
      if (row === undefined) throw unknown(id);
      await tx.fact(groupRemoved, { actor, subjects: [{ kind: 'group', id }], body: row });
    });
  }
}

async function refuseName({ db }: Tx, name: string, self?: string): Promise<void> {
  const same = await db
    .selectFrom('device_groups')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirst();
  if (same !== undefined && same.id !== self)
    throw new ConflictError('group-exists', `there is a group “${name}” already.`);
}

async function record(tx: Tx, actor: Actor, { id, name }: Group): Promise<void> {
  await tx.fact(groupSaved, { actor, subjects: [{ kind: 'group', id }], body: { name } });
}

const readGroup = ({ filter, owner_id, ...rest }: Tables['device_groups']): Group => ({
  ...rest,
  filter: deviceFilterSchema.parse(JSON.parse(filter)),
  owner: owner_id,
});

const unknown = (id: string) => new NotFoundError('group-unknown', `there is no group ${id}.`);
