/** Face of the records: audits, findings and posture over time (see docs/adr/0007). */

export { coverageSchema } from '../report/model.ts';
export {
  type Audit,
  type AuditRequest,
  type AuditResult,
  type AuditSource,
  Audits,
  auditSchema,
  readReport,
} from './audits.ts';
export { PROVISION_RESULTS, ProvisionCoverage, type ProvisionResult } from './coverage.ts';
export {
  type AcceptanceInput,
  acceptanceInputSchema,
  FINDING_SORTS,
  type FindingDetails,
  type FindingFilter,
  type FindingRecord,
  Findings,
  findingDetailsSchema,
  findingFilterSchema,
  findingRecordSchema,
} from './findings.ts';
export type { EvidenceSlice } from './judge.ts';
export {
  POSTURE_SCOPES,
  Posture,
  type PostureMove,
  type PosturePoint,
  type PostureScope,
  postureMoveSchema,
  posturePointSchema,
} from './posture.ts';
