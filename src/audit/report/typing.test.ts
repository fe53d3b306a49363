/** How a device's type is put into words: by which evidence, how sure, and what would make it surer. */
import { beforeAll, describe, expect, it } from 'vitest';
import { demoReport } from '../../../test/support/reports.ts';
import { htmlReport } from './html.ts';
import type { Report, ReportDevice } from './model.ts';
import { terminalReport } from './terminal.ts';
import { kindsDisagree, surer, typeWords } from './typing.ts';

type Sources = NonNullable<ReportDevice['typeSources']>;

const BEHAVES: NonNullable<Sources['behaviour']> = {
  type: 'plug-100',
  set: ['plug-100', 'plug-110'],
  candidates: [
    { type: 'plug-100', probability: 0.6 },
    { type: 'plug-110', probability: 0.38 },
  ],
  nearest: 'plug-100',
  reasons: [{ text: 'TTL 64', weight: 0.2 }],
  doubts: [],
  advice: ['plug-100 or plug-110 behave alike in what was taught'],
  packets: 90,
};

describe('a type in words', () => {
  let report: Report;
  beforeAll(async () => {
    report = await demoReport();
  });

  /** The first device of the demo, with what is known of its type replaced. */
  function device(
    stated: string | null,
    behaviour: Sources['behaviour'],
    more: Partial<ReportDevice> = {},
  ): ReportDevice {
    const candidates = stated === null ? [] : [{ type: stated, probability: 0.8 }];
    return {
      ...report.devices[0],
      expected: null,
      type: behaviour?.type ?? stated,
      typeCandidates: behaviour?.candidates ?? candidates,
      typeSources: { corrected: null, stated: { type: stated, candidates }, behaviour },
      ...more,
    };
  }

  it('by behaviour it is the look-alikes together, as sure as they are together', () => {
    expect(typeWords(device(null, BEHAVES))).toEqual({
      text: 'plug-100 or plug-110',
      sure: expect.closeTo(0.98),
      by: 'behaviour',
    });
  });

  it('by what it says it is that, and a model is recommended while it is not sure', () => {
    const camera = device('camera', null);
    expect(typeWords(camera)).toEqual({ text: 'camera', sure: 0.8, by: 'statements' });
    expect(surer(camera).join()).toContain('--model');
  });

  it('what a person said is neither sure nor unsure, and needs nothing', () => {
    const expected = { name: null, type: 'lock', segment: null, lifeUntil: null, marks: [] };
    const named = device('camera', BEHAVES, { type: 'lock', expected });
    expect(typeWords(named)).toEqual({ text: 'lock', sure: undefined, by: 'person' });
    expect(surer(named)).toEqual([]);
  });

  it('an unknown one is to be named', () => {
    const unknown = device(null, null);
    expect(typeWords(unknown).text).toBeUndefined();
    expect(surer(unknown).join()).toContain('expectations.yaml');
  });

  const behavesAs = (...set: string[]): typeof BEHAVES => ({
    ...BEHAVES,
    type: set[0],
    set,
    candidates: set.map((type) => ({ type, probability: 0.9 / set.length })),
  });

  it('the two kinds disagree only where both answer, in the same words', () => {
    expect(kindsDisagree(device('camera', behavesAs('smart-plug')))).toBe(true);
    expect(kindsDisagree(device('camera', behavesAs('doorbell', 'camera')))).toBe(false);
    expect(kindsDisagree(device('smart-plug', BEHAVES))).toBe(false);
    expect(kindsDisagree(device(null, behavesAs('camera')))).toBe(false);
    expect(kindsDisagree(device('camera', null))).toBe(false);
  });

  it('terminal and HTML show both kinds, and the protocols with their protection', () => {
    const one = device('camera', behavesAs('smart-plug', 'light-bulb'), {
      spoken: [{ protocol: 'mqtt', protection: 'both', packets: 4, bytes: 400 }],
    });
    const told = { ...report, devices: [one] };
    const lines = terminalReport(told).join('\n').replace(/\s+/g, ' ');
    expect(lines).toContain('smart-plug or light-bulb (90 %, behaves so); says it is camera');
    const page = htmlReport(told);
    expect(page).toContain('By what it says of itself');
    expect(page).toContain('The two do not agree');
    expect(page).toContain('title="both in clear and encrypted: 4 packets, 400 B"');
  });
});
