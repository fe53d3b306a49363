/**
 * Whose fault an insecure choice is. A server answers for the protocol that it offers; the browser that talks to a
 * bad camera does not. A client answers for what it sends when nobody in this inventory could have chosen otherwise.
 */
import type { ObservationKind } from '../capture/index.ts';
import type { Device, Network, Sighting } from '../fleet/index.ts';

/** True for a server, and for a client whose server is outside the inventory or on the public internet. */
export function answersForProtocol<K extends ObservationKind>({
  role,
  peer,
}: Sighting<K>): boolean {
  if (role === 'server') return true;
  return peer.device === undefined || (peer.scope === 'public' && !peer.sameSegment);
}

const PERSONAL = /computer|laptop|desktop|workstation|phone|tablet/i;

/**
 * For protocols between machines, whose clients are configured and not just used: both sides answer, unless the
 * client is a person's tool that was pointed at a server of ours.
 */
export function answersForConfiguration<K extends ObservationKind>(
  sighting: Sighting<K>,
  device: Device,
): boolean {
  return answersForProtocol(sighting) || !PERSONAL.test(device.type ?? '');
}

/**
 * Both sides are on one machine, as behind a TLS terminator, in a capture that also shows the network. A capture of
 * nothing but a loopback interface is somebody's laboratory, and judged like a network.
 */
export function isBehindTerminator<K extends ObservationKind>(
  { peer, observation }: Sighting<K>,
  network: Network,
): boolean {
  const oneMachine =
    peer.scope === 'loopback' ||
    observation.client === observation.server ||
    (peer.device !== undefined &&
      peer.device === network.deviceOfHost(observation.client) &&
      peer.device === network.deviceOfHost(observation.server));
  return oneMachine && network.devices.some(({ addresses }) => !addresses.every(isLoopback));
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
