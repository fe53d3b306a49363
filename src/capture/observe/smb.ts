/** SMB sessions: what both speak, who was let in and by what, and which shares were used. */
import type { SmbEvent, SmbSessionSetupRequestEvent } from '../decode/smb/events.ts';
import { MORE_PROCESSING_REQUIRED } from '../decode/smb/status.ts';
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

const SHARES_MAX = 8;

interface Session {
  readonly packets: PacketRef[];
  server: Direction;
  answered: boolean;
  dialect: string | undefined;
  signing: boolean | undefined;
  setup: SmbSessionSetupRequestEvent | undefined;
  setupAt: PacketRef | undefined;
  access: 'granted' | 'refused' | 'unknown';
  anonymous: boolean;
  readonly shares: Set<string>;
}

export const smbObserver: Observer = {
  protocols: ['smb'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as SmbEvent;
    if (event.event === 'malformed' || event.event === 'encrypted') return;
    const session = sessionOf(flow);
    if (session.packets.length < PROOF_PACKETS_MAX) session.packets.push(at);
    if (/_request$/.test(event.event)) session.server = direction === 0 ? 1 : 0;
    switch (event.event) {
      case 'negotiate_response':
        answer(session, direction);
        session.dialect = event.dialect ?? session.dialect;
        session.signing = event.signing === 'required';
        if (event.server)
          noteIdentification(
            into,
            senderAsServer(flow, direction),
            at,
            'smb',
            { name: event.server },
            {
              domain: event.domain,
            },
          );
        return;
      case 'session_setup_request':
        asked(session, event, direction, flow, at, into);
        return;
      case 'session_setup_response':
        answer(session, direction);
        if (event.server || event.os)
          noteIdentification(
            into,
            senderAsServer(flow, direction),
            at,
            'smb',
            { name: event.server, version: event.os },
            { domain: event.domain, dns_name: event.dns_name },
          );
        setUp(session, event.status, event.guest === true, flow, at, into);
        return;
      case 'tree_connect_response':
        answer(session, direction);
        if (event.status === 'success' && event.path && session.shares.size < SHARES_MAX)
          session.shares.add(event.path.replace(/^.*\\/, ''));
    }
  },

  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { packets, server, answered, dialect, signing, setup, access, anonymous, shares } =
      session;
    const record = noteAdministration(into, senderAsServer(flow, server), packets[0], {
      protocol: 'smb',
      answered,
      version: dialect,
      security: securityOf(setup),
      access,
      anonymous,
      target: [...shares].sort().join(', ') || undefined,
      signing,
    });
    if (!record) return;
    for (const at of packets) addProof(record, at);
    if (setup?.password && session.setupAt) maskIn(record, session.setupAt, [setup.password]);
  },
};

function sessionOf(flow: Flow): Session {
  flow.session ??= {
    packets: [],
    server: 1,
    answered: false,
    dialect: undefined,
    signing: undefined,
    setup: undefined,
    setupAt: undefined,
    access: 'unknown',
    anonymous: false,
    shares: new Set(),
  } satisfies Session;
  return flow.session as Session;
}

function answer(session: Session, direction: Direction): void {
  session.answered = true;
  session.server = direction;
}

function asked(
  session: Session,
  event: SmbSessionSetupRequestEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  session.setup = event;
  session.setupAt = at;
  if (event.host)
    noteIdentification(
      into,
      senderAsServer(flow, direction),
      at,
      'smb',
      { name: event.host, version: event.os },
      {
        domain: event.domain,
      },
    );
}

function setUp(
  session: Session,
  status: string,
  guest: boolean,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const { setup, setupAt } = session;
  if (status === MORE_PROCESSING_REQUIRED || !setup || !setupAt) return;
  const granted = status === 'success';
  session.access = granted ? 'granted' : 'refused';
  session.anonymous = granted && (guest || setup.anonymous === true);
  if (setup.anonymous) return;
  // A guest was let in though nobody knows him, so his password proved nothing.
  const outcome: LoginFields['outcome'] = granted ? (guest ? 'unknown' : 'accepted') : 'refused';
  const record = noteLogin(into, senderAsServer(flow, session.server), setupAt, {
    protocol: 'smb',
    method: securityOf(setup) ?? 'unknown',
    user: setup.user?.hash,
    secret: setup.password,
    outcome,
    target: undefined,
  });
  if (record) addProof(record, at);
}

function securityOf(setup: SmbSessionSetupRequestEvent | undefined): string | undefined {
  switch (setup?.mechanism) {
    case 'ntlmssp_negotiate':
      return 'ntlm';
    case 'ntlmssp_authenticate':
    case 'lan_manager':
      return setup.anonymous ? 'none' : setup.ntlm_version === 1 ? 'ntlmv1' : 'ntlmv2';
    default:
      return setup?.mechanism;
  }
}
