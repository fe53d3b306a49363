/**
 * For tests of decoders and observers without a capture: a flow, and bytes fed to a parser as the dissector feeds
 * them, in as many pieces as the test wants.
 */
import { SecretSealer } from '../../base/index.ts';
import type { AppEvent, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { Observations } from '../observations.ts';
import type { Observer } from '../observe/observer.ts';

export function testFlow(fields: Partial<Flow> = {}): Flow {
  return {
    id: 1,
    carrier: 'tcp',
    client: 1,
    server: 2,
    clientPort: 40_000,
    serverPort: 1883,
    clientAddress: '10.0.0.1',
    serverAddress: '10.0.0.2',
    clientMac: undefined,
    serverMac: undefined,
    multicast: false,
    openingSeen: true,
    established: true,
    payloadBytes: () => 0,
    session: undefined,
    ...fields,
  };
}

/** The packet with this number, sent so many seconds after 1970. */
export function packet(number: number, seconds = number): PacketRef {
  return { file: 0, packet: number, seconds, nanos: 0 };
}

/** Numbers that only look random: the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The low bits of such a generator hardly change.
    yield state >>> 8;
  }
}

/** How many of so many random beginnings of a flow a decoder takes for its own. */
export function claimsOfNoise(decoder: Decoder, flow: Partial<Flow>, samples = 200_000): number {
  const random = numbers(1);
  const bytes = new Uint8Array(64);
  const on = testFlow(flow);
  let claims = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (let at = 0; at < bytes.length; at++) bytes[at] = random.next().value;
    const end = 8 + (random.next().value % 57);
    if (decoder.recognise(bytes, 0, end, (sample & 1) as Direction, on) === 'yes') claims++;
  }
  return claims;
}

/**
 * Feeds a conversation with bytes changed, cut off, repeated and in other pieces, to a decoder and its observer:
 * whatever throws is the test's failure. @returns how many events came of it.
 */
export function endure(
  decoder: Decoder,
  conversation: readonly (readonly [bytes: Uint8Array, direction: Direction])[],
  flow: Partial<Flow> = {},
  observer?: Observer,
  runs = 400,
): number {
  const random = numbers(7);
  const below = (limit: number): number => random.next().value % Math.max(1, limit);
  let events = 0;
  for (let run = 0; run < runs; run++) {
    const feed = new Feed(decoder, flow, observer);
    for (const [bytes, direction] of conversation) {
      const changed = Uint8Array.from(bytes);
      for (let changes = below(4); changes > 0; changes--)
        changed[below(bytes.length)] = below(256);
      const whole = below(8) === 0 ? changed.subarray(0, below(bytes.length)) : changed;
      const cut = feed.flow.carrier === 'tcp' ? below(whole.length) : 0;
      decoder.recognise(whole, 0, whole.length, direction, feed.flow);
      feed.data(whole.subarray(0, cut), direction).data(whole.subarray(cut), direction);
      if (below(16) === 0) feed.gap(below(1000), direction);
      if (below(16) === 0) feed.data(whole, direction);
    }
    feed.close();
    JSON.stringify(feed.events);
    events += feed.events.length;
  }
  return events;
}

/** One flow under one decoder and, where given, one observer. */
export class Feed {
  readonly events: AppEvent[] = [];
  readonly secrets = new SecretSealer(new Uint8Array(32));
  readonly flow: Flow;
  readonly parser: Parser;
  readonly #datagrams: boolean;
  readonly #observer: Observer | undefined;
  readonly into: Observations;
  /** Bytes a direction left, and bytes it wants to skip. */
  readonly #left: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)];
  readonly #skip: [number, number] = [0, 0];
  #at: PacketRef = packet(1);

  constructor(
    decoder: Decoder,
    flow: Partial<Flow> = {},
    observer?: Observer,
    into = new Observations(),
  ) {
    this.flow = testFlow(flow);
    this.#datagrams = this.flow.carrier !== 'tcp';
    this.#observer = observer;
    this.into = into;
    this.parser = decoder.open(this.flow, {
      secrets: this.secrets,
      emit: (event, direction, at) => {
        this.events.push(event);
        // The flow's decoding counts those itself.
        if (event.event !== 'malformed') observer?.event(event, direction, this.flow, at, into);
      },
    });
  }

  data(bytes: Uint8Array, direction: Direction, at = packet(this.#at.packet + 1)): this {
    this.#at = at;
    if (this.parser.done) return this;
    if (this.#datagrams) {
      this.parser.data(bytes, 0, bytes.length, direction, at);
      return this;
    }
    const skipped = Math.min(this.#skip[direction], bytes.length);
    this.#skip[direction] -= skipped;
    const offered = Buffer.concat([this.#left[direction], bytes.subarray(skipped)]);
    if (offered.length === 0) return this;
    const consumed = this.parser.data(offered, 0, offered.length, direction, at);
    this.#left[direction] = offered.subarray(Math.min(consumed, offered.length));
    this.#skip[direction] += Math.max(0, consumed - offered.length);
    return this;
  }

  gap(missing: number, direction: Direction): this {
    this.#left[direction] = new Uint8Array(0);
    this.#skip[direction] = 0;
    this.parser.gap?.(missing, direction, this.#at);
    return this;
  }

  close(at = this.#at): this {
    this.parser.close?.(at);
    this.#observer?.close?.(this.flow, at, this.into);
    return this;
  }

  /** The events as the command prints them. */
  get printed(): Record<string, unknown>[] {
    return JSON.parse(JSON.stringify(this.events));
  }
}
