/** Sites and segments: where devices are. */
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { ConflictError, NotFoundError, StaleError } from '../../base/index.ts';
import {
  type Actor,
  behindName,
  type FactType,
  NAMES_MAX,
  type NamePage,
  namePage,
  type Store,
  type Tables,
  type Tx,
} from '../../store/index.ts';
import {
  segmentAdded,
  segmentChanged,
  segmentRemoved,
  siteAdded,
  siteChanged,
  siteRemoved,
} from './facts.ts';

const NAME_MAX = 100;
const PREFIXES_MAX = 64;

const nameSchema = z.string().trim().min(1).max(NAME_MAX);
const zoneSchema = z.string().refine(isZone, 'an IANA time zone, such as Europe/London');
const prefixSchema = z.string().refine(isPrefix, 'a prefix, such as 192.168.1.0/24');

export const siteInputSchema = z.strictObject({ name: nameSchema, zone: zoneSchema });
const kept = { id: z.string(), revision: z.int().describe('in quotes: its ETag') };
export const siteSchema = siteInputSchema.extend(kept);
export type SiteInput = z.infer<typeof siteInputSchema>;
export type Site = z.infer<typeof siteSchema>;

export const segmentInputSchema = z.strictObject({
  site: z.string(),
  name: nameSchema,
  prefixes: z
    .array(prefixSchema)
    .max(PREFIXES_MAX)
    .describe('devices with such an address are put into it'),
  notes: z.string().max(10_000).default(''),
});
export const segmentSchema = segmentInputSchema.extend(kept);
export type SegmentInput = z.infer<typeof segmentInputSchema>;
export type Segment = z.infer<typeof segmentSchema>;

export class Places {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** By name. */
  async sites(
    query: NamePage & { readonly name?: string } = {},
  ): Promise<{ items: Site[]; cursor: string | undefined }> {
    const { name, after, limit = NAMES_MAX } = query;
    let select = this.#store.db
      .selectFrom('sites')
      .select(['id', 'name', 'zone', 'revision'])
      .orderBy('name')
      .orderBy('id')
      .limit(limit + 1);
    if (name !== undefined) select = select.where('name', '=', name);
    if (after !== undefined) select = select.where(behindName(after));
    return namePage(await select.execute(), limit);
  }

  async site(id: string): Promise<Site> {
    const row = await this.#store.db
      .selectFrom('sites')
      .select(['id', 'name', 'zone', 'revision'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw unknown('site', id);
    return row;
  }

  /** By name, of one site or of all. */
  async segments(
    query: NamePage & { readonly site?: string | undefined } = {},
  ): Promise<{ items: Segment[]; cursor: string | undefined }> {
    const { site, after, limit = NAMES_MAX } = query;
    let select = this.#store.db
      .selectFrom('segments')
      .selectAll()
      .orderBy('name')
      .orderBy('id')
      .limit(limit + 1);
    if (site !== undefined) select = select.where('site_id', '=', site);
    if (after !== undefined) select = select.where(behindName(after));
    const { items, cursor } = namePage(await select.execute(), limit);
    return { items: items.map(readSegment), cursor };
  }

  async segment(id: string): Promise<Segment> {
    const row = await this.#store.db
      .selectFrom('segments')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw unknown('segment', id);
    return readSegment(row);
  }

  addSite(actor: Actor, input: SiteInput): Promise<Site> {
    return this.#store.write(async (tx) => {
      await refuseName(tx, 'sites', input.name);
      const site = { id: this.#store.newId(), ...input, revision: 1 };
      await tx.db.insertInto('sites').values(site).execute();
      await record(tx, siteAdded, actor, { kind: 'site', ...site });
      return site;
    });
  }

  /**
   * @param revision - the one that the change was made from.
   * @throws StaleError `site-changed` when somebody changed it meanwhile.
   */
  changeSite(actor: Actor, id: string, input: SiteInput, revision?: number): Promise<Site> {
    return this.#store.write(async (tx) => {
      await refuseName(tx, 'sites', input.name, id);
      const site = await tx.db
        .updateTable('sites')
        .set((e) => ({ ...input, revision: e('revision', '+', 1) }))
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      if (site === undefined) throw unknown('site', id);
      refuseStale('site', site, revision);
      await record(tx, siteChanged, actor, { kind: 'site', id, name: input.name });
      return site;
    });
  }

  /** @throws ConflictError `site-in-use` while it has devices or segments. */
  removeSite(actor: Actor, id: string): Promise<void> {
    return this.#store.write(async (tx) => {
      for (const table of ['devices', 'segments'] as const)
        if (await tx.db.selectFrom(table).select('id').where('site_id', '=', id).executeTakeFirst())
          throw new ConflictError('site-in-use', `the site still has ${table}; move them first.`);
      const site = await tx.db
        .deleteFrom('sites')
        .where('id', '=', id)
        .returning('name')
        .executeTakeFirst();
      if (site === undefined) throw unknown('site', id);
      await record(tx, siteRemoved, actor, { kind: 'site', id, name: site.name });
    });
  }

  addSegment(actor: Actor, input: SegmentInput): Promise<Segment> {
    return this.#store.write(async (tx) => {
      await this.#checkSegment(tx, input);
      const segment = { id: this.#store.newId(), ...input, revision: 1 };
      await tx.db.insertInto('segments').values(segmentRow(segment)).execute();
      await record(tx, segmentAdded, actor, { kind: 'segment', ...segment });
      return segment;
    });
  }

  /**
   * Devices stay where they are: prefixes place only those that are in no segment.
   * @param revision - the one that the change was made from.
   * @throws StaleError `segment-changed` when somebody changed it meanwhile.
   */
  changeSegment(
    actor: Actor,
    id: string,
    input: SegmentInput,
    revision?: number,
  ): Promise<Segment> {
    return this.#store.write(async (tx) => {
      await this.#checkSegment(tx, input, id);
      const row = await tx.db
        .updateTable('segments')
        .set((e) => ({ ...segmentRow(input), revision: e('revision', '+', 1) }))
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw unknown('segment', id);
      refuseStale('segment', row, revision);
      await record(tx, segmentChanged, actor, { kind: 'segment', id, name: input.name });
      return readSegment(row);
    });
  }

  /** Its devices are then in no segment. */
  removeSegment(actor: Actor, id: string): Promise<void> {
    return this.#store.write(async (tx) => {
      await tx.db
        .updateTable('devices')
        .set({ segment_id: null })
        .where('segment_id', '=', id)
        .execute();
      const segment = await tx.db
        .deleteFrom('segments')
        .where('id', '=', id)
        .returning('name')
        .executeTakeFirst();
      if (segment === undefined) throw unknown('segment', id);
      await record(tx, segmentRemoved, actor, { kind: 'segment', id, name: segment.name });
    });
  }

  async #checkSegment(tx: Tx, { site, name }: SegmentInput, self?: string): Promise<void> {
    const { db } = tx;
    if (!(await db.selectFrom('sites').select('id').where('id', '=', site).executeTakeFirst()))
      throw unknown('site', site);
    const same = await db
      .selectFrom('segments')
      .select('id')
      .where('site_id', '=', site)
      .where('name', '=', name)
      .executeTakeFirst();
    if (same !== undefined && same.id !== self)
      throw new ConflictError('segment-exists', `the site has a segment “${name}” already.`);
  }
}

/** The segment whose prefix holds one of the addresses; the longest prefix wins. */
export function segmentOf(
  segments: readonly { readonly id: string; readonly prefixes: string }[],
  addresses: readonly string[],
): string | null {
  let best: { id: string; bits: number } | undefined;
  for (const { id, prefixes } of segments) {
    for (const prefix of JSON.parse(prefixes) as string[]) {
      const [network, length] = prefix.split('/');
      const bits = Number(length);
      if (best !== undefined && best.bits >= bits) continue;
      if (addresses.some((address) => holds(network, bits, address))) best = { id, bits };
    }
  }
  return best?.id ?? null;
}

function holds(network: string, bits: number, address: string): boolean {
  const family = isIP(network);
  if (family !== isIP(address)) return false;
  const list = new BlockList();
  const name = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, bits, name);
  return list.check(address, name);
}

function isPrefix(text: string): boolean {
  const parts = /^([0-9a-fA-F:.]{2,45})\/(\d{1,3})$/.exec(text);
  const family = isIP(parts?.[1] ?? '');
  return family !== 0 && Number(parts?.[2]) <= (family === 4 ? 32 : 128);
}

function isZone(text: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: text }));
  } catch {
    return false;
  }
}

function segmentRow<Input extends SegmentInput>({ site, prefixes, ...rest }: Input) {
  return { ...rest, site_id: site, prefixes: JSON.stringify(prefixes) };
}

const readSegment = ({ site_id, prefixes, ...rest }: Tables['segments']): Segment => ({
  ...rest,
  site: site_id,
  prefixes: JSON.parse(prefixes),
});

/** The change is undone with the transaction. */
function refuseStale(what: string, row: { readonly revision: number }, from?: number): void {
  if (from !== undefined && row.revision !== from + 1)
    throw new StaleError(
      `${what}-changed`,
      `somebody changed this ${what} meanwhile; look at it again.`,
    );
}

async function refuseName(tx: Tx, table: 'sites', name: string, self?: string): Promise<void> {
  const same = await tx.db
    .selectFrom(table)
    .select('id')
    .where('name', '=', name)
    .executeTakeFirst();
  if (same !== undefined && same.id !== self)
    throw new ConflictError('site-exists', `there is a site “${name}” already.`);
}

async function record(
  tx: Tx,
  type: FactType<typeof siteAdded.body>,
  actor: Actor,
  place: { kind: string; id: string; name: string },
): Promise<void> {
  const { kind, id, name } = place;
  await tx.fact(type, { actor, subjects: [{ kind, id }], body: { name } });
}

const unknown = (what: string, id: string) =>
  new NotFoundError(`${what}-unknown`, `there is no ${what} ${id}.`);
