/** The services that a device really offered: somebody asked, and it answered. */
import type { Observation } from '../capture/index.ts';
import type { Device, Service } from './device.ts';

/** Above it ports are handed out by chance; a service there must have been recognised to count. */
const EPHEMERAL_PORT = 32_768;
const SERVICES_MAX = 500;

export function servicesOf(device: Pick<Device, 'seen'>): Service[] {
  const services = new Map<string, { service: Service; clients: Set<number> }>();
  for (const { observation, role } of device.seen('connection')) {
    if (role !== 'server' || !offered(observation)) continue;
    const { carrier, serverPort, protocol } = observation;
    const key = `${carrier}/${serverPort}`;
    const known = services.get(key);
    if (known) {
      known.clients.add(observation.client);
      if (known.service.protocol === undefined && protocol !== undefined) {
        known.service = { ...known.service, protocol };
      }
    } else if (services.size < SERVICES_MAX) {
      const service: Service = {
        transport: carrier as 'tcp' | 'udp',
        port: serverPort,
        protocol,
        product: productOf(device, serverPort),
        clients: 0,
      };
      services.set(key, { service, clients: new Set([observation.client]) });
    }
  }
  return [...services.values()]
    .map(({ service, clients }) => ({ ...service, clients: clients.size }))
    .sort((a, b) => a.port - b.port);
}

function offered(connection: Observation<'connection'>): boolean {
  const { carrier, serverPort, protocol, established, answered, openingSeen, multicast } =
    connection;
  if (multicast || (carrier !== 'tcp' && carrier !== 'udp')) return false;
  if (carrier === 'tcp') {
    if (openingSeen) return established > 0;
    return answered > 0 && (protocol !== undefined || serverPort < 1024);
  }
  return answered > 0 && (protocol !== undefined || serverPort < EPHEMERAL_PORT);
}

/** What answers on a port, in its own words. */
function productOf(device: Pick<Device, 'seen'>, port: number): string | undefined {
  const onPort = <K extends 'http' | 'ssh' | 'ftp'>(kind: K): Observation<K>[] =>
    device
      .seen(kind)
      .filter(({ observation, role }) => role === 'server' && observation.serverPort === port)
      .map(({ observation }) => observation);
  for (const { product } of onPort('http')) if (product) return product;
  for (const { serverBanner } of onPort('ssh')) if (serverBanner) return serverBanner;
  for (const { banner } of onPort('ftp')) if (banner) return banner;
  return undefined;
}
