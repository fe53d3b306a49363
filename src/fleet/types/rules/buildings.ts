/** What devices of buildings, plants and grids say of themselves: roles in their protocol, product lines, objects. */
import { type RuleLine, rulesAbout } from '../rule.ts';

const models: readonly RuleLine[] = [
  // Roles in their protocol
  ['gateway', 0.9, /\bBACnet router\b/, /\bKNXnet\/IP gateway\b/],
  ['plc', 0.9, /\bPROFINET io_controller\b/],
  ['plc', 0.8, /\bPROFINET io_device\b/],
  ['ev-charger', 0.97, /\bcharging station\b/],
  // Building controllers and what they control
  [
    'gateway',
    0.9,
    /\b(JACE|Niagara|Desigo|Metasys|Tracer SC\+?|Automation Server|enteliBUS|enteliWEB|L-INX|LINX-\d|ecoS\d|EY-AS|PXC\d)/i,
  ],
  ['thermostat', 0.85, /\b(thermostat|room (controller|unit|sensor)|VAV|fan coil)\b/i],
  [
    'air-conditioner',
    0.85,
    /\b(chiller|heat pump|AHU|air handling|rooftop unit|VRF|VRV|fan[- ]?unit)\b/i,
  ],
  // Servers of OPC UA
  [
    'plc',
    0.9,
    /\b(S7-1[25]00|SIMATIC\.S7|TwinCAT|CODESYS|X20CP\d|PLCnext|AC500|Sysmac|SINUMERIK|SINAMICS)/i,
  ],
  ['server', 0.75, /\b(KEPServerEX|Ignition OPC|Prosys OPC|dataFEED|UaGateway|MatrikonOPC)\b/i],
  // Objects of LwM2M (IPSO Smart Objects)
  ['meter', 0.7, /(^|\s)\/(3305|3331|3424|10243)\//],
  ['light-bulb', 0.7, /(^|\s)\/3311\//],
  ['sensor', 0.65, /(^|\s)\/(330[0-4]|331[3-9]|332[0-9]|334[6-9])\//],
];

export const buildings = rulesAbout('own model', models);
