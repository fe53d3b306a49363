/** Face of the registry: every device of the installation, its sites and segments (see docs/adr/0007). */

export {
  type DeviceDetails,
  type DevicePatch,
  deviceDetailsSchema,
  devicePatchSchema,
  type RegisteredDevice,
  registeredDeviceSchema,
} from './device.ts';
export {
  type DeviceFilter,
  type DeviceSort,
  deviceFilterSchema,
  matches,
  type Reach,
  SORTS,
  within,
} from './filter.ts';
export { type Group, Groups, groupInputSchema, groupSchema } from './groups.ts';
export type { Observation, ObservedDevice } from './observe.ts';
export {
  Places,
  type Segment,
  type Site,
  segmentInputSchema,
  segmentSchema,
  siteInputSchema,
  siteSchema,
} from './places.ts';
export { type DevicePage, type DevicePosture, type DeviceQuery, Registry } from './registry.ts';
