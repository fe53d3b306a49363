/** Folds Telnet sessions: whether it was negotiated, how much text went each way, and who signed in. */

import type { TelnetEvent } from '../decode/telnet.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations } from '../observations.ts';
import { noteLogin } from './login.ts';
import type { Observer } from './observer.ts';

interface Session {
  negotiated: boolean;
  readonly bytes: [number, number];
  /** The first packet with text each way. */
  readonly textAt: [PacketRef | undefined, PacketRef | undefined];
  readonly first: PacketRef;
}

export const telnetObserver: Observer = {
  protocols: ['telnet'],

  event(
    appEvent: AppEvent,
    direction: Direction,
    flow: Flow,
    at: PacketRef,
    into: Observations,
  ): void {
    const event = appEvent as TelnetEvent;
    if (event.event === 'malformed') return;
    flow.session ??= {
      negotiated: false,
      bytes: [0, 0],
      textAt: [undefined, undefined],
      first: at,
    } satisfies Session;
    const session = flow.session as Session;
    if (event.event === 'login') {
      const record = noteLogin(into, flow, at, {
        protocol: 'telnet',
        method: 'terminal',
        user: event.username,
        secret: event.password,
        outcome: event.outcome,
        target: undefined,
      });
      // A key a packet: the secret as a whole is in none of them.
      if (record) record.maskPayload = true;
      return;
    }
    if (event.event === 'negotiation') session.negotiated = true;
    else {
      session.bytes[direction] += event.length;
      session.textAt[direction] ??= at;
    }
  },

  close(flow: Flow, _at: PacketRef, into: Observations): void {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { negotiated, bytes, textAt } = session;
    const both = bytes[0] > 0 && bytes[1] > 0;
    const record = into.note(
      'telnet',
      flow,
      textAt[1] ?? textAt[0] ?? session.first,
      `${negotiated} ${both}`,
      () => ({
        negotiated,
        bytes: [0, 0],
      }),
    );
    if (!record) return;
    record.bytes[0] += bytes[0];
    record.bytes[1] += bytes[1];
    record.maskPayload = true;
    if (textAt[0]) addProof(record, textAt[0]);
  },
};
