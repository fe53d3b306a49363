/** What a device does for the network it is in, by what it was seen doing and what others were told of it. */
import { prefixOf } from './address-book.ts';
import type { Device, NetworkRole } from './device.ts';

const DHCP_ANSWERS = new Set(['offer', 'ack', 'nak', 'advertise', 'reply']);

/** Everything but the gateway, which only the whole network tells. */
export function servingRoles(device: Pick<Device, 'seen'>): NetworkRole[] {
  const roles: NetworkRole[] = [];
  const dhcp = device
    .seen('dhcp')
    .some(({ role, observation }) => role === 'server' && DHCP_ANSWERS.has(observation.message));
  if (dhcp) roles.push('dhcp_server');
  const resolver = device
    .seen('dns')
    .some(
      ({ role, observation: { service, rcode } }) =>
        role === 'server' && service === 'dns' && rcode !== undefined,
    );
  if (resolver) roles.push('resolver');
  const ntp = device
    .seen('ntp')
    .some(({ role, observation }) => role === 'server' && observation.answered);
  if (ntp) roles.push('ntp_server');
  // Asking alone makes no master: a scanner asks everybody, and nobody may answer.
  const polling = device.seen('polling').filter(({ observation }) => observation.answers > 0);
  if (polling.some(({ role, observation }) => role === 'client' && asks(observation)))
    roles.push('master');
  if (polling.some(({ role }) => role === 'server')) roles.push('outstation');
  return roles;
}

const asks = ({ reads, writes }: { reads: number; writes: number }): boolean => reads + writes > 0;

/** What is known of who routes. */
export interface Routing {
  /** Addresses that DHCP or router advertisements named as routers. */
  readonly named: ReadonlySet<string>;
  /** Prefixes in which a device that was seen to pass packets on has an address. */
  readonly served: ReadonlySet<string>;
}

/**
 * A gateway passes packets on, or was named as router. Where another one is at work, being named by nobody but itself,
 * for a network apart, makes none: that is a device with an access point of its own, waiting to be set up.
 */
export function isGateway(
  device: Pick<Device, 'seen' | 'addresses'>,
  routes: boolean,
  { named, served }: Routing,
): boolean {
  if (routes) return true;
  const own = device.addresses.filter((address) => named.has(address));
  if (own.length === 0 || served.size === 0) return own.length > 0;
  const offeredByItself = new Set(
    device
      .seen('dhcp')
      .filter(({ role }) => role === 'server')
      .flatMap(({ observation }) => observation.routers),
  );
  return own.some((address) => served.has(prefixOf(address)) || !offeredByItself.has(address));
}
