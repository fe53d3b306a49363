/** One STUN message (RFC 8489, 5 and 14; RFC 8656, 18): its header, and those attributes that say something. */
import { formatIpv4, formatIpv6, type SecretSealer } from '../../../base/index.ts';
import { u16be, u32be } from '../integers.ts';
import { hexRun, wireText } from '../wire-text.ts';
import { MESSAGES, type StunMessageEvent } from './events.ts';

export const HEADER_BYTES = 20;
export const MAGIC_COOKIE = 0x2112a442;
const ATTRIBUTES_MAX = 64;
const TEXT_BYTES_MAX = 256;
/** RFC 8489, 14.3. */
const USERNAME_BYTES_MAX = 513;

const METHODS = [
  undefined,
  'binding',
  'shared_secret',
  'allocate',
  'refresh',
  undefined,
  'send',
  'data',
  'create_permission',
  'channel_bind',
  'connect',
  'connection_bind',
  'connection_attempt',
];
const CLASSES = ['request', 'indication', 'success_response', 'error_response'];

const MAPPED_ADDRESS = 0x0001;
const RESPONSE_ADDRESS = 0x0002;
const SOURCE_ADDRESS = 0x0004;
const CHANGED_ADDRESS = 0x0005;
const USERNAME = 0x0006;
const PASSWORD = 0x0007;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const REFLECTED_FROM = 0x000b;
const CHANNEL_NUMBER = 0x000c;
const LIFETIME = 0x000d;
const XOR_PEER_ADDRESS = 0x0012;
const DATA = 0x0013;
const REALM = 0x0014;
const XOR_RELAYED_ADDRESS = 0x0016;
const REQUESTED_TRANSPORT = 0x0019;
const MESSAGE_INTEGRITY_SHA256 = 0x001c;
const XOR_MAPPED_ADDRESS = 0x0020;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
/** Where servers of before RFC 5389 put it. */
const XOR_MAPPED_ADDRESS_OLD = 0x8020;
const SOFTWARE = 0x8022;
const ALTERNATE_SERVER = 0x8023;
const OTHER_ADDRESS = 0x802c;

/** Method of a type whose two bits of class lie between (RFC 8489, figure 3). */
const methodOf = (type: number): number =>
  (type & 0x000f) | ((type & 0x00e0) >>> 1) | ((type & 0x3e00) >>> 2);
const classOf = (type: number): number => ((type & 0x0010) >>> 4) | ((type & 0x0100) >>> 7);

const TYPES = new Map<number, StunMessageEvent['event']>();
for (let type = 0; type < 0x0200; type++) {
  const name = `${METHODS[methodOf(type)]}_${CLASSES[classOf(type)]}`;
  const known = MESSAGES.find((message) => message === name);
  if (known) TYPES.set(type, known);
}

/** Whether a type is a method's that is known, in a class that it has. */
export const isKnownType = (type: number): boolean => TYPES.has(type);

/** Whether the attributes of [start, end) fill it exactly: each has a type, a length and padding. */
export function attributesFit(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (let count = 0; at < end; count++) {
    if (end - at < 4 || count > ATTRIBUTES_MAX) return false;
    const length = u16be(bytes, at + 2);
    const next = at + 4 + length;
    // RFC 3489 knows no padding, and some leave out the last.
    if (next > end) return false;
    at = Math.min(end, next + ((4 - (length & 3)) & 3));
  }
  return true;
}

/** What was read, and where the message breaks its form, if it does. */
export interface ReadMessage {
  readonly event: StunMessageEvent;
  readonly flaw: number | undefined;
}

type Fields = { -readonly [K in keyof StunMessageEvent]?: StunMessageEvent[K] };

/** Reads the message [start, end); undefined when its type is not known. */
export function readStun(
  bytes: Uint8Array,
  start: number,
  end: number,
  secrets: SecretSealer,
): ReadMessage | undefined {
  const name = TYPES.get(u16be(bytes, start));
  if (name === undefined) return undefined;
  const classic = u32be(bytes, start + 4) !== MAGIC_COOKIE;
  const fields: Fields = {};
  let flaw: number | undefined;
  let at = start + HEADER_BYTES;
  for (let count = 0; at < end && count < ATTRIBUTES_MAX; count++) {
    const length = end - at < 4 ? -1 : u16be(bytes, at + 2);
    if (length < 0 || at + 4 + length > end) {
      flaw = at - start;
      break;
    }
    const value = at + 4;
    if (!take(fields, u16be(bytes, at), bytes, value, value + length, start, secrets))
      flaw ??= at - start;
    at = value + length + ((4 - (length & 3)) & 3);
  }
  return {
    event: {
      protocol: 'stun',
      event: name,
      transaction_id: hexRun(bytes, start + (classic ? 4 : 8), start + HEADER_BYTES),
      classic: classic || undefined,
      software: fields.software,
      username: fields.username,
      realm: fields.realm,
      error_code: fields.error_code,
      reason: fields.reason,
      mapped_address: fields.mapped_address,
      relayed_address: fields.relayed_address,
      peer_address: fields.peer_address,
      other_address: fields.other_address,
      alternate_server: fields.alternate_server,
      lifetime: fields.lifetime,
      requested_transport: fields.requested_transport,
      channel_number: fields.channel_number,
      data_length: fields.data_length,
      ice: fields.ice,
      use_candidate: fields.use_candidate,
      message_integrity: fields.message_integrity,
    },
    flaw,
  };
}

/** Takes one attribute, bytes [at, end); false: it contradicts its own length. */
function take(
  fields: Fields,
  type: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  message: number,
  secrets: SecretSealer,
): boolean {
  const length = end - at;
  switch (type) {
    case MAPPED_ADDRESS:
      fields.mapped_address ??= addressAt(bytes, at, end);
      return fields.mapped_address !== undefined;
    case XOR_MAPPED_ADDRESS:
    case XOR_MAPPED_ADDRESS_OLD:
      fields.mapped_address = addressAt(bytes, at, end, message);
      return fields.mapped_address !== undefined;
    case XOR_RELAYED_ADDRESS:
      fields.relayed_address = addressAt(bytes, at, end, message);
      return fields.relayed_address !== undefined;
    case XOR_PEER_ADDRESS:
      fields.peer_address ??= addressAt(bytes, at, end, message);
      return fields.peer_address !== undefined;
    case CHANGED_ADDRESS:
    case OTHER_ADDRESS:
      fields.other_address = addressAt(bytes, at, end);
      return fields.other_address !== undefined;
    case ALTERNATE_SERVER:
      fields.alternate_server = addressAt(bytes, at, end);
      return fields.alternate_server !== undefined;
    case RESPONSE_ADDRESS:
    case SOURCE_ADDRESS:
    case REFLECTED_FROM:
      return addressAt(bytes, at, end) !== undefined;
    case USERNAME:
      if (length > USERNAME_BYTES_MAX) return false;
      fields.username = secrets.seal(bytes.subarray(at, end));
      return true;
    case PASSWORD:
      return true;
    case SOFTWARE:
      fields.software = trimmed(bytes, at, end);
      return true;
    case REALM:
      fields.realm = trimmed(bytes, at, end);
      return true;
    case ERROR_CODE:
      if (length < 4) return false;
      fields.error_code = (bytes[at + 2] & 7) * 100 + bytes[at + 3];
      fields.reason = trimmed(bytes, at + 4, end) || undefined;
      return true;
    case LIFETIME:
      if (length === 4) fields.lifetime = u32be(bytes, at);
      return length === 4;
    case REQUESTED_TRANSPORT:
      if (length === 4) fields.requested_transport = bytes[at] === 6 ? 'tcp' : 'udp';
      return length === 4;
    case CHANNEL_NUMBER:
      if (length === 4) fields.channel_number = u16be(bytes, at);
      return length === 4;
    case DATA:
      fields.data_length = length;
      return true;
    case PRIORITY:
      fields.ice = true;
      return length === 4;
    case USE_CANDIDATE:
      fields.use_candidate = true;
      return true;
    case MESSAGE_INTEGRITY:
    case MESSAGE_INTEGRITY_SHA256:
      fields.message_integrity = true;
      return length >= 16;
    default:
      return true;
  }
}

/**
 * An address with its port, RFC 8489, 14.1.
 * @param message - where the message starts, whose cookie and transaction id the address is mixed with (14.2).
 */
function addressAt(
  bytes: Uint8Array,
  at: number,
  end: number,
  message?: number,
): string | undefined {
  const family = end - at >= 8 ? bytes[at + 1] : 0;
  const mix = message === undefined ? undefined : message + 4;
  const port = u16be(bytes, at + 2) ^ (mix === undefined ? 0 : u16be(bytes, mix));
  if (family === 1 && end - at === 8) {
    const address = u32be(bytes, at + 4) ^ (mix === undefined ? 0 : u32be(bytes, mix));
    return `${formatIpv4(address >>> 0)}:${port}`;
  }
  if (family !== 2 || end - at !== 20) return undefined;
  const address = Buffer.from(bytes.subarray(at + 4, at + 20));
  if (mix !== undefined) for (let i = 0; i < 16; i++) address[i] ^= bytes[mix + i];
  return `[${formatIpv6(address)}]:${port}`;
}

/** Old implementations pad texts with zeros or blanks, and count them. */
function trimmed(bytes: Uint8Array, start: number, end: number): string {
  let stop = Math.min(end, start + TEXT_BYTES_MAX);
  while (stop > start && (bytes[stop - 1] === 0 || bytes[stop - 1] === 0x20)) stop--;
  return wireText(bytes, start, stop);
}
