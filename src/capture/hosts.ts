/**
 * What the kernel's numbers for MACs, IPv6 addresses and hosts (an address behind a MAC) stand for, and what each
 * host sent and received.
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
import {
  FAMILY_IPV4,
  FAMILY_IPV6,
  HOST_KEYS,
  HOST_SUMS,
  HOST_WORDS,
  HOSTS,
  HOSTS_MAX,
  IPV6_KEYS,
  IPV6_WORDS,
  MAC_KEYS,
  MAC_WORDS,
  OVERFLOWS,
} from './kernel/layout.ts';
import type { PacketKernel } from './kernel.ts';

export { FAMILY_IPV4, FAMILY_IPV6, HOSTS_MAX };

/** What kind of address a host has. */
export const FAMILY_NONE = 0;

export class Hosts {
  readonly #kernel: PacketKernel;
  readonly #macs: Int32Array;
  readonly #ipv6: Int32Array;
  readonly #hosts: Int32Array;
  /** Per host: what it sent and received on the wire. */
  readonly bytesSent: Float64Array;
  readonly bytesReceived: Float64Array;
  readonly packetsSent: Float64Array;
  readonly packetsReceived: Float64Array;

  constructor(kernel: PacketKernel) {
    this.#kernel = kernel;
    this.#macs = kernel.words.subarray(MAC_KEYS / 4);
    this.#ipv6 = kernel.words.subarray(IPV6_KEYS / 4);
    this.#hosts = kernel.words.subarray(HOST_KEYS / 4);
    const sums = Array.from({ length: 4 }, (_, kind) => {
      const from = HOST_SUMS / 8 + kind * HOSTS_MAX;
      return kernel.doubles.subarray(from, from + HOSTS_MAX);
    });
    [this.bytesSent, this.bytesReceived, this.packetsSent, this.packetsReceived] = sums;
  }

  get count(): number {
    return this.#kernel.words[HOSTS];
  }

  /** Lookups that could not be given a number of their own. */
  get overflows(): number {
    return this.#kernel.words[OVERFLOWS];
  }

  /** In 2000::/3, the part of IPv6 that is handed out for the Internet. */
  isGlobalIpv6(number: number): boolean {
    return this.#ipv6[number * IPV6_WORDS] >>> 29 === 1;
  }

  /** @param address - the 32 bits of an IPv4 address, or the number of an IPv6 one. */
  host(mac: number, family: number, address: number): HostId {
    return this.#kernel.run.numberOfHost(mac, family, address);
  }

  familyOf(host: HostId): number {
    return this.#hosts[host * HOST_WORDS] >>> 24;
  }

  /** The number of the MAC behind a host; 0 when there is none. */
  macNumberOf(host: HostId): number {
    return this.#hosts[host * HOST_WORDS] & 0xffffff;
  }

  macOf(host: HostId): string | undefined {
    const mac = this.macNumberOf(host);
    return mac === 0 ? undefined : this.macText(mac);
  }

  macText(mac: number): string {
    const high = this.#macs[mac * MAC_WORDS];
    const low = this.#macs[mac * MAC_WORDS + 1];
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
    const address = this.#hosts[host * HOST_WORDS + 1];
    if (family === FAMILY_IPV4) return formatIpv4(address);
    if (family === FAMILY_IPV6) return this.ipv6Text(address);
    return '';
  }

  ipv6Text(number: number): string {
    const bytes = new Uint8Array(16);
    for (let word = 0; word < 4; word++) {
      const value = this.#ipv6[number * IPV6_WORDS + word];
      bytes[word * 4] = value >>> 24;
      bytes[word * 4 + 1] = value >>> 16;
      bytes[word * 4 + 2] = value >>> 8;
      bytes[word * 4 + 3] = value;
    }
    return formatIpv6(bytes);
  }

  scopeOf(host: HostId): Scope {
    if (this.familyOf(host) === FAMILY_IPV4) return scopeOfIpv4(this.#hosts[host * HOST_WORDS + 1]);
    return scopeOf(this.addressOf(host));
  }
}
