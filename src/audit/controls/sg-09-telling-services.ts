/**
 * SG-09: the device tells anybody who asks its software version or serial number.
 * Decided from what it says itself without sign-in: SSDP SERVER (UPnP Device Architecture 1.1, 1.2.2), mDNS TXT
 * pairs (RFC 6763, 6), HTTP and SIP Server, UPnP descriptions, greetings of SSH (RFC 4253, 4.2), FTP and mail, and what
 * protocols of makers and of industry, and SNMP under a community that everybody knows, identify a device by. A model name alone is wanted (EN 303 645, 5.3-16), the version of a
 * protocol (UPnP/1.0) tells nothing, and a device in set-up mode may tell.
 */
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import type { Evidence } from '../control.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

export const tellingServices = control({
  id: 'SG-09',
  practice: 'segmentation',
  severity: 'low',
  title: 'Tells its version or serial number to anybody',
  why: 'An exact version tells an attacker which known weakness fits, and a serial number is often what a default password or a cloud pairing is made from.',
  fix: 'Remove the version from banners and announcements, and give the serial number only after sign-in.',
  provisions: {
    'etsi-303645:2.1.1': ['5.6-2'],
    'etsi-303645:3.1.3': ['5.6-2'],
    'owasp-iot-top10:2018': ['I3'],
  },
  floor: {},
  parameters: {},
  evaluate(device, network) {
    const said = SOURCES.flatMap((source) => source(device, network));
    if (said.length === 0) return notSeen();
    if (inSetup(device, network)) return notSeen('in set-up mode, where it may say what it is');
    const telling = said.flatMap(({ proof }) => proof ?? []);
    return telling.length > 0 ? fail(said.length, telling) : pass(said.length);
  },
});

/** Something that the device said to whoever asked; with proof when it told too much. */
interface Saying {
  readonly proof: Evidence | undefined;
}
type Source = (device: Device, network: Network) => Saying[];

const SOURCES: readonly Source[] = [
  announcements,
  webServers,
  descriptions,
  greetings,
  identifications,
];

/** It serves addresses where nobody reaches the Internet: an access point of its own, for the phone that sets it up. */
function inSetup({ roles }: Device, network: Network): boolean {
  if (roles.includes('access_point')) return true;
  if (!roles.includes('dhcp_server')) return false;
  const online = network.sharing('SG-09 devices with Internet', (device) =>
    device
      .seen('connection')
      .some(({ peer, observation }) => peer.scope === 'public' && observation.answered > 0)
      ? ['online']
      : [],
  );
  return !online.has('online');
}

function announcements(device: Device, network: Network): Saying[] {
  return device
    .seen('announcement')
    .filter(({ role }) => role === 'client')
    .map(({ observation }) => {
      const told = observation.protocol === 'mdns' ? txtSecrets(observation.fields) : {};
      for (const [name, value] of Object.entries(observation.fields)) {
        if (/^server$/i.test(name) && tellsVersion(value)) told.server = value;
      }
      return saying(network, observation, { service: observation.service, ...told }, told);
    });
}

function webServers(device: Device, network: Network): Saying[] {
  return unauthenticated(device)
    .filter(({ observation }) => observation.product !== undefined)
    .map(({ observation }) => {
      const { product = '', path, status } = observation;
      const told: Told = tellsVersion(product) ? { product } : {};
      return saying(network, observation, { path, status, ...told }, told);
    });
}

function descriptions(device: Device, network: Network): Saying[] {
  return unauthenticated(device).flatMap(({ observation }) => {
    const { upnpDescription, path } = observation;
    if (!upnpDescription) return [];
    const told: Told = isSerial(upnpDescription.serialNumber) ? { serial_number: 'given' } : {};
    return [saying(network, observation, { path, ...told }, told)];
  });
}

function greetings(device: Device, network: Network): Saying[] {
  const ssh = serving(device.seen('ssh')).map(({ observation: o }) => [o, o.serverBanner] as const);
  const ftp = serving(device.seen('ftp')).map(({ observation: o }) => [o, o.banner] as const);
  const mail = serving(device.seen('mail')).map(({ observation: o }) => [o, o.banner] as const);
  const sip = serving(device.seen('sip')).map(({ observation: o }) => [o, o.product] as const);
  return [...ssh, ...ftp, ...mail, ...sip].flatMap(([observation, banner]) => {
    if (banner === undefined) return [];
    const told: Told = tellsVersion(banner.replace(/^SSH-[\d.]+-/, '')) ? { banner } : {};
    return [saying(network, observation, { ...told }, told)];
  });
}

/** Asked or not, in clear and before any sign-in. */
function identifications(device: Device, network: Network): Saying[] {
  const managed = device
    .seen('snmp')
    .some(
      ({ role, observation: o }) => role === 'server' && o.wellKnown && o.outcome === 'accepted',
    );
  return serving(device.seen('identification')).flatMap(({ observation }) => {
    const { protocol, version, serial, more } = observation;
    // To whoever knows another community it may tell everything.
    if (protocol === 'snmp' && !managed) return [];
    const told: Told = {};
    for (const words of [more?.sysDescr, more?.product])
      if (words !== undefined && tellsVersion(words)) told.product = words;
    if (version !== undefined && /\d+\.\d+/.test(version)) told.version = version;
    if (isSerial(serial)) told.serial_number = 'given';
    return [saying(network, observation, { protocol, ...told }, told)];
  });
}

type Told = Record<string, string>;

function saying(
  network: Network,
  observation: Parameters<typeof evidence>[1],
  fields: Parameters<typeof evidence>[2],
  told: Told,
): Saying {
  const tells = Object.keys(told).length > 0;
  return { proof: tells ? evidence(network, observation, fields) : undefined };
}

const serving = <S extends { role: string }>(seen: readonly S[]): S[] =>
  seen.filter(({ role }) => role === 'server');

const unauthenticated = (device: Device): Sighting<'http'>[] =>
  serving(device.seen('http')).filter(
    ({ observation: o }) => o.status !== undefined && !o.authorization && !o.cookie,
  );

/** A product's own version, of two parts or more; versions of protocols tell nothing. */
const PRODUCT_VERSION = /(?<product>[a-z][\w.+-]*?)[/_ -]v?(?<version>\d+(?:\.\d+)+[\w.~+-]*)/gi;
const PROTOCOLS =
  /^(upnp|http|dlnadoc|dlna|soap|ssdp|tls|ssl|rtsp|webdav|dav|ipp|ssh|ftp|version|onvif)$/i;
/** What makers write who never count on. */
const PLACEHOLDER = '1.0';

function tellsVersion(text: string): boolean {
  for (const { groups } of text.matchAll(PRODUCT_VERSION)) {
    if (groups && !PROTOCOLS.test(groups.product) && groups.version !== PLACEHOLDER) return true;
  }
  return false;
}

/** TXT keys that carry a software version or a serial number, in use by printers, speakers, cameras and hubs. */
const VERSION_KEYS =
  /^(fv|fw|fwv|fw_?ver(sion)?|firmware(_?version)?|sw|swv|sw_?ver(sion)?|software(_?version)?|srcvers|osvers|os_?version|build)$/i;
const SERIAL_KEYS = /^(sn|serial|serial_?(number|no|num)|usb_sn|sernum)$/i;

function txtSecrets(fields: Readonly<Record<string, string>>): Told {
  const told: Told = {};
  for (const [key, value] of Object.entries(fields)) {
    if (VERSION_KEYS.test(key) && /\d+\.\d+/.test(value)) told[key] = value;
    else if (SERIAL_KEYS.test(key) && isSerial(value)) told[key] = 'given';
  }
  return told;
}

/** Makers fill the field in with placeholders. */
function isSerial(value: string | undefined): boolean {
  if (value === undefined) return false;
  const text = value.trim();
  const placeholder =
    /^(none|null|unknown|n\/?a|default|serial.*|test.*|(\w)\2*|0*1?2?3?4?5?6?7?8?9?0?|xx.*)$/i;
  return text.length >= 4 && /\d/.test(text) && !placeholder.test(text);
}
