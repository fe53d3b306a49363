/** What the system asks of a worker, and what the worker answers: JSON lines over a pipe. */
import { z } from 'zod';

/** Names of the files that a worker leaves in its folder. */
export const REPORT_FILE = 'report.json';
export const EVIDENCE_FOLDER = 'evidence';

export const scanTaskSchema = z.strictObject({
  capture: z.string(),
  /** What it is called in the report. */
  name: z.string(),
  /** A folder for this task alone. */
  folder: z.string(),
  expectations: z.string().nullable(),
  version: z.string(),
});
export type ScanTask = z.infer<typeof scanTaskSchema>;

export const workerMessageSchema = z.union([
  z.strictObject({ bytes: z.number() }),
  z.strictObject({ done: z.literal(true) }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);
export type WorkerMessage = z.infer<typeof workerMessageSchema>;
