/** The proof of one finding: when, between whom, which packets, and the decoded fields; with Wireshark's filter. */
import type { Report, ReportFinding } from '../model.ts';
import { count, displayFilter, packetsText, some, timeText, visible } from '../wording.ts';
import { bounded, html, type Markup, wire } from './markup.ts';

type Evidence = ReportFinding['evidence'][number];

/** Proofs shown of a finding, and in a report of many devices. */
const PROOFS_MAX = 6;
const PROOFS_OF_MANY_MAX = 3;
const MANY_DEVICES = 100;
const FIELDS_MAX = 12;
const FILES_MAX = 4;
const FILTER_PACKETS_MAX = 200;
const FIELD_CHARACTERS_MAX = 240;
const FIELD_NAME_CHARACTERS_MAX = 32;

/** What of each proof need not be said, because it is the same all over the report. */
export interface Setting {
  readonly manyFiles: boolean;
  /** So many devices that less is shown of each. */
  readonly many: boolean;
  /** `2026-11-24` where the whole capture is of one day. */
  readonly day: string | undefined;
}

export function settingOf({ devices, capture: { files, from, to } }: Report): Setting {
  const day = from?.slice(0, 10);
  return {
    manyFiles: files.length > 1,
    many: devices.length > MANY_DEVICES,
    day: day === to?.slice(0, 10) ? day : undefined,
  };
}

export function evidence({ evidence: all }: ReportFinding, setting: Setting): Markup {
  return html`<ol class="evidence">${bounded(
    all,
    setting.many ? PROOFS_OF_MANY_MAX : PROOFS_MAX,
    (each) => proof(each, setting),
    (left) => html`<li class="muted">and ${some(left, 'more proof')}; the JSON report has all</li>`,
  )}</ol>
${filters(all)}`;
}

function proof(
  { file, packets, time, flow, fields }: Evidence,
  { manyFiles, day }: Setting,
): Markup {
  const numbers = packetsText(packets, 8);
  return html`<li><p class="where"><time datetime="${time}">${momentText(time, day)}</time> <span>${
    packets.length === 1 ? 'packet' : 'packets'
  } ${numbers}${manyFiles ? html` of ${wire(file)}` : null}</span></p>
<p class="mono flow">${wire(flow)}</p>
<dl class="fields">${bounded(
    Object.entries(fields),
    FIELDS_MAX,
    ([name, value]) =>
      html`<div><dt>${visible(name, FIELD_NAME_CHARACTERS_MAX).replaceAll('_', ' ')}</dt><dd>${fieldText(value)}</dd></div>`,
    (left) => html`<div><dt>more</dt><dd>${count(left)}</dd></div>`,
  )}</dl></li>`;
}

/** `23:23:45.010143 UTC`, with its date where the capture is of several days. */
function momentText(time: string, day: string | undefined): string {
  const text = timeText(time, true);
  return day !== undefined && text.startsWith(`${day} `) ? text.slice(day.length + 1) : text;
}

/** Of the hash that stands for a secret, as much as tells two apart. */
const SECRET_HASH = /^(hmac-sha256:[0-9a-f]{12})[0-9a-f]{20}$/;

function fieldText(value: string | number | boolean): Markup {
  if (typeof value === 'boolean') return html`${value ? 'yes' : 'no'}`;
  return typeof value === 'number'
    ? html`${value}`
    : wire(value.replace(SECRET_HASH, '$1…'), FIELD_CHARACTERS_MAX);
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
