/** What has changed since the baseline: new, gone and changed findings, and devices that came and went. */
import type { Comparison, Report } from '../model.ts';
import { count, timeText } from '../wording.ts';
import { anchorOfFinding, type PageIndex } from './index-of.ts';
import { bounded, type Content, html, joined, type Markup, wire } from './markup.ts';
import { badge } from './parts.ts';

const ROWS_MAX = 200;
const DEVICES_MAX = 60;

type Key = Comparison['new'][number];

/** Only a pass proves a repair: the rest is silence. */
const NOW: Readonly<Record<Comparison['gone'][number]['now'], string>> = {
  pass: 'passes now: fixed',
  not_seen: 'not seen this time: proves nothing',
  not_visible: 'not visible this time: proves nothing',
  device_not_seen: 'the device was not seen this time',
};

export function changes({ comparison, findings }: Report, index: PageIndex): Markup | null {
  if (!comparison) return null;
  const { baseline, devices } = comparison;
  const here = new Map(findings.map((finding) => [finding.fingerprint, anchorOfFinding(finding)]));
  const rows: Content[][] = [
    ...comparison.new.map((key) => row('new', key, 'not in the baseline', here, index)),
    ...comparison.changed.map((key) =>
      row('changed', key, wire(key.changes.join('; '), 240), here, index),
    ),
    ...comparison.gone.map((key) => row('gone', key, NOW[key.now], here, index)),
  ];
  return html`<section id="changes" aria-labelledby="changes-title">
<h2 id="changes-title">Since the baseline</h2>
<p class="lead">${wire(baseline.path)}${baseline.from === null ? null : `, of ${timeText(baseline.from)}`}: ${count(comparison.new.length)} new, ${count(comparison.changed.length)} changed, ${count(comparison.gone.length)} gone.</p>
${
  rows.length === 0
    ? html`<p>No finding has changed.</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="Changed findings"><table>
<thead><tr><th scope="col">Change</th><th scope="col">Severity</th><th scope="col">Finding</th><th scope="col">Device</th><th scope="col">What</th></tr></thead>
<tbody>${bounded(
        rows,
        ROWS_MAX,
        (cells) => html`<tr>${cells}</tr>`,
        (left) => html`<tr><td colspan="5">and ${count(left)} more</td></tr>`,
      )}</tbody></table></div>`
}
${came('New devices', devices.new, index)}
${came('Devices not seen this time', devices.gone, index)}
</section>`;
}

function row(
  change: string,
  { fingerprint, control, device, severity, title }: Key,
  what: Content,
  here: ReadonlyMap<string, string>,
  index: PageIndex,
): Content[] {
  const anchor = index.anchorOf(device) === undefined ? undefined : here.get(fingerprint);
  const name = html`${control} ${title}`;
  return [
    html`<th scope="row">${change}</th>`,
    html`<td>${badge(severity)}</td>`,
    html`<td>${anchor === undefined ? name : html`<a href="#${anchor}">${name}</a>`}</td>`,
    html`<td>${index.link(device)}</td>`,
    html`<td>${what}</td>`,
  ];
}

function came(title: string, ids: readonly string[], index: PageIndex): Content {
  if (ids.length === 0) return null;
  const names = bounded(
    ids,
    DEVICES_MAX,
    (id) => index.link(id),
    (left) => `and ${count(left)} more`,
  );
  return html`<h3 class="spaced">${title}</h3><p>${joined(names, ', ')}</p>`;
}
