/** Who registers and calls where by SIP, with what programs, whether sign-ins are accepted, and how media will travel. */
import { mediaTransports } from '../decode/sdp.ts';
import {
  type SipEvent,
  type SipRequestEvent,
  type SipResponseEvent,
  WIRE,
} from '../decode/sip/events.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type LoginFields, type Observations, type Parties } from '../observations.ts';
import { type Login, maskIn, noteLogin } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

interface Waiting {
  readonly event: SipRequestEvent;
  readonly parties: Parties;
  readonly at: PacketRef;
}
/** By call and number of the request. */
type Session = Map<string, Waiting>;

const WAITING_MAX = 64;
const MEDIA_MAX = 8;
const USER_CHARACTERS_MAX = 128;
/** Of a request that is never answered. */
const ACK = 'ACK';

export const sipObserver: Observer = {
  protocols: ['sip'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as SipEvent;
    if (event.event === 'malformed') return;
    flow.session ??= new Map() satisfies Session;
    const session = flow.session as Session;
    const key = `${event.call_id ?? ''}\n${event.cseq ?? ''}`;
    const waiting = session.get(key);
    if (event.event === 'request') {
      if (waiting || event.method === ACK) return;
      if (session.size >= WAITING_MAX)
        for (const [oldest, request] of session) {
          session.delete(oldest);
          note(into, request, undefined, at);
          break;
        }
      session.set(key, { event, parties: senderAsClient(flow, direction), at });
    } else if (
      waiting &&
      !event.code.startsWith('1') &&
      senderAsServer(flow, direction).client === waiting.parties.client
    ) {
      session.delete(key);
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
  answer: SipResponseEvent | undefined,
  answerAt: PacketRef,
): void {
  const { method, user_agent: userAgent } = event;
  const status = answer ? Number(answer.code) : undefined;
  const media = [event.sdp, answer?.sdp].flatMap((sdp) => (sdp ? mediaTransports(sdp) : []));
  const transports = [...new Set(media)].slice(0, MEDIA_MAX);
  const key = [method, userAgent, answer?.server, status, ...transports].join('\n');
  const record = into.note('sip', parties, at, key, () => ({
    method,
    userAgent,
    product: answer?.server,
    status,
    media: transports,
  }));
  if (record && answer) addProof(record, answerAt);
  maskIn(record, at, event[WIRE]);
  if (answer) maskIn(record, answerAt, answer[WIRE]);
  for (const { method: scheme, username, secret } of event.credentials ?? []) {
    const login: Login = {
      protocol: 'sip',
      method: scheme,
      user: username?.slice(0, USER_CHARACTERS_MAX),
      secret,
      outcome: outcomeOf(status),
      target: undefined,
    };
    const signIn = noteLogin(into, parties, at, login, event[WIRE]);
    if (signIn && answer) addProof(signIn, answerAt);
  }
}

function outcomeOf(status: number | undefined): LoginFields['outcome'] {
  if (status === undefined) return 'unknown';
  if (status >= 200 && status < 300) return 'accepted';
  return status === 401 || status === 403 || status === 407 ? 'refused' : 'unknown';
}
