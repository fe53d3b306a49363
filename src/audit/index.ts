/** Face of the room audit: what is wrong with each device, with proof, and what the standards say of it. */

import type { Correction } from './expectations/correct.ts';
import type { Expectations } from './expectations/index.ts';
import type { Report } from './report/model.ts';

export * from './catalogue.ts';
export * from './control.ts';
export { controls } from './controls/index.ts';
export * from './evaluate.ts';
export { compare, hasFinding } from './report/compare.ts';
export { type EvidenceParts, type SavedEvidence, saveEvidence } from './report/evidence.ts';
export { htmlReport } from './report/html.ts';
export { buildReport, type ReportParts } from './report/json.ts';
export type {
  Comparison,
  Coverage,
  Report,
  ReportCapture,
  ReportDevice,
  ReportError,
  ReportFinding,
  ReportVerdict,
} from './report/model.ts';
export { ocsfReport } from './report/ocsf.ts';
export { type SarifLog, sarifReport } from './report/sarif.ts';
export { type TerminalOptions, terminalReport } from './report/terminal.ts';
export { coverage } from './standards/coverage.ts';
export * from './standards/index.ts';
export type { Expectations };

/** expectations.yaml with a person's word on devices' types in it. @throws InputError when the file is wrong. */
export const correctedExpectations = async (
  path: string,
  corrections: readonly Correction[],
): Promise<string> =>
  (await import('./expectations/correct.ts')).correctedExpectations(path, corrections);

/** Reads expectations.yaml. Loads its libraries only now: most scans have none. @throws InputError when it is wrong. */
export const readExpectations = async (path: string): Promise<Expectations> =>
  (await import('./expectations/index.ts')).readExpectations(path);

/** Reads a report that `scan --json` wrote, for `compare`. @throws InputError when it is none. */
export const readBaseline = async (path: string): Promise<Report> =>
  (await import('./report/baseline.ts')).readBaseline(path);
