/** The names that a device goes by, best first: what it calls itself, before what others call it. */
import type { Device, DeviceName } from './device.ts';

const NAMES_MAX = 16;

/** Names of a device from its sightings. */
export function deviceNames(device: Pick<Device, 'seen' | 'addresses' | 'mac'>): DeviceName[] {
  const names = new Map<string, DeviceName>();
  const add = (name: string | undefined, source: DeviceName['source']): void => {
    const text = name?.trim().replace(/\.$/, '') ?? '';
    if (text === '' || names.size >= NAMES_MAX || looksLikeAddress(text)) return;
    const key = text.toLowerCase().replace(/\.(local|lan|home|fritz\.box|localdomain)$/, '');
    if (!names.has(key)) names.set(key, { name: text, source });
  };
  for (const { observation } of device.seen('dhcp')) {
    if (observation.clientMac === undefined || observation.clientMac === device.mac) {
      if (isOwnMessage(observation.message)) add(observation.hostName, 'dhcp');
    }
  }
  const own = device.seen('announcement').filter(({ role }) => role === 'client');
  for (const { observation } of own) {
    if (observation.protocol === 'mdns') add(observation.hostName, 'mdns');
    if (observation.protocol === 'nbns' || observation.protocol === 'llmnr') {
      add(observation.hostName, observation.protocol);
    }
  }
  for (const { observation, role } of device.seen('http')) {
    if (role === 'server') add(observation.upnpDescription?.friendlyName, 'ssdp');
  }
  for (const { observation } of own) {
    if (observation.protocol === 'mdns') add(observation.instance, 'mdns');
  }
  for (const { observation, role } of device.seen('tls')) {
    if (role !== 'server') continue;
    const name = observation.certificates[0]?.names[0];
    if (name !== undefined && !name.startsWith('*')) add(name, 'tls');
  }
  return [...names.values()];
}

/** Servers repeat the client's name in answers; those count as the client's too, by its MAC. */
function isOwnMessage(message: string): boolean {
  return message !== 'offer' && message !== 'nak';
}

function looksLikeAddress(text: string): boolean {
  return /^[\d.]+$/.test(text) || /^[0-9a-f:]+:[0-9a-f:]+$/i.test(text);
}
