/**
 * An episode as traits: measures (numbers by name) and marks (there or not). This is all that the classifier sees.
 */
import { type Episode, GAP_CLASSES, keyName, SENT, SIZE_CLASSES } from './episode.ts';
import { placeNames } from './headers.ts';
import { KIND_DHCP_DISCOVER, KIND_DHCP_REQUEST, KIND_EAPOL } from './kinds.ts';

export interface Traits {
  /** Numbers by what they measure; what was not seen is not there. */
  readonly measures: ReadonlyMap<string, number>;
  /** Families by mark. */
  readonly marks: ReadonlyMap<string, number>;
  readonly packets: number;
  /** It joined the network: what devices do then tells most. */
  readonly hasStart: boolean;
}

/** What a device does first; times are told from there. */
const STARTS: readonly number[] = [
  KIND_DHCP_DISCOVER * 2 + SENT,
  KIND_DHCP_REQUEST * 2 + SENT,
  KIND_EAPOL * 2,
];

export function traitsOf(episode: Episode): Traits {
  const measures = new Map<string, number>();
  const { packets, sent, kinds } = episode;
  const startKey = STARTS.find((key) => kinds.has(key));
  const start = startKey === undefined ? 0 : (kinds.get(startKey)?.first_s ?? 0);
  for (const [key, { count, first_s, rank }] of kinds) {
    const name = keyName(key);
    measures.set(`number of: ${name}`, count);
    measures.set(`share of: ${name}`, count / packets);
    measures.set(`seconds to first: ${name}`, first_s - start);
    measures.set(`packets before first: ${name}`, rank - 1);
  }
  measures.set('seconds in view', episode.last - episode.start);
  measures.set('packets', packets);
  measures.set('share of packets sent', sent / packets);
  measures.set('different marks', episode.marks.all.length);
  addSizes(measures, episode);
  addClasses(measures, 'gaps between packets sent', gapNames, episode.gaps);
  for (const side of [0, SENT]) {
    const bySide = placeNames.map((_name, place) => episode.places[place * 2 + side]);
    addClasses(measures, side === SENT ? 'sent to' : 'received from', placeNames, bySide);
  }
  addStack(measures, episode);
  const marks = new Map(episode.marks.all.map(({ text, family }) => [text, family]));
  return { measures, marks, packets, hasStart: startKey !== undefined };
}

function addSizes(measures: Map<string, number>, { tcpSizes, udpSizes }: Episode): void {
  for (const side of [0, SENT]) {
    const way = side === SENT ? 'sent' : 'received';
    addClasses(measures, `tcp data ${way}, bytes from`, SIZE_CLASSES, tcpSizes[side]);
    addClasses(measures, `datagrams ${way}, bytes from`, SIZE_CLASSES, udpSizes[side]);
  }
}

const gapNames = Array.from(
  { length: GAP_CLASSES },
  (_, half) => `from ${(10 ** (half / 2 - 4)).toPrecision(1)} s`,
);

/** Shares of classes in what they add up to; nothing where nothing was counted. */
function addClasses(
  measures: Map<string, number>,
  what: string,
  names: readonly (string | number)[],
  counts: ArrayLike<number>,
): void {
  let total = 0;
  for (let at = 0; at < counts.length; at++) total += counts[at];
  if (total === 0) return;
  for (const [at, name] of names.entries())
    measures.set(`${what} ${name}, share`, counts[at] / total);
}

function addStack(measures: Map<string, number>, episode: Episode): void {
  const { ipv4Sent, unfragmented, idSteps, idZeros, firstId, clientPorts, afterLease } = episode;
  if (ipv4Sent > 0)
    measures.set('share of IPv4 packets not to be fragmented', unfragmented / ipv4Sent);
  if (ipv4Sent > 1) {
    measures.set('share of IP identifications counted up', idSteps / (ipv4Sent - 1));
    measures.set('share of IP identifications zero', idZeros / (ipv4Sent - 1));
    measures.set('first IP identification, at most 256', Math.min(firstId, 256));
  }
  if (clientPorts.count > 0) {
    measures.set('first client port', clientPorts.first);
    measures.set('lowest client port', clientPorts.min);
    measures.set('highest client port', clientPorts.max);
    measures.set('share of client ports counted up', clientPorts.steps / clientPorts.count);
  }
  for (const [at, name] of ['probe', 'announcement', 'request'].entries()) {
    if (afterLease[at] >= 0) measures.set(`seconds from lease to arp ${name}`, afterLease[at]);
  }
}
