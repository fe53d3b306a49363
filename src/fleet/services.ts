/** The services that a device really offered: somebody asked, and it answered. */
import type { Observation } from '../capture/index.ts';
import type { Device, Service } from './device.ts';

/** Above it ports are handed out by chance; a service there must have been recognised to count. */
const EPHEMERAL_PORT = 32_768;
const SERVICES_MAX = 500;
/** Opened for one transfer or call that was agreed on elsewhere: no service of its own. */
const AGREED_ELSEWHERE = new Set(['ftp_data', 'rtp', 'rtcp']);
const TFTP_PORT = 69;
const DHCP_ANSWERS = new Set(['offer', 'ack', 'nak']);
/** Ports of what is asked of everybody and answered by whoever knows. */
const ANNOUNCED = {
  mdns: { port: 5353, protocol: 'mdns' },
  ssdp: { port: 1900, protocol: 'ssdp' },
  llmnr: { port: 5355, protocol: 'llmnr' },
  nbns: { port: 137, protocol: 'nbns' },
} as const;

interface Offer {
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  protocol: string | undefined;
  readonly clients: Set<number>;
}

/** By port. */
export function servicesOf(device: Pick<Device, 'seen'>): Service[] {
  const offers = new Map<string, Offer>();
  const offer = (
    transport: 'tcp' | 'udp',
    port: number,
    protocol: string | undefined,
    client: number | undefined,
  ): void => {
    const key = `${transport}/${port}`;
    let known = offers.get(key);
    if (!known) {
      if (offers.size >= SERVICES_MAX) return;
      known = { transport, port, protocol, clients: new Set() };
      offers.set(key, known);
    }
    known.protocol ??= protocol;
    if (client !== undefined) known.clients.add(client);
  };
  for (const { observation, role } of device.seen('connection')) {
    if (role !== 'server' || !offered(observation)) continue;
    const { carrier, serverPort, protocol, client } = observation;
    offer(carrier as 'tcp' | 'udp', serverPort, protocol, client);
  }
  // Their questions and answers go to everybody, so no flow between two hosts shows them.
  for (const { observation, role } of device.seen('dhcp')) {
    if (role === 'server' && observation.version === 4 && DHCP_ANSWERS.has(observation.message))
      offer('udp', 67, 'dhcp', observation.client);
  }
  for (const { observation, role } of device.seen('announcement')) {
    if (role !== 'client' || !observation.answer) continue;
    const { port, protocol } = ANNOUNCED[observation.protocol];
    offer('udp', port, protocol, observation.multicast ? undefined : observation.server);
  }
  return [...offers.values()]
    .map(({ clients, ...service }) => ({
      ...service,
      product: productOf(device, service.port),
      clients: clients.size,
    }))
    .sort((a, b) => a.port - b.port);
}

function offered(connection: Observation<'connection'>): boolean {
  const { carrier, serverPort, protocol, established, answered, openingSeen, multicast } =
    connection;
  if (multicast || (carrier !== 'tcp' && carrier !== 'udp')) return false;
  if (protocol !== undefined && AGREED_ELSEWHERE.has(protocol)) return false;
  // A server answers from a port of its own choice, so that the client seems to be called (RFC 1350, 4).
  if (protocol === 'tftp' && serverPort !== TFTP_PORT) return false;
  if (carrier === 'tcp') {
    if (openingSeen) return established > 0;
    return answered > 0 && (protocol !== undefined || serverPort < 1024);
  }
  return answered > 0 && (protocol !== undefined || serverPort < EPHEMERAL_PORT);
}

/** What answers on a port, in its own words. */
function productOf(device: Pick<Device, 'seen'>, port: number): string | undefined {
  const onPort = <K extends 'http' | 'ssh' | 'ftp' | 'mail' | 'sip' | 'rtsp' | 'identification'>(
    kind: K,
  ): Observation<K>[] =>
    device
      .seen(kind)
      .filter(({ observation, role }) => role === 'server' && observation.serverPort === port)
      .map(({ observation }) => observation);
  for (const { product } of onPort('http')) if (product) return product;
  for (const { serverBanner } of onPort('ssh')) if (serverBanner) return serverBanner;
  for (const { banner } of onPort('ftp')) if (banner) return banner;
  for (const { banner } of onPort('mail')) if (banner) return banner;
  for (const { product } of onPort('sip')) if (product) return product;
  for (const { product } of onPort('rtsp')) if (product) return product;
  for (const { maker, model, version, more } of onPort('identification')) {
    const said =
      [maker, model, version].filter(Boolean).join(' ') || more?.product || more?.sysDescr;
    if (said) return said;
  }
  return undefined;
}
