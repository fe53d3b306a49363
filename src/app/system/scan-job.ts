/** The job that turns a capture into an audit: a worker reads it, and its result is taken into the records. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type AuditResult,
  type Audits,
  type EvidenceSlice,
  readReport,
} from '../../audit/records/index.ts';
import { FleetwardError, InputError } from '../../base/index.ts';
import type { JobKind, JobRun } from '../../bus/index.ts';
import type { Store } from '../../store/index.ts';
import { EVIDENCE_FOLDER, REPORT_FILE } from '../worker/protocol.ts';
import { runWorker } from '../worker/run.ts';
import type { DataFolder } from './folders.ts';

export const SCAN_JOB = 'scan';

const inputSchema = z.strictObject({ audit: z.string(), keep: z.boolean() });

const SLICE_BYTES_MAX = 128 * 1024;
const indexSchema = z.object({
  findings: z.array(
    z.object({
      fingerprint: z.string(),
      slice: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9.-]*\.pcapng$/)
        .nullable(),
      sha256: z.string().nullable(),
    }),
  ),
});

export interface ScanJobParts {
  readonly store: Store;
  readonly audits: Audits;
  readonly folder: DataFolder;
  readonly version: string;
  /** How long the packets of findings are kept, in milliseconds. */
  readonly retention: () => number;
}

export function scanJob(parts: ScanJobParts): JobKind<typeof inputSchema> {
  return {
    kind: SCAN_JOB,
    input: inputSchema,
    async run(job, { audit, keep }) {
      const { audits, folder } = parts;
      const { capture, name, ended } = await captureOf(parts.store, audit);
      if (ended) return { audit };
      const path = join(folder.captures, capture);
      const work = join(folder.work, job.id);
      try {
        await audits.start(audit);
        const result = await read(parts, job, { path, name, work });
        await audits.finish(job.actor, audit, result, parts.retention());
      } catch (error) {
        // Stopped in the middle: the next start goes on, with the capture still there.
        if (job.signal.aborted) throw error;
        if (error instanceof FleetwardError) await audits.fail(job.actor, audit, error);
        throw error;
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
      if (!keep) {
        await audits.setCapture(audit, null);
        rmSync(path, { force: true });
      }
      return { audit };
    },
    async cancelled(tx, actor, { audit }) {
      const capture = await parts.audits.cancel(tx, actor, audit);
      if (capture !== null)
        tx.afterCommit(() => rmSync(join(parts.folder.captures, capture), { force: true }));
    },
  };
}

async function captureOf(store: Store, audit: string) {
  const row = await store.db
    .selectFrom('audits')
    .select(['capture', 'name', 'state'])
    .where('id', '=', audit)
    .executeTakeFirst();
  if (!row?.capture)
    throw new InputError('capture-gone', 'the capture of this audit is gone; upload it again.');
  return { capture: row.capture, name: row.name, ended: row.state === 'done' };
}

async function read(
  { version }: ScanJobParts,
  job: JobRun,
  { path, name, work }: { path: string; name: string; work: string },
): Promise<AuditResult> {
  if (!existsSync(path))
    throw new InputError('capture-gone', 'the capture of this audit is gone; upload it again.');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { mode: 0o700 });
  await runWorker(
    { capture: path, name, folder: work, expectations: null, version },
    { signal: job.signal, progress: (bytes) => job.progress(null, `${bytes} bytes read`) },
  );
  job.progress(null, 'taking the result in');
  return {
    report: readReport(readFileSync(join(work, REPORT_FILE))),
    slices: slicesOf(join(work, EVIDENCE_FOLDER)),
  };
}

/** The packets of each finding. What the worker left is hostile: names and sizes are checked. */
function slicesOf(folder: string): Map<string, EvidenceSlice> {
  const index = indexSchema.parse(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')));
  const slices = new Map<string, EvidenceSlice>();
  for (const { fingerprint, slice, sha256 } of index.findings) {
    if (slice === null || sha256 === null) continue;
    const bytes = readFileSync(join(folder, slice));
    if (bytes.length <= SLICE_BYTES_MAX) slices.set(fingerprint, { bytes, sha256 });
  }
  return slices;
}
