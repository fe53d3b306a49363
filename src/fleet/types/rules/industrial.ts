/** What industrial devices say of themselves: product lines of their makers, device profiles of CIP. */
import { type RuleLine, rulesAbout } from '../rule.ts';

const models: readonly RuleLine[] = [
  // Profiles (The CIP Networks Library, volume 1, chapter 6)
  ['plc', 0.97, /\bProgrammable Logic Controller\b/],
  [
    'plc',
    0.9,
    /\b(AC Drive|DC Drive|Servo Drives?|CIP Motion Drive|Softstart|Motor (Starter|Overload))\b/,
  ],
  [
    'plc',
    0.85,
    /\b(Communications Adapter|Discrete I\/O|Analog I\/O|Safety (Discrete|Analog) I\/O)\b/,
  ],
  ['hmi', 0.95, /\bHuman-Machine Interface\b/],
  ['switch', 0.93, /\bManaged Ethernet Switch\b/],
  [
    'sensor',
    0.85,
    /\b(Photoelectric Sensor|Proximity Switch|Limit Switch|Vacuum Pressure Gauge)\b/,
  ],
  ['sensor', 0.8, /\b(Encoder|Resolver|Mass Flow Controller|Fluid Flow Controller)\b/],
  ['gateway', 0.85, /\bCIP Modbus Translator\b/],
  // Product lines, order numbers
  ['plc', 0.95, /\bCPU (3|4|12|15)\d\d(?!\d)|\b6ES7 [23457]\d\d-/],
  ['hmi', 0.9, /\b6AV[26]\d{3}\b|\bPanelView\b|\bMagelis\b|\bSIMATIC HMI\b/i],
  ['plc', 0.93, /\b(1747|1756|1761|1762|1763|1764|1766|1768|1769|5069|2080)-[A-Z]/],
  ['plc', 0.93, /\b(TM(2[0-9]{2}|171|172|251|258)|BM[XEKD] ?[PNC]|140 ?CPU|TSX ?P)\w*/],
  ['plc', 0.9, /\b(750-8\d\d|PFC[12]00|AC500|MELSEC|FX[35][USG]|CP1[EHL]|CJ[12]M|NX1P|CX\d{4})\b/],
  ['plc', 0.8, /\b(MicroLogix|SLC 5\/0\d|PLC-5|RX3i|VersaMax|Unitronics|ILC \d{3}|AXC F)\b/],
  ['meter', 0.9, /\b(PM[58]\d{3}|ION\d{4}|SENTRON PAC|UMG ?\d{3})\b/],
  ['inverter', 0.9, /\b(Fronius|SolarEdge|SMA Solar|Sungrow|GoodWe|Huawei SUN)/i],
  ['gateway', 0.85, /\b(Anybus|MGate|NPort|EGX\d{3}|Moxa MB3|TCW\d{3}|netHOST)\b/i],
];

export const industrial = rulesAbout('own model', models);
