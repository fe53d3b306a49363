/**
 * RTSP 1.0 and 2.0 (RFC 2326, RFC 7826): by which cameras and recorders are asked for their streams. Messages with HTTP's
 * syntax in both directions, and between them packets of media, which are counted and passed over.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { headEnd, lineEnd, methodLength } from './http/head.ts';
import { u16be } from './integers.ts';
import { expectMedia } from './rtp/expected.ts';
import { expectedOf } from './rtp/media.ts';
import {
  BEHIND,
  type RtspEvent,
  type RtspRequestEvent,
  type RtspResponseEvent,
} from './rtsp/events.ts';
import { bodyLength, isVersion, readMessage, statusAt } from './rtsp/messages.ts';
import { readTransport } from './rtsp/transport.ts';
import type { SdpMedia, SessionDescription } from './sdp.ts';

export type { RtspEvent } from './rtsp/events.ts';

const protocol = 'rtsp';
const DOLLAR = 0x24;
const HEAD_BYTES_MAX = 32_768;
/** Of a body that is read: descriptions are smaller. */
const BODY_BYTES_MAX = 16_384;
const WAITING_MAX = 64;
const CHANNELS_MAX = 16;
/** Interleaved packet: mark, channel, length of two bytes; then a header of RTP. */
const FRAME_BYTES = 4;
const RTP_BYTES = 12;
const LONGEST_METHOD = 13;

export const rtspDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [554, 8554, 322, 10554, 7070],
  recognise,
  open: (flow, context) => new RtspParser(flow, context),
};

function recognise(bytes: Uint8Array, start: number, end: number): Recognition {
  if (bytes[start] === 0x52 && end - start < 8 && prefixFits(bytes, start, end)) return 'more';
  if (isVersion(bytes, start, end))
    return end - start < 12 ? 'more' : known(statusAt(bytes, start, end) > 0);
  const method = methodLength(bytes, start, end);
  if (method > LONGEST_METHOD) return 'no';
  if (start + method === end) return 'more';
  if (method < 4 || bytes[start + method] !== 0x20) return 'no';
  const uri = start + method + 1;
  if (uri === end) return 'more';
  // An address of RTSP, or at the end of the line its version: SIP and HTTP have the same methods.
  if ((bytes[uri] | 0x20) !== 0x72 && bytes[uri] !== 0x2a && bytes[uri] !== 0x2f) return 'no';
  const line = lineEnd(bytes, uri, end);
  if (line === end) return 'more';
  const stop = bytes[line - 1] === 0x0d ? line - 1 : line;
  return known(stop - 8 > uri && bytes[stop - 9] === 0x20 && isVersion(bytes, stop - 8, stop));
}

const known = (yes: boolean): Recognition => (yes ? 'yes' : 'no');
const VERSION = Buffer.from('RTSP/');

function prefixFits(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < Math.min(end, start + VERSION.length); i++)
    if (bytes[i] !== VERSION[i - start]) return false;
  return true;
}

/** What is known of one channel. */
interface Channel {
  readonly direction: Direction;
  readonly payloadType: number | undefined;
  readonly first: PacketRef;
  packets: number;
}

class RtspParser implements Parser {
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  /** Requests that wait for their answers, by who asked. */
  readonly #waiting: readonly [RtspRequestEvent[], RtspRequestEvent[]] = [[], []];
  readonly #channels = new Map<number, Channel>();
  readonly #searched: [number, number] = [0, 0];
  readonly #lost: [boolean, boolean] = [false, false];
  #description: SessionDescription | undefined;
  #setups = 0;

  constructor(flow: Flow, context: DecodeContext) {
    this.#flow = flow;
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    while (place < end) {
      if (this.#lost[direction]) {
        place = this.#resynchronise(bytes, place, end, direction);
        if (place === end) break;
      }
      const first = bytes[place];
      // Empty lines keep connections alive.
      if (first === 0x0d || first === 0x0a) place++;
      else {
        const next =
          first === DOLLAR
            ? this.#frame(bytes, place, end, direction, at)
            : this.#message(bytes, place, end, direction, at);
        if (next < 0) break;
        place = next;
      }
    }
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lost[direction] = true;
    this.#searched[direction] = 0;
    this.#waiting[direction === 0 ? 1 : 0].length = 0;
  }

  close(): void {
    for (const [channel, { direction, payloadType, first, packets }] of this.#channels)
      this.#emit(
        { protocol, event: 'interleaved_data', channel, payload_type: payloadType, packets },
        direction,
        first,
      );
  }

  /** @returns where the packet ends, which may lie beyond `end`. */
  #frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    if (end - start < FRAME_BYTES) return -1;
    const number = bytes[start + 1];
    const length = u16be(bytes, start + 2);
    const channel = this.#channels.get(number);
    if (channel) channel.packets++;
    else if (this.#channels.size < CHANNELS_MAX) {
      if (end - start < Math.min(FRAME_BYTES + RTP_BYTES, FRAME_BYTES + length)) return -1;
      const type = length >= RTP_BYTES ? bytes[start + FRAME_BYTES + 1] & 0x7f : 72;
      // Types 200 to 207 of RTCP look like these (RFC 5761, 4).
      const payloadType = type >= 72 && type <= 79 ? undefined : type;
      this.#channels.set(number, { direction, payloadType, first: at, packets: 1 });
    }
    return start + FRAME_BYTES + length;
  }

  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const searched = this.#searched[direction];
    if (searched === 0 && end - start >= 8 && !startsMessage(bytes, start, end)) {
      this.#malformed('not a message', direction, at);
      this.#lost[direction] = true;
      return start;
    }
    const head = headEnd(bytes, start, end, start + searched);
    if (head < 0) {
      this.#searched[direction] = Math.max(0, end - start - 2);
      if (end - start < HEAD_BYTES_MAX) return -1;
      this.#malformed('head too long', direction, at);
      this.#lost[direction] = true;
      return end;
    }
    const length = bodyLength(bytes, start, head);
    if (length < 0) this.#malformed('invalid content-length', direction, at, true);
    const body = Math.min(Math.max(0, length), BODY_BYTES_MAX);
    if (head + body > end) {
      this.#searched[direction] = Math.max(0, head - start - 4);
      return -1;
    }
    this.#searched[direction] = 0;
    const { secrets } = this.#context;
    const read = readMessage(bytes, start, head, head + body, secrets, (cseq) =>
      this.#asked(direction, cseq),
    );
    if (!read) {
      this.#malformed('invalid start line', direction, at);
      this.#lost[direction] = true;
      return head;
    }
    if (read.problem) this.#malformed(read.problem, direction, at, true);
    const { event } = read;
    if (event.event === 'request') {
      const waiting = this.#waiting[direction];
      if (waiting.length >= WAITING_MAX) waiting.shift();
      waiting.push(event);
    } else this.#learn(event);
    if (event.sdp) this.#description = event.sdp;
    this.#emit(event, direction, at);
    return head + Math.max(0, length);
  }

  /** The request that a response in `direction` answers. */
  #asked(direction: Direction, cseq: number | undefined): RtspRequestEvent | undefined {
    const waiting = this.#waiting[direction === 0 ? 1 : 0];
    const place = cseq === undefined ? 0 : waiting.findIndex((request) => request.cseq === cseq);
    if (place < 0) return undefined;
    // What was sent before it will not be answered any more.
    return waiting.splice(0, place + 1).at(-1);
  }

  /** A stream was set up: where its packets will be seen, and what they are. */
  #learn(response: RtspResponseEvent): void {
    const { request } = response[BEHIND];
    if (request?.method !== 'SETUP' || response.status >= 300) return;
    const transport = readTransport(response.transport ?? request.transport ?? '');
    const { run } = this.#flow;
    if (!transport || transport.channels || !run) return;
    const media = expectedOf(this.#mediumOf(request.uri), this.#description, transport.profile);
    const { clientAddress, serverAddress } = this.#flow;
    const { clientPort, serverPort, port, destination, source } = transport;
    if (transport.multicast) {
      if (port && destination) expectMedia(run, destination, port, media);
      return;
    }
    if (clientPort) expectMedia(run, destination ?? clientAddress, clientPort, media);
    if (clientPort && destination && destination !== clientAddress)
      expectMedia(run, clientAddress, clientPort, media);
    if (serverPort) expectMedia(run, source ?? serverAddress, serverPort, media);
  }

  /** By its `a=control`, else in order. */
  #mediumOf(uri: string): SdpMedia | undefined {
    const all = this.#description?.m ?? [];
    const order = this.#setups++;
    return (
      all.find(({ a = [] }) =>
        a.some((line) => {
          const control = line.startsWith('control:') ? line.slice(8).trim() : '';
          return control !== '' && control !== '*' && uri.endsWith(control);
        }),
      ) ?? all[order]
    );
  }

  /** After a loss: where a message or a packet of a known channel begins. */
  #resynchronise(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    for (let place = start; place < end; place++) {
      const lineStart = place === start || bytes[place - 1] === 0x0a;
      const found =
        bytes[place] === DOLLAR
          ? end - place > 1 &&
            this.#channels.has(bytes[place + 1]) &&
            this.#chains(bytes, place, end)
          : lineStart && startsMessage(bytes, place, end);
      if (found) {
        this.#lost[direction] = false;
        return place;
      }
    }
    return end;
  }

  /** Behind the packet at `place` another begins, or nothing is there yet. */
  #chains(bytes: Uint8Array, place: number, end: number): boolean {
    if (end - place < FRAME_BYTES) return false;
    const next = place + FRAME_BYTES + u16be(bytes, place + 2);
    return (
      next === end ||
      (next + 1 < end && bytes[next] === DOLLAR && this.#channels.has(bytes[next + 1]))
    );
  }

  #emit(event: RtspEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }

  #malformed(reason: string, direction: Direction, at: PacketRef, readable = false): void {
    this.#emit({ protocol, event: 'malformed', reason, offset: 0, readable }, direction, at);
  }
}

/** A method or a version at `start`, as far as it is there. */
function startsMessage(bytes: Uint8Array, start: number, end: number): boolean {
  if (isVersion(bytes, start, end)) return true;
  const method = methodLength(bytes, start, end);
  return (
    method >= 4 &&
    method <= LONGEST_METHOD &&
    start + method < end &&
    bytes[start + method] === 0x20
  );
}
