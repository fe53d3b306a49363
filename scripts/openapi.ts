/**
 * Writes what the API says of itself: its description docs/openapi.json, the types of its clients
 * src/http/api-types.ts, and the codes of its errors in docs/api.md. `node scripts/openapi.ts`. A test tells when they
 * are stale.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { openSystem } from '../src/app/system/index.ts';
import { buildServer } from '../src/http/index.ts';
import { apiTypes, type Document } from './api-types.ts';
import { ERRORS_MARK, errorTable } from './error-codes.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Relative path → text. */
export async function apiFiles(): Promise<Readonly<Record<string, string>>> {
  const document = await describe();
  const [guide] = readFileSync(`${root}docs/api.md`, 'utf8').split(ERRORS_MARK);
  return {
    'docs/api.md': `${guide}${ERRORS_MARK}\n\n${errorTable()}`,
    'docs/openapi.json': `${JSON.stringify(document, null, 1)}\n`,
    'src/http/api-types.ts': formatted(apiTypes(document)),
  };
}

async function describe(): Promise<Document> {
  const data = mkdtempSync(join(tmpdir(), 'fleetward-openapi-'));
  const publicUrl = 'http://localhost:8321';
  const system = await openSystem({
    version: '0',
    data,
    access: { origin: publicUrl },
    onError: (what) => {
      throw new Error(what);
    },
  });
  const server = await buildServer(system, {
    version: '1',
    log: pino({ level: 'silent' }),
    publicUrl,
  });
  await server.ready();
  const document = JSON.parse(JSON.stringify(server.swagger())) as Document;
  await server.close();
  await system.stop();
  rmSync(data, { recursive: true });
  return document;
}

/** As the house formats. */
const formatted = (source: string): string =>
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/.bin/biome'), 'format', '--stdin-file-path=api-types.ts'],
    { cwd: root, input: source, encoding: 'utf8' },
  );

if (import.meta.main)
  for (const [path, text] of Object.entries(await apiFiles())) writeFileSync(root + path, text);
