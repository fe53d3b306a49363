/** Sessions of Android's debug bridge: whether the device let a host in, and whether it asked for a key. */
import type { AdbEvent } from '../decode/adb.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, PROOF_PACKETS_MAX } from '../observations.ts';
import { noteAdministration } from './administration.ts';
import { noteIdentification } from './identification.ts';
import type { Observer } from './observer.ts';
import { senderAsServer } from './parties.ts';

interface Session {
  readonly packets: PacketRef[];
  device: Direction;
  version: string | undefined;
  answered: boolean;
  /** The device asked for a key, or for TLS. */
  security: 'none' | 'adb_key' | 'tls';
  connected: boolean;
  service: string | undefined;
}

export const adbObserver: Observer = {
  protocols: ['adb'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as AdbEvent;
    if (event.event === 'malformed') return;
    flow.session ??= {
      packets: [],
      device: 1,
      version: undefined,
      answered: false,
      security: 'none',
      connected: false,
      service: undefined,
    } satisfies Session;
    const session = flow.session as Session;
    if (session.packets.length < PROOF_PACKETS_MAX) session.packets.push(at);
    if (event.event === 'open') session.service ??= event.service.split(/[:,]/, 1)[0];
    else if (event.event === 'stls') {
      session.security = 'tls';
      session.answered ||= direction === session.device;
    } else if (event.event === 'auth') {
      session.security = 'adb_key';
      session.answered ||= event.type === 'token';
      if (event.type === 'token') session.device = direction;
    } else if (event.system_type !== 'host') {
      session.device = direction;
      session.answered = true;
      session.connected = true;
      session.version = event.version;
      const { model, product, device } = event;
      const own = senderAsServer(flow, direction);
      noteIdentification(into, own, at, 'adb', { model }, { product, device });
    }
  },

  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { packets, device, version, answered, security, connected, service } = session;
    const record = noteAdministration(into, senderAsServer(flow, device), packets[0], {
      protocol: 'adb',
      answered,
      version,
      security: answered ? security : undefined,
      access: connected ? 'granted' : 'unknown',
      anonymous: connected && security === 'none',
      target: service,
    });
    if (record) for (const at of packets) addProof(record, at);
  },
};
