/**
 * Media sessions share one pair of ports between STUN, DTLS, TURN's channels, RTP and RTCP: the first byte of a datagram
 * tells them apart (RFC 7983). Whichever of them opened the flow, all are followed.
 */
import type { DecodeContext, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { dtlsDecoder } from './dtls.ts';
import { RtpReader } from './rtp/sources.ts';
import { StunReader } from './stun/reader.ts';

export class MediaParser implements Parser {
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  #stun: StunReader | undefined;
  #dtls: Parser | undefined;
  #rtp: RtpReader | undefined;
  #keyed = false;

  constructor(flow: Flow, context: DecodeContext) {
    this.#flow = flow;
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const first = end > start ? bytes[start] : 255;
    if (first < 4 || (first >= 64 && first < 80)) {
      this.#stun ??= new StunReader(this.#context);
      this.#stun.datagram(bytes, start, end, direction, at);
    } else if (first >= 20 && first < 64) {
      this.#key();
      this.#dtls ??= dtlsDecoder.open(this.#flow, this.#context);
      this.#dtls.data(bytes, start, end, direction, at);
    } else if (first >= 16 && first < 20) this.#key();
    else if (first >= 128 && first < 192) {
      this.#rtp ??= new RtpReader(this.#flow, this.#context);
      this.#rtp.keyed = this.#keyed;
      this.#rtp.take(bytes, start, end, direction, at);
    }
    return end - start;
  }

  close(at: PacketRef): void {
    this.#dtls?.close?.(at);
    this.#rtp?.close();
  }

  /** DTLS and ZRTP agree on the keys of the media beside them. */
  #key(): void {
    this.#keyed = true;
    if (this.#rtp) this.#rtp.keyed = true;
  }
}
