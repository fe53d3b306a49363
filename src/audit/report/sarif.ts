/**
 * The report as SARIF 2.1.0 (OASIS), for code-scanning services and viewers: controls are rules, findings are results,
 * captures are artifacts, devices are logical locations. Packets have no place in SARIF: their numbers stand in the
 * messages and in `properties.evidence`.
 */
import type { Control, Severity } from '../control.ts';
import { controls } from '../controls/index.ts';
import { devicesById } from './by-control.ts';
import type { Comparison, Report, ReportDevice, ReportFinding } from './model.ts';
import { deviceLabel, packetsText, visible } from './wording.ts';

export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly object[];
}

const SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
/** Names the recipe of the fingerprint; another recipe gets another number. */
const FINGERPRINT = 'fleetward/v1';
const EVIDENCE_MAX = 16;
const PACKETS_MAX = 256;
const LOCATIONS_MAX = 16;
const NOTIFICATIONS_MAX = 1000;

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

/** On the scale of CVSS, as code-scanning services read `security-severity`. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.5',
  info: '0.0',
};

/** Never throws on a report that fits the model. Valid by the schema that its `$schema` names. */
export function sarifReport(report: Report): SarifLog {
  const places = new Places(report);
  const rules = rulesOf(report);
  const ruleIndex = new Map(rules.map(({ id }, index) => [id, index]));
  const states = statesOf(report.comparison);
  const results = [
    ...report.findings.map((finding) => resultOf(finding, places, ruleIndex, states)),
    ...(report.comparison?.gone ?? []).map((key) => absentResult(key, places, ruleIndex)),
  ];
  const { name, version } = report.tool;
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name, version, rules } },
        invocations: [
          { executionSuccessful: true, toolExecutionNotifications: notifications(report, places) },
        ],
        artifacts: places.artifacts,
        logicalLocations: places.logicalLocations,
        results,
        columnKind: 'utf16CodeUnits',
        properties: { verdict: report.summary.verdict, capture: captureOf(report) },
      },
    ],
  };
}

type Rule = ReturnType<typeof ruleOf>;

/** The whole catalogue, and whatever else the report names (a baseline may know controls that are no more). */
function rulesOf(report: Report): Rule[] {
  const rules = new Map(controls.map((control) => [control.id, ruleOf(control)]));
  for (const { control: id, title, why, fix, severity, practice, provisions } of report.findings) {
    if (!rules.has(id))
      rules.set(id, ruleOf({ id, title, why, fix, severity, practice, provisions }));
  }
  for (const { control: id, title, severity } of report.comparison?.gone ?? []) {
    if (!rules.has(id)) {
      const unknown = { practice: 'audit', why: title, fix: title, provisions: {} };
      rules.set(id, ruleOf({ id, title, severity, ...unknown }));
    }
  }
  return [...rules.values()];
}

type RuleSource = Pick<Control, 'id' | 'title' | 'why' | 'fix' | 'severity'> & {
  readonly practice: string;
  readonly provisions: Readonly<Record<string, readonly string[] | undefined>>;
};

function ruleOf({ id, title, why, fix, severity, practice, provisions }: RuleSource) {
  const provided = Object.entries(provisions).flatMap(([standard, ids = []]) =>
    ids.map((each) => `${standard}:${each}`),
  );
  return {
    id: visible(id),
    name: pascal(title),
    shortDescription: { text: plain(title) },
    fullDescription: { text: plain(why) },
    help: {
      text: plain(`${why} What to do: ${fix}`),
      markdown: `${markdown(why)}\n\n**What to do.** ${markdown(fix)}`,
    },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: ['security', 'iot', visible(practice), ...provided.map((each) => visible(each))],
      'security-severity': SECURITY_SEVERITY[severity],
      precision: 'high',
      provisions,
    },
  };
}

/** `ClearHttpCredential`-like, as rule names are written. */
function pascal(title: string): string {
  const words = visible(title).match(/[\p{L}\p{N}]+/gu) ?? ['Control'];
  return words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
}

/** Artifacts and logical locations, each once, found by what the report calls them. */
class Places {
  readonly artifacts: object[] = [];
  readonly logicalLocations: object[] = [];
  readonly #files = new Map<string, number>();
  readonly #devices = new Map<string, number>();
  readonly #known: ReadonlyMap<string, ReportDevice>;

  constructor(report: Report) {
    this.#known = devicesById(report);
    for (const { path } of report.capture.files) this.file(path);
  }

  file(path: string): { uri: string; index: number } {
    const uri = uriOf(path);
    let index = this.#files.get(uri);
    if (index === undefined) {
      index = this.artifacts.length;
      this.#files.set(uri, index);
      this.artifacts.push({ location: { uri }, roles: ['analysisTarget'] });
    }
    return { uri, index };
  }

  nameOf(id: string): string {
    const device = this.#known.get(id);
    return device ? deviceLabel(device) : visible(id.replace(/^(mac|ip):/, ''));
  }

  device(id: string): { index: number; fullyQualifiedName: string } {
    const fullyQualifiedName = visible(id);
    let index = this.#devices.get(id);
    if (index === undefined) {
      index = this.logicalLocations.length;
      this.#devices.set(id, index);
      const name = this.nameOf(id);
      this.logicalLocations.push({ name, fullyQualifiedName, kind: 'resource' });
    }
    return { index, fullyQualifiedName };
  }
}

/** A relative reference of a relative path, `file:` of an absolute one (RFC 3986). */
function uriOf(path: string): string {
  const encoded = path
    .toWellFormed()
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/');
  return encoded.startsWith('/') ? `file://${encoded.replace(/^\/+/, '/')}` : encoded || '.';
}

type State = 'new' | 'updated';

function statesOf(comparison: Comparison | undefined): ReadonlyMap<string, State> | undefined {
  return (
    comparison &&
    new Map<string, State>([
      ...comparison.new.map(({ fingerprint }) => [fingerprint, 'new'] as const),
      ...comparison.changed.map(({ fingerprint }) => [fingerprint, 'updated'] as const),
    ])
  );
}

function resultOf(
  finding: ReportFinding,
  places: Places,
  ruleIndex: ReadonlyMap<string, number>,
  states: ReadonlyMap<string, State> | undefined,
): object {
  const { control, device, severity, fingerprint, status, acceptance, evidence } = finding;
  return {
    ruleId: visible(control),
    ruleIndex: ruleIndex.get(control) ?? -1,
    level: LEVELS[severity],
    message: { text: messageOf(finding, places) },
    locations: locationsOf(finding, places),
    partialFingerprints: { [FINGERPRINT]: fingerprint },
    ...(states ? { baselineState: states.get(fingerprint) ?? 'unchanged' } : {}),
    suppressions:
      status === 'accepted'
        ? [
            {
              kind: 'external',
              status: 'accepted',
              justification: visible(
                `${acceptance?.reason ?? ''} (${acceptance?.owner ?? ''}, until ${acceptance?.expires ?? ''})`,
                400,
              ),
            },
          ]
        : [],
    properties: {
      device: visible(device),
      severity,
      'security-severity': SECURITY_SEVERITY[severity],
      evidence: evidence.slice(0, EVIDENCE_MAX).map(({ file, packets, time, flow, fields }) => ({
        file: visible(file),
        packets: packets.slice(0, PACKETS_MAX),
        time,
        flow: visible(flow),
        fields: Object.fromEntries(
          Object.entries(fields).map(([name, value]) => [
            visible(name),
            typeof value === 'string' ? visible(value, 400) : value,
          ]),
        ),
      })),
    },
  };
}

/** A finding of the baseline that is no more. */
function absentResult(
  { control, device, severity, title, fingerprint, now }: Comparison['gone'][number],
  places: Places,
  ruleIndex: ReadonlyMap<string, number>,
): object {
  return {
    ruleId: visible(control),
    ruleIndex: ruleIndex.get(control) ?? -1,
    level: LEVELS[severity],
    message: {
      text: plain(`${title} on ${places.nameOf(device)}. Now: ${now.replaceAll('_', ' ')}.`),
    },
    locations: [{ logicalLocations: [places.device(device)] }],
    partialFingerprints: { [FINGERPRINT]: fingerprint },
    baselineState: 'absent',
    properties: { device: visible(device), severity, now },
  };
}

function messageOf({ title, note, device, evidence, fix }: ReportFinding, places: Places): string {
  const proof = evidence[0];
  const sentences = [
    `${title} on ${places.nameOf(device)}.`,
    note === null ? '' : visible(note, 400),
    proof
      ? `Proof: ${visible(proof.file)}, packets ${packetsText(proof.packets)}; ${visible(proof.flow)}.`
      : '',
    `What to do: ${fix}`,
  ];
  return plain(sentences.filter(Boolean).join(' '));
}

/** One location a capture, with the packets of that capture. */
function locationsOf({ evidence, device }: ReportFinding, places: Places): object[] {
  const byFile = Map.groupBy(evidence, ({ file }) => file);
  const logicalLocations = [places.device(device)];
  if (byFile.size === 0) return [{ logicalLocations }];
  return [...byFile].slice(0, LOCATIONS_MAX).map(([file, proofs]) => ({
    physicalLocation: { artifactLocation: places.file(file) },
    logicalLocations,
    message: { text: `packets ${packetsText(proofs.flatMap(({ packets }) => packets))}` },
  }));
}

function notifications({ errors }: Report, places: Places): object[] {
  return errors.slice(0, NOTIFICATIONS_MAX).map(({ file, offset, message }) => ({
    level: file === null ? 'error' : 'warning',
    message: { text: plain(visible(message, 400)) },
    ...(file === null
      ? {}
      : {
          locations: [
            {
              physicalLocation: {
                artifactLocation: places.file(file),
                ...(offset === null ? {} : { region: { byteOffset: offset, byteLength: 0 } }),
              },
            },
          ],
        }),
  }));
}

function captureOf({ capture }: Report): object {
  const { packets, bytes, from, to, duration_s } = capture;
  return { packets, bytes, from, to, duration_s };
}

/** Text as SARIF's plain messages hold it: links and placeholders are not to be found in it (3.11.5, 3.11.6). */
function plain(text: string): string {
  return visible(text, Number.POSITIVE_INFINITY)
    .replace(/[\\[\]]/g, '\\$&')
    .replace(/[{}]/g, '$&$&');
}

const markdown = (text: string): string =>
  visible(text, Number.POSITIVE_INFINITY).replace(/[\\`*_{}[\]<>#|~]/g, '\\$&');
