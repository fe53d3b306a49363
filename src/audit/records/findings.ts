/** The life of findings: who answers for them, what was accepted until when, what people said. */
import { z } from 'zod';
import { ConflictError, NotFoundError, UsageError } from '../../base/index.ts';
import { type Reach, within } from '../../fleet/registry/index.ts';
import {
  type Actor,
  cursorOf,
  readCursor,
  type Store,
  type Tables,
  type Tx,
} from '../../store/index.ts';
import { acceptanceEnded, findingAccepted, findingAssigned, findingCommented } from './facts.ts';
import { NOT_ACCEPTED } from './judge.ts';
import { recordPosture } from './posture.ts';
import { severityOf } from './severity.ts';

export const FINDING_STATES = ['open', 'accepted', 'fixed'] as const;
export const FINDING_SORTS = ['severity', 'changed'] as const;
const DAY_MS = 86_400_000;
const ACCEPTANCE_DAYS_MAX = 730;

const ids = z.array(z.string().max(200)).min(1).max(100);
export const findingFilterSchema = z.strictObject({
  state: z.array(z.enum(FINDING_STATES)).min(1).max(100).optional().describe('default: open'),
  control: ids.optional(),
  device: ids.optional(),
  assignee: ids.optional().describe('ids of people; "none" for those that nobody has'),
  severity: z.int().min(1).max(5).optional().describe('at least: 1 info … 5 critical'),
  audit: z
    .string()
    .max(200)
    .optional()
    .describe('opened or reopened by this audit, or failed in it'),
  changedAfter: z.int().optional(),
  expiresBefore: z.int().optional().describe('acceptances that end before'),
});
export type FindingFilter = z.infer<typeof findingFilterSchema>;

export const acceptanceInputSchema = z.strictObject({
  reason: z.string().trim().min(10).max(2000),
  expires: z.iso.date().describe('the last day on which it holds'),
});
export type AcceptanceInput = z.infer<typeof acceptanceInputSchema>;

export const findingRecordSchema = z.object({
  id: z.string(),
  device: z.string(),
  deviceName: z.string(),
  control: z.string(),
  severity: z.enum(['critical', 'high', 'medium', 'low', 'info']),
  state: z.enum(FINDING_STATES),
  title: z.string(),
  note: z.string(),
  assignee: z.string().nullable(),
  opened: z.int(),
  changed: z.int(),
  lastSeen: z.int(),
  firstAudit: z.string(),
  lastAudit: z.string(),
  acceptance: z
    .object({
      reason: z.string(),
      by: z.string(),
      approvedBy: z.string().nullable(),
      at: z.int(),
      expires: z.int().describe('the moment at which it ends'),
    })
    .nullable(),
});
export type FindingRecord = z.infer<typeof findingRecordSchema>;

export const findingDetailsSchema = findingRecordSchema.extend({
  evidence: z.array(z.unknown()).describe('packets, flow and fields, as in the report'),
  evidenceTime: z.int().nullable(),
  slice: z
    .object({ sha256: z.string(), bytes: z.int().nullable().describe('null once it was deleted') })
    .nullable()
    .describe('packets as pcapng, secrets masked'),
  comments: z.array(
    z.object({ id: z.string(), person: z.string(), time: z.int(), text: z.string() }),
  ),
});
export type FindingDetails = z.infer<typeof findingDetailsSchema>;

export interface FindingQuery {
  readonly filter: FindingFilter;
  readonly reach: Reach;
  readonly sort: (typeof FINDING_SORTS)[number];
  readonly descending: boolean;
  readonly after?: string | undefined;
  readonly limit: number;
}

type Row = Tables['findings'] & { device_name: string };

export class Findings {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(query: FindingQuery): Promise<{ items: FindingRecord[]; cursor: string | undefined }> {
    const { sort, descending, limit, after } = query;
    const direction = descending ? 'desc' : 'asc';
    let select = this.#select(query.filter, query.reach)
      .orderBy(`findings.${sort}`, direction)
      .orderBy('findings.id', direction)
      .limit(limit + 1);
    if (after !== undefined) {
      const [value, id] = readCursor(after, 'integer');
      const beyond = descending ? '<' : '>';
      select = select.where((e) =>
        e.or([
          e(`findings.${sort}`, beyond, value),
          e.and([e(`findings.${sort}`, '=', value), e('findings.id', beyond, id)]),
        ]),
      );
    }
    const rows = await select.execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map(readFinding),
      cursor: rows.length > limit && last ? cursorOf(last[sort], last.id) : undefined,
    };
  }

  async count(filter: FindingFilter, reach: Reach): Promise<number> {
    const rows = await this.#select(filter, reach)
      .clearSelect()
      .select((e) => e.fn.countAll<number>().as('count'))
      .execute();
    return Number(rows[0]?.count ?? 0);
  }

  /** How many findings there are of each control, severity, assignee or device model; most first. */
  async tally(
    field: 'control' | 'severity' | 'assignee' | 'model',
    filter: FindingFilter,
    reach: Reach,
  ): Promise<{ value: string | number | null; count: number }[]> {
    const column = TALLY[field];
    const rows = await this.#select(filter, reach)
      .clearSelect()
      .select((e) => [e.ref(column).as('value'), e.fn.countAll<number>().as('count')])
      .groupBy(column)
      .orderBy('count', 'desc')
      .limit(200)
      .execute();
    return rows.map(({ value, count }) => ({ value, count: Number(count) }));
  }

  /** @throws NotFoundError `finding-unknown`, also for one out of reach. */
  async get(id: string, reach: Reach): Promise<FindingDetails> {
    const { db } = this.#store;
    const row = await this.#select({ state: [...FINDING_STATES] }, reach)
      .where('findings.id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw unknown(id);
    const [evidence, comments] = await Promise.all([
      db
        .selectFrom('finding_evidence')
        .select((e) => [
          'time',
          'evidence',
          'sha256',
          e.fn<number | null>('length', ['slice']).as('bytes'),
        ])
        .where('finding_id', '=', id)
        .executeTakeFirst(),
      db
        .selectFrom('finding_comments')
        .selectAll()
        .where('finding_id', '=', id)
        .orderBy('id')
        .execute(),
    ]);
    return {
      ...readFinding(row),
      evidence: evidence === undefined ? [] : JSON.parse(evidence.evidence),
      evidenceTime: evidence?.time ?? null,
      slice: evidence?.sha256 ? { sha256: evidence.sha256, bytes: evidence.bytes } : null,
      comments: comments.map(({ id, person_id, time, text }) => ({
        id,
        person: person_id,
        time,
        text,
      })),
    };
  }

  /** The packets of its evidence as pcapng. @throws NotFoundError `evidence-gone` when they were deleted. */
  async slice(id: string, reach: Reach): Promise<Uint8Array> {
    await this.get(id, reach);
    const row = await this.#store.db
      .selectFrom('finding_evidence')
      .select('slice')
      .where('finding_id', '=', id)
      .executeTakeFirst();
    if (!row?.slice)
      throw new NotFoundError('evidence-gone', 'the packets of this finding are no longer kept.');
    return row.slice;
  }

  /**
   * Accepts open findings until a day. `approvedBy`: the second person, where the policy asks for one.
   * @returns those that were accepted.
   */
  async accept(
    actor: Actor,
    findings: readonly string[],
    input: AcceptanceInput,
    approvedBy: string | null,
  ): Promise<string[]> {
    const now = this.#store.clock.now();
    const expires = Date.parse(`${input.expires}T00:00:00Z`) + DAY_MS;
    if (expires <= now)
      throw new UsageError('expires-past', 'the acceptance would end in the past.');
    if (expires > now + ACCEPTANCE_DAYS_MAX * DAY_MS)
      throw new UsageError('expires-late', 'at most two years; look at it again then.');
    return this.#store.write(async (tx) => {
      const rows = await inState(tx, findings, 'open');
      for (const row of rows) {
        await tx.db
          .updateTable('findings')
          .set({
            state: 'accepted',
            changed: now,
            reason: input.reason,
            accepted_by: actor.id,
            approved_by: approvedBy,
            accepted: now,
            expires,
          })
          .where('id', '=', row.id)
          .execute();
        await tx.fact(findingAccepted, {
          actor,
          subjects: subjectsOf(row),
          reason: input.reason,
          body: {
            control: row.control,
            severity: severityOf(row.severity),
            expires: input.expires,
            approvedBy,
          },
        });
      }
      await this.#posture(tx, rows);
      return rows.map(({ id }) => id);
    });
  }

  /** Takes acceptances back: the findings are open again. @returns those that were opened. */
  reopen(actor: Actor, findings: readonly string[], reason: string): Promise<string[]> {
    return this.#store.write(async (tx) => {
      const rows = await inState(tx, findings, 'accepted');
      await this.#endAcceptances(tx, actor, rows, false, reason);
      return rows.map(({ id }) => id);
    });
  }

  /** Opens findings whose acceptance is over. @returns how many. */
  expire(): Promise<number> {
    const now = this.#store.clock.now();
    return this.#store.write(async (tx) => {
      const rows = await tx.db
        .selectFrom('findings')
        .selectAll()
        .where('state', '=', 'accepted')
        .where('expires', '<=', now)
        .execute();
      const actor: Actor = { kind: 'rule', id: 'acceptance-expiry' };
      await this.#endAcceptances(tx, actor, rows, true);
      return rows.length;
    });
  }

  /** @param to - id of a person, or null. */
  assign(actor: Actor, findings: readonly string[], to: string | null): Promise<string[]> {
    return this.#store.write(async (tx) => {
      const rows = (await inState(tx, findings, undefined)).filter(
        ({ assignee_id }) => assignee_id !== to,
      );
      for (const row of rows) {
        await tx.db
          .updateTable('findings')
          .set({ assignee_id: to })
          .where('id', '=', row.id)
          .execute();
        await tx.fact(findingAssigned, { actor, subjects: subjectsOf(row), body: { to } });
      }
      return rows.map(({ id }) => id);
    });
  }

  comment(actor: Actor, finding: string, text: string): Promise<string> {
    return this.#store.write(async (tx) => {
      const [row] = await inState(tx, [finding], undefined);
      if (row === undefined) throw unknown(finding);
      const id = this.#store.newId();
      await tx.db
        .insertInto('finding_comments')
        .values({
          id,
          finding_id: finding,
          person_id: actor.id,
          time: this.#store.clock.now(),
          text,
        })
        .execute();
      await tx.fact(findingCommented, { actor, subjects: subjectsOf(row), body: {} });
      return id;
    });
  }

  /** Deletes packets whose retention is over; hashes and fields stay. @returns how many. */
  async deleteOldSlices(): Promise<number> {
    const now = this.#store.clock.now();
    const { numUpdatedRows } = await this.#store.write(({ db }) =>
      db
        .updateTable('finding_evidence')
        .set({ slice: null, delete_after: null })
        .where('delete_after', '<=', now)
        .executeTakeFirst(),
    );
    return Number(numUpdatedRows);
  }

  async #endAcceptances(
    tx: Tx,
    actor: Actor,
    rows: readonly Tables['findings'][],
    expired: boolean,
    reason?: string,
  ): Promise<void> {
    const now = this.#store.clock.now();
    for (const row of rows) {
      await tx.db
        .updateTable('findings')
        .set({ state: 'open', changed: now, ...NOT_ACCEPTED })
        .where('id', '=', row.id)
        .execute();
      await tx.fact(acceptanceEnded, {
        actor,
        subjects: subjectsOf(row),
        reason,
        body: { control: row.control, expired },
      });
    }
    await this.#posture(tx, rows);
  }

  async #posture(tx: Tx, rows: readonly Tables['findings'][]): Promise<void> {
    const devices = [...new Set(rows.map(({ device_id }) => device_id))];
    if (devices.length > 0) await recordPosture(tx, this.#store, devices, null);
  }

  #select(filter: FindingFilter, reach: Reach) {
    return this.#store.db
      .selectFrom('findings')
      .innerJoin('devices', 'devices.id', 'findings.device_id')
      .selectAll('findings')
      .select('devices.name as device_name')
      .where((e) => {
        const all = [e('findings.state', 'in', filter.state ?? ['open'])];
        if (filter.control) all.push(e('findings.control', 'in', ['', ...filter.control]));
        if (filter.device) all.push(e('findings.device_id', 'in', ['', ...filter.device]));
        if (filter.severity) all.push(e('findings.severity', '>=', filter.severity));
        if (filter.audit !== undefined)
          all.push(
            e.or([
              e('findings.first_audit', '=', filter.audit),
              e('findings.last_audit', '=', filter.audit),
            ]),
          );
        if (filter.changedAfter !== undefined)
          all.push(e('findings.changed', '>', filter.changedAfter));
        if (filter.expiresBefore !== undefined)
          all.push(e('findings.expires', '<', filter.expiresBefore));
        if (filter.assignee) {
          const people = filter.assignee.filter((id) => id !== 'none');
          all.push(
            e.or([
              e('findings.assignee_id', 'in', ['', ...people]),
              ...(people.length < filter.assignee.length
                ? [e('findings.assignee_id', 'is', null)]
                : []),
            ]),
          );
        }
        return e.and([...all, ...within(e, reach)]);
      });
  }
}

const TALLY = {
  control: 'findings.control',
  severity: 'findings.severity',
  assignee: 'findings.assignee_id',
  model: 'devices.model',
} as const;

async function inState(
  tx: Tx,
  ids: readonly string[],
  state: (typeof FINDING_STATES)[number] | undefined,
): Promise<Tables['findings'][]> {
  const rows = await tx.db
    .selectFrom('findings')
    .selectAll()
    .where('id', 'in', ['', ...ids])
    .execute();
  const missing = ids.find((id) => !rows.some((row) => row.id === id));
  if (missing !== undefined) throw unknown(missing);
  const other = rows.find((row) => state !== undefined && row.state !== state);
  if (other !== undefined)
    throw new ConflictError(
      'finding-state',
      `finding ${other.id} is ${other.state}, not ${state}.`,
    );
  return rows;
}

const subjectsOf = ({ id, device_id }: Tables['findings']) => [
  { kind: 'finding', id },
  { kind: 'device', id: device_id },
];

function readFinding(row: Row): FindingRecord {
  return {
    id: row.id,
    device: row.device_id,
    deviceName: row.device_name,
    control: row.control,
    severity: severityOf(row.severity),
    state: row.state,
    title: row.title,
    note: row.note,
    assignee: row.assignee_id,
    opened: row.opened,
    changed: row.changed,
    lastSeen: row.last_seen,
    firstAudit: row.first_audit,
    lastAudit: row.last_audit,
    acceptance:
      row.accepted === null
        ? null
        : {
            reason: row.reason ?? '',
            by: row.accepted_by ?? '',
            approvedBy: row.approved_by,
            at: row.accepted,
            expires: row.expires ?? 0,
          },
  };
}

const unknown = (id: string) => new NotFoundError('finding-unknown', `there is no finding ${id}.`);
