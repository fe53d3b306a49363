/** Findings folded by control: the same failure on seven devices is one thing to understand and to mend. */
import { SEVERITIES, type Severity } from '../control.ts';
import type { Report, ReportDevice, ReportFinding } from './model.ts';

export interface ControlFindings {
  readonly control: string;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  readonly provisions: ReportFinding['provisions'];
  /** The worst of them. */
  readonly severity: Severity;
  /** Most severe first. */
  readonly findings: readonly ReportFinding[];
}

/** Most severe control first, then the one that most devices fail. */
export function foldByControl(findings: readonly ReportFinding[]): ControlFindings[] {
  const groups = new Map<string, ReportFinding[]>();
  for (const finding of findings) {
    const known = groups.get(finding.control);
    if (known) known.push(finding);
    else groups.set(finding.control, [finding]);
  }
  return [...groups]
    .map(([control, all]) => {
      const sorted = all.sort((one, other) => rank(one.severity) - rank(other.severity));
      const { title, why, fix, provisions, severity } = sorted[0];
      return { control, title, why, fix, provisions, severity, findings: sorted };
    })
    .sort(
      (one, other) =>
        rank(one.severity) - rank(other.severity) ||
        other.findings.length - one.findings.length ||
        (one.control < other.control ? -1 : 1),
    );
}

/** 0 is the most severe. */
export const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

export const openFindings = (report: Report): ReportFinding[] =>
  report.findings.filter(({ status }) => status === 'new');

export const acceptedFindings = (report: Report): ReportFinding[] =>
  report.findings.filter(({ status }) => status === 'accepted');

export function devicesById(report: Report): Map<string, ReportDevice> {
  return new Map(report.devices.map((device) => [device.id, device]));
}
