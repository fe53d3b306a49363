/**
 * Turns an observation into the proof of a finding: its packets, its flow in words, the few decoded fields that
 * prove the failure, and what must be masked when those packets are saved.
 */
import type { Observed, PacketRef } from '../capture/index.ts';
import type { Network } from '../fleet/index.ts';
import type { Evidence } from './control.ts';

/** Decoded fields as a control has them at hand; those that are undefined are left out. */
export type EvidenceFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * @param fields - few, decoded, in words of the protocol's specification; never a secret (a Secret's `hash` may be).
 * @param packets - where fewer packets prove it than the observation kept.
 */
export function evidence(
  network: Network,
  observation: Observed,
  fields: EvidenceFields,
  packets: readonly PacketRef[] = observation.packets,
): Evidence {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    packets: [...packets].sort((one, other) => one.file - other.file || one.packet - other.packet),
    flow: flowText(network, observation),
    fields: Object.fromEntries(known) as Evidence['fields'],
    secrets: observation.secrets,
    maskPayload: observation.maskPayload ?? false,
  };
}

/** e.g. `192.168.1.7:49152 → 198.51.100.7:1883 tcp`, `192.168.1.7 → 192.168.1.1 arp`. */
export function flowText(network: Network, observed: Observed): string {
  const { carrier } = observed;
  // Not one flow but many: a sweep names no server.
  if (observed.server === 0) {
    return `${network.addressOf(observed.client)} → many hosts, port ${observed.serverPort} ${carrier}`;
  }
  const ports = carrier === 'tcp' || carrier === 'udp';
  const client = endpoint(
    network.addressOf(observed.client),
    ports ? observed.clientPort : undefined,
  );
  const server = endpoint(
    network.addressOf(observed.server),
    ports ? observed.serverPort : undefined,
  );
  return `${client} → ${server} ${carrier}`;
}

function endpoint(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
