/**
 * Where the map's parts are drawn: gateways in the middle, devices on a bow to their left by segment, parties outside on
 * a bow to their right. Lines to the outside are drawn through the middle, as the packets go. Pure and deterministic.
 */
import type { MapLink, MapModel, MapNode } from './model.ts';

export const WIDTH = 1080;
const CENTRE = WIDTH / 2;
const ROW = 26;
const SEGMENT_ROW = 34;
const MARGIN = 34;
const HEIGHT_MIN = 300;
/** Distance of a bow's ends and of its middle from the centre. */
const BOW_ENDS = 205;
const BOW_DEPTH = 85;
const GATEWAY_ROW = 84;

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface MapLayout {
  readonly height: number;
  readonly placeOf: ReadonlyMap<MapNode, Place>;
  readonly segments: readonly { readonly name: string; readonly y: number }[];
}

export function layOut({ gateways, devices, outside, links }: MapModel): MapLayout {
  const segments = [...Map.groupBy(devices, ({ segment }) => segment)];
  const left = devices.length * ROW + segments.length * SEGMENT_ROW;
  const right = outside.length * ROW + SEGMENT_ROW;
  const height = Math.max(HEIGHT_MIN, left, right, gateways.length * GATEWAY_ROW) + 2 * MARGIN;
  const middle = height / 2;
  const bow = (y: number): number => {
    const off = (y - middle) / (height / 2);
    return BOW_ENDS + BOW_DEPTH * Math.sqrt(Math.max(0, 1 - off * off));
  };
  const placeOf = new Map<MapNode, Place>();
  const titles: { name: string; y: number }[] = [];

  let y = middle - left / 2;
  for (const [name, nodes] of segments) {
    titles.push({ name, y: y + SEGMENT_ROW / 2 });
    y += SEGMENT_ROW;
    for (const node of nodes) {
      placeOf.set(node, { x: CENTRE - bow(y + ROW / 2), y: y + ROW / 2 });
      y += ROW;
    }
  }
  for (const [index, node] of gateways.entries()) {
    placeOf.set(node, { x: CENTRE, y: middle + (index - (gateways.length - 1) / 2) * GATEWAY_ROW });
  }
  y = middle - right / 2 + SEGMENT_ROW;
  for (const node of byNeighbours(outside, links, placeOf)) {
    placeOf.set(node, { x: CENTRE + bow(y + ROW / 2), y: y + ROW / 2 });
    y += ROW;
  }
  return { height, placeOf, segments: titles };
}

/** Parties outside at about the height of those that talk to them: fewer lines cross. */
function byNeighbours(
  outside: readonly MapNode[],
  links: readonly MapLink[],
  placeOf: ReadonlyMap<MapNode, Place>,
): MapNode[] {
  const sums = new Map<MapNode, { sum: number; number: number }>();
  for (const { from, to } of links) {
    const y = placeOf.get(from)?.y;
    if (to.kind !== 'outside' || y === undefined) continue;
    const known = sums.get(to) ?? { sum: 0, number: 0 };
    known.sum += y;
    known.number++;
    sums.set(to, known);
  }
  const mean = (node: MapNode): number => {
    const { sum, number } = sums.get(node) ?? { sum: 0, number: 1 };
    return sum / number;
  };
  return [...outside].sort((one, other) => mean(one) - mean(other));
}

/** The line of a link: SVG path data. */
export function pathOf({ from, to }: MapLink, { placeOf, height }: MapLayout): string {
  const a = placeOf.get(from) as Place;
  const b = placeOf.get(to) as Place;
  const middle = height / 2;
  if (to.kind === 'outside' && from.kind !== 'gateway') {
    const pull = (y: number): number => y + (middle - y) * 0.82;
    return `M${at(a)}C${at({ x: CENTRE - 110, y: pull(a.y) })} ${at({ x: CENTRE + 110, y: pull(b.y) })} ${at(b)}`;
  }
  if (from.kind === 'gateway' || to.kind === 'gateway') {
    const x = (a.x + b.x) / 2;
    return `M${at(a)}C${at({ x, y: a.y })} ${at({ x, y: b.y })} ${at(b)}`;
  }
  // Between devices: a shallow bow inwards, deeper the farther they are apart.
  const depth = 24 + Math.min(90, Math.abs(a.y - b.y) * 0.45);
  return `M${at(a)}C${at({ x: a.x + depth, y: a.y })} ${at({ x: b.x + depth, y: b.y })} ${at(b)}`;
}

const at = ({ x, y }: Place): string => `${x.toFixed(1)},${y.toFixed(1)}`;
