/** How an audit went, for people. */
import type { Audit } from '../../audit/records/index.ts';
import { escapeControls } from '../../base/index.ts';
import type { Output } from '../output.ts';
import { moment, printFields } from './table.ts';

export function printAudit(out: Output, audit: Audit): void {
  const { summary, error } = audit;
  if (summary !== null) out.print(escapeControls(summary.verdict));
  printFields(out, {
    ...{ Id: audit.id, Capture: audit.name, State: audit.state, Source: audit.source },
    'Asked for': moment(audit.created),
    Ended: moment(audit.finished),
    Covers: audit.from === null ? '' : `${moment(audit.from)} to ${moment(audit.to)} UTC`,
    Devices: summary?.devices,
    Findings:
      summary && `${summary.opened} opened, ${summary.reopened} reopened, ${summary.fixed} fixed`,
    Failed: error && `${error.message} (${error.code})`,
  });
}
