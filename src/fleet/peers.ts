/** Whom a device talks to: its connections, added up by the other side. */
import type { Observation } from '../capture/index.ts';
import type { Device, Peer, Sighting } from './device.ts';

const PEERS_MAX = 2000;
const PEER_SERVICES_MAX = 16;

interface Sum {
  readonly peer: Sighting<'connection'>['peer'];
  readonly services: Set<string>;
  bytesOut: number;
  bytesIn: number;
  packetsOut: number;
  packetsIn: number;
}

/** Most traffic first; those that came after the first 2,000 are left out. */
export function peersOf(device: Pick<Device, 'seen'>): Peer[] {
  const sums = new Map<string, Sum>();
  for (const { observation, role, peer } of device.seen('connection')) {
    const key = peer.device?.id ?? peer.address;
    let sum = sums.get(key);
    if (!sum) {
      if (sums.size >= PEERS_MAX) continue;
      sum = { peer, services: new Set(), bytesOut: 0, bytesIn: 0, packetsOut: 0, packetsIn: 0 };
      sums.set(key, sum);
    }
    const out = role === 'client' ? 0 : 1;
    const back = role === 'client' ? 1 : 0;
    sum.bytesOut += observation.bytes[out];
    sum.bytesIn += observation.bytes[back];
    sum.packetsOut += observation.packetCount[out];
    sum.packetsIn += observation.packetCount[back];
    if (sum.services.size < PEER_SERVICES_MAX) sum.services.add(serviceText(observation));
  }
  return [...sums.values()]
    .map(({ peer, services, ...counts }) => ({
      address: peer.address,
      name: peer.device?.names[0]?.name ?? peer.name,
      device: peer.device?.id,
      scope: peer.scope,
      sameSegment: peer.sameSegment,
      services: [...services],
      ...counts,
    }))
    .sort((a, b) => b.bytesOut + b.bytesIn - a.bytesOut - a.bytesIn);
}

/** `tcp/443 tls`, `arp`. */
function serviceText({ carrier, serverPort, protocol }: Observation<'connection'>): string {
  const place = carrier === 'tcp' || carrier === 'udp' ? `${carrier}/${serverPort}` : carrier;
  return protocol === undefined || protocol === carrier ? place : `${place} ${protocol}`;
}
