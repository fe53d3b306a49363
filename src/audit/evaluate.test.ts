import { describe, expect, it } from 'vitest';
import type { Control, Judgement } from './control.ts';
import { control, fail, notSeen, notVisible, pass } from './control.ts';
import { evaluateAll, fingerprint, type Judging, NO_EXPECTATIONS } from './evaluate.ts';
import { at, scene } from './testing.ts';

const proof = () => [
  { packets: [at(1)], flow: 'a → b tcp', fields: {}, secrets: [], maskPayload: false },
];

function says(judgement: Judgement, more: Partial<Control> = {}): Control {
  return control({
    id: 'XX-01',
    practice: 'audit',
    severity: 'medium',
    title: 'A test',
    why: 'Because.',
    fix: 'Do it.',
    provisions: {},
    floor: {},
    parameters: {},
    evaluate: () => judgement,
    ...more,
  });
}

function accepting(expires: string): Judging {
  return {
    ...NO_EXPECTATIONS,
    acceptanceOf: () => ({ reason: 'until the new model', owner: 'Ana', expires }),
  };
}

describe('the floor of a pass', () => {
  it('turns a pass on two sessions in an hour into not seen, with the floor beside it', () => {
    const home = scene({ duration_s: 3600 });
    home.device('192.168.1.20');
    const [verdict] = evaluateAll([says(pass(2))], home.network).verdicts;
    expect(verdict).toMatchObject({
      verdict: 'not_seen',
      floor: { required: { sessions: 3, hours: 24 }, seen: { sessions: 2, hours: 1 } },
    });
  });

  it('lets three sessions suffice', () => {
    const home = scene({ duration_s: 60 });
    home.device('192.168.1.20');
    expect(evaluateAll([says(pass(3))], home.network).verdicts[0]).toMatchObject({
      verdict: 'pass',
    });
  });

  it('does not count the days between two captures, when nobody watched', () => {
    const days = 86_400;
    const start = at(0).seconds;
    const home = scene({
      duration_s: 80 * days,
      periods: [
        { from: start, to: start + 60 },
        { from: start + 80 * days - 60, to: start + 80 * days },
      ],
    });
    home.device('192.168.1.20');
    const [verdict] = evaluateAll([says(pass(1))], home.network).verdicts;
    expect(verdict.verdict).toBe('not_seen');
    expect(verdict.floor?.seen.hours).toBeCloseTo(120 / 3600);
  });

  it('passes nobody of whom more was seen than could be kept', () => {
    const home = scene({ duration_s: 86_400 });
    home.device('192.168.1.20', { incomplete: true });
    expect(evaluateAll([says(pass(50))], home.network).verdicts[0]).toMatchObject({
      verdict: 'not_visible',
      why: expect.stringContaining('more was seen'),
    });
  });

  it('lets a day in view suffice', () => {
    const home = scene({ duration_s: 86_400 });
    home.device('192.168.1.20');
    expect(evaluateAll([says(pass(1))], home.network).verdicts[0]).toMatchObject({
      verdict: 'pass',
    });
  });

  it('asks for hours alone where the control asks for hours alone', () => {
    const home = scene({ duration_s: 3600 });
    home.device('192.168.1.20');
    const hourly = says(pass(500), { floor: { hours: 24 } });
    expect(evaluateAll([hourly], home.network).verdicts[0]).toMatchObject({ verdict: 'not_seen' });
  });

  it('does not hold a failure back', () => {
    const home = scene({ duration_s: 1 });
    home.device('192.168.1.20');
    const { findings, verdicts } = evaluateAll([says(fail(1, proof()))], home.network);
    expect(findings).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({ verdict: 'fail', floor: { seen: { sessions: 1 } } });
  });
});

describe('a control that throws', () => {
  it('is reported once, judges nothing, and the rest goes on', () => {
    const home = scene();
    home.device('192.168.1.20');
    home.device('192.168.1.21');
    const broken = says(notSeen(), {
      id: 'XX-00',
      evaluate: () => {
        throw new TypeError('no such field');
      },
    });
    const { verdicts, errors } = evaluateAll([broken, says(notVisible('encrypted'))], home.network);
    expect(errors).toEqual([
      expect.objectContaining({ control: 'XX-00', message: 'no such field' }),
    ]);
    expect(verdicts.map((verdict) => verdict.verdict)).toEqual(Array(4).fill('not_visible'));
  });
});

describe('an accepted finding', () => {
  it('is kept as accepted until the day it expires, that day included', () => {
    const home = scene();
    home.device('192.168.1.20');
    const [finding] = evaluateAll(
      [says(fail(1, proof()))],
      home.network,
      accepting('2026-06-30'),
      '2026-06-30',
    ).findings;
    expect(finding).toMatchObject({ status: 'accepted', acceptance: { owner: 'Ana' } });
  });

  it('is a finding again afterwards, and says so', () => {
    const home = scene();
    home.device('192.168.1.20');
    const [finding] = evaluateAll(
      [says(fail(1, proof(), { note: 'On port 23.' }))],
      home.network,
      accepting('2026-06-30'),
      '2026-07-01',
    ).findings;
    expect(finding.status).toBe('new');
    expect(finding.note).toBe('On port 23. Accepted by Ana until 2026-06-30, which has passed.');
  });
});

describe('findings', () => {
  it('come most severe first, a case graver than its control included', () => {
    const home = scene();
    home.device('192.168.1.20');
    home.device('192.168.1.21');
    const low = says(fail(1, proof()), { id: 'XX-02', severity: 'low' });
    const raised = says(fail(1, proof(), { severity: 'critical' }), {
      id: 'XX-03',
      severity: 'low',
    });
    const { findings } = evaluateAll([low, raised], home.network);
    expect(findings.map(({ control: { id }, severity }) => `${id} ${severity}`)).toEqual([
      'XX-03 critical',
      'XX-03 critical',
      'XX-02 low',
      'XX-02 low',
    ]);
  });

  it('keep their fingerprint whatever packets prove them', () => {
    expect(fingerprint('CH-01', 'mac:00:11:22:33:44:55')).toMatch(/^[0-9a-f]{32}$/);
    const once = scene();
    once.device('192.168.1.20');
    const again = scene();
    again.device('192.168.1.20');
    const of = (network: typeof once.network) =>
      evaluateAll([says(fail(1, proof()))], network).findings[0].fingerprint;
    expect(of(once.network)).toBe(of(again.network));
  });
});

describe('a device mark that a control exempts', () => {
  it('is not judged, and the verdict says why', () => {
    const home = scene();
    home.device('192.168.1.9', {
      expected: {
        name: 'scanner',
        type: undefined,
        segment: undefined,
        lifeUntil: undefined,
        marks: ['scanner'],
      },
    });
    const { verdicts, findings } = evaluateAll(
      [says(fail(1, proof()), { exempt: ['scanner'] })],
      home.network,
    );
    expect(findings).toEqual([]);
    expect(verdicts[0]).toMatchObject({
      verdict: 'not_seen',
      why: 'not judged: marked as scanner',
    });
  });
});
