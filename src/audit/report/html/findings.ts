/** All findings, folded by control: why each matters, what to do, which standards ask for it, and on which devices. */
import {
  acceptedFindings,
  type ControlFindings,
  foldByControl,
  openFindings,
} from '../by-control.ts';
import type { Report, ReportFinding } from '../model.ts';
import { count, some } from '../wording.ts';
import { anchorOfFinding, type PageIndex, standardName } from './index-of.ts';
import { bounded, type Content, html, joined, type Markup, wire } from './markup.ts';
import { badge } from './parts.ts';

const DEVICES_MAX = 60;
const DEVICES_NAMED_MAX = 4;
const ACCEPTED_MAX = 200;

export function findings(report: Report, index: PageIndex): Markup {
  const groups = foldByControl(openFindings(report));
  return html`<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">Findings</h2>
${
  groups.length === 0
    ? html`<p>No control failed on any device. That is not proof of safety: see what was not seen and not visible of each device.</p>`
    : html`<p class="lead">${some(groups.length, 'control')} failed, most severe first. The packets that prove each one stand with the device.</p>
<div class="tools" data-tools="findings" hidden></div>
<div class="items" data-list="findings">${groups.map((group) => finding(group, index))}</div>`
}
${accepted(acceptedFindings(report), index)}
</section>`;
}

function finding(group: ControlFindings, index: PageIndex): Markup {
  const { control, severity, findings: all } = group;
  return html`<details class="item" id="c-${control}" data-severity="${severity}">
<summary>${badge(severity)}<h3>${group.title}</h3><span class="who">${who(all, index)}</span><span class="id">${control}</span><span class="tally">${some(all.length, 'device')}</span></summary>
<div class="body prose">
<p><strong>Why it matters.</strong> ${group.why}</p>
<p><strong>What to do.</strong> ${group.fix}</p>
<h4>Devices</h4>
<ul class="affected">${bounded(
    all,
    DEVICES_MAX,
    (each) => affected(each, severity, index),
    (left) => html`<li>and ${count(left)} more</li>`,
  )}</ul>
${provisions(group.provisions)}
</div></details>
`;
}

/** The first devices' names, so that a row says whom it is about without being opened. */
function who(all: readonly ReportFinding[], index: PageIndex): Content {
  return joined(
    all.slice(0, DEVICES_NAMED_MAX).map(({ device }) => html`<bdi>${index.labelOf(device)}</bdi>`),
    ', ',
  );
}

function affected(finding: ReportFinding, worst: string, index: PageIndex): Markup {
  const here = index.anchorOf(finding.device) !== undefined;
  const label = html`<bdi>${index.labelOf(finding.device)}</bdi>`;
  return html`<li>${here ? html`<a href="#${anchorOfFinding(finding)}">${label}</a>` : label}${
    finding.severity === worst ? null : html` <span class="muted">(${finding.severity})</span>`
  }${finding.note === null ? null : html` <span class="muted">${wire(finding.note, 400)}</span>`}</li>`;
}

function provisions(of: ReportFinding['provisions']): Content {
  const entries = Object.entries(of).filter(([, ids]) => ids.length > 0);
  if (entries.length === 0) return null;
  return html`<h4>Provisions</h4>
<dl class="pairs">${entries.map(
    ([standard, ids]) =>
      html`<div><dt>${standardName(standard)}</dt><dd>${ids.join(', ')}</dd></div>`,
  )}</dl>`;
}

function accepted(all: readonly ReportFinding[], index: PageIndex): Content {
  if (all.length === 0) return null;
  return html`<h3 class="spaced">Accepted</h3>
<p class="lead">Somebody answers for these until the day given; then they are findings again.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Accepted findings"><table>
<thead><tr><th scope="col">Finding</th><th scope="col">Device</th><th scope="col">Reason</th><th scope="col">Owner</th><th scope="col">Until</th></tr></thead>
<tbody>${bounded(
    all,
    ACCEPTED_MAX,
    (each) =>
      html`<tr><th scope="row">${each.control} ${each.title}</th><td>${index.link(each.device)}</td><td>${wire(each.acceptance?.reason ?? '', 400)}</td><td>${wire(each.acceptance?.owner ?? '')}</td><td class="number">${each.acceptance?.expires}</td></tr>`,
    (left) => html`<tr><td colspan="5">and ${count(left)} more</td></tr>`,
  )}</tbody></table></div>`;
}
