/** How two parties talk, as far as the protocols that were recognised tell. */

/** In the order of concern. `discovery` is the noise of every link, and is not drawn. */
export const MANNERS = ['clear', 'unknown', 'encrypted', 'basic', 'discovery'] as const;
export type Manner = (typeof MANNERS)[number];

export const MANNER_WORDS: Readonly<Record<Manner, string>> = {
  clear: 'in clear',
  unknown: 'not recognised',
  encrypted: 'encrypted',
  basic: 'names and time only',
  discovery: 'discovery',
};

const PROTOCOLS: Readonly<Record<string, Manner>> = {
  tls: 'encrypted',
  dtls: 'encrypted',
  quic: 'encrypted',
  ssh: 'encrypted',
  http: 'clear',
  mqtt: 'clear',
  coap: 'clear',
  telnet: 'clear',
  ftp: 'clear',
  ftp_data: 'clear',
  tftp: 'clear',
  upnp: 'clear',
  dns: 'basic',
  ntp: 'basic',
  icmp: 'basic',
  icmpv6: 'basic',
  arp: 'discovery',
  ndp: 'discovery',
  igmp: 'discovery',
  dhcp: 'discovery',
  dhcpv6: 'discovery',
  mdns: 'discovery',
  llmnr: 'discovery',
  nbns: 'discovery',
  ssdp: 'discovery',
};

/** Of a peer's service, `tcp/443 tls` or `arp`. */
export function mannerOf(service: string): Manner {
  const protocol = service.slice(service.lastIndexOf(' ') + 1);
  return Object.hasOwn(PROTOCOLS, protocol) ? PROTOCOLS[protocol] : 'unknown';
}

/** The one that gives most concern; `unknown` of none. */
export function worstManner(manners: readonly Manner[]): Manner {
  return MANNERS.find((manner) => manners.includes(manner)) ?? 'unknown';
}
