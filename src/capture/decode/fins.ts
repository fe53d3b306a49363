/**
 * Omron FINS (Communications Commands Reference Manual W227), over UDP and, behind a header of its own, over TCP 9600:
 * commands to controllers and their answers, in clear and without sign-in.
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
import { u16be, u32be } from './integers.ts';
import { asciiBytes, beginsWith } from './match.ts';
import { wireText } from './wire-text.ts';

export interface FinsEvent {
  readonly protocol: 'fins';
  /** Of TCP's own header also `connect`, the exchange of node numbers. */
  readonly event: 'command' | 'response' | 'connect';
  /** `memory_area_write`, `run`, `controller_data_read` …, or its number. */
  readonly operation: string;
  /** Network, node and unit of the target, and of the source. */
  readonly destination: string | undefined;
  readonly source: string | undefined;
  /** Repeated by the answer. */
  readonly service_id: number | undefined;
  /** 0: done. */
  readonly end_code: number | undefined;
  /** Answer to controller_data_read. */
  readonly model: string | undefined;
  readonly version: string | undefined;
}

const protocol = 'fins';
const PORT = 9600;
const HEADER_BYTES = 10;
const COMMAND_BYTES = 12;
const FINS = asciiBytes('FINS');
const TCP_HEADER_BYTES = 16;
const TCP_BYTES_MAX = 4096;
const FRAME = 2;

const OPERATIONS: Readonly<Record<number, string>> = {
  257: 'memory_area_read',
  258: 'memory_area_write',
  259: 'memory_area_fill',
  260: 'multiple_memory_area_read',
  261: 'memory_area_transfer',
  513: 'parameter_area_read',
  514: 'parameter_area_write',
  515: 'parameter_area_clear',
  774: 'program_area_read',
  775: 'program_area_write',
  776: 'program_area_clear',
  1025: 'run',
  1026: 'stop',
  1027: 'reset',
  1281: 'controller_data_read',
  1282: 'connection_data_read',
  1537: 'controller_status_read',
  1538: 'network_status_read',
  1568: 'cycle_time_read',
  1793: 'clock_read',
  1794: 'clock_write',
  2336: 'message_read',
  3073: 'access_right_acquire',
  3074: 'access_right_forced_acquire',
  3075: 'access_right_release',
  8449: 'error_clear',
  8450: 'error_log_read',
  8451: 'error_log_clear',
  8705: 'file_name_read',
  8706: 'single_file_read',
  8707: 'single_file_write',
  8708: 'memory_card_format',
  8709: 'file_delete',
  8961: 'forced_set_reset',
  8962: 'forced_set_reset_cancel',
};

export const finsDecoder: Decoder = {
  protocol,
  carriers: ['udp', 'tcp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (flow.carrier === 'udp') {
      if (!isHeader(bytes, start, end)) return 'no';
      // The header alone is mostly zeros.
      const onPort = flow.serverPort === PORT || flow.clientPort === PORT;
      return OPERATIONS[u16be(bytes, start + HEADER_BYTES)] && onPort ? 'yes' : 'no';
    }
    const there = Math.min(end - start, FINS.length);
    if (!beginsWith(FINS, 0, FINS.length, bytes.subarray(start, start + there))) return 'no';
    if (end - start < TCP_HEADER_BYTES) return 'more';
    return u32be(bytes, start + 4) <= TCP_BYTES_MAX && u32be(bytes, start + 8) <= 6 ? 'yes' : 'no';
  },
  open: (flow, context) => new FinsParser(context, flow.carrier === 'udp'),
};

/** Information field of a command or response, reserved byte, and a gateway count of at most 7. */
function isHeader(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < COMMAND_BYTES) return false;
  return (bytes[start] & 0xbe) === 0x80 && bytes[start + 1] === 0 && bytes[start + 2] <= 7;
}

class FinsParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #datagrams: boolean;

  constructor(context: DecodeContext, datagrams: boolean) {
    this.#context = context;
    this.#datagrams = datagrams;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (this.#datagrams) {
      this.#frame(bytes, start, end, direction, at);
      return end - start;
    }
    let from = start;
    while (end - from >= TCP_HEADER_BYTES) {
      const length = u32be(bytes, from + 4);
      if (!beginsWith(bytes, from, end, FINS) || length < 8 || length > TCP_BYTES_MAX) {
        emitMalformed(this.#context, protocol, 'not a FINS header', 0, direction, at);
        this.done = true;
        return end - start;
      }
      const next = from + 8 + length;
      if (next > end) break;
      if (u32be(bytes, from + 8) === FRAME)
        this.#frame(bytes, from + TCP_HEADER_BYTES, next, direction, at);
      else this.#context.emit(event('connect', 'node_address'), direction, at);
      from = next;
    }
    return from - start;
  }

  gap(): void {
    this.done = true;
  }

  #frame(bytes: Uint8Array, from: number, end: number, direction: Direction, at: PacketRef): void {
    const response = (bytes[from] & 0x40) !== 0;
    if (!isHeader(bytes, from, end) || (response && end - from < COMMAND_BYTES + 2)) {
      emitMalformed(this.#context, protocol, 'not a FINS frame', 0, direction, at);
      return;
    }
    const code = u16be(bytes, from + HEADER_BYTES);
    const operation = OPERATIONS[code] ?? code.toString(16).padStart(4, '0');
    const body = from + COMMAND_BYTES + 2;
    const told = response && code === 0x0501 && end - body >= 40;
    const place = (offset: number): string =>
      `${bytes[from + offset]}.${bytes[from + offset + 1]}.${bytes[from + offset + 2]}`;
    const message: FinsEvent = {
      ...event(response ? 'response' : 'command', operation),
      destination: place(3),
      source: place(6),
      service_id: bytes[from + 9],
      end_code: response ? u16be(bytes, from + COMMAND_BYTES) & 0x7fbf : undefined,
      model: told ? padded(bytes, body, body + 20) : undefined,
      version: told ? padded(bytes, body + 20, body + 40) : undefined,
    };
    this.#context.emit(message, direction, at);
  }
}

function event(name: FinsEvent['event'], operation: string): FinsEvent {
  return {
    protocol,
    event: name,
    operation,
    destination: undefined,
    source: undefined,
    service_id: undefined,
    end_code: undefined,
    model: undefined,
    version: undefined,
  };
}

/** Text that spaces or zeros fill up; of two versions in one field the first. */
function padded(bytes: Uint8Array, start: number, end: number): string | undefined {
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  const text = wireText(bytes, start, stop).trim();
  return text === '' ? undefined : text.split(/\s{2,}/)[0];
}
