/** What a device announces of itself, apart from what it passes on for others. */
import { parseIpv4 } from '../base/index.ts';
import type { Observation } from '../capture/index.ts';
import type { Device, Sighting } from './device.ts';

/**
 * Announcements (mDNS, SSDP, NetBIOS, LLMNR) of the device itself. A reflector or a sleep proxy sends others' records:
 * their addresses are not its own.
 */
export function ownAnnouncements(
  device: Pick<Device, 'seen' | 'addresses'>,
): Sighting<'announcement'>[] {
  const own = new Set(device.addresses);
  const hasIpv4 = device.addresses.some((address) => parseIpv4(address) !== undefined);
  return device.seen('announcement').filter(({ role, observation }) => {
    if (role !== 'client') return false;
    const { addresses = [] } = observation;
    // A record of the other family may well be its own, though it never spoke it here.
    const comparable = hasIpv4 && addresses.some((address) => parseIpv4(address) !== undefined);
    return !comparable || addresses.some((address) => own.has(address));
  });
}

/** A TXT value or SSDP header by its name, whose case does not matter (RFC 6763, 6.4). */
export function fieldOf(
  { fields }: Pick<Observation<'announcement'>, 'fields'>,
  ...names: readonly string[]
): string | undefined {
  for (const name of names) {
    const exact = fields[name];
    if (exact) return exact;
  }
  for (const [name, value] of Object.entries(fields)) {
    if (value && names.includes(name.toLowerCase())) return value;
  }
  return undefined;
}
