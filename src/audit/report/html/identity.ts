/** What a device is: its type, how sure that is and by what, its addresses and names, and its own words. */
import type { ReportDevice } from '../model.ts';
import { percent, typeWords } from '../typing.ts';
import { bytesText, count, timeText, visible } from '../wording.ts';
import { evidenceOfType } from './evidence-of-type.ts';
import { bounded, type Content, html, joined, type Markup, wire } from './markup.ts';

const NAMES_MAX = 8;
const ADDRESSES_MAX = 8;
const WORDS_MAX = 16;

export function identity(device: ReportDevice): Markup {
  return html`<div class="pair"><div><h4>What it is</h4>
<dl class="pairs">${facts(device)}</dl></div>
<div><h4>What it says of itself</h4>${ownWords(device)}</div></div>
${evidenceOfType(device)}`;
}

function facts(device: ReportDevice): Content[] {
  const { expected } = device;
  return [
    pair('Type', type(device)),
    pair('Addresses', list(device.addresses, ADDRESSES_MAX)),
    device.mac !== null &&
      pair(
        'MAC',
        html`<span class="mono">${device.mac}</span>${device.randomisedMac ? ' (randomised)' : null}`,
      ),
    device.vendor !== null && pair('Vendor', wire(device.vendor)),
    device.nameSources.length > 0 && pair('Names', names(device)),
    device.segment !== null &&
      pair('Segment', html`<span class="mono">${wire(device.segment)}</span>`),
    device.roles.length > 0 &&
      pair('Roles', device.roles.map((role) => role.replaceAll('_', ' ')).join(', ')),
    expected !== null && pair('Expected', expectation(expected)),
    pair('In view', periodText(device)),
    pair(
      'Traffic',
      `${bytesText(device.bytesSent)} in ${count(device.packetsSent)} packets sent, ${bytesText(device.bytesReceived)} in ${count(device.packetsReceived)} received`,
    ),
  ];
}

const pair = (term: string, value: Content): Markup =>
  html`<div><dt>${term}</dt><dd>${value}</dd></div>`;

/** `2026-11-24 23:23:26 to 23:24:09 UTC` of one day. */
function periodText({ firstSeen, lastSeen }: ReportDevice): string {
  const from = timeText(firstSeen);
  const to = timeText(lastSeen);
  const day = from.slice(0, 11);
  return to.startsWith(day)
    ? `${from.replace(/ UTC$/, '')} to ${to.slice(11)}`
    : `${from} to ${to}`;
}

function type(device: ReportDevice): Content {
  const { text, sure, by } = typeWords(device);
  if (text === undefined) return 'Unknown';
  const how = by === undefined ? '' : HOW[by];
  return html`<strong><bdi>${text}</bdi></strong>${sure === undefined ? null : `, ${percent(sure)} sure`}${how}`;
}

const HOW = {
  person: ', as you said',
  behaviour: ', by how it behaves',
  statements: ', by what it says of itself',
} as const;

function names({ nameSources }: ReportDevice): Content {
  return joined(
    bounded(
      nameSources,
      NAMES_MAX,
      ({ name, source }) =>
        html`${wire(name, 80)} <span class="muted">${visible(source, 20)}</span>`,
      (left) => `${count(left)} more`,
    ),
    ', ',
  );
}

function list(items: readonly string[], max: number): Content {
  const shown = bounded(
    items,
    max,
    (item) => wire(item, 64),
    (left) => `and ${count(left)} more`,
  );
  return html`<span class="mono">${joined(shown, ', ')}</span>`;
}

function expectation(expected: NonNullable<ReportDevice['expected']>): Content {
  const parts = [
    expected.name,
    expected.type,
    expected.segment === null ? null : `in ${expected.segment}`,
    expected.lifeUntil === null ? null : `supported until ${expected.lifeUntil}`,
    ...expected.marks,
  ].filter((part) => part !== null);
  return wire(parts.join(', '), 240);
}

function ownWords({ description }: ReportDevice): Markup {
  const entries = Object.entries(description);
  if (entries.length === 0) return html`<p class="muted">Nothing in this traffic.</p>`;
  return html`<dl class="pairs">${bounded(
    entries,
    WORDS_MAX,
    ([field, value]) => pair(visible(field, 40), wire(value)),
    (left) => pair('more', count(left)),
  )}</dl>`;
}
