/** All decoders and observers, in the order in which they are tried where no port gives a hint: strictest first. */
import { arpDecoder } from './decode/arp.ts';
import { dhcpDecoder } from './decode/dhcp.ts';
import { dhcpv6Decoder } from './decode/dhcpv6.ts';
import { dnsDecoder, llmnrDecoder, mdnsDecoder, nbnsDecoder } from './decode/dns.ts';
import { httpDecoder } from './decode/http.ts';
import { mqttDecoder } from './decode/mqtt.ts';
import { neighbourDecoder } from './decode/neighbour.ts';
import { ntpDecoder } from './decode/ntp.ts';
import type { Decoder } from './decoder.ts';
import type { Observer } from './observe/observer.ts';

export const decoders: readonly Decoder[] = [
  httpDecoder,
  mqttDecoder,
  dhcpDecoder,
  dhcpv6Decoder,
  mdnsDecoder,
  llmnrDecoder,
  nbnsDecoder,
  dnsDecoder,
  ntpDecoder,
  arpDecoder,
  neighbourDecoder,
];

export const observers: readonly Observer[] = [];
