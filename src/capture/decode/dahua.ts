/**
 * Dahua's own protocols: DHIP, JSON behind a header of 32 bytes, by which devices are found (UDP 37810) and commanded,
 * and the older DVRIP (TCP 37777), whose sign-in sends hashes that work as well as the password.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { emitMalformed } from './datagram.ts';
import { u32be, u32le } from './integers.ts';
import { type JsonObject, objectOf, readObject, textOf } from './json-fields.ts';
import { asciiBytes, beginsWith } from './match.ts';

export interface DahuaEvent {
  readonly protocol: 'dahua';
  /** DHIP's messages are `request` (a method) or `response`; of DVRIP the sign-in and its answer are named. */
  readonly event: 'request' | 'response' | 'login' | 'login_response' | 'message';
  /** `DHDiscover.search`, `client.notifyDevInfo`, `global.login`, `configManager.setConfig` … */
  readonly method: string | undefined;
  readonly device_type: string | undefined;
  readonly vendor: string | undefined;
  readonly version: string | undefined;
  readonly serial_no: string | undefined;
  readonly machine_name: string | undefined;
  readonly mac: string | undefined;
  /** The answer to a sign-in, or of a method. */
  readonly success: boolean | undefined;
}

const protocol = 'dahua';
const HEADER_BYTES = 32;
const MAGIC = asciiBytes(' \0\0\0DHIP');
const BODY_BYTES_MAX = 64 * 1024;
const READ_BYTES_MAX = 8192;
/** First bytes of DVRIP messages: sign-in, its answer, keep-alive, JSON and its answer. */
const LOGIN = 0xa0;
const LOGIN_ANSWER = 0xb0;
const JSON_MESSAGE = 0xf6;
const JSON_ANSWER = 0xf4;

export const dahuaDecoder: Decoder = {
  protocol,
  carriers: ['udp', 'tcp'],
  ports: [37_810, 37_777],
  recognise(bytes, start, end, _direction, flow): Recognition {
    const length = end - start;
    if (length >= MAGIC.length && beginsWith(bytes, start, end, MAGIC)) {
      if (length < HEADER_BYTES) return flow.carrier === 'tcp' ? 'more' : 'no';
      const body = u32le(bytes, start + 16);
      if (flow.carrier === 'udp') return body <= length - HEADER_BYTES ? 'yes' : 'no';
      return body <= BODY_BYTES_MAX ? 'yes' : 'no';
    }
    if (flow.carrier !== 'tcp' || !(flow.serverPort === 37_777 || flow.clientPort === 37_777))
      return couldBecomeMagic(bytes, start, end, flow.carrier === 'tcp');
    if (length < 8) return isDvripStart(bytes[start]) ? 'more' : 'no';
    return isDvripStart(bytes[start]) && u32le(bytes, start + 4) <= BODY_BYTES_MAX ? 'yes' : 'no';
  },
  open: (_flow, context) => new DahuaParser(context),
};

function couldBecomeMagic(
  bytes: Uint8Array,
  start: number,
  end: number,
  stream: boolean,
): Recognition {
  const length = end - start;
  return stream && length < MAGIC.length && beginsWith(MAGIC, 0, length, bytes.subarray(start, end))
    ? 'more'
    : 'no';
}

function isDvripStart(byte: number): boolean {
  return byte === LOGIN || byte === LOGIN_ANSWER || byte === JSON_MESSAGE;
}

class DahuaParser implements Parser {
  done = false;
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    while (end - from >= HEADER_BYTES) {
      const dhip = beginsWith(bytes, from, end, MAGIC);
      const length = u32le(bytes, from + (dhip ? 16 : 4));
      if (length > BODY_BYTES_MAX) {
        emitMalformed(this.#context, protocol, 'message too long', 0, direction, at);
        this.done = true;
        return end - start;
      }
      const body = from + HEADER_BYTES;
      // A long body is passed over, and no more of it waited for than is read.
      if (end - body < Math.min(length, READ_BYTES_MAX)) break;
      const stop = body + length;
      this.#message(bytes, from, dhip, body, Math.min(stop, end), length, direction, at);
      from = stop;
      if (from > end) break;
    }
    return from - start;
  }

  gap(): void {
    this.done = true;
  }

  #message(
    bytes: Uint8Array,
    from: number,
    dhip: boolean,
    body: number,
    stop: number,
    length: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const kind = bytes[from];
    if (!dhip && (kind === LOGIN || kind === LOGIN_ANSWER)) {
      this.#context.emit(signIn(bytes, from), direction, at);
      return;
    }
    if (!dhip && kind !== JSON_MESSAGE && kind !== JSON_ANSWER) {
      this.#context.emit(event('message', undefined, {}), direction, at);
      return;
    }
    if (length > READ_BYTES_MAX || length === 0) return;
    const message = readObject(bytes, body, trimmed(bytes, body, stop));
    if (!message) {
      emitMalformed(this.#context, protocol, 'not a JSON object', HEADER_BYTES, direction, at);
      return;
    }
    const method = textOf(message.method);
    const told = event(method === undefined ? 'response' : 'request', method, message);
    this.#context.emit(told, direction, at);
  }
}

/** Zeros and line ends may follow the object. */
function trimmed(bytes: Uint8Array, body: number, stop: number): number {
  let end = stop;
  while (end > body && (bytes[end - 1] === 0 || bytes[end - 1] === 0x0a)) end--;
  return end;
}

/** Byte 8 of the answer is 0 when the sign-in succeeded. */
function signIn(bytes: Uint8Array, from: number): DahuaEvent {
  const answer = bytes[from] === LOGIN_ANSWER;
  const name = answer ? 'login_response' : 'login';
  const result = answer ? u32be(bytes, from + 8) >>> 24 === 0 : undefined;
  return { ...event(name, undefined, {}), success: result };
}

function event(
  name: DahuaEvent['event'],
  method: string | undefined,
  message: JsonObject,
): DahuaEvent {
  const info = objectOf(objectOf(message.params)?.deviceInfo) ?? {};
  return {
    protocol,
    event: name,
    method,
    device_type: textOf(info.DeviceType),
    vendor: textOf(info.Vendor) ?? textOf(info.Manufacturer),
    version: textOf(info.Version),
    serial_no: textOf(info.SerialNo),
    machine_name: textOf(info.MachineName),
    mac: textOf(message.mac) ?? textOf(info.Mac),
    success: typeof message.result === 'boolean' ? message.result : undefined,
  };
}
