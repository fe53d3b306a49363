/** Requests for approval as rows, as what people see of them, and as facts. */
import type { Selectable } from 'kysely';
import type { Actor, Tables } from '../store/index.ts';
import { aboutApproval } from './facts.ts';
import type { Permission } from './permissions.ts';

export type ApprovalStatus = 'pending' | 'done' | 'rejected' | 'cancelled' | 'expired' | 'failed';

export interface ApprovalView {
  readonly id: string;
  readonly action: string;
  readonly permission: Permission;
  readonly segment: string | undefined;
  readonly summary: string;
  /** Goes back with the agreement: that what was read is what is agreed to. */
  readonly digest: string;
  readonly reason: string;
  readonly requestedBy: Actor;
  readonly requestedAt: number;
  readonly expiresAt: number;
  /** Where nobody else could agree: when the requester may confirm alone. */
  readonly readyAt: number | undefined;
  readonly status: ApprovalStatus;
  readonly decidedBy: Actor | undefined;
  readonly decidedAt: number | undefined;
  readonly decisionReason: string | undefined;
  readonly error: string | undefined;
}

export type ApprovalRow = Selectable<Tables['approvals']>;

/** @param summary - what it will do, in a sentence with today's names. */
export function approvalView(row: ApprovalRow, summary: string): ApprovalView {
  return {
    id: row.id,
    action: row.action,
    permission: row.permission as Permission,
    segment: row.segment || undefined,
    summary,
    digest: row.digest,
    reason: row.reason,
    requestedBy: readActor(row.requested_by),
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    readyAt: row.ready_at ?? undefined,
    status: row.status as ApprovalStatus,
    decidedBy: row.decided_by === null ? undefined : readActor(row.decided_by),
    decidedAt: row.decided_at ?? undefined,
    decisionReason: row.decision_reason ?? undefined,
    error: row.error ?? undefined,
  };
}

export const approvalFact = (row: ApprovalRow, actor: Actor) => ({
  actor,
  subjects: [aboutApproval(row.id)],
  body: { action: row.action, digest: row.digest },
});

export const actorText = ({ kind, id }: Actor): string => `${kind} ${id}`;
export function readActor(text: string): Actor {
  const space = text.indexOf(' ');
  return { kind: text.slice(0, space) as Actor['kind'], id: text.slice(space + 1) };
}

/** The machine's owner is one, under whichever account of the operating system. */
export function isSameActor(one: Actor, other: Actor): boolean {
  const name = ({ kind, id }: Actor): string =>
    kind === 'system' ? id.replace(/^console:.*/, 'console') : id;
  return one.kind === other.kind && name(one) === name(other);
}
