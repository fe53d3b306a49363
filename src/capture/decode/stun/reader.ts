/** Messages of STUN and data of TURN's channels, one a datagram or one behind the other on a stream. */
import type { DecodeContext, Direction, PacketRef } from '../../decoder.ts';
import { u16be, u32be } from '../integers.ts';
import type { StunEvent } from './events.ts';
import { HEADER_BYTES, isKnownType, MAGIC_COOKIE, readStun } from './message.ts';

const protocol = 'stun';
const CHANNEL_HEADER_BYTES = 4;
const CHANNELS_MAX = 32;

export class StunReader {
  readonly #context: DecodeContext;
  /** Channel and direction of data that was told. */
  readonly #channels = new Set<number>();

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  datagram(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (end - start >= CHANNEL_HEADER_BYTES && bytes[start] >= 0x40) {
      const length = u16be(bytes, start + 2);
      if (length <= end - start - CHANNEL_HEADER_BYTES)
        this.channelData(u16be(bytes, start), length, direction, at);
      return;
    }
    // What has neither the cookie nor a type of STUN is none, whatever its first byte.
    const cookie = end - start >= 8 && u32be(bytes, start + 4) === MAGIC_COOKIE;
    if (end - start < 2 || !isKnownType(u16be(bytes, start))) return;
    if (!cookie && u16be(bytes, start + 2) !== end - start - HEADER_BYTES) return;
    if (end - start < HEADER_BYTES) this.#malformed('truncated header', end - start, direction, at);
    else if (u16be(bytes, start + 2) !== end - start - HEADER_BYTES)
      this.#malformed('length is not the datagram’s', 2, direction, at);
    else this.message(bytes, start, end, direction, at);
  }

  message(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const read = readStun(bytes, start, end, this.#context.secrets);
    // Methods that others add are none of ours.
    if (!read) return;
    if (read.flaw !== undefined)
      this.#malformed('attribute contradicts its length', read.flaw, direction, at, true);
    this.#emit(read.event, direction, at);
  }

  channelData(channel: number, length: number, direction: Direction, at: PacketRef): void {
    const key = channel * 2 + direction;
    if (this.#channels.has(key) || this.#channels.size >= CHANNELS_MAX) return;
    this.#channels.add(key);
    this.#emit(
      { protocol, event: 'channel_data', channel_number: channel, data_length: length },
      direction,
      at,
    );
  }

  #emit(event: StunEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }

  #malformed(
    reason: string,
    offset: number,
    direction: Direction,
    at: PacketRef,
    readable = false,
  ): void {
    this.#emit({ protocol, event: 'malformed', reason, offset, readable }, direction, at);
  }
}
