/**
 * MQTT 3.1, 3.1.1 and 5 over TCP: recognition, and the cutting of each direction into control packets. A packet
 * with a readable length never costs the following ones: it is reported and stepped over. Behind a gap a direction
 * takes up again where well-formed packets begin.
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
import { type MqttConnect, type MqttMalformed, type MqttMessage, NAMES } from './mqtt/events.ts';
import { headOf, readMessage } from './mqtt/messages.ts';
import { beginsWithPackets } from './mqtt/plausible.ts';
import {
  AUTH,
  CONNACK,
  CONNECT,
  DISCONNECT,
  PINGREQ,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBACK,
  SUBSCRIBE,
  UNSUBACK,
  UNSUBSCRIBE,
} from './mqtt/properties.ts';
import { publishNeeds, readPublish, Topics } from './mqtt/publish.ts';
import { Reader } from './mqtt/reader.ts';
import { asBuffer } from './payload.ts';

export type * from './mqtt/events.ts';
export type { MqttProperties } from './mqtt/properties.ts';

const PORT = 1883;
/** Longest body, PUBLISH apart, that is held and read; a longer one is reported as truncated. */
const BODY_MAX = 16_384;
/** Malformed packets in a row after which a direction is not MQTT, or not worth reading. */
const MALFORMED_MAX = 16;

const UNASSIGNED = 'unassigned message type';
const QOS_3 = 'QoS 3';
const LENGTH_TOO_LONG = 'remaining length of more than four bytes';

const bit = (...types: number[]) => types.reduce((bits, type) => bits | (1 << type), 0);
const FROM_CLIENT_ONLY = bit(CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ);
const FROM_SERVER_ONLY = bit(CONNACK, SUBACK, UNSUBACK, PINGRESP);
/** Packets whose fixed header has the flags 0010 (2.1.3). */
const FLAGS_2 = bit(PUBREL, SUBSCRIBE, UNSUBSCRIBE);

export const mqttDecoder: Decoder = {
  protocol: 'mqtt',
  carriers: ['tcp'],
  ports: [PORT],
  recognise,
  open: (flow, context) => new MqttParser(flow, context),
};

function recognise(
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
  flow: Flow,
): Recognition {
  if (direction === 0 || !flow.openingSeen) {
    const connect = recogniseConnect(bytes, start, end);
    if (connect !== 'no') return connect;
  }
  const port = flow.serverPort === PORT || (!flow.openingSeen && flow.clientPort === PORT);
  return port && beginsWithPackets(bytes, start, end) ? 'yes' : 'no';
}

/** CONNECT (3.1): fixed header, then the protocol's name as a string, then its level. */
function recogniseConnect(bytes: Uint8Array, start: number, end: number): Recognition {
  if (start >= end) return 'more';
  if (bytes[start] !== 0x10) return 'no';
  let at = start + 1;
  while (at < end && bytes[at] >= 0x80) if (++at - start > 4) return 'no';
  at++;
  if (at >= end) return 'more';
  if (bytes[at] !== 0) return 'no';
  if (at + 1 >= end) return 'more';
  const name = bytes[at + 1] === 4 ? MQTT : bytes[at + 1] === 6 ? MQISDP : undefined;
  if (!name) return 'no';
  for (let i = 0; i < name.length; i++) {
    if (at + 2 + i >= end) return 'more';
    if (bytes[at + 2 + i] !== name[i]) return 'no';
  }
  return 'yes';
}
const MQTT = Buffer.from('MQTT');
const MQISDP = Buffer.from('MQIsdp');

/** One direction. */
class Side {
  readonly topics = new Topics();
  /** Where the next packet begins is not known. */
  lost = false;
  malformedInARow = 0;
  dead = false;
}

class MqttParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #reader = new Reader();
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];
  /** 3, 4 (3.1.1), 5, or 0 as long as neither a CONNECT nor another proof was seen. */
  #version = 0;
  #connected = false;
  /** Who is client and who server is certain. */
  #directed: boolean;

  constructor(flow: Flow, context: DecodeContext) {
    this.#context = context;
    this.#directed = flow.openingSeen;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const side = this.#sides[direction];
    if (side.lost && beginsWithPackets(bytes, start, end)) side.lost = false;
    const buffer = asBuffer(bytes);
    let position = start;
    while (position < end && !side.lost && !side.dead) {
      const used = this.#packet(buffer, position, end, direction, at);
      if (used === 0) break;
      position += used;
    }
    this.#reader.release();
    return side.lost || side.dead ? end - start : position - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#sides[direction].lost = true;
  }

  /** @returns the packet's length, which may reach beyond `end`; 0 when more of it is needed. */
  #packet(bytes: Buffer, start: number, end: number, direction: Direction, at: PacketRef): number {
    let length = 0;
    let body = start + 1;
    for (let shift = 0; ; shift += 7) {
      if (shift === 28) {
        this.#sides[direction].lost = true;
        this.#malformed(bytes[start] >> 4, LENGTH_TOO_LONG, 4, false, direction, at);
        return 0;
      }
      if (body >= end) return 0;
      const byte = bytes[body++];
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const available = Math.min(length, end - body);
    const packetLength = body - start + length;
    const type = bytes[start] >> 4;
    const flags = bytes[start] & 15;
    const misuse = this.#misuse(type, flags, direction);
    if (misuse === UNASSIGNED || misuse === QOS_3) {
      this.#malformed(type, misuse, 0, false, direction, at);
      return packetLength;
    }
    const reader = this.#reader;
    reader.reset(bytes, body, body + available);
    let event: MqttMessage;
    if (type === PUBLISH) {
      const v5 = this.#version === 5;
      if (publishNeeds(bytes, body, length, available, (flags >> 1) & 3, v5) > available) return 0;
      const { topics } = this.#sides[direction];
      const { secrets } = this.#context;
      event = readPublish(flags, this.#version, length, packetLength, topics, reader, secrets);
    } else if (length > BODY_MAX) {
      const extent = { truncated: true as const, skipped_length: packetLength };
      event = { protocol: 'mqtt', event: NAMES[type], ...headOf(flags), ...extent };
    } else if (available < length) {
      return 0;
    } else {
      event = this.#read(type, flags, body, length, direction);
    }
    this.#hand(event, type, misuse, start, direction, at);
    return packetLength;
  }

  /** Emits what was read, or that it breaks the specification, or both. */
  #hand(
    event: MqttMessage,
    type: number,
    misuse: string,
    start: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const { fault, violation, noticedAt } = this.#reader;
    if (fault) {
      this.#malformed(type, fault, noticedAt - start, false, direction, at);
      return;
    }
    if (misuse) this.#malformed(type, misuse, 0, true, direction, at);
    else if (violation) this.#malformed(type, violation, noticedAt - start, true, direction, at);
    else this.#sides[direction].malformedInARow = 0;
    this.#context.emit(event, direction, at);
  }

  #malformed(
    type: number,
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const message_type = NAMES[type];
    const event: MqttMalformed = {
      protocol: 'mqtt',
      event: 'malformed',
      reason,
      offset,
      message_type,
      readable,
    };
    this.#context.emit(event, direction, at);
    const side = this.#sides[direction];
    if (++side.malformedInARow < MALFORMED_MAX) return;
    side.dead = true;
    this.done = this.#sides[0].dead && this.#sides[1].dead;
  }

  /** What is wrong already with the fixed header, or ''. */
  #misuse(type: number, flags: number, direction: Direction): string {
    const v4 = this.#version > 3;
    const known = this.#version > 0;
    if (type === 0 || (type === AUTH && known && this.#version < 5)) return UNASSIGNED;
    if (type === PUBLISH) {
      if ((flags & 6) === 6) return QOS_3;
      if (v4 && (flags & 14) === 8) return 'DUP with QoS 0';
      return '';
    }
    // MQTT 3.1 says of the flags of others only that they are not used, and lets these three repeat with DUP.
    if (FLAGS_2 & (1 << type) ? (flags & (v4 ? 15 : 7)) !== 2 : v4 && flags !== 0)
      return 'flags of the fixed header';
    if (this.#directed) {
      const wrong = direction === 0 ? FROM_SERVER_ONLY : FROM_CLIENT_ONLY;
      if (wrong & (1 << type)) return 'sent by the wrong side';
    }
    if (type === CONNECT && this.#connected) return 'second CONNECT';
    return '';
  }

  #read(
    type: number,
    flags: number,
    body: number,
    length: number,
    direction: Direction,
  ): MqttMessage {
    const reader = this.#reader;
    const { secrets } = this.#context;
    let event = readMessage(type, flags, this.#version, reader, secrets);
    if (type === CONNECT && event.event === 'connect' && !reader.fault) {
      this.#version = (event as MqttConnect).protocol_version;
      this.#connected = true;
      this.#directed ||= direction === 0;
    } else if (this.#version === 0) {
      const filters = type === SUBSCRIBE || type === UNSUBSCRIBE;
      const asOld = !reader.fault && !reader.violation;
      if (filters && !asOld) {
        reader.reset(reader.bytes, body, body + length);
        event = readMessage(type, flags, 5, reader, secrets);
      }
      if (!reader.fault && !reader.violation)
        this.#version = filters ? (asOld ? 3 : 5) : versionProof(type, length);
    }
    return event;
  }
}

/** The version that a packet other than PUBLISH proves by its length: 5, 3 for any before, 0 when it proves none. */
function versionProof(type: number, length: number): number {
  switch (type) {
    case CONNACK:
    case UNSUBACK:
      return length === 2 ? 3 : 5;
    case AUTH:
      return 5;
    case PUBACK:
    case PUBREC:
    case PUBREL:
    case PUBCOMP:
      return length > 2 ? 5 : 0;
    case DISCONNECT:
      return length > 0 ? 5 : 0;
    default:
      return 0;
  }
}
