/** Reads back a report that `scan --json` wrote. */
import { readFileSync } from 'node:fs';
import { InputError } from '../../base/index.ts';
import { type Report, reportSchema } from './model.ts';
import { REPORT_SCHEMA } from './version.ts';

/** @throws InputError when the file cannot be read or is no report of ours. */
export function readBaseline(path: string): Report {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(
      'baseline-unreadable',
      `${path} cannot be read; give --baseline a report that scan --json wrote.`,
      { cause: error },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notAReport(path, 'it is not JSON', error);
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== REPORT_SCHEMA) throw notAReport(path, `its schema is not ${REPORT_SCHEMA}`);
  const parsed = reportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw notAReport(path, `${issue.path.map(String).join('.')}: ${issue.message}`);
}

const notAReport = (path: string, reason: string, cause?: unknown): InputError =>
  new InputError(
    'baseline-wrong',
    `${path} is no report of fleetward (${reason}); give --baseline what scan --json wrote.`,
    { cause },
  );
