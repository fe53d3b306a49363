/** Port mappings that were asked of a gateway, with its answer. */
import type { PortMappingRequest } from '../../decode/http/soap.ts';
import type { PacketRef } from '../../decoder.ts';
import { addProof, type Observations, type Parties } from '../../observations.ts';

/**
 * @param status - of the gateway's answer; undefined when none was seen.
 * @param at - the packet that held the request's body.
 */
export function notePortMapping(
  mapping: PortMappingRequest,
  status: number | undefined,
  parties: Parties,
  at: PacketRef,
  answeredAt: PacketRef | undefined,
  into: Observations,
): void {
  if (mapping.event === 'delete_port_mapping') return;
  const outcome = status === undefined ? 'unknown' : status < 300 ? 'granted' : 'refused';
  const externalPort = mapping.new_external_port;
  const internalPort = mapping.new_internal_port;
  const internalClient = mapping.new_internal_client;
  const transport = mapping.new_protocol === 'UDP' ? 'udp' : 'tcp';
  const key = [externalPort, internalPort, internalClient, transport, outcome].join(' ');
  const record = into.note('port_mapping', parties, at, key, () => ({
    protocol: 'upnp',
    externalPort,
    internalPort,
    internalClient,
    transport,
    lease_s: mapping.new_lease_duration,
    description: mapping.new_port_mapping_description,
    outcome,
  }));
  if (record && answeredAt) addProof(record, answeredAt);
}
