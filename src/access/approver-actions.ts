/** What two people do to those who may agree as a second person: give and take their role, remove and reset them. */
import { z } from 'zod';
import type { Actor, Tx } from '../store/index.ts';
import type { Approvals } from './approvals.ts';
import type { MadeLink } from './links.ts';
import type { Db } from './people-rows.ts';
import { type Grant, roles } from './permissions.ts';

/** How each is done, once it is agreed. */
interface Acts {
  give(tx: Tx, actor: Actor, person: string, grant: Grant): Promise<void>;
  take(tx: Tx, actor: Actor, person: string, grant: Grant): Promise<void>;
  remove(tx: Tx, actor: Actor, person: string): Promise<void>;
  reset(tx: Tx, actor: Actor, person: string): Promise<MadeLink>;
}

const grantShape = z.strictObject({
  role: z.enum(roles),
  segment: z.string().min(1).max(64).optional(),
});
const personShape = z.strictObject({ person: z.string().max(64) });
const roleShape = z.strictObject({ person: z.string().max(64), grant: grantShape });
export function registerApproverActions(approvals: Approvals, acts: Acts): void {
  const permission = 'approvers.change';
  const nameOf = async (db: Db, id: string): Promise<string> => {
    const row = await db
      .selectFrom('people')
      .select('name')
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.name ?? id;
  };
  approvals.register({
    action: 'approvers.give',
    permission,
    params: roleShape,
    describe: async (db, { person, grant }) => `Make ${await nameOf(db, person)} ${grant.role}.`,
    execute: (tx, { person, grant }, { decidedBy }) => acts.give(tx, decidedBy, person, grant),
  });
  approvals.register({
    action: 'approvers.take',
    permission,
    params: roleShape,
    describe: async (db, { person, grant }) =>
      `Take the role ${grant.role} from ${await nameOf(db, person)}.`,
    execute: (tx, { person, grant }, { decidedBy }) => acts.take(tx, decidedBy, person, grant),
  });
  approvals.register({
    action: 'approvers.remove',
    permission,
    params: personShape,
    describe: async (db, { person }) => `Remove ${await nameOf(db, person)}.`,
    execute: (tx, { person }, { decidedBy }) => acts.remove(tx, decidedBy, person),
  });
  approvals.register({
    action: 'approvers.reset',
    permission,
    params: personShape,
    describe: async (db, { person }) => `Let ${await nameOf(db, person)} in anew, by a link.`,
    execute: (tx, { person }, { decidedBy }) => acts.reset(tx, decidedBy, person),
  });
}
