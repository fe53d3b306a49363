/**
 * ADB, Android's debug bridge, over TCP: who connects to what, whether a key is asked for, and which services are opened.
 * By the protocol's description in Android's sources (protocol.txt): messages of 24 bytes and their data.
 */
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  MalformedEvent,
  PacketRef,
  Parser,
} from '../decoder.ts';
import { u32le } from './integers.ts';
import { asBuffer, maskSecrets, printable } from './payload.ts';
import { wireText } from './wire-text.ts';

/** CNXN: what a side is. */
export interface AdbConnectEvent extends AppEvent {
  readonly protocol: 'adb';
  readonly event: 'connect';
  /** In hexadecimal, e.g. `1000001`. */
  readonly version: string;
  readonly max_data: number;
  /** `host`, `device`, `recovery`, `sideload`, `bootloader` … */
  readonly system_type: string;
  readonly product: string | undefined;
  readonly model: string | undefined;
  readonly device: string | undefined;
  readonly features: readonly string[] | undefined;
}

/** AUTH: the device sends a token; the host signs it, or offers its public key. Neither is shown. */
export interface AdbAuthEvent extends AppEvent {
  readonly protocol: 'adb';
  readonly event: 'auth';
  readonly type: 'token' | 'signature' | 'rsa_public_key' | 'unknown';
}

/** OPEN: a stream to a service, `shell:` with its command among them. */
export interface AdbOpenEvent extends AppEvent {
  readonly protocol: 'adb';
  readonly event: 'open';
  /** At most 256 characters; what is named like a secret is replaced by its keyed hash. */
  readonly service: string;
}

/** STLS: both go over to TLS. */
export interface AdbTlsEvent extends AppEvent {
  readonly protocol: 'adb';
  readonly event: 'stls';
}

export type AdbEvent = AdbConnectEvent | AdbAuthEvent | AdbOpenEvent | AdbTlsEvent | MalformedEvent;

const protocol = 'adb';
const HEADER_BYTES = 24;
/** Of a message's data that is read. */
const DATA_BYTES_MAX = 4_096;
/** Largest that any version allows. */
const LENGTH_MAX = 1 << 20;
const SERVICE_CHARACTERS_MAX = 256;
const FEATURES_MAX = 64;

const CNXN = 0x4e584e43;
const AUTH = 0x48545541;
const OPEN = 0x4e45504f;
const STLS = 0x534c5453;
const COMMANDS = new Set([CNXN, AUTH, OPEN, STLS, 0x434e5953, 0x59414b4f, 0x45534c43, 0x45545257]);
const AUTH_TYPES = [undefined, 'token', 'signature', 'rsa_public_key'] as const;

export const adbDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [5555],
  firstBytes: [0x43, 0x53],
  recognise(bytes, start, end) {
    if (end - start < 4) return bytes[start] === 0x43 || bytes[start] === 0x53 ? 'more' : 'no';
    const command = u32le(bytes, start);
    // A connection begins with these.
    if (command !== CNXN && command !== STLS) return 'no';
    if (end - start < HEADER_BYTES) return 'more';
    return isHeader(bytes, start) ? 'yes' : 'no';
  },
  open: (_flow, context) => new AdbParser(context),
};

/** The last field is the first with all bits turned. */
function isHeader(bytes: Uint8Array, start: number): boolean {
  const command = u32le(bytes, start);
  return (
    COMMANDS.has(command) &&
    (command ^ u32le(bytes, start + 20)) === -1 &&
    u32le(bytes, start + 12) <= LENGTH_MAX
  );
}

class AdbParser implements Parser {
  done = false;
  handover = false;
  readonly #context: DecodeContext;
  /** Who asked for TLS. */
  #tls: Direction | undefined;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    while (!this.done && !this.handover && end - place >= HEADER_BYTES) {
      if (!isHeader(bytes, place)) {
        const reason = 'not a message';
        this.#emit({ protocol, event: 'malformed', reason, offset: 0 }, direction, at);
        this.done = true;
        break;
      }
      const command = u32le(bytes, place);
      const length = u32le(bytes, place + 12);
      const read = command === CNXN || command === AUTH || command === OPEN;
      const data = read ? Math.min(length, DATA_BYTES_MAX) : 0;
      if (end - place < HEADER_BYTES + data) break;
      const from = place + HEADER_BYTES;
      this.#message(command, bytes, place, from, from + data, direction, at);
      place += HEADER_BYTES + length;
    }
    return place - start;
  }

  gap(): void {
    this.done = true;
  }

  #message(
    command: number,
    bytes: Uint8Array,
    header: number,
    from: number,
    to: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    switch (command) {
      case CNXN:
        this.#emit(readConnect(bytes, header, from, to), direction, at);
        return;
      case AUTH: {
        const type = AUTH_TYPES[u32le(bytes, header + 4)] ?? 'unknown';
        this.#emit({ protocol, event: 'auth', type }, direction, at);
        return;
      }
      case OPEN: {
        const stop = to > from && bytes[to - 1] === 0 ? to - 1 : to;
        const text = printable(asBuffer(bytes), from, stop) ?? '';
        const service = maskSecrets(text, this.#context.secrets, []).slice(
          0,
          SERVICE_CHARACTERS_MAX,
        );
        this.#emit({ protocol, event: 'open', service }, direction, at);
        return;
      }
      case STLS:
        this.#emit({ protocol, event: 'stls' }, direction, at);
        // Once the other side agrees, its hello follows.
        this.handover = this.#tls !== undefined && this.#tls !== direction;
        this.#tls ??= direction;
    }
  }

  #emit(event: AdbEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }
}

/** `device::ro.product.name=x;ro.product.model=y;ro.product.device=z;features=a,b`. */
function readConnect(bytes: Uint8Array, header: number, from: number, to: number): AdbConnectEvent {
  let stop = from;
  while (stop < to && bytes[stop] !== 0) stop++;
  const banner = wireText(bytes, from, stop);
  const [system_type = '', , ...rest] = banner.split(':');
  const properties = new Map(
    rest
      .join(':')
      .split(';')
      .slice(0, 32)
      .map((pair) => {
        const equals = pair.indexOf('=');
        return [pair.slice(0, Math.max(0, equals)), pair.slice(equals + 1, equals + 129)] as const;
      }),
  );
  return {
    protocol,
    event: 'connect',
    version: u32le(bytes, header + 4).toString(16),
    max_data: u32le(bytes, header + 8),
    system_type: system_type.slice(0, 32),
    product: properties.get('ro.product.name'),
    model: properties.get('ro.product.model'),
    device: properties.get('ro.product.device'),
    features: properties.get('features')?.split(',').slice(0, FEATURES_MAX),
  };
}
