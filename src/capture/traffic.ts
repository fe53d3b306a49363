/** Reads captures into what the rest of the system works on: hosts, observations, and an account of the reading. */
import type { SecretSealer } from '../base/index.ts';
import type { AppEvent, Direction, Flow, PacketRef } from './decoder.ts';
import { decoders, observers } from './decoders.ts';
import { type DissectCounters, Dissector } from './dissect.ts';
import type { Hosts } from './hosts.ts';
import type { InputProblem } from './input/frames.ts';
import { type CaptureFile, type Progress, readCapture } from './input/read.ts';
import { linkTypeName } from './link.ts';
import type { Observations } from './observations.ts';

export interface TrafficOptions {
  /** Flows held at once. */
  readonly flows?: number;
  readonly secrets?: SecretSealer;
  readonly progress?: Progress;
  readonly onEvent?: (event: AppEvent, direction: Direction, flow: Flow, at: PacketRef) => void;
  /** Aborts the reading after the block at hand; what was read until then is returned. */
  readonly signal?: AbortSignal;
}

/** What captures hold. `PacketRef.file` is an index into `files`. */
export interface Traffic {
  readonly files: readonly CaptureFile[];
  readonly hosts: Hosts;
  readonly observations: Observations;
  readonly counters: Readonly<DissectCounters>;
  /** Flows begun; flows evicted because the table was full. */
  readonly flowsBegun: number;
  readonly flowsEvicted: number;
  /** Events decoded, by protocol. */
  readonly eventCounts: ReadonlyMap<string, number>;
  /** What could not be read, in words. */
  readonly problems: readonly InputProblem[];
  readonly first: PacketRef | undefined;
  readonly last: PacketRef | undefined;
}

/**
 * Reads captures one after the other, as one network's traffic.
 * @throws InputError when a file cannot be read at all (missing, forbidden, empty, no capture).
 */
export async function readTraffic(
  files: readonly CaptureFile[],
  options: TrafficOptions = {},
): Promise<Traffic> {
  const dissector = new Dissector({ ...options, decoders, observers });
  const problems: InputProblem[] = [];
  for (const [index, file] of files.entries()) {
    options.signal?.throwIfAborted();
    dissector.beginFile(index);
    problems.push(...(await readCapture(file, dissector, options.progress)));
  }
  dissector.finish();
  problems.push(...complaints(dissector, files));
  return {
    files,
    hosts: dissector.hosts,
    observations: dissector.observations,
    counters: dissector.counters,
    flowsBegun: dissector.flows.begun,
    flowsEvicted: dissector.flows.evicted,
    eventCounts: dissector.eventCounts,
    problems,
    first: dissector.first,
    last: dissector.last,
  };
}

/** What the dissector could not look into, as problems of the inputs taken together. */
function complaints(dissector: Dissector, files: readonly CaptureFile[]): InputProblem[] {
  const file = files.length === 1 ? files[0].name : `${files.length} files`;
  const found: string[] = [];
  for (const [linkType, count] of dissector.unknownLinks) {
    found.push(`${count} frames of ${linkTypeName(linkType)} were not looked into`);
  }
  const { truncated, badHeaders } = dissector.counters;
  if (truncated > 0) {
    found.push(
      `${truncated} packets are cut by the snap length: record with tcpdump -s 0 to see all of them`,
    );
  }
  if (badHeaders > 0)
    found.push(`${badHeaders} packets have headers that are cut or contradict themselves`);
  if (dissector.hosts.overflows > 0) {
    found.push('there are more addresses than can be told apart: some are counted together');
  }
  for (const [kind, count] of dissector.observations.dropped) {
    found.push(`${count} observations of the kind ${kind} were more than are kept`);
  }
  for (const [protocol, count] of dissector.failures) {
    found.push(
      `the ${protocol} decoder failed on ${count} flows: please report it with the capture`,
    );
  }
  return found.map((message) => ({ file, offset: 0, message }));
}
