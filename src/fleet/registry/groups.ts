/** Groups: filters that were given a name. Who is in one follows from what devices are. */
import { z } from 'zod';
import { ConflictError, NotFoundError } from '../../base/index.ts';
import type { Actor, Store } from '../../store/index.ts';
import { groupRemoved, groupSaved } from './facts.ts';
import { deviceFilterSchema } from './filter.ts';

export const groupInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  filter: deviceFilterSchema,
});
export const groupSchema = groupInputSchema.extend({ id: z.string(), owner: z.string() });
export type GroupInput = z.infer<typeof groupInputSchema>;
export type Group = z.infer<typeof groupSchema>;

export class Groups {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(): Promise<Group[]> {
    const rows = await this.#store.db
      .selectFrom('device_groups')
      .selectAll()
      .orderBy('name')
      .execute();
    return rows.map(({ id, name, filter, owner_id }) => ({
      id,
      name,
      filter: deviceFilterSchema.parse(JSON.parse(filter)),
      owner: owner_id,
    }));
  }

  /** Adds a group, or changes the one with this id. */
  save(actor: Actor, { name, filter }: GroupInput, id?: string): Promise<Group> {
    return this.#store.write(async (tx) => {
      const same = await tx.db
        .selectFrom('device_groups')
        .select('id')
        .where('name', '=', name)
        .executeTakeFirst();
      if (same !== undefined && same.id !== id)
        throw new ConflictError('group-exists', `there is a group “${name}” already.`);
      const group = { id: id ?? this.#store.newId(), name, filter, owner: actor.id };
      const values = { name, filter: JSON.stringify(filter) };
      if (id === undefined)
        await tx.db
          .insertInto('device_groups')
          .values({ id: group.id, owner_id: actor.id, ...values })
          .execute();
      else {
        const { numUpdatedRows } = await tx.db
          .updateTable('device_groups')
          .set(values)
          .where('id', '=', id)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw unknown(id);
      }
      await tx.fact(groupSaved, {
        actor,
        subjects: [{ kind: 'group', id: group.id }],
        body: { name },
      });
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

const unknown = (id: string) => new NotFoundError('group-unknown', `there is no group ${id}.`);
