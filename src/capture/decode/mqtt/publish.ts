/**
 * PUBLISH (MQTT 3.1.1 and 5, 3.3): the packet that carries the data, and the one that floods. Only its head is
 * read, with at most TEXT_BYTES_MAX of the payload; the rest is skipped unseen. A topic that comes again and again
 * costs no new string.
 */
import type { SecretSealer } from '../../../base/index.ts';
import { hex, maskSecrets, mayHoldSecret, printable, TEXT_BYTES_MAX } from '../payload.ts';
import type { MqttPublish } from './events.ts';
import { type MqttProperties, PUBLISH, readProperties } from './properties.ts';
import { cutText, type Reader, textViolation } from './reader.ts';

/** Longest topic and longest properties that are waited for; with longer ones only the topic's head is shown. */
const HEAD_MAX = 4096;
/** Topic aliases that are remembered of one direction. */
const ALIASES_MAX = 256;

/** What is remembered of one direction's topics. */
export class Topics {
  /** The last one that was ASCII and without fault. */
  last = '';
  /** MQTT 5, 3.3.2.3.4. */
  aliases: Map<number, string> | undefined;
}

/**
 * How many bytes of a body `readPublish` needs; more than `available` when they have to be waited for.
 * @param body - where the body begins.
 * @param length - of the whole body, which may reach beyond what is there.
 */
export function publishNeeds(
  bytes: Uint8Array,
  body: number,
  length: number,
  available: number,
  qos: number,
  v5: boolean,
): number {
  if (length <= TEXT_BYTES_MAX) return length;
  if (available < 2) return 2;
  const topicLength = (bytes[body] << 8) | bytes[body + 1];
  if (topicLength > HEAD_MAX) return Math.min(length, 2 + TEXT_BYTES_MAX);
  let head = 2 + topicLength + (qos > 0 ? 2 : 0);
  if (v5) {
    if (available < Math.min(length, head + 4)) return Math.min(length, head + 4);
    let propertiesLength = 0;
    for (let shift = 0; shift < 28 && head < length; shift += 7) {
      const byte = bytes[body + head++];
      propertiesLength += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (propertiesLength > HEAD_MAX) return Math.min(length, head);
    head += propertiesLength;
  }
  return Math.min(length, head + TEXT_BYTES_MAX);
}

/**
 * Reads a PUBLISH from `reader`, which holds at least what `publishNeeds` asked for.
 * @param length - of the whole body.
 * @param packetLength - with the fixed header.
 */
export function readPublish(
  flags: number,
  version: number,
  length: number,
  packetLength: number,
  topics: Topics,
  reader: Reader,
  sealer: SecretSealer,
): MqttPublish {
  const qos = (flags >> 1) & 3;
  const head = {
    protocol: 'mqtt' as const,
    event: 'publish' as const,
    qos,
    retain: (flags & 1) === 1,
    dup: (flags & 8) === 8,
  };
  const bodyStart = reader.at;
  const whole = reader.left === length;
  if (!whole && peekLength(reader) > reader.left - 2)
    return cutShort(head, readLongTopic(reader), undefined, packetLength);

  const topic = readTopic(reader, topics);
  const message_id = qos > 0 ? reader.u16() : undefined;
  if (message_id === 0) reader.violate('packet identifier 0');
  let properties: MqttProperties | undefined;
  if (version === 5 || (version === 0 && looksLikeNoProperties(reader))) {
    if (!whole && peekVarint(reader) > reader.left)
      return cutShort(head, topic, message_id, packetLength);
    properties = readProperties(reader, PUBLISH, sealer);
  }
  const topic_by_alias = properties && resolveAlias(properties, topic, topics);
  if (topic === '' && properties?.topic_alias === undefined) reader.violate('no topic');

  const { bytes, at } = reader;
  const message_length = length - (at - bodyStart);
  let message = printable(bytes, at, at + message_length);
  if (message !== undefined && mayHoldSecret(message))
    message = maskSecrets(message, sealer, reader.found);
  const message_hex =
    message === undefined ? hex(bytes, at, Math.min(reader.end, at + message_length)) : undefined;
  reader.at = reader.end;
  const event = {
    ...head,
    topic,
    topic_by_alias,
    message_id,
    message,
    message_hex,
    message_length,
  };
  const truncated = message_length > TEXT_BYTES_MAX;
  if (!truncated && !properties && reader.found.length === 0) return event;
  return {
    ...event,
    ...(truncated && { truncated: true as const, skipped_length: packetLength }),
    ...(properties && { properties }),
    ...(reader.found.length > 0 && { masked: reader.found }),
  };
}

type Head = Pick<MqttPublish, 'protocol' | 'event' | 'qos' | 'retain' | 'dup'>;

function cutShort(
  head: Head,
  topic: string,
  message_id: number | undefined,
  packetLength: number,
): MqttPublish {
  return {
    ...head,
    topic,
    message_id,
    message: undefined,
    message_hex: undefined,
    message_length: undefined,
    truncated: true,
    skipped_length: packetLength,
  };
}

function readTopic(reader: Reader, topics: Topics): string {
  reader.binary();
  const { bytes, from, to } = reader;
  if (sameText(topics.last, bytes, from, to)) return topics.last;
  const topic = cutText(bytes, from, to);
  let violation = textViolation(bytes, from, to);
  if (!violation && /[+#]/.test(topic)) violation = 'wildcard in a topic name';
  if (violation) reader.violate(violation);
  else if (topic.length === to - from) topics.last = topic;
  return topic;
}

function readLongTopic(reader: Reader): string {
  reader.u16();
  const topic = cutText(reader.bytes, reader.at, reader.end);
  reader.at = reader.end;
  return topic;
}

function sameText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length === 0 || length !== text.length) return false;
  for (let at = 0; at < length; at++) if (bytes[from + at] !== text.charCodeAt(at)) return false;
  return true;
}

function peekLength(reader: Reader): number {
  return reader.left < 2 ? 0 : (reader.bytes[reader.at] << 8) | reader.bytes[reader.at + 1];
}

function peekVarint(reader: Reader): number {
  const { at } = reader;
  const value = reader.varint();
  if (!reader.fault) reader.at = at;
  return value;
}

/** Without a CONNECT the version is not known: a zero before a text is the empty property length of MQTT 5. */
function looksLikeNoProperties(reader: Reader): boolean {
  const { bytes, at, end } = reader;
  return end - at > 1 && bytes[at] === 0 && bytes[at + 1] >= 0x20 && bytes[at + 1] < 0x7f;
}

function resolveAlias(
  properties: MqttProperties,
  topic: string,
  topics: Topics,
): string | undefined {
  const alias = properties.topic_alias;
  if (typeof alias !== 'number') return undefined;
  topics.aliases ??= new Map();
  if (topic === '') return topics.aliases.get(alias);
  if (topics.aliases.size < ALIASES_MAX || topics.aliases.has(alias))
    topics.aliases.set(alias, topic);
  return undefined;
}
