/**
 * TP-Link Kasa's local protocol (Smart Home Protocol): JSON whose every byte is combined by XOR with the one before,
 * the first with 171. That hides nothing, and there is no sign-in: whoever reaches the port commands the device. Over
 * TCP each message has its length before it (4 bytes), over UDP it is the datagram.
 */
import type { DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { emitMalformed } from './datagram.ts';
import { u32be } from './integers.ts';
import {
  JSON_BYTES_MAX,
  type JsonObject,
  numberOf,
  objectOf,
  readObject,
  textOf,
} from './json-fields.ts';
import { maskSecrets } from './payload.ts';

/** One method of a request. */
export interface KasaRequestEvent {
  readonly protocol: 'kasa';
  readonly event: 'request';
  /** `system`, `netif`, `schedule`, `emeter`, `smartlife.iot.smartbulb.lightingservice` … */
  readonly module: string;
  /** `get_sysinfo`, `set_relay_state` … */
  readonly method: string;
  /** What goes with it, as JSON of at most 256 characters; secrets are keyed hashes. */
  readonly arguments: string | undefined;
}

/** The answer to one method; fields beyond the code are those of `get_sysinfo`. */
export interface KasaResponseEvent {
  readonly protocol: 'kasa';
  readonly event: 'response';
  readonly module: string;
  readonly method: string;
  /** 0: done. */
  readonly err_code: number | undefined;
  readonly model: string | undefined;
  /** The name that its owner gave it. */
  readonly alias: string | undefined;
  readonly sw_ver: string | undefined;
  readonly hw_ver: string | undefined;
  readonly mac: string | undefined;
  readonly device_id: string | undefined;
  readonly relay_state: number | undefined;
  /** It also told where it stands (`latitude`, `longitude`); the position itself is not printed. */
  readonly position_given: boolean | undefined;
}

const protocol = 'kasa';
const PORT = 9999;
const FIRST_KEY = 171;
const LENGTH_BYTES = 4;
const METHODS_MAX = 16;
const ARGUMENTS_CHARACTERS_MAX = 256;

export const kasaDecoder: Decoder = {
  protocol,
  carriers: ['tcp', 'udp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, flow) {
    if (flow.carrier === 'udp') return isObject(bytes, start, end) ? 'yes' : 'no';
    const body = start + LENGTH_BYTES;
    if (end > start && bytes[start] !== 0) return 'no';
    if (end - body < 4) return 'more';
    const length = u32be(bytes, start);
    if (length < 2 || length > JSON_BYTES_MAX) return 'no';
    return isObject(bytes, body, Math.min(end, body + length), body + length <= end) ? 'yes' : 'no';
  },
  open: (flow, context) => new KasaParser(context, flow.carrier === 'udp'),
};

/** `{"` and a letter in front, and `}` at the end: each clear byte is its own cipher byte and the one before. */
function isObject(bytes: Uint8Array, start: number, end: number, whole = true): boolean {
  if (end - start < 4 || (bytes[start] ^ FIRST_KEY) !== 0x7b) return false;
  if ((bytes[start + 1] ^ bytes[start]) !== 0x22) return false;
  const letter = (bytes[start + 2] ^ bytes[start + 1]) | 0x20;
  if (letter < 0x61 || letter > 0x7a) return false;
  return !whole || (bytes[end - 1] ^ bytes[end - 2]) === 0x7d;
}

/** Where a message is made readable; used within one call only. */
const clear = Buffer.alloc(JSON_BYTES_MAX);

class KasaParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #datagrams: boolean;

  constructor(context: DecodeContext, datagrams: boolean) {
    this.#context = context;
    this.#datagrams = datagrams;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (this.#datagrams) {
      this.#message(bytes, start, end, direction, at);
      return end - start;
    }
    let from = start;
    while (end - from >= LENGTH_BYTES) {
      const length = u32be(bytes, from);
      if (length > JSON_BYTES_MAX) {
        emitMalformed(this.#context, protocol, 'message too long', 0, direction, at);
        this.done = true;
        return end - start;
      }
      const next = from + LENGTH_BYTES + length;
      if (next > end) break;
      this.#message(bytes, from + LENGTH_BYTES, next, direction, at);
      from = next;
    }
    return from - start;
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
    const length = Math.min(end - start, JSON_BYTES_MAX);
    let key = FIRST_KEY;
    for (let i = 0; i < length; i++) {
      clear[i] = bytes[start + i] ^ key;
      key = bytes[start + i];
    }
    const message = readObject(clear, 0, length);
    if (!message) {
      emitMalformed(this.#context, protocol, 'not a JSON object', 0, direction, at);
      return;
    }
    let methods = 0;
    for (const [module, calls] of Object.entries(message)) {
      // `context` names the sockets of a power strip that are meant.
      if (module === 'context') continue;
      for (const [method, value] of Object.entries(objectOf(calls) ?? {})) {
        if (++methods > METHODS_MAX) return;
        this.#call(module.slice(0, 64), method.slice(0, 64), value, direction, at);
      }
    }
  }

  #call(module: string, method: string, value: unknown, direction: Direction, at: PacketRef): void {
    const answer = objectOf(value);
    const event =
      answer?.err_code === undefined
        ? request(module, method, value, this.#context)
        : response(module, method, answer);
    this.#context.emit(event, direction, at);
  }
}

function request(
  module: string,
  method: string,
  value: unknown,
  { secrets }: DecodeContext,
): KasaRequestEvent {
  const given = objectOf(value);
  const text = given && Object.keys(given).length > 0 ? JSON.stringify(given) : undefined;
  return {
    protocol,
    event: 'request',
    module,
    method,
    arguments: text && maskSecrets(text, secrets, []).slice(0, ARGUMENTS_CHARACTERS_MAX),
  };
}

function response(module: string, method: string, answer: JsonObject): KasaResponseEvent {
  const position = 'latitude' in answer || 'latitude_i' in answer;
  return {
    protocol,
    event: 'response',
    module,
    method,
    err_code: numberOf(answer.err_code),
    model: textOf(answer.model),
    alias: textOf(answer.alias),
    sw_ver: textOf(answer.sw_ver),
    hw_ver: textOf(answer.hw_ver),
    mac: textOf(answer.mac) ?? textOf(answer.mic_mac),
    device_id: textOf(answer.deviceId),
    relay_state: numberOf(answer.relay_state),
    position_given: position || undefined,
  };
}
