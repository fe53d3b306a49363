/** Captures on their way in: streamed to disk, resumed where they stopped, audited when they are whole. */
import {
  closeSync,
  createWriteStream,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { AuditSource, Audits } from '../../audit/records/index.ts';
import { ConflictError, LimitError, NotFoundError, UsageError } from '../../base/index.ts';
import type { Jobs } from '../../bus/index.ts';
import type { Actor, Store, Tables } from '../../store/index.ts';
import type { DataFolder } from './folders.ts';
import { SCAN_JOB } from './scan-job.ts';

const BYTES_MAX = 64 * 1024 ** 3;
const WAITING_MAX = 100;
const ABANDONED_MS = 7 * 86_400_000;

export const uploadInputSchema = z.strictObject({
  site: z.string(),
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .refine((name) => !/[/\\\p{Cc}]/u.test(name), 'a file name without folders'),
  bytes: z.int().min(1).max(BYTES_MAX),
  keep: z.boolean().default(false).describe('keep the capture after its audit'),
});
export type UploadInput = z.infer<typeof uploadInputSchema>;

export const uploadSchema = z.object({
  id: z.string(),
  name: z.string(),
  bytes: z.int(),
  received: z.int().describe('go on from here'),
  audit: z.string().nullable().describe('set when it is whole'),
});
export type Upload = z.infer<typeof uploadSchema>;

export class Uploads {
  readonly #store: Store;
  readonly #folder: DataFolder;
  readonly #audits: Audits;
  readonly #jobs: Jobs;
  readonly #busy = new Set<string>();

  constructor(store: Store, folder: DataFolder, audits: Audits, jobs: Jobs) {
    this.#store = store;
    this.#folder = folder;
    this.#audits = audits;
    this.#jobs = jobs;
  }

  async create(actor: Actor, input: UploadInput, source: AuditSource): Promise<Upload> {
    const id = this.#store.newId();
    await this.#store.write(async ({ db }) => {
      const site = await db.selectFrom('sites').select('id').where('id', '=', input.site).execute();
      if (site.length === 0)
        throw new NotFoundError('site-unknown', `there is no site ${input.site}.`);
      const { waiting } = await db
        .selectFrom('uploads')
        .select((e) => e.fn.countAll<number>().as('waiting'))
        .where('audit_id', 'is', null)
        .executeTakeFirstOrThrow();
      if (Number(waiting) >= WAITING_MAX)
        throw new LimitError(
          'too-many-uploads',
          'too many uploads are unfinished; end some first.',
          60,
        );
      await db
        .insertInto('uploads')
        .values({
          id,
          site_id: input.site,
          name: input.name,
          bytes: input.bytes,
          keep: input.keep ? 1 : 0,
          source,
          actor_kind: actor.kind,
          actor_id: actor.id,
          created: this.#store.clock.now(),
          audit_id: null,
        })
        .execute();
    });
    return this.get(actor, id);
  }

  /** @throws NotFoundError `upload-unknown`, also for somebody else's. */
  async get(actor: Actor, id: string): Promise<Upload> {
    return this.#view(await this.#row(actor, id));
  }

  /**
   * Takes more bytes of an upload. The last ones make an audit of it.
   * @param offset - where they belong; must be where the upload stands.
   */
  async append(actor: Actor, id: string, offset: number, bytes: Readable): Promise<Upload> {
    const row = await this.#row(actor, id);
    if (row.audit_id !== null)
      throw new ConflictError('upload-whole', 'this upload is whole already.');
    if (this.#busy.has(id))
      throw new ConflictError('upload-busy', 'somebody sends this upload now.');
    const path = this.#path(id);
    const received = sizeOf(path);
    if (offset !== received)
      throw new ConflictError(
        'upload-offset',
        `this upload stands at ${received} bytes; go on there.`,
      );
    this.#busy.add(id);
    try {
      await pipeline(
        bytes,
        limit(row.bytes - received),
        createWriteStream(path, { flags: 'a', mode: 0o600 }),
      );
      sync(path);
      if (sizeOf(path) === row.bytes) await this.#complete(actor, row);
    } finally {
      this.#busy.delete(id);
    }
    return this.get(actor, id);
  }

  async remove(actor: Actor, id: string): Promise<void> {
    const row = await this.#row(actor, id);
    if (row.audit_id !== null)
      throw new ConflictError('upload-whole', 'this upload is whole already.');
    await this.#store.write(({ db }) => db.deleteFrom('uploads').where('id', '=', id).execute());
    rmSync(this.#path(id), { force: true });
  }

  /** Uploads that nobody ended, and the rows of those that became audits. @returns how many. */
  async tidy(): Promise<number> {
    const before = this.#store.clock.now() - ABANDONED_MS;
    const rows = await this.#store.write(({ db }) =>
      db.deleteFrom('uploads').where('created', '<', before).returning('id').execute(),
    );
    for (const { id } of rows) rmSync(this.#path(id), { force: true });
    return rows.length;
  }

  async #complete(actor: Actor, row: Tables['uploads']): Promise<void> {
    // A crash between the two leaves the file under its new name, where the next try finds it.
    const target = join(this.#folder.captures, row.id);
    if (!existsSync(target)) renameSync(this.#path(row.id), target);
    await this.#store.write(async (tx) => {
      const audit = await this.#audits.request(tx, actor, {
        site: row.site_id,
        name: row.name,
        source: row.source as AuditSource,
        job: null,
        capture: row.id,
      });
      const job = await this.#jobs.enqueue(
        tx,
        SCAN_JOB,
        { audit, keep: row.keep === 1 },
        { actor },
      );
      await tx.db.updateTable('audits').set({ job_id: job }).where('id', '=', audit).execute();
      await tx.db
        .updateTable('uploads')
        .set({ audit_id: audit })
        .where('id', '=', row.id)
        .execute();
    });
  }

  async #row(actor: Actor, id: string): Promise<Tables['uploads']> {
    const row = await this.#store.db
      .selectFrom('uploads')
      .selectAll()
      .where('id', '=', id)
      .where('actor_id', '=', actor.id)
      .executeTakeFirst();
    if (row === undefined) throw new NotFoundError('upload-unknown', `there is no upload ${id}.`);
    return row;
  }

  #view(row: Tables['uploads']): Upload {
    const received = row.audit_id === null ? sizeOf(this.#path(row.id)) : row.bytes;
    return { id: row.id, name: row.name, bytes: row.bytes, received, audit: row.audit_id };
  }

  #path(id: string): string {
    return join(this.#folder.uploads, id);
  }
}

/** Passes at most `bytes` on, and fails on more. */
function limit(bytes: number) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let left = bytes;
    for await (const chunk of source) {
      left -= chunk.length;
      if (left < 0)
        throw new UsageError('upload-too-long', 'more bytes came than were announced; start anew.');
      yield chunk;
    }
  };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
