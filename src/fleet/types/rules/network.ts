/** What a device does in the network: services that it offers, and roles. */
import { type RuleLine, rulesAbout } from '../rule.ts';

/** An open port alone is no answer where programs on any computer open it as well. */
const services: readonly RuleLine[] = [
  ['printer', 0.8, /^tcp\/(9100|515|631)\b/],
  // Cameras are searched for there.
  ['camera', 0.65, /^udp\/32108 pppp$/],
  ['camera', 0.65, /^tcp\/554\b/, /^tcp\/(?!5000\b|7000\b)\d+ rtsp$/],
  ['smart-plug', 0.55, /^(tcp|udp)\/9999 .*(tplink|kasa)/],
  ['light-bulb', 0.75, /^udp\/56700\b/],
  ['vacuum', 0.4, /^udp\/54321\b/],
  ['smart-speaker', 0.65, /^tcp\/1400\b/],
  ['media-player', 0.65, /^tcp\/(8008|8009)\b/],
  // AirPlay, which speaks RTSP.
  ['media-player', 0.6, /^tcp\/(5000|7000) rtsp$/],
  ['media-player', 0.5, /\badb$/],
  ['media-player', 0.75, /^tcp\/8060\b/],
  [
    'plc',
    0.58,
    /^tcp\/(102|44818)\b/,
    /^udp\/2222\b/,
    /\b(s7comm|s7comm_plus|enip|cip_io|profinet)$/,
  ],
  ['plc', 0.5, /^tcp\/502\b/, /\bmodbus$/, /^(tcp|udp)\/(20000|2404)\b/, /\b(dnp3|iec104)$/],
  ['gateway', 0.58, /^udp\/47808\b/, /\bbacnet$/],
  ['ev-charger', 0.75, /\bocpp/],
  ['server', 0.5, /^tcp\/(1883|8883) (mqtt|tls)/, /^tcp\/(5432|3306|6379|27017)\b/],
  ['server', 0.6, /^tcp\/(88|389|636)\b/, /\bldap$/],
  ['computer', 0.5, /^tcp\/3389\b/, /\brdp$/],
  ['computer', 0.35, /^tcp\/(445|5900)\b/, /\b(smb|rfb)$/],
  ['nas', 0.5, /^tcp\/(548|2049)\b/],
  ['voip-phone', 0.5, /^(udp|tcp)\/506[01]\b/, /\bsip$/],
  ['smart-hub', 0.75, /^tcp\/8123\b/],
];

const roles: readonly RuleLine[] = [['router', 0.7, 'gateway']];

export const network = [...rulesAbout('service', services), ...rulesAbout('role', roles)];
