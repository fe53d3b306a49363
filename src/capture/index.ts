/** Face of the room capture: bytes in, events and observations out. */
export type {
  AppEvent,
  Carrier,
  Direction,
  Flow,
  HostId,
  PacketRef,
} from './decoder.ts';
export * from './observations.ts';
