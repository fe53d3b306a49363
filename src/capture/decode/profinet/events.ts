/** The events of PROFINET: Discovery and basic Configuration (DCP), and the context manager's services over DCE/RPC. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

/**
 * A message of DCP: a request names what it asks for or sets, a response what it gives.
 * @events identify_request, identify_response, hello, get_request, get_response, set_request, set_response
 */
export interface DcpMessage extends AppEvent {
  readonly protocol: 'profinet';
  readonly event: string;
  readonly xid: number;
  /** `ip`, `name_of_station`, `all` …, at most 16. */
  readonly options?: readonly string[];
  readonly name_of_station?: string;
  readonly alias_name?: string;
  /** The maker's name for the kind of device. */
  readonly type_of_station?: string;
  readonly vendor_id?: number;
  readonly device_id?: number;
  /** io_device, io_controller, io_multidevice, supervisor. */
  readonly roles?: readonly string[];
  readonly ip_address?: string;
  readonly netmask?: string;
  readonly gateway?: string;
  /** set_request: signal, factory_reset, reset_to_factory. */
  readonly control?: string;
  /** set_response: what was refused of what was set, with the reason; none when all was done. */
  readonly errors?: readonly string[];
}

/**
 * A service of the context manager.
 * @events connect_request, connect_response, release_request, read_request, read_response, write_request, write_response, control_request, read_implicit_request, read_implicit_response
 */
export interface ProfinetService extends AppEvent {
  readonly protocol: 'profinet';
  readonly event: string;
  readonly sequence: number;
  /** The record that is read or written, and where it lies. */
  readonly index?: number;
  readonly slot?: number;
  readonly subslot?: number;
  /** Of a response; 0 is success. */
  readonly status?: number;
  readonly identification?: ProfinetIdentification;
}

/** Identification and maintenance data, I&M0 (PNO 3.502). */
export interface ProfinetIdentification {
  readonly vendor_id: number;
  readonly order_id: string;
  readonly serial_number: string;
  readonly hardware_revision: number;
  /** `V4.7.2`. */
  readonly software_revision: string;
}

export interface ProfinetMalformed extends MalformedEvent {
  readonly protocol: 'profinet';
}

export type ProfinetEvent = DcpMessage | ProfinetService | ProfinetMalformed;
