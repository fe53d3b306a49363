/**
 * Takes the verdicts of one report into the records. The rules: a failure opens a finding or reopens a fixed one; only
 * a pass above its floor, seen later than the failure, fixes it; what was not seen or not visible changes nothing.
 */
import type { Actor, Tables, Tx } from '../../store/index.ts';
import type { Report, ReportFinding, ReportVerdict } from '../report/model.ts';
import { findingFixed, findingOpened, findingReopened } from './facts.ts';
import { severityOf, severityRank } from './severity.ts';

export interface Judged {
  readonly actor: Actor;
  readonly audit: string;
  readonly report: Report;
  /** Registry id of each device of the report. */
  readonly ids: ReadonlyMap<string, string>;
  /** Until when the report's captures saw (milliseconds since 1970). */
  readonly time: number;
  readonly now: number;
  /** pcapng of a finding's packets, by its fingerprint in the report. */
  readonly slices: ReadonlyMap<string, EvidenceSlice>;
  /** When slices are to be deleted (milliseconds since 1970). */
  readonly deleteAfter: number;
}

export interface EvidenceSlice {
  readonly bytes: Uint8Array;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface Outcome {
  opened: number;
  reopened: number;
  fixed: number;
}

type FindingRow = Tables['findings'];

export async function judge(tx: Tx, newId: () => string, judged: Judged): Promise<Outcome> {
  const outcome: Outcome = { opened: 0, reopened: 0, fixed: 0 };
  const byDevice = Map.groupBy(judged.report.verdicts, ({ device }) => device);
  const failures = new Map(judged.report.findings.map((f) => [`${f.device} ${f.control}`, f]));
  for (const [device, verdicts] of byDevice) {
    const id = judged.ids.get(device);
    if (id === undefined) continue;
    const known = await tx.db
      .selectFrom('verdicts')
      .selectAll()
      .where('device_id', '=', id)
      .execute();
    const before = new Map(known.map((row) => [row.control, row]));
    const rows = await tx.db
      .selectFrom('findings')
      .selectAll()
      .where('device_id', '=', id)
      .execute();
    const findings = new Map(rows.map((row) => [row.control, row]));
    for (const verdict of verdicts) {
      if (!(await keepVerdict(tx, newId, judged, id, verdict, before.get(verdict.control))))
        continue;
      const finding = findings.get(verdict.control);
      const failure = failures.get(`${device} ${verdict.control}`);
      if (failure !== undefined) await failed(tx, newId, judged, id, failure, finding, outcome);
      else if (verdict.verdict === 'pass' && finding && finding.state !== 'fixed')
        await passed(tx, judged, finding, outcome);
    }
  }
  return outcome;
}

/** @returns whether the verdict says something, and something newer than what is known. */
async function keepVerdict(
  tx: Tx,
  newId: () => string,
  { audit, time }: Judged,
  device_id: string,
  { control, verdict, why, floor }: ReportVerdict,
  before: Tables['verdicts'] | undefined,
): Promise<boolean> {
  if (verdict === 'not_seen') return false;
  // What was decided before outlives an audit that could not see.
  if (verdict === 'not_visible' && before && before.verdict !== 'not_visible') return false;
  if (before && before.time > time) return false;
  const row = { verdict, why, floor: floor && JSON.stringify(floor), time, audit_id: audit };
  if (before === undefined)
    await tx.db
      .insertInto('verdicts')
      .values({ device_id, control, ...row })
      .execute();
  else
    await tx.db
      .updateTable('verdicts')
      .set(row)
      .where('device_id', '=', device_id)
      .where('control', '=', control)
      .execute();
  if (before?.verdict !== verdict)
    await tx.db
      .insertInto('verdict_changes')
      .values({
        id: newId(),
        time,
        device_id,
        control,
        from_verdict: before?.verdict ?? null,
        to_verdict: verdict,
        audit_id: audit,
      })
      .execute();
  return true;
}

async function failed(
  tx: Tx,
  newId: () => string,
  judged: Judged,
  device: string,
  failure: ReportFinding,
  before: FindingRow | undefined,
  outcome: Outcome,
): Promise<void> {
  const { actor, audit, now, time } = judged;
  const severity = severityRank(failure.severity);
  const said = {
    severity,
    title: failure.title,
    note: failure.note ?? '',
    last_audit: audit,
    last_seen: time,
  };
  const id = before?.id ?? newId();
  const subjects = [
    { kind: 'finding', id },
    { kind: 'device', id: device },
  ];
  const fact = {
    actor,
    subjects,
    evidence: [`audit:${audit}`],
    body: { control: failure.control, severity: failure.severity },
  };
  if (before === undefined) {
    await tx.db
      .insertInto('findings')
      .values({
        ...said,
        id,
        device_id: device,
        control: failure.control,
        state: 'open',
        fingerprint: failure.fingerprint,
        opened: now,
        changed: now,
        first_audit: audit,
      })
      .execute();
    await tx.fact(findingOpened, fact);
    outcome.opened++;
  } else {
    const reopens = before.state === 'fixed';
    await tx.db
      .updateTable('findings')
      .set(reopens ? { ...said, state: 'open', changed: now } : said)
      .where('id', '=', id)
      .execute();
    if (reopens) {
      await tx.fact(findingReopened, fact);
      outcome.reopened++;
    }
  }
  await keepEvidence(tx, judged, id, failure);
}

async function passed(
  tx: Tx,
  judged: Judged,
  finding: FindingRow,
  outcome: Outcome,
): Promise<void> {
  const { actor, audit, now } = judged;
  await tx.db
    .updateTable('findings')
    .set({ state: 'fixed', changed: now, last_audit: audit, ...NOT_ACCEPTED })
    .where('id', '=', finding.id)
    .execute();
  await tx.fact(findingFixed, {
    actor,
    subjects: [
      { kind: 'finding', id: finding.id },
      { kind: 'device', id: finding.device_id },
    ],
    evidence: [`audit:${audit}`],
    body: { control: finding.control, severity: severityOf(finding.severity) },
  });
  outcome.fixed++;
}

/** The columns of an acceptance that is over. */
export const NOT_ACCEPTED = {
  reason: null,
  accepted_by: null,
  approved_by: null,
  accepted: null,
  expires: null,
} as const;

async function keepEvidence(
  tx: Tx,
  { audit, slices, time, deleteAfter }: Judged,
  finding_id: string,
  { evidence, fingerprint }: ReportFinding,
): Promise<void> {
  const slice = slices.get(fingerprint);
  const row = {
    audit_id: audit,
    time,
    evidence: JSON.stringify(evidence),
    slice: slice?.bytes ?? null,
    sha256: slice?.sha256 ?? null,
    delete_after: slice ? deleteAfter : null,
  };
  await tx.db
    .insertInto('finding_evidence')
    .values({ finding_id, ...row })
    .onConflict((c) => c.column('finding_id').doUpdateSet(row))
    .execute();
}
