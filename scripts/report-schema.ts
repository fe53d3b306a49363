/** Writes docs/report.schema.json from the report's model: `node scripts/report-schema.ts`. */
import { writeFileSync } from 'node:fs';
import { reportJsonSchema } from '../src/audit/report/schema.ts';

writeFileSync(new URL('../docs/report.schema.json', import.meta.url), reportJsonSchema());
