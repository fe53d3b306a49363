/**
 * SSH up to its encryption (RFC 4253): banners, key exchange with HASSH, and the server's host key. Of SSH 1 only the
 * banner is read. Fields are named as in EVE's ssh.
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
import { type HostKey, readHostKey } from './ssh/host-key.ts';
import { agreed, hassh, hasshString, type KexInit, readKexInit } from './ssh/kexinit.ts';
import { wireText } from './wire-text.ts';

export interface SshBannerEvent extends AppEvent {
  readonly protocol: 'ssh';
  readonly event: 'banner';
  /** e.g. `2.0`. */
  readonly proto_version: string;
  readonly software_version: string;
  readonly comments?: string;
}
export interface SshKexInitEvent extends AppEvent, KexInit {
  readonly protocol: 'ssh';
  readonly event: 'kexinit';
  /** Of a client's message. */
  readonly hassh?: string;
  readonly hassh_string?: string;
  /** Of a server's message. */
  readonly hassh_server?: string;
  readonly hassh_server_string?: string;
}
export interface SshKexReplyEvent extends AppEvent {
  readonly protocol: 'ssh';
  readonly event: 'kex_reply';
  readonly host_key_type: string;
  /** `SHA256:` and base64, as OpenSSH prints it. */
  readonly host_key: string;
  /** Of RSA and DSA keys. */
  readonly host_key_bits?: number;
  /** What both sides agreed on; undefined when one side's KEXINIT was not seen. */
  readonly kex?: string;
  readonly host_key_algorithm?: string;
  readonly encryption_client_to_server?: string;
  readonly encryption_server_to_client?: string;
  readonly mac_client_to_server?: string;
  readonly mac_server_to_client?: string;
}
export interface SshNewKeysEvent extends AppEvent {
  readonly protocol: 'ssh';
  readonly event: 'newkeys';
}
export type SshEvent =
  | SshBannerEvent
  | SshKexInitEvent
  | SshKexReplyEvent
  | SshNewKeysEvent
  | MalformedEvent;

const PORT = 22;
/** RFC 4253, 4.2: 255 characters with CR LF; and how much a server may say before. */
const BANNER_MAX = 255;
const PREAMBLE_MAX = 2048;
/** RFC 4253, 6.1 asks for 35,000; what is larger is not gathered. */
const PACKET_MAX = 49_152;

/** `Protocol mismatch.`: what OpenSSH answers, in plain text, to a client whose banner it does not like. */
const PROT = 0x50726f74;

const MSG_DISCONNECT = 1;
const MSG_KEXINIT = 20;
const MSG_NEWKEYS = 21;
/** 30 to 49 belong to the key exchange method (RFC 4250, 4.1.2); the host key comes in one of the first few. */
const MSG_KEX_FIRST = 30;
const MSG_KEX_LAST = 33;

export const sshDecoder: Decoder = {
  protocol: 'ssh',
  carriers: ['tcp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, flow) {
    if (startsWithSsh(bytes, start, end)) return end - start >= 4 ? 'yes' : 'more';
    if (flow.serverPort !== PORT) return 'no';
    // A server may send other lines first (RFC 4253, 4.2): wait while they are lines of text.
    for (let i = start; i < end; i++) {
      if (!isText(bytes[i])) return 'no';
      if (bytes[i] === 0x0a && i + 1 < end && startsWithSsh(bytes, i + 1, end))
        return end - i > 4 ? 'yes' : 'more';
    }
    return 'more';
  },
  open: (_flow, context) => new SshParser(context),
};

/** The bytes are `SSH-`, as far as there are any. */
function startsWithSsh(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    start < end &&
    bytes[start] === 0x53 &&
    (start + 1 >= end || bytes[start + 1] === 0x53) &&
    (start + 2 >= end || bytes[start + 2] === 0x48) &&
    (start + 3 >= end || bytes[start + 3] === 0x2d)
  );
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d);
}

type Phase = 'banner' | 'packets' | 'encrypted';

class SshParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #phases: [Phase, Phase] = ['banner', 'banner'];
  /** Bytes of lines before the banner. */
  readonly #preamble: [number, number] = [0, 0];
  readonly #lists: [KexInit | undefined, KexInit | undefined] = [undefined, undefined];
  #hostKeySeen = false;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    while (from < end && !this.done) {
      const phase = this.#phases[direction];
      if (phase === 'encrypted') return end - start;
      const next =
        phase === 'banner'
          ? this.#line(bytes, from, end, direction, at)
          : this.#packet(bytes, from, end, direction, at);
      if (next === from) break;
      from = next;
    }
    return this.done ? end - start : from - start;
  }

  /** Where the next packet starts is not known any more. */
  gap(): void {
    this.done = true;
  }

  #line(bytes: Uint8Array, from: number, end: number, direction: Direction, at: PacketRef): number {
    let stop = from;
    while (stop < end && bytes[stop] !== 0x0a) stop++;
    const isBanner = startsWithSsh(bytes, from, end) && end - from >= 4;
    if (stop === end && stop - from < BANNER_MAX && (isBanner || stop - from < PREAMBLE_MAX))
      return from;
    if (!isBanner) return this.#preambleLine(from, stop, end, direction, at);
    const text = stop > from && bytes[stop - 1] === 0x0d ? stop - 1 : stop;
    if (text - from > BANNER_MAX)
      this.#fail('banner longer than 255 bytes', BANNER_MAX, direction, at, true);
    const banner = readBanner(bytes, from, Math.min(text, from + BANNER_MAX));
    if (!banner) return this.#stop('banner without version', direction, at, end);
    this.#context.emit(banner, direction, at);
    // SSH 1 has packets of its own; 1.99 means that both are spoken (RFC 4253, 5.1).
    this.#phases[direction] = 'packets';
    if (banner.proto_version !== '2.0' && banner.proto_version !== '1.99')
      this.#phases[direction] = 'encrypted';
    if (this.#phases[0] === 'encrypted' && this.#phases[1] === 'encrypted') this.done = true;
    return Math.min(stop + 1, end);
  }

  #preambleLine(
    from: number,
    stop: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const next = Math.min(stop + 1, end);
    this.#preamble[direction] += next - from;
    if (this.#preamble[direction] <= PREAMBLE_MAX) return next;
    return this.#stop('no banner', direction, at, end);
  }

  /** One binary packet (RFC 4253, 6): length, padding length, payload, padding. */
  #packet(
    bytes: Uint8Array,
    from: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    // A client that fell back to SSH 1 speaks another format: its server's 1.99 does not bind it.
    if (this.#phases[direction === 0 ? 1 : 0] === 'encrypted' && !this.#lists[direction]) {
      this.done = true;
      return end;
    }
    if (from + 6 > end) return from;
    const length = u32(bytes, from);
    if (length === PROT && !this.#lists[direction]) {
      this.done = true;
      return end;
    }
    const padding = bytes[from + 4];
    if (length < 2 || length > PACKET_MAX || padding > length - 2)
      return this.#stop('packet length out of bounds', direction, at, end);
    const next = from + 4 + length;
    if (next > end) return from;
    this.#message(bytes, from + 5, next - padding, direction, at);
    return next;
  }

  #message(
    bytes: Uint8Array,
    from: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const type = bytes[from];
    if (type === MSG_KEXINIT) this.#kexInit(bytes, from + 1, end, direction, at);
    else if (type === MSG_NEWKEYS) {
      this.#context.emit(
        { protocol: 'ssh', event: 'newkeys' } satisfies SshNewKeysEvent,
        direction,
        at,
      );
      this.#phases[direction] = 'encrypted';
      if (this.#phases[0] === this.#phases[1]) this.done = true;
    } else if (type >= MSG_KEX_FIRST && type <= MSG_KEX_LAST && !this.#hostKeySeen) {
      const key = readHostKey(bytes, from + 1, end);
      if (key) this.#kexReply(key, direction, at);
    } else if (type === MSG_DISCONNECT) this.done = true;
  }

  #kexInit(
    bytes: Uint8Array,
    from: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const lists = readKexInit(bytes, from, end);
    if (!lists) {
      this.#fail('name-list out of bounds', 5, direction, at);
      return;
    }
    this.#lists[direction] = lists;
    const text = hasshString(lists, direction === 1);
    const print =
      direction === 1
        ? { hassh_server: hassh(text), hassh_server_string: text }
        : { hassh: hassh(text), hassh_string: text };
    const event: SshKexInitEvent = { protocol: 'ssh', event: 'kexinit', ...print, ...lists };
    this.#context.emit(event, direction, at);
  }

  /** Whoever shows a host key is the server of the session, even if it opened the connection. */
  #kexReply(key: HostKey, direction: Direction, at: PacketRef): void {
    this.#hostKeySeen = true;
    const server = this.#lists[direction];
    const client = this.#lists[direction === 0 ? 1 : 0];
    const choices = client && server ? choicesOf(client, server) : {};
    const event: SshKexReplyEvent = { protocol: 'ssh', event: 'kex_reply', ...key, ...choices };
    this.#context.emit(event, direction, at);
  }

  #fail(
    reason: string,
    offset: number,
    direction: Direction,
    at: PacketRef,
    readable = false,
  ): void {
    const event: MalformedEvent = { protocol: 'ssh', event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }

  #stop(reason: string, direction: Direction, at: PacketRef, end: number): number {
    this.#fail(reason, 0, direction, at);
    this.done = true;
    return end;
  }
}

/** `SSH-protoversion-softwareversion SP comments` (RFC 4253, 4.2). */
function readBanner(bytes: Uint8Array, from: number, end: number): SshBannerEvent | undefined {
  const line = wireText(bytes, from, end);
  const dash = line.indexOf('-', 4);
  if (dash < 5) return undefined;
  const space = line.indexOf(' ', dash);
  const event = {
    protocol: 'ssh',
    event: 'banner',
    proto_version: line.slice(4, dash),
    software_version: line.slice(dash + 1, space < 0 ? undefined : space),
  } as const;
  return space < 0 ? event : { ...event, comments: line.slice(space + 1) };
}

type Choices = Pick<
  SshKexReplyEvent,
  | 'kex'
  | 'host_key_algorithm'
  | 'encryption_client_to_server'
  | 'encryption_server_to_client'
  | 'mac_client_to_server'
  | 'mac_server_to_client'
>;

const CHOICES = {
  kex: 'kex_algorithms',
  host_key_algorithm: 'server_host_key_algorithms',
  encryption_client_to_server: 'encryption_algorithms_client_to_server',
  encryption_server_to_client: 'encryption_algorithms_server_to_client',
  mac_client_to_server: 'mac_algorithms_client_to_server',
  mac_server_to_client: 'mac_algorithms_server_to_client',
} as const satisfies Record<keyof Choices, keyof KexInit>;

function choicesOf(client: KexInit, server: KexInit): Choices {
  const choices: { -readonly [K in keyof Choices]: Choices[K] } = {};
  for (const [choice, list] of Object.entries(CHOICES) as [keyof Choices, keyof KexInit][]) {
    const name = agreed(client[list], server[list]);
    if (name !== undefined) choices[choice] = name;
  }
  return choices;
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
