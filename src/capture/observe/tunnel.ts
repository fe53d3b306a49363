/** Tunnels: who began one, and whether the other side took part. */
import type { Secret } from '../../base/index.ts';
import { type PpppEvent, WIRE } from '../decode/pppp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, PROOF_PACKETS_MAX } from '../observations.ts';
import { maskIn } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

/** Messages by which a side shows that it is a server, though it was seen first. */
const ANSWERS = /^(?:handshake_response|cookie_reply|hard_reset_server_v[12])$/;

/** Messages of PPPP with which a device is within reach of others: hellos only teach it its own address. */
const REACHED = /^(?:device_login_ack|device_login_ack_crc|p2p_ready|relay_ready|data)$/;

interface Session {
  readonly protocol: string;
  readonly packets: PacketRef[];
  client: Direction;
  readonly spoke: [boolean, boolean];
  readonly secrets: [at: PacketRef, secrets: readonly Secret[]][];
  /** A cookie asks for patience, and is no session. */
  agreed: boolean;
}

export const tunnelObserver: Observer = {
  protocols: ['wireguard', 'openvpn', 'esp', 'pppp'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef) {
    const { protocol, event } = appEvent;
    const answer = ANSWERS.test(event);
    const other: Direction = direction === 0 ? 1 : 0;
    flow.session ??= {
      protocol,
      packets: [],
      client: answer ? other : direction,
      spoke: [false, false],
      secrets: [],
      agreed: false,
    } satisfies Session;
    const session = flow.session as Session;
    if (session.packets.length < PROOF_PACKETS_MAX) session.packets.push(at);
    if (event !== 'cookie_reply') session.spoke[direction] = true;
    if (protocol === 'pppp') {
      const { result = 0, [WIRE]: wire } = appEvent as PpppEvent;
      if (wire && session.packets.includes(at)) session.secrets.push([at, wire]);
      session.agreed ||= REACHED.test(event) && result === 0 && session.spoke[other];
    } else session.agreed = session.spoke[0] && session.spoke[1];
  },

  close(flow: Flow, _at: PacketRef, into: Observations) {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { protocol, packets, client, agreed, secrets } = session;
    const record = into.note(
      'tunnel',
      senderAsClient(flow, client),
      packets[0],
      `${protocol} ${agreed}`,
      () => ({ protocol, established: agreed }),
    );
    if (!record) return;
    for (const at of packets) addProof(record, at);
    for (const [at, wire] of secrets) maskIn(record, at, wire);
  },
};
