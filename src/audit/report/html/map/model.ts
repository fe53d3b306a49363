/**
 * What the map shows, apart from where it is drawn: gateways, devices by segment, parties outside by name, and how they
 * talk. At most some sixty devices are told apart, most at risk first; those beyond are counted together by segment.
 */
import type { Severity } from '../../../control.ts';
import type { Report, ReportDevice } from '../../model.ts';
import { count, some, visible } from '../../wording.ts';
import type { PageIndex } from '../index-of.ts';
import { type Manner, mannerOf, worstManner } from './manner.ts';

export const MAP_DEVICES_MAX = 60;
const GATEWAYS_MAX = 3;
const OUTSIDE_MAX = 36;
const UNNAMED_APART_MAX = 4;
const SERVICES_MAX = 8;
const OTHERS = 'others';

export interface MapNode {
  readonly key: string;
  readonly label: string;
  readonly kind: 'gateway' | 'device' | 'devices' | 'outside';
  /** Of devices. */
  readonly segment: string;
  readonly worst: Severity | null;
  /** Anchor of the device's section. */
  readonly anchor: string | undefined;
}

export interface MapLink {
  readonly from: MapNode;
  readonly to: MapNode;
  manner: Manner;
  readonly services: Set<string>;
  bytes: number;
}

export interface MapModel {
  readonly gateways: readonly MapNode[];
  /** By segment, most at risk first within each. */
  readonly devices: readonly MapNode[];
  readonly outside: readonly MapNode[];
  readonly links: readonly MapLink[];
}

type Peer = ReportDevice['peers'][number];

export function mapModel(report: Report, index: PageIndex): MapModel {
  const nodes = deviceNodes(report, index);
  const outsideOf = outsideNodes(report);
  const links = new Map<string, MapLink>();
  for (const device of report.devices) {
    const from = nodes.get(device.id) as MapNode;
    for (const peer of device.peers) {
      const to = peer.device === null ? outsideOf(peer) : nodes.get(peer.device);
      if (to && to !== from) addLink(links, from, to, peer);
    }
  }
  const distinct = [...new Set(nodes.values())];
  const drawn = [...links.values()].sort((one, other) => other.bytes - one.bytes);
  return {
    gateways: distinct.filter(({ kind }) => kind === 'gateway'),
    devices: bySegment(distinct.filter(({ kind }) => kind === 'device' || kind === 'devices')),
    outside: [...new Set(drawn.flatMap(({ to }) => (to.kind === 'outside' ? [to] : [])))],
    links: drawn,
  };
}

/** A node for each device; those beyond the most at risk share one for each segment. */
function deviceNodes({ devices }: Report, index: PageIndex): Map<string, MapNode> {
  const nodes = new Map<string, MapNode>();
  const gateways = devices.filter(({ roles }) => roles.includes('gateway')).slice(0, GATEWAYS_MAX);
  const apart = new Set([...gateways, ...devices.slice(0, MAP_DEVICES_MAX)]);
  const shared = new Map<string, MapNode>();
  const beyond = devices.filter((device) => !apart.has(device));
  const inSegment = Map.groupBy(beyond, segmentOf);
  for (const device of devices) {
    const segment = segmentOf(device);
    if (apart.has(device)) {
      nodes.set(device.id, {
        key: device.id,
        label: index.labelOf(device.id),
        kind: gateways.includes(device) ? 'gateway' : 'device',
        segment,
        worst: device.posture.worst,
        anchor: index.anchorOf(device.id),
      });
      continue;
    }
    const together = shared.get(segment) ?? {
      key: `segment ${segment}`,
      label: some(inSegment.get(segment)?.length ?? 0, 'more device'),
      kind: 'devices',
      segment,
      worst: device.posture.worst,
      anchor: undefined,
    };
    shared.set(segment, together);
    nodes.set(device.id, together);
  }
  return nodes;
}

const segmentOf = ({ segment }: ReportDevice): string => segment ?? 'no segment known';

function bySegment(nodes: readonly MapNode[]): MapNode[] {
  return [...Map.groupBy(nodes, ({ segment }) => segment).values()].flat();
}

/** Decides which node a party outside belongs to: its zone, its address, or all the others. */
function outsideNodes(report: Report): (peer: Peer) => MapNode | undefined {
  const zones = new Map<string, { bytes: number; names: Set<string> }>();
  for (const { peers } of report.devices) {
    for (const peer of peers) {
      const key = peer.device === null ? zoneKey(peer) : undefined;
      if (key === undefined) continue;
      const zone = zones.get(key) ?? { bytes: 0, names: new Set() };
      zone.bytes += peer.bytesOut + peer.bytesIn;
      if (zone.names.size < 1000) zone.names.add(peer.name ?? peer.address);
      zones.set(key, zone);
    }
  }
  const byBytes = [...zones].sort(([, one], [, other]) => other.bytes - one.bytes);
  const named = byBytes.filter(([key]) => !isAddressKey(key));
  const unnamed = byBytes.filter(([key]) => isAddressKey(key));
  const room = Math.max(0, OUTSIDE_MAX - Math.min(named.length, OUTSIDE_MAX));
  const apart = new Set(
    [
      ...named.slice(0, OUTSIDE_MAX),
      ...unnamed.slice(
        0,
        Math.min(room, unnamed.length > UNNAMED_APART_MAX + 1 ? UNNAMED_APART_MAX : room),
      ),
    ].map(([key]) => key),
  );
  const nodes = new Map<string, MapNode>();
  for (const [key, { names }] of byBytes) {
    if (!apart.has(key)) continue;
    const name = key.slice(key.indexOf(' ') + 1);
    const [first] = names;
    const label =
      names.size > 1 ? `${visible(name, 40)} (${some(names.size, 'name')})` : visible(first, 48);
    nodes.set(key, outside(key, label));
  }
  const rest = zones.size - nodes.size;
  const others = outside(OTHERS, `${count(rest)} other ${rest === 1 ? 'party' : 'parties'}`);
  return (peer) => {
    const key = zoneKey(peer);
    return key === undefined ? undefined : (nodes.get(key) ?? others);
  };
}

const outside = (key: string, label: string): MapNode => ({
  key,
  label,
  kind: 'outside',
  segment: '',
  worst: null,
  anchor: undefined,
});

/** `zone example.org`, `address 192.0.2.1`; undefined for what is no single party. */
function zoneKey({ name, address, scope }: Peer): string | undefined {
  if (scope !== 'public' && scope !== 'private') return undefined;
  return name === null ? `address ${address}` : `zone ${zoneOf(name)}`;
}

const isAddressKey = (key: string): boolean => key.startsWith('address ');

const SECOND_LEVEL = new Set(['ac', 'co', 'com', 'edu', 'gov', 'net', 'org']);

/** What somebody registered to own a name, by rule of thumb: the last two labels, three below `co.uk` and the like. */
export function zoneOf(name: string): string {
  const labels = name.toLowerCase().split('.').filter(Boolean);
  const deep =
    labels.length > 2 && labels.at(-1)?.length === 2 && SECOND_LEVEL.has(labels.at(-2) ?? '');
  return labels.slice(deep ? -3 : -2).join('.');
}

/** Both ends report a conversation between devices: it is one link, with the larger account of it. */
function addLink(links: Map<string, MapLink>, from: MapNode, to: MapNode, peer: Peer): void {
  const manners = peer.services.map(mannerOf).filter((manner) => manner !== 'discovery');
  if (manners.length === 0 && peer.services.length > 0) return;
  const manner = worstManner(manners);
  const bytes = peer.bytesOut + peer.bytesIn;
  const forward = `${from.key}\0${to.key}`;
  const known = links.get(forward) ?? links.get(`${to.key}\0${from.key}`);
  const link = known ?? { from, to, manner, services: new Set<string>(), bytes: 0 };
  if (!known) links.set(forward, link);
  link.manner = worstManner([link.manner, manner]);
  const isBothEnds = known !== undefined && known.from !== from;
  link.bytes = isBothEnds ? Math.max(link.bytes, bytes) : link.bytes + bytes;
  for (const service of peer.services) {
    if (link.services.size < SERVICES_MAX && mannerOf(service) !== 'discovery')
      link.services.add(service);
  }
}
