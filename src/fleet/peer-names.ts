/**
 * Names for addresses, as the capture itself tells them: what the device itself looked up, then what others did, then
 * the names that servers were called by.
 */
import type { HostId, Observation, Traffic } from '../capture/index.ts';
import type { AddressBook } from './address-book.ts';

const NAMES_MAX = 100_000;

export class PeerNames {
  readonly #names = new Map<string, string>();
  /** By whoever asked. */
  readonly #asked = new Map<unknown, Map<string, string>>();
  #count = 0;

  /** @param ownerOf - the device that a host belongs to. */
  constructor(
    { observations }: Traffic,
    book: AddressBook,
    ownerOf: (host: HostId) => object | undefined,
  ) {
    for (const lookup of observations.of('dns')) {
      const asker = ownerOf(lookup.client);
      for (const { address, name } of lookup.addresses) {
        const asked = nameAsked(lookup, name);
        if (asker) this.#add(this.#askedBy(asker), address, asked);
        this.#add(this.#names, address, asked);
      }
    }
    for (const { clientHello, server } of observations.of('tls')) {
      this.#add(this.#names, book.textOf(server), clientHello?.serverName);
    }
    for (const { host, server } of observations.of('http')) {
      const name = host?.replace(/:\d+$/, '');
      if (name !== undefined && /[a-z]/i.test(name) && !name.includes(':'))
        this.#add(this.#names, book.textOf(server), name);
    }
  }

  /** The name of an address, as `device` would call it. */
  nameOf(address: string, device: object): string | undefined {
    return this.#asked.get(device)?.get(address) ?? this.#names.get(address);
  }

  #askedBy(asker: object): Map<string, string> {
    let names = this.#asked.get(asker);
    if (!names) {
      names = new Map();
      this.#asked.set(asker, names);
    }
    return names;
  }

  #add(names: Map<string, string>, address: string, name: string | undefined): void {
    if (name === undefined || name === '' || names.has(address) || this.#count >= NAMES_MAX) return;
    names.set(address, name.toLowerCase().replace(/\.$/, ''));
    this.#count++;
  }
}

/** Behind a chain of aliases the name that was asked for says more than the one that the address belongs to. */
function nameAsked(lookup: Observation<'dns'>, owner: string): string {
  const direct = lookup.service === 'dns' && !lookup.folded && /^(A|AAAA)$/i.test(lookup.type);
  return direct ? lookup.name : owner;
}
