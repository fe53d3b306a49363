/** Face of the room capture: bytes in, events and observations out. */
export { isWeak as isWeakIkeAlgorithm } from './decode/ike/names.ts';
export type { AppEvent, Carrier, Direction, Flow, HostId, PacketRef } from './decoder.ts';
export { protocolNames } from './decoders.ts';
export type { Hosts } from './hosts.ts';
export type { FrameSink } from './input/frames.ts';
export { type CaptureFile, captureFiles, type Progress, readCapture } from './input/read.ts';
export { type LinkHeader, parseLink } from './link.ts';
export { isImageFormat, isUpdateImage } from './magic.ts';
export * from './observations.ts';
export {
  type ReadFile,
  readTraffic,
  type Traffic,
  type TrafficOptions,
  type TrafficProblem,
} from './traffic.ts';
