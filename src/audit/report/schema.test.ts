import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reportJsonSchema } from './schema.ts';

it('docs/report.schema.json is what the model says (else run: node scripts/report-schema.ts)', () => {
  const committed = readFileSync(
    new URL('../../../docs/report.schema.json', import.meta.url),
    'utf8',
  );
  expect(committed).toBe(reportJsonSchema());
});
