/** A device and whom it talks to, as a picture; the table beside it says the same in words. */
import { useMantineColorScheme } from '@mantine/core';
import cytoscape from 'cytoscape';
import { useEffect, useRef } from 'react';
import type { Peer } from './details.ts';

const DRAWN_MAX = 40;

export default function PeerMap({ name, peers }: { name: string; peers: readonly Peer[] }) {
  const place = useRef<HTMLDivElement>(null);
  const { colorScheme } = useMantineColorScheme();
  const drawn = peers.slice(0, DRAWN_MAX);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other colours are read from the page.
  useEffect(() => {
    const container = place.current;
    if (!container) return;
    const read = getComputedStyle(container);
    const colour = (variable: string) => read.getPropertyValue(variable).trim();
    const map = cytoscape({
      container,
      userZoomingEnabled: false,
      userPanningEnabled: false,
      autoungrabify: true,
      elements: [
        { data: { id: 'self', label: name, kind: 'self' } },
        ...drawn.flatMap(({ address, name, scope }) => [
          { data: { id: address, label: name ?? address, kind: kindOf(scope) } },
          { data: { id: `to ${address}`, source: 'self', target: address } },
        ]),
      ],
      style: [
        {
          selector: 'node',
          style: {
            label: 'data(label)',
            color: colour('--ink'),
            'font-size': 11,
            'text-valign': 'bottom',
            'text-margin-y': 5,
            'text-max-width': '110px',
            'text-wrap': 'ellipsis',
            width: 16,
            height: 16,
            'background-color': colour('--low'),
          },
        },
        {
          selector: 'node[kind="self"]',
          style: { width: 28, height: 28, 'background-color': colour('--brand') },
        },
        {
          selector: 'node[kind="outside"]',
          style: { shape: 'diamond', 'background-color': colour('--accent') },
        },
        { selector: 'edge', style: { width: 1.5, 'line-color': colour('--line') } },
      ],
      layout: {
        name: 'concentric',
        concentric: (node) => (node.id() === 'self' ? 2 : 1),
        levelWidth: () => 1,
        minNodeSpacing: 52,
        padding: 34,
        animate: false,
      },
    });
    return () => map.destroy();
  }, [name, peers, colorScheme]);
  return (
    <div
      role="img"
      aria-label={`${name} talks to ${peers.length} others; the table below names them`}
      // Under this id the library looks for its style element, which the server's policy would refuse.
      id="__________cytoscape_stylesheet"
    >
      <div className="map" ref={place} />
      <p className="small soft">
        Round: in your networks. Diamond: outside.
        {peers.length > DRAWN_MAX && ` The ${DRAWN_MAX} with the most traffic are drawn.`}
      </p>
    </div>
  );
}

const kindOf = (scope: string) =>
  scope === 'public' || scope === 'internet' ? 'outside' : 'inside';
