/**
 * AN-14: two devices are signed in under one MQTT client id at the same time.
 * Decided from accepted sessions at one broker that overlap for longer than both keep-alives: a device that moves to
 * another network leaves its old session behind for so long at most (MQTT 3.1.1, 3.1.2.10). Addresses of one device
 * are one device.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import { areSeparate, namesOf } from '../sharing.ts';

export const clientIdClash = control({
  id: 'AN-14',
  practice: 'authentication',
  severity: 'high',
  title: 'MQTT client id used by two devices at once',
  why: 'A copied identity lets one device act as another, and each throws the other off the broker.',
  fix: 'Give every device a client id of its own, bound to its certificate or account at the broker. Find out which of the two is the copy.',
  provisions: {
    'etsi-303645:2.1.1': ['5.4-4'],
    'etsi-303645:3.1.3': ['5.4-4'],
    'eu-cra:2024-2847': ['I(2)(d)'],
    'nistir-8259a:2020': ['DI'],
    'owasp-isvs:1.0': ['2.1.2'],
    'iec-62443-4-2:2019': ['CR 1.4'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {
    /** Overlap that is allowed where a session has no keep-alive, in seconds. */
    overlapMax_s: 60,
  },
  evaluate(device, network, { overlapMax_s }) {
    const judged = device.seen('mqtt').filter((session) => keyOf(session) !== undefined);
    if (judged.length === 0) return notSeen();
    const users = network.sharing('AN-14', clientIds);
    const clashes = new Map<Sighting<'mqtt'>, Device>();
    for (const session of judged) {
      for (const other of users.get(keyOf(session)!) ?? []) {
        if (!areSeparate(device, other)) continue;
        const theirs = sessionsOf(other).get(keyOf(session)!) ?? [];
        if (theirs.some((one) => overlaps(session, one, overlapMax_s))) clashes.set(session, other);
      }
    }
    if (clashes.size === 0) return pass(judged.length);
    return fail(
      judged.length,
      proofs(network, [...clashes.keys()], (session) => ({
        client_id: session.observation.clientId,
        keep_alive: session.observation.keepAlive_s,
        duration_s: Math.round(session.observation.to - session.observation.from),
        also_used_by: namesOf([clashes.get(session)!]),
      })),
      { note: `At the same time ${namesOf([...new Set(clashes.values())])} used this client id.` },
    );
  },
});

const clientIds = (device: Device): Iterable<string> => sessionsOf(device).keys();

const sessions = new WeakMap<Device, ReadonlyMap<string, readonly Sighting<'mqtt'>[]>>();

/** A device's sessions by broker and client id. */
function sessionsOf(device: Device): ReadonlyMap<string, readonly Sighting<'mqtt'>[]> {
  const known = sessions.get(device);
  if (known) return known;
  const byKey = Map.groupBy(
    device.seen('mqtt').filter((session) => keyOf(session) !== undefined),
    (session) => keyOf(session)!,
  );
  sessions.set(device, byKey);
  return byKey;
}

/** Broker and client id of an accepted session of a client that names itself. */
function keyOf({ role, peer, observation }: Sighting<'mqtt'>): string | undefined {
  const { clientId, returnCode, messages } = observation;
  const accepted = returnCode === 0 || (returnCode === undefined && messages > 0);
  return role === 'client' && clientId !== '' && accepted ? `${peer.host}\n${clientId}` : undefined;
}

function overlaps(
  { observation: one }: Sighting<'mqtt'>,
  { observation: other }: Sighting<'mqtt'>,
  overlapMax_s: number,
): boolean {
  const allowed_s = Math.max(
    patience_s(one.keepAlive_s, overlapMax_s),
    patience_s(other.keepAlive_s, overlapMax_s),
  );
  return (one.sessions ?? [one]).some((a) =>
    (other.sessions ?? [other]).some(
      (b) => Math.min(a.to, b.to) - Math.max(a.from, b.from) > allowed_s,
    ),
  );
}

/** How long a broker waits for a silent client: one and a half keep-alives. */
const patience_s = (keepAlive_s: number, without_s: number): number =>
  keepAlive_s > 0 ? keepAlive_s * 1.5 : without_s;
