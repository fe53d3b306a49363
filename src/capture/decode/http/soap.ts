/**
 * UPnP port mapping over SOAP (UPnP WANIPConnection:2, 2.5.16 to 2.5.20): the actions by which a host asks its
 * gateway to let the Internet in. Anything else in SOAP is left to HTTP.
 */
import type { AppEvent } from '../../decoder.ts';
import { element } from './body.ts';

interface UpnpEvent extends AppEvent {
  readonly protocol: 'upnp';
}

/** AddPortMapping or AddAnyPortMapping. */
export interface AddPortMappingEvent extends UpnpEvent {
  readonly event: 'add_port_mapping' | 'add_any_port_mapping';
  readonly new_remote_host: string | undefined;
  readonly new_external_port: number;
  readonly new_protocol: string | undefined;
  readonly new_internal_port: number;
  readonly new_internal_client: string | undefined;
  readonly new_enabled: boolean;
  readonly new_port_mapping_description: string | undefined;
  readonly new_lease_duration: number;
}

export interface DeletePortMappingEvent extends UpnpEvent {
  readonly event: 'delete_port_mapping';
  readonly new_remote_host: string | undefined;
  readonly new_external_port: number;
  readonly new_protocol: string | undefined;
}

/** The gateway's answer to one of them. */
export interface PortMappingResponseEvent extends UpnpEvent {
  readonly event:
    | 'add_port_mapping_response'
    | 'add_any_port_mapping_response'
    | 'delete_port_mapping_response';
  /** AddAnyPortMapping: the port that was really given. */
  readonly new_reserved_port: number | undefined;
}

/** The gateway refused (UPnP Device Architecture, 3.2.3). */
export interface FaultEvent extends UpnpEvent {
  readonly event: 'fault';
  readonly error_code: number | undefined;
  readonly error_description: string | undefined;
}

export type PortMappingRequest = AddPortMappingEvent | DeletePortMappingEvent;
export type SoapEvent = PortMappingRequest | PortMappingResponseEvent | FaultEvent;

const protocol = 'upnp';
const ACTION = /#(Add(?:Any)?PortMapping|DeletePortMapping)"?\s*$/;

const EVENTS: Readonly<Record<string, PortMappingRequest['event']>> = {
  AddPortMapping: 'add_port_mapping',
  AddAnyPortMapping: 'add_any_port_mapping',
  DeletePortMapping: 'delete_port_mapping',
};

/** The port mapping that a request asks for, by its SOAPAction field and body; undefined when it is something else. */
export function readPortMapping(soapAction: string, body: string): PortMappingRequest | undefined {
  const event = EVENTS[ACTION.exec(soapAction)?.[1] ?? ''];
  if (!event) return undefined;
  const target = {
    new_remote_host: element(body, 'NewRemoteHost'),
    new_external_port: number(body, 'NewExternalPort'),
    new_protocol: element(body, 'NewProtocol')?.toUpperCase(),
  };
  if (event === 'delete_port_mapping') return { protocol, event, ...target };
  return {
    protocol,
    event,
    ...target,
    new_internal_port: number(body, 'NewInternalPort'),
    new_internal_client: element(body, 'NewInternalClient'),
    new_enabled: /^(?:1|true|yes)$/i.test(element(body, 'NewEnabled') ?? '1'),
    new_port_mapping_description: element(body, 'NewPortMappingDescription'),
    new_lease_duration: number(body, 'NewLeaseDuration'),
  };
}

/** The answer to a port mapping. */
export function readPortMappingAnswer(
  request: PortMappingRequest,
  status: number,
  body: string,
): PortMappingResponseEvent | FaultEvent {
  if (status >= 200 && status < 300) {
    const reserved = element(body, 'NewReservedPort');
    return {
      protocol,
      event: `${request.event}_response`,
      new_reserved_port: reserved === undefined ? undefined : number(body, 'NewReservedPort'),
    };
  }
  const code = element(body, 'errorCode');
  return {
    protocol,
    event: 'fault',
    error_code: code === undefined ? undefined : number(body, 'errorCode'),
    error_description: element(body, 'errorDescription'),
  };
}

function number(xml: string, name: string): number {
  const value = Number.parseInt(element(xml, name) ?? '', 10);
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
