/** What a device says of itself, as (source, text) pairs with the packet: what the type rules read. */
import type { PacketRef } from '../../capture/index.ts';
import { fieldOf, ownAnnouncements } from '../announcements.ts';
import type { Device } from '../device.ts';
import { describeTxt } from '../txt-records.ts';

export type StatementSource =
  | 'vendor'
  | 'dhcp vendor class'
  | 'host name'
  | 'mdns service'
  | 'mdns model'
  | 'homekit category'
  | 'matter device type'
  | 'ssdp server'
  | 'ssdp type'
  | 'upnp device type'
  | 'upnp model'
  | 'own model'
  | 'http server'
  | 'http title'
  | 'http user agent'
  | 'rtsp server'
  | 'rtsp realm'
  | 'certificate subject'
  | 'lookup'
  | 'service'
  | 'role';

export interface Statement {
  readonly source: StatementSource;
  readonly text: string;
  readonly at: PacketRef;
}

const STATEMENTS_MAX = 500;
const LOOKUPS_MAX = 200;
const TEXT_CHARACTERS_MAX = 200;

type Say = (source: StatementSource, text: string | undefined, at: PacketRef) => void;

/** Each different statement once, at most 500. */
export function statements(device: Device): Statement[] {
  const found = new Map<string, Statement>();
  const say: Say = (source, text, at) => {
    if (!text || found.size >= STATEMENTS_MAX) return;
    const cut = text.slice(0, TEXT_CHARACTERS_MAX);
    const key = `${source} ${cut}`;
    if (!found.has(key)) found.set(key, { source, text: cut, at });
  };
  say('vendor', device.vendor, device.firstSeen);
  for (const role of device.roles) say('role', role, device.firstSeen);
  for (const { name, source } of device.names) {
    // What the user calls it is no evidence, and what others look it up by is theirs.
    if (source !== 'expected' && source !== 'dns') say('host name', name, device.firstSeen);
  }
  for (const { observation } of device.seen('dhcp')) {
    if (observation.clientMac === device.mac)
      say('dhcp vendor class', observation.vendorClass, observation.first);
  }
  sayAnnouncements(device, say);
  sayWeb(device, say);
  for (const { observation, role } of device.seen('identification')) {
    if (role !== 'server') continue;
    const { maker, model, more, first } = observation;
    say(
      'own model',
      [maker, model, more?.device_type, more?.types, more?.hrDeviceDescr, more?.sysDescr]
        .filter(Boolean)
        .join(' '),
      first,
    );
  }
  for (const { observation, role } of device.seen('rtsp')) {
    if (role !== 'server') continue;
    say('rtsp server', observation.product, observation.first);
    say('rtsp realm', observation.realm, observation.first);
  }
  for (const { transport, port, protocol } of device.services) {
    say('service', `${transport}/${port} ${protocol ?? ''}`.trim(), device.firstSeen);
  }
  sayLookups(device, say);
  return [...found.values()];
}

function sayAnnouncements(device: Device, say: Say): void {
  for (const { observation } of ownAnnouncements(device)) {
    const { protocol, service, first } = observation;
    if (protocol === 'mdns') {
      const plain = service.replace(/\.local\.?$/i, '').toLowerCase();
      say('mdns service', plain, first);
      for (const field of ['md', 'model', 'ty', 'am', 'rpmd', 'product'])
        say('mdns model', fieldOf(observation, field), first);
      say('mdns model', describeTxt(observation).model, first);
      if (plain === '_hap._tcp') say('homekit category', fieldOf(observation, 'ci'), first);
      if (plain.startsWith('_matter')) say('matter device type', fieldOf(observation, 'dt'), first);
    } else if (protocol === 'ssdp') {
      // Unique ids are no types, and everything has a root device.
      if (!/^(uuid:|upnp:rootdevice)/i.test(service)) say('ssdp type', service, first);
      say('ssdp server', fieldOf(observation, 'server'), first);
    }
  }
}

function sayWeb(device: Device, say: Say): void {
  for (const { observation, role } of device.seen('http')) {
    const { first } = observation;
    if (role === 'client') {
      say('http user agent', observation.userAgent, first);
      continue;
    }
    say('http server', observation.product, first);
    say('http title', observation.title, first);
    const upnp = observation.upnpDescription;
    say('upnp device type', upnp?.deviceType, first);
    say('upnp model', [upnp?.manufacturer, upnp?.modelName].filter(Boolean).join(' '), first);
  }
  for (const { observation, role } of device.seen('tls')) {
    if (role === 'server')
      say('certificate subject', observation.certificates[0]?.subject, observation.first);
  }
}

/** Names that the device looked up, or asked servers for by name. */
function sayLookups(device: Device, say: Say): void {
  const said = new Set<string>();
  const sayName = (name: string | undefined, at: PacketRef): void => {
    if (name === undefined || said.size >= LOOKUPS_MAX) return;
    const plain = name.toLowerCase().replace(/\.$/, '');
    if (!plain.includes('.') || /\.(arpa|local)$/.test(plain)) return;
    said.add(plain);
    say('lookup', plain, at);
  };
  for (const { observation, role } of device.seen('tls')) {
    if (role === 'client') sayName(observation.clientHello?.serverName, observation.first);
  }
  for (const { observation, role } of device.seen('dns')) {
    if (role === 'client' && observation.service === 'dns')
      sayName(observation.name, observation.first);
  }
}
