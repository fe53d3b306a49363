/** Lists of parties in expectations: addresses, prefixes and host names, matched against what was seen. */
import { BlockList, isIP } from 'node:net';

/** True for an address or a name that the list holds. */
export type AllowList = (address: string, name?: string) => boolean;

/**
 * @param entries - `192.0.2.1`, `2001:db8::/32`, `dns.example`, `*.example` (one or more labels); case does not matter.
 */
export function allowList(entries: Iterable<string>): AllowList {
  const addresses = new BlockList();
  const names: RegExp[] = [];
  for (const entry of entries) {
    const prefix = parsePrefix(entry);
    if (prefix) addresses.addSubnet(prefix.address, prefix.length, prefix.family);
    else names.push(wildcard(entry));
  }
  return (address, name) => {
    const family = isIP(address);
    if (family !== 0 && addresses.check(address, family === 4 ? 'ipv4' : 'ipv6')) return true;
    return name !== undefined && names.some((pattern) => pattern.test(name));
  };
}

export interface Prefix {
  readonly address: string;
  readonly length: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** An address (as the longest prefix) or `address/length`; undefined for anything else. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address, length, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (length === undefined) return { address, length: bits, family };
  const value = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  return value <= bits ? { address, length: value, family } : undefined;
}

/** A name where `*` stands for any run of characters; case does not matter. */
export function wildcard(pattern: string): RegExp {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 'i');
}
