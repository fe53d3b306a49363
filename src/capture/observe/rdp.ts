/** RDP sessions: what was agreed to guard them. Whether somebody was let in is encrypted. */
import type { RdpEvent } from '../decode/rdp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, PROOF_PACKETS_MAX } from '../observations.ts';
import { noteAdministration } from './administration.ts';
import { noteIdentification } from './identification.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

/** MS-RDPBCGR's security protocols in the words of other protocols. */
const GUARDS: Readonly<Record<string, string>> = {
  RDP: 'rdp',
  SSL: 'tls',
  HYBRID: 'nla',
  HYBRID_EX: 'nla',
  RDSTLS: 'nla',
  RDSAAD: 'nla',
};

interface Session {
  readonly packets: PacketRef[];
  client: Direction;
  answered: boolean;
  security: string | undefined;
  refused: boolean;
}

export const rdpObserver: Observer = {
  protocols: ['rdp'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as RdpEvent;
    if (event.event === 'malformed') return;
    flow.session ??= {
      packets: [],
      client: 0,
      answered: false,
      security: undefined,
      refused: false,
    } satisfies Session;
    const session = flow.session as Session;
    if (session.packets.length < PROOF_PACKETS_MAX) session.packets.push(at);
    if (event.event === 'connection_request') session.client = direction;
    else if (event.event === 'connection_confirm') {
      session.client = direction === 0 ? 1 : 0;
      session.answered = true;
      session.refused = event.failure !== undefined;
      const { security_protocol: chosen } = event;
      if (chosen !== undefined) session.security = GUARDS[chosen] ?? chosen.toLowerCase();
    } else if (event.event === 'client_data') {
      const own = senderAsClient(flow, direction === 0 ? 1 : 0);
      noteIdentification(into, own, at, 'rdp', { name: event.client_name });
    } else if (event.encryption_method === 'none') session.security = 'none';
  },

  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { packets, client, answered, security, refused } = session;
    const record = noteAdministration(into, senderAsClient(flow, client), packets[0], {
      protocol: 'rdp',
      answered,
      security,
      access: refused ? 'refused' : 'unknown',
    });
    if (record) for (const at of packets) addProof(record, at);
  },
};
