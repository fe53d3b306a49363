/** Sessions of debuggers. The protocol knows no sign-in: whoever is answered is let in. */
import type { GdbEvent } from '../decode/gdb.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, PROOF_PACKETS_MAX } from '../observations.ts';
import { noteAdministration } from './administration.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

interface Session {
  readonly packets: PacketRef[];
  client: Direction;
  answered: boolean;
}

export const gdbObserver: Observer = {
  protocols: ['gdb'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef) {
    const { event } = appEvent as GdbEvent;
    flow.session ??= { packets: [], client: direction, answered: false } satisfies Session;
    const session = flow.session as Session;
    if (session.packets.length < PROOF_PACKETS_MAX) session.packets.push(at);
    if (event === 'command') session.client = direction;
    else session.answered = true;
  },

  close(flow: Flow, _at: PacketRef, into: Observations) {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { packets, client, answered } = session;
    const record = noteAdministration(into, senderAsClient(flow, client), packets[0], {
      protocol: 'gdb',
      answered,
      security: answered ? 'none' : undefined,
      access: answered ? 'granted' : 'unknown',
      anonymous: answered,
    });
    if (record) for (const at of packets) addProof(record, at);
  },
};
