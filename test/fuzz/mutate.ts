/**
 * Mutations of packets: changed, cut, longer, spliced with others, doubled, lost and out of order. Most leave the headers
 * alone and mend their lengths, so that what is broken is what decoders read; some do not, so that headers break as well.
 */
import { parseLink } from '../../src/capture/index.ts';
import type { Frame } from './corpus.ts';
import type { Random } from './random.ts';

export interface Mutated {
  readonly frames: Frame[];
  /** Packets that were changed, doubled, dropped or moved. */
  readonly mutations: number;
}

/** Values that parsers get wrong: limits of signed and unsigned numbers, and counts that are off by one. */
const INTERESTING = [0, 1, 2, 0x0a, 0x0d, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xfe, 0xff];
const GROWTH_BYTES_MAX = 600;
const FRAME_BYTES_MAX = 65_000;

/** @param rate - one packet in so many is mutated. */
export function mutate(frames: readonly Frame[], random: Random, rate: number): Mutated {
  const mutated: Frame[] = [];
  let mutations = 0;
  for (const frame of frames) {
    if (!random.once(rate)) {
      mutated.push(frame);
      continue;
    }
    mutations++;
    const kind = random.below(20);
    if (kind === 0) continue; // lost
    if (kind === 1) mutated.push(frame, frame);
    else if (kind === 2) mutated.splice(random.below(mutated.length + 1), 0, frame);
    else if (kind === 3) mutated.push(later(frame, random));
    else mutated.push(changed(frame, frames, random));
  }
  return { frames: mutated, mutations };
}

/** In another time: clocks jump. */
function later(frame: Frame, random: Random): Frame {
  const seconds = random.of([0, frame.seconds + 120, frame.seconds + 7200, 0xffffffff]);
  return { ...frame, seconds };
}

function changed(frame: Frame, others: readonly Frame[], random: Random): Frame {
  const body = random.once(8) ? 0 : payloadStart(frame);
  if (body >= frame.bytes.length) return { ...frame, bytes: scribble(frame.bytes, 0, random) };
  let bytes = frame.bytes;
  for (let more = 1 + random.below(3); more > 0; more--) {
    bytes = random.of(CHANGES)(bytes, body, random, others);
    if (bytes.length <= body) break;
  }
  if (!random.once(10)) mendLengths({ ...frame, bytes });
  return { ...frame, bytes, original: Math.max(bytes.length, random.once(4) ? frame.original : 0) };
}

type Change = (
  bytes: Uint8Array,
  from: number,
  random: Random,
  others: readonly Frame[],
) => Uint8Array;

const somewhere = (bytes: Uint8Array, from: number, random: Random): number =>
  from + random.below(bytes.length - from);

function scribble(bytes: Uint8Array, from: number, random: Random): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length <= from) return copy;
  for (let more = 1 + random.below(8); more > 0; more--) {
    copy[somewhere(copy, from, random)] = random.below(256);
  }
  return copy;
}

/** One byte, or a big-endian number of two or four, becomes a value that matters. */
const poke: Change = (bytes, from, random) => {
  const copy = Uint8Array.from(bytes);
  const at = somewhere(copy, from, random);
  const value = random.of(INTERESTING);
  const width = random.of([1, 1, 2, 4]);
  for (let i = 0; i < width && at + i < copy.length; i++) {
    copy[at + i] = i === width - 1 || value >= 0x7f ? value : 0;
  }
  return copy;
};

const nudge: Change = (bytes, from, random) => {
  const copy = Uint8Array.from(bytes);
  const at = somewhere(copy, from, random);
  copy[at] = copy[at]! + random.of([-1, 1, 2, -2, 16, 64]);
  return copy;
};

const flip: Change = (bytes, from, random) => {
  const copy = Uint8Array.from(bytes);
  copy[somewhere(copy, from, random)]! ^= 1 << random.below(8);
  return copy;
};

const cut: Change = (bytes, from, random) =>
  Uint8Array.from(bytes.subarray(0, somewhere(bytes, from, random)));

const remove: Change = (bytes, from, random) => {
  const at = somewhere(bytes, from, random);
  const count = 1 + random.below(random.of([1, 4, 64]));
  return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + count)]);
};

const insert = (bytes: Uint8Array, at: number, what: Uint8Array): Uint8Array => {
  if (bytes.length + what.length > FRAME_BYTES_MAX) return bytes;
  const longer = new Uint8Array(bytes.length + what.length);
  longer.set(bytes.subarray(0, at));
  longer.set(what, at);
  longer.set(bytes.subarray(at), at + what.length);
  return longer;
};

const stutter: Change = (bytes, from, random) => {
  const at = somewhere(bytes, from, random);
  const part = bytes.subarray(at, at + 1 + random.below(GROWTH_BYTES_MAX));
  return insert(bytes, at, Uint8Array.from(part));
};

const repeatByte: Change = (bytes, from, random) =>
  insert(
    bytes,
    somewhere(bytes, from, random),
    new Uint8Array(1 + random.below(GROWTH_BYTES_MAX)).fill(random.below(256)),
  );

/** A part of another packet of the same capture, in the middle or as the end. */
const splice: Change = (bytes, from, random, others) => {
  const other = random.of(others);
  const start = Math.min(payloadStart(other), other.bytes.length);
  const part = other.bytes.subarray(start, start + random.of([8, 64, 1500]));
  const at = somewhere(bytes, from, random);
  return random.once(2)
    ? insert(bytes, at, part)
    : Uint8Array.from([...bytes.subarray(0, at), ...part]);
};

const CHANGES: readonly Change[] = [
  scribble,
  poke,
  poke,
  nudge,
  nudge,
  flip,
  cut,
  remove,
  stutter,
  repeatByte,
  splice,
];

const link = { type: -1, payload: 0, end: 0, source: -1, target: -1, vlan: 0, group: false };
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;
const UDP = 17;

/** Where the transport header of a plain IPv4 or IPv6 packet begins and what it is. */
function transportOf({ bytes, linkType }: Frame): { start: number; protocol: number } | undefined {
  if (!parseLink(linkType, bytes, 0, bytes.length, link)) return undefined;
  const at = link.payload;
  if (link.type === IPV4 && bytes.length >= at + 20)
    return { start: at + ((bytes[at]! & 15) << 2), protocol: bytes[at + 9]! };
  if (link.type === IPV6 && bytes.length >= at + 40)
    return { start: at + 40, protocol: bytes[at + 6]! };
  return undefined;
}

/** The first byte behind TCP or UDP, or behind the link header where there is neither. */
function payloadStart(frame: Frame): number {
  const transport = transportOf(frame);
  const { bytes } = frame;
  if (!transport) return Math.min(14, Math.max(0, bytes.length - 1));
  const { start, protocol } = transport;
  if (protocol === UDP) return start + 8;
  if (protocol === TCP && start + 13 < bytes.length)
    return start + ((bytes[start + 12]! >> 4) << 2);
  return start;
}

/** The lengths of IP and UDP as the frame now has them. */
function mendLengths(frame: Frame): void {
  const transport = transportOf(frame);
  if (!transport) return;
  const { bytes } = frame;
  const at = link.payload;
  if (link.type === IPV4) write16(bytes, at + 2, bytes.length - at);
  else write16(bytes, at + 4, bytes.length - at - 40);
  const { start, protocol } = transport;
  if (protocol === UDP && bytes.length >= start + 8)
    write16(bytes, start + 4, bytes.length - start);
}

function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
