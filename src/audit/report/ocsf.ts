/**
 * The report as events of OCSF 1.8.0 (Open Cybersecurity Schema Framework), for SIEMs and data lakes: a Device Inventory
 * Info for each device, a Compliance Finding for each finding (a Detection Finding where a control watches behaviour),
 * and a closing one for each finding that a baseline had and that is proved to be gone. One event a line.
 */
import { isIP } from 'node:net';
import { jsonText } from '../../base/index.ts';
import { SEVERITIES, type Severity } from '../control.ts';
import { standards } from '../standards/index.ts';
import { devicesById } from './by-control.ts';
import type { Comparison, Report, ReportDevice, ReportFinding } from './model.ts';
import { deviceLabel, visible } from './wording.ts';

const OCSF_VERSION = '1.8.0';
const EVIDENCES_MAX = 16;
const PACKETS_MAX = 256;
const INTERFACES_MAX = 32;

const FINDINGS = { uid: 2, name: 'Findings' } as const;
const DISCOVERY = { uid: 5, name: 'Discovery' } as const;

interface EventClass {
  readonly category: { readonly uid: number; readonly name: string };
  readonly uid: number;
  readonly name: string;
}
const COMPLIANCE: EventClass = { category: FINDINGS, uid: 2003, name: 'Compliance Finding' };
const DETECTION: EventClass = { category: FINDINGS, uid: 2004, name: 'Detection Finding' };
const INVENTORY: EventClass = { category: DISCOVERY, uid: 5001, name: 'Device Inventory Info' };

/** activity_id of each class. */
const CREATE = [1, 'Create'] as const;
const UPDATE = [2, 'Update'] as const;
const CLOSE = [3, 'Close'] as const;
const COLLECT = [2, 'Collect'] as const;

/** severity_id and risk_level_id. */
const SEVERITY: Readonly<Record<Severity, readonly [number, string]>> = {
  critical: [5, 'Critical'],
  high: [4, 'High'],
  medium: [3, 'Medium'],
  low: [2, 'Low'],
  info: [1, 'Informational'],
};
const RISK: Readonly<Record<Severity, readonly [number, string]>> = {
  critical: [4, 'Critical'],
  high: [3, 'High'],
  medium: [2, 'Medium'],
  low: [1, 'Low'],
  info: [0, 'Info'],
};

/** type_id of endpoints, by our types; every other known type is a thing. */
const ENDPOINTS: Readonly<Record<string, readonly [number, string]>> = {
  server: [1, 'Server'],
  nas: [1, 'Server'],
  computer: [2, 'Desktop'],
  tablet: [4, 'Tablet'],
  phone: [5, 'Mobile'],
  switch: [10, 'Switch'],
  router: [12, 'Router'],
};
const THING = [7, 'IOT'] as const;
const UNKNOWN = [0, 'Unknown'] as const;

/** type_id of observables. */
const IP_ADDRESS = [2, 'IP Address'] as const;
const MAC_ADDRESS = [3, 'MAC Address'] as const;

/** Inventory first, then findings as the report has them. Never throws on a report that fits the model. */
export function* ocsfEvents(report: Report): Generator<object> {
  const writer = new Writer(report);
  for (const device of report.devices) yield writer.inventory(device);
  for (const finding of report.findings) yield writer.finding(finding);
  for (const gone of report.comparison?.gone ?? [])
    if (gone.now === 'pass') yield writer.closed(gone);
}

/** The events as JSON Lines. */
export function ocsfReport(report: Report): string {
  let lines = '';
  for (const event of ocsfEvents(report)) lines += `${jsonText(event)}\n`;
  return lines;
}

/** What stands for an address is one; a report that was read back may hold anything. */
const addressesOf = ({ addresses }: ReportDevice): string[] =>
  addresses.filter((address) => isIP(address) > 0);

class Writer {
  readonly #report: Report;
  readonly #devices: ReadonlyMap<string, ReportDevice>;
  readonly #changed: ReadonlySet<string>;
  /** When the last of the captures ended. */
  readonly #time: number;

  constructor(report: Report) {
    this.#report = report;
    this.#devices = devicesById(report);
    this.#changed = new Set(report.comparison?.changed.map(({ fingerprint }) => fingerprint));
    this.#time = milliseconds(report.capture.to);
  }

  inventory(device: ReportDevice): object {
    const { worst } = device.posture;
    return {
      ...this.#head(INVENTORY, COLLECT, SEVERITY.info),
      message: `${deviceLabel(device)}: ${device.type ?? 'unknown'}`,
      device: { ...endpoint(device), ...risk(worst) },
      observables: observables(device),
      unmapped: unmapped(device),
    };
  }

  finding(finding: ReportFinding): object {
    const { control, device: id, title, note, why, fix, severity, practice } = finding;
    const device = this.#devices.get(id);
    const kind = practice === 'monitoring' ? DETECTION : COMPLIANCE;
    const accepted = finding.status === 'accepted';
    const [status_id, status] = accepted ? [3, 'Suppressed'] : [1, 'New'];
    const activity = this.#changed.has(finding.fingerprint) ? UPDATE : CREATE;
    const first = finding.evidence[0]?.time;
    return {
      ...this.#head(kind, activity, SEVERITY[severity]),
      message: `${visible(title)}: ${device ? deviceLabel(device) : visible(id)}`,
      status_id,
      status,
      ...(accepted && finding.acceptance
        ? { comment: visible(finding.acceptance.reason, 400) }
        : {}),
      finding_info: {
        uid: finding.fingerprint,
        title: visible(title),
        desc: [why, note]
          .filter(Boolean)
          .map((text) => visible(text as string, 800))
          .join(' '),
        types: [visible(practice)],
        analytic: { uid: visible(control), name: visible(title), type_id: 1, type: 'Rule' },
        ...(first === undefined ? {} : { first_seen_time: milliseconds(first) }),
        tags: tagsOf(finding.provisions),
      },
      ...(kind === COMPLIANCE ? { compliance: complianceOf(finding) } : { is_alert: false }),
      remediation: { desc: visible(fix, 800) },
      resources: [resource(id, device)],
      ...(device ? { device: endpoint(device), observables: observables(device) } : {}),
      evidences: finding.evidence.slice(0, EVIDENCES_MAX).map(evidenceOf),
    };
  }

  closed({
    fingerprint,
    control,
    device: id,
    severity,
    title,
  }: Comparison['gone'][number]): object {
    const device = this.#devices.get(id);
    return {
      ...this.#head(COMPLIANCE, CLOSE, SEVERITY[severity]),
      message: `${visible(title)}: no more on ${device ? deviceLabel(device) : visible(id)}`,
      status_id: 4,
      status: 'Resolved',
      finding_info: {
        uid: fingerprint,
        title: visible(title),
        analytic: { uid: visible(control), name: visible(title), type_id: 1, type: 'Rule' },
      },
      compliance: { control: visible(control), status_id: 1, status: 'Pass' },
      resources: [resource(id, device)],
    };
  }

  /** What every event begins with. */
  #head(
    { category, uid, name }: EventClass,
    [activity_id, activity_name]: readonly [number, string],
    [severity_id, severity]: readonly [number, string],
  ): object {
    const { tool } = this.#report;
    return {
      activity_id,
      activity_name,
      category_uid: category.uid,
      category_name: category.name,
      class_uid: uid,
      class_name: name,
      type_uid: uid * 100 + activity_id,
      type_name: `${name}: ${activity_name}`,
      time: this.#time,
      severity_id,
      severity,
      metadata: {
        version: OCSF_VERSION,
        product: { name: 'Fleetward', vendor_name: 'Fleetward', version: tool.version },
        log_name: 'scan',
      },
    };
  }
}

/** Times of OCSF are milliseconds since 1970. An empty capture has none. */
function milliseconds(time: string | null): number {
  const parsed = time === null ? Number.NaN : Date.parse(time);
  return Number.isFinite(parsed) ? parsed : 0;
}

function endpoint(device: ReportDevice): object {
  const { id, mac, names, type, vendor, segment, description } = device;
  const [address] = addressesOf(device);
  const [type_id, type_name] = type === null ? UNKNOWN : (ENDPOINTS[type] ?? THING);
  const [name] = names;
  return {
    uid: visible(id),
    type_id,
    type: type_name,
    name: deviceLabel(device),
    ...(name === undefined ? {} : { hostname: visible(name) }),
    ...(address === undefined ? {} : { ip: address }),
    ...(mac === null ? {} : { mac }),
    ...(vendor === null ? {} : { vendor_name: visible(vendor) }),
    ...(description.model === undefined ? {} : { model: visible(description.model) }),
    ...(segment === null ? {} : { zone: visible(segment) }),
    first_seen_time: milliseconds(device.firstSeen),
    last_seen_time: milliseconds(device.lastSeen),
    network_interfaces: interfaces(device),
  };
}

/** One for each address; a device that never spoke IP has its MAC alone. */
function interfaces(device: ReportDevice): object[] {
  const { mac } = device;
  const addresses = addressesOf(device);
  const hardware = mac === null ? {} : { mac };
  if (addresses.length === 0) return mac === null ? [] : [{ ...hardware, type_id: 0 }];
  return addresses.slice(0, INTERFACES_MAX).map((ip) => ({ ip, ...hardware, type_id: 0 }));
}

function risk(worst: Severity | null): object {
  if (worst === null) return {};
  const [risk_level_id, risk_level] = RISK[worst];
  return { risk_level_id, risk_level };
}

function observables(device: ReportDevice): object[] {
  const { mac } = device;
  const observable = (
    name: string,
    [type_id, type]: readonly [number, string],
    value: string,
  ): object => ({ name, type_id, type, value });
  return [
    ...addressesOf(device)
      .slice(0, 1)
      .map((address) => observable('device.ip', IP_ADDRESS, address)),
    ...(mac === null ? [] : [observable('device.mac', MAC_ADDRESS, mac)]),
  ];
}

/** What OCSF has no attribute for, under our own names. */
function unmapped({ type, roles, names, description, services, posture }: ReportDevice): object {
  return {
    type,
    roles,
    names: names.map((name) => visible(name)),
    description: Object.fromEntries(
      Object.entries(description).map(([field, text]) => [visible(field), visible(text)]),
    ),
    services: services.map(({ transport, port, protocol }) =>
      visible(`${transport}/${port} ${protocol ?? ''}`.trim()),
    ),
    findings: Object.fromEntries(SEVERITIES.map((each) => [each, posture.findings[each]])),
  };
}

function resource(id: string, device: ReportDevice | undefined): object {
  const address = device && addressesOf(device)[0];
  return {
    uid: visible(id),
    ...(device ? { name: deviceLabel(device), type: device.type ?? 'unknown' } : {}),
    ...(address === undefined ? {} : { ip: address }),
  };
}

function complianceOf({ control, title, provisions }: ReportFinding): object {
  const named = Object.entries(provisions);
  const titles = named.map(([id]) => {
    const standard = standards.find((each) => each.id === id);
    return standard ? `${standard.title} ${standard.edition}` : visible(id);
  });
  return {
    control: visible(control),
    desc: visible(title),
    standards: titles,
    requirements: named.flatMap(([id, ids]) => ids.map((each) => visible(`${id}:${each}`))),
    status_id: 3,
    status: 'Fail',
  };
}

function tagsOf(provisions: ReportFinding['provisions']): object[] {
  return Object.entries(provisions).map(([name, values]) => ({
    name: visible(name),
    values: values.map((each) => visible(each)),
  }));
}

/** Packets have no place in OCSF: they stand in the data. */
function evidenceOf({
  file,
  packets,
  time,
  flow,
  fields,
}: ReportFinding['evidence'][number]): object {
  return {
    name: visible(flow),
    data: {
      file: visible(file),
      packets: packets.slice(0, PACKETS_MAX),
      time,
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [
          visible(name),
          typeof value === 'string' ? visible(value, 400) : value,
        ]),
      ),
    },
  };
}
