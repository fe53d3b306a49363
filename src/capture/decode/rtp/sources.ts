/** Counts the packets of each source of a flow, in both directions, for one event each when the flow ends. */
import type { DecodeContext, Direction, Flow, PacketRef } from '../../decoder.ts';
import { u32be } from '../integers.ts';
import type { RtpStreamEvent } from './events.ts';
import { type ExpectedMedia, expectedOn, isExpected } from './expected.ts';
import { headerLength } from './header.ts';
import { staticEncoding, staticMedia } from './media.ts';
import { isRtcpType, readRtcp } from './rtcp.ts';

/** Sources told apart in one direction. */
const SOURCES_MAX = 8;

interface Source {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly first: PacketRef;
  packets: number;
  bytes: number;
}

export class RtpReader {
  /** DTLS, or ZRTP, is spoken on the same ports, so the packets are keyed by it (RFC 5764, RFC 6189). */
  keyed = false;
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  readonly #sources: readonly [Source[], Source[]] = [[], []];
  #expected: ExpectedMedia | undefined;

  constructor(flow: Flow, context: DecodeContext) {
    this.#flow = flow;
    this.#context = context;
    this.#expected = expectedOn(flow);
  }

  get #protection(): RtpStreamEvent['protection'] {
    if (this.keyed || this.#expected?.encrypted) return 'encrypted';
    return this.#expected ? 'clear' : 'unknown';
  }

  take(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): void {
    if (end - start >= 4 && isRtcpType(bytes[start + 1])) {
      this.#control(bytes, start, end, direction, at);
      return;
    }
    const header = headerLength(bytes, start, end);
    if (header < 0) {
      this.#malformed('rtp', 'header longer than its datagram', 0, direction, at);
      return;
    }
    const ssrc = u32be(bytes, start + 8);
    const sources = this.#sources[direction];
    let source = sources.find((known) => known.ssrc === ssrc);
    if (!source) {
      if (sources.length >= SOURCES_MAX) return;
      // Signalling may come after the first packets.
      this.#expected ??= expectedOn(this.#flow);
      const type = bytes[start + 1] & 0x7f;
      if (this.#expected && !isExpected(this.#expected, type)) return;
      source = { ssrc, payloadType: type, first: at, packets: 0, bytes: 0 };
      sources.push(source);
    }
    source.packets++;
    source.bytes += end - start - header;
  }

  close(): void {
    this.#expected ??= expectedOn(this.#flow);
    for (const direction of [0, 1] as const)
      for (const source of this.#sources[direction]) this.#tell(source, direction);
  }

  #tell({ ssrc, payloadType, first, packets, bytes }: Source, direction: Direction): void {
    const expected = this.#expected;
    const event: RtpStreamEvent = {
      protocol: 'rtp',
      event: 'stream',
      ssrc,
      payload_type: payloadType,
      encoding: expected?.encodings.get(payloadType) ?? staticEncoding(payloadType),
      media: expected?.media ?? staticMedia(payloadType),
      profile: expected?.profile,
      protection: this.#protection,
      packets,
      bytes,
    };
    this.#context.emit(event, direction, first);
  }

  #control(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    // Behind its first eight bytes SRTCP is encrypted (RFC 3711, 3.4).
    if (this.#protection === 'encrypted') return;
    const flaw = readRtcp(bytes, start, end, (event) => this.#context.emit(event, direction, at));
    if (flaw && this.#protection === 'clear')
      this.#malformed('rtcp', flaw.reason, flaw.offset, direction, at);
  }

  #malformed(
    protocol: 'rtp' | 'rtcp',
    reason: string,
    offset: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    this.#context.emit({ protocol, event: 'malformed', reason, offset } as never, direction, at);
  }
}
