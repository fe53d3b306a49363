/** MQTT 5 properties (2.2.2.2): their names, types, and the packets that may carry each. */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { hex, namesSecret, printable } from '../payload.ts';
import type { Reader } from './reader.ts';

/** Packet types by number (2.1.2). */
export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const UNSUBSCRIBE = 10;
export const UNSUBACK = 11;
export const PINGREQ = 12;
export const PINGRESP = 13;
export const DISCONNECT = 14;
export const AUTH = 15;
/** The properties of a will, which is part of CONNECT. */
export const WILL = 0;

/** Properties of one packet that are kept. */
const PROPERTIES_MAX = 64;

type Value = string | number | Secret;
/** By name, user properties by the name that the sender gave them; several of one name are a list. */
export type MqttProperties = Record<string, Value | Value[]>;

type Kind = 'u8' | 'u16' | 'u32' | 'varint' | 'text' | 'binary' | 'pair';
interface Property {
  readonly name: string;
  readonly kind: Kind;
  /** Bit n: packet type n may carry it. */
  readonly allowed: number;
  readonly repeats: boolean;
}

const properties: (Property | undefined)[] = [];
function property(id: number, name: string, kind: Kind, packets: readonly number[]): void {
  let allowed = 0;
  for (const type of packets) allowed |= 1 << type;
  properties[id] = { name, kind, allowed, repeats: id === 11 || id === 38 };
}
const REASONED = [PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH];
property(1, 'payload_format_indicator', 'u8', [PUBLISH, WILL]);
property(2, 'message_expiry_interval', 'u32', [PUBLISH, WILL]);
property(3, 'content_type', 'text', [PUBLISH, WILL]);
property(8, 'response_topic', 'text', [PUBLISH, WILL]);
property(9, 'correlation_data', 'binary', [PUBLISH, WILL]);
property(11, 'subscription_identifier', 'varint', [PUBLISH, SUBSCRIBE]);
property(17, 'session_expiry_interval', 'u32', [CONNECT, CONNACK, DISCONNECT]);
property(18, 'assigned_client_identifier', 'text', [CONNACK]);
property(19, 'server_keep_alive', 'u16', [CONNACK]);
property(21, 'authentication_method', 'text', [CONNECT, CONNACK, AUTH]);
property(22, 'authentication_data', 'binary', [CONNECT, CONNACK, AUTH]);
property(23, 'request_problem_information', 'u8', [CONNECT]);
property(24, 'will_delay_interval', 'u32', [WILL]);
property(25, 'request_response_information', 'u8', [CONNECT]);
property(26, 'response_information', 'text', [CONNACK]);
property(28, 'server_reference', 'text', [CONNACK, DISCONNECT]);
property(31, 'reason_string', 'text', [CONNACK, ...REASONED]);
property(33, 'receive_maximum', 'u16', [CONNECT, CONNACK]);
property(34, 'topic_alias_maximum', 'u16', [CONNECT, CONNACK]);
property(35, 'topic_alias', 'u16', [PUBLISH]);
property(36, 'maximum_qos', 'u8', [CONNACK]);
property(37, 'retain_available', 'u8', [CONNACK]);
property(38, 'user_property', 'pair', [
  ...[WILL, CONNECT, CONNACK, PUBLISH, SUBSCRIBE, UNSUBSCRIBE],
  ...REASONED,
]);
property(39, 'maximum_packet_size', 'u32', [CONNECT, CONNACK]);
property(40, 'wildcard_subscription_available', 'u8', [CONNACK]);
property(41, 'subscription_identifier_available', 'u8', [CONNACK]);
property(42, 'shared_subscription_available', 'u8', [CONNACK]);

/** Reads a property length and the properties of packet type `type`; undefined when there are none. */
export function readProperties(
  reader: Reader,
  type: number,
  sealer: SecretSealer,
): MqttProperties | undefined {
  const length = reader.varint();
  if (length > reader.left) reader.fail('properties beyond the packet');
  if (length === 0 || reader.fault) return undefined;
  const bodyEnd = reader.end;
  reader.end = reader.at + length;
  // The sender chooses names of user properties: no prototype to reach.
  const read: MqttProperties = Object.create(null);
  let count = 0;
  while (reader.left > 0) {
    const known = properties[reader.varint()];
    if (!known) {
      reader.fail('unknown property');
      break;
    }
    if ((known.allowed & (1 << type)) === 0) reader.violate('property not allowed here');
    const name = known.kind === 'pair' ? reader.text() : known.name;
    const value = readValue(reader, known, name, sealer);
    if (reader.fault || ++count > PROPERTIES_MAX) continue;
    const earlier = read[name];
    if (earlier === undefined) read[name] = value;
    else if (!known.repeats) reader.violate('property given twice');
    else if (Array.isArray(earlier)) earlier.push(value);
    else read[name] = [earlier, value];
  }
  reader.end = bodyEnd;
  // A fault moved the cursor to the end of the properties; nothing behind them can be trusted.
  if (reader.fault) reader.at = bodyEnd;
  return read;
}

function readValue(reader: Reader, known: Property, name: string, sealer: SecretSealer): Value {
  switch (known.kind) {
    case 'u8':
      return reader.u8();
    case 'u16':
      return reader.u16();
    case 'u32':
      return reader.u32();
    case 'varint':
      return reader.varint();
    case 'text':
      return reader.text();
    case 'pair': {
      const value = reader.text();
      return namesSecret(name) ? reader.seal(value, sealer) : value;
    }
    case 'binary': {
      reader.binary();
      const { bytes, from, to } = reader;
      // What a mechanism sends as proof may be the password itself (SASL PLAIN).
      if (known.name === 'authentication_data')
        return reader.seal(bytes.subarray(from, to), sealer);
      return printable(bytes, from, to) ?? hex(bytes, from, to);
    }
  }
}
