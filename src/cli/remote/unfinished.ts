/** Uploads that were begun, in the user's own cache, so that the next run goes on with them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const folderOf = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'fleetward', 'uploads');

const fileOf = (env: NodeJS.ProcessEnv, key: string): string =>
  join(folderOf(env), createHash('sha256').update(key).digest('hex').slice(0, 32));

/** @param key - instance, site and capture. @returns the upload's id. */
export function rememberedUpload(env: NodeJS.ProcessEnv, key: string): string | undefined {
  try {
    const id = readFileSync(fileOf(env, key), 'utf8');
    return /^[\w-]{1,64}$/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/** What cannot be remembered is sent anew the next time; no reason to fail. */
export function rememberUpload(env: NodeJS.ProcessEnv, key: string, id: string): void {
  try {
    mkdirSync(folderOf(env), { recursive: true, mode: 0o700 });
    writeFileSync(fileOf(env, key), id, { mode: 0o600 });
  } catch {
    return;
  }
}

export function forgetUpload(env: NodeJS.ProcessEnv, key: string): void {
  rmSync(fileOf(env, key), { force: true });
}
