/** Reads captures into what the rest of the system works on: hosts, observations, and an account of the reading. */
import type { SecretSealer } from '../base/index.ts';
import type { AppEvent, Direction, Flow, PacketRef } from './decoder.ts';
import { decoders, observers } from './decoders.ts';
import { type DissectCounters, Dissector } from './dissect.ts';
import type { Hosts } from './hosts.ts';
import type { FrameSink } from './input/frames.ts';
import { type CaptureFile, type Progress, readCapture } from './input/read.ts';
import { linkTypeName } from './link.ts';
import type { Observations } from './observations.ts';

export interface TrafficOptions {
  /** Flows held at once. */
  readonly flows?: number;
  readonly secrets?: SecretSealer;
  readonly progress?: Progress;
  readonly onEvent?: (event: AppEvent, direction: Direction, flow: Flow, at: PacketRef) => void;
  /** Sees every frame as well, behind the dissector. */
  readonly beside?: FrameSink;
  /** Aborts the reading after the block at hand; what was read until then is returned. */
  readonly signal?: AbortSignal;
}

/** One input, and what was read of it. */
export interface ReadFile extends CaptureFile {
  readonly format: 'pcap' | 'pcapng';
  readonly packets: number;
  /** Of the packets as they were on the wire. */
  readonly bytes: number;
  /** From when to when, in seconds since 1970; undefined when it has no packet. */
  readonly span: { readonly from: number; readonly to: number } | undefined;
}

/** What captures hold. `PacketRef.file` is an index into `files`. */
export interface Traffic {
  readonly files: readonly ReadFile[];
  readonly hosts: Hosts;
  readonly observations: Observations;
  readonly counters: Readonly<DissectCounters>;
  /** Flows begun; flows evicted because the table was full. */
  readonly flowsBegun: number;
  readonly flowsEvicted: number;
  /** Packets by link type, named. */
  readonly linkTypes: ReadonlyMap<string, number>;
  /** Packets that were read and not understood, by reason. */
  readonly notDecoded: ReadonlyMap<string, number>;
  /** Things that were seen and not kept because a bound was reached, by kind. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Events decoded, by protocol. */
  readonly eventCounts: ReadonlyMap<string, number>;
  /** What went wrong, in words; `offset` is undefined where a problem is of the whole. */
  readonly problems: readonly TrafficProblem[];
  readonly first: PacketRef | undefined;
  readonly last: PacketRef | undefined;
}

export interface TrafficProblem {
  readonly file: string | undefined;
  /** Bytes from the start of the (decompressed) file. */
  readonly offset: number | undefined;
  readonly message: string;
}

/**
 * Reads captures one after the other, as one network's traffic.
 * @throws InputError when a file cannot be read at all (missing, forbidden, empty, no capture).
 */
export async function readTraffic(
  inputs: readonly CaptureFile[],
  options: TrafficOptions = {},
): Promise<Traffic> {
  const dissector = new Dissector({ ...options, decoders, observers });
  const sink = options.beside ? both(dissector, options.beside) : dissector;
  const problems: TrafficProblem[] = [];
  const files: ReadFile[] = [];
  for (const [index, file] of inputs.entries()) {
    options.signal?.throwIfAborted();
    const before = dissector.counters;
    dissector.beginFile(index);
    const { format, problems: found } = await readCapture(file, sink, options.progress);
    problems.push(...found);
    const after = dissector.counters;
    files.push({
      ...file,
      format,
      packets: after.packets - before.packets,
      bytes: after.bytes - before.bytes,
      span: dissector.fileSpan,
    });
  }
  dissector.finish();
  problems.push(...complaints(dissector));
  return {
    files,
    hosts: dissector.hosts,
    observations: dissector.observations,
    counters: dissector.counters,
    flowsBegun: dissector.flows.begun,
    flowsEvicted: dissector.flows.evicted,
    linkTypes: named(dissector.linkTypes),
    notDecoded: notDecoded(dissector),
    dropped: dropped(dissector),
    eventCounts: dissector.eventCounts,
    problems,
    first: dissector.first,
    last: dissector.last,
  };
}

function both(first: FrameSink, second: FrameSink): FrameSink {
  return {
    frame(bytes, start, end, originalLength, linkType, seconds, nanos) {
      first.frame(bytes, start, end, originalLength, linkType, seconds, nanos);
      second.frame(bytes, start, end, originalLength, linkType, seconds, nanos);
    },
  };
}

function named(linkTypes: ReadonlyMap<number, number>): Map<string, number> {
  return new Map([...linkTypes].map(([linkType, count]) => [linkTypeName(linkType), count]));
}

function notDecoded(dissector: Dissector): Map<string, number> {
  const reasons = named(dissector.unknownLinks);
  const { truncated, badHeaders } = dissector.counters;
  if (truncated > 0) reasons.set('cut by the snap length', truncated);
  if (badHeaders > 0) reasons.set('headers cut or contradictory', badHeaders);
  return reasons;
}

function dropped(dissector: Dissector): Map<string, number> {
  const kinds = new Map<string, number>(dissector.observations.dropped);
  if (dissector.hosts.overflows > 0) kinds.set('address', dissector.hosts.overflows);
  return kinds;
}

/** What a person should know of what the dissector could not look into. */
function complaints(dissector: Dissector): TrafficProblem[] {
  const found: string[] = [];
  for (const [name, count] of named(dissector.unknownLinks)) {
    found.push(`${count} frames of ${name} were not looked into: that link type is not understood`);
  }
  if (dissector.counters.truncated > 0) {
    found.push(
      `${dissector.counters.truncated} packets are cut by the snap length: record with tcpdump -s 0 to see all of them`,
    );
  }
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
  return found.map((message) => ({ file: undefined, offset: undefined, message }));
}
