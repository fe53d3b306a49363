/**
 * Beckhoff's Automation Device Specification (ADS) over AMS/TCP, port 48898: reading and writing of a controller's
 * variables, its state, and what it is. Over plain TCP nobody signs in; a route that the controller knows is enough.
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
import { u16le, u32le } from './integers.ts';
import { wireText } from './wire-text.ts';

export interface AdsEvent {
  readonly protocol: 'ads';
  readonly event: 'request' | 'response';
  /** `read_device_info`, `read`, `write`, `read_state`, `write_control`, `add_notification`, `read_write` … */
  readonly command: string;
  /** AMS addresses with their ports: `5.13.117.96.1.1:10000`. */
  readonly target: string;
  readonly source: string;
  readonly invoke_id: number;
  /** 0: done. */
  readonly error: number | undefined;
  /** Of read_device_info. */
  readonly device: string | undefined;
  readonly version: string | undefined;
}

const protocol = 'ads';
const PORT = 48_898;
const TCP_HEADER_BYTES = 6;
const AMS_HEADER_BYTES = 32;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** What is read of a message; the rest is passed over. */
const READ_BYTES = TCP_HEADER_BYTES + AMS_HEADER_BYTES + 24;
const RESPONSE = 1;
const ADS_COMMAND = 4;
const COMMANDS = [
  'invalid',
  'read_device_info',
  'read',
  'write',
  'read_state',
  'write_control',
  'add_notification',
  'delete_notification',
  'notification',
  'read_write',
];

export const adsDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [PORT],
  firstBytes: [0x00],
  recognise(bytes, start, end): Recognition {
    if (end > start && bytes[start] !== 0) return 'no';
    if (end - start > 1 && bytes[start + 1] !== 0) return 'no';
    if (end - start < TCP_HEADER_BYTES + AMS_HEADER_BYTES) return 'more';
    return isHeader(bytes, start) ? 'yes' : 'no';
  },
  open: (_flow, context) => new AdsParser(context),
};

/** Both lengths agree, a known command, and flags of a command or its answer. */
function isHeader(bytes: Uint8Array, at: number): boolean {
  const ams = at + TCP_HEADER_BYTES;
  const body = u32le(bytes, ams + 20);
  const flags = u16le(bytes, ams + 18);
  return (
    u16le(bytes, at) === 0 &&
    u32le(bytes, at + 2) === AMS_HEADER_BYTES + body &&
    body <= BODY_BYTES_MAX &&
    u16le(bytes, ams + 16) < COMMANDS.length &&
    (flags & ~0x0041) === ADS_COMMAND
  );
}

class AdsParser implements Parser {
  done = false;
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    while (end - from >= TCP_HEADER_BYTES + AMS_HEADER_BYTES) {
      if (!isHeader(bytes, from)) {
        emitMalformed(this.#context, protocol, 'not an AMS header', 0, direction, at);
        this.done = true;
        return end - start;
      }
      const length = TCP_HEADER_BYTES + u32le(bytes, from + 2);
      if (end - from < Math.min(length, READ_BYTES)) break;
      this.#context.emit(readAms(bytes, from, length), direction, at);
      from += length;
    }
    return from - start;
  }

  gap(): void {
    this.done = true;
  }
}

function readAms(bytes: Uint8Array, from: number, length: number): AdsEvent {
  const ams = from + TCP_HEADER_BYTES;
  const body = ams + AMS_HEADER_BYTES;
  const command = u16le(bytes, ams + 16);
  const response = (u16le(bytes, ams + 18) & RESPONSE) !== 0;
  const header = u32le(bytes, ams + 24);
  const result = response && from + length - body >= 4 ? u32le(bytes, body) : 0;
  const told = response && command === 1 && from + length - body >= 24;
  return {
    protocol,
    event: response ? 'response' : 'request',
    command: COMMANDS[command],
    target: address(bytes, ams),
    source: address(bytes, ams + 8),
    invoke_id: u32le(bytes, ams + 28),
    error: response ? header || result : undefined,
    device: told ? deviceName(bytes, body + 8) : undefined,
    version: told ? `${bytes[body + 4]}.${bytes[body + 5]}.${u16le(bytes, body + 6)}` : undefined,
  };
}

function address(bytes: Uint8Array, at: number): string {
  return `${bytes.subarray(at, at + 6).join('.')}:${u16le(bytes, at + 6)}`;
}

function deviceName(bytes: Uint8Array, at: number): string | undefined {
  let end = at;
  while (end < at + 16 && bytes[end] !== 0) end++;
  return end > at ? wireText(bytes, at, end) : undefined;
}
