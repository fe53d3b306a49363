/** Unpacks a backup into a folder, and checks that it is whole. Nothing in it is believed before that. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { FleetwardError, InputError, UsageError, unreadable } from '../../../base/index.ts';
import { MANIFEST, type Manifest, manifestSchema } from './manifest.ts';
import { MAGIC, unseal } from './sealed-stream.ts';

const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

/** @throws InputError `backup-unknown`, `backup-broken`, `passphrase-wrong`, `file-…`; UsageError `passphrase-missing`. */
export async function unpack(
  file: string,
  into: string,
  passphrase: string | undefined,
): Promise<Manifest> {
  const isSealed = (await beginning(file)).equals(MAGIC);
  if (isSealed && passphrase === undefined)
    throw new UsageError(
      'passphrase-missing',
      'this backup is sealed; give --passphrase-file FILE.',
    );
  mkdirSync(join(into, 'captures'), { recursive: true, mode: 0o700 });
  const source = createReadStream(file);
  const archive = extract();
  const opened = isSealed ? Readable.from(unseal(source, passphrase as string)) : source;
  const filled = pipeline(opened, createGunzip(), archive);
  try {
    const [manifest] = await Promise.all([take(archive, into), filled]);
    return manifest;
  } catch (error) {
    await filled.catch((cause) => {
      if (cause instanceof FleetwardError) throw cause;
    });
    if (error instanceof FleetwardError) throw error;
    const errno = (error as NodeJS.ErrnoException).code ?? '';
    if (errno === 'ENOSPC' || errno === 'EACCES' || errno === 'EROFS')
      throw new InputError('restore-failed', `cannot unpack into ${into} (${errno}).`, {
        cause: error,
      });
    throw new InputError('backup-broken', 'this is no whole backup; use another.', {
      cause: error,
    });
  }
}

async function take(archive: ReturnType<typeof extract>, into: string): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const missing = new Set<string>();
  for await (const entry of archive) {
    const { name, size = 0 } = entry.header;
    if (manifest === undefined) {
      if (name !== MANIFEST || size > MANIFEST_BYTES_MAX) throw notOurs();
      const parsed = manifestSchema.safeParse(JSON.parse(await text(entry)));
      if (!parsed.success) throw notOurs();
      manifest = parsed.data;
      for (const file of manifest.files) missing.add(file.name);
      continue;
    }
    const listed = manifest.files.find((file) => file.name === name);
    if (!listed || !missing.delete(name) || listed.bytes !== size) throw changed(name);
    const hash = createHash('sha256');
    const hashed = new Transform({
      transform(chunk, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(
      entry,
      hashed,
      createWriteStream(join(into, name), { mode: 0o600, flush: true }),
    );
    if (hash.digest('hex') !== listed.sha256) throw changed(name);
  }
  if (manifest === undefined) throw notOurs();
  const [left] = missing;
  if (left !== undefined) throw changed(left);
  return manifest;
}

async function beginning(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC.length));
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

const notOurs = (): InputError =>
  new InputError('backup-unknown', 'this is no backup that Fleetward made.');

const changed = (name: string): InputError =>
  new InputError('backup-broken', `${name} in this backup was changed or cut off; use another.`);
