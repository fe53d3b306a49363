/** The events of KNXnet/IP: its services by name (KNX System Specifications 3/8), and what is inside: cEMI frames. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

/**
 * A service, by its name.
 * @events search_request, search_response, description_response, connect_request, connect_response, tunnelling_request, tunnelling_ack, routing_indication, device_configuration_request, secure_wrapper, session_status
 */
export interface KnxService extends AppEvent {
  readonly protocol: 'knx';
  readonly event: string;
  /** Where answers are to go: `192.0.2.7:3671`; zeros mean back where it came from. */
  readonly control_endpoint?: string;
  readonly channel?: number;
  /** Of what was asked for: ok, or the name of what is wrong. */
  readonly status?: string;
  readonly sequence?: number;
  /** connect_request: tunnel, device_management … */
  readonly connection?: string;
  /** Of the device that answers, or that a tunnel gives its client: `1.1.2`. */
  readonly individual_address?: string;
  readonly device?: KnxDevice;
  /** Service families with their versions: `tunnelling 2`, `security 1` … */
  readonly services?: readonly string[];
  readonly frame?: KnxFrame;
}

/** What a device says of itself (3/8/2, 7.5.4.2). */
export interface KnxDevice {
  readonly friendly_name: string;
  readonly individual_address: string;
  /** Hexadecimal; the first two bytes are the maker's number. */
  readonly serial_number: string;
  readonly mac: string;
  readonly medium: string;
  readonly programming_mode: boolean;
}

/** A frame of the bus or of a device's management, in its common form (3/6/3). */
export interface KnxFrame {
  /** l_data_req, l_data_ind, l_data_con, m_prop_write_req … */
  readonly message: string;
  /** Individual addresses, `1.1.2`; the destination may be a group, `1/2/3`. */
  readonly source?: string;
  readonly destination?: string;
  /** group_value_write, memory_write, restart …; data_secure where it is encrypted. */
  readonly service?: string;
  /** Hexadecimal, at most 14 bytes; never a key. */
  readonly data?: string;
  /** m_prop_…: the interface object's type and the property's number. */
  readonly object_type?: number;
  readonly property?: number;
}

export interface KnxMalformed extends MalformedEvent {
  readonly protocol: 'knx';
}

export type KnxEvent = KnxService | KnxMalformed;
