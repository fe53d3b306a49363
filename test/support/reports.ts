/** Reports for tests of the writers: the demo's own, the same with names that attack, and of many devices. */
import { fileURLToPath } from 'node:url';
import {
  buildReport,
  controls,
  coverage,
  evaluateAll,
  type Report,
  standards,
} from '../../src/audit/index.ts';
import { captureFiles, readTraffic } from '../../src/capture/index.ts';
import { inventory } from '../../src/fleet/index.ts';

const DEMO = fileURLToPath(new URL('../../examples/site.pcap', import.meta.url));

export async function demoReport(): Promise<Report> {
  const traffic = await readTraffic(captureFiles([DEMO]));
  const network = inventory(traffic);
  const evaluation = evaluateAll(controls, network);
  const report = buildReport({ version: '0.0.0', traffic, network, evaluation });
  const files = report.capture.files.map((file) => ({ ...file, path: 'site.pcap' }));
  return withComparison({
    ...report,
    capture: { ...report.capture, files },
    coverage: standards.map((standard) => coverage(standard, controls, evaluation.verdicts)),
  });
}

/** Something of each: new, gone, changed and accepted findings, and an error. */
function withComparison(report: Report): Report {
  const [first, second, third, ...rest] = report.findings;
  const key = ({ fingerprint, control, device, severity, title }: Report['findings'][number]) => ({
    fingerprint,
    control,
    device,
    severity,
    title,
  });
  const accepted = {
    ...third,
    status: 'accepted' as const,
    acceptance: { reason: 'Replaced in May', owner: 'lab', expires: '2027-05-31', expired: false },
  };
  return {
    ...report,
    findings: [first, second, accepted, ...rest],
    comparison: {
      baseline: { path: 'yesterday.json', from: report.capture.from, to: report.capture.to },
      new: [key(first)],
      gone: [{ ...key(second), fingerprint: 'gone', device: 'mac:02:00:00:00:00:01', now: 'pass' }],
      changed: [{ ...key(second), changes: ['severity: high → critical'], worse: true }],
      devices: { new: [report.devices[0].id], gone: ['mac:02:00:00:00:00:01'] },
    },
    errors: [{ file: 'site.pcap', offset: 4096, message: 'the last record is cut' }],
  };
}

export const HOSTILE = [
  '<img src=x onerror="globalThis.hacked=1">',
  '"><script>globalThis.hacked=2</script>',
  "' onmouseover='globalThis.hacked=3",
  '</title></style></script><svg onload=globalThis.hacked=4>',
  'cam\u202egpj.exe',
  '\u001b]0;owned\u0007\u001b[2J',
  'a'.repeat(10_000),
  `z${'\u0301'.repeat(3000)}`,
  '\ud800 lone',
  '&lt;b&gt; &amp; {{7*7}} javascript:alert(1)',
  'line\nbreak\r\n::error::x',
];

/** Every text of a report replaced by one that attacks, where the model leaves it free. */
export function hostileReport(report: Report, texts: readonly string[] = HOSTILE): Report {
  let turn = 0;
  const evil = (): string => texts[turn++ % texts.length];
  const device = (one: Report['devices'][number]): Report['devices'][number] => ({
    ...one,
    names: [evil(), evil()],
    nameSources: [{ name: evil(), source: evil() }],
    vendor: evil(),
    segment: evil(),
    type: evil(),
    typeCandidates: [{ type: evil(), probability: 0.5 }],
    typeEvidence: [{ rule: evil(), text: evil(), file: evil(), packet: 1 }],
    typeSources: {
      corrected: evil(),
      stated: { type: evil(), candidates: [{ type: evil(), probability: 0.5 }] },
      behaviour: {
        type: evil(),
        set: [evil(), evil()],
        candidates: [{ type: evil(), probability: 0.5 }],
        nearest: evil(),
        reasons: [{ text: evil(), weight: 0.5 }],
        doubts: [evil()],
        advice: [evil()],
        packets: 10,
      },
    },
    spoken: [{ protocol: evil(), protection: 'clear', packets: 1, bytes: 60 }],
    description: { [evil()]: evil(), [evil()]: evil() },
    addresses: [...one.addresses, evil()],
    services: one.services.map((service) => ({ ...service, protocol: evil(), product: evil() })),
    peers: one.peers.map((peer) => ({ ...peer, name: evil(), services: [evil(), evil()] })),
  });
  return {
    ...report,
    capture: {
      ...report.capture,
      files: report.capture.files.map((file) => ({ ...file, path: evil() })),
      notDecoded: { [evil()]: 3 },
      dropped: { [evil()]: 3 },
      protocols: { [evil()]: 3 },
    },
    devices: report.devices.map(device),
    findings: report.findings.map((finding) => ({
      ...finding,
      note: evil(),
      evidence: finding.evidence.map((each) => ({
        ...each,
        file: evil(),
        flow: evil(),
        fields: { [evil()]: evil(), [evil()]: evil() },
      })),
      acceptance: { reason: evil(), owner: evil(), expires: '2027-01-01', expired: false },
    })),
    verdicts: report.verdicts.map((verdict) => ({ ...verdict, why: evil() })),
    errors: [{ file: evil(), offset: 1, message: evil() }],
    ...(report.comparison
      ? {
          comparison: {
            ...report.comparison,
            baseline: { ...report.comparison.baseline, path: evil() },
            changed: report.comparison.changed.map((each) => ({ ...each, changes: [evil()] })),
          },
        }
      : {}),
  };
}

/** The demo's devices again and again, under other addresses, until there are `number`. */
export function largeReport(report: Report, number: number): Report {
  const copies = Math.ceil(number / report.devices.length);
  const idOf = (id: string, copy: number): string => (copy === 0 ? id : `${id}-${copy}`);
  const all = <T>(make: (copy: number) => readonly T[]): T[] =>
    Array.from({ length: copies }, (_, copy) => make(copy)).flat();
  const devices = all((copy) =>
    report.devices.map((device) => ({
      ...device,
      id: idOf(device.id, copy),
      names: device.names.map((name) => `${name}-${copy}`),
      segment: `10.0.${copy % 7}.0/24`,
      peers: device.peers.map((peer) => ({
        ...peer,
        device: peer.device === null ? null : idOf(peer.device, copy),
      })),
    })),
  ).slice(0, number);
  const kept = new Set(devices.map(({ id }) => id));
  const findings = all((copy) =>
    report.findings.map((finding) => ({
      ...finding,
      device: idOf(finding.device, copy),
      fingerprint:
        copy === 0
          ? finding.fingerprint
          : `${String(copy).padStart(16, '0')}${finding.fingerprint}`.slice(-32, -16) +
            String(copy).padStart(16, '0'),
    })),
  ).filter(({ device }) => kept.has(device));
  const verdicts = all((copy) =>
    report.verdicts.map((verdict) => ({ ...verdict, device: idOf(verdict.device, copy) })),
  ).filter(({ device }) => kept.has(device));
  return {
    ...report,
    summary: { ...report.summary, devices: devices.length },
    devices,
    findings,
    verdicts,
  };
}
