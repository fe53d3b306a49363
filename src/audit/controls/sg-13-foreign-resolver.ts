/**
 * SG-13: names are looked up at a resolver that the network did not name.
 * Decided from DNS queries and from TLS to known DNS-over-TLS and DNS-over-HTTPS hosts, against the resolvers that
 * DHCP (option 6, RFC 2132) and router advertisements (RFC 8106) named, the routers, and the expectations. Where
 * nobody named any to this device or its neighbours, or none of the query's address family, it cannot be decided. A device that resolves for others
 * asks outside by trade; a second resolver asked because the first one failed is no failure.
 */
import { isIPv6 } from 'node:net';
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import { allowList } from '../allow-list.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { isEncryptedResolver } from '../encrypted-resolvers.ts';
import { evidence } from '../evidence.ts';
import { namedServers } from '../named-servers.ts';

const DNS_OVER_TLS_PORT = 853;

export const foreignResolver = control({
  id: 'SG-13',
  practice: 'segmentation',
  severity: 'medium',
  title: 'Looks names up at a foreign resolver',
  why: 'Lookups past the network’s own resolver escape its filter and its log, and tell a stranger which services the device uses.',
  fix: 'Set the device to the resolver that DHCP gives, or add the resolver to the expectations. Block port 53 and 853 outward for everything but the resolver.',
  provisions: {
    'etsi-303645:2.1.1': ['5.6-5'],
    'etsi-303645:3.1.3': ['5.6-5'],
    'iec-62443-4-2:2019': ['NDR 5.2'],
  },
  floor: {},
  parameters: { allowed: [] as readonly string[] },
  evaluate(device, network, { allowed }) {
    if (resolvesForOthers(device)) return notSeen('it resolves names for others');
    const lookups = [
      ...device.seen('dns').filter(isLookup),
      ...device.seen('tls').filter(isEncrypted),
    ];
    if (lookups.length === 0) return notSeen();

    const named = namedServers(device, network, 'resolvers');
    const isAllowed = allowList([...named, ...network.resolvers, ...network.routers, ...allowed]);
    const isDecidable = ({ peer }: Lookup) =>
      allowed.length > 0 || [...named].some((address) => isIPv6(address) === isIPv6(peer.address));
    const fine = lookups.filter((lookup) => isAllowed(lookup.peer.address, nameOf(lookup)));
    const foreign = lookups.filter((lookup) => !fine.includes(lookup) && isDecidable(lookup));
    const failedAtHome = new Set(
      fine.flatMap(({ observation }) =>
        isDns(observation) && failed(observation) ? [observation.name] : [],
      ),
    );
    const chosen = foreign.filter(
      ({ observation }) => !(isDns(observation) && failedAtHome.has(observation.name)),
    );
    const judged = fine.length + foreign.length;
    if (chosen.length > 0) return fail(judged, proofOf(chosen, network));
    if (judged > 0) return pass(judged);
    return notVisible('neither DHCP nor the expectations name the allowed resolvers');
  },
});

type Lookup = Sighting<'dns'> | Sighting<'tls'>;

const resolvesForOthers = ({ roles }: Device): boolean =>
  roles.includes('resolver') || roles.includes('gateway') || roles.includes('dhcp_server');

const isLookup = ({ role, observation }: Sighting<'dns'>): boolean =>
  role === 'client' && observation.service === 'dns' && !observation.multicast;

function isEncrypted({ role, observation }: Sighting<'tls'>): boolean {
  if (role !== 'client') return false;
  const name = observation.clientHello?.serverName;
  return (
    observation.serverPort === DNS_OVER_TLS_PORT ||
    (name !== undefined && isEncryptedResolver(name))
  );
}

const isDns = (observation: Lookup['observation']): observation is Sighting<'dns'>['observation'] =>
  'rcode' in observation;

/** No answer, SERVFAIL or REFUSED. */
const failed = ({ rcode }: { rcode: number | undefined }): boolean =>
  rcode === undefined || rcode === 2 || rcode === 5;

const nameOf = ({ observation, peer }: Lookup): string | undefined =>
  (isDns(observation) ? undefined : observation.clientHello?.serverName) ?? peer.name;

/** One proof a resolver, with the first name that was asked there. */
function proofOf(lookups: readonly Lookup[], network: Network) {
  const byResolver = new Map<string, Lookup[]>();
  for (const lookup of lookups) {
    const key = `${lookup.peer.address} ${lookup.observation.serverPort}`;
    byResolver.set(key, [...(byResolver.get(key) ?? []), lookup]);
  }
  return [...byResolver.values()].map((asked) => {
    const [{ observation, peer }] = asked;
    return evidence(network, observation, {
      resolver: peer.address,
      transport: isDns(observation)
        ? 'dns'
        : observation.serverPort === DNS_OVER_TLS_PORT
          ? 'dot'
          : 'doh',
      server_name: isDns(observation) ? undefined : observation.clientHello?.serverName,
      first_name: isDns(observation) ? observation.name : undefined,
      lookups: asked.reduce((sum, lookup) => sum + lookup.observation.count, 0),
    });
  });
}
