/**
 * Which hosts are which devices. A host is an address behind a MAC; a device is a MAC with the addresses that are its
 * own, or an address behind a router. An address is a MAC's own when the MAC claimed it (ARP, Neighbour Discovery) or
 * was given it (DHCP), and otherwise by what the rest of the capture says about the link.
 */
import { isLocalScope, parseIpv4, type Scope } from '../base/index.ts';
import type { HostId, Hosts, Traffic } from '../capture/index.ts';

/** Hosts that are one device. */
export interface DeviceGroup {
  /** Undefined for a device that was found by its address behind a router, or without Ethernet. */
  readonly mac: string | undefined;
  /** Hosts whose addresses are the device's own; best known first. */
  readonly hosts: HostId[];
  /** It passes on packets of addresses that are not its own. */
  routes: boolean;
}

/** What is known about the hosts behind one MAC. */
interface Link {
  readonly mac: string;
  readonly own: HostId[];
  readonly undecided: HostId[];
  readonly remote: HostId[];
  /** Packets were seen from it, not only to it. */
  speaks: boolean;
  routes: boolean;
}

export function groupHosts(traffic: Traffic): DeviceGroup[] {
  const { hosts } = traffic;
  const claims = claimedAddresses(traffic);
  const links = new Map<string, Link>();
  const withoutMac: HostId[] = [];
  for (let host = 1; host < hosts.count; host++) {
    const scope = hosts.scopeOf(host);
    if (scope === 'multicast' || scope === 'broadcast') continue;
    const mac = hosts.macOf(host);
    if (mac === undefined) withoutMac.push(host);
    else sort(host, scope, linkOf(links, mac), claims, hosts);
  }
  decideGateways(links, traffic);
  const local = localPrefixes(links, hosts);
  for (const link of links.values()) decide(link, local, hosts);
  return [...devicesOfLinks(links, hosts), ...devicesByAddress(withoutMac, hosts)];
}

function linkOf(links: Map<string, Link>, mac: string): Link {
  let link = links.get(mac);
  if (!link) {
    link = { mac, own: [], undecided: [], remote: [], speaks: false, routes: false };
    links.set(mac, link);
  }
  return link;
}

/** Puts a host where it surely belongs, else among the undecided. */
function sort(
  host: HostId,
  scope: Scope,
  link: Link,
  claims: ReadonlyMap<string, ReadonlySet<string>>,
  hosts: Hosts,
): void {
  if (hosts.packetsSent[host] > 0) link.speaks = true;
  const address = hosts.addressOf(host);
  const certain =
    scope === 'unspecified' || scope === 'link_local' || claims.get(link.mac)?.has(address);
  (certain ? link.own : link.undecided).push(host);
}

/** Addresses by the MAC that claimed them or was given them. */
function claimedAddresses({ observations }: Traffic): Map<string, Set<string>> {
  const claims = new Map<string, Set<string>>();
  const add = (mac: string | undefined, address: string | undefined): void => {
    if (mac === undefined || address === undefined) return;
    const known = claims.get(mac);
    if (known) known.add(address);
    else claims.set(mac, new Set([address]));
  };
  for (const claim of observations.of('claim')) add(claim.mac, claim.address);
  for (const lease of observations.of('dhcp')) {
    if (lease.message === 'ack' || lease.message === 'request') add(lease.clientMac, lease.address);
  }
  return claims;
}

/** A MAC routes when public addresses speak from behind it that it did not claim, or when it says that it routes. */
function decideGateways(links: Map<string, Link>, traffic: Traffic): void {
  const { hosts, observations } = traffic;
  const privateLinks = [...links.values()].filter((link) =>
    [...link.own, ...link.undecided].some((host) => hosts.scopeOf(host) === 'private'),
  );
  for (const link of links.values()) {
    const outside = link.undecided.filter((host) => hosts.scopeOf(host) === 'public');
    const ipv4 = outside.filter((host) => parseIpv4(hosts.addressOf(host)) !== undefined);
    const prefixes = new Set(outside.map((host) => prefixOf(hosts.addressOf(host))));
    const ownsPrivate =
      link.undecided.length > outside.length ||
      link.own.some((host) => hosts.scopeOf(host) === 'private');
    const othersArePrivate = privateLinks.some((other) => other !== link);
    // A private and a public address cannot share a link, so whoever stands for the public one routes; a host of
    // its own with a public IPv6 address has one or two prefixes, the world behind a router has many.
    if (ipv4.length > 0 && (othersArePrivate || ownsPrivate || prefixes.size > 1))
      link.routes = true;
    else if (prefixes.size > 2) link.routes = true;
  }
  for (const router of observations.of('router')) {
    const mac = hosts.macOf(router.client);
    const link = mac === undefined ? undefined : links.get(mac);
    if (link && router.lifetime_s > 0) link.routes = true;
  }
}

/** Prefixes of addresses that are certainly on the link: claimed ones, and those of links that do not route. */
function localPrefixes(links: ReadonlyMap<string, Link>, hosts: Hosts): Set<string> {
  const local = new Set<string>();
  for (const link of links.values()) {
    for (const host of link.own) local.add(prefixOf(hosts.addressOf(host)));
    if (!link.routes) for (const host of link.undecided) local.add(prefixOf(hosts.addressOf(host)));
  }
  return local;
}

function decide(link: Link, local: ReadonlySet<string>, hosts: Hosts): void {
  const claimedPrefixes = new Set(
    link.own
      .filter((host) => hosts.scopeOf(host) === 'private')
      .map((host) => prefixOf(hosts.addressOf(host))),
  );
  for (const host of link.undecided) {
    const scope = hosts.scopeOf(host);
    const prefix = prefixOf(hosts.addressOf(host));
    const isIpv6 = hosts.addressOf(host).includes(':');
    let own: boolean;
    if (scope === 'public') own = link.routes ? isIpv6 && local.has(prefix) : true;
    else if (claimedPrefixes.size > 0 && !isIpv6) own = claimedPrefixes.has(prefix);
    else own = !link.routes || local.has(prefix);
    (own ? link.own : link.remote).push(host);
  }
}

function* devicesOfLinks(links: ReadonlyMap<string, Link>, hosts: Hosts): Iterable<DeviceGroup> {
  const behindRouters = new Map<string, DeviceGroup>();
  for (const link of links.values()) {
    // Somebody who was only spoken to may not exist.
    if (link.speaks || link.routes) {
      yield { mac: link.mac, hosts: link.own, routes: link.routes };
    }
    for (const host of link.remote) {
      const address = hosts.addressOf(host);
      if (!isLocalScope(hosts.scopeOf(host))) continue;
      const known = behindRouters.get(address);
      if (known) known.hosts.push(host);
      else behindRouters.set(address, { mac: undefined, hosts: [host], routes: false });
    }
  }
  for (const group of behindRouters.values()) {
    if (group.hosts.some((host) => hosts.packetsSent[host] > 0)) yield group;
  }
}

/** Without Ethernet: every local address that spoke; where there is none, every address that spoke. */
function devicesByAddress(found: readonly HostId[], hosts: Hosts): DeviceGroup[] {
  const speaking = found.filter((host) => hosts.packetsSent[host] > 0);
  const local = speaking.filter((host) => {
    const scope = hosts.scopeOf(host);
    return isLocalScope(scope) || scope === 'loopback';
  });
  return (local.length > 0 ? local : speaking)
    .filter((host) => hosts.scopeOf(host) !== 'unspecified')
    .map((host) => ({ mac: undefined, hosts: [host], routes: false }));
}

/** The prefix that a segment is guessed by: /24 of an IPv4, /64 of an IPv6 address. */
export function prefixOf(address: string): string {
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  const [head, tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = 8 - groups.length - (tail ? tail.split(':').length : 0);
  if (tail !== undefined)
    groups.push(
      ...new Array<string>(Math.max(0, Math.min(missing, 8))).fill('0'),
      ...(tail ? tail.split(':') : []),
    );
  const first = groups.slice(0, 4).map((group) => group || '0');
  while (first.length > 0 && first[first.length - 1] === '0') first.pop();
  return `${first.join(':')}::/64`;
}
