/** Audits: each takes one report into the records, whole or not at all. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { ConflictError, type FleetwardError, InputError, NotFoundError } from '../../base/index.ts';
import { type ObservedDevice, Registry } from '../../fleet/registry/index.ts';
import { type Actor, canonicalJson, type Store, type Tables, type Tx } from '../../store/index.ts';
import { type Report, type ReportDevice, reportSchema } from '../report/model.ts';
import { auditDone, auditFailed, auditRequested } from './facts.ts';
import { type EvidenceSlice, judge } from './judge.ts';
import { recordPosture } from './posture.ts';

const deflate = promisify(gzip);
const inflate = promisify(gunzip);

export const AUDIT_SOURCES = ['upload', 'push', 'watch', 'schedule', 'demo'] as const;
export type AuditSource = (typeof AUDIT_SOURCES)[number];
const AUDIT_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;

const summarySchema = z.object({
  verdict: z.string(),
  devices: z.int(),
  packets: z.int(),
  bytes: z.int(),
  findings: z.record(z.string(), z.int()).describe('of the report, by severity'),
  opened: z.int(),
  reopened: z.int(),
  fixed: z.int(),
});

export const auditSchema = z.object({
  id: z.string(),
  site: z.string(),
  name: z.string(),
  source: z.enum(AUDIT_SOURCES),
  state: z.enum(AUDIT_STATES),
  job: z.string().nullable(),
  actor: z.object({ kind: z.string(), id: z.string() }),
  created: z.int().describe('milliseconds since 1970'),
  finished: z.int().nullable(),
  from: z.int().nullable().describe('the time that its captures cover'),
  to: z.int().nullable(),
  summary: summarySchema.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  captureKept: z.boolean(),
});
export type Audit = z.infer<typeof auditSchema>;

export interface AuditRequest {
  readonly site: string;
  readonly name: string;
  readonly source: AuditSource;
  readonly job: string | null;
  /** Path of the capture below the data folder, while it is kept. */
  readonly capture: string | null;
}

/** What was found, as the worker gives it. */
export interface AuditResult {
  readonly report: Report;
  /** By the fingerprint of the finding. */
  readonly slices: ReadonlyMap<string, EvidenceSlice>;
}

export class Audits {
  readonly #store: Store;
  readonly #registry: Registry;

  constructor(store: Store) {
    this.#store = store;
    this.#registry = new Registry(store);
  }

  /** Within the change that enqueues its job. */
  async request(tx: Tx, actor: Actor, request: AuditRequest): Promise<string> {
    const id = this.#store.newId();
    const { site, name, source, job, capture } = request;
    const known = await tx.db.selectFrom('sites').select('id').where('id', '=', site).execute();
    if (known.length === 0) throw new NotFoundError('site-unknown', `there is no site ${site}.`);
    await tx.db
      .insertInto('audits')
      .values({
        id,
        site_id: site,
        name,
        source,
        state: 'waiting',
        job_id: job,
        actor_kind: actor.kind,
        actor_id: actor.id,
        created: this.#store.clock.now(),
        capture,
      })
      .execute();
    await tx.fact(auditRequested, {
      actor,
      subjects: [{ kind: 'audit', id }],
      body: { source, name },
    });
    return id;
  }

  async start(id: string): Promise<void> {
    await this.#store.write(({ db }) =>
      db.updateTable('audits').set({ state: 'running' }).where('id', '=', id).execute(),
    );
  }

  /**
   * Takes a report into the records: devices, verdicts, findings, evidence, posture. Doing it twice is refused, so a
   * job that was interrupted may try again.
   * @param retention - how long packets are kept, in milliseconds.
   */
  async finish(actor: Actor, id: string, result: AuditResult, retention: number): Promise<void> {
    const { report, slices } = result;
    const packed = new Uint8Array(await deflate(JSON.stringify(report)));
    const hash = createHash('sha256').update(canonicalJson(report)).digest('hex');
    const time = millis(report.capture.to) ?? this.#store.clock.now();
    await this.#store.write(async (tx) => {
      const now = this.#store.clock.now();
      const audit = await open(tx, id);
      const ids = await this.#registry.observe(tx, {
        actor,
        site: audit.site_id,
        audit: id,
        devices: report.devices.map(observed),
      });
      const outcome = await judge(tx, this.#store.newId, {
        ...{ actor, audit: id, report, ids, time, now, slices },
        deleteAfter: now + retention,
      });
      await recordPosture(tx, this.#store, [...new Set(ids.values())], id);
      await tx.db.insertInto('audit_reports').values({ audit_id: id, report: packed }).execute();
      const { capture, summary } = report;
      await tx.db
        .updateTable('audits')
        .set({
          state: 'done',
          finished: now,
          period_from: millis(capture.from),
          period_to: millis(capture.to),
          summary: JSON.stringify({
            verdict: summary.verdict,
            devices: summary.devices,
            packets: capture.packets,
            bytes: capture.bytes,
            findings: summary.findings,
            ...outcome,
          }),
        })
        .where('id', '=', id)
        .execute();
      await tx.fact(auditDone, {
        actor,
        subjects: [{ kind: 'audit', id }],
        body: { report: hash, devices: report.devices.length, ...outcome },
      });
    });
  }

  fail(actor: Actor, id: string, error: FleetwardError): Promise<void> {
    return this.#store.write(async (tx) => {
      await open(tx, id);
      await this.#end(tx, actor, id, { state: 'failed', error });
    });
  }

  /** Within the change that cancels its job. Returns the capture that nobody needs any more. */
  async cancel(tx: Tx, actor: Actor, id: string): Promise<string | null> {
    const audit = await tx.db
      .selectFrom('audits')
      .select(['capture', 'state'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (audit?.state !== 'waiting' && audit?.state !== 'running') return null;
    const error = new ConflictError('audit-cancelled', 'somebody cancelled it.');
    await this.#end(tx, actor, id, { state: 'cancelled', error });
    return audit.capture;
  }

  async #end(
    tx: Tx,
    actor: Actor,
    id: string,
    { state, error }: { state: 'failed' | 'cancelled'; error: FleetwardError },
  ): Promise<void> {
    await tx.db
      .updateTable('audits')
      .set({
        state,
        finished: this.#store.clock.now(),
        error_code: error.code,
        error: error.message,
        ...(state === 'cancelled' ? { capture: null } : {}),
      })
      .where('id', '=', id)
      .execute();
    await tx.fact(auditFailed, {
      actor,
      subjects: [{ kind: 'audit', id }],
      body: { code: error.code },
    });
  }

  /** Newest first; `before`: id of the last one of the page before. */
  async list(page: {
    site?: string;
    before?: string | undefined;
    limit: number;
  }): Promise<Audit[]> {
    let query = this.#store.db
      .selectFrom('audits')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(page.limit);
    if (page.site !== undefined) query = query.where('site_id', '=', page.site);
    if (page.before !== undefined) query = query.where('id', '<', page.before);
    return (await query.execute()).map(readAudit);
  }

  async get(id: string): Promise<Audit> {
    const row = await this.#store.db
      .selectFrom('audits')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw unknown(id);
    return readAudit(row);
  }

  /** @throws NotFoundError `report-unknown` while it is not done. */
  async report(id: string): Promise<Report> {
    const row = await this.#store.db
      .selectFrom('audit_reports')
      .select('report')
      .where('audit_id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw new NotFoundError('report-unknown', `audit ${id} has no report.`);
    return readReport(await inflate(row.report));
  }

  /** The capture of an audit is gone, or was kept at another place. */
  async setCapture(id: string, capture: string | null): Promise<void> {
    await this.#store.write(({ db }) =>
      db.updateTable('audits').set({ capture }).where('id', '=', id).execute(),
    );
  }
}

/** A report from its JSON. @throws InputError `report-invalid` */
export function readReport(json: Uint8Array): Report {
  try {
    return reportSchema.parse(JSON.parse(Buffer.from(json).toString()));
  } catch (cause) {
    throw new InputError('report-invalid', 'this is no report of this version.', { cause });
  }
}

async function open(tx: Tx, id: string): Promise<Tables['audits']> {
  const audit = await tx.db
    .selectFrom('audits')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (audit === undefined) throw unknown(id);
  if (audit.state !== 'waiting' && audit.state !== 'running')
    throw new ConflictError('audit-ended', `audit ${id} is ${audit.state} already.`);
  return audit;
}

function observed(device: ReportDevice): ObservedDevice {
  const { description } = device;
  const said = {
    name: device.names[0],
    type: device.type,
    vendor: device.vendor ?? description.maker,
    model: description.model,
    version: description.version,
  };
  const known = Object.entries(said).filter(([, value]) => value);
  return {
    ...Object.fromEntries(known),
    key: device.id,
    mac: device.mac ?? undefined,
    addresses: device.addresses,
    names: device.names,
    firstSeen: millis(device.firstSeen) ?? 0,
    lastSeen: millis(device.lastSeen) ?? 0,
    details: device,
  };
}

function millis(time: string | null): number | null {
  if (time === null) return null;
  const value = Date.parse(time);
  return Number.isFinite(value) ? value : null;
}

function readAudit(row: Tables['audits']): Audit {
  return {
    id: row.id,
    site: row.site_id,
    name: row.name,
    source: row.source as AuditSource,
    state: row.state,
    job: row.job_id,
    actor: { kind: row.actor_kind, id: row.actor_id },
    created: row.created,
    finished: row.finished,
    from: row.period_from,
    to: row.period_to,
    summary: row.summary === null ? null : JSON.parse(row.summary),
    error: row.error_code === null ? null : { code: row.error_code, message: row.error ?? '' },
    captureKept: row.capture !== null,
  };
}

const unknown = (id: string) => new NotFoundError('audit-unknown', `there is no audit ${id}.`);
