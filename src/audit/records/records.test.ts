import { beforeEach, describe, expect, test } from 'vitest';
import { Places, Registry } from '../../fleet/registry/index.ts';
import type { Actor, Store } from '../../store/index.ts';
import { onEachDatabase } from '../../store/testing.ts';
import type { Severity } from '../control.ts';
import type { Report, ReportVerdict } from '../report/model.ts';
import { REPORT_SCHEMA } from '../report/version.ts';
import { Audits, Findings, Posture } from './index.ts';

const actor: Actor = { kind: 'person', id: 'p1' };
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const HALL = 'mac:02:00:00:00:00:01';
const reach = {};

type Verdicts = Readonly<Record<string, ReportVerdict['verdict']>>;

/** A report of one device, as `scan` gives it; the capture ends on a day after the start. */
function reportOf(day: number, verdicts: Verdicts, severity: Severity = 'high'): Report {
  const at = new Date(START + day * DAY).toISOString();
  const none = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  const failed = Object.entries(verdicts).filter(([, verdict]) => verdict === 'fail');
  return {
    schema: REPORT_SCHEMA,
    tool: { name: 'fleetward', version: '0' },
    capture: {
      ...{ files: [], packets: 10, bytes: 1000, flows: 1, from: at, to: at, duration_s: 1 },
      ...{ linkTypes: {}, protocols: {}, notDecoded: {}, dropped: {} },
    },
    summary: {
      verdict: 'one sentence',
      devices: 1,
      devicesWithFindings: failed.length && 1,
      findings: none,
      accepted: 0,
      verdicts: { pass: 0, fail: 0, notSeen: 0, notVisible: 0 },
    },
    devices: [
      {
        ...{ id: HALL, mac: HALL.slice(4), randomisedMac: false, addresses: ['192.168.1.7'] },
        ...{ names: ['hall'], nameSources: [], vendor: 'Acme', roles: [], segment: null },
        ...{ type: 'camera', typeCandidates: [], typeEvidence: [], description: { model: 'C1' } },
        ...{ services: [], peers: [], bytesSent: 1, bytesReceived: 1, packetsSent: 1 },
        ...{ packetsReceived: 1, firstSeen: at, lastSeen: at, expected: null },
        posture: { worst: null, findings: none, accepted: 0, pass: 0, notSeen: 0, notVisible: 0 },
      },
    ],
    findings: failed.map(([control]) => ({
      control,
      practice: 'encryption',
      device: HALL,
      severity,
      title: `title of ${control}`,
      note: null,
      why: 'why',
      fix: 'fix',
      evidence: [],
      provisions: {},
      fingerprint: `print ${control}`,
      status: 'new' as const,
      acceptance: null,
    })),
    verdicts: Object.entries(verdicts).map(([control, verdict]) => ({
      control,
      device: HALL,
      verdict,
      why: null,
      floor: null,
    })),
    errors: [],
  };
}

onEachDatabase((database) => {
  let now: number;
  let store: Store;
  let site: string;
  let audits: Audits;
  let findings: Findings;
  let posture: Posture;

  beforeEach(async () => {
    now = START;
    store = await database.open({ clock: { now: () => now } });
    site = (await new Places(store).addSite(actor, { name: 'Home', zone: 'UTC' })).id;
    audits = new Audits(store);
    findings = new Findings(store);
    posture = new Posture(store);
  });

  async function audit(day: number, verdicts: Verdicts, severity?: Severity): Promise<string> {
    now = Math.max(now, START + day * DAY);
    const request = {
      site,
      name: `day ${day}`,
      source: 'upload',
      job: null,
      capture: null,
    } as const;
    const id = await store.write((tx) => audits.request(tx, actor, request));
    const slice = { bytes: Uint8Array.of(1, 2, 3), sha256: 'abc' };
    await audits.finish(
      actor,
      id,
      {
        report: reportOf(day, verdicts, severity),
        slices: new Map([['print CH-01', slice]]),
      },
      30 * DAY,
    );
    return id;
  }

  const list = async (state: 'open' | 'accepted' | 'fixed' = 'open') =>
    (
      await findings.list({
        filter: { state: [state] },
        reach,
        sort: 'severity',
        descending: true,
        limit: 50,
      })
    ).items;

  const actions = async () =>
    (await store.db.selectFrom('facts').select('action').orderBy('seq').execute())
      .map(({ action }) => action)
      .filter((action) => action.startsWith('finding'));

  const deviceOf = async () => {
    const registry = new Registry(store);
    const page = await registry.list({
      filter: {},
      reach,
      sort: 'name',
      descending: false,
      limit: 5,
    });
    return page.items[0];
  };

  describe('a finding', () => {
    test('is opened once, fixed by a pass only, and reopened by a later failure', async () => {
      await audit(1, { 'CH-01': 'fail' });
      await audit(2, { 'CH-01': 'fail' });
      const [finding] = await list();
      for (const [day, verdict] of [
        [3, 'not_seen'],
        [4, 'not_visible'],
      ] as const) {
        await audit(day, { 'CH-01': verdict });
        expect(await list()).toMatchObject([{ id: finding.id, lastSeen: START + 2 * DAY }]);
      }
      await audit(5, { 'CH-01': 'pass' });
      expect(await list()).toEqual([]);
      expect(await list('fixed')).toMatchObject([{ id: finding.id }]);
      await audit(6, { 'CH-01': 'fail' });
      expect(await list()).toMatchObject([{ id: finding.id, opened: START + DAY }]);
      expect(await actions()).toEqual(['finding.opened', 'finding.fixed', 'finding.reopened']);
    });

    test('is not changed by a capture older than what is known', async () => {
      await audit(5, { 'CH-01': 'fail' });
      await audit(2, { 'CH-01': 'pass' });
      expect(await list()).toHaveLength(1);
      await audit(6, { 'CH-01': 'pass' });
      await audit(4, { 'CH-01': 'fail' });
      expect(await list('fixed')).toHaveLength(1);
    });

    test('is accepted until a day, and open again after it', async () => {
      await audit(1, { 'CH-01': 'fail' });
      const [{ id }] = await list();
      const acceptance = { reason: 'replaced in March', expires: '2026-01-05' };
      await findings.accept(actor, [id], acceptance, 'p2');
      expect(await list('accepted')).toMatchObject([
        { id, acceptance: { reason: 'replaced in March', by: 'p1', approvedBy: 'p2' } },
      ]);
      await audit(2, { 'CH-01': 'fail' });
      expect(await list('accepted')).toHaveLength(1);
      now = Date.UTC(2026, 0, 5, 23, 59);
      expect(await findings.expire()).toBe(0);
      now = Date.UTC(2026, 0, 6);
      expect(await findings.expire()).toBe(1);
      expect(await list()).toMatchObject([{ id, acceptance: null }]);
      expect(await actions()).toEqual([
        'finding.opened',
        'finding.accepted',
        'finding.acceptance_ended',
      ]);
    });

    test('is accepted only while it is open, and not for ever', async () => {
      await audit(1, { 'CH-01': 'fail' });
      const [{ id }] = await list();
      const accept = (expires: string) =>
        findings.accept(actor, [id], { reason: 'a good reason', expires }, null);
      await expect(accept('2025-12-31')).rejects.toMatchObject({ code: 'expires-past' });
      await expect(accept('2029-01-01')).rejects.toMatchObject({ code: 'expires-late' });
      await accept('2026-02-01');
      await expect(accept('2026-02-01')).rejects.toMatchObject({ code: 'finding-state' });
      await findings.reopen(actor, [id], 'not replaced after all');
      expect(await list()).toHaveLength(1);
    });

    test('keeps its evidence, and its packets for as long as it was said', async () => {
      await audit(1, { 'CH-01': 'fail' });
      const [{ id }] = await list();
      expect([...(await findings.slice(id, reach))]).toEqual([1, 2, 3]);
      now += 31 * DAY;
      expect(await findings.deleteOldSlices()).toBe(1);
      await expect(findings.slice(id, reach)).rejects.toMatchObject({ code: 'evidence-gone' });
      expect((await findings.get(id, reach)).slice).toEqual({ sha256: 'abc', bytes: null });
    });

    test('is assigned and talked about', async () => {
      await audit(1, { 'CH-01': 'fail' });
      const [{ id }] = await list();
      await findings.assign(actor, [id], 'p9');
      expect(await findings.assign(actor, [id], 'p9')).toEqual([]);
      await findings.comment(actor, id, 'on my way');
      expect(await findings.get(id, reach)).toMatchObject({
        assignee: 'p9',
        deviceName: 'hall',
        comments: [{ person: 'p1', text: 'on my way' }],
      });
      expect(await findings.count({ assignee: ['none'] }, reach)).toBe(0);
      expect(await findings.tally('assignee', {}, reach)).toEqual([{ value: 'p9', count: 1 }]);
    });

    test('is out of reach with its device', async () => {
      await audit(1, { 'CH-01': 'fail' });
      const [{ id }] = await list();
      await expect(findings.get(id, { owner: 'p7' })).rejects.toMatchObject({
        code: 'finding-unknown',
      });
    });
  });

  test('findings are listed page by page', async () => {
    await audit(1, { 'CH-01': 'fail', 'CH-05': 'fail', 'CH-07': 'fail', 'MO-01': 'fail' });
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await findings.list({
        ...{ filter: {}, reach, sort: 'severity', descending: true, limit: 3 },
        after,
      });
      seen.push(...page.items.map(({ control }) => control));
      after = page.cursor;
    } while (after !== undefined);
    expect([...seen].sort()).toEqual(['CH-01', 'CH-05', 'CH-07', 'MO-01']);
  });

  describe('posture', () => {
    test('is the weight of what passes among what could be judged', async () => {
      // CH-01 is critical (10), CH-07 high (5), CH-12 medium (3).
      await audit(1, { 'CH-01': 'fail', 'CH-07': 'pass', 'CH-12': 'not_seen' });
      expect(await deviceOf()).toMatchObject({ posture: 33.3, worst: 4, openFindings: 1 });
      const [{ id }] = await list();
      await findings.accept(actor, [id], { reason: 'a good reason', expires: '2026-03-01' }, null);
      expect(await deviceOf()).toMatchObject({ posture: 100, worst: 0, acceptedFindings: 1 });
      await audit(2, { 'CH-01': 'pass' });
      expect(await deviceOf()).toMatchObject({ posture: 100, acceptedFindings: 0 });
    });

    test('has a history for device and fleet, and says what moved it', async () => {
      await audit(1, { 'CH-01': 'fail', 'CH-07': 'pass' });
      await audit(3, { 'CH-01': 'pass', 'CH-07': 'fail' });
      const { id } = await deviceOf();
      for (const [scope, of] of [
        ['device', id],
        ['fleet', ''],
        ['site', site],
      ] as const) {
        const points = await posture.points(scope, of, 0, now);
        expect(points.map(({ score }) => score)).toEqual([33.3, 66.7]);
      }
      const moves = await posture.moves('fleet', '', START + 2 * DAY, now);
      expect(moves).toEqual([
        { control: 'CH-01', from: 'fail', to: 'pass', devices: 1, weight: 10 },
        { control: 'CH-07', from: 'pass', to: 'fail', devices: 1, weight: -5 },
      ]);
      expect(await posture.moves('device', id, START, START)).toEqual([]);
      expect((await posture.verdicts(id)).map(({ control }) => control)).toEqual([
        'CH-07',
        'CH-01',
      ]);
    });
  });

  describe('an audit', () => {
    test('is taken in once, whole, and gives its report back', async () => {
      const id = await audit(1, { 'CH-01': 'fail' });
      expect(await audits.get(id)).toMatchObject({
        state: 'done',
        summary: { opened: 1, fixed: 0, devices: 1 },
        to: START + DAY,
      });
      expect(await audits.report(id)).toEqual(reportOf(1, { 'CH-01': 'fail' }));
      const again = { report: reportOf(1, { 'CH-01': 'fail' }), slices: new Map() };
      await expect(audits.finish(actor, id, again, DAY)).rejects.toMatchObject({
        code: 'audit-ended',
      });
    });

    test('of a site that is not there is refused', async () => {
      const request = { site: 'x', name: 'x', source: 'upload', job: null, capture: null } as const;
      await expect(store.write((tx) => audits.request(tx, actor, request))).rejects.toMatchObject({
        code: 'site-unknown',
      });
    });
  });
});
