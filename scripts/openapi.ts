/** Writes docs/openapi.json, the description of the API: `node scripts/openapi.ts`. A test tells when it is stale. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { openSystem } from '../src/app/system/index.ts';
import { buildServer } from '../src/http/index.ts';

export async function openapi(): Promise<string> {
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
  const text = JSON.stringify(server.swagger(), null, 1);
  await server.close();
  await system.stop();
  rmSync(data, { recursive: true });
  return `${text}\n`;
}

if (import.meta.main)
  writeFileSync(new URL('../docs/openapi.json', import.meta.url), await openapi());
