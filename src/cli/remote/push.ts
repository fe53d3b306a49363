/** Sends captures to a running instance and waits for their audits. An upload that breaks off goes on where it stopped. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Upload } from '../../app/system/index.ts';
import type { Audit } from '../../audit/records/index.ts';
import {
  ConflictError,
  escapeControls,
  InputError,
  NotFoundError,
  UsageError,
  unreadable,
} from '../../base/index.ts';
import type { Site } from '../../fleet/registry/index.ts';
import type { Context } from '../command.ts';
import { type Client, isPassing } from './client.ts';
import { forgetUpload, rememberedUpload, rememberUpload } from './unfinished.ts';

/** A part of an upload: what is sent again at most, when the connection breaks. */
const PART_BYTES = 64 * 1024 * 1024;
const TRIES = 6;
const WAIT_MS = 500;
const LOOK_MS = 300;
const HEAD_BYTES = 64 * 1024;
const MEDIA_TYPE = 'application/offset+octet-stream';

/** @param site - name or id; the only one there is when absent. */
export async function siteFor(client: Client, site: string | undefined): Promise<Site> {
  const sites = await Array.fromAsync(client.all('/sites'));
  const found = sites.filter(({ id, name }) => site === undefined || site === id || site === name);
  if (found.length === 1) return found[0];
  const names = sites.map(({ name }) => escapeControls(name)).join(', ');
  if (site !== undefined)
    throw new NotFoundError(
      'site-unknown',
      `there is no site “${site}”; there are: ${names || 'none'}.`,
    );
  if (sites.length > 1)
    throw new UsageError(
      'site-missing',
      `say of which site the capture is: --site NAME (${names}).`,
    );
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  return client.send('POST', '/sites', { body: { name: 'Main site', zone } });
}

export async function push(
  client: Client,
  { progress, signal, env, err }: Context,
  { path, site, keep }: { path: string; site: string; keep: boolean },
): Promise<Audit> {
  const { bytes, key } = identify(path);
  const remembered = rememberedUpload(env, `${client.name} ${site} ${key}`);
  let upload =
    remembered === undefined
      ? undefined
      : await client.get('/uploads/{id}', { id: remembered }).catch(gone);
  if (upload) err.print(`going on with an upload that was broken off at ${upload.received} bytes`);
  upload ??= await client.send('POST', '/uploads', {
    body: { site, name: basename(path), bytes, keep },
  });
  rememberUpload(env, `${client.name} ${site} ${key}`, upload.id);
  const line = progress('sending', 'bytes', bytes);
  try {
    upload = await sendAll(client, path, upload, (sent) => line.at(sent), signal);
  } finally {
    line.done();
  }
  forgetUpload(env, `${client.name} ${site} ${key}`);
  return ended(client, upload.audit as string, signal);
}

async function sendAll(
  client: Client,
  path: string,
  started: Upload,
  told: (sent: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
  let upload = started;
  let failures = 0;
  while (upload.audit === null) {
    const { id, received, bytes } = upload;
    const length = Math.min(PART_BYTES, bytes - received);
    const part = createReadStream(path, { start: received, end: received + length - 1 });
    let sent = received;
    part.on('data', (chunk) => {
      sent += chunk.length;
      told(sent);
    });
    try {
      upload = await client.send('PATCH', '/uploads/{id}', {
        params: { id },
        stream: { bytes: part, type: MEDIA_TYPE, length },
        headers: { 'upload-offset': String(received) },
      });
      failures = 0;
    } catch (error) {
      // A connection that broke, or a part that was still being written when we came again.
      const again = isPassing(error) || error instanceof ConflictError;
      if (!again || signal.aborted || ++failures >= TRIES) throw error;
      await wait(WAIT_MS * 2 ** failures);
      upload = await client.get('/uploads/{id}', { id }).catch((cause) => {
        if (isPassing(cause)) return upload;
        throw cause;
      });
    }
  }
  return upload;
}

async function ended(client: Client, id: string, signal: AbortSignal): Promise<Audit> {
  for (;;) {
    const audit = await client.get('/audits/{id}', { id });
    if (audit.state !== 'waiting' && audit.state !== 'running') return audit;
    await wait(LOOK_MS, undefined, { signal });
  }
}

/** What tells a capture from another without reading gigabytes: size, time of change, and its beginning. */
function identify(path: string): { bytes: number; key: string } {
  try {
    const { size, mtimeMs } = statSync(path);
    if (size === 0) throw new InputError('capture-empty', `${path} is empty.`);
    const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
    const file = openSync(path, 'r');
    readSync(file, head);
    closeSync(file);
    const hash = createHash('sha256').update(`${size} ${mtimeMs} `).update(head);
    return { bytes: size, key: hash.digest('hex') };
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error);
  }
}

function gone(error: unknown): undefined {
  if (error instanceof NotFoundError) return undefined;
  throw error;
}
