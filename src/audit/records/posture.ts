/**
 * Posture: of what could be judged, how much passes, by the weight of the controls. 100 says that everything that was
 * judged passes, not that everything was judged: coverage stands beside it. An accepted failure counts on neither side.
 */
import { z } from 'zod';
import { Registry } from '../../fleet/registry/index.ts';
import { chunks, excluded, type Store, type Tables, type Tx } from '../../store/index.ts';
import { controls } from '../controls/index.ts';
import { severityRank, WEIGHTS } from './severity.ts';

export const POSTURE_SCOPES = ['fleet', 'site', 'segment', 'device'] as const;
export type PostureScope = (typeof POSTURE_SCOPES)[number];

export const posturePointSchema = z.object({
  time: z.int().describe('milliseconds since 1970'),
  score: z.number().nullable().describe('0 to 100; null while nothing was judged'),
  passed: z.int().describe('weight of the controls that pass'),
  failed: z.int().describe('weight of those that fail, accepted ones apart'),
  accepted: z.int(),
  devices: z.int(),
  openFindings: z.int(),
  audit: z.string().nullable().describe('what it follows from'),
});
export type PosturePoint = z.infer<typeof posturePointSchema>;

export const postureMoveSchema = z.object({
  control: z.string(),
  from: z.string().nullable().describe('null: not judged before'),
  to: z.string(),
  devices: z.int(),
  weight: z.int().describe('of the control, times devices; negative where it became worse'),
});
export type PostureMove = z.infer<typeof postureMoveSchema>;

const WEIGHT_OF = new Map(controls.map(({ id, severity }) => [id, WEIGHTS[severity]]));
const POINTS_MAX = 1000;

const weightOf = (control: string): number => WEIGHT_OF.get(control) ?? 0;

export const scoreOf = (passed: number, failed: number): number | undefined =>
  passed + failed === 0 ? undefined : Math.round((1000 * passed) / (passed + failed)) / 10;

/** Devices brought up to date with the same few statements. */
const TOGETHER = 300;

/** Brings the posture of devices up to their verdicts and findings, and notes a point for all that holds them. */
export async function recordPosture(
  tx: Tx,
  store: Store,
  devices: readonly string[],
  audit: string | null,
): Promise<void> {
  const registry = new Registry(store);
  const time = store.clock.now();
  let changed = 0;
  for (const some of chunks(devices, TOGETHER)) {
    const points = await updateDevices(tx, registry, some);
    changed += points.length;
    if (points.length > 0)
      await tx.db
        .insertInto('posture_points')
        .values(
          points.map(({ id, sums, open }) => ({
            ...{ id: store.newId(), scope: 'device', scope_id: id, time, ...sums },
            ...{ devices: 1, open_findings: open, audit_id: audit },
          })),
        )
        .execute();
  }
  if (changed === 0 && audit === null) return;
  for (const place of await placesOf(tx, devices)) await addPoint(tx, store, place, time, audit);
}

interface DevicePoint {
  readonly id: string;
  readonly sums: { passed: number; failed: number; accepted: number };
  readonly open: number;
}

/** @returns those whose posture changed. */
async function updateDevices(
  tx: Tx,
  registry: Registry,
  devices: readonly string[],
): Promise<DevicePoint[]> {
  const { db } = tx;
  const verdicts = await db
    .selectFrom('verdicts')
    .select(['device_id', 'control', 'verdict'])
    .where('device_id', 'in', devices)
    .where('verdict', 'in', ['pass', 'fail'])
    .execute();
  const findings = await db
    .selectFrom('findings')
    .select(['device_id', 'control', 'state', 'severity'])
    .where('device_id', 'in', devices)
    .where('state', 'in', ['open', 'accepted'])
    .execute();
  const rows = await db
    .selectFrom('device_posture')
    .selectAll()
    .where('device_id', 'in', devices)
    .execute();
  const before = new Map(rows.map((row) => [row.device_id, row]));
  const verdictsOf = Map.groupBy(verdicts, ({ device_id }) => device_id);
  const findingsOf = Map.groupBy(findings, ({ device_id }) => device_id);
  const points: DevicePoint[] = [];
  for (const id of devices) {
    const own = findingsOf.get(id) ?? [];
    const accepted = new Set(own.filter(({ state }) => state === 'accepted').map((f) => f.control));
    const open = own.filter(({ state }) => state === 'open');
    const sums = weigh(verdictsOf.get(id) ?? [], accepted);
    const was = before.get(id);
    await registry.setPosture(tx, id, {
      worst: Math.max(0, ...open.map(({ severity }) => severity)),
      openFindings: open.length,
      acceptedFindings: accepted.size,
      posture: scoreOf(sums.passed, sums.failed),
    });
    const same =
      was?.passed === sums.passed && was.failed === sums.failed && was.accepted === sums.accepted;
    if (!same) points.push({ id, sums, open: open.length });
  }
  if (points.length > 0)
    await db
      .insertInto('device_posture')
      .values(points.map(({ id, sums }) => ({ device_id: id, ...sums })))
      .onConflict((c) =>
        c.column('device_id').doUpdateSet(excluded(['passed', 'failed', 'accepted'])),
      )
      .execute();
  return points;
}

function weigh(
  verdicts: readonly { control: string; verdict: string }[],
  acceptedControls: ReadonlySet<string>,
): DevicePoint['sums'] {
  const sums = { passed: 0, failed: 0, accepted: 0 };
  for (const { control, verdict } of verdicts) {
    if (verdict === 'pass') sums.passed += weightOf(control);
    else if (acceptedControls.has(control)) sums.accepted += weightOf(control);
    else sums.failed += weightOf(control);
  }
  return sums;
}

interface Place {
  readonly scope: PostureScope;
  readonly id: string;
}

async function placesOf(tx: Tx, devices: readonly string[]): Promise<Place[]> {
  const sites = new Set<string>();
  const segments = new Set<string>();
  for (let from = 0; from < devices.length; from += 500) {
    const rows = await tx.db
      .selectFrom('devices')
      .select(['site_id', 'segment_id'])
      .distinct()
      .where('id', 'in', devices.slice(from, from + 500))
      .execute();
    for (const { site_id, segment_id } of rows) {
      sites.add(site_id);
      if (segment_id !== null) segments.add(segment_id);
    }
  }
  return [
    { scope: 'fleet', id: '' },
    ...[...sites].map((id): Place => ({ scope: 'site', id })),
    ...[...segments].map((id): Place => ({ scope: 'segment', id })),
  ];
}

async function addPoint(
  tx: Tx,
  store: Store,
  { scope, id }: Place,
  time: number,
  audit: string | null,
): Promise<void> {
  let query = tx.db
    .selectFrom('devices')
    .leftJoin('device_posture', 'device_posture.device_id', 'devices.id')
    .select((e) => [
      e.fn.coalesce(e.fn.sum<number>('passed'), e.lit(0)).as('passed'),
      e.fn.coalesce(e.fn.sum<number>('failed'), e.lit(0)).as('failed'),
      e.fn.coalesce(e.fn.sum<number>('accepted'), e.lit(0)).as('accepted'),
      e.fn.coalesce(e.fn.sum<number>('open_findings'), e.lit(0)).as('open_findings'),
      e.fn.countAll<number>().as('devices'),
    ])
    .where('retired', 'is', null);
  if (scope === 'site') query = query.where('site_id', '=', id);
  if (scope === 'segment') query = query.where('segment_id', '=', id);
  const sums = await query.executeTakeFirstOrThrow();
  await tx.db
    .insertInto('posture_points')
    .values({
      id: store.newId(),
      scope,
      scope_id: id,
      time,
      passed: Number(sums.passed),
      failed: Number(sums.failed),
      accepted: Number(sums.accepted),
      devices: Number(sums.devices),
      open_findings: Number(sums.open_findings),
      audit_id: audit,
    })
    .execute();
}

export class Posture {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Oldest first, at most the last 1,000 of the period. `id` is empty for the fleet. */
  async points(scope: PostureScope, id: string, from: number, to: number): Promise<PosturePoint[]> {
    const rows = await this.#store.db
      .selectFrom('posture_points')
      .selectAll()
      .where('scope', '=', scope)
      .where('scope_id', '=', id)
      .where('time', '>=', from)
      .where('time', '<=', to)
      .orderBy('time', 'desc')
      .orderBy('id', 'desc')
      .limit(POINTS_MAX)
      .execute();
    return rows.reverse().map((row) => ({
      time: row.time,
      score: scoreOf(row.passed, row.failed) ?? null,
      passed: row.passed,
      failed: row.failed,
      accepted: row.accepted,
      devices: row.devices,
      openFindings: row.open_findings,
      audit: row.audit_id,
    }));
  }

  /** What moved posture in a period: changed verdicts by control, the weightiest first. */
  async moves(scope: PostureScope, id: string, from: number, to: number): Promise<PostureMove[]> {
    let query = this.#store.db
      .selectFrom('verdict_changes')
      .innerJoin('audits', 'audits.id', 'verdict_changes.audit_id')
      .select((e) => [
        'control',
        'from_verdict',
        'to_verdict',
        e.fn.count<number>('device_id').distinct().as('devices'),
      ])
      .where('audits.finished', '>=', from)
      .where('audits.finished', '<=', to)
      .groupBy(['control', 'from_verdict', 'to_verdict']);
    if (scope === 'device') query = query.where('device_id', '=', id);
    if (scope === 'site' || scope === 'segment')
      query = query.where('device_id', 'in', (e) =>
        e
          .selectFrom('devices')
          .select('devices.id')
          .where(scope === 'site' ? 'devices.site_id' : 'segment_id', '=', id),
      );
    const rows = await query.execute();
    return rows
      .map(({ control, from_verdict, to_verdict, devices }) => ({
        control,
        from: from_verdict,
        to: to_verdict,
        devices: Number(devices),
        weight: direction(from_verdict, to_verdict) * weightOf(control) * Number(devices),
      }))
      .filter(({ weight }) => weight !== 0)
      .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  }

  /** Verdicts of a device, failures first. */
  async verdicts(device: string): Promise<Tables['verdicts'][]> {
    const rows = await this.#store.db
      .selectFrom('verdicts')
      .selectAll()
      .where('device_id', '=', device)
      .execute();
    const order = { fail: 0, pass: 1, not_visible: 2 };
    const rankOf = new Map(controls.map(({ id, severity }) => [id, severityRank(severity)]));
    return rows.sort(
      (a, b) =>
        order[a.verdict] - order[b.verdict] ||
        (rankOf.get(b.control) ?? 0) - (rankOf.get(a.control) ?? 0) ||
        (a.control < b.control ? -1 : 1),
    );
  }
}

function direction(from: string | null, to: string): number {
  if (to === 'pass' && from !== 'pass') return 1;
  if (to === 'fail' && from !== 'fail') return -1;
  return 0;
}
