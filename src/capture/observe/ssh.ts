/** SSH sessions: who both sides say they are, by banner, HASSH and host key. Equal sessions are counted. */
import type { SshBannerEvent, SshEvent } from '../decode/ssh.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observations, PROOF_PACKETS_MAX } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsServer } from './parties.ts';

interface Session {
  readonly packets: PacketRef[];
  readonly banners: [string | undefined, string | undefined];
  hassh: string | undefined;
  hasshServer: string | undefined;
  hostKey: string | undefined;
  hostKeyType: string | undefined;
  kex: string | undefined;
  /** Whoever showed a host key serves, even if it opened the connection. */
  server: Direction;
  readonly encrypted: [boolean, boolean];
  noted: boolean;
}

export const sshObserver: Observer = {
  protocols: ['ssh'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as SshEvent;
    if (event.event === 'malformed') return;
    flow.session ??= newSession();
    const session = flow.session as Session;
    if (session.packets.length < PROOF_PACKETS_MAX) session.packets.push(at);
    take(session, event, direction);
    if (session.encrypted[0] && session.encrypted[1]) note(session, flow, into);
  },
  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    if (session) note(session, flow, into);
  },
};

function newSession(): Session {
  return {
    packets: [],
    banners: [undefined, undefined],
    hassh: undefined,
    hasshServer: undefined,
    hostKey: undefined,
    hostKeyType: undefined,
    kex: undefined,
    server: 1,
    encrypted: [false, false],
    noted: false,
  };
}

function take(
  session: Session,
  event: Exclude<SshEvent, { event: 'malformed' }>,
  direction: Direction,
): void {
  switch (event.event) {
    case 'banner':
      session.banners[direction] ??= bannerText(event);
      return;
    case 'kexinit':
      session.hassh ??= event.hassh;
      session.hasshServer ??= event.hassh_server;
      return;
    case 'kex_reply':
      session.hostKey = event.host_key;
      session.hostKeyType = event.host_key_type;
      session.kex = event.kex;
      session.server = direction;
      return;
    case 'newkeys':
      session.encrypted[direction] = true;
  }
}

function bannerText({ proto_version, software_version, comments }: SshBannerEvent): string {
  return `SSH-${proto_version}-${software_version}${comments === undefined ? '' : ` ${comments}`}`;
}

function note(session: Session, flow: Flow, into: Observations): void {
  const { packets, server, hostKey, hostKeyType, kex } = session;
  if (session.noted || packets.length === 0) return;
  session.noted = true;
  const clientBanner = session.banners[server === 1 ? 0 : 1];
  const serverBanner = session.banners[server];
  // HASSH hashes other lists for a client than for a server, so what was taken by the wrong role says nothing.
  const hassh = server === 1 ? session.hassh : undefined;
  const hasshServer = server === 1 ? session.hasshServer : undefined;
  const encrypted = session.encrypted[0] && session.encrypted[1];
  const key = [clientBanner, serverBanner, hassh, hasshServer, hostKey, encrypted].join('\n');
  const record = into.note('ssh', senderAsServer(flow, server), packets[0], key, () => ({
    clientBanner,
    serverBanner,
    hassh,
    hasshServer,
    hostKey,
    hostKeyType,
    kex,
    encrypted,
  }));
  if (!record) return;
  for (const at of packets) addProof(record, at);
  record.last = packets[packets.length - 1];
}
