/**
 * AN-09: an SSH host key is shared by two or more devices, or is publicly known.
 * Decided from the host key in the server's key-exchange reply (RFC 4253, 8), which is the only place that shows it.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { productOfSshKey } from '../data/known-ssh-keys.ts';
import { proofs } from '../proofs.ts';
import { namesOf, sharersOf } from '../sharing.ts';

export const sharedSshKey = control({
  id: 'AN-09',
  practice: 'authentication',
  severity: 'critical',
  title: 'SSH host key is shared or publicly known',
  why: 'Who holds the same key can pose as this device and read or change what is sent to it.',
  fix: 'Have every unit generate its own host key at first start, and never put keys into the image. Replace this key and its entry at the clients.',
  provisions: {
    'etsi-303645:2.1.1': ['5.4-4'],
    'etsi-303645:3.1.3': ['5.4-4'],
    'eu-cra:2024-2847': ['I(2)(d)', 'I(2)(e)'],
    'nistir-8259a:2020': ['DI', 'DP'],
    'owasp-iot-top10:2018': ['I1'],
    'owasp-isvs:1.0': ['2.4.1'],
  },
  floor: { sessions: 1 },
  parameters: {},
  evaluate(device, network) {
    const sessions = device.seen('ssh').filter(({ role }) => role === 'server');
    if (sessions.length === 0) return notSeen();
    const judged = sessions.filter(({ observation }) => observation.hostKey !== undefined);
    if (judged.length === 0)
      return notVisible('The key-exchange reply that holds the host key was not in view.');

    const shared = sharersOf(device, network, 'AN-09', hostKeys);
    const failing = judged.filter(
      ({ observation: { hostKey = '' } }) =>
        shared.has(hostKey) || productOfSshKey(hostKey) !== undefined,
    );
    if (failing.length === 0) return pass(judged.length);
    return fail(
      judged.length,
      proofs(network, failing, ({ observation: { hostKey = '', hostKeyType, serverBanner } }) => ({
        host_key: hostKey,
        type: hostKeyType,
        banner: serverBanner,
        known_from: productOfSshKey(hostKey),
        shared_with: shared.has(hostKey) ? namesOf(shared.get(hostKey)!) : undefined,
      })),
      { note: noteOn(failing, shared) },
    );
  },
});

function* hostKeys(device: Device): Generator<string> {
  for (const { role, observation } of device.seen('ssh')) {
    if (role === 'server' && observation.hostKey !== undefined) yield observation.hostKey;
  }
}

function noteOn(
  failing: readonly Sighting<'ssh'>[],
  shared: ReadonlyMap<string, readonly Device[]>,
): string {
  const keys = failing.map(({ observation }) => observation.hostKey ?? '');
  const product = keys.map(productOfSshKey).find((name) => name !== undefined);
  if (product !== undefined)
    return `The private half of this key is public: it was shipped with ${product}.`;
  return `The same key is on ${namesOf([...new Set(keys.flatMap((key) => shared.get(key) ?? []))])}.`;
}
