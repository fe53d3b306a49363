import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../evaluate.ts';
import { readBaseline } from './baseline.ts';
import { compare, hasFinding } from './compare.ts';
import { type Report, type ReportFinding, reportSchema } from './model.ts';
import { REPORT_SCHEMA } from './version.ts';

const CAMERA = 'mac:00:11:22:33:44:55';
const PLUG = 'mac:00:11:22:33:44:66';

function finding(
  control: string,
  device: string,
  more: Partial<ReportFinding> = {},
): ReportFinding {
  return {
    control,
    practice: 'encryption',
    device,
    severity: 'high',
    title: control,
    note: null,
    why: '',
    fix: '',
    evidence: [],
    provisions: {},
    fingerprint: fingerprint(control, device),
    status: 'new',
    acceptance: null,
    ...more,
  };
}

const onPort = (port: number) => [
  {
    file: 'a.pcap',
    packets: [1],
    time: '',
    flow: `10.0.0.1:5000 → 10.0.0.2:${port} tcp`,
    fields: {},
  },
];

function report(findings: ReportFinding[], more: Partial<Report> = {}): Report {
  const none = { pass: 0, fail: 0, notSeen: 0, notVisible: 0 };
  const device = (id: string) => ({ id }) as Report['devices'][number];
  return {
    schema: REPORT_SCHEMA,
    tool: { name: 'fleetward', version: '0.1.0' },
    capture: {
      files: [],
      packets: 0,
      bytes: 0,
      flows: 0,
      from: null,
      to: null,
      duration_s: 0,
      linkTypes: {},
      protocols: {},
      notDecoded: {},
      dropped: {},
    },
    summary: {
      verdict: '',
      devices: 1,
      devicesWithFindings: 1,
      findings: { critical: 0, high: 0, medium: 0, low: 0, info: 0 },
      accepted: 0,
      verdicts: none,
    },
    devices: [device(CAMERA)],
    findings,
    verdicts: [],
    errors: [],
    ...more,
  };
}

describe('against a baseline', () => {
  it('a finding is new, gone or the same by control and device', () => {
    const before = report([finding('CH-01', CAMERA), finding('CH-04', CAMERA)]);
    const now = report([finding('CH-01', CAMERA), finding('CH-07', CAMERA)]);
    const told = compare(now, before, 'before.json');
    expect(told.new.map(({ control }) => control)).toEqual(['CH-07']);
    expect(told.gone.map(({ control }) => control)).toEqual(['CH-04']);
    expect(told.changed).toEqual([]);
    expect(told.baseline.path).toBe('before.json');
  });

  it.each([
    ['pass', 'pass'],
    ['not_seen', 'not_seen'],
    ['not_visible', 'not_visible'],
    [undefined, 'not_seen'],
  ] as const)('what is gone with the verdict %s now is told as %s', (verdict, told) => {
    const verdicts = verdict
      ? [{ control: 'CH-01', device: CAMERA, verdict, why: null, floor: null }]
      : [];
    const { gone } = compare(report([], { verdicts }), report([finding('CH-01', CAMERA)]), '');
    expect(gone[0].now).toBe(told);
  });

  it('a device that is not there any more explains what is gone', () => {
    const before = report([finding('CH-01', PLUG)], { devices: [{ id: PLUG } as never] });
    const told = compare(report([]), before, '');
    expect(told.gone[0].now).toBe('device_not_seen');
    expect(told.devices).toEqual({ new: [CAMERA], gone: [PLUG] });
  });

  it('a change of severity, status or service is told; other peers and packets are none', () => {
    const before = report([
      finding('CH-01', CAMERA, { evidence: onPort(23) }),
      finding('CH-04', CAMERA, { evidence: onPort(49_000) }),
    ]);
    const now = report([
      finding('CH-01', CAMERA, {
        severity: 'critical',
        evidence: [...onPort(23), ...onPort(2323)],
      }),
      finding('CH-04', CAMERA, { evidence: onPort(49_001) }),
    ]);
    expect(compare(now, before, '').changed).toEqual([
      expect.objectContaining({
        control: 'CH-01',
        changes: ['severity: high → critical', 'also on tcp/2323'],
      }),
    ]);
  });
});

describe('whether there is something to fail on', () => {
  const over = (before: Partial<ReportFinding> | undefined, now: Partial<ReportFinding>) => {
    const told = report([finding('CH-01', CAMERA, now)]);
    if (before) told.comparison = compare(told, report([finding('CH-01', CAMERA, before)]), '');
    return hasFinding(told, 'high');
  };

  it.each([
    ['a grave one, without a baseline', undefined, {}, true],
    ['an accepted one', undefined, { status: 'accepted' }, false],
    ['a milder one', undefined, { severity: 'medium' }, false],
    ['one that the baseline holds', {}, {}, false],
    ['one that became graver', { severity: 'medium' }, {}, true],
    ['one that became milder', { severity: 'critical' }, {}, false],
    ['one whose acceptance has expired', { status: 'accepted' }, {}, true],
  ] as const)('%s', (_what, before, now, failing) => {
    expect(over(before, now)).toBe(failing);
  });
});

describe('a baseline file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-'));
  const written = (text: string) => {
    const path = join(folder, 'baseline.json');
    writeFileSync(path, text);
    return path;
  };

  it('is read back as it was written, and what later versions add is left aside', () => {
    const empty = report([], { devices: [] });
    expect(reportSchema.parse(empty)).toEqual(empty);
    expect(readBaseline(written(JSON.stringify({ ...empty, later: 1 })))).toEqual(empty);
  });

  it.each([
    ['text', 'hello', 'it is not JSON'],
    ['null', 'null', 'its schema is not'],
    ['another schema', '{"schema":"x"}', 'its schema is not'],
    ['half a report', JSON.stringify({ schema: REPORT_SCHEMA }), 'tool'],
  ])('of %s is refused with what to give', (_what, text, reason) => {
    expect(() => readBaseline(written(text))).toThrow(reason);
    expect(() => readBaseline(written(text))).toThrow('give --baseline what scan --json wrote');
  });

  it('that is missing is refused', () => {
    expect(() => readBaseline(join(folder, 'none.json'))).toThrow('cannot be read');
  });
});
