/** Who asks: what a session, a token or the machine's own console proved, and what follows from it. */
import { ForbiddenError, UnauthenticatedError } from '../base/index.ts';
import type { Actor } from '../store/index.ts';
import { type Grant, type Permission, permissionRow, permissions } from './permissions.ts';

interface PersonCaller extends Actor {
  readonly kind: 'person';
  readonly name: string;
  readonly grants: readonly Grant[];
}

export interface SessionCaller extends PersonCaller {
  readonly via: 'session';
  readonly session: {
    readonly id: string;
    readonly method: string;
    /** Authenticator assurance level (SP 800-63B-4): 1, or 2 with two factors. */
    readonly aal: number;
    /** When the person last proved to be there, in milliseconds; 0 for never. */
    readonly verifiedAt: number;
  };
}

export interface TokenCaller extends PersonCaller {
  readonly via: 'token';
  readonly token: {
    readonly id: string;
    readonly scopes: readonly Permission[];
    /** Segments that it is limited to; undefined for all that its person has. */
    readonly segments?: readonly string[] | undefined;
  };
}

/** The owner of the machine, at its own console: acts as administrator, and every fact says so. */
export interface ConsoleCaller extends Actor {
  readonly kind: 'system';
  readonly via: 'console';
  readonly name: string;
  readonly grants: readonly Grant[];
}

export type Caller = SessionCaller | TokenCaller | ConsoleCaller;

/** @param user - the account of the operating system. */
export function consoleCaller(user: string): ConsoleCaller {
  return {
    kind: 'system',
    id: `console:${user}`,
    via: 'console',
    name: `${user} at the console`,
    grants: [{ role: 'administrator' }],
  };
}

/** What something is done to, as far as it decides who may do it. */
export interface Target {
  readonly segment?: string | undefined;
  /** The person whose own it is. */
  readonly owner?: string | undefined;
}

/** Whether somebody asks, within a session, about their own account. */
export function isSelf(caller: Caller, personId: string | undefined): caller is SessionCaller {
  return caller.via === 'session' && caller.id === personId;
}

export type Decision = 'allowed' | 'denied' | 'step-up' | 'approval';

/** When it is asked, and how long a proof of presence is fresh, in milliseconds. */
export interface Moment {
  readonly now: number;
  readonly freshMs: number;
}

/** The decision by the table: what it does not allow is denied. */
export function decide(
  caller: Caller,
  permission: Permission,
  target: Target,
  moment: Moment,
): Decision {
  if (!Object.hasOwn(permissions, permission)) return 'denied';
  const row = permissionRow(permission);
  if (!holds(caller, permission, target)) return 'denied';
  if (caller.via === 'token') {
    const { scopes, segments } = caller.token;
    if (!scopes.includes(permission) || row.stepUp || row.twoPeople) return 'denied';
    if (segments && (target.segment === undefined || !segments.includes(target.segment)))
      return 'denied';
  }
  if (row.stepUp && caller.via === 'session' && !isStrongAndFresh(caller, moment)) return 'step-up';
  return row.twoPeople ? 'approval' : 'allowed';
}

/** Whether the roles of a caller have the permission on the target. */
export function holds(
  caller: Pick<Caller, 'grants' | 'id'> & { readonly via?: Caller['via'] },
  permission: Permission,
  { segment, owner }: Target,
): boolean {
  const row = permissionRow(permission);
  if (row.reach === 'self') return caller.via === 'session';
  const reaches = (grant: Grant): boolean =>
    grant.segment === undefined ||
    row.reach === 'any' ||
    (row.reach === 'segment' && grant.segment === segment);
  return caller.grants.some(
    (grant) =>
      (row.roles.includes(grant.role) && reaches(grant)) ||
      (row.own?.includes(grant.role) === true && owner !== undefined && owner === caller.id),
  );
}

/** @throws ForbiddenError `permission-denied`, `approval-required`; UnauthenticatedError `step-up-required`. */
export function authorise(
  caller: Caller,
  permission: Permission,
  target: Target,
  moment: Moment,
): void {
  const decision = decide(caller, permission, target, moment);
  if (decision === 'denied') throw denied(permission);
  if (decision === 'step-up') throw stepUpRequired();
  if (decision === 'approval')
    throw new ForbiddenError(
      'approval-required',
      'this needs a second person: request it, and somebody else with the same permission agrees.',
    );
}

export function denied(permission: Permission): ForbiddenError {
  return new ForbiddenError(
    'permission-denied',
    `this needs the permission ${permission}; ask an administrator for a role that has it.`,
  );
}

export function stepUpRequired(): UnauthenticatedError {
  return new UnauthenticatedError(
    'step-up-required',
    'this needs a fresh proof that it is you: use your passkey or a code again.',
  );
}

/** Whether two factors were proved in this session, the last time a moment ago. */
function isStrongAndFresh({ session }: SessionCaller, moment: Moment): boolean {
  return session.aal >= 2 && isFresh(session.verifiedAt, moment);
}

export function isFresh(verifiedAt: number, { now, freshMs }: Moment): boolean {
  return verifiedAt <= now && now - verifiedAt <= freshMs;
}

/** Where a caller has a permission, for filters on lists. */
export interface Visible {
  readonly everywhere: boolean;
  readonly segments: readonly string[];
  /** Also what is the caller's own. */
  readonly own: boolean;
}

export function visible(caller: Caller, permission: Permission): Visible {
  const row = permissionRow(permission);
  const limit = caller.via === 'token' ? caller.token : undefined;
  if (limit && !limit.scopes.includes(permission))
    return { everywhere: false, segments: [], own: false };
  const held = caller.grants.filter(({ role }) => row.roles.includes(role));
  const everywhere = held.some(({ segment }) => segment === undefined || row.reach === 'any');
  const segments = held.flatMap(({ segment }) => (segment === undefined ? [] : [segment]));
  const own = caller.grants.some(({ role }) => row.own?.includes(role));
  if (limit?.segments === undefined)
    return { everywhere, segments: everywhere ? [] : [...new Set(segments)], own };
  const within = limit.segments.filter((segment) => everywhere || segments.includes(segment));
  return { everywhere: false, segments: within, own: false };
}
