/**
 * Words with which a device, or who named it, says outright what it is: `GlowPlug/1.2`, `warmly-thermostat`,
 * `Canon Printer`. Read in every text in which a device describes itself.
 */
import type { StatementSource } from '../statements.ts';
import type { DeviceType } from '../vocabulary.ts';

type WordLine = readonly [type: DeviceType, trust: number, ...words: readonly string[]];

/** Whole words, in lower case. */
const whole: readonly WordLine[] = [
  ['camera', 0.85, 'camera', 'ipcam', 'ipcamera', 'webcam', 'netcam', 'cctv', 'babycam'],
  ['camera', 0.7, 'cam', 'ipc'],
  ['video-recorder', 0.85, 'nvr', 'dvr'],
  ['doorbell', 0.92, 'doorbell', 'intercom'],
  ['smart-plug', 0.8, 'plug', 'smartplug', 'outlet', 'powerstrip'],
  ['smart-plug', 0.65, 'socket', 'relay'],
  ['light-bulb', 0.85, 'bulb', 'lightbulb', 'ledstrip', 'lightstrip', 'lamp', 'dimmer'],
  ['light-bulb', 0.6, 'light', 'led'],
  ['smart-hub', 0.75, 'hub', 'smarthub', 'homehub', 'smarthome'],
  ['smart-hub', 0.6, 'bridge'],
  ['thermostat', 0.92, 'thermostat', 'termostat'],
  ['air-conditioner', 0.85, 'aircon', 'airconditioner', 'heatpump', 'hvac'],
  ['sensor', 0.75, 'sensor', 'detector', 'leak', 'hygrometer'],
  ['weather-station', 0.85, 'weatherstation', 'weather'],
  ['scale', 0.7, 'scale', 'bodyscale'],
  ['kettle', 0.92, 'kettle'],
  ['coffee-machine', 0.9, 'coffee', 'espresso', 'coffeemaker'],
  ['appliance', 0.85, 'fridge', 'refrigerator', 'oven', 'dishwasher', 'washer', 'dryer', 'freezer'],
  ['appliance', 0.8, 'airpurifier', 'purifier', 'humidifier', 'dehumidifier', 'microwave', 'fan'],
  ['vacuum', 0.88, 'vacuum', 'mower', 'robovac'],
  ['blind', 0.8, 'blind', 'shutter', 'curtain', 'garagedoor'],
  ['irrigation', 0.88, 'sprinkler', 'irrigation'],
  ['lock', 0.85, 'lock', 'doorlock', 'smartlock', 'deadbolt'],
  ['alarm', 0.8, 'alarm', 'siren', 'smoke'],
  ['smart-speaker', 0.75, 'speaker', 'soundbar', 'subwoofer'],
  ['tv', 0.75, 'tv', 'smarttv', 'television', 'projector'],
  ['media-player', 0.7, 'mediaplayer', 'settop', 'stb'],
  ['printer', 0.85, 'printer', 'laserjet', 'officejet', 'deskjet', 'scanner', 'mfp'],
  ['nas', 0.85, 'nas', 'diskstation'],
  ['router', 0.8, 'router', 'modem', 'firewall'],
  ['access-point', 0.75, 'accesspoint', 'repeater', 'extender'],
  ['computer', 0.85, 'laptop', 'desktop', 'notebook', 'workstation', 'macbook', 'thinkpad', 'imac'],
  ['server', 0.7, 'server', 'broker', 'esxi', 'proxmox'],
  ['phone', 0.7, 'phone', 'smartphone', 'iphone'],
  ['tablet', 0.85, 'tablet', 'ipad'],
  ['wearable', 0.6, 'watch', 'smartwatch'],
  ['voip-phone', 0.85, 'voip', 'ipphone', 'deskphone'],
  ['ev-charger', 0.85, 'wallbox', 'evse', 'evcharger', 'chargepoint'],
  ['inverter', 0.92, 'inverter', 'solarinverter'],
  ['inverter', 0.6, 'solar', 'photovoltaic', 'battery'],
  ['meter', 0.75, 'meter', 'smartmeter', 'powermeter'],
  ['plc', 0.88, 'plc'],
  ['hmi', 0.85, 'hmi'],
];

/** Ends of compound words that nobody spelt apart: `peekcam`, `glowplug`. */
const endings: readonly (readonly [DeviceType, number, RegExp])[] = [
  ['camera', 0.65, /^[a-z]{3,}cam(era)?$/],
  ['smart-plug', 0.7, /^[a-z]{3,}plug$/],
  ['light-bulb', 0.75, /^[a-z]{3,}bulb$/],
  ['thermostat', 0.85, /^[a-z]{3,}thermostat$/],
  ['doorbell', 0.85, /^[a-z]{3,}doorbell$/],
];

/** How far a word is to be believed, by where it stands; where people choose the words it is less. */
const believed: Partial<Record<StatementSource, number>> = {
  'dhcp vendor class': 1,
  'mdns model': 1,
  'upnp model': 1,
  'own model': 0.9,
  'ssdp server': 0.9,
  'http server': 0.85,
  'http title': 0.8,
  'host name': 0.85,
  'certificate subject': 0.75,
  'http user agent': 0.7,
};

export interface SpokenWord {
  readonly word: string;
  readonly type: DeviceType;
  readonly trust: number;
}

const byWord = new Map(
  whole.flatMap(([type, trust, ...words]) =>
    words.map((word) => [word, { word, type, trust }] as const),
  ),
);

/** The words of a text that name a type of device, with how far they are to be believed there. */
export function spokenWords(source: StatementSource, text: string): SpokenWord[] {
  const belief = believed[source];
  if (belief === undefined) return [];
  const found: SpokenWord[] = [];
  for (const word of wordsOf(text)) {
    const known = byWord.get(word) ?? compound(word);
    if (known) found.push({ ...known, trust: known.trust * belief });
  }
  return found;
}

function compound(word: string): SpokenWord | undefined {
  for (const [type, trust, pattern] of endings) {
    if (pattern.test(word)) return { word, type, trust };
  }
  return undefined;
}

/** `GlowPlug-2x` → glow, plug, x. */
function wordsOf(text: string): string[] {
  return text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 1);
}

/** How many rules the words are. */
export const wordRuleCount = byWord.size + endings.length;
