/**
 * Yeelight (inter-operation specification): lamps are found by messages in SSDP's form on port 1982, whose location is
 * `yeelight://address:port`, and take JSON commands there, a line each, in clear and without sign-in.
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
import { FieldNames, lineEnd, readFields } from './http/head.ts';
import { numberOf, objectOf, readObject, textOf } from './json-fields.ts';
import { asciiBytes, beginsWith, holds } from './match.ts';

/** A lamp says what it is, asked or not; or somebody looks for lamps. */
export interface YeelightDiscoveryEvent {
  readonly protocol: 'yeelight';
  readonly event: 'search' | 'search_response' | 'advertisement';
  readonly location: string | undefined;
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly fw_ver: string | undefined;
  readonly name: string | undefined;
  readonly power: string | undefined;
}

export interface YeelightCommandEvent {
  readonly protocol: 'yeelight';
  /** A lamp notifies of what has changed. */
  readonly event: 'command' | 'result' | 'notification';
  readonly id: number | undefined;
  /** `set_power`, `toggle`, `get_prop` … */
  readonly method: string | undefined;
  /** The command was done. */
  readonly success: boolean | undefined;
}

const protocol = 'yeelight';
const DISCOVERY_PORT = 1982;
const CONTROL_PORT = 55_443;
const LINE_BYTES_MAX = 2048;
const NAMES = new FieldNames(['location', 'id', 'model', 'fw_ver', 'name', 'power', 'st', 'nts']);
const SEARCH = asciiBytes('M-SEARCH * HTTP/1.1\r\n');
const ANSWER = asciiBytes('HTTP/1.1 200 OK\r\n');
const NOTIFY = asciiBytes('NOTIFY * HTTP/1.1\r\n');
const SCHEME = asciiBytes('yeelight://');
const TARGET = asciiBytes('wifi_bulb');
/** A command, a result or a notification begins with one of these; spaces may follow the colon. */
const LINES = ['{"id":', '{ "id":', '{"method":', '{ "method":'].map(asciiBytes);

export const yeelightDecoder: Decoder = {
  protocol,
  carriers: ['udp', 'tcp'],
  ports: [DISCOVERY_PORT, CONTROL_PORT],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (flow.carrier === 'tcp') {
      if (flow.serverPort !== CONTROL_PORT && flow.clientPort !== CONTROL_PORT) return 'no';
      return recogniseLine(bytes, start, end);
    }
    return recogniseDiscovery(bytes, start, end) ? 'yes' : 'no';
  },
  open: (flow, context) =>
    flow.carrier === 'tcp' ? new LineParser(context) : new DiscoveryParser(context),
};

function recogniseLine(bytes: Uint8Array, start: number, end: number): Recognition {
  for (const line of LINES) {
    if (beginsWith(bytes, start, end, line)) return 'yes';
    if (end - start < line.length && beginsWith(line, 0, line.length, bytes.subarray(start, end)))
      return 'more';
  }
  return 'no';
}

function recogniseDiscovery(bytes: Uint8Array, start: number, end: number): boolean {
  switch (bytes[start]) {
    case 0x4d:
      return (
        beginsWith(bytes, start, end, SEARCH) && holds(bytes, start, end, TARGET, LINE_BYTES_MAX)
      );
    case 0x48:
      return (
        beginsWith(bytes, start, end, ANSWER) && holds(bytes, start, end, SCHEME, LINE_BYTES_MAX)
      );
    case 0x4e:
      return (
        beginsWith(bytes, start, end, NOTIFY) && holds(bytes, start, end, SCHEME, LINE_BYTES_MAX)
      );
    default:
      return false;
  }
}

class DiscoveryParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (!recogniseDiscovery(bytes, start, end)) {
      emitMalformed(this.#context, protocol, 'not a discovery message', 0, direction, at);
      return end - start;
    }
    const { fields } = readFields(bytes, lineEnd(bytes, start, end) + 1, end, NAMES);
    const event: YeelightDiscoveryEvent = {
      protocol,
      event:
        bytes[start] === 0x4d
          ? 'search'
          : bytes[start] === 0x48
            ? 'search_response'
            : 'advertisement',
      location: textOf(fields.location),
      id: textOf(fields.id),
      model: textOf(fields.model),
      fw_ver: textOf(fields.fw_ver),
      name: textOf(fields.name),
      power: textOf(fields.power),
    };
    this.#context.emit(event, direction, at);
    return end - start;
  }
}

class LineParser implements Parser {
  done = false;
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    for (let next = lineEnd(bytes, from, end); next < end; next = lineEnd(bytes, from, end)) {
      this.#line(bytes, from, next, direction, at);
      from = next + 1;
    }
    if (end - from > LINE_BYTES_MAX) {
      emitMalformed(this.#context, protocol, 'line too long', 0, direction, at);
      this.done = true;
      return end - start;
    }
    return from - start;
  }

  gap(): void {
    this.done = true;
  }

  #line(bytes: Uint8Array, from: number, to: number, direction: Direction, at: PacketRef): void {
    if (to - from < 2) return;
    const message = readObject(bytes, from, to);
    if (!message) {
      emitMalformed(this.#context, protocol, 'not a JSON object', 0, direction, at);
      return;
    }
    const method = textOf(message.method);
    const event: YeelightCommandEvent = {
      protocol,
      event: method === undefined ? 'result' : method === 'props' ? 'notification' : 'command',
      id: numberOf(message.id),
      method,
      success: method === undefined ? objectOf(message.error) === undefined : undefined,
    };
    this.#context.emit(event, direction, at);
  }
}
