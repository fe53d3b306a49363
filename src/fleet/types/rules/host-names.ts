/** Names that devices give themselves out of the box, and what their DHCP clients say. */
import { type RuleLine, rulesAbout } from '../rule.ts';

/** Defaults of makers and systems; names that people choose are read word by word (words.ts). */
const names: readonly RuleLine[] = [
  // Computers
  [
    'computer',
    0.95,
    /^(DESKTOP|LAPTOP)-[A-Z0-9]{7,8}$/i,
    /MacBook|^i?Mac(-?mini|-?Pro)?(-\d+)?(\.local)?$/i,
  ],
  ['computer', 0.85, /-PC$/i, /^WIN-[A-Z0-9]{11}$/i, /[a-z]s-(i?Mac|Mac-mini)/i],
  [
    'computer',
    0.7,
    /^(ubuntu|debian|fedora|pop-os|archlinux|linuxmint|kali)\b/i,
    /Virtual-?Machine/i,
  ],
  ['dev-board', 0.85, /^(raspberrypi|beaglebone|odroid|orangepi|jetson|arduino)\b/i],
  // Phones, tablets, wearables
  ['phone', 0.95, /iPhone/i],
  ['tablet', 0.95, /iPad|Galaxy-Tab|\bKindle\b/i],
  ['phone', 0.75, /^android-[0-9a-f]{12,16}$/i],
  [
    'phone',
    0.85,
    /^(Galaxy|OnePlus|Pixel|Redmi|HUAWEI_P|Honor)[-_ ]/i,
    /^(SM-[AGNS]|Mi-?(A|\d|Note))\w*/i,
  ],
  ['wearable', 0.9, /Apple-?Watch|Galaxy-Watch|^Fitbit/i],
  // Printers: a prefix of the maker and half a MAC
  ['printer', 0.95, /^(NPI|BR[NW]|EPSON|KM|RNP|XRX|LXK|ET00|SHARP)[0-9A-F]{6,16}$/i],
  ['printer', 0.8, /^(HP|SEC|Canon)[0-9A-F]{6,12}$/i],
  // Sound, picture, games
  ['smart-speaker', 0.9, /^Sonos(ZP|-)/i, /Google-(Home|Nest)|HomePod|SoundTouch|^Echo-/i],
  ['smart-speaker', 0.6, /^amazon-[0-9a-f]{9,}$/i],
  [
    'media-player',
    0.92,
    /Chromecast|AppleTV|Apple-TV|^Roku|FireTV|^Vodafone-?TV|^(osmc|libreelec|kodi)\b/i,
  ],
  ['tv', 0.92, /LGwebOSTV|BRAVIA|^Samsung.*TV|\[TV\]|VIZIO|Tizen/i],
  ['game-console', 0.92, /^(PS[345]-|Xbox|XboxOne|Nintendo|SteamDeck)/i],
  // The house
  [
    'camera',
    0.9,
    /^(DCS-?\d{3,4}|AXIS-[0-9A-F]{12}|IPC[-_]?\w*|HIKVISION|RLC-\d+|Foscam|Wyze-?Cam)/i,
  ],
  ['camera', 0.9, /^(Arlo-?\w*|VMC\d{4}|C[12]\d{2}[-_]|Tapo_C|EZVIZ|NestCam|Blink-)/i],
  ['doorbell', 0.92, /Ring(Video)?Door[Bb]ell|NestHello|^Doorbird/i],
  ['smart-plug', 0.95, /^(HS1\d\d|KP\d{3}|EP\d{2}|P1\d\d|DSP-W\d+|SP-[12]\d{3}W|WeMo)\b/i],
  ['smart-plug', 0.9, /^shelly(plug|[124]|plus[124]|pro|switch)/i, /^(HS2\d\d|ES20M|KS2\d\d)\b/i],
  ['smart-plug', 0.55, /^(tasmota|sonoff)[-_]/i],
  [
    'light-bulb',
    0.9,
    /^(LB1\d\d|KL\d{2,3}|L[59]\d\d|LIFX|yeelink-light|wled|Nanoleaf|shelly(bulb|rgbw|dimmer|vintage|duo))/i,
  ],
  ['light-hub', 0.95, /^Philips-?hue/i, /^Lightify[-_]/i, /^Lutron-/i],
  [
    'smart-hub',
    0.9,
    /^(DCH-G\d|SmartThings|homeassistant|hassio|Hubitat|GW-?[0-9A-F]{12}$|dirigera|tradfri|lumi-gateway)/i,
  ],
  ['smart-hub', 0.7, /^KEQ\d{7}$/],
  [
    'sensor',
    0.92,
    /^DCH-S1[56]0\b/i,
    /^(lumi|netatmo|airthings|qingping|shelly(ht|flood|motion))/i,
  ],
  ['alarm', 0.92, /^DCH-S220\b/i, /^(Nest-?Protect|X-?Sense|SimpliSafe)/i],
  [
    'thermostat',
    0.92,
    /^(ecobee|Nest-?Thermostat|tado|Honeywell|T[569]-?THM|netatmo-therm|shellytrv)/i,
  ],
  ['vacuum', 0.95, /^(iRobot|Roomba|roborock|rockrobo|deebot|Braava|Neato|dreame)/i],
  [
    'appliance',
    0.85,
    /^(zhimi|dyson|dmaker|BSH|Bosch-|Siemens-|Miele|LG_Smart_(Dryer|Laundry|Fridge))/i,
  ],
  ['kettle', 0.92, /ikettle/i],
  ['scale', 0.9, /^(Withings|Aria|WBS\d\d)/i],
  ['weather-station', 0.9, /^(WeatherLink|Ecowitt|GW1\d00|Ambient)/i],
  // Networks, telephones, storage
  [
    'router',
    0.85,
    /^(DIR-\d|TL-W|TL-MR|Archer|OpenWrt|fritz\.?box|DSL-\d|RT-A[CX]|Speedport|Livebox|BTHub|EdgeRouter|MikroTik)/i,
  ],
  [
    'access-point',
    0.9,
    /^(DAP-\d|EAP\d|UAP|U6-|U7-|WAP\d|AP-?[0-9a-f]{12}|Eero|Orbi|Deco|RE\d{3}|FRITZ!?Repeater)/i,
  ],
  ['switch', 0.9, /^(DGS-\d|GS\d{3}|USW-|TL-SG|Catalyst)/i],
  [
    'voip-phone',
    0.95,
    /^SEP[0-9A-F]{12}$/i,
    /^(SIP-T\d|snom\d|Polycom|yealink|GXP\d|HT8\d|SPA\d{3})/i,
  ],
  [
    'nas',
    0.9,
    /^(DiskStation|Synology|QNAP|ReadyNAS|MyCloud|TrueNAS|freenas|DNS-3\d\d|NAS[0-9A-F]{6}|WDMyCloud)/i,
  ],
  ['3d-printer', 0.9, /^(octopi|octoprint|mainsail|voron|prusa)/i],
  // Energy and industry
  [
    'inverter',
    0.92,
    /^(SMA\d{8,10}|envoy|fronius|solaredge|Powerwall|TEG-|kostal|goodwe|growatt|huawei-?sun)/i,
  ],
  ['ev-charger', 0.92, /^(TeslaWallConnector|wallbox|easee|zappi|go-eCharger|keba)/i],
  ['plc', 0.85, /^(plcxb|S7-1\d00|CPU-?1[25]\d\d|wago|PFC\d{3}|CX-[0-9A-F]{6}|AXC\d)/i],
];

/** Option 60 (RFC 2132, 9.13) and option 16 of DHCPv6. Plain `udhcp` and `dhcpcd` are in everything. */
const vendorClasses: readonly RuleLine[] = [
  ['computer', 0.85, /^MSFT /],
  ['computer', 0.6, /^PXEClient/],
  ['phone', 0.65, /^android-dhcp/],
  ['phone', 0.65, /^HUAWEI:android|^dhcpcd.*:Android/i],
  [
    'voip-phone',
    0.97,
    /IP Phone|^(yealink|snom|Polycom|Grandstream|ccp\.avaya|Mitel|ipphone|Cisco SPA)/i,
  ],
  ['printer', 0.97, /JetDirect|LaserJet|Typ=(Printer|MFP)|^(EPSON|Brother|Lexmark|Xerox)/i],
  ['access-point', 0.9, /^(Cisco AP|ArubaAP|ArubaInstantAP|ubnt|Ruckus CPE|Meraki|AP-)/i],
  ['router', 0.85, /^(docsis|dslforum\.org|MikroTik|pktc)/i],
  ['camera', 0.95, /Network Camera|IP-?Camera|^AXIS/i],
  ['game-console', 0.92, /^(PS[345]\b|Xbox|Nintendo)/i],
  ['scale', 0.55, /^Withings/i],
  ['switch', 0.8, /^(ProCurve|Cisco (Catalyst|SG)|HPE? .*Switch|JUNOS)/i],
  ['plc', 0.85, /^(SIMATIC|Siemens|Allen-Bradley|WAGO)/i],
];

export const hostNames = [
  ...rulesAbout('host name', names),
  ...rulesAbout('dhcp vendor class', vendorClasses),
];
