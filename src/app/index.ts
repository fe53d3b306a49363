/** Face of the room app: composes the rooms into what the command line and the API offer. */
export * from './catalogue.ts';
export { type DecodedEvent, type DecodeOptions, decodeCaptures } from './decode.ts';
export { type Identified, type IdentifyOptions, identify } from './identify.ts';
export { type ScanOptions, scan } from './scan.ts';
export { type Training, type TrainOptions, trainIdentify } from './train-identify.ts';
