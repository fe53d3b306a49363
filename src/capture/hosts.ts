/**
 * Numbers for addresses: MACs, IPv6 addresses and hosts (an address behind a MAC) are interned, so that hot paths
 * compare and store integers. All tables are bounded; what does not fit shares number 0.
 */
import {
  formatIpv4,
  formatIpv6,
  formatMac,
  type Scope,
  scopeOf,
  scopeOfIpv4,
} from '../base/index.ts';
import type { HostId } from './decoder.ts';
import { WordTable } from './word-table.ts';

export const MACS_MAX = 1 << 16;
export const IPV6_MAX = 1 << 17;
export const HOSTS_MAX = 1 << 17;

/** What kind of address a host has. */
export const FAMILY_NONE = 0;
export const FAMILY_IPV4 = 4;
export const FAMILY_IPV6 = 6;

export class Hosts {
  readonly #macs = new WordTable(2, MACS_MAX);
  readonly #ipv6 = new WordTable(4, IPV6_MAX);
  readonly #hosts = new WordTable(3, HOSTS_MAX);
  /** Per host: what it sent and received on the wire, and when it was first and last seen sending. */
  readonly bytesSent = new Float64Array(HOSTS_MAX);
  readonly bytesReceived = new Float64Array(HOSTS_MAX);
  readonly packetsSent = new Float64Array(HOSTS_MAX);
  readonly packetsReceived = new Float64Array(HOSTS_MAX);

  get count(): number {
    return this.#hosts.count;
  }

  /** Lookups that could not be given a number of their own. */
  get overflows(): number {
    return this.#macs.overflows + this.#ipv6.overflows + this.#hosts.overflows;
  }

  /** @returns a number for the MAC, from 1; 0 when there are too many. */
  mac(bytes: Uint8Array, at: number): number {
    const high = (bytes[at] << 8) | bytes[at + 1];
    const low = word(bytes, at + 2);
    // All zeros is what a loopback interface writes: no MAC at all.
    return (high | low) === 0 ? 0 : this.#macs.intern(high, low, 0, 0);
  }

  /** @returns a number for the IPv6 address, from 1; 0 for the unspecified address, and when there are too many. */
  ipv6(bytes: Uint8Array, at: number): number {
    const w0 = word(bytes, at);
    const w1 = word(bytes, at + 4);
    const w2 = word(bytes, at + 8);
    const w3 = word(bytes, at + 12);
    return (w0 | w1 | w2 | w3) === 0 ? 0 : this.#ipv6.intern(w0, w1, w2, w3);
  }

  isMulticastIpv6(number: number): boolean {
    return this.#ipv6.words[number * 4] >>> 24 === 0xff;
  }

  /** In 2000::/3, the part of IPv6 that is handed out for the Internet. */
  isGlobalIpv6(number: number): boolean {
    return this.#ipv6.words[number * 4] >>> 29 === 1;
  }

  /** @param address - the 32 bits of an IPv4 address, or the number of an IPv6 one. */
  host(mac: number, family: number, address: number): HostId {
    return this.#hosts.intern((family << 24) | mac, address, 0, 0);
  }

  familyOf(host: HostId): number {
    return this.#hosts.words[host * 3] >>> 24;
  }

  /** The number of the MAC behind a host; 0 when there is none. */
  macNumberOf(host: HostId): number {
    return this.#hosts.words[host * 3] & 0xffffff;
  }

  macOf(host: HostId): string | undefined {
    const mac = this.macNumberOf(host);
    return mac === 0 ? undefined : this.macText(mac);
  }

  macText(mac: number): string {
    const words = this.#macs.words;
    const high = words[mac * 2];
    const low = words[mac * 2 + 1];
    return formatMac([
      (high >>> 8) & 255,
      high & 255,
      low >>> 24,
      (low >>> 16) & 255,
      (low >>> 8) & 255,
      low & 255,
    ] as unknown as Uint8Array);
  }

  /** Address text; empty for a host without one. */
  addressOf(host: HostId): string {
    const family = this.familyOf(host);
    const address = this.#hosts.words[host * 3 + 1];
    if (family === FAMILY_IPV4) return formatIpv4(address);
    if (family === FAMILY_IPV6) return this.ipv6Text(address);
    return '';
  }

  ipv6Text(number: number): string {
    const bytes = new Uint8Array(16);
    for (let word = 0; word < 4; word++) {
      const value = this.#ipv6.words[number * 4 + word];
      bytes[word * 4] = value >>> 24;
      bytes[word * 4 + 1] = value >>> 16;
      bytes[word * 4 + 2] = value >>> 8;
      bytes[word * 4 + 3] = value;
    }
    return formatIpv6(bytes);
  }

  scopeOf(host: HostId): Scope {
    if (this.familyOf(host) === FAMILY_IPV4) return scopeOfIpv4(this.#hosts.words[host * 3 + 1]);
    return scopeOf(this.addressOf(host));
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
