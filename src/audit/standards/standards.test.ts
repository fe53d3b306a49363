import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeControl, findControl, listControls, listProvisions } from '../catalogue.ts';
import {
  type Control,
  control,
  fail,
  notSeen,
  notVisible,
  pass,
  STANDARD_IDS,
} from '../control.ts';
import { controls } from '../controls/index.ts';
import { evaluateAll } from '../evaluate.ts';
import { scene } from '../testing.ts';
import { coverage } from './coverage.ts';
import { etsi303645v21, etsi303645v31, NEW_IN_V31, SPLITS_V21_TO_V31 } from './etsi-303645.ts';
import { findStandards, standardById, standardNames, standards } from './index.ts';
import { ukPsti } from './uk-psti.ts';

const idsOf = (standard: typeof ukPsti) => standard.provisions.map(({ id }) => id);

describe('the standards', () => {
  it('are all there, each provision once, with a gist and what can assess it', () => {
    expect(standards.map(({ id }) => id).sort()).toEqual([...STANDARD_IDS].sort());
    for (const standard of standards) {
      expect(new Set(idsOf(standard)).size).toBe(standard.provisions.length);
      for (const { gist, how } of standard.provisions) {
        expect(gist.length).toBeGreaterThan(5);
        expect(how.length).toBeGreaterThan(0);
        expect(how).not.toContain(undefined);
      }
    }
  });

  it('EN 303 645 has 68 provisions in V2.1.1 and 78 in V3.1.3', () => {
    expect(etsi303645v21.provisions).toHaveLength(68);
    expect(etsi303645v31.provisions).toHaveLength(78);
  });

  it('every provision of V2.1.1 is in V3.1.3 or was split, and nothing else is new', () => {
    const later = new Set(idsOf(etsi303645v31));
    const expected = idsOf(etsi303645v21).flatMap((id) => SPLITS_V21_TO_V31[id] ?? [id]);
    expect([...expected, ...NEW_IN_V31].sort()).toEqual([...later].sort());
  });

  it('are found by scheme, newest edition first, or by edition', () => {
    expect(findStandards('ETSI-303645').map(({ edition }) => edition)).toEqual([
      'V3.1.3 (2024-09)',
      'V2.1.1 (2020-06)',
    ]);
    expect(findStandards('etsi-303645:2.1.1')).toEqual([etsi303645v21]);
    expect(findStandards('iso')).toEqual([]);
    expect(standardNames()).toContain('eu-cra');
  });
});

describe('every control', () => {
  it.each(controls.map((one) => [one.id, one] as const))(
    '%s names provisions that exist',
    (_id, one) => {
      for (const [key, ids] of Object.entries(one.provisions)) {
        const standard = standardById(key as never);
        for (const id of ids) expect(idsOf(standard!), `${key} ${id}`).toContain(id);
      }
    },
  );

  it.each(controls.map((one) => [one.id, one] as const))(
    '%s says the same of both editions of EN 303 645',
    (_id, one) => {
      const earlier = one.provisions['etsi-303645:2.1.1'] ?? [];
      const later = one.provisions['etsi-303645:3.1.3'] ?? [];
      for (const id of earlier) {
        const halves = SPLITS_V21_TO_V31[id] ?? [id];
        expect(
          halves.some((half) => later.includes(half)),
          `${id} in V3.1.3`,
        ).toBe(true);
      }
      for (const id of later) {
        const whole = Object.entries(SPLITS_V21_TO_V31).find(([, halves]) => halves.includes(id));
        if (NEW_IN_V31.includes(id)) continue;
        expect(earlier, `${id} in V2.1.1`).toContain(whole?.[0] ?? id);
      }
    },
  );

  it('has an id of its own, a fix of at most two sentences, and plain texts', () => {
    expect(new Set(controls.map(({ id }) => id)).size).toBe(controls.length);
    for (const { id, fix, why, title } of controls) {
      expect(fix.match(/[.!?](\s|$)/g)?.length ?? 0, `${id}: ${fix}`).toBeLessThanOrEqual(2);
      expect(title.length, id).toBeLessThanOrEqual(60);
      expect(why, id).toMatch(/\.$/);
    }
  });
});

describe('the README', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

  it.each(standards.map((standard) => [standard.id, standard] as const))(
    'says how many provisions of %s traffic has a say in',
    (id, { provisions }) => {
      const served = new Set(controls.flatMap((one) => one.provisions[id] ?? []));
      const rows = readme.split('\n').filter((line) => line.includes(`\`${id.split(':')[0]}\`) |`));
      expect(rows.join('\n')).toContain(`| ${served.size} of ${provisions.length} |`);
    },
  );
});

describe('coverage', () => {
  const serving = (id: string, evaluate: Control['evaluate']) =>
    control({
      id,
      practice: 'audit',
      severity: 'low',
      title: id,
      why: 'Because.',
      fix: 'Do it.',
      provisions: { 'uk-psti:2023': ['Sch1-1'] },
      floor: {},
      parameters: {},
      evaluate,
    });
  const proof = [{ packets: [], flow: '', fields: {}, secrets: [], maskPayload: false }];

  function covered(...evaluators: Control['evaluate'][]) {
    const home = scene();
    home.device('192.168.1.20');
    home.device('192.168.1.30');
    const serves = evaluators.map((evaluate, i) => serving(`XX-0${i}`, evaluate));
    const { verdicts } = evaluateAll(serves, home.network);
    return coverage(ukPsti, serves, verdicts);
  }
  const first = () => covered(() => pass(9)).provisions[0];

  it('passes a provision that every device passes', () => {
    expect(first()).toMatchObject({ result: 'pass', controls: ['XX-00'], devices: { pass: 2 } });
  });

  it('fails it if one device fails', () => {
    const row = covered((device) => (device.addresses[0].endsWith('20') ? fail(1, proof) : pass(9)))
      .provisions[0];
    expect(row).toMatchObject({ result: 'fail', devices: { pass: 1, fail: 1 } });
  });

  it('passes it partly if one device passes and the other was not seen', () => {
    const row = covered((device) => (device.addresses[0].endsWith('20') ? pass(9) : notSeen()))
      .provisions[0];
    expect(row).toMatchObject({ result: 'partly', reason: expect.stringContaining('1 of 2') });
  });

  it('does not pass a device on which one control could not decide', () => {
    const row = covered(
      () => pass(9),
      () => notVisible('encrypted'),
    ).provisions[0];
    expect(row).toMatchObject({ result: 'not_visible', devices: { notVisible: 2 } });
  });

  it('says of the rest that it is not assessed, and what it needs', () => {
    const { provisions, counts } = covered(() => pass(9));
    expect(provisions[1]).toMatchObject({
      result: 'not_assessed',
      reason: 'needs a declaration by the maker',
    });
    expect(counts).toMatchObject({ pass: 1, notAssessed: 2 });
  });
});

describe('the catalogue for people', () => {
  it('lists and explains controls', () => {
    expect(listControls()).toHaveLength(controls.length);
    expect(listControls('uk-psti:2023').every(({ provisions }) => provisions['uk-psti:2023'])).toBe(
      true,
    );
    const told = describeControl(findControl('ch-07')!);
    expect(told).toMatchObject({ id: 'CH-07', floor: { sessions: 3, hours: 24 } });
    expect(told.serves).toContainEqual(
      expect.objectContaining({ standard: 'etsi-303645:3.1.3', id: '5.5-1' }),
    );
    expect(findControl('XX-99')).toBeUndefined();
  });

  it('tells what traffic cannot decide', () => {
    const provisions = listProvisions(etsi303645v31);
    expect(provisions.find(({ id }) => id === '5.4-3')?.reason).toBe(
      'needs the firmware or its SBOM',
    );
    expect(provisions.find(({ id }) => id === '5.5-1')?.controls).toContain('CH-07');
  });
});
