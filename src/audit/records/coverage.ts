/**
 * What the last verdicts of all devices say of a standard, provision by provision: of the devices that somebody may
 * see and asked for. A device fails a provision if it fails any of its controls, and passes it only where nothing that
 * was seen stayed undecided.
 */
import { setImmediate } from 'node:timers/promises';
import { type ExpressionBuilder, sql } from 'kysely';
import { NotFoundError } from '../../base/index.ts';
import { type DeviceFilter, matches, type Reach } from '../../fleet/registry/index.ts';
import { chunks, type Store, type Tables } from '../../store/index.ts';
import { controls } from '../controls/index.ts';
import type { Coverage } from '../report/model.ts';
import { coverageBy, type DeviceCounts } from '../standards/coverage.ts';
import type { Standard } from '../standards/index.ts';

/** Worst first, as they are kept. */
const VERDICTS = ['fail', 'not_visible', 'pass'] as const;
type Verdict = (typeof VERDICTS)[number];
export const PROVISION_RESULTS = [...VERDICTS, 'not_seen'] as const;
export type ProvisionResult = (typeof PROVISION_RESULTS)[number];

export interface CoverageQuery {
  readonly filter: DeviceFilter;
  readonly reach: Reach;
}

/** Devices whose verdicts are read with one statement; others get their turn in between. */
const TOGETHER = 200;
/** Answers that are kept until something changes. */
const KEPT_MAX = 32;
/** What a coverage follows from. */
const CAUSES = [
  'audit.done',
  'device.found',
  'device.changed',
  'device.retired',
  'device.merged',
  'device.split',
] as const;

/** The worst says what a device is: by the first letter of its verdict. */
const RANK = { p: 1, n: 2, f: 3 } as const;
const FIELDS = ['notSeen', 'pass', 'notVisible', 'fail'] as const;

/** Texts of a group, joined: the same function under two names. */
const JOINED = { sqlite: 'group_concat', postgres: 'string_agg' } as const;

export class ProvisionCoverage {
  readonly #store: Store;
  readonly #kept = new Map<
    string,
    { readonly cause: string; readonly coverage: Promise<Coverage> }
  >();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Counted once for all who ask for the same, until an audit or a person changes something. */
  async of(standard: Standard, query: CoverageQuery): Promise<Coverage> {
    const key = JSON.stringify([standard.id, query.filter, query.reach]);
    const cause = await this.#cause();
    const kept = this.#kept.get(key);
    if (kept?.cause === cause) return kept.coverage;
    const coverage = this.#count(standard, query);
    this.#kept.delete(key);
    this.#kept.set(key, { cause, coverage });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) break;
      this.#kept.delete(oldest);
    }
    coverage.catch(() => this.#kept.delete(key));
    return coverage;
  }

  /**
   * The devices of which a provision's controls say something, by id.
   * @throws NotFoundError `provision-unknown`
   */
  async devices(
    standard: Standard,
    provision: string,
    query: CoverageQuery & { result: ProvisionResult; after?: string | undefined; limit: number },
  ) {
    if (!standard.provisions.some(({ id }) => id === provision))
      throw new NotFoundError('provision-unknown', `${standard.id} has no provision ${provision}.`);
    const { filter, reach, result, after, limit } = query;
    const deciding = controlsOf(standard).filter((control) => serves(control, standard, provision));
    const ids = deciding.map(({ id }) => id);
    if (ids.length === 0) return { items: [], cursor: undefined };
    const said = (e: ExpressionBuilder<Tables, 'devices'>, verdicts: readonly Verdict[]) =>
      e.exists(
        e
          .selectFrom('verdicts')
          .select('verdicts.control')
          .whereRef('verdicts.device_id', '=', 'devices.id')
          .where('verdicts.control', 'in', ids)
          .where('verdicts.verdict', 'in', verdicts),
      );
    const worse = VERDICTS.slice(0, PROVISION_RESULTS.indexOf(result));
    let select = this.#store.db
      .selectFrom('devices')
      .select(['id', 'name', 'type', 'vendor'])
      .where((e) => matches(e, filter, reach, this.#store.dialect))
      .orderBy('id')
      .limit(limit + 1);
    if (result !== 'not_seen') select = select.where((e) => said(e, [result]));
    if (worse.length > 0) select = select.where((e) => e.not(said(e, worse)));
    if (after !== undefined) select = select.where('id', '>', after);
    const rows = await select.execute();
    const items = rows.slice(0, limit);
    return { items, cursor: rows.length > limit ? items.at(-1)?.id : undefined };
  }

  async #count(standard: Standard, { filter, reach }: CoverageQuery): Promise<Coverage> {
    const deciding = controlsOf(standard);
    const indexOf = new Map(deciding.map(({ id }, index) => [id, index]));
    const provisions = standard.provisions.map(({ id }) =>
      deciding.flatMap((control, index) => (serves(control, standard, id) ? [index] : [])),
    );
    const counts = provisions.map(() => ({ pass: 0, fail: 0, notSeen: 0, notVisible: 0 }));
    const add = (ranks: Uint8Array) => {
      for (const [i, indices] of provisions.entries()) {
        if (indices.length === 0) continue;
        let worst = 0;
        for (const index of indices) if (ranks[index] > worst) worst = ranks[index];
        counts[i][FIELDS[worst]]++;
      }
    };
    const ids = await this.#store.db
      .selectFrom('devices')
      .select('id')
      .where((e) => matches(e, filter, reach, this.#store.dialect))
      .execute();
    const ranks = new Uint8Array(deciding.length);
    for (const some of chunks(
      ids.map(({ id }) => id),
      TOGETHER,
    )) {
      const said = await this.#said(some, [...indexOf.keys()]);
      for (const id of some) {
        ranks.fill(0);
        for (const one of said.get(id)?.split(',') ?? [])
          ranks[indexOf.get(one.slice(1)) ?? 0] = RANK[one[0] as keyof typeof RANK];
        add(ranks);
      }
      await setImmediate();
    }
    const byProvision = new Map(standard.provisions.map(({ id }, i) => [id, counts[i]]));
    return coverageBy(
      standard,
      deciding,
      (_, provision) => byProvision.get(provision) as DeviceCounts,
    );
  }

  /** What is said of each device, as one text: rows by the million would take much longer. */
  async #said(devices: readonly string[], ids: readonly string[]): Promise<Map<string, string>> {
    const joined = sql.raw(JOINED[this.#store.dialect]);
    const rows = await this.#store.db
      .selectFrom('verdicts')
      .select([
        'device_id',
        sql<string>`${joined}(substr(verdict, 1, 1) || control, ',')`.as('said'),
      ])
      .where('device_id', 'in', devices)
      .where('control', 'in', [...ids, ''])
      .groupBy('device_id')
      .execute();
    return new Map(rows.map(({ device_id, said }) => [device_id, said]));
  }

  /** Names the last thing that may have changed an answer. */
  async #cause(): Promise<string> {
    const last = await Promise.all(
      CAUSES.map((action) =>
        this.#store.db
          .selectFrom('facts')
          .select('seq')
          .where('action', '=', action)
          .orderBy('seq', 'desc')
          .limit(1)
          .executeTakeFirst(),
      ),
    );
    return last.map((row) => row?.seq ?? 0).join();
  }
}

type Deciding = (typeof controls)[number];

const controlsOf = ({ id }: Standard): Deciding[] =>
  controls.filter(({ provisions }) => provisions[id]?.length);

const serves = ({ provisions }: Deciding, { id }: Standard, provision: string): boolean =>
  provisions[id]?.includes(provision) === true;
