/** Which device spoke which protocol, in clear or not: one table. */
import type { Report, ReportDevice } from '../model.ts';
import { bytesText, count, some } from '../wording.ts';
import type { PageIndex } from './index-of.ts';
import { html, type Markup, wire } from './markup.ts';

const DEVICES_MAX = 60;
const PROTOCOLS_MAX = 40;

type Spoken = NonNullable<ReportDevice['spoken']>[number];

/** A letter for each, so that colour is not needed, and what it means. */
const PROTECTIONS: Readonly<
  Record<
    Spoken['protection'],
    { readonly sign: string; readonly word: string; readonly kind: string }
  >
> = {
  clear: { sign: 'C', word: 'in clear', kind: 'clear' },
  both: { sign: 'B', word: 'both in clear and encrypted', kind: 'both' },
  encrypted: { sign: 'E', word: 'encrypted', kind: 'encrypted' },
  unknown: { sign: '?', word: 'not known whether in clear', kind: 'unknown' },
};

export function protocols(report: Report, index: PageIndex): Markup | null {
  const speaking = report.devices.filter(({ spoken = [] }) => spoken.length > 0);
  if (speaking.length === 0) return null;
  const names = byVolume(speaking);
  const columns = names.slice(0, PROTOCOLS_MAX);
  const rows = speaking.slice(0, DEVICES_MAX);
  return html`<section id="protocols" aria-labelledby="protocols-title">
<h2 id="protocols-title">Protocols</h2>
<p class="lead">What each device spoke, and whether somebody on the way could read it. What runs inside an encrypted connection is named by that connection. The protocols that keep a network together come last; they are in clear by design.</p>
<dl class="legend signs">${Object.values(PROTECTIONS).map(
    ({ sign, word, kind }) =>
      html`<div><dt><span class="sign ${kind}">${sign}</span> ${word}</dt></div>`,
  )}</dl>
<div class="scroll" tabindex="0" role="region" aria-label="Protocols of each device"><table class="matrix">
<thead><tr><th scope="col">Device</th>${columns.map((name) => html`<th scope="col">${wire(name, 24)}</th>`)}</tr></thead>
<tbody>${rows.map((device) => row(device, columns, index))}</tbody></table></div>
${rest(speaking.length - rows.length, names.length - columns.length)}
</section>`;
}

function row(device: ReportDevice, columns: readonly string[], index: PageIndex): Markup {
  const spoken = new Map(device.spoken?.map((each) => [each.protocol, each]));
  return html`<tr><th scope="row">${index.link(device.id)}</th>${columns.map((name) => cell(spoken.get(name)))}</tr>`;
}

function cell(spoken: Spoken | undefined): Markup {
  if (!spoken) return html`<td><span class="unspoken" aria-label="not spoken">·</span></td>`;
  const { sign, word } = PROTECTIONS[spoken.protection];
  const kind = HOUSEKEEPING.has(spoken.protocol) ? 'unknown' : PROTECTIONS[spoken.protection].kind;
  const amount = `${some(spoken.packets, 'packet')}, ${bytesText(spoken.bytes)}`;
  return html`<td><span class="sign ${kind}" title="${word}: ${amount}">${sign}</span></td>`;
}

function rest(devices: number, protocols: number): Markup | null {
  const left = [
    ...(devices > 0 ? [some(devices, 'more device')] : []),
    ...(protocols > 0 ? [`${count(protocols)} rarer protocols`] : []),
  ];
  return left.length === 0
    ? null
    : html`<p class="more">and ${left.join(' and ')}; the JSON report has all.</p>`;
}

/** What keeps a network together: in clear by design, and nothing that anybody would encrypt alone. */
const HOUSEKEEPING: ReadonlySet<string> = new Set([
  'arp',
  'ndp',
  'icmp',
  'icmpv6',
  'igmp',
  'dhcp',
  'dhcpv6',
  'eapol',
]);

/** Names of protocols, the one with most bytes first; housekeeping behind the others. */
function byVolume(devices: readonly ReportDevice[]): string[] {
  const bytes = new Map<string, number>();
  for (const { spoken = [] } of devices)
    for (const each of spoken)
      bytes.set(each.protocol, (bytes.get(each.protocol) ?? 0) + each.bytes);
  const isHousekeeping = (name: string): number => Number(HOUSEKEEPING.has(name));
  return [...bytes]
    .sort(([a, one], [b, other]) => isHousekeeping(a) - isHousekeeping(b) || other - one)
    .map(([name]) => name);
}
