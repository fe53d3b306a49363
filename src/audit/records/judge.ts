/**
 * Takes the verdicts of one report into the records. The rules: a failure opens a finding or reopens a fixed one; only
 * a pass above its floor, seen later than the failure, fixes it; what was not seen or not visible changes nothing.
 */
import { type Actor, chunks, excluded, type Tables, type Tx } from '../../store/index.ts';
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

/** Devices judged with the same few statements. */
const TOGETHER = 100;

export async function judge(tx: Tx, newId: () => string, judged: Judged): Promise<Outcome> {
  const outcome: Outcome = { opened: 0, reopened: 0, fixed: 0 };
  const byDevice = Map.groupBy(
    judged.report.verdicts,
    ({ device }) => judged.ids.get(device) ?? '',
  );
  byDevice.delete('');
  const failures = new Map(
    judged.report.findings.map((f) => [`${judged.ids.get(f.device)} ${f.control}`, f]),
  );
  for (const devices of chunks([...byDevice.keys()], TOGETHER)) {
    const known = await knownOf(tx, devices);
    const next = new Changes();
    for (const device of devices) {
      for (const verdict of byDevice.get(device) ?? []) {
        const key = `${device} ${verdict.control}`;
        if (!keepVerdict(next, newId, judged, device, verdict, known.verdicts.get(key))) continue;
        const finding = known.findings.get(key);
        const failure = failures.get(key);
        if (failure !== undefined) failed(next, newId, judged, device, failure, finding);
        else if (verdict.verdict === 'pass' && finding && finding.state !== 'fixed')
          passed(next, judged, finding);
      }
    }
    await write(tx, judged, next);
    outcome.opened += next.opened.length;
    outcome.reopened += next.reopened.length;
    outcome.fixed += next.fixed.length;
  }
  return outcome;
}

type VerdictRow = Tables['verdicts'];

/** What follows from the verdicts of some devices, to be written at once. */
class Changes {
  readonly verdicts: VerdictRow[] = [];
  readonly verdictChanges: Tables['verdict_changes'][] = [];
  readonly findings: FindingRow[] = [];
  readonly evidence: Tables['finding_evidence'][] = [];
  readonly opened: FindingRow[] = [];
  readonly reopened: FindingRow[] = [];
  readonly fixed: FindingRow[] = [];
}

/** What is known of some devices, by device and control. */
async function knownOf(tx: Tx, devices: readonly string[]) {
  const [verdicts, findings] = [
    await tx.db.selectFrom('verdicts').selectAll().where('device_id', 'in', devices).execute(),
    await tx.db.selectFrom('findings').selectAll().where('device_id', 'in', devices).execute(),
  ];
  const keyed = <Row extends { device_id: string; control: string }>(rows: readonly Row[]) =>
    new Map(rows.map((row) => [`${row.device_id} ${row.control}`, row]));
  return { verdicts: keyed(verdicts), findings: keyed(findings) };
}

/** @returns whether the verdict says something, and something newer than what is known. */
function keepVerdict(
  next: Changes,
  newId: () => string,
  { audit, time }: Judged,
  device_id: string,
  { control, verdict, why, floor }: ReportVerdict,
  before: VerdictRow | undefined,
): boolean {
  if (verdict === 'not_seen') return false;
  // What was decided before outlives an audit that could not see.
  if (verdict === 'not_visible' && before && before.verdict !== 'not_visible') return false;
  if (before && before.time > time) return false;
  const row = { device_id, control, verdict, why, time, audit_id: audit };
  next.verdicts.push({ ...row, floor: floor && JSON.stringify(floor) });
  if (before?.verdict !== verdict)
    next.verdictChanges.push({
      ...{ id: newId(), time, device_id, control, audit_id: audit },
      from_verdict: before?.verdict ?? null,
      to_verdict: verdict,
    });
  return true;
}

function failed(
  next: Changes,
  newId: () => string,
  judged: Judged,
  device_id: string,
  failure: ReportFinding,
  before: FindingRow | undefined,
): void {
  const { audit, now, time } = judged;
  const row: FindingRow = {
    ...(before ?? {
      id: newId(),
      device_id,
      control: failure.control,
      state: 'open',
      fingerprint: failure.fingerprint,
      assignee_id: null,
      opened: now,
      changed: now,
      first_audit: audit,
      ...NOT_ACCEPTED,
    }),
    severity: severityRank(failure.severity),
    title: failure.title,
    note: failure.note ?? '',
    last_audit: audit,
    last_seen: time,
  };
  if (before === undefined) next.opened.push(row);
  else if (before.state === 'fixed') {
    Object.assign(row, { state: 'open', changed: now });
    next.reopened.push(row);
  }
  next.findings.push(row);
  next.evidence.push(evidenceOf(judged, row.id, failure));
}

function passed(next: Changes, { audit, now }: Judged, finding: FindingRow): void {
  const row: FindingRow = {
    ...finding,
    ...NOT_ACCEPTED,
    state: 'fixed',
    changed: now,
    last_audit: audit,
  };
  next.findings.push(row);
  next.fixed.push(row);
}

async function write(tx: Tx, judged: Judged, next: Changes): Promise<void> {
  const { db } = tx;
  for (const rows of chunks(next.verdicts, ROWS_MAX))
    await db
      .insertInto('verdicts')
      .values(rows)
      .onConflict((c) => c.columns(['device_id', 'control']).doUpdateSet(excluded(VERDICT_COLUMNS)))
      .execute();
  for (const rows of chunks(next.verdictChanges, ROWS_MAX))
    await db.insertInto('verdict_changes').values(rows).execute();
  for (const rows of chunks(next.findings, ROWS_MAX))
    await db
      .insertInto('findings')
      .values(rows)
      .onConflict((c) => c.column('id').doUpdateSet(excluded(FINDING_COLUMNS)))
      .execute();
  for (const rows of chunks(next.evidence, ROWS_MAX))
    await db
      .insertInto('finding_evidence')
      .values(rows)
      .onConflict((c) => c.column('finding_id').doUpdateSet(excluded(EVIDENCE_COLUMNS)))
      .execute();
  for (const [type, rows] of [
    [findingOpened, next.opened],
    [findingReopened, next.reopened],
    [findingFixed, next.fixed],
  ] as const)
    await tx.facts(
      type,
      rows.map(({ id, device_id, control, severity }) => ({
        actor: judged.actor,
        subjects: [
          { kind: 'finding', id },
          { kind: 'device', id: device_id },
        ],
        evidence: [`audit:${judged.audit}`],
        body: { control, severity: severityOf(severity) },
      })),
    );
}

const ROWS_MAX = 500;
const VERDICT_COLUMNS = ['verdict', 'why', 'floor', 'time', 'audit_id'] as const;
const FINDING_COLUMNS = [
  ...(['severity', 'title', 'note', 'last_audit', 'last_seen', 'state', 'changed'] as const),
  ...(['reason', 'accepted_by', 'approved_by', 'accepted', 'expires'] as const),
] as const;
const EVIDENCE_COLUMNS = [
  'audit_id',
  'time',
  'evidence',
  'slice',
  'sha256',
  'delete_after',
] as const;

/** The columns of an acceptance that is over. */
export const NOT_ACCEPTED = {
  reason: null,
  accepted_by: null,
  approved_by: null,
  accepted: null,
  expires: null,
} as const;

function evidenceOf(
  { audit, slices, time, deleteAfter }: Judged,
  finding_id: string,
  { evidence, fingerprint }: ReportFinding,
): Tables['finding_evidence'] {
  const slice = slices.get(fingerprint);
  return {
    finding_id,
    audit_id: audit,
    time,
    evidence: JSON.stringify(evidence),
    slice: slice?.bytes ?? null,
    sha256: slice?.sha256 ?? null,
    delete_after: slice ? deleteAfter : null,
  };
}
