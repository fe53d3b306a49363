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

/** Fields by lower-case name, made once for each announcement. */
const loweredFields = new WeakMap<object, ReadonlyMap<string, string>>();

/** The first of these TXT values or SSDP headers that is there; the case of names does not matter (RFC 6763, 6.4). */
export function fieldOf(
  { fields }: Pick<Observation<'announcement'>, 'fields'>,
  ...names: readonly string[]
): string | undefined {
  let lowered = loweredFields.get(fields);
  if (!lowered) {
    lowered = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
    loweredFields.set(fields, lowered);
  }
  for (const name of names) {
    const value = lowered.get(name);
    if (value) return value;
  }
  return undefined;
}
