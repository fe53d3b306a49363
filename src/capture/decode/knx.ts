/**
 * KNXnet/IP over UDP and TCP (KNX System Specifications 3/8): who is there, connections and tunnels with the frames
 * of the bus, routing. Of secured messages (KNX IP Secure) only that they are is known.
 */
import { formatIpv4 } from '../../base/index.ts';
import type { DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { ByteReader } from './byte-reader.ts';
import { u16be } from './integers.ts';
import { individualAddress, readFrame } from './knx/cemi.ts';
import type { KnxDevice, KnxEvent, KnxService } from './knx/events.ts';
import { hexColons, hexRun } from './wire-text.ts';

export type * from './knx/events.ts';

const HEADER_BYTES = 6;
const VERSION = 0x10;
/** No service is longer: a frame of the bus has 254 bytes at most, a description a few blocks. */
const LENGTH_MAX = 2_048;
const SERVICES_MAX = 16;

const NAMES: Readonly<Record<number, string>> = {
  513: 'search_request',
  514: 'search_response',
  515: 'description_request',
  516: 'description_response',
  517: 'connect_request',
  518: 'connect_response',
  519: 'connectionstate_request',
  520: 'connectionstate_response',
  521: 'disconnect_request',
  522: 'disconnect_response',
  523: 'search_request_extended',
  524: 'search_response_extended',
  784: 'device_configuration_request',
  785: 'device_configuration_ack',
  1056: 'tunnelling_request',
  1057: 'tunnelling_ack',
  1058: 'tunnelling_feature_get',
  1059: 'tunnelling_feature_response',
  1060: 'tunnelling_feature_set',
  1061: 'tunnelling_feature_info',
  1328: 'routing_indication',
  1329: 'routing_lost_message',
  1330: 'routing_busy',
  1331: 'routing_system_broadcast',
  1856: 'remote_diagnostic_request',
  1857: 'remote_diagnostic_response',
  1858: 'remote_basic_configuration_request',
  1859: 'remote_reset_request',
  2384: 'secure_wrapper',
  2385: 'session_request',
  2386: 'session_response',
  2387: 'session_authenticate',
  2388: 'session_status',
  2389: 'timer_notify',
};
const FAMILIES: Readonly<Record<number, string>> = {
  2: 'core',
  3: 'device_management',
  4: 'tunnelling',
  5: 'routing',
  6: 'remote_logging',
  7: 'remote_configuration',
  8: 'object_server',
  9: 'security',
};
const CONNECTIONS: Readonly<Record<number, string>> = {
  3: 'device_management',
  4: 'tunnel',
  6: 'remote_logging',
  7: 'remote_configuration',
  8: 'object_server',
};
const MEDIA: Readonly<Record<number, string>> = { 2: 'tp', 4: 'power_line', 16: 'radio', 32: 'ip' };
const STATUS: Readonly<Record<number, string>> = {
  0: 'ok',
  1: 'host_protocol_type',
  2: 'version_not_supported',
  4: 'sequence_number',
  15: 'error',
  33: 'connection_id',
  34: 'connection_type',
  35: 'connection_option',
  36: 'no_more_connections',
  37: 'no_more_unique_connections',
  38: 'data_connection',
  39: 'knx_connection',
  40: 'authorisation',
  41: 'tunnelling_layer',
};
const DEVICE_INFORMATION = 1;
const SERVICE_FAMILIES = 2;
const DEVICE_INFORMATION_BYTES = 54;

export const knxDecoder: Decoder = {
  protocol: 'knx',
  carriers: ['udp', 'tcp'],
  ports: [3671],
  firstBytes: [0x06],
  recognise(bytes, start, end, _direction, flow) {
    const length = end - start;
    const stream = flow.carrier === 'tcp';
    if (length < HEADER_BYTES) {
      const matches = bytes[start] === HEADER_BYTES && (length < 2 || bytes[start + 1] === VERSION);
      return stream && (length === 0 || matches) ? 'more' : 'no';
    }
    if (bytes[start] !== HEADER_BYTES || bytes[start + 1] !== VERSION) return 'no';
    if (NAMES[u16be(bytes, start + 2)] === undefined) return 'no';
    const told = u16be(bytes, start + 4);
    return (stream ? told > HEADER_BYTES && told <= LENGTH_MAX : told === length) ? 'yes' : 'no';
  },
  open: (flow, context) => new KnxParser(context, flow.carrier === 'tcp'),
};

class KnxParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #isStream: boolean;
  readonly #reader = new ByteReader();

  constructor(context: DecodeContext, isStream: boolean) {
    this.#context = context;
    this.#isStream = isStream;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (!this.#isStream) {
      this.#message(bytes, start, end, direction, at);
      return end - start;
    }
    let place = start;
    while (end - place >= HEADER_BYTES && !this.done) {
      const length = u16be(bytes, place + 4);
      if (bytes[place] !== HEADER_BYTES || length < HEADER_BYTES || length > LENGTH_MAX) {
        // Where the next one begins is not known.
        this.#malformed('header', 0, direction, at);
        this.done = true;
        return end - start;
      }
      if (end - place < length) break;
      this.#message(bytes, place, place + length, direction, at);
      place += length;
    }
    return place - start;
  }

  gap(): void {
    this.done = true;
  }

  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const reader = this.#reader.reset(bytes, start, end);
    const isHeader = reader.u8() === HEADER_BYTES && reader.u8() === VERSION;
    const number = reader.u16();
    const length = reader.u16();
    const event = NAMES[number];
    if (!isHeader || reader.fault || length !== end - start || event === undefined) {
      const reason = event === undefined && isHeader ? 'unknown service' : 'header';
      this.#malformed(reason, 0, direction, at);
    } else {
      const service: KnxService = { protocol: 'knx', event, ...readService(event, reader) };
      this.#context.emit(service, direction, at);
      if (reader.fault) this.#malformed(reader.fault, reader.end - start, direction, at, true);
    }
    reader.release();
  }

  #malformed(
    reason: string,
    offset: number,
    direction: Direction,
    at: PacketRef,
    readable = false,
  ): void {
    const event: KnxEvent = { protocol: 'knx', event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}

type Fields = { -readonly [Name in keyof KnxService]?: KnxService[Name] };

function readService(event: string, reader: ByteReader): Fields {
  switch (event) {
    case 'search_request':
    case 'search_request_extended':
    case 'description_request':
      return { control_endpoint: endpoint(reader) };
    case 'search_response':
    case 'search_response_extended':
      return { control_endpoint: endpoint(reader), ...blocks(reader) };
    case 'description_response':
      return blocks(reader);
    case 'connect_request': {
      const control_endpoint = endpoint(reader);
      endpoint(reader);
      reader.skip(1);
      return { control_endpoint, connection: CONNECTIONS[reader.u8()] ?? 'unknown' };
    }
    case 'connect_response':
      return readConnected(reader);
    case 'connectionstate_request':
    case 'disconnect_request': {
      const channel = reader.u8();
      reader.skip(1);
      return { channel, control_endpoint: endpoint(reader) };
    }
    case 'connectionstate_response':
    case 'disconnect_response':
      return { channel: reader.u8(), status: statusOf(reader.u8()) };
    case 'device_configuration_request':
    case 'tunnelling_request':
      return { ...connectionHeader(reader, false), frame: readFrame(reader) };
    case 'device_configuration_ack':
    case 'tunnelling_ack':
      return connectionHeader(reader, true);
    case 'routing_indication':
    case 'routing_system_broadcast':
      return { frame: readFrame(reader) };
    case 'session_status':
      return { status: SESSION_STATUS[reader.u8()] ?? 'unknown' };
    default:
      return {};
  }
}

const SESSION_STATUS = [
  'authentication_success',
  'authentication_failed',
  'unauthenticated',
  'timeout',
  'keep_alive',
  'close',
];

const statusOf = (code: number): string => STATUS[code] ?? `0x${code.toString(16)}`;

/** HPAI (3/8/2, 7.5.1): where somebody can be reached. */
function endpoint(reader: ByteReader): string {
  const length = reader.u8();
  reader.skip(1);
  const address = formatIpv4(reader.u32());
  const port = reader.u16();
  if (length > 8) reader.skip(length - 8);
  else if (length < 8) reader.fail('length of an endpoint');
  return `${address}:${port}`;
}

function readConnected(reader: ByteReader): Fields {
  const channel = reader.u8();
  const status = statusOf(reader.u8());
  // What was refused has neither endpoint nor data.
  if (reader.left < 10) return { channel, status };
  endpoint(reader);
  const length = reader.u8();
  const connection = CONNECTIONS[reader.u8()] ?? 'unknown';
  if (length < 4) return { channel, status, connection };
  return { channel, status, connection, individual_address: individualAddress(reader.u16()) };
}

/** 3/8/2, 5.3.1: channel, sequence, and of an acknowledgement its status. */
function connectionHeader(reader: ByteReader, acknowledges: boolean): Fields {
  const length = reader.u8();
  const channel = reader.u8();
  const sequence = reader.u8();
  const last = reader.u8();
  if (length !== 4) reader.fail('connection header');
  return { channel, sequence, ...(acknowledges && { status: statusOf(last) }) };
}

/** Description information blocks (3/8/2, 7.5.4): a length, a type, then what they say. */
function blocks(reader: ByteReader): Fields {
  const fields: Fields = {};
  while (reader.left > 1 && !reader.fault) {
    const { at, bytes } = reader;
    const length = bytes[at];
    if (length < 2 || length > reader.left) {
      reader.fail('length of a block');
      break;
    }
    const type = bytes[at + 1];
    if (type === DEVICE_INFORMATION && length >= DEVICE_INFORMATION_BYTES)
      fields.device = deviceAt(bytes, at);
    else if (type === SERVICE_FAMILIES) fields.services = familiesAt(bytes, at + 2, at + length);
    reader.at = at + length;
  }
  if (fields.device) fields.individual_address = fields.device.individual_address;
  return fields;
}

function deviceAt(bytes: Uint8Array, at: number): KnxDevice {
  const name = at + 24;
  let end = name;
  while (end < name + 30 && bytes[end] !== 0) end++;
  return {
    friendly_name: Buffer.from(bytes.subarray(name, end)).toString('latin1').trim(),
    individual_address: individualAddress(u16be(bytes, at + 4)),
    serial_number: hexRun(bytes, at + 8, at + 14),
    mac: hexColons(bytes, at + 18, at + 24),
    medium: MEDIA[bytes[at + 2]] ?? 'unknown',
    programming_mode: (bytes[at + 3] & 1) !== 0,
  };
}

function familiesAt(bytes: Uint8Array, start: number, end: number): string[] {
  const families: string[] = [];
  for (let at = start; at + 1 < end && families.length < SERVICES_MAX; at += 2)
    families.push(`${FAMILIES[bytes[at]] ?? bytes[at]} ${bytes[at + 1]}`);
  return families;
}
