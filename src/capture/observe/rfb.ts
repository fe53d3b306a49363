/** VNC sessions: what guards them, whether they were let in, and what the desktop is called. */
import type { RfbEvent } from '../decode/rfb.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import {
  addProof,
  type LoginFields,
  type Observations,
  PROOF_PACKETS_MAX,
} from '../observations.ts';
import { noteAdministration } from './administration.ts';
import { noteIdentification } from './identification.ts';
import { maskIn, noteLogin } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsServer } from './parties.ts';

type Credential = Extract<RfbEvent, { event: 'vnc_authentication' | 'plain' }>;

interface Session {
  readonly packets: PacketRef[];
  readonly server: Direction;
  /** The client's, which both then speak. */
  version: string | undefined;
  versions: number;
  security: string | undefined;
  credential: Credential | undefined;
  credentialAt: PacketRef | undefined;
  access: 'granted' | 'refused' | 'unknown';
}

export const rfbObserver: Observer = {
  protocols: ['rfb'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as RfbEvent;
    if (event.event === 'malformed') return;
    // The first thing said is the server's version.
    flow.session ??= begin(direction);
    const session = flow.session as Session;
    if (session.packets.length < PROOF_PACKETS_MAX) session.packets.push(at);
    take(session, event, at);
    if (event.event === 'server_init')
      noteIdentification(into, senderAsServer(flow, session.server), at, 'rfb', {
        name: event.name,
      });
  },

  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (session) note(session, flow, into);
  },
};

function begin(server: Direction): Session {
  return {
    packets: [],
    server,
    version: undefined,
    versions: 0,
    security: undefined,
    credential: undefined,
    credentialAt: undefined,
    access: 'unknown',
  };
}

function take(
  session: Session,
  event: Exclude<RfbEvent, { event: 'malformed' }>,
  at: PacketRef,
): void {
  switch (event.event) {
    case 'protocol_version':
      session.versions++;
      session.version = `${Number(event.major)}.${Number(event.minor)}`;
      return;
    case 'security_type':
      session.security = event.subtype_name ?? event.name ?? String(event.security_type);
      return;
    case 'vnc_authentication':
    case 'plain':
      session.credential = event;
      session.credentialAt = at;
      return;
    case 'security_result':
      session.access = event.security_result === 'OK' ? 'granted' : 'refused';
      return;
    case 'failure':
      session.access = 'refused';
      return;
    case 'server_init':
      session.access = 'granted';
  }
}

function note(session: Session, flow: Flow, into: Observations): void {
  const { packets, server, version, security, access, credential, credentialAt } = session;
  const parties = senderAsServer(flow, server);
  const record = noteAdministration(into, parties, packets[0], {
    protocol: 'rfb',
    answered: true,
    version,
    security,
    access,
    anonymous: access === 'granted' && security === 'none',
  });
  for (const at of packets) if (record) addProof(record, at);
  if (!credential || !credentialAt) return;
  const plain = credential.event === 'plain';
  const outcome: LoginFields['outcome'] =
    access === 'granted' ? 'accepted' : access === 'refused' ? 'refused' : 'unknown';
  noteLogin(into, parties, credentialAt, {
    protocol: 'rfb',
    method: plain ? 'plain' : 'vnc',
    user: plain ? credential.username : undefined,
    secret: plain ? credential.password : undefined,
    outcome,
    target: undefined,
    proof: plain
      ? undefined
      : {
          kind: 'vnc',
          challenge: credential.challenge.reveal(),
          response: credential.response.reveal(),
        },
  });
  maskIn(record, credentialAt, plain ? [credential.password] : [credential.response]);
}
