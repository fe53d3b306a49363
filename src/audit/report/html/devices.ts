/** The devices, most at risk first: what each is, offers and talks to, what it fails with proof, and what is not known. */
import { SEVERITIES } from '../../control.ts';
import type { Report, ReportDevice, ReportFinding, ReportVerdict } from '../model.ts';
import { typeWords } from '../typing.ts';
import { count, SEVERITY_WORDS, some, visible } from '../wording.ts';
import { evidence, type Setting, settingOf } from './evidence.ts';
import { identity } from './identity.ts';
import { anchorOfFinding, DEVICES_MAX, type PageIndex } from './index-of.ts';
import { html, joined, type Markup, wire } from './markup.ts';
import { badge } from './parts.ts';
import { peers, services } from './traffic.ts';
import { verdicts } from './verdicts.ts';

const FINDINGS_MAX = 60;
const SEARCHED_ADDRESSES_MAX = 16;

export function devices(report: Report, index: PageIndex): Markup {
  const findingsOf = Map.groupBy(report.findings, ({ device }) => device);
  const verdictsOf = Map.groupBy(report.verdicts, ({ device }) => device);
  const shown = report.devices.slice(0, DEVICES_MAX);
  const left = report.devices.length - shown.length;
  const setting = settingOf(report);
  return html`<section id="devices" aria-labelledby="devices-title">
<h2 id="devices-title">Devices</h2>
${
  shown.length === 0
    ? html`<p>No device was seen. Record where all traffic passes: at the router, or on a mirror port.</p>`
    : html`<div class="tools" data-tools="devices" hidden></div>
<div class="items" data-list="devices">${shown.map((device, rank) =>
        section(device, rank, {
          findings: findingsOf.get(device.id) ?? [],
          verdicts: verdictsOf.get(device.id) ?? [],
          index,
          setting,
        }),
      )}</div>`
}
${left > 0 ? html`<p class="more">and ${some(left, 'more device')} of lower risk; the JSON report has all.</p>` : null}
</section>`;
}

interface Around {
  readonly findings: readonly ReportFinding[];
  readonly verdicts: readonly ReportVerdict[];
  readonly index: PageIndex;
  readonly setting: Setting;
}

function section(device: ReportDevice, rank: number, around: Around): Markup {
  const { index } = around;
  const anchor = index.anchorOf(device.id) as string;
  return html`<details class="item device" id="${anchor}" data-severity="${device.posture.worst ?? 'none'}" data-rank="${rank}" data-bytes="${device.bytesSent + device.bytesReceived}" data-search="${searched(device, around.findings)}">
${summary(device, index)}
<div class="body">
${identity(device)}
${failures(around)}
<div class="pair">${services(device)}${peers(device, index)}</div>
${verdicts(around.verdicts, index, around.setting.many)}
</div></details>
`;
}

function summary(device: ReportDevice, index: PageIndex): Markup {
  const { posture } = device;
  const tallies = SEVERITIES.filter((severity) => posture.findings[severity] > 0).map(
    (severity) =>
      html`<span class="pill ${severity}">${count(posture.findings[severity])} ${SEVERITY_WORDS[severity].toLowerCase()}</span>`,
  );
  const vendor = device.vendor ?? (device.randomisedMac ? 'randomised MAC' : null);
  const what = [typeText(device), vendor === null ? null : wire(vendor, 60)].filter(Boolean);
  return html`<summary><h3><bdi>${index.labelOf(device.id)}</bdi></h3><span class="what">${joined(what, ' · ')}</span><span class="mono address">${wire(device.addresses[0] ?? device.mac ?? device.id, 48)}</span><span class="tallies">${
    tallies.length > 0 ? tallies : html`<span class="pill none">no finding</span>`
  }</span></summary>`;
}

function typeText(device: ReportDevice): string {
  return typeWords(device).text ?? 'type unknown';
}

/** What the search box looks through beside the summary's own words. */
function searched(device: ReportDevice, findings: readonly ReportFinding[]): string {
  return [
    device.mac ?? '',
    ...device.addresses.slice(0, SEARCHED_ADDRESSES_MAX),
    ...device.names.slice(0, SEARCHED_ADDRESSES_MAX).map((name) => visible(name, 64)),
    ...device.services
      .slice(0, SEARCHED_ADDRESSES_MAX)
      .map(({ port, protocol }) => `${protocol ?? ''} ${port}`),
    ...findings.map(({ control }) => control),
  ]
    .join(' ')
    .toLowerCase();
}

function failures({ findings, setting }: Around): Markup {
  const shown = findings.slice(0, FINDINGS_MAX);
  const left = findings.length - shown.length;
  return html`<h4>Findings</h4>
${findings.length === 0 ? html`<p class="muted">None.</p>` : null}
${shown.map((finding) => failure(finding, setting))}
${left > 0 ? html`<p class="more">and ${some(left, 'more finding')}</p>` : null}`;
}

function failure(finding: ReportFinding, setting: Setting): Markup {
  const { acceptance, status } = finding;
  return html`<article class="finding ${finding.severity}" id="${anchorOfFinding(finding)}">
<h5>${badge(finding.severity)}<a href="#c-${finding.control}">${finding.title}</a><span class="id">${finding.control}</span>${
    status === 'accepted' ? html`<span class="pill none">accepted</span>` : null
  }</h5>
${finding.note === null ? null : html`<p>${wire(finding.note, 400)}</p>`}
${
  acceptance
    ? html`<p class="muted">${acceptance.expired ? 'The acceptance has expired' : 'Accepted'}: ${wire(acceptance.reason, 400)} (${wire(acceptance.owner)}, until ${acceptance.expires})</p>`
    : null
}
<p class="todo"><span class="muted">To do</span> ${finding.fix}</p>
${evidence(finding, setting)}
</article>`;
}
