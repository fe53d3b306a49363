/** The events of BACnet/IP: services by name, the network layer's messages, and those of the virtual link. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

/** What every message has that came over the network layer (ASHRAE 135, clause 6). */
interface Routed extends AppEvent {
  readonly protocol: 'bacnet';
  /** How the virtual link carried it: original_unicast_npdu, original_broadcast_npdu, forwarded_npdu … */
  readonly link: string;
  /** `192.0.2.7:47808`: who sent it, where somebody else handed it on (forwarded_npdu). */
  readonly forwarded_for?: string;
  /** Network and address of the sender or the target, where that is behind a router: `2001:0a`, `65535` for all. */
  readonly source?: string;
  readonly destination?: string;
}

/**
 * A request, an acknowledgement or an announcement, by the service's name.
 * @events who_is, i_am, who_has, i_have, read_property_request, read_property_ack, write_property_request, write_property_ack, device_communication_control_request, reinitialize_device_request
 */
export interface BacnetService extends Routed {
  readonly event: string;
  /** Undefined for unconfirmed services. */
  readonly invoke_id?: number;
  /** Number of a segment, from 0, and whether more follow; what the service says is read of the first. */
  readonly segment?: number;
  readonly more_segments?: boolean;
  /** `device:2749`. */
  readonly object?: string;
  /** `present_value`, `present_value[3]`. */
  readonly property?: string;
  /** What was read or is to be written; of several values the first 8. */
  readonly value?: BacnetValue | readonly BacnetValue[];
  readonly priority?: number;
  /** Of a request or answer about several properties, at most 16. */
  readonly properties?: readonly BacnetProperty[];
  /** i_am, and who_is: the range it asks for. */
  readonly device_instance?: number;
  readonly vendor_id?: number;
  readonly max_apdu?: number;
  readonly segmentation?: string;
  readonly device_instance_low?: number;
  readonly device_instance_high?: number;
  /** i_have, who_has. */
  readonly object_name?: string;
  /** device_communication_control: enable, disable …; reinitialize_device: coldstart, warmstart … */
  readonly state?: string;
  readonly duration_min?: number;
  /** Of these two services. */
  readonly password?: Secret;
}

export type BacnetValue = string | number | boolean | null;

export interface BacnetProperty {
  readonly object: string;
  readonly property: string;
  readonly value?: BacnetValue | readonly BacnetValue[];
  readonly error?: string;
}

/** The service failed. */
export interface BacnetError extends Routed {
  readonly event: 'error';
  readonly invoke_id: number;
  readonly service: string;
  /** device, object, property, resources, security, services, vt, communication. */
  readonly error_class: string | undefined;
  readonly error_code: string | undefined;
}

/** The request was not understood, or the exchange was given up. */
export interface BacnetRefusal extends Routed {
  readonly event: 'reject' | 'abort';
  readonly invoke_id: number;
  readonly reason: string;
  /** abort: sent by the server. */
  readonly by_server?: boolean;
}

export interface BacnetSegmentAck extends Routed {
  readonly event: 'segment_ack';
  readonly invoke_id: number;
  readonly segment: number;
  readonly negative: boolean;
}

/**
 * A message of the network layer, by its name.
 * @events who_is_router_to_network, i_am_router_to_network, reject_message_to_network, network_number_is
 */
export interface BacnetNetworkMessage extends Routed {
  readonly event: string;
  /** Networks that it names, at most 16. */
  readonly networks: readonly number[];
  readonly vendor_id?: number;
}

/**
 * A message of the virtual link itself, by its name.
 * @events bvlc_result, register_foreign_device, read_broadcast_distribution_table_ack, delete_foreign_device_table_entry
 */
export interface BacnetLinkMessage extends AppEvent {
  readonly protocol: 'bacnet';
  readonly event: string;
  /** bvlc_result: 0 is success; the high nibble tells which function was refused. */
  readonly result?: number;
  readonly time_to_live_s?: number;
  /** Of a table, at most 16; or the one to delete. */
  readonly addresses?: readonly string[];
}

export interface BacnetMalformed extends MalformedEvent {
  readonly protocol: 'bacnet';
}

export type BacnetEvent =
  | BacnetService
  | BacnetError
  | BacnetRefusal
  | BacnetSegmentAck
  | BacnetNetworkMessage
  | BacnetLinkMessage
  | BacnetMalformed;
