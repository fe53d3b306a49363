/**
 * The decoding of one flow: recognises its protocol from the first bytes, feeds the decoder's parser, and passes the
 * events on to the protocol's observer and to whoever listens.
 */

import type { SecretSealer } from '../base/index.ts';
import type {
  AppEvent,
  Carrier,
  Decoder,
  Direction,
  Flow,
  HostId,
  MalformedEvent,
  PacketRef,
  Parser,
} from './decoder.ts';
import type { Candidates } from './decoder-list.ts';
import type { Observations } from './observations.ts';
import type { Observer } from './observe/observer.ts';
import type { Packet } from './packet.ts';
import type { Repeats } from './repeats.ts';
import { HalfStream, type StreamConsumer } from './streams.ts';
import { noteMalformed, noteUnits } from './units.ts';

/** Bytes of one direction that may be gathered before a protocol must be recognised. */
const RECOGNITION_BYTES_MAX = 2048;
/** Datagrams of each direction by which a protocol must be recognised; and of both, where one is silent. */
const RECOGNITION_DATAGRAMS_MAX = 3;
const UNKNOWN_DATAGRAMS_MAX = 16;
const HANDOVERS_MAX = 4;
const NONE: readonly Decoder[] = [];

/** What all flows of a run share. */
export interface DecodingRun {
  /** The packet at hand. */
  readonly packet: Packet;
  readonly secrets: SecretSealer;
  readonly observers: ReadonlyMap<string, Observer>;
  readonly observations: Observations;
  readonly listener:
    | ((event: AppEvent, direction: Direction, flow: Flow, at: PacketRef) => void)
    | undefined;
  /** Datagrams that were decoded before; undefined when every event is wanted. */
  readonly repeats: Repeats | undefined;
  /** Events emitted, by protocol. */
  readonly eventCounts: Map<string, number>;
  /** Decoders that threw: bugs of ours, counted and reported. */
  readonly failures: Map<string, number>;
  readonly records: FlowRecords;
  addressOf(host: HostId): string;
  macOf(host: HostId): string | undefined;
}

/** The records of flows in the table, by number; read live. */
export interface FlowRecords {
  client(slot: number): HostId;
  /** Known by address from the start, and by MAC once it has answered a broadcast. */
  server(slot: number): HostId;
  clientPort(slot: number): number;
  serverPort(slot: number): number;
  isMulticast(slot: number): boolean;
  openingSeen(slot: number): boolean;
  established(slot: number): boolean;
  payloadBytes(slot: number, direction: Direction): number;
}

export class DecodedFlow implements Flow {
  readonly id: number;
  /** Number of the flow's record in the table. */
  readonly slot: number;
  readonly carrier: Carrier;
  readonly client: HostId;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly multicast: boolean;
  readonly secrets: SecretSealer;
  session: unknown;
  /** Neighbours in the run's DecodingQueue, which alone changes them. */
  older: DecodedFlow | undefined;
  newer: DecodedFlow | undefined;
  /** No decoder wants more of it. */
  ignored = false;
  /** The protocol that was recognised last. */
  protocol: string | undefined;
  readonly #run: DecodingRun;
  readonly #decoders: Candidates;
  /** Of a stream: those that want to see more of it; undefined before the first bytes. */
  #undecided: readonly Decoder[] | undefined;
  #parser: Parser | undefined;
  #observer: Observer | undefined;
  /** Observers of other protocols that share the flow (RFC 7983), with the session of each. */
  #others: Map<Observer, unknown> | undefined;
  #halves: [Half, Half] | undefined;
  #repeats = false;
  /** Units counted since they were written last, each way, and of what. */
  #unitProtocol = '';
  #unitsToServer = 0;
  #unitsToClient = 0;
  readonly #datagramsTried: [number, number] = [0, 0];
  #handovers = 0;
  #closed = false;
  /** Where the bytes at hand were read; made when somebody asks for it. */
  #at: PacketRef | undefined;

  /** @param decoders - those of the flow's carrier, likeliest first. */
  constructor(id: number, slot: number, run: DecodingRun, carrier: Carrier, decoders: Candidates) {
    this.id = id;
    this.slot = slot;
    this.#run = run;
    this.#decoders = decoders;
    this.secrets = run.secrets;
    this.carrier = carrier;
    const { records } = run;
    this.client = records.client(slot);
    this.clientPort = records.clientPort(slot);
    this.serverPort = records.serverPort(slot);
    this.multicast = records.isMulticast(slot);
  }

  get server(): HostId {
    return this.#run.records.server(this.slot);
  }
  get clientAddress(): string {
    return this.#run.addressOf(this.client);
  }
  get serverAddress(): string {
    return this.#run.addressOf(this.server);
  }
  get clientMac(): string | undefined {
    return this.#run.macOf(this.client);
  }
  get serverMac(): string | undefined {
    return this.#run.macOf(this.server);
  }
  get run(): object {
    return this.#run;
  }
  get openingSeen(): boolean {
    return this.#run.records.openingSeen(this.slot);
  }
  get established(): boolean {
    return this.#run.records.established(this.slot);
  }
  payloadBytes(direction: Direction): number {
    return this.#run.records.payloadBytes(this.slot, direction);
  }

  /** Segments wait for what comes before them. */
  get hasEarly(): boolean {
    const halves = this.#halves;
    return halves !== undefined && (halves[0].stream.hasEarly || halves[1].stream.hasEarly);
  }

  /** A SYN told where a direction begins. */
  begin(sequence: number, direction: Direction): void {
    this.#stream(direction).begin(sequence);
  }

  segment(
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
  ): void {
    this.#at = undefined;
    const half = this.#half(direction);
    half.stream.segment(sequence, bytes, start, end, half);
  }

  /** An acknowledgement: where early segments wait for bytes that the receiver has, the capture lost them. */
  acknowledged(sequence: number, direction: Direction): void {
    const half = this.#halves?.[direction];
    if (!half?.stream.hasEarly) return;
    this.#at = undefined;
    half.stream.acknowledged(sequence, half);
  }

  datagram(bytes: Uint8Array, start: number, end: number, direction: Direction): void {
    this.#at = undefined;
    if (!this.#parser) {
      const tried = this.#datagramsTried;
      const worthwhile = tried[direction]++ < RECOGNITION_DATAGRAMS_MAX;
      for (const decoder of worthwhile ? this.#decoders.startingWith(bytes[start]) : NONE) {
        if (decoder.recognise(bytes, start, end, direction, this) === 'yes') {
          this.#open(decoder);
          break;
        }
      }
      if (!this.#parser) {
        // Some begin with bytes that mean nothing, to open a way through address translation.
        const both = Math.min(tried[0], tried[1]) >= RECOGNITION_DATAGRAMS_MAX;
        if (both || tried[0] + tried[1] >= UNKNOWN_DATAGRAMS_MAX) this.#ignore();
        return;
      }
    }
    const at = this.#now();
    const { repeats } = this.#run;
    if (!this.#repeats || !repeats) this.#parse(bytes, start, end, direction, at);
    else {
      const known = repeats.count(this, bytes, start, end, direction, at);
      if (known !== undefined) {
        this.#countRepeat(known, direction, at);
        return;
      }
      repeats.begin(this, bytes, start, end, direction);
      this.#parse(bytes, start, end, direction, at);
      repeats.end();
    }
  }

  emit(event: AppEvent, direction: Direction, at: PacketRef): void {
    const run = this.#run;
    const { protocol } = event;
    run.eventCounts.set(protocol, (run.eventCounts.get(protocol) ?? 0) + 1);
    run.listener?.(event, direction, this, at);
    run.repeats?.event();
    if (event.event === 'malformed') {
      noteMalformed(run.observations, this, direction, event as MalformedEvent, at);
      return;
    }
    this.#countUnits(direction, protocol, 1, at);
    const observer = run.observers.get(protocol);
    if (!observer) return;
    if (observer !== this.#observer) this.#turnTo(observer);
    observer.event(event, direction, this, at, run.observations);
  }

  /** Lays the session of one observer aside for another's. */
  #turnTo(observer: Observer): void {
    if (this.#observer) {
      this.#others ??= new Map();
      this.#others.set(this.#observer, this.session);
    }
    this.session = this.#others?.get(observer);
    this.#others?.delete(observer);
    this.#observer = observer;
  }

  #countUnits(direction: Direction, protocol: string, units: number, at: PacketRef): void {
    if (protocol !== this.#unitProtocol) {
      this.#flushUnits(at);
      this.#unitProtocol = protocol;
    }
    if (direction === 0) this.#unitsToServer += units;
    else this.#unitsToClient += units;
  }

  #flushUnits(at: PacketRef): void {
    const { observations } = this.#run;
    noteUnits(observations, this, 0, this.#unitProtocol, this.#unitsToServer, at);
    noteUnits(observations, this, 1, this.#unitProtocol, this.#unitsToClient, at);
    this.#unitsToServer = 0;
    this.#unitsToClient = 0;
  }

  #countRepeat(events: number, direction: Direction, at: PacketRef): void {
    const protocol = this.protocol as string;
    const { eventCounts } = this.#run;
    eventCounts.set(protocol, (eventCounts.get(protocol) ?? 0) + events);
    this.#countUnits(direction, protocol, events, at);
  }

  /** The flow ended; no call may follow but another close. */
  close(at: PacketRef): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#at = at;
    if (this.#halves && !this.ignored) {
      for (const half of this.#halves) half.stream.flush(half);
    }
    this.#finish(at);
    this.#ignore();
  }

  /** Takes stream bytes of one direction; returns how many were consumed. */
  bytes(buffer: Uint8Array, start: number, end: number, direction: Direction): number {
    let from = start;
    while (!this.ignored) {
      if (!this.#parser && !this.#recognise(buffer, from, end, direction)) {
        return this.ignored ? end - start : from - start;
      }
      const handovers = this.#handovers;
      const consumed = this.#parse(buffer, from, end, direction, this.#now());
      if (handovers === this.#handovers || consumed >= end - from) return from - start + consumed;
      from += consumed;
    }
    return end - start;
  }

  gap(missing: number, direction: Direction): void {
    if (this.ignored) return;
    if (!this.#parser?.gap) {
      // Without its beginning a protocol cannot be recognised, and not every parser can find its feet again.
      this.#ignore();
      return;
    }
    try {
      this.#parser.gap(missing, direction, this.#now());
    } catch {
      this.#fail();
    }
    this.#afterParse(direction);
  }

  #recognise(buffer: Uint8Array, start: number, end: number, direction: Direction): boolean {
    if (start === end) return false;
    const undecided: Decoder[] = [];
    for (const decoder of this.#undecided ?? this.#decoders.startingWith(buffer[start])) {
      const answer = decoder.recognise(buffer, start, end, direction, this);
      if (answer === 'yes') {
        this.#open(decoder);
        // What the other side said first comes first.
        this.#replay(direction === 0 ? 1 : 0);
        return this.#parser !== undefined;
      }
      if (answer === 'more') undecided.push(decoder);
    }
    this.#undecided = undecided;
    if (undecided.length === 0 || end - start > RECOGNITION_BYTES_MAX) this.#ignore();
    return false;
  }

  #open(decoder: Decoder): void {
    this.protocol = decoder.protocol;
    this.#repeats = decoder.repeats === true;
    this.#parser = decoder.open(this, this);
  }

  #parse(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const parser = this.#parser as Parser;
    let consumed = end - start;
    try {
      consumed = parser.data(bytes, start, end, direction, at);
    } catch {
      this.#fail();
    }
    this.#afterParse(direction);
    return Math.max(0, consumed);
  }

  #afterParse(direction: Direction): void {
    const parser = this.#parser;
    if (!parser) return;
    if (parser.handover) {
      this.#finish(this.#now());
      this.#undecided = undefined;
      if (++this.#handovers > HANDOVERS_MAX) this.#ignore();
      else this.#replay(direction === 0 ? 1 : 0);
    } else if (parser.done) this.#ignore();
  }

  #replay(direction: Direction): void {
    const half = this.#halves?.[direction];
    if (half && half.stream.waitingLength > 0) half.stream.replay(half);
  }

  #finish(at: PacketRef): void {
    const parser = this.#parser;
    this.#parser = undefined;
    try {
      parser?.close?.(at);
    } catch {
      this.#fail();
    }
    const { observations } = this.#run;
    this.#observer?.close?.(this, at, observations);
    for (const [observer, session] of this.#others ?? []) {
      this.session = session;
      observer.close?.(this, at, observations);
    }
    this.#flushUnits(at);
    this.#observer = undefined;
    this.#others = undefined;
    this.session = undefined;
  }

  #ignore(): void {
    this.ignored = true;
    if (this.#halves) for (const half of this.#halves) half.stream.release();
  }

  /** A parser threw, which it never should: the flow is closed to decoding, and the run goes on. */
  #fail(): void {
    const protocol = this.protocol ?? 'unknown';
    this.#run.failures.set(protocol, (this.#run.failures.get(protocol) ?? 0) + 1);
    const event: MalformedEvent = {
      protocol,
      event: 'malformed',
      reason: 'decoder failed',
      offset: 0,
    };
    this.emit(event, 0, this.#now());
    this.#ignore();
  }

  #now(): PacketRef {
    this.#at ??= this.#run.packet.ref();
    return this.#at;
  }

  #half(direction: Direction): Half {
    this.#halves ??= [new Half(this, 0), new Half(this, 1)];
    return this.#halves[direction];
  }

  #stream(direction: Direction): HalfStream {
    return this.#half(direction).stream;
  }
}

/** One direction of a decoded flow, as its stream's consumer. */
class Half implements StreamConsumer {
  readonly stream = new HalfStream();
  readonly #flow: DecodedFlow;
  readonly #direction: Direction;

  constructor(flow: DecodedFlow, direction: Direction) {
    this.#flow = flow;
    this.#direction = direction;
  }

  bytes(buffer: Uint8Array, start: number, end: number): number {
    return this.#flow.bytes(buffer, start, end, this.#direction);
  }

  gap(missing: number): void {
    this.#flow.gap(missing, this.#direction);
  }
}
