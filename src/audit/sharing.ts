/**
 * Which devices really share a key or a credential. One machine may be in the inventory twice: by an address of each
 * family where the capture has no Ethernet header, or as the gateway that forwards its port.
 */
import { scopeOf } from '../base/index.ts';
import type { Device, Network } from '../fleet/index.ts';

/** Others that are named for one key. */
const SHARERS_MAX = 64;

/**
 * For each key that `device` shares, at most SHARERS_MAX other devices that have it and cannot be the same machine.
 * @param name - of the question, unique: answers are kept a run.
 */
export function sharersOf(
  device: Device,
  network: Network,
  name: string,
  keysOf: (device: Device) => Iterable<string>,
): ReadonlyMap<string, readonly Device[]> {
  const shared = network.sharing(name, keysOf);
  const mine = new Map<string, readonly Device[]>();
  for (const key of new Set(keysOf(device))) {
    const others: Device[] = [];
    for (const other of shared.get(key) ?? []) {
      if (areSeparate(device, other)) others.push(other);
      if (others.length >= SHARERS_MAX) break;
    }
    if (others.length > 0) mine.set(key, others);
  }
  return mine;
}

/** Two devices of the same fleet that are certainly not one machine. */
export function areSeparate(one: Device, other: Device): boolean {
  if (one.id === other.id || forwards(one) || forwards(other)) return false;
  if (!isOnSite(one) || !isOnSite(other)) return false;
  if (one.mac !== undefined && other.mac !== undefined) return true;
  // Without both MACs only two addresses of one family tell two machines apart.
  return one.addresses.some((address) =>
    other.addresses.some((theirs) => address.includes(':') === theirs.includes(':')),
  );
}

/** A port forwarded by a gateway shows the key of the machine behind it. */
const forwards = (device: Device): boolean => device.roles.includes('gateway');

/** Servers on the internet share keys and credentials as they please. */
const isOnSite = (device: Device): boolean =>
  device.mac !== undefined || device.addresses.some((address) => scopeOf(address) !== 'public');

/** `camera (192.168.1.20)` of each, for notes; at most five. */
export function namesOf(devices: readonly Device[]): string {
  const named = devices
    .slice(0, 5)
    .map((device) => device.names[0]?.name ?? device.addresses[0] ?? device.id);
  const more = devices.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}
