/**
 * The report for a terminal: the verdict first, then who is at risk, what is wrong and what to do, and an honest word
 * on what could not be judged. Bounded: a thousand devices are still a report that one reads.
 */
import type { styleText } from 'node:util';
import { SEVERITIES, type Severity } from '../control.ts';
import {
  acceptedFindings,
  type ControlFindings,
  devicesById,
  foldByControl,
  openFindings,
} from './by-control.ts';
import type { Report, ReportDevice, ReportFinding } from './model.ts';
import { column, columnsOf, shorten, wrap } from './terminal/columns.ts';
import { kindsDisagree, percent, typeName, typeWords } from './typing.ts';
import {
  bytesText,
  count,
  deviceLabel,
  durationText,
  listText,
  packetsText,
  SEVERITY_WORDS,
  some,
  timeText,
  visible,
} from './wording.ts';

export interface TerminalOptions {
  /** Columns to fill; at least 40 are used (default 80). */
  readonly width?: number;
  /** Paints text; plain where absent. Colour never says what words do not. */
  readonly style?: (style: Parameters<typeof styleText>[0], text: string) => string;
  /** What else was written in this run: those need not be recommended. */
  readonly written?: readonly ('html' | 'json' | 'sarif' | 'ocsf' | 'evidence')[];
}

const WIDTH_MIN = 40;
const DEVICES_MAX = 20;
const DEVICES_NAMED_MAX = 6;
const ERRORS_MAX = 8;
/** Notes shown of one control's findings. */
const NOTES_MAX = 3;
const CHANGES_MAX = 12;
/** Findings whose whole remedy and first proof are shown. */
const DETAILED: ReadonlySet<Severity> = new Set(['critical', 'high']);
const COUNTED = SEVERITIES.slice(0, 4);
/** Columns of a count of one severity, and of the words before a finding. */
const COUNT_COLUMNS = 5;
const LABEL_COLUMNS = 10;

type Paint = NonNullable<TerminalOptions['style']>;

const PAINT: Readonly<Record<Severity, Parameters<Paint>[0]>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
};

/** @returns lines without their ends. */
export function terminalReport(report: Report, options: TerminalOptions = {}): string[] {
  const page = new Page(Math.max(WIDTH_MIN, options.width ?? 80), options.style ?? plain);
  verdict(page, report);
  devices(page, report);
  findings(page, report);
  changes(page, report);
  standards(page, report);
  notJudged(page, report);
  troubles(page, report);
  next(page, report, new Set(options.written));
  return page.lines;
}

const plain: Paint = (_style, text) => text;

/** The lines so far, and what fits on one. */
class Page {
  readonly lines: string[] = [];
  readonly width: number;
  readonly paint: Paint;

  constructor(width: number, paint: Paint) {
    this.width = width;
    this.paint = paint;
  }

  heading(title: string, right = ''): void {
    const text = shorten(title, this.width);
    const room = this.width - columnsOf(text) - columnsOf(right);
    this.lines.push('');
    if (right === '') this.lines.push(this.paint('bold', text));
    else if (room > 0) this.lines.push(this.paint('bold', text) + ' '.repeat(room) + right);
    else this.lines.push(this.paint('bold', text), right.padStart(this.width));
  }

  /** A paragraph behind a label of `indent` columns; its further lines are indented alike. */
  text(text: string, indent = 2, label = '', style?: Parameters<Paint>[0]): void {
    for (const [index, line] of wrap(text, this.width - indent).entries()) {
      const before = index === 0 ? column(label, indent) : ' '.repeat(indent);
      this.lines.push((index === 0 && style ? this.paint(style, before) : before) + line.trimEnd());
    }
  }
}

function verdict(page: Page, { summary, capture, comparison }: Report): void {
  for (const line of wrap(summary.verdict, page.width)) page.lines.push(page.paint('bold', line));
  const names = capture.files.map(({ path }) => visible(path));
  const when = capture.from === null ? '' : ` from ${timeText(capture.from)}`;
  page.text(
    `${listText(names, 3)}: ${some(capture.packets, 'packet')}, ${bytesText(capture.bytes)}, ${durationText(capture.duration_s)}${when}.`,
    0,
  );
  if (comparison) {
    page.text(
      `Since ${visible(comparison.baseline.path)}: ${count(comparison.new.length)} new, ${count(comparison.gone.length)} gone, ${count(comparison.changed.length)} changed.`,
      0,
    );
  }
}

function devices(page: Page, report: Report): void {
  if (report.devices.length === 0) return;
  const atRisk = report.devices.filter(({ posture }) => isRisk(posture.worst));
  const shown = atRisk.slice(0, DEVICES_MAX);
  const header = ['crit', 'high', 'med', 'low']
    .map((word) => word.padStart(COUNT_COLUMNS))
    .join('');
  if (shown.length > 0) page.heading('Devices, most at risk first', header);
  else page.heading('Devices');
  for (const device of shown) {
    const counts = COUNTED.map((severity) => {
      const number = device.posture.findings[severity];
      const text = (number === 0 ? '·' : count(number)).padStart(COUNT_COLUMNS);
      return number === 0 ? page.paint('dim', text) : page.paint(PAINT[severity], text);
    }).join('');
    const room = page.width - 2 - COUNTED.length * COUNT_COLUMNS;
    page.lines.push(`  ${page.paint('bold', column(deviceLabel(device), room))}${counts}`);
    page.text(whatItIs(device), 4);
  }
  const others = report.devices.length - shown.length;
  if (atRisk.length > shown.length) {
    page.text(`and ${count(others)} more: --html or --json shows them all.`);
  } else if (others > 0) {
    const quiet = report.devices.filter(({ posture }) => !isRisk(posture.worst));
    const names = quiet.slice(0, DEVICES_NAMED_MAX).map((device) => deviceLabel(device, 32));
    page.text(`Nothing to mend found on ${some(others, 'device')}: ${andMore(names, others)}.`);
  }
}

const isRisk = (worst: Severity | null): boolean => worst !== null && worst !== 'info';

/** The first names of `all`, and how many are left. */
const andMore = (names: readonly string[], all: number): string =>
  all > names.length
    ? `${names.join(', ')} and ${count(all - names.length)} more`
    : names.join(', ');

/** `camera (82 %), Vendor, 192.168.50.20`. */
function whatItIs(device: ReportDevice): string {
  const { text, sure, by } = typeWords(device);
  const remarks = [
    sure === undefined ? undefined : percent(sure),
    by === 'behaviour' ? 'behaves so' : by === 'person' ? 'as you said' : undefined,
  ].filter((remark) => remark !== undefined);
  const type =
    text === undefined
      ? 'type unknown'
      : `${text}${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}`;
  const vendor = device.vendor ?? (device.randomisedMac ? 'randomised MAC' : null);
  const address = device.addresses[0] ?? device.mac;
  const others = [vendor, address].filter((part) => part !== null && part !== undefined);
  const disagreement = kindsDisagree(device)
    ? `; says it is ${typeName(device.typeSources?.stated.type ?? '')}`
    : '';
  return [`${type}${disagreement}`, ...others.map((part) => visible(part, 60))].join(', ');
}

function findings(page: Page, report: Report): void {
  const groups = foldByControl(openFindings(report));
  if (groups.length === 0) return;
  page.heading('What to mend, most severe first');
  const devices = devicesById(report);
  const label = (id: string): string => {
    const device = devices.get(id);
    return device ? deviceLabel(device, 32) : visible(id);
  };
  for (const group of groups) {
    finding(page, group, label);
  }
}

function finding(page: Page, group: ControlFindings, label: (id: string) => string): void {
  const { severity, findings } = group;
  const names = andMore(
    findings.slice(0, DEVICES_NAMED_MAX).map((each) => labelled(each, severity, label)),
    findings.length,
  );
  const on = findings.length === 1 ? names : `${some(findings.length, 'device')}: ${names}`;
  page.text(
    `${group.control} ${group.title}, on ${on}`,
    LABEL_COLUMNS,
    SEVERITY_WORDS[severity].toUpperCase(),
    PAINT[severity],
  );
  // Of many, what somebody answered for and did not mend is worth a line.
  const noted = findings
    .filter(({ note, acceptance }) => note && (findings.length <= NOTES_MAX || acceptance?.expired))
    .slice(0, NOTES_MAX);
  for (const finding of noted) {
    const who = findings.length === 1 ? '' : `${labelled(finding, severity, label)}: `;
    page.text(`${who}${visible(finding.note as string, 400)}`, LABEL_COLUMNS);
  }
  page.text(
    `To do: ${DETAILED.has(severity) ? group.fix : firstSentence(group.fix)}`,
    LABEL_COLUMNS,
  );
  const proof = findings[0].evidence[0];
  if (proof && DETAILED.has(severity)) {
    const noun = proof.packets.length === 1 ? 'packet' : 'packets';
    page.text(
      `Proof: ${visible(proof.file)}, ${noun} ${packetsText(proof.packets, 6)}`,
      LABEL_COLUMNS,
    );
  }
}

const firstSentence = (text: string): string => /^.*?[.!?](?= |$)/.exec(text)?.[0] ?? text;

/** A device's name, and its severity where that is not the group's. */
function labelled(finding: ReportFinding, worst: Severity, label: (id: string) => string): string {
  const name = label(finding.device);
  return finding.severity === worst ? name : `${name} (${finding.severity})`;
}

function changes(page: Page, report: Report): void {
  const { comparison } = report;
  if (!comparison) return;
  const devices = devicesById(report);
  const name = (id: string): string => {
    const device = devices.get(id);
    return device ? deviceLabel(device, 32) : visible(id.replace(/^(mac|ip):/, ''));
  };
  const lines = [
    ...comparison.new.map((key) => ['new', `${key.control} ${key.title}, ${name(key.device)}`]),
    ...comparison.gone.map((key) => [
      'gone',
      `${key.control} ${key.title}, ${name(key.device)}: ${GONE[key.now]}`,
    ]),
    ...comparison.changed.map((key) => [
      'changed',
      `${key.control} ${key.title}, ${name(key.device)}: ${visible(key.changes.join('; '))}`,
    ]),
    ...comparison.devices.new.map((id) => ['new', `device ${name(id)}`]),
    ...comparison.devices.gone.map((id) => ['gone', `device ${name(id)}, not seen this time`]),
  ];
  page.heading(`Since ${visible(comparison.baseline.path)}`);
  for (const [label, text] of lines.slice(0, CHANGES_MAX))
    page.text(visible(text, 300), LABEL_COLUMNS, label);
  if (lines.length > CHANGES_MAX)
    page.text(`and ${count(lines.length - CHANGES_MAX)} more`, LABEL_COLUMNS);
  if (lines.length === 0) page.text('Nothing has changed.');
}

/** What became of a finding that is no more. Only a pass proves a repair. */
const GONE = {
  pass: 'passes now',
  not_seen: 'not seen this time, so nothing is proved',
  not_visible: 'not visible this time, so nothing is proved',
  device_not_seen: 'the device was not seen',
} as const;

function standards(page: Page, { coverage = [] }: Report): void {
  if (coverage.length === 0) return;
  page.heading('Standards, as far as traffic can tell');
  for (const { title, edition, counts } of coverage) {
    const parts = [
      [counts.fail, 'fail'],
      [counts.partly, 'partly'],
      [counts.pass, 'pass'],
      [counts.notSeen, 'not seen'],
      [counts.notVisible, 'not visible'],
      [counts.notAssessed, 'not assessed'],
    ] as const;
    const text = parts
      .filter(([number]) => number > 0)
      .map(([number, word]) => `${number} ${word}`);
    page.text(`${title} ${edition}: ${text.join(', ')}`);
  }
}

function notJudged(page: Page, report: Report): void {
  const { verdicts } = report.summary;
  const all = verdicts.pass + verdicts.fail + verdicts.notSeen + verdicts.notVisible;
  if (all === 0) return;
  page.heading('What this traffic does not tell');
  page.text(
    `Of ${some(all, 'judgement')}, ${count(verdicts.pass)} passed and ${count(verdicts.fail)} failed. ${count(verdicts.notSeen)} were not seen (it did not occur, or too briefly to say pass) and ${count(verdicts.notVisible)} not visible (encrypted or cut): neither is a pass.`,
  );
  const accepted = acceptedFindings(report);
  if (accepted.length > 0) {
    page.text(`Accepted by an owner, and not counted here: ${some(accepted.length, 'finding')}.`);
  }
}

function troubles(page: Page, { errors, capture }: Report): void {
  const left = [
    ...Object.entries(capture.notDecoded).map(
      ([why, number]) => `${some(number, 'packet')} not understood: ${visible(why)}`,
    ),
    ...Object.entries(capture.dropped).map(
      ([what, number]) =>
        `${some(number, 'item')} not kept, too many of one kind: ${visible(what)}`,
    ),
  ];
  if (errors.length === 0 && left.length === 0) return;
  page.heading('Trouble while reading');
  for (const { file, offset, message } of errors.slice(0, ERRORS_MAX)) {
    const where =
      file === null
        ? ''
        : `${visible(file)}${offset === null ? '' : ` at byte ${count(offset)}`}: `;
    page.text(`${where}${visible(message, 400)}`, 4, '  !');
  }
  if (errors.length > ERRORS_MAX) page.text(`and ${count(errors.length - ERRORS_MAX)} more`, 4);
  for (const line of left.slice(0, ERRORS_MAX)) page.text(line, 4, '  !');
}

function next(page: Page, report: Report, written: ReadonlySet<string>): void {
  const steps: string[] = [];
  const worst = foldByControl(openFindings(report))[0];
  if (worst) steps.push(`fleetward controls ${worst.control}  explains a control`);
  if (!written.has('html'))
    steps.push('--html FILE  the whole report, with a map and every packet that proves it');
  if (worst && !written.has('evidence'))
    steps.push('--save-evidence DIR  those packets, for Wireshark');
  if (worst && !report.comparison)
    steps.push('--baseline REPORT.json  next time, only what has changed');
  if (report.devices.length === 0) {
    steps.unshift('record where all traffic passes: at the router, or on a mirror port');
  }
  if (steps.length === 0) return;
  page.heading('Next');
  for (const step of steps) page.text(step.replace('  ', ': '));
}
