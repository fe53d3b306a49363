/**
 * Mutated packets of real captures do no harm: nothing throws, no decoder fails, no packet takes long, memory stays
 * bounded, and what one flow says stays with that flow. docs/fuzzing.md has the figures of the long run.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, test } from 'vitest';
import { decoders, observers } from '../../src/capture/decoders.ts';
import { Dissector } from '../../src/capture/dissect.ts';
import { parseLink } from '../../src/capture/index.ts';
import { full } from '../support/needs.ts';
import { type Capture, corpus, type Frame } from './corpus.ts';
import { fuzz } from './fuzz.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';

const SEED = 1;
const SHORT_MS = 6_000;
/** Of them a million reach every decoder many times over. */
const LONG_MUTATIONS = 1_000_000;
const PACKET_MS_MAX = 100;
const HEAP_GROWTH_BYTES_MAX = 64 * 1024 * 1024;

let sets: Capture[][];

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

function expectNoHarm(mutations: number, millisecondsMax?: number): void {
  const before = heapInUse();
  const figures = fuzz(sets, {
    seed: SEED,
    mutations,
    ...(millisecondsMax === undefined ? {} : { millisecondsMax }),
  });
  expect(figures.failures).toEqual([]);
  expect(figures.slowestPacket).toBeLessThan(PACKET_MS_MAX);
  expect(figures.events).toBeGreaterThan(figures.mutations / 20);
  expect(heapInUse() - before).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
}

describe('mutated captures', () => {
  beforeAll(async () => {
    sets = await corpus(full.skip ? 4 : 1);
  });

  test('do no harm', { timeout: 60_000 }, () => {
    expectNoHarm(15_000, SHORT_MS);
  });

  test('do no harm, a million times', { ...full, timeout: 1_800_000 }, () => {
    expectNoHarm(LONG_MUTATIONS);
  });

  test('say the same beside another capture as alone', { timeout: 600_000 }, () => {
    const random = new Random(SEED);
    const short = sets.flat().filter(({ frames }) => spanOf(frames) < 30);
    let compared = 0;
    for (let round = 0; round < (full.skip ? 80 : 2_000); round++) {
      const [one, other] = [random.of(short), random.of(short)].map(({ frames }) =>
        rebased(mutate(frames.slice(0, 200), random, 4).frames),
      ) as [Frame[], Frame[]];
      if (intersects(addressesIn(one), addressesIn(other))) continue;
      const alone = [...eventsOf([one]), ...eventsOf([other])].sort();
      expect(eventsOf([one, other]).sort()).toEqual(alone);
      compared += alone.length;
    }
    expect(compared).toBeGreaterThan(300);
  });
});

/** Events of captures that pass at the same time, each with the frame that it came from. */
function eventsOf(captures: readonly (readonly Frame[])[]): string[] {
  const together = captures.flat().sort((a, b) => a.seconds - b.seconds || a.nanos - b.nanos);
  const events: string[] = [];
  const dissector = new Dissector({
    flows: 4096,
    decoders,
    observers,
    onEvent(event, direction, flow, { packet }) {
      const frame = together[packet - 1]!;
      const place = `${frame.seconds} ${frame.nanos} ${Buffer.from(frame.bytes).toString('hex')}`;
      const parties = `${flow.clientAddress} ${flow.clientPort} ${flow.serverAddress} ${flow.serverPort}`;
      // Secrets have other hashes in each run.
      const fields = JSON.stringify(event).replaceAll(/hmac-sha256:[0-9a-f]+/g, 'secret');
      events.push(`${fields} ${direction} ${parties} ${place}`);
    },
  });
  dissector.beginFile(0);
  for (const frame of together) {
    const { bytes, original, linkType, seconds, nanos } = frame;
    dissector.frame(bytes, 0, bytes.length, original, linkType, seconds, nanos);
  }
  dissector.finish();
  return events;
}

const secondsOf = ({ seconds, nanos }: Frame): number => seconds + nanos * 1e-9;

function spanOf(frames: readonly Frame[]): number {
  const times = frames.slice(0, 200).map(secondsOf);
  return Math.max(...times) - Math.min(...times);
}

/** From one time on, without those that a mutation moved far away: a clock that jumps ends other flows too. */
function rebased(frames: readonly Frame[]): Frame[] {
  const first = frames[0]?.seconds ?? 0;
  return frames
    .map((frame) => ({ ...frame, seconds: frame.seconds - first + 1_700_000_000 }))
    .filter(({ seconds }) => Math.abs(seconds - 1_700_000_000) < 60);
}

/** MACs and addresses, those of groups and of nobody left out. */
function addressesIn(frames: readonly Frame[]): Set<string> {
  const found = new Set<string>();
  for (const { bytes, linkType } of frames) {
    for (const { field, isGroup } of addressFields(bytes, linkType)) {
      if (!isGroup && field.some((byte) => byte !== 0)) {
        found.add(Buffer.from(field).toString('hex'));
      }
    }
  }
  return found;
}

function* addressFields(bytes: Uint8Array, linkType: number) {
  const start = { type: -1, payload: 0, end: 0, source: -1, target: -1, vlan: 0, group: false };
  if (!parseLink(linkType, bytes, 0, bytes.length, start)) return;
  const at = start.payload;
  for (const mac of [start.source, start.target]) {
    if (mac >= 0) yield { field: bytes.subarray(mac, mac + 6), isGroup: (bytes[mac]! & 1) === 1 };
  }
  if (start.type === 0x0800) {
    for (const from of [at + 12, at + 16])
      yield { field: bytes.subarray(from, from + 4), isGroup: bytes[from]! >= 224 };
  } else if (start.type === 0x86dd) {
    for (const from of [at + 8, at + 24])
      yield { field: bytes.subarray(from, from + 16), isGroup: bytes[from] === 0xff };
  }
}

const intersects = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  [...one].some((each) => other.has(each));
