/**
 * Judges bytes that may be MQTT without having seen a CONNECT: in the middle of a connection, or behind a gap. Every
 * packet that is there must be well-formed, because a fixed header alone is met by one random byte pair in ten.
 */
import { isUtf8 } from 'node:buffer';
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
  PUBREL,
  SUBACK,
  SUBSCRIBE,
  UNSUBACK,
  UNSUBSCRIBE,
} from './properties.ts';

/** Packets in a row that are looked at. */
const PACKETS_MAX = 8;
/** Longest topic that is looked at. */
const TOPIC_MAX = 512;

/** Whether [start, end) begins with well-formed packets, up to its end or enough of them. */
export function beginsWithPackets(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (let count = 0; count < PACKETS_MAX; count++) {
    if (at === end) return count > 0;
    let length = 0;
    let body = at + 1;
    for (let shift = 0; ; shift += 7) {
      if (shift === 28) return false;
      // A header that is cut by the end proves nothing of itself.
      if (body >= end) return count > 0;
      const byte = bytes[body++];
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (!plausiblePacket(bytes, bytes[at], body, length, end)) return false;
    if (body + length > end) return count > 0 || bytes[at] >> 4 === PUBLISH;
    at = body + length;
  }
  return true;
}

function plausiblePacket(
  bytes: Uint8Array,
  first: number,
  body: number,
  length: number,
  end: number,
): boolean {
  const type = first >> 4;
  if (type === PUBLISH) return plausiblePublish(bytes, (first >> 1) & 3, body, length, end);
  const flags = first & 15;
  const requests = type === PUBREL || type === SUBSCRIBE || type === UNSUBSCRIBE;
  // MQTT 3.1 lets these three be repeated with DUP.
  if (requests ? (flags & 7) !== 2 : flags !== 0) return false;
  const there = end - body;
  const id = there >= 2 ? (bytes[body] << 8) | bytes[body + 1] : 1;
  switch (type) {
    case CONNECT:
      return length >= 10 && there >= 2 && (id === 4 || id === 6);
    case CONNACK:
      return length >= 2 && length < 1024 && there >= 2 && bytes[body] <= 1;
    case PINGREQ:
    case PINGRESP:
      return length === 0;
    case SUBSCRIBE:
    case UNSUBSCRIBE:
      return length >= 5 && length < 0x10000 && id > 0;
    case SUBACK:
      return length >= 3 && length < 1024 && id > 0;
    case UNSUBACK:
      return length >= 2 && length < 1024 && id > 0;
    case DISCONNECT:
    case AUTH:
      return length < 1024 && (length < 2 || there < 2 || bytes[body + 1] === length - 2);
    default:
      return type >= PUBACK && type <= PUBCOMP && length >= 2 && length < 1024 && id > 0;
  }
}

function plausiblePublish(
  bytes: Uint8Array,
  qos: number,
  body: number,
  length: number,
  end: number,
): boolean {
  if (qos === 3 || length < 3 || end - body < 3) return false;
  const topicLength = (bytes[body] << 8) | bytes[body + 1];
  const topicEnd = body + 2 + topicLength;
  if (topicLength === 0 || topicLength > TOPIC_MAX) return false;
  if (topicEnd > end || topicLength + 2 + (qos > 0 ? 2 : 0) > length) return false;
  let ascii = true;
  for (let at = body + 2; at < topicEnd; at++) {
    const byte = bytes[at];
    if (byte < 0x20 || byte === 0x7f || byte === 0x23 || byte === 0x2b) return false;
    if (byte >= 0x80) ascii = false;
  }
  return ascii || isUtf8(bytes.subarray(body + 2, topicEnd));
}
