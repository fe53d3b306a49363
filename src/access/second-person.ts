/** Who may be the second person, and when one person may do without. */
import { ConflictError, ForbiddenError } from '../base/index.ts';
import type { Actor } from '../store/index.ts';
import type { ApprovalRow } from './approval-rows.ts';
import { holds } from './caller.ts';
import { activePerson, type Db, grantsOf } from './people-rows.ts';
import { type Permission, permissionRow } from './permissions.ts';

/** What a request asks for, and where. */
export interface Asked {
  readonly permission: Permission;
  readonly segment: string | undefined;
}

/** Whether the requester may confirm alone: nobody else can, and the time has passed. */
export async function demandSolo(
  db: Db,
  row: ApprovalRow,
  asked: Asked,
  caller: Actor,
  now: number,
): Promise<void> {
  if (await othersCanAgree(db, asked, caller))
    throw new ForbiddenError(
      'second-person-needed',
      'somebody else with this permission has to agree.',
    );
  if (row.ready_at === null)
    throw new ConflictError(
      'request-anew',
      'nobody is left who could agree; cancel this request and request anew.',
    );
  if (now < row.ready_at)
    throw new ConflictError(
      'too-early',
      `nobody else can agree, so this may be confirmed alone from ${new Date(row.ready_at).toISOString()} on.`,
    );
}

/** Whether who requested it may still do it. */
export async function demandRequester(
  db: Db,
  requester: Actor,
  { permission, segment }: Asked,
): Promise<void> {
  if (requester.kind !== 'person') return;
  const person = await activePerson(db, requester.id);
  const grants = (await grantsOf(db, [requester.id])).get(requester.id)!;
  if (person === undefined || !holds({ id: requester.id, grants }, permission, { segment }))
    throw new ConflictError('requester-gone', 'who requested this may not do it any more.');
}

/** Whether anybody but the caller is active and has the permission. */
export async function othersCanAgree(
  db: Db,
  { permission, segment }: Asked,
  caller: Actor,
): Promise<boolean> {
  const rows = await db
    .selectFrom('role_grants')
    .innerJoin('people', 'people.id', 'role_grants.person_id')
    .select('people.id')
    .distinct()
    .where('role', 'in', [...permissionRow(permission).roles])
    .where('people.status', '=', 'active')
    .execute();
  const others = rows.map(({ id }) => id).filter((id) => id !== caller.id);
  const grants = await grantsOf(db, others);
  return others.some((id) => holds({ id, grants: grants.get(id)! }, permission, { segment }));
}
