/** The report's JSON Schema, made from its zod model. */
import { z } from 'zod';
import { reportSchema } from './model.ts';
import { REPORT_SCHEMA } from './version.ts';

/** Text of docs/report.schema.json (JSON Schema 2020-12). */
export function reportJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(reportSchema, { io: 'input', reused: 'inline' });
  const schema = {
    $schema,
    $id: REPORT_SCHEMA,
    title: 'Fleetward report',
    description: 'What `fleetward scan --json` prints.',
    ...rest,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
