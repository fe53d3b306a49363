/**
 * The fuzzer: rounds of mutated captures through the whole dissector with all decoders and observers, then through the
 * inventory, the audit and the report. Each round has its own seed, so that one that fails can be had again alone.
 */
import {
  buildReport,
  controls,
  evaluateAll,
  htmlReport,
  ocsfReport,
  sarifReport,
  terminalReport,
} from '../../src/audit/index.ts';
import { decoders, observers } from '../../src/capture/decoders.ts';
import { Dissector } from '../../src/capture/dissect.ts';
import type { Traffic } from '../../src/capture/index.ts';
import { inventory } from '../../src/fleet/index.ts';
import type { Capture, Frame } from './corpus.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';

const CAPTURES_A_ROUND = 8;
/** Of a long capture a part is taken, half the time its beginning. */
const FRAMES_A_CAPTURE = 300;
/** Few, so that eviction happens too. */
const FLOWS = 1024;
/** Every so many rounds the writers have their turn as well: they cost most. */
const ROUNDS_A_WRITTEN_REPORT = 16;
/** A packet that took longer is tried again, since most of such time is the machine's: other programs, and garbage. */
const SUSPICIOUS_MS = 25;
const TRIES = 4;

export interface FuzzOptions {
  readonly seed: number;
  /** Packet mutations to reach. */
  readonly mutations: number;
  /** Ends earlier when so much time is over. */
  readonly millisecondsMax?: number;
  readonly onRound?: (figures: Figures) => void;
}

export interface Failure {
  readonly round: number;
  readonly seed: number;
  readonly what: string;
}

export interface Figures {
  rounds: number;
  mutations: number;
  packets: number;
  events: number;
  findings: number;
  /** Milliseconds, the least of several tries of its round. */
  slowestPacket: number;
  /** Bytes of the heap in use after a round, at most. */
  heapPeak: number;
  readonly protocols: Set<string>;
  readonly failures: Failure[];
}

interface Round {
  mutations: number;
  packets: number;
  findings: number;
  slowestPacket: number;
  readonly events: ReadonlyMap<string, number>;
  /** What went wrong. */
  readonly problems: string[];
}

export function fuzz(sets: readonly (readonly Capture[])[], options: FuzzOptions): Figures {
  const figures: Figures = {
    rounds: 0,
    mutations: 0,
    packets: 0,
    events: 0,
    findings: 0,
    slowestPacket: 0,
    heapPeak: 0,
    protocols: new Set(),
    failures: [],
  };
  const end = performance.now() + (options.millisecondsMax ?? Number.POSITIVE_INFINITY);
  while (figures.mutations < options.mutations && performance.now() < end) {
    const round = figures.rounds++;
    const seed = (options.seed + Math.imul(round, 0x9e3779b1)) >>> 0;
    const once = (): Round => fuzzRound(sets, seed, round % ROUNDS_A_WRITTEN_REPORT === 0);
    const done = once();
    let slowest = done.slowestPacket;
    for (let tries = 1; tries < TRIES && slowest > SUSPICIOUS_MS; tries++) {
      slowest = Math.min(slowest, once().slowestPacket);
    }
    figures.mutations += done.mutations;
    figures.packets += done.packets;
    figures.findings += done.findings;
    figures.slowestPacket = Math.max(figures.slowestPacket, slowest);
    for (const [protocol, count] of done.events) {
      figures.protocols.add(protocol);
      figures.events += count;
    }
    for (const what of done.problems) figures.failures.push({ round, seed, what });
    figures.heapPeak = Math.max(figures.heapPeak, process.memoryUsage().heapUsed);
    options.onRound?.(figures);
  }
  return figures;
}

function fuzzRound(sets: readonly (readonly Capture[])[], seed: number, writes: boolean): Round {
  const random = new Random(seed);
  const dissector = new Dissector({
    flows: FLOWS,
    decoders,
    observers,
    // As decode --json prints them; without a listener, repeated datagrams take a shorter way.
    ...(random.once(2) ? { onEvent: (event) => void JSON.stringify(event) } : {}),
  });
  const round: Round = {
    mutations: 0,
    packets: 0,
    findings: 0,
    slowestPacket: 0,
    events: dissector.eventCounts,
    problems: [],
  };
  const names: string[] = [];
  try {
    for (let file = 0; file < CAPTURES_A_ROUND; file++) {
      const capture = random.of(random.of(sets));
      names.push(capture.name);
      dissector.beginFile(file);
      const { frames, mutations } = mutate(part(capture, random), random, random.of([1, 2, 4]));
      round.mutations += mutations;
      round.packets += frames.length;
      for (const { bytes, original, linkType, seconds, nanos } of frames) {
        const before = performance.now();
        dissector.frame(bytes, 0, bytes.length, original, linkType, seconds, nanos);
        round.slowestPacket = Math.max(round.slowestPacket, performance.now() - before);
      }
    }
    dissector.finish();
    for (const protocol of dissector.failures.keys()) {
      round.problems.push(`the ${protocol} decoder threw`);
    }
    audit(dissector, names, round, writes);
  } catch (error) {
    const said = error instanceof Error ? error.stack : String(error);
    round.problems.push(`${said} in ${names.join(', ')}`);
  }
  return round;
}

function part({ frames }: Capture, random: Random): readonly Frame[] {
  const spare = frames.length - FRAMES_A_CAPTURE;
  const from = spare > 0 && random.once(2) ? random.below(spare + 1) : 0;
  return frames.slice(from, from + FRAMES_A_CAPTURE);
}

function audit(
  dissector: Dissector,
  names: readonly string[],
  round: Round,
  writes: boolean,
): void {
  const traffic = trafficOf(dissector, names);
  const network = inventory(traffic);
  const evaluation = evaluateAll(controls, network);
  round.findings = evaluation.findings.length;
  for (const { control, message } of evaluation.errors) {
    round.problems.push(`${control} broke: ${message}`);
  }
  if (!writes) return;
  const report = buildReport({ version: '0.0.0', traffic, network, evaluation });
  htmlReport(report);
  JSON.stringify(sarifReport(report));
  ocsfReport(report);
  terminalReport(report, { width: 80, style: (_, text) => text });
}

function trafficOf(dissector: Dissector, names: readonly string[]): Traffic {
  const { hosts, observations, counters, flows, eventCounts, first, last } = dissector;
  const file = { size: undefined, format: 'pcap', packets: 0, bytes: 0, span: undefined } as const;
  return {
    files: names.map((name) => ({ ...file, name, path: name })),
    hosts,
    observations,
    counters,
    flowsBegun: flows.begun,
    flowsEvicted: flows.evicted,
    linkTypes: new Map(),
    notDecoded: new Map(),
    dropped: new Map(),
    eventCounts,
    problems: [],
    first,
    last,
  };
}
