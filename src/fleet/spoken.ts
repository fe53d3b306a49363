/** Which protocols a device spoke, and whether what was said could be read on the way. */
import type { HostId } from '../capture/index.ts';
import type { Device, Protection, Sighting, SpokenProtocol } from './device.ts';

const PROTOCOLS_MAX = 128;

/** Protocols whose contents nobody on the way can read. */
const ENCRYPTED: ReadonlySet<string> = new Set([
  'tls',
  'dtls',
  'quic',
  'ssh',
  'ike',
  'matter',
  'miio',
]);
/** Protocols of which some is encrypted by design, and how much is not told by its recognition. */
const PARTLY: ReadonlySet<string> = new Set([
  'tuya',
  's7comm_plus',
  'krb5',
  'radius',
  'eapol',
  'rdp',
  'smb',
]);

interface Sum {
  packets: number;
  bytes: number;
  readonly seen: Set<Protection>;
}

/** The most spoken first; flows that no decoder recognised count as their carrier. */
export function spokenBy(device: Pick<Device, 'seen'>): SpokenProtocol[] {
  const secured = securedServices(device);
  const sums = new Map<string, Sum>();
  for (const sighting of device.seen('connection')) {
    const { protocol, carrier, bytes, packetCount } = sighting.observation;
    const name = protocol ?? carrier;
    let sum = sums.get(name);
    if (!sum) {
      if (sums.size >= PROTOCOLS_MAX) continue;
      sum = { packets: 0, bytes: 0, seen: new Set() };
      sums.set(name, sum);
    }
    sum.packets += packetCount[0] + packetCount[1];
    sum.bytes += bytes[0] + bytes[1];
    sum.seen.add(protectionOf(sighting, secured));
  }
  return [...sums]
    .map(([protocol, { packets, bytes, seen }]) => ({
      protocol,
      protection: together(seen),
      packets,
      bytes,
    }))
    .sort((a, b) => b.bytes - a.bytes);
}

function protectionOf(
  { observation: { protocol, carrier, serverPort }, peer }: Sighting<'connection'>,
  secured: ReadonlySet<string>,
): Protection {
  if (protocol === undefined) return carrier === 'tcp' || carrier === 'udp' ? 'unknown' : 'clear';
  if (ENCRYPTED.has(protocol) || secured.has(serviceKey(serverPort, peer.host))) return 'encrypted';
  return PARTLY.has(protocol) ? 'unknown' : 'clear';
}

/** Services on which a protocol that begins in clear went on protected. */
function securedServices(device: Pick<Device, 'seen'>): ReadonlySet<string> {
  const secured = new Set<string>();
  const add = (
    sightings: readonly Pick<Sighting<'tls' | 'mail' | 'snmp' | 'opcua'>, 'peer' | 'observation'>[],
  ): void => {
    for (const { observation, peer } of sightings)
      secured.add(serviceKey(observation.serverPort, peer.host));
  };
  add(device.seen('tls').filter(({ observation }) => observation.established));
  add(device.seen('mail').filter(({ observation }) => observation.secured));
  add(device.seen('snmp').filter(({ observation }) => observation.security === 'authPriv'));
  add(
    device
      .seen('opcua')
      .filter(({ observation }) => observation.securityMode === 'sign_and_encrypt'),
  );
  return secured;
}

const serviceKey = (port: number, host: HostId): string => `${port} ${host}`;

function together(seen: ReadonlySet<Protection>): Protection {
  if (seen.has('clear')) return seen.has('encrypted') ? 'both' : 'clear';
  return seen.has('encrypted') ? 'encrypted' : 'unknown';
}
