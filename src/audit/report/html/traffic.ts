/** What a device offers and whom it talks to, as tables. */
import type { ReportDevice } from '../model.ts';
import { bytesText, count, some } from '../wording.ts';
import type { PageIndex } from './index-of.ts';
import { bounded, type Content, html, joined, type Markup, wire } from './markup.ts';

const SERVICES_MAX = 24;
const PEERS_MAX = 20;
const PEER_SERVICES_MAX = 6;

type Peer = ReportDevice['peers'][number];

export function services({ services: all }: ReportDevice): Markup {
  if (all.length === 0) {
    return html`<div><h4>Services it offers</h4><p class="muted">None that answered in this traffic.</p></div>`;
  }
  return html`<div><h4>Services it offers</h4>
<table class="compact"><thead><tr><th scope="col">Port</th><th scope="col">Speaks</th><th scope="col">Product</th><th scope="col" class="number">Clients</th></tr></thead>
<tbody>${bounded(
    all,
    SERVICES_MAX,
    ({ transport, port, protocol, product, clients }) =>
      html`<tr><th scope="row" class="mono">${transport}/${port}</th><td>${protocol === null ? html`<span class="muted">unknown</span>` : wire(protocol, 40)}</td><td class="breakable">${product === null ? null : wire(product, 80)}</td><td class="number">${count(clients)}</td></tr>`,
    (left) => html`<tr><td colspan="4">and ${count(left)} more</td></tr>`,
  )}</tbody></table></div>`;
}

export function peers(device: ReportDevice, index: PageIndex): Markup {
  const groups = device.peers.filter(isGroup);
  const parties = device.peers
    .filter((peer) => !isGroup(peer))
    .sort((one, other) => volume(other) - volume(one));
  const toGroups = groups.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  return html`<div><h4>Whom it talks to</h4>
${
  parties.length === 0
    ? html`<p class="muted">Nobody directly.</p>`
    : html`<table class="compact"><thead><tr><th scope="col">Peer</th><th scope="col">How</th><th scope="col" class="number">Sent</th><th scope="col" class="number">Received</th></tr></thead>
<tbody>${bounded(
        parties,
        PEERS_MAX,
        (peer) => row(peer, index),
        (left) => html`<tr><td colspan="4">and ${count(left)} more</td></tr>`,
      )}</tbody></table>`
}
${groups.length > 0 ? html`<p class="note">Also ${bytesText(toGroups)} to ${some(groups.length, 'multicast or broadcast address', 'multicast and broadcast addresses')}.</p>` : null}</div>`;
}

const isGroup = ({ scope }: Peer): boolean => scope === 'multicast' || scope === 'broadcast';
const volume = ({ bytesOut, bytesIn }: Peer): number => bytesOut + bytesIn;

function row(peer: Peer, index: PageIndex): Markup {
  const how = bounded(
    peer.services,
    PEER_SERVICES_MAX,
    (service) => wire(service, 40),
    (left) => `${count(left)} more`,
  );
  return html`<tr><th scope="row" class="breakable">${name(peer, index)}</th><td class="breakable">${joined(how, ', ')}</td><td class="number">${bytesText(peer.bytesOut)}</td><td class="number">${bytesText(peer.bytesIn)}</td></tr>`;
}

function name(peer: Peer, index: PageIndex): Content {
  const address = html`<span class="mono muted">${wire(peer.address, 48)}</span>`;
  if (peer.device !== null && index.device(peer.device)) {
    return html`${index.link(peer.device)} ${address}`;
  }
  return peer.name === null
    ? html`<span class="mono">${wire(peer.address, 48)}</span>`
    : html`${wire(peer.name, 80)} ${address}`;
}
