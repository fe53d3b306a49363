/**
 * Folds the local protocols of consumer devices into what each device says of itself, and what others asked of it:
 * which command, whether the asker had to prove anything, and whether the device did it.
 */
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import {
  addProof,
  type LocalControlFields,
  type Observation,
  type Observations,
} from '../observations.ts';
import { noteIdentification } from './identification.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';
import { type Report, reportOf, smartHomeProtocols } from './smart-home/reports.ts';

/** Commands that carry the Wi-Fi's key. */
const KEYS_SENT = /stainfo|passw|wifi/i;
/** Commands that wait for their answers. */
const WAITING_MAX = 16;

interface Waiting {
  readonly control: Asked;
  readonly at: PacketRef;
  readonly direction: Direction;
}
type Asked = NonNullable<Report['asked']>;

/** By the command's number, or its name where the protocol has none. */
type Session = Map<string, Waiting>;

export const smartHomeObserver: Observer = {
  protocols: smartHomeProtocols,

  event(event: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const report = reportOf(event);
    if (!report) return;
    const { identity, asked, answered } = report;
    if (identity) noteIdentity(event.protocol, identity, direction, flow, at, into);
    if (asked) {
      flow.session ??= new Map();
      const session = flow.session as Session;
      if (session.size >= WAITING_MAX) flush(session, flow, into);
      session.set(asked.number, { control: asked, at, direction });
    }
    if (answered) {
      const session = flow.session as Session | undefined;
      const waiting = session?.get(answered.number);
      session?.delete(answered.number);
      if (waiting) noteControl(waiting, answered.outcome, flow, into, at);
      else if (answered.operation !== undefined)
        noteAnswer(event.protocol, answered.operation, answered.outcome, direction, flow, at, into);
    }
  },

  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (session) flush(session, flow, into);
  },
};

function flush(session: Session, flow: Flow, into: Observations): void {
  for (const waiting of session.values()) noteControl(waiting, 'unknown', flow, into);
  session.clear();
}

function noteIdentity(
  protocol: string,
  identity: NonNullable<Report['identity']>,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const parties = senderAsServer(flow, direction);
  noteIdentification(into, parties, at, protocol, identity, identity.more);
}

function noteControl(
  { control, at, direction }: Waiting,
  outcome: LocalControlFields['outcome'],
  flow: Flow,
  into: Observations,
  answer?: PacketRef,
): Observation<'local_control'> | undefined {
  const { operation, effect, protection, protocol } = control;
  const key = [protocol, operation, protection, outcome].join('\n');
  const parties = senderAsClient(flow, direction);
  const record = into.note('local_control', parties, at, key, () => ({
    protocol,
    operation,
    effect,
    protection,
    outcome,
  }));
  if (!record) return undefined;
  if (answer) addProof(record, answer);
  // Keys that these packets hold do not stand there as they are, so that they could be found and masked.
  if (effect === 'key' || KEYS_SENT.test(operation)) record.maskPayload = true;
  return record;
}

/** An answer without its question: what the device did for somebody whose asking was not in view. */
function noteAnswer(
  protocol: string,
  told: NonNullable<Report['answered']>['operation'],
  outcome: LocalControlFields['outcome'],
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  if (!told) return;
  const control: Asked = { ...told, protocol, number: '' };
  const asker: Direction = direction === 0 ? 1 : 0;
  noteControl({ control, at, direction: asker }, outcome, flow, into);
}
