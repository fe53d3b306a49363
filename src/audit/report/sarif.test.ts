import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { data } from '../../../test/support/needs.ts';
import { demoReport, hostileReport } from '../../../test/support/reports.ts';
import type { Report } from './model.ts';
import { sarifReport } from './sarif.ts';

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly baselineState?: string;
  readonly suppressions?: readonly { readonly justification: string }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}
interface Run {
  readonly tool: {
    readonly driver: {
      readonly rules: readonly {
        readonly id: string;
        readonly properties: { readonly tags: string[] };
      }[];
    };
  };
  readonly results: readonly Result[];
  readonly invocations: readonly { readonly toolExecutionNotifications: readonly object[] }[];
}

let demo: Report;
beforeAll(async () => {
  demo = await demoReport();
});

const runOf = (report: Report): Run =>
  JSON.parse(JSON.stringify(sarifReport(report))).runs[0] as Run;

describe('SARIF', () => {
  const schemas = data('schemas');
  describe('by the schema of OASIS', schemas, () => {
    const validator = () => {
      const path = join(schemas.path, 'sarif-2.1.0/sarif-schema-2.1.0.json');
      const ajv = new Ajv.default({ strict: false, allErrors: true });
      addFormats.default(ajv as never);
      return ajv.compile(JSON.parse(readFileSync(path, 'utf8')));
    };
    test.each(['as it is', 'with hostile names', 'of an empty capture'])(
      'the report %s is valid',
      (kind) => {
        const empty = { ...demo, devices: [], findings: [], verdicts: [], errors: [] };
        const report =
          kind === 'as it is' ? demo : kind === 'of an empty capture' ? empty : hostileReport(demo);
        const validate = validator();
        validate(JSON.parse(JSON.stringify(sarifReport(report))));
        expect(validate.errors ?? []).toEqual([]);
      },
    );
  });

  test('every result names a rule, a level by severity and a fingerprint', () => {
    const { tool, results } = runOf(demo);
    for (const { ruleId, ruleIndex, partialFingerprints } of results) {
      expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(partialFingerprints['fleetward/v1']).toBeTruthy();
    }
    const levels = new Set(results.map(({ level }) => level));
    expect(levels).toEqual(new Set(['error', 'warning', 'note']));
    const telnet = tool.driver.rules.find(({ id }) => id === 'CH-01');
    expect(telnet?.properties.tags).toEqual(
      expect.arrayContaining([expect.stringMatching(/^etsi-303645:3\.1\.3:5\./)]),
    );
  });

  test('an accepted finding is suppressed with its reason, and only that one', () => {
    const suppressed = runOf(demo).results.filter(
      ({ suppressions = [] }) => suppressions.length > 0,
    );
    expect(suppressed).toHaveLength(1);
    expect(suppressed[0].suppressions?.[0].justification).toBe(
      'Replaced in May (lab, until 2027-05-31)',
    );
  });

  test('a baseline gives every result its state, and what is gone is absent', () => {
    const { results } = runOf(demo);
    const of = (state: string) => results.filter(({ baselineState }) => baselineState === state);
    expect(of('new')).toHaveLength(1);
    expect(of('updated')).toHaveLength(1);
    expect(of('absent')).toHaveLength(1);
    expect(of('unchanged').length).toBe(results.length - 3);
    const { comparison: _, ...alone } = demo;
    expect(runOf(alone).results.every(({ baselineState }) => baselineState === undefined)).toBe(
      true,
    );
  });

  test('errors of the scan are notifications', () => {
    expect(runOf(demo).invocations[0].toolExecutionNotifications).toMatchObject([
      { level: 'warning', message: { text: 'the last record is cut' } },
    ]);
  });

  test('messages name the packets, and hold neither links nor placeholders from the wire', () => {
    expect(runOf(demo).results[0].message.text).toMatch(/Proof: .*site\.pcap, packets \d/);
    const evil = hostileReport(demo, ['[click](https://evil.example) {0} \u202e']);
    const { text } = runOf(evil).results[0].message;
    expect(text).toContain('\\[click\\](https://evil.example) {{0}} \\\\u{{202e}}');
  });
});
