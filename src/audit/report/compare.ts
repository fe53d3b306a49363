/**
 * What changed since a baseline, an earlier report: findings that are new, gone or changed, by fingerprint (control
 * and device), and devices that came and went. That a finding is gone proves nothing by itself: only a pass does.
 */
import { SEVERITIES, type Severity } from '../control.ts';
import type { Comparison, Report, ReportFinding } from './model.ts';

/** @param path - where the baseline was read from, for the report. */
export function compare(report: Report, baseline: Report, path: string): Comparison {
  const before = new Map(baseline.findings.map((finding) => [finding.fingerprint, finding]));
  const now = new Map(report.findings.map((finding) => [finding.fingerprint, finding]));
  const verdicts = new Map(
    report.verdicts.map(({ control, device, verdict }) => [`${control} ${device}`, verdict]),
  );
  const devicesBefore = new Set(baseline.devices.map(({ id }) => id));
  const devicesNow = new Set(report.devices.map(({ id }) => id));
  return {
    baseline: { path, from: baseline.capture.from, to: baseline.capture.to },
    new: report.findings.filter(({ fingerprint }) => !before.has(fingerprint)).map(keyOf),
    gone: baseline.findings
      .filter(({ fingerprint }) => !now.has(fingerprint))
      .map((finding) => ({
        ...keyOf(finding),
        now: devicesNow.has(finding.device)
          ? goneAs(verdicts.get(`${finding.control} ${finding.device}`))
          : 'device_not_seen',
      })),
    changed: report.findings.flatMap((finding) => {
      const known = before.get(finding.fingerprint);
      if (!known) return [];
      const changes = changesOf(known, finding);
      return changes.length > 0
        ? [{ ...keyOf(finding), changes, worse: isWorse(known, finding) }]
        : [];
    }),
    devices: {
      new: [...devicesNow].filter((id) => !devicesBefore.has(id)),
      gone: [...devicesBefore].filter((id) => !devicesNow.has(id)),
    },
  };
}

type Gone = Comparison['gone'][number]['now'];

const goneAs = (verdict: string | undefined): Gone =>
  verdict === 'pass' || verdict === 'not_visible' ? verdict : 'not_seen';

const keyOf = ({ fingerprint, control, device, severity, title }: ReportFinding) => ({
  fingerprint,
  control,
  device,
  severity,
  title,
});

/**
 * Whether a report has an open finding of the severity or graver. With a comparison only what is new to whoever fixed
 * the baseline counts: findings that it does not hold, and those that became worse since.
 */
export function hasFinding(report: Report, severity: Severity): boolean {
  const isGrave = (finding: ReportFinding): boolean => rank(finding.severity) <= rank(severity);
  const open = report.findings.filter(({ status }) => status === 'new');
  if (!report.comparison) return open.some(isGrave);
  const { new: added, changed } = report.comparison;
  const fresh = [...added, ...changed.filter(({ worse }) => worse)];
  const fingerprints = new Set(fresh.map(({ fingerprint }) => fingerprint));
  return open.some((finding) => fingerprints.has(finding.fingerprint) && isGrave(finding));
}

/** Graver than before, or no longer accepted. */
const isWorse = (before: ReportFinding, now: ReportFinding): boolean =>
  rank(now.severity) < rank(before.severity) ||
  (before.status === 'accepted' && now.status === 'new');

/** 0 is the gravest. */
const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

function changesOf(before: ReportFinding, now: ReportFinding): string[] {
  const changes: string[] = [];
  if (before.severity !== now.severity)
    changes.push(`severity: ${before.severity} → ${now.severity}`);
  if (before.status !== now.status) changes.push(`status: ${before.status} → ${now.status}`);
  const services = [servicesOf(before), servicesOf(now)];
  const added = [...services[1]].filter((service) => !services[0].has(service));
  const removed = [...services[0]].filter((service) => !services[1].has(service));
  if (added.length > 0) changes.push(`also on ${added.join(', ')}`);
  if (removed.length > 0) changes.push(`no longer on ${removed.join(', ')}`);
  return changes;
}

/**
 * The server ports of its evidence below the ephemeral ones: they name a service, where peers and packets change
 * with every capture.
 */
function servicesOf({ evidence }: ReportFinding): Set<string> {
  const services = evidence.flatMap(({ flow }) => {
    const port = /:(\d+) (tcp|udp)$/.exec(flow);
    return port && Number(port[1]) < EPHEMERAL_PORTS ? [`${port[2]}/${port[1]}`] : [];
  });
  return new Set(services);
}

const EPHEMERAL_PORTS = 32_768;
