/**
 * MO-01: the device scans: many new destinations on one port within a minute, most of which never answer.
 * Decided from the largest burst of first contacts of each port; multicast is not contact. Who is answered (a pool
 * of time servers, a content network) does not scan; a hub that looks for its own things stays within the network.
 * Where nothing came back to anybody, the capture may hold one direction only.
 */
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

export const scanning = control({
  id: 'MO-01',
  practice: 'monitoring',
  severity: 'critical',
  title: 'Scans other hosts',
  why: 'A device that tries many addresses in a row is most often infected and looking for its next victim.',
  fix: 'Take the device off the network, reset it to factory state and update it before it returns. If it scans by order, mark it as scanner in the expectations.',
  provisions: {
    'etsi-303645:2.1.1': ['5.10-1'],
    'etsi-303645:3.1.3': ['5.10-1'],
    'eu-cra:2024-2847': ['I(2)(i)'],
    'iec-62443-4-2:2019': ['CR 6.2'],
  },
  floor: { hours: 24 },
  exempt: ['scanner'],
  parameters: { destinationsMin: 30, unansweredShareMin: 0.8 },
  evaluate(device, network, { destinationsMin, unansweredShareMin }) {
    const bursts = device.seen('fan_out').filter(({ role }) => role === 'client');
    const contacts = device.seen('connection').filter(({ role }) => role === 'client');
    if (bursts.length === 0 && contacts.length === 0) return notSeen();
    const scans = bursts.filter(
      ({ observation: o }) =>
        o.destinations >= destinationsMin &&
        o.unanswered >= unansweredShareMin * o.destinations &&
        !isHubDiscovery(device, o.outside),
    );
    if (scans.length === 0) return pass(Math.max(contacts.length, bursts.length));
    if (nobodyAnswers(contacts) && isOneWay(device, network)) {
      return notVisible(
        'no answer to the device is in the capture, which may hold one direction only',
      );
    }
    const proof = scans.map(({ observation: o }) =>
      evidence(network, o, {
        carrier: o.carrier,
        port: o.port,
        destinations: o.destinations,
        unanswered: o.unanswered,
        window_s: o.window_s,
        public_destinations: o.outside,
        destinations_in_all: o.total,
      }),
    );
    return fail(scans.length, proof);
  },
});

/** Hubs look through their own network for things to control. */
function isHubDiscovery(device: Device, outside: number | undefined): boolean {
  const isHub = device.expected?.marks.includes('hub') || /\bhub\b|bridge/i.test(device.type ?? '');
  return isHub && outside === 0;
}

/** Nobody else is answered either. */
function isOneWay(device: Device, { devices }: Network): boolean {
  return devices.every((other) => other === device || other.packetsReceived === 0);
}

/** One-directional captures have no answer to anything, lookups and sessions included. */
function nobodyAnswers(contacts: readonly Sighting<'connection'>[]): boolean {
  return contacts.every(({ observation: o }) => o.packetCount[1] === 0);
}
