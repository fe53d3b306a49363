/** What this room records: each change to people, their keys, sessions and roles, in the transaction of the change. */
import { z } from 'zod';
import { declareFact, type Subject } from '../store/index.ts';
import { permissionNames, roles } from './permissions.ts';

/** A person as the subject of a fact: erasing the person erases it. */
export const aboutPerson = (id: string): Subject => ({ kind: 'person', id });
export const aboutApproval = (id: string): Subject => ({ kind: 'approval', id });

const fact = <Shape extends z.ZodRawShape>(action: string, shape: Shape) =>
  declareFact({ action, version: 1, body: z.strictObject(shape) });

const text = z.string().max(512);
const grant = { role: z.enum(roles), segment: text.optional() };
const source = z.enum(['local', 'oidc']);

export const setupLinkMade = fact('setup.link-made', { expires: z.int() });
export const setupDone = fact('setup.done', {});

export const personInvited = fact('person.invited', { roles: z.array(z.strictObject(grant)) });
export const personJoined = fact('person.joined', { by: z.enum(['setup', 'invitation', 'oidc']) });
export const personChanged = fact('person.changed', {
  fields: z.array(z.enum(['login', 'name', 'email'])),
});
export const personRemoved = fact('person.removed', {});
export const personExported = fact('person.exported', {});
/** Recorded after the erasure, so it stays; `facts` counts those that were erased. */
export const personErased = fact('person.erased', { facts: z.int() });

export const roleGiven = fact('role.given', { ...grant, source });
export const roleTaken = fact('role.taken', { ...grant, source });

export const passkeyAdded = fact('passkey.added', { passkey: text, name: text, aaguid: text });
export const passkeyRenamed = fact('passkey.renamed', { passkey: text, name: text });
export const passkeyRemoved = fact('passkey.removed', { passkey: text });
/** Its counter went back: there may be two of it. */
export const passkeySuspended = fact('passkey.suspended', {
  passkey: text,
  stored: z.int(),
  presented: z.int(),
});
export const passwordSet = fact('password.set', { alone: z.boolean() });
export const passwordRemoved = fact('password.removed', {});
export const totpAdded = fact('totp.added', {});
export const totpRemoved = fact('totp.removed', {});
export const recoveryCodesMade = fact('recovery-codes.made', { count: z.int() });
export const recoveryCodeUsed = fact('recovery-code.used', { left: z.int() });
export const identityLinked = fact('identity.linked', { issuer: text });
export const identityUnlinked = fact('identity.unlinked', { issuer: text });

export const sessionStarted = fact('session.started', {
  session: text,
  method: text,
  aal: z.int(),
  address: text,
});
export const sessionStepped = fact('session.stepped-up', { session: text, method: text });
export const sessionEnded = fact('session.ended', {
  sessions: z.int(),
  why: z.enum(['signed-out', 'ended', 'replaced', 'roles', 'credentials', 'removed']),
});
export const signInBlocked = fact('sign-in.blocked', { factor: text, failures: z.int() });

export const tokenMade = fact('token.made', {
  token: text,
  scopes: z.array(z.enum(permissionNames)),
  segments: z.array(text).optional(),
  expires: z.int(),
});
export const tokenEnded = fact('token.ended', { token: text });

/** A link with which somebody who lost everything signs in anew; `console` when the machine's owner made it. */
export const recoveryLinkMade = fact('recovery.link-made', {
  console: z.boolean(),
  expires: z.int(),
});
export const recoveryDone = fact('recovery.done', {});

const approval = { action: text, digest: text };
export const approvalRequested = fact('approval.requested', {
  ...approval,
  /** Whether nobody else could agree at that moment. */
  solo: z.boolean(),
});
/** Agreed and carried out. `alone`: one person decided, after waiting, since there was no second. */
export const approvalDone = fact('approval.done', { ...approval, alone: z.boolean() });
export const approvalRejected = fact('approval.rejected', approval);
export const approvalCancelled = fact('approval.cancelled', approval);
export const approvalExpired = fact('approval.expired', approval);
export const approvalFailed = fact('approval.failed', { ...approval, error: text });
