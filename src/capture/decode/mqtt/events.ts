/** The events of MQTT: its control packets (MQTT 5, chapter 3), named and shaped as Suricata's EVE has them. */
import type { Secret } from '../../../base/index.ts';
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { MqttProperties } from './properties.ts';

/** What every packet has: the flags of its fixed header (2.1.3). */
export interface PacketFlags {
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
}
interface Packet<E extends string> extends AppEvent, PacketFlags {
  readonly protocol: 'mqtt';
  readonly event: E;
  readonly properties?: MqttProperties;
  /** Secrets found in payload or properties, shown as their keyed hashes. */
  readonly masked?: readonly Secret[];
}

export interface MqttConnect extends Packet<'connect'> {
  readonly protocol_string: string;
  /** 3: MQTT 3.1, 4: 3.1.1, 5. */
  readonly protocol_version: number;
  /** Mosquitto's mark for a bridge: the version's highest bit. */
  readonly bridge?: true;
  readonly flags: {
    readonly username: boolean;
    readonly password: boolean;
    readonly will_retain: boolean;
    readonly will_qos: number;
    readonly will: boolean;
    readonly clean_session: boolean;
  };
  /** Seconds; 0: none. */
  readonly keep_alive: number;
  readonly client_id: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly will?: MqttWill;
}
export interface MqttWill extends Shown {
  readonly topic: string;
  readonly properties?: MqttProperties;
}
export interface MqttConnack extends Packet<'connack'> {
  readonly session_present: boolean;
  readonly return_code: number;
}
export interface MqttPublish extends Packet<'publish'> {
  /** Empty where the sender used an alias (MQTT 5, 3.3.2.3.4). */
  readonly topic: string;
  /** The topic that the alias stands for, where its definition was seen. */
  readonly topic_by_alias?: string | undefined;
  readonly message_id: number | undefined;
  /** At most TEXT_BYTES_MAX bytes of it; undefined for a binary payload. */
  readonly message: string | undefined;
  /** The first bytes of a binary payload. */
  readonly message_hex: string | undefined;
  /** Bytes of the whole payload; undefined when its beginning is not known. */
  readonly message_length: number | undefined;
  readonly truncated?: true;
  readonly skipped_length?: number;
}
export interface MqttAcknowledgement extends Packet<'puback' | 'pubrec' | 'pubrel' | 'pubcomp'> {
  readonly message_id: number;
  /** MQTT 5 only. */
  readonly reason_code?: number;
}
export interface MqttSubscribe extends Packet<'subscribe'> {
  readonly message_id: number;
  readonly topics: readonly MqttSubscription[];
}
export interface MqttSubscription {
  readonly topic: string;
  readonly qos: number;
  readonly no_local?: true;
  readonly retain_as_published?: true;
  readonly retain_handling?: number;
}
export interface MqttSuback extends Packet<'suback'> {
  readonly message_id: number;
  /** Granted QoS, or a reason code >= 0x80 for a refusal, in the order of the topics. */
  readonly qos_granted: readonly number[];
}
export interface MqttUnsubscribe extends Packet<'unsubscribe'> {
  readonly message_id: number;
  readonly topics: readonly string[];
}
export interface MqttUnsuback extends Packet<'unsuback'> {
  readonly message_id: number;
  readonly reason_codes?: readonly number[];
}
export type MqttPing = Packet<'pingreq' | 'pingresp'>;
export interface MqttDisconnect extends Packet<'disconnect'> {
  readonly reason_code?: number;
}
export interface MqttAuth extends Packet<'auth'> {
  readonly reason_code: number;
}
/** A packet other than PUBLISH that is too long to be held: only its head is known. */
export interface MqttTruncated extends Packet<(typeof NAMES)[number]> {
  readonly truncated: true;
  /** Bytes of the whole packet, its fixed header included. */
  readonly skipped_length: number;
}
export interface MqttMalformed extends MalformedEvent {
  readonly protocol: 'mqtt';
  readonly message_type: string;
  /** It could be read all the same, and the message's own event follows. */
  readonly readable: boolean;
}

export type MqttMessage =
  | MqttConnect
  | MqttConnack
  | MqttPublish
  | MqttAcknowledgement
  | MqttSubscribe
  | MqttSuback
  | MqttUnsubscribe
  | MqttUnsuback
  | MqttPing
  | MqttDisconnect
  | MqttAuth
  | MqttTruncated;
export type MqttEvent = MqttMessage | MqttMalformed;

/** Names by packet type. */
export const NAMES = [
  'unassigned',
  'connect',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'pingreq',
  'pingresp',
  'disconnect',
  'auth',
] as const;

/** A payload as an event shows it. */
export interface Shown {
  readonly message?: string;
  readonly message_hex?: string;
}
