/**
 * STUN and TURN over UDP and TCP (RFC 8489, RFC 8656; RFC 5389, 5766; without a magic cookie RFC 3489): how hosts behind
 * address translation learn their outer address, check paths to each other, and are relayed where there is none.
 */
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { u16be, u32be } from './integers.ts';
import { MediaParser } from './multiplex.ts';
import { attributesFit, HEADER_BYTES, isKnownType, MAGIC_COOKIE } from './stun/message.ts';
import { StunReader } from './stun/reader.ts';

export type { StunEvent } from './stun/events.ts';

const PORTS = [3478, 3479, 19302, 5349];
/** Longest message that is waited for on a stream. */
const MESSAGE_BYTES_MAX = 4_096;
const CHANNEL_HEADER_BYTES = 4;
/** Types of RFC 3489: binding and shared secret. */
const CLASSIC_TYPES = [0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112];

export const stunDecoder: Decoder = {
  protocol: 'stun',
  carriers: ['udp', 'tcp'],
  ports: PORTS,
  recognise(bytes, start, end, _direction, flow) {
    if (bytes[start] > 0x3f) return 'no';
    const stream = flow.carrier === 'tcp';
    if (end - start < HEADER_BYTES) return stream && mayBe(bytes, start, end) ? 'more' : 'no';
    const length = u16be(bytes, start + 2);
    const stop = start + HEADER_BYTES + length;
    if (!isKnownType(u16be(bytes, start)) || (stream ? length > MESSAGE_BYTES_MAX : stop !== end))
      return 'no';
    if (u32be(bytes, start + 4) === MAGIC_COOKIE) {
      if (length & 3) return 'no';
      if (stop > end) return 'more';
      return attributesFit(bytes, start + HEADER_BYTES, stop) ? 'yes' : 'no';
    }
    return !stream && isClassic(bytes, start, end, flow) ? 'yes' : 'no';
  },
  open: (flow, context) =>
    flow.carrier === 'tcp' ? new StunStream(context) : new MediaParser(flow, context),
};

/** The beginning of a message with its magic cookie, as far as it is there. */
function mayBe(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start >= 2 && !isKnownType(u16be(bytes, start))) return false;
  return end - start < 8 || u32be(bytes, start + 4) === MAGIC_COOKIE;
}

/** RFC 3489: nothing but the form tells it, so off its ports attributes must be there, and all known. */
function isClassic(bytes: Uint8Array, start: number, end: number, flow: Flow): boolean {
  if (!CLASSIC_TYPES.includes(u16be(bytes, start))) return false;
  const first = start + HEADER_BYTES;
  if (!attributesFit(bytes, first, end)) return false;
  let random = 0;
  for (let i = start + 4; i < first; i++) random |= bytes[i];
  if (random === 0) return false;
  if (PORTS.includes(flow.serverPort) || PORTS.includes(flow.clientPort)) return true;
  if (first === end) return false;
  for (let at = first; at < end; at += 4 + ((u16be(bytes, at + 2) + 3) & ~3)) {
    const type = u16be(bytes, at);
    if (type === 0 || (type > 0x000b && type < 0x8000) || type > 0x80ff) return false;
  }
  return true;
}

/** Messages and channel data behind each other, the latter padded (RFC 8656, 12.5). */
class StunStream implements Parser {
  done = false;
  readonly #reader: StunReader;

  constructor(context: DecodeContext) {
    this.#reader = new StunReader(context);
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    while (!this.done && end - place >= CHANNEL_HEADER_BYTES) {
      const length = u16be(bytes, place + 2);
      if (bytes[place] >= 0x40 && bytes[place] < 0x80) {
        this.#reader.channelData(u16be(bytes, place), length, direction, at);
        place += CHANNEL_HEADER_BYTES + ((length + 3) & ~3);
        continue;
      }
      const next = place + HEADER_BYTES + length;
      if (bytes[place] > 0x3f || length > MESSAGE_BYTES_MAX) {
        this.done = true;
        break;
      }
      if (next > end) break;
      this.#reader.message(bytes, place, next, direction, at);
      place = next;
    }
    return place - start;
  }

  gap(): void {
    this.done = true;
  }
}
