/**
 * The types of device that Fleetward knows, each with what belongs to it. Expectations, rules, reports and controls
 * use these words and no others; a device that is none of them is of an unknown type.
 */
export const deviceTypes = {
  // The network itself
  router: 'routes between networks: home gateway, modem, firewall',
  'access-point': 'Wi-Fi access point, mesh node, repeater',
  switch: 'network switch',
  // Watching and guarding
  camera: 'network camera, baby monitor',
  doorbell: 'doorbell with a camera or intercom',
  'video-recorder': 'recorder for cameras (NVR, DVR)',
  alarm: 'alarm panel, siren, smoke or gas alarm',
  lock: 'door lock, access controller',
  // At home
  'smart-plug': 'switched socket, relay, wall switch, power strip',
  'light-bulb': 'lamp, light strip, dimmer',
  'light-hub': 'bridge between the network and lamps',
  'smart-hub': 'bridge or controller for devices of several kinds',
  thermostat: 'room or boiler thermostat',
  'air-conditioner': 'air conditioner, heat pump, ventilation',
  sensor: 'motion, door, water, air or temperature sensor',
  'weather-station': 'outdoor weather station',
  scale: 'body or kitchen scale',
  kettle: 'water kettle',
  'coffee-machine': 'coffee machine',
  appliance: 'refrigerator, oven, washer, air purifier and the like',
  vacuum: 'vacuum or mowing robot',
  blind: 'blind, shutter, garage door',
  irrigation: 'garden watering',
  // Sound and picture
  'smart-speaker': 'loudspeaker with a network or a voice assistant, smart display',
  tv: 'television set, projector',
  'media-player': 'streaming stick or box, receiver, set-top box',
  'game-console': 'game console',
  // Office
  printer: 'printer, scanner, copier',
  '3d-printer': '3D printer',
  nas: 'network storage',
  'voip-phone': 'desk phone, telephone adapter, conference phone',
  server: 'server, virtual machine host, broker, home server',
  // Personal tools, from which people reach other devices: several controls judge them otherwise
  computer: 'desktop, laptop, virtual machine with a desktop',
  phone: 'mobile phone',
  tablet: 'tablet, e-book reader',
  wearable: 'watch, tracker, glasses, headset',
  // Industry, buildings and energy
  plc: 'programmable controller, drive, remote I/O',
  hmi: 'operator panel',
  gateway: 'gateway between field buses or radio and the network; building controller',
  meter: 'meter for power, gas, water or heat',
  inverter: 'solar inverter, battery, energy manager',
  'ev-charger': 'charging station for vehicles',
  vehicle: 'vehicle, or its telematics unit',
  medical: 'medical device',
  'dev-board': 'single-board computer, development kit',
} as const;

export type DeviceType = keyof typeof deviceTypes;

/** Whether a type is one of these words, rather than a name that somebody gave. */
export function isDeviceType(type: string): boolean {
  return Object.hasOwn(deviceTypes, type);
}
