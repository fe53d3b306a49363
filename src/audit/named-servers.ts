/**
 * Which servers the network named to a device: by DHCP to itself or to a neighbour with the same prefix, or by router
 * advertisement. A capture may hold several networks, such as the access point of a plug in set-up mode and the
 * home that it then joins, and what one names says nothing of the other.
 */
import { isIPv4 } from 'node:net';
import type { Device, Network } from '../fleet/index.ts';

export type NamedKind = 'resolvers' | 'timeServers';

/** Servers by whom they were named to: `mac …`, `prefix …`, or everybody. */
type Named = Map<string, Set<string>>;

const EVERYBODY = '*';
const namedByNetwork = new WeakMap<Network, Record<NamedKind, Named>>();

export function namedServers(device: Device, network: Network, kind: NamedKind): Set<string> {
  let named = namedByNetwork.get(network);
  if (!named) {
    named = allNamed(network);
    namedByNetwork.set(network, named);
  }
  const listeners = [`mac ${device.mac}`, ...device.addresses.flatMap(prefixOf), EVERYBODY];
  return new Set(listeners.flatMap((listener) => [...(named[kind].get(listener) ?? [])]));
}

function allNamed(network: Network): Record<NamedKind, Named> {
  const named: Record<NamedKind, Named> = { resolvers: new Map(), timeServers: new Map() };
  const add = (kind: NamedKind, listener: string, servers: readonly string[]): void => {
    const known = named[kind].get(listener) ?? new Set();
    named[kind].set(listener, known);
    for (const server of servers) known.add(server);
  };
  for (const device of network.devices) {
    for (const { role, observation: lease } of device.seen('dhcp')) {
      if (role !== 'server') continue;
      const listeners = [
        `mac ${lease.clientMac}`,
        ...prefixOf(lease.address),
        ...prefixOf(lease.serverId),
      ];
      for (const listener of new Set(listeners)) {
        add('resolvers', listener, lease.resolvers);
        add('timeServers', listener, lease.timeServers);
      }
    }
    for (const { role, observation } of device.seen('router')) {
      if (role === 'client') add('resolvers', EVERYBODY, observation.resolvers);
    }
  }
  return named;
}

/** The usual size of an access network; where it is wider, less is decided, and nothing wrongly. */
const prefixOf = (address: string | undefined): string[] =>
  address !== undefined && isIPv4(address)
    ? [`prefix ${address.slice(0, address.lastIndexOf('.'))}`]
    : [];
