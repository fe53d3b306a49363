/**
 * AN-15: a device may read everything at a broker, or what other devices of its kind report.
 * Decided from subscriptions that the broker granted (SUBACK below 0x80). Too broad is a filter of wildcards alone;
 * or, for a device that publishes below its own client id, the same place in the topic with another client's id or a
 * wildcard. Who only reads (a dashboard, a hub) is judged by the first rule alone; `$SYS` is not covered by `#`.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import type { EvidenceFields } from '../evidence.ts';
import { proofs } from '../proofs.ts';

/** SUBACK codes from here on are refusals. */
const REFUSED_MIN = 0x80;
const COLLECTORS = /hub|bridge|gateway|controller|server/i;

type Session = Sighting<'mqtt'>;
type Subscription = Session['observation']['subscriptions'][number];

export const broadSubscription = control({
  id: 'AN-15',
  practice: 'authentication',
  severity: 'medium',
  title: 'MQTT client may read everything at the broker',
  why: 'One captured device then listens to all the others.',
  fix: 'Give each client a list of topics at the broker that holds its own and no others.',
  provisions: {
    'etsi-303645:2.1.1': ['5.6-7'],
    'etsi-303645:3.1.3': ['5.6-7'],
    'eu-cra:2024-2847': ['I(2)(d)', 'I(2)(j)'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I3'],
    'owasp-isvs:1.0': ['4.2.2'],
    'iec-62443-4-2:2019': ['CR 2.1'],
  },
  floor: { sessions: 3, hours: 24 },
  exempt: ['gateway', 'hub', 'scanner'],
  parameters: {},
  evaluate(device, network) {
    const sessions = device
      .seen('mqtt')
      .filter(({ role, observation }) => role === 'client' && observation.subscriptions.length > 0);
    if (sessions.length === 0) return notSeen();
    if (device.roles.includes('gateway') || COLLECTORS.test(device.type ?? '')) {
      return notSeen('Not judged: it collects for others.');
    }
    const answered = sessions.filter(({ observation }) =>
      observation.subscriptions.some(({ granted }) => granted !== undefined),
    );
    if (answered.length === 0) return notVisible('No answer to a SUBSCRIBE was in view.');
    const tooBroad = new Map<Session, Subscription>();
    for (const session of answered) {
      const { subscriptions } = session.observation;
      const found = subscriptions.find(
        ({ filter, granted = REFUSED_MIN }) =>
          granted < REFUSED_MIN && (readsAll(filter) || readsPeers(filter, session)),
      );
      if (found) tooBroad.set(session, found);
    }
    if (tooBroad.size === 0) return pass(answered.length);
    return fail(
      answered.length,
      proofs(network, [...tooBroad.keys()], (session) => fieldsOf(session, tooBroad.get(session)!)),
    );
  },
});

const fieldsOf = ({ observation }: Session, { filter, granted }: Subscription): EvidenceFields => ({
  client_id: observation.clientId,
  topic_filter: filter,
  granted_qos: granted,
});

/** `#`, `+/#`, `+/+/#`, also within a shared subscription (MQTT 5, 4.8.2). */
function readsAll(filter: string): boolean {
  return /^(\$share\/[^/]+\/)?(\+\/)*#$/.test(filter);
}

/** The client publishes below its own id and subscribes to the same place of others. */
function readsPeers(filter: string, session: Session): boolean {
  const { clientId, published } = session.observation;
  if (clientId === '') return false;
  const wanted = filter.split('/');
  for (const topic of published.keys()) {
    const own = topic.split('/');
    const place = own.indexOf(clientId);
    if (place <= 0 || !own.slice(0, place).every((level, i) => wanted[i] === level)) continue;
    const there = wanted[place];
    if (there === '+' || there === '#') return true;
    if (there !== undefined && there !== clientId && isOtherClient(there, session)) return true;
  }
  return false;
}

const clientIds = new WeakMap<Device, ReadonlySet<string>>();

/** Another client signed in at the same broker under this id. */
function isOtherClient(id: string, { peer: { device: broker } }: Session): boolean {
  if (!broker) return false;
  let known = clientIds.get(broker);
  if (!known) {
    const sessions = broker.seen('mqtt').filter(({ role }) => role === 'server');
    known = new Set(sessions.map(({ observation }) => observation.clientId));
    clientIds.set(broker, known);
  }
  return known.has(id);
}
