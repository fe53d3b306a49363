/** Who manages whom by SNMP and with what credential, whether it is answered, and what the agent says it is. */
import type { SnmpEvent, SnmpMessageEvent } from '../decode/snmp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, type Parties, type SnmpFields } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { maskIn } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** Requests of one flow that wait for their responses. */
const WAITING_MAX = 64;

interface Waiting {
  readonly event: SnmpMessageEvent;
  readonly operation: SnmpFields['operation'];
  readonly parties: Parties;
  readonly at: PacketRef;
}
/** By the number that the response repeats. */
type Session = Map<number, Waiting>;

const AGENT_PORT = 161;
const WRITES = new Set(['set_request']);
const NOTIFICATIONS = new Set(['trap_v1', 'trap_v2', 'inform_request']);
const ANSWERS = new Set(['response', 'report']);
const ACCESS_ERRORS = new Set(['NoAccess', 'AuthorizationError']);
/** Counter of the reports by which an agent tells its engine to who does not know it yet (RFC 3414, 4). */
const UNKNOWN_ENGINE = '1.3.6.1.6.3.15.1.1.4.0';

export const snmpObserver: Observer = {
  protocols: ['snmp'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as SnmpEvent;
    if (event.event === 'malformed') return;
    flow.session ??= new Map() satisfies Session;
    const session = flow.session as Session;
    const number = event.message_id ?? event.request_id ?? -1;
    if (ANSWERS.has(event.event) || isEncryptedAnswer(session, event, number, direction, flow)) {
      answer(session, event, number, senderAsServer(flow, direction), at, into);
      return;
    }
    const parties = senderAsClient(flow, direction);
    const operation = WRITES.has(event.event)
      ? 'write'
      : NOTIFICATIONS.has(event.event)
        ? 'notify'
        : 'read';
    if (event.event.startsWith('trap')) {
      note(into, { event, operation, parties, at }, 'unanswered');
      return;
    }
    // The same once more waits for the same answer.
    if (session.get(number)?.event.event === event.event) return;
    settle(session, number, into);
    if (session.size >= WAITING_MAX)
      for (const oldest of session.keys()) {
        settle(session, oldest, into);
        break;
      }
    session.set(number, { event, operation, parties, at });
  },

  close(flow: Flow, _at: PacketRef, into: Observations): void {
    const session = flow.session as Session | undefined;
    if (session) for (const number of session.keys()) settle(session, number, into);
  },
};

/** What is encrypted shows that it answers by its number, or by the port that it comes from. */
function isEncryptedAnswer(
  session: Session,
  event: SnmpMessageEvent,
  number: number,
  direction: Direction,
  flow: Flow,
): boolean {
  if (event.event !== 'encrypted') return false;
  const asked = session.get(number)?.parties;
  const { client, serverPort } = senderAsServer(flow, direction);
  return asked ? client === asked.client : serverPort === AGENT_PORT;
}

function answer(
  session: Session,
  event: SnmpMessageEvent,
  number: number,
  parties: Parties,
  at: PacketRef,
  into: Observations,
): void {
  if (event.vars?.[0] === UNKNOWN_ENGINE && event.event === 'report') {
    session.delete(number);
    return;
  }
  const refused = event.event === 'report' || ACCESS_ERRORS.has(event.error ?? '');
  // Without its request a response shows all the same that the agent takes what it repeats.
  const asked = session.get(number) ?? { event, operation: 'read', parties, at };
  session.delete(number);
  note(into, asked, refused ? 'refused' : 'accepted', at);
  if (event.objects) identify(event.objects, asked.parties, at, into);
}

/** A request that waits was not answered. */
function settle(session: Session, number: number, into: Observations): void {
  const waiting = session.get(number);
  if (!waiting) return;
  session.delete(number);
  note(into, waiting, 'unanswered');
}

function note(
  into: Observations,
  { event, operation, parties, at }: Waiting,
  outcome: SnmpFields['outcome'],
  answerAt?: PacketRef,
): void {
  const { version, community, well_known_community: wellKnown } = event;
  const { usm: user, security_level: security } = event;
  const key = [version, operation, community?.hash, user, security, outcome].join('\n');
  const record = into.note('snmp', parties, at, key, () => ({
    version,
    operation,
    community,
    wellKnown,
    user,
    security,
    outcome,
  }));
  if (!record) return;
  if (answerAt) addProof(record, answerAt);
  // Request and response both carry it.
  if (community && wellKnown === undefined)
    for (const packet of [at, answerAt]) if (packet) maskIn(record, packet, [community]);
}

function identify(
  objects: Readonly<Record<string, string>>,
  parties: Parties,
  at: PacketRef,
  into: Observations,
): void {
  const { sysDescr, sysObjectID, hrDeviceDescr } = objects;
  const said = {
    maker: objects.entPhysicalMfgName,
    model: objects.entPhysicalModelName,
    version: objects.entPhysicalFirmwareRev ?? objects.entPhysicalSoftwareRev,
    serial: objects.entPhysicalSerialNum ?? objects.prtGeneralSerialNumber,
    name: objects.sysName,
  };
  noteIdentification(into, parties, at, 'snmp', said, { sysDescr, sysObjectID, hrDeviceDescr });
}
