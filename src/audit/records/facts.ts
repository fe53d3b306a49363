/** What audits and the life of findings record. */
import { z } from 'zod';
import { declareFact } from '../../store/index.ts';

const finding = z.strictObject({ control: z.string(), severity: z.string() });

export const auditRequested = declareFact({
  action: 'audit.requested',
  version: 1,
  body: z.strictObject({ source: z.string(), name: z.string() }),
});
export const auditDone = declareFact({
  action: 'audit.done',
  version: 1,
  body: z.strictObject({
    /** SHA-256 of the report's RFC 8785 bytes. */
    report: z.string(),
    devices: z.int(),
    opened: z.int(),
    reopened: z.int(),
    fixed: z.int(),
  }),
});
export const auditFailed = declareFact({
  action: 'audit.failed',
  version: 1,
  body: z.strictObject({ code: z.string() }),
});
export const findingOpened = declareFact({ action: 'finding.opened', version: 1, body: finding });
export const findingReopened = declareFact({
  action: 'finding.reopened',
  version: 1,
  body: finding,
});
export const findingFixed = declareFact({ action: 'finding.fixed', version: 1, body: finding });
export const findingAccepted = declareFact({
  action: 'finding.accepted',
  version: 1,
  body: z.strictObject({
    control: z.string(),
    severity: z.string(),
    expires: z.string(),
    approvedBy: z.string().nullable(),
  }),
});
/** By a person, or because its time was over. */
export const acceptanceEnded = declareFact({
  action: 'finding.acceptance_ended',
  version: 1,
  body: z.strictObject({ control: z.string(), expired: z.boolean() }),
});
export const findingAssigned = declareFact({
  action: 'finding.assigned',
  version: 1,
  body: z.strictObject({ to: z.string().nullable() }),
});
export const findingCommented = declareFact({
  action: 'finding.commented',
  version: 1,
  body: z.strictObject({}),
});
