/** Who asks a key distribution centre for which tickets, whether it gets them, and how they are encrypted. */
import type {
  Krb5ErrorEvent,
  Krb5Event,
  Krb5ReplyEvent,
  Krb5RequestEvent,
} from '../decode/krb5/events.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type KerberosFields, type Observations, type Parties } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** The request that waits on a flow: its answer comes before the next one. */
interface Session {
  readonly event: Krb5RequestEvent;
  readonly parties: Parties;
  readonly at: PacketRef;
}

export const kerberosObserver: Observer = {
  protocols: ['krb5'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as Krb5Event;
    if (event.event === 'malformed') return;
    const waiting = flow.session as Session | undefined;
    if (isRequest(event)) {
      if (waiting?.event.event !== event.event) note(into, waiting, undefined, at);
      flow.session = { event, parties: senderAsClient(flow, direction), at } satisfies Session;
      return;
    }
    flow.session = undefined;
    if (waiting) note(into, waiting, event, at);
    else if (event.event !== 'error') noteReply(into, senderAsServer(flow, direction), event, at);
  },

  close(flow: Flow, at: PacketRef, into: Observations): void {
    note(into, flow.session as Session | undefined, undefined, at);
  },
};

function isRequest(event: Krb5Event): event is Krb5RequestEvent {
  return event.event === 'as_req' || event.event === 'tgs_req';
}

function note(
  into: Observations,
  waiting: Session | undefined,
  answer: Krb5ReplyEvent | Krb5ErrorEvent | undefined,
  answerAt: PacketRef,
): void {
  if (!waiting) return;
  const { event, parties, at } = waiting;
  const fields: KerberosFields = {
    request: event.event === 'as_req' ? 'as' : 'tgs',
    user: event.cname ?? answer?.cname,
    realm: event.realm,
    service: event.sname,
    outcome: !answer ? 'unanswered' : answer.event === 'error' ? 'refused' : 'accepted',
    error: answer?.event === 'error' ? answer.error_number : undefined,
    encryption: answer && answer.event !== 'error' ? answer.etype : undefined,
    ticketEncryption: answer && answer.event !== 'error' ? answer.ticket_etype : undefined,
  };
  const record = into.note('kerberos', parties, at, keyOf(fields), () => fields);
  if (record && answer) addProof(record, answerAt);
}

/** A ticket whose request was not seen. */
function noteReply(
  into: Observations,
  parties: Parties,
  event: Krb5ReplyEvent,
  at: PacketRef,
): void {
  const fields: KerberosFields = {
    request: event.event === 'as_rep' ? 'as' : 'tgs',
    user: event.cname,
    realm: event.realm,
    service: event.sname,
    outcome: 'accepted',
    error: undefined,
    encryption: event.etype,
    ticketEncryption: event.ticket_etype,
  };
  into.note('kerberos', parties, at, keyOf(fields), () => fields);
}

function keyOf(fields: KerberosFields): string {
  return Object.values(fields).join('\n');
}
