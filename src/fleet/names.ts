/** The names that a device goes by, best first: what it calls itself, before what others call it. */
import { ownAnnouncements } from './announcements.ts';
import type { Device, DeviceName } from './device.ts';

const NAMES_MAX = 16;
/** What networks at home or at work append to the names of their own. */
const LOCAL_ENDINGS =
  /\.(local|lan|home|home\.arpa|localdomain|internal|intranet|corp|private|fritz\.box)$/;

/** Names that say nothing, or that belong to nobody. */
const MEANINGLESS = /^(localhost|localhost\..*|\(none\)|none|null|unknown|default|_gateway|gw)$/;

type Named = Pick<Device, 'seen' | 'addresses' | 'mac'>;

/** @param lookedUp - names that the capture's DNS answers give to the device's own addresses. */
export function deviceNames(device: Named, lookedUp: readonly string[] = []): DeviceName[] {
  const names = new Map<string, DeviceName>();
  const add = (name: string | undefined, source: DeviceName['source']): void => {
    const text = name?.trim().replace(/\.$/, '') ?? '';
    const key = text.toLowerCase().replace(LOCAL_ENDINGS, '');
    if (key === '' || names.size >= NAMES_MAX || looksLikeAddress(text)) return;
    if (!MEANINGLESS.test(key) && !names.has(key)) names.set(key, { name: text, source });
  };
  for (const { observation } of device.seen('dhcp')) {
    // Servers repeat the client's name in what they grant; it is the client's too, by its MAC.
    const ofClient = observation.clientMac === undefined || observation.clientMac === device.mac;
    const granted = observation.message !== 'offer' && observation.message !== 'nak';
    if (ofClient && granted) add(observation.hostName, 'dhcp');
  }
  const own = ownAnnouncements(device);
  for (const { observation } of own) {
    const { protocol, hostName } = observation;
    if (protocol !== 'ssdp') add(hostName, protocol);
  }
  for (const { observation, role } of device.seen('http')) {
    if (role === 'server') add(observation.upnpDescription?.friendlyName, 'ssdp');
  }
  for (const { observation } of own) {
    if (observation.protocol === 'mdns') add(observation.instance, 'mdns');
  }
  for (const { observation, role } of device.seen('identification')) {
    if (role === 'server') add(observation.name, 'identification');
  }
  const logged = device.seen('syslog').filter(({ role }) => role === 'client');
  // Who sends the logs of several hosts hands on those of others.
  if (new Set(logged.map(({ observation }) => observation.hostName)).size === 1)
    add(logged[0]?.observation.hostName, 'syslog');
  for (const { observation, role } of device.seen('tls')) {
    if (role !== 'server') continue;
    const name = observation.certificates[0]?.names[0];
    if (name !== undefined && !name.startsWith('*')) add(name, 'tls');
  }
  for (const { observation, role } of device.seen('http')) {
    if (role !== 'server') continue;
    const host = observation.host?.replace(/:\d+$/, '').toLowerCase();
    if (host !== undefined && isLocalName(host)) add(host, 'http');
  }
  for (const name of lookedUp) if (isLocalName(name)) add(name, 'dns');
  return [...names.values()];
}

/** Of the network itself: the world's names lead to a device where a portal or a proxy answers in their place. */
function isLocalName(name: string): boolean {
  return !name.includes('.') || LOCAL_ENDINGS.test(name);
}

function looksLikeAddress(text: string): boolean {
  return (
    /^[\d.]+$/.test(text) ||
    /^\[?[0-9a-f]{0,4}([:-][0-9a-f]{0,4}){2,}\]?$/i.test(text) ||
    /\.arpa$/i.test(text.replace(/\.home\.arpa$/i, ''))
  );
}
