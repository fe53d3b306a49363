/**
 * Texts, scopes and prefixes of hosts' addresses, each made once: a capture has few hosts and many questions about
 * them.
 */
import type { Scope } from '../base/index.ts';
import type { HostId, Hosts } from '../capture/index.ts';

const FAMILY_IPV6 = 6;

export class AddressBook {
  readonly hosts: Hosts;
  readonly #texts: (string | undefined)[] = [];
  readonly #scopes: (Scope | undefined)[] = [];
  readonly #prefixes: (string | undefined)[] = [];
  readonly #macs: (string | undefined)[] = [];

  constructor(hosts: Hosts) {
    this.hosts = hosts;
  }

  /** Empty for a host without an address. */
  textOf(host: HostId): string {
    let text = this.#texts[host];
    if (text === undefined) {
      text = this.hosts.addressOf(host);
      this.#texts[host] = text;
    }
    return text;
  }

  scopeOf(host: HostId): Scope {
    let scope = this.#scopes[host];
    if (scope === undefined) {
      scope = this.hosts.scopeOf(host);
      this.#scopes[host] = scope;
    }
    return scope;
  }

  prefixOf(host: HostId): string {
    let prefix = this.#prefixes[host];
    if (prefix === undefined) {
      prefix = prefixOf(this.textOf(host));
      this.#prefixes[host] = prefix;
    }
    return prefix;
  }

  macOf(host: HostId): string | undefined {
    const number = this.hosts.macNumberOf(host);
    if (number === 0) return undefined;
    let text = this.#macs[number];
    if (text === undefined) {
      text = this.hosts.macText(number);
      this.#macs[number] = text;
    }
    return text;
  }

  isIpv6(host: HostId): boolean {
    return this.hosts.familyOf(host) === FAMILY_IPV6;
  }

  /** Packets came from it, and not only to it. */
  speaks(host: HostId): boolean {
    return this.hosts.packetsSent[host] > 0;
  }

  /** An address that no router passes on: of everybody on the link, or of a group that ends there. */
  isLinkGroup(host: HostId): boolean {
    const scope = this.scopeOf(host);
    if (scope === 'broadcast') return true;
    if (scope !== 'multicast') return false;
    const text = this.textOf(host);
    // RFC 5771, section 4; RFC 4291, section 2.7.
    return text.startsWith('224.0.0.') || /^ff.2:/.test(text);
  }
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

/** The interface identifier that a MAC gives by RFC 4291, appendix A, as the last four groups of an address. */
export function isEui64(address: string, mac: string): boolean {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const groups = [
    ((bytes[0] ^ 2) << 8) | bytes[1],
    (bytes[2] << 8) | 0xff,
    0xfe00 | bytes[3],
    (bytes[4] << 8) | bytes[5],
  ].map((group) => group.toString(16));
  // A first group of zero may hide in `::`.
  return address.endsWith(`:${(groups[0] === '0' ? groups.slice(1) : groups).join(':')}`);
}
