/** Rlogin, rsh and rexec: who was let in, and by what: a name that was believed, or a password in clear. */
import type { RemoteRequestEvent, RemoteServiceEvent } from '../decode/r-services.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations } from '../observations.ts';
import { noteAdministration } from './administration.ts';
import { maskIn, noteLogin } from './login.ts';
import type { Observer } from './observer.ts';

interface Session {
  readonly request: RemoteRequestEvent;
  readonly at: PacketRef;
  outcome: 'accepted' | 'refused' | 'unknown';
  answeredAt: PacketRef | undefined;
}

export const rServicesObserver: Observer = {
  protocols: ['rlogin', 'rsh', 'rexec'],

  event(appEvent: AppEvent, _direction: Direction, flow: Flow, at: PacketRef) {
    const event = appEvent as RemoteServiceEvent;
    if (event.event === 'request') {
      const session: Session = { request: event, at, outcome: 'unknown', answeredAt: undefined };
      flow.session = session;
      return;
    }
    const session = flow.session as Session | undefined;
    if (!session) return;
    session.outcome = event.event;
    session.answeredAt = at;
  },

  close(flow: Flow, _at: PacketRef, into: Observations) {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { request, at, outcome, answeredAt } = session;
    const { password } = request;
    const record = noteAdministration(into, flow, at, {
      protocol: request.protocol === 'rexec' ? 'rsh' : request.protocol,
      answered: answeredAt !== undefined,
      security: password ? 'password' : 'none',
      access: outcome === 'accepted' ? 'granted' : outcome,
      anonymous: outcome === 'accepted' && !password,
      target: request.command?.split(/[\s;|&]/, 1)[0],
    });
    if (record && answeredAt) addProof(record, answeredAt);
    if (!password) return;
    maskIn(record, at, [password]);
    noteLogin(into, flow, at, {
      ...{ protocol: 'rexec', method: 'user_pass', user: request.server_user },
      ...{ secret: password, outcome, target: undefined },
    });
  },
};
