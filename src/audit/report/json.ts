/** Builds the report from what was read, who was found and how it was judged. */
import { formatTime } from '../../base/index.ts';
import type { PacketRef, Traffic } from '../../capture/index.ts';
import type { Device, Network } from '../../fleet/index.ts';
import { SEVERITIES, type Severity } from '../control.ts';
import type { Evaluation, Finding, Verdict } from '../evaluate.ts';
import type {
  Report,
  ReportCapture,
  ReportDevice,
  ReportError,
  ReportFinding,
  ReportVerdict,
} from './model.ts';
import { REPORT_SCHEMA } from './version.ts';

export interface ReportParts {
  readonly version: string;
  readonly traffic: Traffic;
  readonly network: Network;
  readonly evaluation: Evaluation;
}

/** How much one finding adds to a device's risk; the order of severities decides before their number does. */
const WEIGHTS: Readonly<Record<Severity, number>> = {
  critical: 1e9,
  high: 1e6,
  medium: 1e3,
  low: 1,
  info: 1e-3,
};

export function buildReport({ version, traffic, network, evaluation }: ReportParts): Report {
  const fileOf = (at: PacketRef): string => traffic.files[at.file]?.path ?? '';
  const findingsOf = groupBy(evaluation.findings, (finding) => finding.device);
  const verdictsOf = groupBy(evaluation.verdicts, (verdict) => verdict.device);
  const devices = [...network.devices]
    .map((device) => ({ device, risk: risk(findingsOf.get(device) ?? []) }))
    .sort((a, b) => b.risk - a.risk)
    .map(({ device }) =>
      deviceOf(device, findingsOf.get(device) ?? [], verdictsOf.get(device) ?? [], fileOf),
    );
  const open = evaluation.findings.filter(({ status }) => status === 'new');
  const toMend = open.filter(({ severity }) => severity !== 'info');
  const inNeed = new Set(toMend.map(({ device }) => device)).size;
  const withFindings = new Set(open.map(({ device }) => device)).size;
  const counts = countSeverities(open);
  return {
    schema: REPORT_SCHEMA,
    tool: { name: 'fleetward', version },
    capture: captureOf(traffic, network),
    summary: {
      verdict: sentence(devices.length, inNeed, counts),
      devices: devices.length,
      devicesWithFindings: withFindings,
      findings: counts,
      accepted: evaluation.findings.length - open.length,
      verdicts: countVerdicts(evaluation.verdicts),
    },
    devices,
    findings: evaluation.findings.map((finding) => findingOf(finding, fileOf)),
    verdicts: evaluation.verdicts.map(verdictOf),
    errors: errorsOf(traffic, evaluation),
  };
}

function captureOf(traffic: Traffic, network: Network): ReportCapture {
  return {
    files: traffic.files.map(({ path, format, packets, bytes }) => ({
      path,
      format,
      packets,
      bytes,
    })),
    packets: traffic.counters.packets,
    bytes: traffic.counters.bytes,
    flows: traffic.flowsBegun,
    from: timeText(traffic.first) ?? null,
    to: timeText(traffic.last) ?? null,
    duration_s: network.duration_s,
    linkTypes: Object.fromEntries(traffic.linkTypes),
    protocols: Object.fromEntries([...traffic.eventCounts].sort()),
    notDecoded: Object.fromEntries(traffic.notDecoded),
    dropped: Object.fromEntries(traffic.dropped),
  };
}

function deviceOf(
  device: Device,
  findings: readonly Finding[],
  verdicts: readonly Verdict[],
  fileOf: (at: PacketRef) => string,
): ReportDevice {
  const open = findings.filter(({ status }) => status === 'new');
  const { expected } = device;
  const counted = countVerdicts(verdicts);
  return {
    id: device.id,
    mac: device.mac ?? null,
    randomisedMac: device.randomisedMac,
    addresses: [...device.addresses],
    names: device.names.map(({ name }) => name),
    nameSources: device.names.map(({ name, source }) => ({ name, source })),
    vendor: device.vendor ?? null,
    roles: [...device.roles],
    segment: device.segment ?? null,
    type: device.type ?? null,
    typeCandidates: device.typeCandidates.map((candidate) => ({ ...candidate })),
    typeEvidence: device.typeEvidence.map(({ rule, text, at }) => ({
      rule,
      text,
      file: fileOf(at),
      packet: at.packet,
    })),
    ...typeSources(device),
    description: { ...device.description },
    services: device.services.map(({ transport, port, protocol, product, clients }) => ({
      transport,
      port,
      protocol: protocol ?? null,
      product: product ?? null,
      clients,
    })),
    peers: device.peers.map((peer) => ({
      ...peer,
      name: peer.name ?? null,
      device: peer.device ?? null,
      services: [...peer.services],
    })),
    ...(device.spoken ? { spoken: device.spoken.map((each) => ({ ...each })) } : {}),
    bytesSent: device.bytesSent,
    bytesReceived: device.bytesReceived,
    packetsSent: device.packetsSent,
    packetsReceived: device.packetsReceived,
    firstSeen: timeText(device.firstSeen) as string,
    lastSeen: timeText(device.lastSeen) as string,
    expected: expected
      ? {
          name: expected.name ?? null,
          type: expected.type ?? null,
          segment: expected.segment ?? null,
          lifeUntil: expected.lifeUntil ?? null,
          marks: [...expected.marks],
        }
      : null,
    posture: {
      worst:
        SEVERITIES.find((severity) => open.some((finding) => finding.severity === severity)) ??
        null,
      findings: countSeverities(open),
      accepted: findings.length - open.length,
      pass: counted.pass,
      notSeen: counted.notSeen,
      notVisible: counted.notVisible,
    },
  };
}

/** The kinds of evidence for a device's type, each by itself. */
function typeSources({ expected, stated, behaviour }: Device): Pick<ReportDevice, 'typeSources'> {
  if (!stated) return {};
  const candidates = (of: Device['typeCandidates']) => of.map((candidate) => ({ ...candidate }));
  return {
    typeSources: {
      corrected: expected?.type ?? null,
      stated: { type: stated.type ?? null, candidates: candidates(stated.candidates) },
      behaviour: behaviour
        ? {
            type: behaviour.type ?? null,
            set: [...behaviour.set],
            candidates: candidates(behaviour.candidates),
            nearest: behaviour.nearest ?? null,
            reasons: behaviour.reasons.map((reason) => ({ ...reason })),
            doubts: [...behaviour.doubts],
            advice: [...behaviour.advice],
            packets: behaviour.packets,
          }
        : null,
    },
  };
}

function findingOf(finding: Finding, fileOf: (at: PacketRef) => string): ReportFinding {
  const { control, acceptance } = finding;
  return {
    control: control.id,
    practice: control.practice,
    device: finding.device.id,
    severity: finding.severity,
    title: control.title,
    note: finding.note ?? null,
    why: control.why,
    fix: control.fix,
    evidence: finding.evidence.flatMap(({ packets, flow, fields }) =>
      // Evidence may span captures; a packet number means something within one only.
      [...groupBy(packets, (at) => at.file).values()].map((inFile) => ({
        file: fileOf(inFile[0]),
        packets: inFile.map(({ packet }) => packet),
        time: timeText(inFile[0]) as string,
        flow,
        fields: { ...fields },
      })),
    ),
    provisions: Object.fromEntries(
      Object.entries(control.provisions).map(([standard, ids]) => [standard, [...ids]]),
    ),
    fingerprint: finding.fingerprint,
    status: finding.status,
    acceptance: acceptance
      ? {
          reason: acceptance.reason,
          owner: acceptance.owner,
          expires: acceptance.expires,
          expired: finding.status === 'new',
        }
      : null,
  };
}

function verdictOf({ control, device, verdict, why, floor }: Verdict): ReportVerdict {
  return {
    control: control.id,
    device: device.id,
    verdict,
    why: why ?? null,
    floor: floor ? { required: { ...floor.required }, seen: { ...floor.seen } } : null,
  };
}

function errorsOf(traffic: Traffic, evaluation: Evaluation): ReportError[] {
  return [
    ...traffic.problems.map(({ file, offset, message }) => ({
      file: file ?? null,
      offset: offset ?? null,
      message,
    })),
    ...evaluation.errors.map(({ control, device, message }) => ({
      file: null,
      offset: null,
      message: `control ${control} failed on ${device}: ${message}; please report it`,
    })),
  ];
}

/** The verdict in one line: what a reader wants to know first. */
function sentence(devices: number, inNeed: number, counts: Record<Severity, number>): string {
  if (devices === 0) return 'No device was seen in this capture.';
  const some = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const found = SEVERITIES.filter((severity) => counts[severity] > 0 && severity !== 'info');
  if (found.length === 0) {
    return `Nothing to mend was found on ${some(devices, 'device')}; see what could not be judged.`;
  }
  const list = found.map((severity) => `${counts[severity]} ${severity}`).join(', ');
  return `${inNeed} of ${some(devices, 'device')} need${inNeed === 1 ? 's' : ''} attention: ${list}.`;
}

function risk(findings: readonly Finding[]): number {
  let sum = 0;
  for (const { status, severity } of findings) if (status === 'new') sum += WEIGHTS[severity];
  return sum;
}

function countSeverities(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

function countVerdicts(verdicts: readonly Verdict[]) {
  const counts = { pass: 0, fail: 0, notSeen: 0, notVisible: 0 };
  const keys = {
    pass: 'pass',
    fail: 'fail',
    not_seen: 'notSeen',
    not_visible: 'notVisible',
  } as const;
  for (const { verdict } of verdicts) counts[keys[verdict]]++;
  return counts;
}

function timeText(at: PacketRef | undefined): string | undefined {
  return at && formatTime(at.seconds, at.nanos);
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
