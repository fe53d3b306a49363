/** What a device says of itself, as (source, text) pairs with the packet: what the type rules read. */
import type { PacketRef } from '../../capture/index.ts';
import type { Device } from '../device.ts';

export type StatementSource =
  | 'vendor'
  | 'dhcp vendor class'
  | 'host name'
  | 'mdns service'
  | 'mdns model'
  | 'ssdp server'
  | 'ssdp type'
  | 'upnp device type'
  | 'upnp model'
  | 'http server'
  | 'http title'
  | 'http user agent'
  | 'certificate subject'
  | 'lookup'
  | 'service'
  | 'role';

export interface Statement {
  readonly source: StatementSource;
  readonly text: string;
  readonly at: PacketRef;
}

/** Each different statement once, at most 500. */
export function statements(device: Device): Statement[] {
  const found = new Map<string, Statement>();
  const say = (source: StatementSource, text: string | undefined, at: PacketRef): void => {
    if (text && found.size < 500) {
      const key = `${source} ${text}`;
      if (!found.has(key)) found.set(key, { source, text: text.slice(0, 200), at });
    }
  };
  say('vendor', device.vendor, device.firstSeen);
  for (const role of device.roles) say('role', role, device.firstSeen);
  for (const { name } of device.names) say('host name', name, device.firstSeen);
  for (const { observation } of device.seen('dhcp')) {
    if (observation.clientMac === device.mac)
      say('dhcp vendor class', observation.vendorClass, observation.first);
  }
  for (const { observation, role } of device.seen('announcement')) {
    if (role !== 'client') continue;
    const { fields, protocol, service, first } = observation;
    if (protocol === 'mdns') {
      say('mdns service', service, first);
      say('mdns model', fields.md ?? fields.model ?? fields.ty, first);
    } else if (protocol === 'ssdp') {
      say('ssdp type', service, first);
      say('ssdp server', fields.SERVER ?? fields.server ?? fields.Server, first);
    }
  }
  for (const { observation, role } of device.seen('http')) {
    if (role === 'client') {
      say('http user agent', observation.userAgent, observation.first);
      continue;
    }
    say('http server', observation.product, observation.first);
    say('http title', observation.title, observation.first);
    const upnp = observation.upnpDescription;
    say('upnp device type', upnp?.deviceType, observation.first);
    say(
      'upnp model',
      [upnp?.manufacturer, upnp?.modelName].filter(Boolean).join(' '),
      observation.first,
    );
  }
  for (const { observation, role } of device.seen('tls')) {
    if (role === 'server')
      say('certificate subject', observation.certificates[0]?.subject, observation.first);
    else say('lookup', observation.clientHello?.serverName, observation.first);
  }
  for (const { observation, role } of device.seen('dns')) {
    if (role === 'client' && observation.service === 'dns')
      say('lookup', observation.name, observation.first);
  }
  for (const { transport, port, protocol } of device.services) {
    say('service', `${transport}/${port} ${protocol ?? ''}`.trim(), device.firstSeen);
  }
  return [...found.values()];
}
