/**
 * OPC UA over TCP (OPC 10000-6, 6.7 and 7.1): hello, secure channels with their policy and mode, and the services that
 * travel in clear or signed. Of encrypted messages only that they are is known. A message in several chunks is read
 * from its first one.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { ByteReader } from './byte-reader.ts';
import { lengthOf, readString, readTypeId, skipString } from './opcua/built-in.ts';
import type { OpcUaEvent, OpcUaOpenSecureChannel, OpcUaResponse } from './opcua/events.ts';
import { policyName, serviceOf, statusName } from './opcua/names.ts';
import {
  type AskedBuildInfo,
  askedBuildInfo,
  readBuildInfo,
  readRequestBody,
  readResponseBody,
  readResponseHeader,
  skipRequestHeader,
} from './opcua/services.ts';
import {
  ACK,
  certificateOf,
  ERR,
  HEADER_BYTES,
  HEL,
  MSG,
  OPN,
  RHE,
  readOpen,
  readTransport,
  sizeAt,
  smallestOf,
} from './opcua/transport.ts';

export type * from './opcua/events.ts';

/** Bytes of one chunk that are held and read; the rest is stepped over. */
const CHUNK_BYTES_READ = 32_768;
/** No chunk is longer: usual buffers are 64 KiB, the largest in the field a few MiB. */
const CHUNK_BYTES_MAX = 1 << 26;
/** Longest hello, acknowledge or error (OPC 10000-6, 7.1.2: strings of at most 4,096 bytes). */
const TRANSPORT_BYTES_MAX = 16_384;
const CHANNELS_MAX = 16;
const ASKED_MAX = 16;

const FINAL = 0x46;
const CONTINUED = 0x43;
const ABORTED = 0x41;

export const opcuaDecoder: Decoder = {
  protocol: 'opcua',
  carriers: ['tcp'],
  ports: [4840, 4841, 4843],
  recognise(bytes, start, end): Recognition {
    if (start === end) return 'more';
    const first = bytes[start];
    // H, A, E, R, O, C, M.
    if (first < 0x41 || first > 0x52) return 'no';
    if (end - start < 3) return 'more';
    const type = (first << 16) | (bytes[start + 1] << 8) | bytes[start + 2];
    const smallest = smallestOf(type);
    if (smallest === 0) return 'no';
    if (end - start < HEADER_BYTES) return 'more';
    const chunk = bytes[start + 3];
    if (chunk !== FINAL && (chunk !== CONTINUED || type !== MSG)) return 'no';
    const size = sizeAt(bytes, start);
    const largest = smallest === HEADER_BYTES ? TRANSPORT_BYTES_MAX : CHUNK_BYTES_MAX;
    return size >= smallest && size <= largest ? 'yes' : 'no';
  },
  open: (_flow, context) => new OpcUaParser(context),
};

/** One secure channel. */
interface Channel {
  /** '' while it was not seen opened. */
  policy: string;
  /** An encrypted message was reported, each way. */
  readonly reported: [boolean, boolean];
  /** Requests for build information that wait for their answers. */
  readonly asked: Map<number, AskedBuildInfo>;
}

/** One direction. */
class Side {
  lost = false;
  /** The message whose next chunks follow; 0 for none. */
  continued = 0;
}

class OpcUaParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #reader = new ByteReader();
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];
  readonly #channels = new Map<number, Channel>();
  /** Where the message at hand begins. */
  #start = 0;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const side = this.#sides[direction];
    if (side.lost) {
      if (opcuaDecoder.recognise(bytes, start, end, direction, NO_FLOW) !== 'yes')
        return end - start;
      side.lost = false;
    }
    let place = start;
    while (end - place >= HEADER_BYTES && !this.done) {
      const type = (bytes[place] << 16) | (bytes[place + 1] << 8) | bytes[place + 2];
      const smallest = smallestOf(type);
      const size = sizeAt(bytes, place);
      this.#start = place;
      this.#reader.reset(bytes, place, place);
      if (smallest === 0 || size < HEADER_BYTES || size > CHUNK_BYTES_MAX) {
        this.#malformed(smallest === 0 ? 'unknown message type' : 'message size', direction, at);
        side.lost = true;
        return end - start;
      }
      const wanted = Math.min(size, CHUNK_BYTES_READ);
      if (end - place < wanted) break;
      if (size < smallest) this.#malformed('message size', direction, at);
      else this.#message(bytes, place, place + wanted, size === wanted, type, direction, at);
      place += size;
    }
    this.#reader.release();
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    const side = this.#sides[direction];
    side.lost = true;
    side.continued = 0;
  }

  /** @param whole - the chunk ends with `end`. */
  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    whole: boolean,
    type: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const reader = this.#reader.reset(bytes, start + HEADER_BYTES, end);
    if (type === HEL || type === RHE || type === ACK || type === ERR) {
      const event = readTransport(type, reader);
      if (reader.fault) this.#malformed(reader.fault, direction, at);
      else this.#context.emit(event, direction, at);
      return;
    }
    const channel = reader.u32le();
    if (type === OPN) this.#open(reader, channel, direction, at);
    else if (bytes[start + 3] === ABORTED) this.#sides[direction].continued = 0;
    else {
      reader.skip(8);
      const requestId = reader.u32le();
      const isFinal = bytes[start + 3] === FINAL;
      this.#chunk(reader, channel, requestId, isFinal, whole && isFinal, direction, at);
    }
  }

  /** OPC 10000-6, 6.7.2: the asymmetric header, and with policy None the request or response in clear. */
  #open(reader: ByteReader, channel: number, direction: Direction, at: PacketRef): void {
    const policy = policyName(readString(reader));
    const from = reader.at + 4;
    const length = lengthOf(reader);
    reader.skip(length);
    skipString(reader);
    reader.skip(8);
    if (reader.fault || policy === '') {
      this.#malformed(reader.fault || 'no security policy', direction, at);
      return;
    }
    const body = policy === 'None' ? readOpen(reader) : undefined;
    if (body?.fault) this.#malformed(body.fault, direction, at);
    const own = body && body.channel > 0 ? body.channel : channel;
    // The request of a new channel has number 0; the response tells the number.
    if (own > 0) this.#channel(own).policy = policy;
    const event: OpcUaOpenSecureChannel = {
      protocol: 'opcua',
      event: (body?.response ?? direction === 1) ? RESPONSE : REQUEST,
      security_policy: policy,
      security_mode: body?.mode,
      renew: body?.renew,
      channel: own,
      lifetime_ms: body?.lifetime,
      certificate: certificateOf(reader.bytes, from, from + length),
    };
    this.#context.emit(event, direction, at);
  }

  #channel(number: number): Channel {
    let channel = this.#channels.get(number);
    if (!channel) {
      if (this.#channels.size >= CHANNELS_MAX) this.#channels.clear();
      channel = { policy: '', reported: [false, false], asked: new Map() };
      this.#channels.set(number, channel);
    }
    return channel;
  }

  /** A chunk of MSG or CLO, its sequence header read. @param complete - the message ends with the reader's bytes. */
  #chunk(
    reader: ByteReader,
    number: number,
    requestId: number,
    isFinal: boolean,
    complete: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const side = this.#sides[direction];
    const channel = this.#channel(number);
    const isFirst = side.continued === 0 || side.continued !== requestId;
    side.continued = isFinal ? 0 : requestId;
    if (!isFirst) return;
    const message = isTypeId(reader) ? serviceOf(readTypeId(reader)) : undefined;
    if (!message) {
      if (channel.policy === 'None') this.#malformed('unknown service', direction, at);
      else if (!channel.reported[direction]) {
        channel.reported[direction] = true;
        this.#emit(
          { protocol: 'opcua', event: 'encrypted_message', channel: number },
          direction,
          at,
        );
      }
      return;
    }
    const head = {
      protocol: 'opcua',
      event: message.event,
      channel: number,
      request_id: requestId,
      signed: channel.policy !== 'None',
    } as const;
    if (message.response) {
      const fields = this.#response(reader, message.service, channel, requestId);
      this.#emit({ ...head, ...fields }, direction, at);
    } else {
      const from = reader.at;
      skipRequestHeader(reader);
      const fields = readRequestBody(message.service, reader, this.#context.secrets);
      if (message.service === 'read') this.#remember(reader, from, channel, requestId);
      this.#emit({ ...head, ...fields }, direction, at);
    }
    if (reader.fault && complete) this.#malformed(reader.fault, direction, at, true);
  }

  #response(
    reader: ByteReader,
    service: string,
    channel: Channel,
    requestId: number,
  ): Omit<OpcUaResponse, 'protocol' | 'event' | 'channel' | 'request_id' | 'signed'> {
    const status = statusName(readResponseHeader(reader));
    const asked = channel.asked.get(requestId);
    channel.asked.delete(requestId);
    if (asked && service === 'read') return { status, build_info: readBuildInfo(reader, asked) };
    return { status, ...readResponseBody(service, reader) };
  }

  #remember(reader: ByteReader, from: number, { asked }: Channel, requestId: number): void {
    const { at, end, fault } = reader;
    const wanted = fault ? undefined : askedBuildInfo(reader.reset(reader.bytes, from, end));
    reader.reset(reader.bytes, at, end);
    reader.fault = fault;
    if (!wanted) return;
    if (asked.size >= ASKED_MAX) asked.clear();
    asked.set(requestId, wanted);
  }

  #emit(event: OpcUaEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }

  #malformed(reason: string, direction: Direction, at: PacketRef, readable = false): void {
    const offset = this.#reader.at - this.#start;
    this.#emit({ protocol: 'opcua', event: 'malformed', reason, offset, readable }, direction, at);
  }
}

const REQUEST = 'open_secure_channel_request';
const RESPONSE = 'open_secure_channel_response';
const NO_FLOW = undefined as never;

/** A type in namespace 0 with a number of two bytes, as all services have (OPC 10000-6, 5.2.2.9). */
function isTypeId({ bytes, at, end }: ByteReader): boolean {
  return end - at >= 4 && bytes[at] === 1 && bytes[at + 1] === 0;
}
