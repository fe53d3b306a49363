/** What a device says of itself, gathered from everything it sends: maker, model, version, operating system. */
import { fieldOf, ownAnnouncements } from './announcements.ts';
import type { Device } from './device.ts';
import { describeTxt } from './txt-records.ts';

const VALUE_CHARACTERS_MAX = 200;

/** By field (`dhcp vendor class`, `model`, `http server` …), the first value of each that was seen. */
export function describe(
  device: Pick<Device, 'seen' | 'mac' | 'addresses'>,
): Record<string, string> {
  const said: Record<string, string> = {};
  const say = (field: string, value: string | undefined): void => {
    const text = value?.trim().slice(0, VALUE_CHARACTERS_MAX);
    if (text) said[field] ??= text;
  };
  for (const { observation } of device.seen('dhcp')) {
    if (observation.clientMac === device.mac || observation.clientMac === undefined) {
      say('dhcp vendor class', observation.vendorClass);
    }
  }
  for (const { observation, role } of device.seen('http')) {
    if (role === 'server') {
      say('http server', observation.product);
      say('http title', observation.title);
      const upnp = observation.upnpDescription;
      say('maker', upnp?.manufacturer);
      say('model', [upnp?.modelName, upnp?.modelNumber].filter(Boolean).join(' '));
      say('upnp device type', upnp?.deviceType);
    } else say('http user agent', observation.userAgent);
  }
  for (const { observation } of ownAnnouncements(device)) {
    const { protocol, service } = observation;
    if (protocol === 'ssdp') say('ssdp server', fieldOf(observation, 'server'));
    if (protocol === 'mdns') {
      say('mdns service', service);
      for (const [field, text] of Object.entries(describeTxt(observation))) say(field, text);
    }
  }
  for (const { observation, role } of device.seen('identification')) {
    if (role !== 'server') continue;
    const { maker, model, version, name, more } = observation;
    say('maker', maker);
    say('model', model);
    say('version', version);
    say('name', name);
    // What it says of its own openness; the rest is of its protocol.
    say('pairing', more?.pairing);
    say('snmp description', more?.sysDescr);
    say('snmp object', more?.sysObjectID);
    say('password', more?.password);
  }
  for (const { observation, role } of device.seen('ssh')) {
    say('ssh banner', role === 'server' ? observation.serverBanner : observation.clientBanner);
  }
  for (const { observation, role } of device.seen('ftp'))
    if (role === 'server') say('ftp banner', observation.banner);
  for (const { observation, role } of device.seen('mail'))
    if (role === 'server') say(`${observation.protocol} banner`, observation.banner);
  for (const { observation, role } of device.seen('sip'))
    say('sip program', role === 'server' ? observation.product : observation.userAgent);
  for (const { observation, role } of device.seen('rtsp')) {
    if (role === 'server') say('rtsp server', observation.product);
    else say('rtsp user agent', observation.userAgent);
  }
  for (const { observation, role } of device.seen('stun'))
    say(
      'stun software',
      role === 'server' ? observation.serverSoftware : observation.clientSoftware,
    );
  for (const { observation, role } of device.seen('tls')) {
    if (role === 'server') say('certificate subject', observation.certificates[0]?.subject);
  }
  return said;
}
