/**
 * The decodings of a run's flows: which flow is decoded, by what, and until when. Bounded: datagram flows that fell
 * silent are let go soon, and when there are too many, the one that waited longest goes.
 */
import { SecretSealer } from '../base/index.ts';
import type { AppEvent, Carrier, Decoder, Direction, Flow, PacketRef } from './decoder.ts';
import { byCarrier, type DecoderList } from './decoder-list.ts';
import { DecodedFlow, type DecodingRun, type FlowRecords } from './decoding.ts';
import { DecodingQueue } from './decoding-queue.ts';
import type { FlowTable } from './flows.ts';
import type { Hosts } from './hosts.ts';
import { DECODED, EARLY, IGNORED } from './kernel/layout.ts';
import type { Observations } from './observations.ts';
import type { Observer } from './observe/observer.ts';
import type { Packet } from './packet.ts';
import { Repeats } from './repeats.ts';

/** Flows whose decoding is held at once; an idle one makes room. */
const DECODED_FLOWS_MAX = 8192;
/** A datagram flow that was silent for so long is not decoded further; looked for at each new flow. */
const DECODING_IDLE_S = 60;
const OLDEST_LOOKS = 16;

export interface DecodingOptions {
  readonly secrets?: SecretSealer;
  /** None: only flows are counted. */
  readonly decoders?: readonly Decoder[];
  readonly observers?: readonly Observer[];
  /** Called for every event, in the order of the capture. */
  readonly onEvent?: (event: AppEvent, direction: Direction, flow: Flow, at: PacketRef) => void;
}

export class Decodings {
  /** Events emitted, by protocol. */
  readonly eventCounts = new Map<string, number>();
  /** Flows whose decoder threw, by protocol. */
  readonly failures = new Map<string, number>();
  readonly #packet: Packet;
  readonly #flows: FlowTable;
  readonly #run: DecodingRun;
  /** By the number of the flow's record. */
  readonly #decoded: (DecodedFlow | undefined)[];
  /** Those that are not over, oldest first. */
  readonly #queue = new DecodingQueue();
  readonly #decodersOf: ReadonlyMap<Carrier, DecoderList>;
  /** Names by the number that a flow's record holds; 0 is none. */
  readonly #protocols: readonly (string | undefined)[];
  #flowNumber = 0;

  /** @param packet - the packet at hand; read at each call. */
  constructor(
    packet: Packet,
    flows: FlowTable,
    records: FlowRecords,
    hosts: Hosts,
    observations: Observations,
    options: DecodingOptions,
  ) {
    const decoders = options.decoders ?? [];
    this.#packet = packet;
    this.#flows = flows;
    this.#decoded = new Array(flows.capacity + 1).fill(undefined);
    this.#decodersOf = byCarrier(decoders);
    this.#protocols = [undefined, ...new Set(decoders.map((decoder) => decoder.protocol))];
    const observers = new Map<string, Observer>();
    for (const observer of options.observers ?? []) {
      for (const protocol of observer.protocols) observers.set(protocol, observer);
    }
    this.#run = {
      packet,
      secrets: options.secrets ?? new SecretSealer(),
      observers,
      observations,
      listener: options.onEvent,
      repeats: options.onEvent ? undefined : new Repeats(observations),
      eventCounts: this.eventCounts,
      failures: this.failures,
      records,
      addressOf: (host) => hosts.addressOf(host),
      macOf: (host) => hosts.macOf(host),
    };
  }

  /** The decoding of a flow, if it has one. */
  of(flow: number): DecodedFlow | undefined {
    return this.#decoded[flow];
  }

  /** The name behind the number of a protocol in a flow's record; undefined for 0. */
  nameOf(protocol: number): string | undefined {
    return this.#protocols[protocol];
  }

  /** Begins the decoding of a flow; undefined when no decoder reads what it carries. */
  begin(
    flow: number,
    carrier: Carrier,
    targetPort: number,
    sourcePort: number,
  ): DecodedFlow | undefined {
    const all = this.#decodersOf.get(carrier);
    if (!all) {
      this.#flows.setFlags(flow, IGNORED);
      return undefined;
    }
    const ordered = all.likeliestFirst(targetPort, sourcePort);
    const decoded = new DecodedFlow(++this.#flowNumber, flow, this.#run, carrier, ordered);
    this.#decoded[flow] = decoded;
    this.#flows.setFlags(flow, DECODED);
    this.#queue.add(decoded);
    this.#endIdle();
    return decoded;
  }

  /** The flow's record is given up. */
  end(flow: number, at: PacketRef): void {
    const decoded = this.#decoded[flow];
    if (!decoded) return;
    decoded.close(at);
    this.update(decoded);
    this.#forget(decoded);
  }

  /**
   * Looks at the decodings that waited longest, and ends those of datagram flows that fell silent: each new flow
   * pays for two looks, so what is over goes soon. When there are too many, one goes in any case.
   */
  #endIdle(): void {
    const tooMany = this.#queue.size > DECODED_FLOWS_MAX;
    for (let looks = tooMany ? OLDEST_LOOKS : 2; looks > 0; looks--) {
      const decoded = this.#queue.first as DecodedFlow;
      const silent = this.#packet.time - this.#flows.lastTime(decoded.slot);
      const over = decoded.carrier !== 'tcp' && silent > DECODING_IDLE_S;
      if (over || (tooMany && (silent > DECODING_IDLE_S || looks === 1))) {
        decoded.close(this.#packet.ref());
        this.#noteProtocol(decoded);
        // A stream that is cut off cannot be taken up again; the next datagram can.
        if (!over) this.#flows.setFlags(decoded.slot, IGNORED);
        this.#forget(decoded);
        if (tooMany) return;
      } else {
        // Still in use: it moves to the end of the queue.
        this.#queue.remove(decoded);
        this.#queue.add(decoded);
      }
    }
  }

  /** Notes on the flow's record what its decoding found out; call after each packet. */
  update(decoded: DecodedFlow): void {
    const early = decoded.hasEarly;
    if (early !== ((this.#flows.flags(decoded.slot) & EARLY) !== 0)) {
      if (early) this.#flows.setFlags(decoded.slot, EARLY);
      else this.#flows.clearFlags(decoded.slot, EARLY);
    }
    if (decoded.ignored) {
      this.#flows.setFlags(decoded.slot, IGNORED);
      if (decoded.protocol === undefined) this.#forget(decoded);
    }
    this.#noteProtocol(decoded);
  }

  #noteProtocol(decoded: DecodedFlow): void {
    if (decoded.protocol !== undefined && this.#flows.protocol(decoded.slot) === 0) {
      this.#flows.setProtocol(decoded.slot, this.#protocols.indexOf(decoded.protocol));
    }
  }

  #forget(decoded: DecodedFlow): void {
    if (this.#decoded[decoded.slot] !== decoded) return;
    this.#decoded[decoded.slot] = undefined;
    this.#flows.clearFlags(decoded.slot, DECODED | EARLY);
    this.#queue.remove(decoded);
  }
}
