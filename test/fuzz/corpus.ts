/** What is mutated: captures as lists of frames, the staged ones of FLEETWARD_DATA and those of the repository. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { captureFiles, type FrameSink, readCapture } from '../../src/capture/index.ts';
import { root } from '../support/fleetward.ts';
import { data } from '../support/needs.ts';

export interface Frame {
  readonly bytes: Uint8Array;
  readonly original: number;
  readonly linkType: number;
  readonly seconds: number;
  readonly nanos: number;
}

export interface Capture {
  readonly name: string;
  readonly frames: readonly Frame[];
}

const OWN = ['examples', 'test/vectors'].map((folder) => join(root, folder));
const STAGED = ['suricata-verify-iot', 'zeek-traces-iot', 'ndpi-iot', 'iot-sentinel'];
const FRAMES_MAX = 3000;

const stagedData = STAGED.map((name) => data(name));

/**
 * The captures of each set, sorted by path. Sets are kept apart, so that a large one does not crowd out the others.
 * @param share - only every n-th capture.
 */
export async function corpus(share = 1): Promise<Capture[][]> {
  const present = stagedData.filter(({ skip }) => !skip).map(({ path }) => path);
  const sets: Capture[][] = [];
  for (const folder of [...OWN, ...present]) {
    const paths = (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .sort()
      .filter((_, number) => number % share === 0);
    const captures: Capture[] = [];
    for (const name of paths) {
      const path = join(folder, name);
      const frames = await framesOf(path);
      if (frames.length > 0) captures.push({ name: path, frames });
    }
    if (captures.length > 0) sets.push(captures);
  }
  return sets;
}

async function framesOf(path: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  const sink: FrameSink = {
    frame(buffer, start, end, original, linkType, seconds, nanos) {
      if (frames.length >= FRAMES_MAX) return;
      const bytes = Uint8Array.from(buffer.subarray(start, end));
      frames.push({ bytes, original, linkType, seconds, nanos });
    },
  };
  for (const file of captureFiles([path])) await readCapture(file, sink);
  return frames;
}
