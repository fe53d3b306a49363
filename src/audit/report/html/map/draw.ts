/** The map of devices and peers as SVG, and the same as a table. */
import type { Report } from '../../model.ts';
import { bytesText, count, SEVERITY_WORDS, some, visible } from '../../wording.ts';
import type { PageIndex } from '../index-of.ts';
import { bounded, html, joined, type Markup, wire } from '../markup.ts';
import { layOut, type MapLayout, type Place, pathOf, WIDTH } from './layout.ts';
import { MANNER_WORDS, MANNERS } from './manner.ts';
import { type MapLink, type MapModel, type MapNode, mapModel } from './model.ts';

const LINKS_MAX = 600;
const ROWS_MAX = 300;
const LABEL_CHARACTERS = 27;

export function map(report: Report, index: PageIndex): Markup {
  const model = mapModel(report, index);
  const links = model.links.slice(0, LINKS_MAX);
  const layout = layOut(model);
  const clear = links.filter(({ manner }) => manner === 'clear').length;
  return html`<section id="map" aria-labelledby="map-title">
<h2 id="map-title">Who talks to whom</h2>
<p class="lead">${some(report.devices.length, 'device')} and ${some(model.outside.length, 'party', 'parties')} outside; ${count(clear)} of ${some(links.length, 'connection')} in clear. A line through the middle leaves by the gateway. The letter on a device is its worst finding.</p>
<ul class="keys">${MANNERS.filter((manner) => manner !== 'discovery').map(
    (manner) =>
      html`<li><svg class="key" viewBox="0 0 44 8" aria-hidden="true"><path class="link ${manner}" d="M2 4H42"/></svg>${MANNER_WORDS[manner]}</li>`,
  )}</ul>
<div class="scroll map-frame" tabindex="0" role="region" aria-label="Map; the table below says the same">${drawing(model, links, layout)}</div>
${table(links, index)}
</section>`;
}

function drawing(model: MapModel, links: readonly MapLink[], layout: MapLayout): Markup {
  const numbers = new Map([...layout.placeOf.keys()].map((node, number) => [node, number]));
  // Encrypted and basic first, so that what is in clear is drawn over them.
  const ordered = [...links].sort(
    (one, other) => MANNERS.indexOf(other.manner) - MANNERS.indexOf(one.manner),
  );
  return html`<svg class="map" viewBox="0 0 ${WIDTH} ${Math.ceil(layout.height)}" role="group" aria-labelledby="map-name">
<title id="map-name">Map of devices, gateways and parties outside</title>
<g aria-hidden="true">${ordered.map((link) => line(link, layout, numbers))}</g>
<g aria-hidden="true">${layout.segments.map(({ name, y }) => html`<text class="zone" x="12" y="${y.toFixed(1)}">${visible(name, LABEL_CHARACTERS)}</text>`)}${
    model.outside.length > 0
      ? html`<text class="zone end" x="${WIDTH - 12}" y="${(Math.min(...model.outside.map((node) => (layout.placeOf.get(node) as Place).y)) - 26).toFixed(1)}">Outside</text>`
      : null
  }</g>
${[...model.gateways, ...model.devices, ...model.outside].map((node) =>
  drawn(node, layout.placeOf.get(node) as Place, numbers.get(node) as number),
)}
</svg>`;
}

function line(link: MapLink, layout: MapLayout, numbers: ReadonlyMap<MapNode, number>): Markup {
  const width = Math.min(4, 1.1 + Math.log10(Math.max(1, link.bytes / 1000)) * 0.55);
  return html`<path class="link ${link.manner}" data-a="${numbers.get(link.from)}" data-b="${numbers.get(link.to)}" stroke-width="${width.toFixed(2)}" d="${pathOf(link, layout)}"/>`;
}

function drawn(node: MapNode, { x, y }: Place, number: number): Markup {
  const label =
    node.label.length > LABEL_CHARACTERS
      ? `${node.label.slice(0, LABEL_CHARACTERS - 1)}…`
      : node.label;
  const place = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  if (node.kind === 'outside') {
    return html`<g class="node outside" data-n="${number}" transform="${place}"><circle r="4"/><text x="12">${label}</text></g>`;
  }
  const letter = node.worst === null ? '' : SEVERITY_WORDS[node.worst][0];
  const worst = node.worst ?? 'none';
  const shape =
    node.kind === 'gateway'
      ? html`<rect class="halo" x="-62" y="-26" width="124" height="58" rx="10"/><rect class="fill ${worst}" x="-12" y="-18" width="24" height="24" rx="6"/><text class="letter" y="-6">${letter}</text><text class="middle" y="20">${label.slice(0, 18)}</text>`
      : html`<circle class="fill ${worst}" r="9.5"/><text class="letter">${letter}</text><text class="before" x="-17">${label}</text>`;
  const group = html`<g class="node ${node.kind}" data-n="${number}" transform="${place}">${shape}</g>`;
  const finding = node.worst === null ? 'no finding' : `worst finding ${node.worst}`;
  return node.anchor === undefined
    ? group
    : html`<a href="#${node.anchor}"><title>${node.label}, ${finding}</title>${group}</a>`;
}

function table(links: readonly MapLink[], index: PageIndex): Markup {
  const name = (node: MapNode): Markup =>
    node.anchor === undefined ? html`<bdi>${node.label}</bdi>` : index.link(node.key);
  return html`<details class="sub"><summary>The same as a table: ${some(links.length, 'connection')}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Connections"><table class="compact">
<caption>Addresses and discovery (ARP, DHCP, mDNS, SSDP and the like) are left out.</caption>
<thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col">Line</th><th scope="col">Services</th><th scope="col" class="number">Bytes</th></tr></thead>
<tbody>${bounded(
    links,
    ROWS_MAX,
    (link) =>
      html`<tr><th scope="row">${name(link.from)}</th><td>${name(link.to)}</td><td>${MANNER_WORDS[link.manner]}</td><td>${joined(
        [...link.services].map((service) => wire(service, 40)),
        ', ',
      )}</td><td class="number">${bytesText(link.bytes)}</td></tr>`,
    (left) => html`<tr><td colspan="5">and ${count(left)} more</td></tr>`,
  )}</tbody></table></div></details>`;
}
