/**
 * AN-03: the same credential opens two or more devices, or two devices use one account of a message broker.
 * Decided from accepted sign-ins in clear, compared by keyed hash. What a factory puts into every unit is critical.
 * Devices of different makers cannot have got one password from a factory, so somebody chose it: medium. Two
 * clients with one account at one broker are medium too: the account was made by whoever runs the broker.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass, type Severity } from '../control.ts';
import { BROKERS, carriesPassword, isAnonymous } from '../credentials.ts';
import { isDefaultCredential } from '../data/default-credentials.ts';
import { proofs } from '../proofs.ts';
import { namesOf, sharersOf } from '../sharing.ts';

export const sharedCredential = control({
  id: 'AN-03',
  practice: 'authentication',
  severity: 'critical',
  title: 'Same credential on several devices',
  why: 'Whoever learns the password of one device has the password of them all.',
  fix: 'Give every device and every client an account of its own, with a password that no other has.',
  provisions: {
    'etsi-303645:2.1.1': ['5.1-1'],
    'etsi-303645:3.1.3': ['5.1-1'],
    'eu-cra:2024-2847': ['I(2)(b)', 'I(2)(d)'],
    'uk-psti:2023': ['Sch1-1'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I1'],
    'owasp-isvs:1.0': ['2.1.10'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const logins = device
      .seen('login')
      .filter(({ observation }) => observation.outcome === 'accepted');
    if (logins.length === 0) return notSeen();
    const judged = logins.filter((login) => keyOf(login) !== undefined);
    if (judged.length === 0)
      return notVisible('The accepted sign-ins show no password to compare.');

    const shared = sharersOf(device, network, 'AN-03', keysOf);
    const failing = judged.filter((login) => shared.has(keyOf(login)!));
    if (failing.length === 0) return pass(judged.length);
    const others = [...new Set(failing.flatMap((login) => shared.get(keyOf(login)!) ?? []))];
    return fail(
      judged.length,
      proofs(network, failing, (login) => ({
        protocol: login.observation.protocol,
        method: login.observation.method,
        user: login.observation.user ?? '',
        password: login.observation.secret?.hash,
        shared_with: namesOf(shared.get(keyOf(login)!) ?? []),
      })),
      { severity: gravest(device, failing, shared), note: `Shared with ${namesOf(others)}.` },
    );
  },
});

function gravest(
  device: Device,
  failing: readonly Sighting<'login'>[],
  shared: ReadonlyMap<string, readonly Device[]>,
): Severity {
  const fromFactory = failing.some((login) => {
    if (login.role === 'client') return false;
    const { user, secret } = login.observation;
    if (secret && isDefaultCredential(user ?? '', secret.reveal())) return true;
    return (shared.get(keyOf(login)!) ?? []).some((other) => !differentMakers(device, other));
  });
  return fromFactory ? 'critical' : 'medium';
}

const differentMakers = (one: Device, other: Device): boolean =>
  one.vendor !== undefined && other.vendor !== undefined && one.vendor !== other.vendor;

function* keysOf(device: Device): Generator<string> {
  for (const login of device.seen('login')) {
    const key = keyOf(login);
    if (key !== undefined) yield key;
  }
}

/** What two devices must have alike; undefined where nothing can be compared (a token may be good at many servers). */
function keyOf({ observation, role, peer }: Sighting<'login'>): string | undefined {
  const { protocol, user, secret, outcome } = observation;
  if (outcome !== 'accepted' || !carriesPassword(observation)) return undefined;
  if (!secret?.length || isAnonymous(user)) return undefined;
  const credential = `${user ?? ''}\n${secret.hash}`;
  if (role === 'server') return `server\n${credential}`;
  return BROKERS.has(protocol) ? `client of ${peer.host}\n${credential}` : undefined;
}
