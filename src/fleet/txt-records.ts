/**
 * What the text records of an announced service say (RFC 6763, 6): maker, model, firmware, and whether the device is
 * open to pairing. Keys are each service's own, from its specification or its maker's documents; of services that are
 * not listed here, keys that many makers use alike.
 */
import type { Observation } from '../capture/index.ts';
import { fieldOf } from './announcements.ts';

/** By field of the description: `maker`, `model`, `version`, `pairing` … */
export type TxtDescription = Readonly<Record<string, string>>;

type Announcement = Pick<Observation<'announcement'>, 'service' | 'instance' | 'fields'>;

/** Keys of a field, best first, or what is worked out from several. */
type Reader = readonly string[] | ((announcement: Announcement) => string | undefined);
type Readers = Readonly<Record<string, Reader>>;

const fixed = (text: string) => (): string => text;

/** HomeKit Accessory Protocol: bit 0 of the status flags is set as long as nobody has paired. */
function homekitPairing(announcement: Announcement): string | undefined {
  const flags = fieldOf(announcement, 'sf');
  return flags === undefined ? undefined : Number(flags) & 1 ? 'open' : 'closed';
}

/** Matter Core Specification, 4.3.1: commissioning mode 0 is closed; 1 takes the passcode, 2 one made for the occasion. */
function matterPairing(announcement: Announcement): string | undefined {
  const mode = fieldOf(announcement, 'cm');
  return mode === undefined ? undefined : mode === '0' ? 'closed' : 'open';
}

/** `4996+22`: CSA vendor and product number. */
function matterModel(announcement: Announcement): string | undefined {
  const numbers = /^(\d+)(?:\+(\d+))?$/.exec(fieldOf(announcement, 'vp') ?? '');
  if (!numbers) return undefined;
  const [, vendor, product] = numbers;
  return product === undefined ? `vendor ${vendor}` : `vendor ${vendor} product ${product}`;
}

/** `yeelink-light-color3_miio12345678` is an instance of `yeelink.light.color3`. */
function miioModel({ instance = '' }: Announcement): string | undefined {
  return /^([\w-]+)_miio/.exec(instance)?.[1]?.replaceAll('-', '.');
}

/** The Native API of ESPHome names its encryption when it has any. */
function esphomeApi(announcement: Announcement): string {
  return fieldOf(announcement, 'api_encryption') === undefined ? 'in clear' : 'encrypted';
}

/** `(HP LaserJet 400)`: the product that a print driver knows it by. */
function printerModel(announcement: Announcement): string | undefined {
  return fieldOf(announcement, 'ty', 'usb_mdl', 'product')?.replace(/^\((.*)\)$/, '$1');
}

const printer: Readers = { maker: ['usb_mfg', 'mfg'], model: printerModel };
const matter: Readers = {
  model: matterModel,
  name: ['dn'],
  pairing: matterPairing,
  'matter discriminator': ['d'],
};

/** By service, without `.local`. */
const SERVICES: Readonly<Record<string, Readers>> = {
  '_hap._tcp': { model: ['md'], pairing: homekitPairing },
  '_hap._udp': { model: ['md'], pairing: homekitPairing },
  '_matterc._udp': matter,
  '_matterd._udp': matter,
  '_googlecast._tcp': { model: ['md'], name: ['fn'] },
  '_airplay._tcp': {
    maker: ['manufacturer'],
    model: ['model'],
    version: ['fv', 'srcvers'],
    system: ['osvers'],
  },
  '_raop._tcp': { model: ['am'], version: ['fv', 'vs'], system: ['ov'] },
  '_device-info._tcp': { model: ['model'], system: ['osxvers'] },
  '_companion-link._tcp': { model: ['rpmd'] },
  '_ipp._tcp': printer,
  '_ipps._tcp': printer,
  '_printer._tcp': printer,
  '_pdl-datastream._tcp': printer,
  '_scanner._tcp': printer,
  '_uscan._tcp': printer,
  '_uscans._tcp': printer,
  '_meshcop._udp': {
    maker: ['vn'],
    model: ['mn'],
    'thread version': ['tv'],
    'thread network': ['nn'],
  },
  '_miio._udp': { maker: fixed('Xiaomi'), model: miioModel },
  '_hue._tcp': { maker: fixed('Signify'), model: ['modelid'] },
  '_sonos._tcp': { maker: fixed('Sonos') },
  '_esphomelib._tcp': {
    maker: (announcement) => fieldOf(announcement, 'project_name')?.split('.', 1)[0],
    model: ['project_name', 'board'],
    version: ['project_version', 'version'],
    name: ['friendly_name'],
    'esphome api': esphomeApi,
  },
  '_shelly._tcp': { maker: fixed('Shelly'), model: ['app'], version: ['ver'] },
  '_ewelink._tcp': { maker: fixed('eWeLink'), model: ['type'] },
  '_hwenergy._tcp': { maker: fixed('HomeWizard'), model: ['product_type'], name: ['product_name'] },
  '_homeconnect._tcp': { maker: ['brand'], model: ['vib'], version: ['swversion'] },
  '_home-assistant._tcp': { version: ['version'], name: ['location_name'] },
  '_octoprint._tcp': { maker: ['vendor'], model: ['model'], version: ['version'] },
  '_nanoleafapi._tcp': { maker: fixed('Nanoleaf'), model: ['md'], version: ['srcvers'] },
  '_soundtouch._tcp': { maker: ['manufacturer'], model: ['model'] },
  '_leap._tcp': { maker: fixed('Lutron'), model: ['systype'], version: ['codever'] },
  '_lutron._tcp': { maker: fixed('Lutron'), model: ['systype'], version: ['codever'] },
  '_enphase-envoy._tcp': { maker: fixed('Enphase') },
  '_arduino._tcp': { model: ['board'] },
};

const COMMON: Readers = {
  maker: ['manufacturer', 'mfg', 'vendor'],
  model: ['md', 'model', 'ty', 'modelname', 'model_name'],
  version: [
    'fv',
    'fwv',
    'fw_ver',
    'fwver',
    'fw_version',
    'firmware',
    'fw_id',
    'srcvers',
    'version',
  ],
};

/** What the device says of itself in this announcement. */
export function describeTxt(announcement: Announcement): TxtDescription {
  const service = announcement.service.replace(/\.local\.?$/i, '').toLowerCase();
  const said: Record<string, string> = {};
  for (const [field, reader] of Object.entries(SERVICES[service] ?? COMMON)) {
    const text =
      typeof reader === 'function' ? reader(announcement) : fieldOf(announcement, ...reader);
    if (text) said[field] = text;
  }
  return said;
}
