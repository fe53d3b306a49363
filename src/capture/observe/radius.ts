/** Which access servers ask which RADIUS server, how users prove themselves to it, and what it answers. */
import type { RadiusEvent, RadiusPacketEvent } from '../decode/radius.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, type Parties, type RadiusFields } from '../observations.ts';
import { maskIn } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

interface Waiting {
  readonly event: RadiusPacketEvent;
  readonly parties: Parties;
  readonly at: PacketRef;
}
/** By identifier: 256 at most wait on one flow. */
type Session = Map<number, Waiting>;

const REQUESTS: Readonly<Record<string, RadiusFields['request']>> = {
  access_request: 'access',
  accounting_request: 'accounting',
  status_server: 'status',
  status_client: 'status',
  disconnect_request: 'disconnect',
  coa_request: 'coa',
};
const REFUSALS = new Set(['access_reject', 'disconnect_nak', 'coa_nak']);
/** What EAP says before it comes to a method. */
const NO_METHODS = new Set(['identity', 'notification', 'nak']);

export const radiusObserver: Observer = {
  protocols: ['radius'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as RadiusEvent;
    if (event.event === 'malformed') return;
    flow.session ??= new Map() satisfies Session;
    const session = flow.session as Session;
    const { identifier } = event;
    const waiting = session.get(identifier);
    if (REQUESTS[event.event] !== undefined) {
      // The same once more waits for the same answer.
      if (waiting?.event.event === event.event) return;
      if (waiting) note(into, waiting, undefined, at);
      session.set(identifier, { event, parties: senderAsClient(flow, direction), at });
    } else if (waiting && senderAsServer(flow, direction).client === waiting.parties.client) {
      session.delete(identifier);
      note(into, waiting, event, at);
    }
  },

  close(flow: Flow, at: PacketRef, into: Observations): void {
    const session = flow.session as Session | undefined;
    for (const waiting of session?.values() ?? []) note(into, waiting, undefined, at);
  },
};

function note(
  into: Observations,
  { event, parties, at }: Waiting,
  answer: RadiusPacketEvent | undefined,
  answerAt: PacketRef,
): void {
  const eapType = [answer?.eap_type, event.eap_type].find(
    (type) => type !== undefined && !NO_METHODS.has(type),
  );
  const fields: RadiusFields = {
    request: REQUESTS[event.event] as RadiusFields['request'],
    nasIdentifier: event.nas_identifier,
    nasAddress: event.nas_ip_address ?? event.nas_ipv6_address,
    authentication: event.authentication,
    eapType,
    authenticated: event.message_authenticator && (answer?.message_authenticator ?? true),
    outcome: outcomeOf(answer),
  };
  const record = into.note('radius', parties, at, Object.values(fields).join('\n'), () => fields);
  if (!record) return;
  if (answer) addProof(record, answerAt);
  if (event.user_name) maskIn(record, at, [event.user_name]);
  if (answer?.user_name) maskIn(record, answerAt, [answer.user_name]);
}

function outcomeOf(answer: RadiusPacketEvent | undefined): RadiusFields['outcome'] {
  if (!answer) return 'unanswered';
  if (answer.event === 'access_challenge') return 'challenged';
  return REFUSALS.has(answer.event) ? 'refused' : 'accepted';
}
