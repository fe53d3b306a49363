/** Names for addresses, as the capture itself tells them: DNS answers first, then the names that clients asked for. */
import type { Traffic } from '../capture/index.ts';

const NAMES_MAX = 100_000;

export class PeerNames {
  readonly #names = new Map<string, string>();

  constructor(traffic: Traffic) {
    const { observations, hosts } = traffic;
    for (const lookup of observations.of('dns')) {
      for (const { address, name } of lookup.addresses) this.#add(address, name);
    }
    for (const { clientHello, server } of observations.of('tls')) {
      this.#add(hosts.addressOf(server), clientHello?.serverName);
    }
    for (const { host, server } of observations.of('http')) {
      const name = host?.replace(/:\d+$/, '');
      if (name !== undefined && /[a-z]/i.test(name) && !name.includes(':'))
        this.#add(hosts.addressOf(server), name);
    }
  }

  nameOf(address: string): string | undefined {
    return this.#names.get(address);
  }

  #add(address: string, name: string | undefined): void {
    if (
      name === undefined ||
      name === '' ||
      this.#names.has(address) ||
      this.#names.size >= NAMES_MAX
    )
      return;
    this.#names.set(address, name.toLowerCase().replace(/\.$/, ''));
  }
}
