/** Who asked for an address and how, and who handed them out. In each record `server` is the side that serves. */
import type { DhcpEvent, DhcpMessageEvent } from '../decode/dhcp.ts';
import type { Dhcpv6Event, Dhcpv6MessageEvent } from '../decode/dhcpv6.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { DhcpFields, Observations } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** DHCPv6 messages that servers (or relays, on their behalf) send. */
const SERVER_MESSAGES: ReadonlySet<string> = new Set([
  'advertise',
  'reply',
  'reconfigure',
  'relay_reply',
  'leasequery_reply',
  'leasequery_done',
  'leasequery_data',
  'reconfigure_reply',
  'dhcpv4_response',
]);

const NOWHERE = '0.0.0.0';

export const dhcpObserver: Observer = {
  protocols: ['dhcp', 'dhcpv6'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as DhcpEvent | Dhcpv6Event;
    if (event.event === 'malformed') return;
    if (event.protocol === 'dhcp') {
      const message = event as DhcpMessageEvent;
      note(into, flow, direction, at, message.type === 'reply', version4(message));
    } else {
      const message = event as Dhcpv6MessageEvent;
      note(into, flow, direction, at, SERVER_MESSAGES.has(message.event), version6(message));
    }
  },
};

function note(
  into: Observations,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  fromServer: boolean,
  fields: DhcpFields,
): void {
  const parties = fromServer ? senderAsServer(flow, direction) : senderAsClient(flow, direction);
  const { message, version, clientMac, hostName, vendorClass, address, serverId } = fields;
  const key = [message, version, clientMac, hostName, vendorClass, address, serverId].join('\n');
  into.note('dhcp', parties, at, key, () => fields);
}

function version4(event: DhcpMessageEvent): DhcpFields {
  const given = [event.assigned_ip, event.requested_ip, event.client_ip];
  return {
    message: event.event,
    version: 4,
    clientMac: event.client_mac === '' ? undefined : event.client_mac,
    hostName: trimmed(event.hostname) ?? trimmed(event.fqdn),
    vendorClass: trimmed(event.vendor_class_identifier),
    parameters: event.parameters ?? [],
    address: given.find((address) => address !== undefined && address !== NOWHERE),
    serverId: event.server_id,
    routers: event.routers ?? [],
    resolvers: event.dns_servers ?? [],
    timeServers: event.ntp_servers ?? [],
  };
}

function version6(event: Dhcpv6MessageEvent): DhcpFields {
  return {
    message: event.event,
    version: 6,
    clientMac: event.client_mac,
    hostName: trimmed(event.hostname),
    vendorClass: trimmed(event.vendor_class),
    parameters: event.parameters ?? [],
    address: event.addresses?.[0],
    serverId: event.server_id,
    routers: [],
    resolvers: event.dns_servers ?? [],
    timeServers: event.ntp_servers ?? [],
  };
}

/** Some clients send their terminating zeros. */
function trimmed(text: string | undefined): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is trimmed
  const bare = text?.replace(/\u0000+$/, '');
  return bare === '' ? undefined : bare;
}
