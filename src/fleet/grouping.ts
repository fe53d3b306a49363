/**
 * Which hosts are which devices. A host is an address behind a MAC; a device is a MAC with the addresses that are its
 * own, or an address behind a router. An address is a MAC's own when the MAC claimed it (ARP, Neighbour Discovery),
 * was given it (DHCP), made it of itself (EUI-64) or spoke from it to the link alone; and otherwise by what the rest
 * of the capture says about the link.
 */
import { isLocalScope, scopeOf } from '../base/index.ts';
import type { HostId, Traffic } from '../capture/index.ts';
import { type AddressBook, isEui64, prefixOf } from './address-book.ts';
import { type Dealings, dealingsOf } from './dealings.ts';

/** Hosts that are one device. */
export interface DeviceGroup {
  /** Undefined for a device that was found by its address behind a router, or without Ethernet. */
  readonly mac: string | undefined;
  /** Hosts whose addresses are the device's own; best known first. */
  readonly hosts: HostId[];
  /** Addresses at its MAC that were only spoken to: not known to be its own, unless it has no others. */
  readonly silent: readonly HostId[];
  /** Hosts that speak through it and are not itself. */
  readonly forwarded: readonly HostId[];
  /** It passes on packets of addresses that are not its own. */
  routes: boolean;
}

/** What is known about the hosts behind one MAC. */
interface Link {
  readonly mac: string;
  readonly own: HostId[];
  readonly silent: HostId[];
  readonly undecided: HostId[];
  readonly remote: HostId[];
  /** Packets were seen from it, not only to it. */
  speaks: boolean;
  routes: boolean;
}

/** A router stands for many networks, a host of its own has an address in one or two. */
const FOREIGN_NETWORKS_MIN = 3;
/** Where a capture holds no local address at all, so many public ones are devices. */
const PUBLIC_DEVICES_MAX = 4096;

export function groupHosts(traffic: Traffic, book: AddressBook): DeviceGroup[] {
  const claims = claimedAddresses(traffic);
  const dealings = dealingsOf(traffic, book, claims);
  const links = new Map<number, Link>();
  const withoutMac: HostId[] = [];
  for (let host = 1; host < traffic.hosts.count; host++) {
    const scope = book.scopeOf(host);
    if (scope === 'multicast' || scope === 'broadcast') continue;
    const mac = traffic.hosts.macNumberOf(host);
    if (mac === 0 || dealings.meaningless.has(mac)) withoutMac.push(host);
    else place(host, linkOf(links, mac, traffic), claims, dealings, book);
  }
  decideRouters(links, traffic, dealings, book);
  const local = localPrefixes(links, book);
  for (const link of links.values()) decide(link, local, dealings, book);
  const known = [...links.values()].filter(
    // Somebody who was only spoken to may not exist; but for a router, which answers with others' addresses.
    (link) => link.speaks || (link.routes && dealings.meaningless.size === 0),
  );
  return groupsOf(known, withoutMac, book);
}

function linkOf(links: Map<number, Link>, number: number, { hosts }: Traffic): Link {
  let link = links.get(number);
  if (!link) {
    link = {
      mac: hosts.macText(number),
      own: [],
      silent: [],
      undecided: [],
      remote: [],
      speaks: false,
      routes: false,
    };
    links.set(number, link);
  }
  return link;
}

/** Puts a host where it surely belongs, else among the undecided. */
function place(
  host: HostId,
  link: Link,
  claims: ReadonlyMap<string, ReadonlySet<string>>,
  dealings: Dealings,
  book: AddressBook,
): void {
  if (book.speaks(host)) link.speaks = true;
  const scope = book.scopeOf(host);
  const address = book.textOf(host);
  const certain =
    scope === 'unspecified' ||
    scope === 'link_local' ||
    dealings.onLink.has(host) ||
    claims.get(link.mac)?.has(address) ||
    (book.isIpv6(host) && isEui64(address, link.mac));
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

/**
 * A MAC routes when public addresses speak from behind it that it did not claim, when it stands for many networks,
 * when it hands on what others sent, or when it says that it routes.
 */
function decideRouters(
  links: ReadonlyMap<number, Link>,
  { observations, hosts }: Traffic,
  dealings: Dealings,
  book: AddressBook,
): void {
  const withPrivate = new Set(
    [...links.values()].filter(({ own, undecided }) =>
      [...own, ...undecided].some((host) => book.scopeOf(host) === 'private'),
    ),
  );
  const knownIpv6 = knownIpv6Prefixes(links, observations, book);
  for (const [number, link] of links) {
    const outside = link.undecided.filter((host) => book.scopeOf(host) === 'public');
    const hasPrivate = withPrivate.has(link);
    const othersHavePrivate = withPrivate.size > (hasPrivate ? 1 : 0);
    const prefixes = new Set(outside.map((host) => book.prefixOf(host)));
    const ipv4 = outside.some((host) => !book.isIpv6(host));
    link.routes =
      dealings.relays.has(number) ||
      // A private and a public address cannot share a link, so whoever stands for the public one routes.
      (ipv4 && (othersHavePrivate || hasPrivate || prefixes.size > 1)) ||
      prefixes.size >= FOREIGN_NETWORKS_MIN ||
      (knownIpv6.size > 0 &&
        outside.some((host) => book.isIpv6(host) && !knownIpv6.has(book.prefixOf(host)))) ||
      foreignNetworks(link, dealings, book) >= FOREIGN_NETWORKS_MIN;
  }
  for (const router of observations.of('router')) {
    const link = links.get(hosts.macNumberOf(router.client));
    if (link && router.lifetime_s > 0) link.routes = true;
  }
}

/** Global IPv6 prefixes that are certainly of the link: advertised there, or of addresses that are. */
function knownIpv6Prefixes(
  links: ReadonlyMap<number, Link>,
  observations: Traffic['observations'],
  book: AddressBook,
): Set<string> {
  const known = new Set<string>();
  for (const { own } of links.values()) {
    for (const host of own) {
      if (book.scopeOf(host) === 'public' && book.isIpv6(host)) known.add(book.prefixOf(host));
    }
  }
  for (const { prefixes } of observations.of('router')) {
    for (const prefix of prefixes) {
      const [address] = prefix.split('/');
      if (scopeOf(address) === 'public') known.add(prefixOf(address));
    }
  }
  return known;
}

/** How many private networks that it is not in a MAC speaks for. */
function foreignNetworks(link: Link, dealings: Dealings, book: AddressBook): number {
  const own = new Set(link.own.map((host) => book.prefixOf(host)));
  const foreign = new Set<string>();
  for (const host of link.undecided) {
    if (book.scopeOf(host) !== 'private' || book.isIpv6(host) || !book.speaks(host)) continue;
    if (dealings.crossing.has(host) && !own.has(book.prefixOf(host)))
      foreign.add(book.prefixOf(host));
  }
  return foreign.size;
}

/** Prefixes of addresses that are certainly on the link: claimed ones, and those of links that do not route. */
function localPrefixes(links: ReadonlyMap<number, Link>, book: AddressBook): Set<string> {
  const local = new Set<string>();
  for (const link of links.values()) {
    for (const host of link.own) local.add(book.prefixOf(host));
    if (link.routes || !link.speaks) continue;
    for (const host of link.undecided) local.add(book.prefixOf(host));
  }
  return local;
}

function decide(
  link: Link,
  local: ReadonlySet<string>,
  dealings: Dealings,
  book: AddressBook,
): void {
  const claimed = new Set(
    link.own.filter((host) => book.scopeOf(host) === 'private').map((host) => book.prefixOf(host)),
  );
  for (const host of link.undecided) {
    const prefix = book.prefixOf(host);
    let own: boolean;
    if (link.routes && dealings.speaksElsewhere(host)) own = false;
    else if (book.scopeOf(host) === 'public')
      own = link.routes ? book.isIpv6(host) && local.has(prefix) : true;
    else if (claimed.size > 0 && !book.isIpv6(host)) {
      // From a second address a device speaks as well, before DHCP or in a network of its own making; but who
      // reaches beyond that network through it is somebody else.
      own = claimed.has(prefix) || (!link.routes && !dealings.crossing.has(host));
    } else own = !link.routes || local.has(prefix);
    if (!own) link.remote.push(host);
    else (book.speaks(host) ? link.own : link.silent).push(host);
  }
}

function groupsOf(
  links: readonly Link[],
  withoutMac: readonly HostId[],
  book: AddressBook,
): DeviceGroup[] {
  const linked = links.map(({ mac, own, silent, remote, routes }) => ({
    mac,
    hosts: own,
    silent,
    forwarded: remote,
    routes,
  }));
  const owners = ownersOf(linked, book);
  const unowned: HostId[] = [];
  // An address may be seen behind a router, or without its MAC, and elsewhere in the capture with it.
  for (const host of [...links.flatMap(({ remote }) => remote), ...withoutMac]) {
    const owner = owners.get(book.textOf(host));
    if (owner) owner.hosts.push(host);
    else unowned.push(host);
  }
  const named = byAddress(
    unowned.filter((host) => isLocalScope(book.scopeOf(host))),
    book,
  );
  const loopback = byAddress(
    withoutMac.filter((host) => book.scopeOf(host) === 'loopback'),
    book,
  );
  const groups = [...linked, ...named, ...loopback];
  const addressed = groups.some(({ hosts }) =>
    hosts.some((host) => book.scopeOf(host) !== 'unspecified'),
  );
  if (addressed) return groups;
  const outside = unowned.filter((host) => book.scopeOf(host) === 'public');
  return [...groups, ...byAddress(outside, book).slice(0, PUBLIC_DEVICES_MAX)];
}

/** By address, the device that it belongs to, where no two say so. */
function ownersOf(groups: readonly DeviceGroup[], book: AddressBook): Map<string, DeviceGroup> {
  const owners = new Map<string, DeviceGroup>();
  const disputed = new Set<string>();
  for (const group of groups) {
    for (const host of group.hosts) {
      const address = book.textOf(host);
      const scope = book.scopeOf(host);
      if (scope === 'unspecified' || scope === 'loopback' || !book.speaks(host)) continue;
      if (owners.has(address) && owners.get(address) !== group) disputed.add(address);
      owners.set(address, group);
    }
  }
  for (const address of disputed) owners.delete(address);
  return owners;
}

/** One device for each address that spoke. */
function byAddress(found: readonly HostId[], book: AddressBook): DeviceGroup[] {
  const hostsByAddress = new Map<string, HostId[]>();
  for (const host of found) {
    const address = book.textOf(host);
    const known = hostsByAddress.get(address);
    if (known) known.push(host);
    else hostsByAddress.set(address, [host]);
  }
  return [...hostsByAddress.values()]
    .filter((hosts) => hosts.some((host) => book.speaks(host)))
    .map((hosts) => ({ mac: undefined, hosts, silent: [], forwarded: [], routes: false }));
}
