/** Numbers of what a flow carries: IANA's protocol numbers, and our own for what has none. */
import type { Carrier } from './decoder.ts';

export const ICMP = 1;
export const IGMP = 2;
export const TCP = 6;
export const UDP = 17;
export const ICMPV6 = 58;
/** Not IANA's: ARP, and frames of other types. */
export const ARP = 254;
export const OTHER = 255;

const NAMES: ReadonlyMap<number, Carrier> = new Map<number, Carrier>([
  [ICMP, 'icmp'],
  [IGMP, 'igmp'],
  [TCP, 'tcp'],
  [UDP, 'udp'],
  [ICMPV6, 'icmpv6'],
  [ARP, 'arp'],
]);

export function carrierName(protocol: number): Carrier {
  return NAMES.get(protocol) ?? 'other';
}
