import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, expect, test } from 'vitest';
import { apiFiles } from '../../scripts/openapi.ts';

let files: Readonly<Record<string, string>>;
beforeAll(async () => {
  files = await apiFiles();
});

test('the description is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const document = JSON.parse(files['docs/openapi.json']);
  expect(await validator.validate(document)).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('what is committed is what the server says of itself', () => {
  for (const [path, text] of Object.entries(files)) {
    const file = new URL(`../../${path}`, import.meta.url);
    expect(readFileSync(file, 'utf8') === text, `${path}: run node scripts/openapi.ts`).toBe(true);
  }
});

test('every operation has a name of its own, a summary, and says what went wrong and who may', () => {
  const { paths } = JSON.parse(files['docs/openapi.json']);
  const names = new Set<string>();
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods as object)) {
      const at = `${method} ${path}`;
      expect(operation.summary, at).toMatch(/\w/);
      expect(operation['x-access'], at).toMatch(/\w/);
      expect(operation.responses.default, at).toBeDefined();
      expect(names.has(operation.operationId), at).toBe(false);
      names.add(operation.operationId);
    }
  expect(names.size).toBeGreaterThan(80);
});
