/**
 * Whose fault an insecure choice is. A server answers for the protocol that it offers; the browser that talks to a
 * bad camera does not. A client answers for what it sends when nobody in this inventory could have chosen otherwise.
 */
import type { ObservationKind } from '../capture/index.ts';
import type { Sighting } from '../fleet/index.ts';

/** True for a server, and for a client whose server is outside the inventory or on the public internet. */
export function answersForProtocol<K extends ObservationKind>({
  role,
  peer,
}: Sighting<K>): boolean {
  if (role === 'server') return true;
  return peer.device === undefined || (peer.scope === 'public' && !peer.sameSegment);
}

/** The other side is on the same machine: behind a TLS terminator, or a capture of a loopback interface. */
export function isLoopback<K extends ObservationKind>({ peer, observation }: Sighting<K>): boolean {
  return peer.scope === 'loopback' || observation.client === observation.server;
}
