/** What hosts ask of STUN and TURN servers, with the answers: their outer address, a relay, a path to a peer. */
import type { StunEvent, StunMessageEvent } from '../decode/stun/events.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, type StunFields } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** Requests of one flow that wait for their answers. */
const WAITING_MAX = 32;
const TEXT_CHARACTERS_MAX = 128;

interface Waiting {
  readonly event: StunMessageEvent;
  readonly direction: Direction;
  readonly at: PacketRef;
}
interface Session {
  /** By transaction. */
  readonly waiting: Map<string, Waiting>;
  /** What each side calls itself. */
  readonly software: [string | undefined, string | undefined];
  /** A check of ICE was seen, so that what follows is between peers. */
  ice: boolean;
}

export const stunObserver: Observer = {
  protocols: ['stun'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as StunEvent;
    if (event.event === 'malformed' || event.event === 'channel_data') return;
    flow.session ??= {
      waiting: new Map(),
      software: [undefined, undefined],
      ice: false,
    } satisfies Session;
    const session = flow.session as Session;
    session.software[direction] ??= event.software?.slice(0, TEXT_CHARACTERS_MAX);
    session.ice ||= event.ice === true;
    if (event.event.endsWith('_request')) {
      const { waiting } = session;
      // A repeated request is one.
      if (waiting.has(event.transaction_id)) return;
      if (waiting.size >= WAITING_MAX) noteOldest(session, flow, into);
      waiting.set(event.transaction_id, { event, direction, at });
    } else if (event.event.endsWith('_response'))
      answered(session, event, direction, flow, at, into);
  },

  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    while (session && session.waiting.size > 0) noteOldest(session, flow, into);
  },
};

function noteOldest(session: Session, flow: Flow, into: Observations): void {
  for (const [id, request] of session.waiting) {
    session.waiting.delete(id);
    note(session, request, undefined, flow, request.at, into);
    return;
  }
}

function answered(
  session: Session,
  event: StunMessageEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const request = session.waiting.get(event.transaction_id);
  session.waiting.delete(event.transaction_id);
  note(session, request, { event, direction, at }, flow, request?.at ?? at, into);
}

function note(
  session: Session,
  request: Waiting | undefined,
  answer: Waiting | undefined,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const { event, direction } = (request ?? answer) as Waiting;
  const client = request ? direction : direction === 0 ? 1 : 0;
  const parties = request ? senderAsClient(flow, direction) : senderAsServer(flow, direction);
  const errorCode = answer?.event.error_code;
  const fields: StunFields = {
    method: event.event.replace(/_(?:request|success_response|error_response)$/, ''),
    use: session.ice ? 'ice' : 'server',
    outcome: !answer ? 'unknown' : errorCode === undefined ? 'granted' : 'refused',
    errorCode,
    mappedAddress: answer?.event.mapped_address,
    relayedAddress: answer?.event.relayed_address,
    clientSoftware: session.software[client],
    serverSoftware: session.software[client === 0 ? 1 : 0],
    realm: answer?.event.realm ?? event.realm,
  };
  // The outer port changes with every flow.
  const key = JSON.stringify({ ...fields, mappedAddress: undefined });
  const record = into.note('stun', parties, at, key, () => fields);
  if (record && answer && record.count === 1) addProof(record, answer.at);
}
