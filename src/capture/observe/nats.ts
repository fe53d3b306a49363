/** Who signs in at a NATS server and how, with the outcome, and what server and client say of themselves. */
import type { NatsConnect, NatsEvent, NatsInfo, NatsLine } from '../decode/nats.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type LoginFields, type Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { noteLogin } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

interface Session {
  signIn:
    | { readonly event: NatsConnect; readonly direction: Direction; readonly at: PacketRef }
    | undefined;
}

export const natsObserver: Observer = {
  protocols: ['nats'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as NatsEvent;
    flow.session ??= { signIn: undefined } satisfies Session;
    const session = flow.session as Session;
    switch (event.event) {
      case 'info': {
        const { version, server_name, cluster } = event as NatsInfo;
        say(flow, direction, at, into, {
          product: version && `nats-server ${version}`,
          'nats server name': server_name,
          'nats cluster': cluster,
        });
        break;
      }
      case 'connect': {
        const { name, lang, version } = event as NatsConnect;
        say(flow, direction, at, into, {
          'nats client': [lang, version].filter(Boolean).join(' '),
          'nats connection name': name,
        });
        settle(session, 'unknown', flow, into);
        session.signIn = { event: event as NatsConnect, direction, at };
        break;
      }
      case 'err':
        if (/^auth|^user auth/i.test((event as NatsLine).reason ?? ''))
          settle(session, 'refused', flow, into, at);
        break;
      default:
        // Whatever the server goes on with, it let the client in.
        if (session.signIn && direction !== session.signIn.direction)
          settle(session, 'accepted', flow, into, at);
    }
  },
  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (session) settle(session, 'unknown', flow, into);
  },
};

function say(
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  into: Observations,
  more: Readonly<Record<string, string | undefined>>,
): void {
  noteIdentification(into, senderAsServer(flow, direction), at, 'nats', {}, more);
}

function settle(
  session: Session,
  outcome: LoginFields['outcome'],
  flow: Flow,
  into: Observations,
  answer?: PacketRef,
): void {
  const { signIn } = session;
  session.signIn = undefined;
  if (!signIn) return;
  const { event, direction, at } = signIn;
  const { username, password, auth_token, nkey, jwt } = event;
  const method = auth_token
    ? 'token'
    : username
      ? 'user_pass'
      : jwt
        ? 'jwt'
        : nkey
          ? 'nkey'
          : 'anonymous';
  const login = noteLogin(into, senderAsClient(flow, direction), at, {
    protocol: 'nats',
    method,
    user: username ?? nkey,
    secret: password ?? auth_token,
    outcome,
    target: undefined,
  });
  if (login && answer) addProof(login, answer);
}
