/** The proof of one finding: when, between whom, which packets, and the decoded fields; with Wireshark's filter. */
import type { ReportFinding } from '../model.ts';
import { count, displayFilter, packetsText, some, timeText } from '../wording.ts';
import { bounded, html, type Markup, wire } from './markup.ts';

type Evidence = ReportFinding['evidence'][number];

const EVIDENCE_MAX = 6;
const FIELDS_MAX = 12;
const FILES_MAX = 4;
const FILTER_PACKETS_MAX = 200;
const FIELD_CHARACTERS_MAX = 240;

export function evidence({ evidence: all }: ReportFinding, manyFiles: boolean): Markup {
  return html`<ol class="evidence">${bounded(
    all,
    EVIDENCE_MAX,
    (each) => proof(each, manyFiles),
    (left) => html`<li class="muted">and ${some(left, 'more proof')}; the JSON report has all</li>`,
  )}</ol>
${filters(all)}`;
}

function proof({ file, packets, time, flow, fields }: Evidence, manyFiles: boolean): Markup {
  const numbers = packetsText(packets, 8);
  return html`<li><p class="where"><time datetime="${time}">${timeText(time, true)}</time> <span>${
    packets.length === 1 ? 'packet' : 'packets'
  } ${numbers}${manyFiles ? html` of ${wire(file)}` : null}</span></p>
<p class="mono flow">${wire(flow)}</p>
<dl class="fields">${bounded(
    Object.entries(fields),
    FIELDS_MAX,
    ([name, value]) =>
      html`<div><dt>${name.replaceAll('_', ' ')}</dt><dd>${fieldText(value)}</dd></div>`,
    (left) => html`<div><dt>more</dt><dd>${count(left)}</dd></div>`,
  )}</dl></li>`;
}

function fieldText(value: string | number | boolean): Markup {
  if (typeof value === 'boolean') return html`${value ? 'yes' : 'no'}`;
  return typeof value === 'number' ? html`${value}` : wire(value, FIELD_CHARACTERS_MAX);
}

/** One filter a capture, since a packet number means something in one capture only. */
function filters(all: readonly Evidence[]): Markup {
  const byFile = new Map<string, number[]>();
  for (const { file, packets } of all) {
    const known = byFile.get(file) ?? [];
    known.push(...packets.slice(0, FILTER_PACKETS_MAX - known.length));
    byFile.set(file, known);
  }
  return html`<ul class="filters">${[...byFile]
    .slice(0, FILES_MAX)
    .map(
      ([file, packets]) =>
        html`<li><span class="muted">Wireshark${byFile.size > 1 ? html`, ${wire(file)}` : null}</span> <code class="filter">${displayFilter(packets)}</code></li>`,
    )}</ul>`;
}
