/** Reads the bodies of control packets, one function a type. PUBLISH is apart (publish.ts), as the one that floods. */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { hex, maskSecrets, mayHoldSecret, printable } from '../payload.ts';
import {
  type MqttAcknowledgement,
  type MqttAuth,
  type MqttConnack,
  type MqttConnect,
  type MqttDisconnect,
  type MqttMessage,
  type MqttSuback,
  type MqttSubscribe,
  type MqttSubscription,
  type MqttUnsuback,
  type MqttUnsubscribe,
  type MqttWill,
  NAMES,
  type PacketFlags,
  type Shown,
} from './events.ts';
import {
  AUTH,
  CONNACK,
  CONNECT,
  DISCONNECT,
  PUBACK,
  PUBCOMP,
  PUBREC,
  PUBREL,
  readProperties,
  SUBACK,
  SUBSCRIBE,
  UNSUBACK,
  UNSUBSCRIBE,
  WILL,
} from './properties.ts';
import type { Reader } from './reader.ts';

/**
 * Reads the body of a packet other than PUBLISH. What is wrong with it is left in `reader`: with a `fault` the
 * event is not to be used.
 * @param version - of the connection: 3, 4, 5, or 0 when its CONNECT was not seen.
 */
export function readMessage(
  type: number,
  flags: number,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttMessage {
  const event = readBody(type, headOf(flags), version, reader, sealer);
  if (reader.left > 0 && !reader.fault) reader.violate('bytes behind the message');
  return reader.found.length > 0 ? { ...event, masked: reader.found } : event;
}

export function headOf(flags: number): PacketFlags {
  return { qos: (flags >> 1) & 3, retain: (flags & 1) === 1, dup: (flags & 8) === 8 };
}

function readBody(
  type: number,
  head: PacketFlags,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttMessage {
  switch (type) {
    case CONNECT:
      return readConnect(head, reader, sealer);
    case CONNACK:
      return readConnack(head, version, reader, sealer);
    case PUBACK:
    case PUBREC:
    case PUBREL:
    case PUBCOMP:
      return readAcknowledgement(type, head, version, reader, sealer);
    case SUBSCRIBE:
      return readSubscribe(head, version, reader, sealer);
    case SUBACK:
      return readSuback(head, version, reader, sealer);
    case UNSUBSCRIBE:
      return readUnsubscribe(head, version, reader, sealer);
    case UNSUBACK:
      return readUnsuback(head, version, reader, sealer);
    case DISCONNECT:
      return readDisconnect(head, version, reader, sealer);
    case AUTH:
      return readAuth(head, reader, sealer);
    default:
      return { protocol: 'mqtt', event: type === 12 ? 'pingreq' : 'pingresp', ...head };
  }
}

/** Whether a CONNECT is of a version that we know how to read (name and level belong together). */
export function knownProtocol(name: string, level: number): boolean {
  return name === 'MQTT' ? level === 4 || level === 5 : name === 'MQIsdp' && level === 3;
}

function readConnect(head: PacketFlags, reader: Reader, sealer: SecretSealer): MqttConnect {
  const protocol_string = reader.text();
  const level = reader.u8();
  const protocol_version = level & 0x7f;
  if (!knownProtocol(protocol_string, protocol_version)) reader.fail('unknown protocol version');
  const flags = reader.u8();
  const will = (flags & 4) !== 0;
  const will_qos = (flags >> 3) & 3;
  // 3.1.2.3 to 3.1.2.9; MQTT 3.1 leaves bit 0 unused, and MQTT 5 allows a password alone.
  if (flags & 1 && protocol_version > 3) reader.violate('reserved connect flag');
  if (will_qos === 3 || (!will && flags & 0x38)) reader.violate('will flags');
  if ((flags & 0xc0) === 0x40 && protocol_version < 5) reader.violate('password without user name');
  const keep_alive = reader.u16();
  const properties = protocol_version === 5 ? readProperties(reader, CONNECT, sealer) : undefined;
  const client_id = reader.text();
  const lastWill = will ? readWill(protocol_version, reader, sealer) : undefined;
  const username = flags & 0x80 ? reader.text() : undefined;
  let password: Secret | undefined;
  if (flags & 0x40) {
    reader.binary();
    // Not `reader.seal`: it has a field of its own, and is not masked text.
    password = sealer.seal(reader.bytes.subarray(reader.from, reader.to));
  }
  return {
    protocol: 'mqtt',
    event: 'connect',
    ...head,
    protocol_string,
    protocol_version,
    ...(level > 0x7f && { bridge: true as const }),
    flags: {
      username: (flags & 0x80) !== 0,
      password: (flags & 0x40) !== 0,
      will_retain: (flags & 0x20) !== 0,
      will_qos,
      will,
      clean_session: (flags & 2) !== 0,
    },
    keep_alive,
    client_id,
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...(lastWill && { will: lastWill }),
    ...(properties && { properties }),
  };
}

function readWill(version: number, reader: Reader, sealer: SecretSealer): MqttWill {
  const properties = version === 5 ? readProperties(reader, WILL, sealer) : undefined;
  const topic = reader.text();
  reader.binary();
  return {
    topic,
    ...show(reader.bytes, reader.from, reader.to, sealer, reader.found),
    ...(properties && { properties }),
  };
}

function readConnack(
  head: PacketFlags,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttConnack {
  const v5 = version === 5 || (version === 0 && reader.left > 2);
  const flags = reader.u8();
  const return_code = reader.u8();
  // MQTT 3.1 reserves the whole first byte without a value.
  if (version > 3 && flags > 1) reader.violate('reserved connack flag');
  if (!v5 && return_code > 5) reader.violate('unknown return code');
  // A server that knows no MQTT 5 refuses in its own format.
  const properties = v5 && reader.left > 0 ? readProperties(reader, CONNACK, sealer) : undefined;
  return {
    protocol: 'mqtt',
    event: 'connack',
    ...head,
    session_present: (flags & 1) === 1,
    return_code,
    ...(properties && { properties }),
  };
}

function readAcknowledgement(
  type: number,
  head: PacketFlags,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttAcknowledgement {
  const message_id = readMessageId(reader);
  // MQTT 5, 3.4.2: reason code and property length may be left out when they are zero.
  const v5 = version === 5 || (version === 0 && reader.left > 0);
  const reason_code = v5 ? (reader.left > 0 ? reader.u8() : 0) : undefined;
  const properties = v5 && reader.left > 0 ? readProperties(reader, type, sealer) : undefined;
  return {
    protocol: 'mqtt',
    event: NAMES[type] as MqttAcknowledgement['event'],
    ...head,
    message_id,
    ...(reason_code !== undefined && { reason_code }),
    ...(properties && { properties }),
  };
}

function readSubscribe(
  head: PacketFlags,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttSubscribe {
  const message_id = readMessageId(reader);
  const properties = version === 5 ? readProperties(reader, SUBSCRIBE, sealer) : undefined;
  if (reader.left === 0) reader.violate('no topic filter');
  const topics: MqttSubscription[] = [];
  while (reader.left > 0) {
    const topic = readFilter(reader);
    const options = reader.u8();
    if ((options & 3) === 3 || options & (version === 5 ? 0xc0 : 0xfc))
      reader.violate('subscription options');
    const v5 = version === 5 ? options : 0;
    topics.push({
      topic,
      qos: options & 3,
      ...(v5 & 4 && { no_local: true as const }),
      ...(v5 & 8 && { retain_as_published: true as const }),
      ...(v5 & 0x30 && { retain_handling: (v5 >> 4) & 3 }),
    });
  }
  return {
    protocol: 'mqtt',
    event: 'subscribe',
    ...head,
    message_id,
    topics,
    ...(properties && { properties }),
  };
}

function readSuback(
  head: PacketFlags,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttSuback {
  const message_id = readMessageId(reader);
  const properties = version === 5 ? readProperties(reader, SUBACK, sealer) : undefined;
  const qos_granted = readCodes(reader);
  if (qos_granted.some((code) => code > 2 && code < 0x80)) reader.violate('unknown reason code');
  return {
    protocol: 'mqtt',
    event: 'suback',
    ...head,
    message_id,
    qos_granted,
    ...(properties && { properties }),
  };
}

function readUnsubscribe(
  head: PacketFlags,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttUnsubscribe {
  const message_id = readMessageId(reader);
  const properties = version === 5 ? readProperties(reader, UNSUBSCRIBE, sealer) : undefined;
  if (reader.left === 0) reader.violate('no topic filter');
  const topics: string[] = [];
  while (reader.left > 0) topics.push(readFilter(reader));
  return {
    protocol: 'mqtt',
    event: 'unsubscribe',
    ...head,
    message_id,
    topics,
    ...(properties && { properties }),
  };
}

function readUnsuback(
  head: PacketFlags,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttUnsuback {
  const message_id = readMessageId(reader);
  const v5 = version === 5 || (version === 0 && reader.left > 0);
  const properties = v5 ? readProperties(reader, UNSUBACK, sealer) : undefined;
  const reason_codes = v5 ? readCodes(reader) : [];
  return {
    protocol: 'mqtt',
    event: 'unsuback',
    ...head,
    message_id,
    ...(reason_codes.length > 0 && { reason_codes }),
    ...(properties && { properties }),
  };
}

function readDisconnect(
  head: PacketFlags,
  version: number,
  reader: Reader,
  sealer: SecretSealer,
): MqttDisconnect {
  const v5 = version === 5 || (version === 0 && reader.left > 0);
  const reason_code = v5 ? (reader.left > 0 ? reader.u8() : 0) : undefined;
  const properties = v5 && reader.left > 0 ? readProperties(reader, DISCONNECT, sealer) : undefined;
  return {
    protocol: 'mqtt',
    event: 'disconnect',
    ...head,
    ...(reason_code !== undefined && { reason_code }),
    ...(properties && { properties }),
  };
}

function readAuth(head: PacketFlags, reader: Reader, sealer: SecretSealer): MqttAuth {
  // MQTT 5, 3.15.2.1: both may be left out when the code is Success.
  const reason_code = reader.left > 0 ? reader.u8() : 0;
  const properties = reader.left > 0 ? readProperties(reader, AUTH, sealer) : undefined;
  return {
    protocol: 'mqtt',
    event: 'auth',
    ...head,
    reason_code,
    ...(properties && { properties }),
  };
}

function readMessageId(reader: Reader): number {
  const id = reader.u16();
  if (id === 0) reader.violate('packet identifier 0');
  return id;
}

function readCodes(reader: Reader): number[] {
  const codes: number[] = [];
  while (reader.left > 0) codes.push(reader.u8());
  return codes;
}

/** A topic filter (4.7.1): `+` fills a level, `#` fills the last one. */
function readFilter(reader: Reader): string {
  const filter = reader.text();
  if (filter === '') reader.violate('empty topic filter');
  else if (/[^/][+#]|#.|\+[^/]/.test(filter)) reader.violate('wildcard in a topic level');
  return filter;
}

/** Shows [from, to) as `message` or `message_hex`. */
export function show(
  bytes: Buffer,
  from: number,
  to: number,
  sealer: SecretSealer,
  found: Secret[],
): Shown {
  const text = printable(bytes, from, to);
  if (text === undefined) return { message_hex: hex(bytes, from, to) };
  return { message: mayHoldSecret(text) ? maskSecrets(text, sealer, found) : text };
}
