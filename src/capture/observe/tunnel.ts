/** Tunnels: who began one, and whether the other side took part. */
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, PROOF_PACKETS_MAX } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

/** Messages by which a side shows that it is a server, though it was seen first. */
const ANSWERS = /^(?:handshake_response|cookie_reply|hard_reset_server_v[12])$/;

interface Session {
  readonly protocol: string;
  readonly packets: PacketRef[];
  client: Direction;
  readonly spoke: [boolean, boolean];
  /** A cookie asks for patience, and is no session. */
  agreed: boolean;
}

export const tunnelObserver: Observer = {
  protocols: ['wireguard', 'openvpn', 'esp'],

  event({ protocol, event }: AppEvent, direction: Direction, flow: Flow, at: PacketRef) {
    const answer = ANSWERS.test(event);
    const other: Direction = direction === 0 ? 1 : 0;
    flow.session ??= {
      protocol,
      packets: [],
      client: answer ? other : direction,
      spoke: [false, false],
      agreed: false,
    } satisfies Session;
    const session = flow.session as Session;
    if (session.packets.length < PROOF_PACKETS_MAX) session.packets.push(at);
    if (event !== 'cookie_reply') session.spoke[direction] = true;
    session.agreed = session.spoke[0] && session.spoke[1];
  },

  close(flow: Flow, _at: PacketRef, into: Observations) {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { protocol, packets, client, agreed } = session;
    const record = into.note(
      'tunnel',
      senderAsClient(flow, client),
      packets[0],
      `${protocol} ${agreed}`,
      () => ({ protocol, established: agreed }),
    );
    if (record) for (const at of packets) addProof(record, at);
  },
};
