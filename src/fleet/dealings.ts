/**
 * How hosts deal with each other on the wire, as far as it tells whose address is whose: who speaks to the link alone,
 * who reaches beyond its own network, and which MACs hand on what others sent.
 */
import type { HostId, Traffic } from '../capture/index.ts';
import type { AddressBook } from './address-book.ts';

export interface Dealings {
  /** Hosts that spoke to everybody on the link, or to a group that ends there: no router passes that on. */
  readonly onLink: ReadonlySet<HostId>;
  /** Hosts that dealt with an address outside their own prefix. */
  readonly crossing: ReadonlySet<HostId>;
  /** Numbers of MACs that send packets of others' addresses to those others' partners. */
  readonly relays: ReadonlySet<number>;
  /** Numbers of MACs that are in both ends of all that they take part in: they tell nobody apart. */
  readonly meaningless: ReadonlySet<number>;
  /** A host's address spoke from another MAC too, one that hands nothing on. */
  speaksElsewhere(host: HostId): boolean;
}

const NONE: readonly number[] = [];

/** @param claims - addresses by the MAC that claimed them: having had an address is no handing on of it. */
export function dealingsOf(
  { observations, hosts }: Traffic,
  book: AddressBook,
  claims: ReadonlyMap<string, ReadonlySet<string>>,
): Dealings {
  const onLink = new Set<HostId>();
  const crossing = new Set<HostId>();
  const relays = new Set<number>();
  /** MACs that deal with another MAC that speaks for itself. */
  const met = new Set<number>();
  const speakers = macsOfSpeakers(hosts.count, book);
  for (const { client, server, carrier, multicast } of observations.of('connection')) {
    // Frames without addresses tell nothing of addresses.
    if (book.scopeOf(client) === 'unspecified') continue;
    if (book.isLinkGroup(server)) {
      onLink.add(client);
      continue;
    }
    if (carrier === 'arp' || book.scopeOf(server) === 'unspecified') continue;
    const clientMac = hosts.macNumberOf(client);
    const serverMac = hosts.macNumberOf(server);
    // Other groups and broadcasts to a network; a unicast address may still be sent to everybody.
    if (multicast && serverMac === 0) continue;
    if (book.prefixOf(client) !== book.prefixOf(server)) {
      crossing.add(client);
      crossing.add(server);
    }
    if (clientMac === 0 || serverMac === 0 || client === server) continue;
    if (clientMac === serverMac) relays.add(clientMac);
    else {
      if (speaksFor(serverMac, client)) relays.add(serverMac);
      if (speaksFor(clientMac, server)) relays.add(clientMac);
      if (speakers.macs.has(serverMac)) met.add(clientMac);
      if (speakers.macs.has(clientMac)) met.add(serverMac);
    }
  }
  return {
    onLink,
    crossing,
    relays,
    meaningless: new Set([...relays].filter((mac) => !met.has(mac))),
    speaksElsewhere: (host) => {
      const mac = hosts.macNumberOf(host);
      return speakers.get(book.textOf(host)).some((other) => other !== mac && !relays.has(other));
    },
  };

  /** The MAC sends packets of an address that it never had. */
  function speaksFor(mac: number, host: HostId): boolean {
    const address = book.textOf(host);
    return speakers.get(address).includes(mac) && !claims.get(hosts.macText(mac))?.has(address);
  }
}

/** By address, the MACs that it spoke from. */
class Speakers {
  readonly macs = new Set<number>();
  readonly #byAddress = new Map<string, number[]>();

  add(address: string, mac: number): void {
    this.macs.add(mac);
    const known = this.#byAddress.get(address);
    if (known) known.push(mac);
    else this.#byAddress.set(address, [mac]);
  }

  get(address: string): readonly number[] {
    return this.#byAddress.get(address) ?? NONE;
  }
}

function macsOfSpeakers(count: number, book: AddressBook): Speakers {
  const speakers = new Speakers();
  for (let host = 1; host < count; host++) {
    if (book.speaks(host) && book.scopeOf(host) !== 'unspecified')
      speakers.add(book.textOf(host), book.hosts.macNumberOf(host));
  }
  return speakers;
}
