/**
 * The local protocols of consumer devices: makers' own, and Matter. One list, because there are many and each is
 * small; strictest first.
 */
import type { Decoder } from '../decoder.ts';
import { dahuaDecoder } from './dahua.ts';
import { kasaDecoder } from './kasa.ts';
import { lifxDecoder } from './lifx.ts';
import { makerDiscoveryDecoders } from './maker-discovery.ts';
import { matterDecoder } from './matter.ts';
import { maxCubeDecoder } from './max-cube.ts';
import { miioDecoder } from './miio.ts';
import { sadpDecoder } from './sadp.ts';
import { tdpDecoder } from './tdp.ts';
import { tuyaDecoder } from './tuya.ts';
import { weaveDecoder } from './weave.ts';
import { wizDecoder } from './wiz.ts';
import { wsDiscoveryDecoder } from './ws-discovery.ts';
import { yeelightDecoder } from './yeelight.ts';

export const smartHomeDecoders: readonly Decoder[] = [
  tuyaDecoder,
  dahuaDecoder,
  miioDecoder,
  lifxDecoder,
  tdpDecoder,
  kasaDecoder,
  sadpDecoder,
  wsDiscoveryDecoder,
  yeelightDecoder,
  wizDecoder,
  maxCubeDecoder,
  weaveDecoder,
  ...makerDiscoveryDecoders,
  matterDecoder,
];
