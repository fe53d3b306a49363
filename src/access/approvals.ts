/**
 * What needs two people: one requests, another who may do the same agrees, and it runs once, in the transaction of the
 * agreement. Where there is no other, the requester waits a stated time and confirms alone, and the facts say so.
 */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import {
  ConflictError,
  FleetwardError,
  ForbiddenError,
  InternalError,
  NotFoundError,
  UnavailableError,
  UsageError,
} from '../base/index.ts';
import { type Actor, canonicalJson, type Tx } from '../store/index.ts';
import {
  type ApprovalRow,
  type ApprovalStatus,
  type ApprovalView,
  actorText,
  approvalFact,
  approvalView,
  isSameActor,
  readActor,
} from './approval-rows.ts';
import { type Caller, decide, denied, holds, stepUpRequired, visible } from './caller.ts';
import { DAY, hours, minutes, type Parts } from './config.ts';
import {
  aboutApproval,
  approvalCancelled,
  approvalDone,
  approvalExpired,
  approvalFailed,
  approvalRejected,
  approvalRequested,
} from './facts.ts';
import type { Db } from './people-rows.ts';
import { type Permission, permissionRow } from './permissions.ts';
import { demandRequester, demandSolo, othersCanAgree } from './second-person.ts';

/** An act that two people do. Rooms give theirs to `Approvals.register`. */
export interface ApprovalAction<Params extends z.ZodType = z.ZodType> {
  /** `people.erase`. */
  readonly action: string;
  /** One with `twoPeople`. */
  readonly permission: Permission;
  readonly params: Params;
  segment?(params: z.output<Params>): string | undefined;
  /** One sentence for whoever agrees, with today's names. */
  describe(db: Db, params: z.output<Params>): Promise<string>;
  /** Does it, within the transaction of the agreement; longer work is begun as a job. Its result goes to who agreed. */
  execute(tx: Tx, params: z.output<Params>, agreed: Agreed): Promise<unknown>;
}

export interface Agreed {
  readonly requestedBy: Actor;
  readonly decidedBy: Actor;
}

/** Requests of one person that wait at once. */
const PENDING_MAX = 50;
const REASON_MAX = 500;
const PARAMS_MAX = 16_384;

export class Approvals {
  readonly #parts: Parts;
  readonly #actions = new Map<string, ApprovalAction>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Each action once, before any request. */
  register<Params extends z.ZodType>(action: ApprovalAction<Params>): void {
    if (this.#actions.has(action.action) || !permissionRow(action.permission).twoPeople)
      throw new InternalError('approval-action-wrong', action.action);
    this.#actions.set(action.action, action as unknown as ApprovalAction);
  }

  /**
   * Asks for a second person. The caller needs the permission and step-up, as for doing it.
   *
   * @throws ForbiddenError `permission-denied`; UnauthenticatedError `step-up-required`; UsageError `reason-missing`,
   * `action-unknown`, `params-invalid`; ConflictError `approval-pending`, `approvals-full`.
   */
  async request(
    caller: Caller,
    actionName: string,
    rawParams: unknown,
    reason: string,
  ): Promise<ApprovalView> {
    const { store, clock, config } = this.#parts;
    const action = this.#action(actionName);
    const parsed = action.params.safeParse(rawParams);
    if (!parsed.success)
      throw new UsageError('params-invalid', `${actionName}: ${parsed.error.issues[0]?.message}`);
    const segment = action.segment?.(parsed.data);
    this.#demand(caller, action.permission, segment);
    const params = canonicalJson(parsed.data);
    if (params.length > PARAMS_MAX) throw new UsageError('params-invalid', 'too long.');
    const digest = createHash('sha256').update(`${actionName}\0${params}`).digest('hex');
    const id = store.newId();
    const now = clock.now();
    await store.write(async (tx) => {
      await this.#demandRoom(tx, caller, digest);
      const asked = { permission: action.permission, segment };
      const solo = !(await othersCanAgree(tx.db, asked, caller));
      await tx.db
        .insertInto('approvals')
        .values({
          id,
          action: actionName,
          permission: action.permission,
          segment: segment ?? '',
          params,
          digest,
          reason: demandReason(reason),
          requested_by: actorText(caller),
          requested_at: now,
          expires_at: now + config.approvalDays * DAY,
          ready_at: solo ? now + hours(config.soloDelayHours) : null,
          status: 'pending',
          decided_by: null,
          decided_at: null,
          decision_reason: null,
          error: null,
        })
        .execute();
      await tx.fact(approvalRequested, {
        actor: caller,
        subjects: [aboutApproval(id)],
        reason: demandReason(reason),
        body: { action: actionName, digest, solo },
      });
    });
    return this.get(id);
  }

  /** @throws NotFoundError `approval-unknown`. */
  async get(id: string): Promise<ApprovalView> {
    return this.#view(await this.#row(this.#parts.store.db, id));
  }

  /** The newest first: one's own, those that one could answer, and all for whoever may see all. */
  async list(
    caller: Caller,
    page: { readonly status?: ApprovalStatus; readonly before?: string; readonly limit: number },
  ): Promise<ApprovalView[]> {
    const all = caller.via !== 'token' && holds(caller, 'approvals.read', {});
    const answerable = [...this.#actions.values()].filter(
      ({ permission }) => visible(caller, permission).everywhere,
    );
    const actions = answerable.map(({ action }) => action);
    const rows = await this.#parts.store.db
      .selectFrom('approvals')
      .selectAll()
      .$if(!all, (query) =>
        query.where((row) =>
          row.or([
            row('requested_by', '=', actorText(caller)),
            ...(actions.length > 0 ? [row('action', 'in', actions)] : []),
          ]),
        ),
      )
      .$if(page.status !== undefined, (query) => query.where('status', '=', page.status!))
      .$if(page.before !== undefined, (query) => query.where('id', '<', page.before!))
      .orderBy('id', 'desc')
      .limit(page.limit)
      .execute();
    return Promise.all(rows.map((row) => this.#view(row)));
  }

  /**
   * Agrees, and does it. Returns what the act returns, for whoever agreed.
   *
   * @param digest - of what the caller was shown.
   * @throws ConflictError `approval-over`, `approval-changed`, `too-early`, `requester-gone`, `request-anew`;
   * ForbiddenError `second-person-needed`, `permission-denied`; UnauthenticatedError `step-up-required`; and
   * whatever the act throws, after which the request has failed.
   */
  async approve(caller: Caller, id: string, digest: string, reason?: string): Promise<unknown> {
    const { store } = this.#parts;
    try {
      return await store.write((tx) => this.#agree(tx, caller, id, digest, reason));
    } catch (error) {
      if (error instanceof ExecutionFailed) {
        await this.#fail(caller, id, error.cause);
        throw error.cause;
      }
      throw error;
    }
  }

  async reject(caller: Caller, id: string, reason: string): Promise<void> {
    const text = demandReason(reason);
    await this.#parts.store.write(async (tx) => {
      const row = await this.#pending(tx, id);
      this.#demand(caller, row.permission as Permission, row.segment || undefined);
      await this.#decide(tx, row, caller, 'rejected', text);
      await tx.fact(approvalRejected, { ...approvalFact(row, caller), reason: text });
    });
  }

  /** By whoever requested it. */
  async cancel(caller: Caller, id: string): Promise<void> {
    await this.#parts.store.write(async (tx) => {
      const row = await this.#pending(tx, id);
      if (row.requested_by !== actorText(caller))
        throw new ForbiddenError('not-yours', 'only who requested it may take it back.');
      await this.#decide(tx, row, caller, 'cancelled');
      await tx.fact(approvalCancelled, approvalFact(row, caller));
    });
  }

  /** Ends requests that nobody answered in time. */
  async sweep(tx: Tx): Promise<void> {
    const rows = await tx.db
      .selectFrom('approvals')
      .selectAll()
      .where('status', '=', 'pending')
      .where('expires_at', '<=', this.#parts.clock.now())
      .execute();
    const system = { kind: 'system', id: 'access' } as const;
    for (const row of rows) {
      await this.#decide(tx, row, system, 'expired');
      await tx.fact(approvalExpired, approvalFact(row, system));
    }
  }

  async #agree(
    tx: Tx,
    caller: Caller,
    id: string,
    digest: string,
    reason: string | undefined,
  ): Promise<unknown> {
    const row = await this.#pending(tx, id);
    const asked = { permission: row.permission as Permission, segment: row.segment || undefined };
    this.#demand(caller, asked.permission, asked.segment);
    if (digest !== row.digest)
      throw new ConflictError('approval-changed', 'this is not what was requested; read it again.');
    const requestedBy = readActor(row.requested_by);
    const alone = isSameActor(requestedBy, caller);
    // Nobody is two people by having two accounts on the machine.
    if (alone) await demandSolo(tx.db, row, asked, caller, this.#parts.clock.now());
    else await demandRequester(tx.db, requestedBy, asked);
    const action = this.#action(row.action);
    let result: unknown;
    try {
      result = await action.execute(tx, action.params.parse(JSON.parse(row.params)), {
        requestedBy,
        decidedBy: { kind: caller.kind, id: caller.id },
      });
    } catch (error) {
      throw error instanceof UnavailableError ? error : new ExecutionFailed(error);
    }
    await this.#decide(tx, row, caller, 'done', reason?.slice(0, REASON_MAX));
    const { body, ...fact } = approvalFact(row, caller);
    await tx.fact(approvalDone, { ...fact, reason, body: { ...body, alone } });
    return result;
  }

  #demand(caller: Caller, permission: Permission, segment: string | undefined): void {
    const { clock, config } = this.#parts;
    const moment = { now: clock.now(), freshMs: minutes(config.stepUpMinutes) };
    const decision = decide(caller, permission, { segment }, moment);
    if (decision === 'step-up') throw stepUpRequired();
    if (decision !== 'approval') throw denied(permission);
  }

  async #demandRoom(tx: Tx, caller: Actor, digest: string): Promise<void> {
    const pending = await tx.db
      .selectFrom('approvals')
      .select(['digest', 'requested_by'])
      .where('status', '=', 'pending')
      .where('expires_at', '>', this.#parts.clock.now())
      .execute();
    if (pending.some((row) => row.digest === digest))
      throw new ConflictError('approval-pending', 'this was requested already.');
    const own = pending.filter(({ requested_by }) => requested_by === actorText(caller));
    if (own.length >= PENDING_MAX)
      throw new ConflictError('approvals-full', 'too many requests wait; cancel some first.');
  }

  #action(name: string): ApprovalAction {
    const action = this.#actions.get(name);
    if (action === undefined)
      throw new UsageError('action-unknown', `there is no action ${name} that needs two people.`);
    return action;
  }

  async #row(db: Db, id: string): Promise<ApprovalRow> {
    const row = await db
      .selectFrom('approvals')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined)
      throw new NotFoundError('approval-unknown', 'there is no such request for approval.');
    return row;
  }

  async #pending(tx: Tx, id: string): Promise<ApprovalRow> {
    const row = await this.#row(tx.db, id);
    if (row.status !== 'pending' || row.expires_at <= this.#parts.clock.now())
      throw new ConflictError('approval-over', 'this request was answered or is too old.');
    return row;
  }

  async #decide(
    tx: Tx,
    row: ApprovalRow,
    actor: Actor,
    status: ApprovalStatus,
    reason?: string,
    error?: string,
  ): Promise<void> {
    await tx.db
      .updateTable('approvals')
      .set({
        status,
        decided_by: actorText(actor),
        decided_at: this.#parts.clock.now(),
        decision_reason: reason ?? null,
        error: error ?? null,
      })
      .where('id', '=', row.id)
      .where('status', '=', 'pending')
      .execute();
  }

  async #fail(caller: Actor, id: string, cause: unknown): Promise<void> {
    const error = cause instanceof FleetwardError ? cause.code : 'internal';
    await this.#parts.store.write(async (tx) => {
      const row = await this.#row(tx.db, id);
      if (row.status !== 'pending') return;
      await this.#decide(tx, row, caller, 'failed', undefined, error);
      const { body, ...fact } = approvalFact(row, caller);
      await tx.fact(approvalFailed, { ...fact, body: { ...body, error } });
    });
  }

  async #view(row: ApprovalRow): Promise<ApprovalView> {
    const action = this.#actions.get(row.action);
    const params = action?.params.safeParse(JSON.parse(row.params));
    const summary = params?.success
      ? await action!.describe(this.#parts.store.db, params.data)
      : row.action;
    return approvalView(row, summary);
  }
}

/** An act that threw: everything of it is undone, and the request has failed. */
class ExecutionFailed extends Error {
  constructor(cause: unknown) {
    super('execution failed', { cause });
  }
}

function demandReason(reason: string): string {
  const text = reason.trim().slice(0, REASON_MAX);
  if (text === '') throw new UsageError('reason-missing', 'say why.');
  return text;
}
