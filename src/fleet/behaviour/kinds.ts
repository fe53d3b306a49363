/**
 * What kind of packet one is, as a number: ARP probe, DHCP request, data to a web server … Ports count as the service
 * they stand for. All kinds are of a closed list, so their number is bounded whatever a capture holds.
 */
import {
  ARP,
  ARP_ANNOUNCEMENT,
  ARP_PROBE,
  ARP_REPLY,
  BROADCAST,
  type Headers,
  ICMP,
  ICMPV6,
  IGMP,
  IPV6,
  MULTICAST,
  placeNames,
  TCP,
  UDP,
} from './headers.ts';

/** Services by port; what several ports stand for has one name. */
const services = [
  'low port',
  'registered port',
  'high port',
  'dynamic port',
  'dns',
  'dhcp',
  'http',
  'https',
  'ntp',
  'ssdp',
  'mdns',
  'llmnr',
  'netbios',
  'mqtt',
  'mqtts',
  'coap',
  'rtsp',
  'ssh',
  'telnet',
  'ftp',
  'tftp',
  'snmp',
  'syslog',
  'modbus',
  'sip',
  'stun',
] as const;
type Service = (typeof services)[number];
export const DNS: number = services.indexOf('dns');
export const DHCP: number = services.indexOf('dhcp');
export const NTP: number = services.indexOf('ntp');
/** The first of those that have a name. */
const FIRST_NAMED = DNS;

const ports: readonly (readonly [Service, ...number[]])[] = [
  ['dns', 53, 853],
  ['dhcp', 67, 68, 546, 547],
  ['http', 80, 8080, 8000, 8008],
  ['https', 443, 8443],
  ['ntp', 123],
  ['ssdp', 1900],
  ['mdns', 5353],
  ['llmnr', 5355],
  ['netbios', 137, 138, 139],
  ['mqtt', 1883],
  ['mqtts', 8883],
  ['coap', 5683, 5684],
  ['rtsp', 554],
  ['ssh', 22],
  ['telnet', 23, 2323],
  ['ftp', 20, 21],
  ['tftp', 69],
  ['snmp', 161, 162],
  ['syslog', 514],
  ['modbus', 502],
  ['sip', 5060, 5061],
  ['stun', 3478],
];

const serviceByPort = new Uint8Array(65_536);
for (let port = 0; port < 65_536; port++)
  serviceByPort[port] = port < 1024 ? 0 : port < 10_000 ? 1 : port < 49_152 ? 2 : 3;
for (const [service, ...numbers] of ports)
  for (const port of numbers) serviceByPort[port] = services.indexOf(service);

/** Which service a port stands for, as a number of `services`. */
export function serviceOf(port: number): number {
  return serviceByPort[port];
}

export const serviceName = (service: number): string => services[service] ?? 'a high port';

/** Whether devices tell their names, addresses and serial numbers in it, so that its length would tell them too. */
export function isNaming(service: number): boolean {
  return NAMING.has(services[service]);
}
const NAMING: ReadonlySet<Service> = new Set(['dhcp', 'ssdp', 'mdns', 'llmnr', 'netbios', 'dns']);

/** The port at which the service of two is: a named one, else the lower one; of a group the one that is sent to. */
export function servicePort({ sourcePort, targetPort, target }: Headers): number {
  if (target === MULTICAST || target === BROADCAST) return targetPort;
  const isSource = serviceByPort[sourcePort] >= FIRST_NAMED;
  const isTarget = serviceByPort[targetPort] >= FIRST_NAMED;
  if (isSource !== isTarget) return isSource ? sourcePort : targetPort;
  return Math.min(sourcePort, targetPort);
}

/** What a TCP segment is for. */
const SEGMENTS = [
  'opening',
  'opening answered',
  'reset',
  'end',
  'acknowledgement',
  'data',
] as const;
export const SYN = 0;
export const SYN_ACK = 1;
const RESET = 2;
const END = 3;
const ACK = 4;
export const DATA = 5;

export function segmentOf({ flags, payloadBytes }: Headers): number {
  if ((flags & 2) !== 0) return (flags & 16) !== 0 ? SYN_ACK : SYN;
  if ((flags & 4) !== 0) return RESET;
  if (payloadBytes > 0) return DATA;
  return (flags & 1) !== 0 ? END : ACK;
}

// A kind is family (4 bits), what (8 bits), detail (8 bits), in one number.
const OTHER_FRAME = 0;
const ARP_KIND = 1;
const TCP_KIND = 2;
const UDP_KIND = 3;
const ICMP_KIND = 4;
const ICMPV6_KIND = 5;
const IGMP_KIND = 6;
const DHCP_KIND = 7;
const IP_KIND = 8;
const TAIL_KIND = 9;

const kind = (family: number, what: number, detail = 0): number =>
  (family << 16) | ((what & 255) << 8) | (detail & 255);

const EAPOL = 0x888e;
export const KIND_ARP_PROBE: number = kind(ARP_KIND, ARP_PROBE);
export const KIND_ARP_ANNOUNCEMENT: number = kind(ARP_KIND, ARP_ANNOUNCEMENT);
export const KIND_ARP_REQUEST: number = kind(ARP_KIND, 0);
export const KIND_DHCP_DISCOVER: number = kind(DHCP_KIND, 1);
export const KIND_DHCP_REQUEST: number = kind(DHCP_KIND, 3);
export const KIND_EAPOL: number = kind(OTHER_FRAME, 1);
/** Whatever a DHCP server says: what a client receives. */
export const KIND_DHCP_ANSWER: number = kind(UDP_KIND, DHCP);

/**
 * The kind of a packet.
 * @param peer - place of the other side.
 * @param isServer - of TCP: the device serves the connection.
 */
export function packetKind(headers: Headers, peer: number, isServer: boolean): number {
  const { protocol, etherType, bytes, transport } = headers;
  if (protocol < 0) return frameKind(etherType, headers.arp);
  if (headers.isTail) return kind(TAIL_KIND, protocol);
  switch (protocol) {
    case TCP: {
      const what = segmentOf(headers);
      const service = what === DATA ? serviceOf(servicePort(headers)) : 0;
      return kind(TCP_KIND, what | (isServer ? 16 : 0), service);
    }
    case UDP: {
      const service = serviceOf(servicePort(headers));
      // Named services are told by their name; others by where they go as well.
      return kind(UDP_KIND, service, service >= FIRST_NAMED ? 0 : peer + 1);
    }
    case ICMP:
      return kind(ICMP_KIND, bytes[transport]);
    case ICMPV6:
      return kind(ICMPV6_KIND, bytes[transport]);
    case IGMP:
      return kind(IGMP_KIND, bytes[transport]);
    default:
      return kind(IP_KIND, protocol, etherType === IPV6 ? 6 : 4);
  }
}

/** @param message - the value of DHCP option 53. */
export const dhcpKind = (message: number): number => kind(DHCP_KIND, message);

function frameKind(etherType: number, arp: number): number {
  if (etherType === ARP) return kind(ARP_KIND, arp);
  if (etherType === EAPOL) return KIND_EAPOL;
  return kind(OTHER_FRAME, etherType < 0x600 ? 2 : 0);
}

const DHCP_MESSAGES = ['message', 'discover', 'offer', 'request', 'decline', 'ack', 'nak'];
const ARP_NAMES = ['request', 'reply', 'probe', 'announcement'];

/** In words: `dhcp discover`, `tcp data to https`. */
export function kindName(number: number): string {
  const what = (number >>> 8) & 255;
  const detail = number & 255;
  switch (number >>> 16) {
    case ARP_KIND:
      return `arp ${ARP_NAMES[what === ARP_REPLY ? 1 : what]}`;
    case TCP_KIND: {
      const role = (what & 16) !== 0 ? 'as server' : 'as client';
      const segment = SEGMENTS[what & 15];
      return (what & 15) === DATA
        ? `tcp data of ${services[detail]} ${role}`
        : `tcp ${segment} ${role}`;
    }
    case UDP_KIND:
      return detail === 0 ? services[what] : `udp ${services[what]}, ${placeNames[detail - 1]}`;
    case ICMP_KIND:
      return `icmp ${what}`;
    case ICMPV6_KIND:
      return `icmpv6 ${what}`;
    case IGMP_KIND:
      return `igmp 0x${what.toString(16)}`;
    case DHCP_KIND:
      return `dhcp ${DHCP_MESSAGES[what] ?? what}`;
    case IP_KIND:
      return `ip protocol ${what}`;
    case TAIL_KIND:
      return `fragment of ip protocol ${what}`;
    default:
      return what === 1 ? 'eapol' : what === 2 ? 'llc frame' : 'other frame';
  }
}
