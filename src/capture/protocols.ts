/** Numbers of what a flow carries: IANA's protocol numbers, and our own for what has none. */
import type { Carrier } from './decoder.ts';
import { ARP, ICMP, ICMPV6, IGMP, OTHER, TCP, UDP } from './kernel/layout.ts';

export { ARP, ICMP, ICMPV6, IGMP, OTHER, TCP, UDP };

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
