/** Who signs in at an AMQP broker and how, with the outcome, and what broker and client say of themselves. */
import type {
  AmqpEvent,
  AmqpMethod,
  AmqpOutcome,
  AmqpPerformative,
  AmqpProperties,
  AmqpSignIn,
  AmqpStart,
} from '../decode/amqp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type LoginFields, type Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { noteLogin } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** 0-9-1, 1.3: access-refused, and not-allowed (another virtual host). */
const REFUSED = 403;

interface Session {
  signIn:
    | { readonly event: AmqpSignIn; readonly direction: Direction; readonly at: PacketRef }
    | undefined;
}

export const amqpObserver: Observer = {
  protocols: ['amqp'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as AmqpEvent;
    flow.session ??= { signIn: undefined } satisfies Session;
    const session = flow.session as Session;
    switch (event.event) {
      case 'connection_start':
        identify((event as AmqpStart).properties, undefined, flow, direction, at, into);
        break;
      case 'connection_start_ok':
      case 'sasl_init':
        settle(session, 'unknown', flow, into);
        session.signIn = { event: event as AmqpSignIn, direction, at };
        identify((event as AmqpSignIn).properties, undefined, flow, direction, at, into);
        break;
      case 'connection_tune':
        settle(session, 'accepted', flow, into, at);
        break;
      case 'connection_close':
        if ((event as AmqpMethod).reply_code === REFUSED)
          settle(session, 'refused', flow, into, at);
        break;
      case 'sasl_outcome':
        settle(session, (event as AmqpOutcome).code === 0 ? 'accepted' : 'refused', flow, into, at);
        break;
      case 'open': {
        const { properties, container_id } = event as AmqpPerformative;
        identify(properties, container_id, flow, direction, at, into);
        break;
      }
    }
  },
  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (session) settle(session, 'unknown', flow, into);
  },
};

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
  const login = noteLogin(into, senderAsClient(flow, direction), at, {
    protocol: 'amqp',
    method: event.mechanism.toLowerCase().slice(0, 32),
    user: event.username,
    secret: event.password,
    outcome,
    target: undefined,
  });
  if (login && answer) addProof(login, answer);
}

function identify(
  properties: AmqpProperties | undefined,
  container: string | undefined,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  into: Observations,
): void {
  const textOf = (name: string): string | undefined => {
    const value = properties?.[name];
    return typeof value === 'string' ? value : undefined;
  };
  const product = [textOf('product'), textOf('version')].filter(Boolean).join(' ');
  noteIdentification(
    into,
    senderAsServer(flow, direction),
    at,
    'amqp',
    {},
    {
      product,
      'amqp platform': textOf('platform'),
      'amqp connection name': textOf('connection_name'),
      'amqp container': container,
    },
  );
}
