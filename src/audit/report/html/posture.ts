/** The report's first screen: the verdict, the figures behind it as small bars, and what to mend first. */
import { SEVERITIES, type Severity } from '../../control.ts';
import { type ControlFindings, foldByControl, openFindings } from '../by-control.ts';
import type { Report } from '../model.ts';
import { bytesText, count, durationText, SEVERITY_WORDS, some, timeText } from '../wording.ts';
import { bounded, type Content, html, joined, type Markup, wire } from './markup.ts';
import { badge, bar, type Part } from './parts.ts';

const FILES_MAX = 4;
const FIRST_MAX = 5;

export function masthead({ summary, capture }: Report): Markup {
  const files = bounded(
    capture.files,
    FILES_MAX,
    ({ path }) => html`<span class="file">${wire(path)}</span>`,
    (left) => `${count(left)} more files`,
  );
  const facts: Content[] = [
    joined(files, ', '),
    some(capture.packets, 'packet'),
    bytesText(capture.bytes),
    durationText(capture.duration_s),
  ];
  if (capture.from !== null) {
    facts.push(html`from <time datetime="${capture.from}">${timeText(capture.from)}</time>`);
  }
  return html`<h1>${summary.verdict}</h1>
<p class="facts">${joined(facts, ' · ')}</p>`;
}

export function posture(report: Report): Markup {
  const { summary } = report;
  const { verdicts } = summary;
  const total = SEVERITIES.reduce((sum, severity) => sum + summary.findings[severity], 0);
  const judged = verdicts.pass + verdicts.fail + verdicts.notSeen + verdicts.notVisible;
  return html`<section id="overview" aria-labelledby="overview-title">
<h2 id="overview-title">At a glance</h2>
<div class="cards">
${devicesCard(report)}
${figure(
  'Findings',
  count(total),
  SEVERITIES.map((severity) => ({
    kind: severity,
    word: SEVERITY_WORDS[severity],
    number: summary.findings[severity],
  })),
  summary.accepted > 0 ? `${some(summary.accepted, 'more finding')} accepted by an owner` : null,
)}
${figure(
  'Judgements',
  count(judged),
  [
    { kind: 'fail', word: 'Fail', number: verdicts.fail },
    { kind: 'pass', word: 'Pass', number: verdicts.pass },
    { kind: 'not-visible', word: 'Not visible', number: verdicts.notVisible },
    { kind: 'not-seen', word: 'Not seen', number: verdicts.notSeen },
  ],
  html`Every control on every device. <em>Not seen</em> and <em>not visible</em> are no pass.`,
)}
</div>
${mendFirst(foldByControl(openFindings(report)))}
</section>`;
}

function devicesCard({ devices, summary }: Report): Markup {
  const worst = new Map<Severity | 'none', number>();
  for (const { posture } of devices) {
    const key = posture.worst ?? 'none';
    worst.set(key, (worst.get(key) ?? 0) + 1);
  }
  const parts: Part[] = SEVERITIES.map((severity) => ({
    kind: severity,
    word: SEVERITY_WORDS[severity],
    number: worst.get(severity) ?? 0,
  }));
  parts.push({ kind: 'none', word: 'No finding', number: worst.get('none') ?? 0 });
  return figure('Devices', count(summary.devices), parts, 'Each by its worst finding');
}

/** A figure with a bar of what it is made of, and the same in words. */
function figure(title: string, value: string, parts: readonly Part[], note: Content): Markup {
  const shown = parts.filter(({ number }) => number > 0);
  return html`<div class="card">
<h3>${title}</h3>
<p class="figure">${value}</p>
${bar(shown)}
<dl class="legend">${shown.map(
    ({ kind, word, number }) =>
      html`<div><dt><span class="swatch ${kind}"></span>${word}</dt><dd>${count(number)}</dd></div>`,
  )}</dl>
${note ? html`<p class="note">${note}</p>` : null}
</div>`;
}

function mendFirst(groups: readonly ControlFindings[]): Markup | null {
  const urgent = groups.filter(({ severity }) => severity !== 'info');
  if (urgent.length === 0) return null;
  return html`<h3 class="spaced">Mend first</h3>
<ol class="first">${bounded(
    urgent,
    FIRST_MAX,
    (group) => html`<li>${badge(group.severity)}
<div><a href="#c-${group.control}">${group.title}</a> <span class="muted">on ${some(group.findings.length, 'device')}</span>
<p>${group.fix}</p></div></li>`,
    (left) =>
      html`<li class="more"><a href="#findings">${some(left, 'more control')} failed</a></li>`,
  )}</ol>`;
}
