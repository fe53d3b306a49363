import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { data } from '../../../test/support/needs.ts';
import { OcsfSchema } from '../../../test/support/ocsf.ts';
import { demoReport, hostileReport } from '../../../test/support/reports.ts';
import type { Report } from './model.ts';
import { ocsfEvents, ocsfReport } from './ocsf.ts';

interface Event {
  readonly class_uid: number;
  readonly activity_id: number;
  readonly time: number;
  readonly status_id?: number;
  readonly severity_id: number;
  readonly comment?: string;
  readonly finding_info?: { readonly uid: string; readonly analytic: { readonly uid: string } };
  readonly compliance?: { readonly requirements?: string[]; readonly standards?: string[] };
  readonly device?: { readonly type_id: number; readonly uid: string };
  readonly evidences?: readonly { readonly data: { readonly packets: number[] } }[];
}

let demo: Report;
beforeAll(async () => {
  demo = await demoReport();
});
const eventsOf = (report: Report): Event[] =>
  ocsfReport(report)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);

describe('OCSF', () => {
  const schemas = data('schemas');
  describe('by its schema', schemas, () => {
    test.each(['as it is', 'with hostile names', 'of an empty capture'])(
      'every event of the report %s is valid',
      (kind) => {
        const schema = new OcsfSchema(join(schemas.path, 'ocsf-1.8.0'));
        const empty = { ...demo, devices: [], findings: [], verdicts: [], errors: [] };
        const report =
          kind === 'as it is' ? demo : kind === 'of an empty capture' ? empty : hostileReport(demo);
        for (const event of eventsOf(report))
          expect(schema.errors(event as never), JSON.stringify(event)).toEqual([]);
      },
    );

    test('what breaks the schema is found', () => {
      const schema = new OcsfSchema(join(schemas.path, 'ocsf-1.8.0'));
      const event = [...ocsfEvents(demo)].at(-2) as Record<string, unknown>;
      const broken = (change: object): string[] => schema.errors({ ...event, ...change });
      expect(broken({ finding_info: undefined })).toContain('finding_info: missing');
      expect(broken({ severity_id: 7 })).toContain('severity_id: 7 is none of the values');
      expect(broken({ severity: 'Grave' })[0]).toMatch(/^severity: Grave instead of/);
      expect(broken({ type_uid: 1 })[0]).toMatch(/^type_uid: 1 instead of/);
      expect(broken({ device: { type_id: 7, ip: 'here' } })).toEqual([
        'device.ip: "here" is no ip_t',
      ]);
      expect(broken({ colour: 'red' })).toEqual(['colour: no attribute here']);
    });
  });

  test('every device has an inventory event, every finding one of its own', () => {
    const events = eventsOf(demo);
    const of = (...uids: number[]) => events.filter(({ class_uid }) => uids.includes(class_uid));
    expect(of(5001).map(({ device }) => device!.uid)).toEqual(demo.devices.map(({ id }) => id));
    const findings = of(2003, 2004).filter(({ activity_id }) => activity_id !== 3);
    expect(findings.map(({ finding_info }) => finding_info!.uid)).toEqual(
      demo.findings.map(({ fingerprint }) => fingerprint),
    );
    for (const { finding_info, class_uid } of findings)
      expect(class_uid).toBe(finding_info!.analytic.uid.startsWith('MO-') ? 2004 : 2003);
  });

  test('acceptances, changes and what is gone keep their meaning', () => {
    const events = eventsOf(demo).filter(({ finding_info }) => finding_info !== undefined);
    const byUid = new Map(events.map((event) => [event.finding_info!.uid, event]));
    const [, changed, accepted] = demo.findings;
    expect(byUid.get(changed!.fingerprint)).toMatchObject({ activity_id: 2, status_id: 1 });
    expect(byUid.get(accepted!.fingerprint)).toMatchObject({
      status_id: 3,
      comment: 'Replaced in May',
    });
    expect(byUid.get('gone')).toMatchObject({ activity_id: 3, status_id: 4 });
  });

  test('provisions and packets go along', () => {
    const finding = demo.findings.find(({ practice }) => practice === 'encryption')!;
    const event = eventsOf(demo).find((each) => each.finding_info?.uid === finding.fingerprint)!;
    const [standard, [provision]] = Object.entries(finding.provisions)[0]! as [string, string[]];
    expect(event.compliance!.requirements).toContain(`${standard}:${provision}`);
    expect(event.evidences![0]!.data.packets).toEqual(finding.evidence[0]!.packets);
    expect(event.time).toBe(Date.parse(demo.capture.to!));
  });
});
