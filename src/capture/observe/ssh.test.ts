import { expect, it } from 'vitest';
import { packet, testFlow } from '../decode/testing.ts';
import type { AppEvent, Direction } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { sshObserver } from './ssh.ts';

const event = (name: string, fields: object = {}): AppEvent => ({
  protocol: 'ssh',
  event: name,
  ...fields,
});
const banner = (software_version: string, comments?: string) =>
  event('banner', { proto_version: '2.0', software_version, comments });
const reply = event('kex_reply', {
  host_key: 'SHA256:abc',
  host_key_type: 'ssh-ed25519',
  kex: 'curve25519-sha256',
});
const handshake: [AppEvent, Direction][] = [
  [banner('OpenSSH_9.2p1', 'Debian-2'), 0],
  [banner('dropbear_2022.83'), 1],
  [event('kexinit', { hassh: 'c0' }), 0],
  [event('kexinit', { hassh_server: '50' }), 1],
  [reply, 1],
];

const observe = (into: Observations, id: number, events: [AppEvent, Direction][]) => {
  const flow = testFlow({ id, serverPort: 22 });
  for (const [i, [each, direction]] of events.entries())
    sshObserver.event(each, direction, flow, packet(id * 100 + i), into);
  sshObserver.close?.(flow, packet(id * 100 + 99), into);
  return [...into.of('ssh')];
};

it('notes a session once, with the packets that show it', () => {
  const into = new Observations();
  const encrypted: [AppEvent, Direction][] = [
    ...handshake,
    [event('newkeys'), 1],
    [event('newkeys'), 0],
  ];
  observe(into, 1, encrypted);
  const [session, ...others] = observe(into, 2, encrypted);
  expect(others).toEqual([]);
  expect(session).toMatchObject({
    client: 1,
    server: 2,
    clientBanner: 'SSH-2.0-OpenSSH_9.2p1 Debian-2',
    serverBanner: 'SSH-2.0-dropbear_2022.83',
    hassh: 'c0',
    hasshServer: '50',
    hostKey: 'SHA256:abc',
    hostKeyType: 'ssh-ed25519',
    kex: 'curve25519-sha256',
    encrypted: true,
    count: 2,
  });
  expect(session!.packets.slice(0, 7).map((each) => each.packet)).toEqual([
    100, 101, 102, 103, 104, 105, 106,
  ]);
});

it('notes what there was of a session that broke off', () => {
  expect(observe(new Observations(), 1, handshake.slice(0, 2))).toMatchObject([
    { serverBanner: 'SSH-2.0-dropbear_2022.83', hostKey: undefined, encrypted: false },
  ]);
});

it('takes whoever shows a host key for the server', () => {
  const turned = handshake.map(([each, direction]): [AppEvent, Direction] => [
    each,
    direction === 0 ? 1 : 0,
  ]);
  expect(observe(new Observations(), 1, turned)).toMatchObject([
    { client: 2, server: 1, serverBanner: 'SSH-2.0-dropbear_2022.83', hassh: undefined },
  ]);
});
