/** What devices say of themselves in their makers' own protocols: maker, model and kind in one text. */
import { type RuleLine, rulesAbout } from '../rule.ts';

const models: readonly RuleLine[] = [
  [
    'smart-plug',
    0.95,
    /^TP-Link (HS1\d\d|KP\d{3}|EP\d{2}|P1\d\d)|SMARTPLUGSWITCH|TAPOPLUG|^Edimax SP\d/,
  ],
  ['smart-plug', 0.9, /^TP-Link (HS2\d\d|KS2\d\d|ES20M|S5\d\d)|TAPOSWITCH/],
  ['light-bulb', 0.95, /^TP-Link (LB1\d\d|KL\d{2,3}|L[59]\d\d)|SMARTBULB|TAPOBULB/],
  ['light-bulb', 0.93, /^(LIFX|WiZ|Yeelight)\b/],
  ['smart-hub', 0.9, /TAPOHUB|KASAHUB/],
  ['camera', 0.95, /TAPOCAMERA|\bNetworkVideoTransmitter\b|^Hikvision DS-2C|^Dahua (DH-)?IPC/],
  [
    'video-recorder',
    0.93,
    /^Hikvision DS-[79]|^Dahua (DH-)?(NVR|XVR|HCVR|DHI-NVR)|NetworkVideoStorage/,
  ],
  ['camera', 0.9, /^D-Link DCS-|^Edimax IC-/],
  ['printer', 0.9, /\bPrintDeviceType\b|\bScanDeviceType\b/],
  ['computer', 0.5, /\bComputer\b/],
  ['smart-hub', 0.9, /^eQ-3 MAX!/],
  ['plc', 0.88, /\bSIMATIC\b|ControlLogix|CompactLogix|\b17(56|69)-L|\bBM[XE] P|Modicon/i],
  ['router', 0.85, /^Ubiquiti (UGW|UDM|UXG|ER-)/],
  ['access-point', 0.85, /^Ubiquiti (U7|UAP|U6|BZ2|UBB|NanoStation|Rocket)/i],
  ['switch', 0.85, /^Ubiquiti (US|USW)/],
];

export const ownProtocols = rulesAbout('own model', models);
