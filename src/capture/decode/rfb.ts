/**
 * RFB, the protocol of VNC (RFC 6143; versions 3.3, 3.7, 3.8 and those that follow them): the handshake, in which each
 * side waits for the other, up to the name of the desktop. The pictures behind it are not read.
 */
import type { DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { u16be, u32be } from './integers.ts';
import type { RfbEvent } from './rfb/events.ts';
import {
  APPLE,
  NONE,
  securityName,
  subtypeName,
  TIGHT,
  TLS,
  VENCRYPT,
  VENCRYPT_PLAIN,
  VNC,
} from './rfb/security.ts';
import { wireText } from './wire-text.ts';

export type { RfbEvent } from './rfb/events.ts';

const protocol = 'rfb';
const VERSION_BYTES = 12;
const CHALLENGE_BYTES = 16;
const SERVER_INIT_BYTES = 24;
/** Longest name or reason that is read; RFB itself sets no limit. */
const TEXT_BYTES_MAX = 4_096;
const CAPABILITIES_MAX = 64;
const PLAIN_BYTES_MAX = 1_024;

const START = [0x52, 0x46, 0x42, 0x20];

export const rfbDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [5900, 5901, 5902, 5500],
  firstBytes: [0x52],
  recognise(bytes, start, end) {
    const stop = Math.min(end, start + VERSION_BYTES);
    for (let i = start; i < stop; i++) if (!fits(bytes[i], i - start)) return 'no';
    return stop - start === VERSION_BYTES ? 'yes' : 'more';
  },
  open: (_flow, context) => new RfbParser(context),
};

/** `RFB 003.008` and a line end. */
function fits(byte: number, place: number): boolean {
  if (place < START.length) return byte === START[place];
  if (place === 7) return byte === 0x2e;
  if (place === 11) return byte === 0x0a;
  return byte >= 0x30 && byte <= 0x39;
}

/** What is read next, from the server or the client; -1 of a step: not all of it is there. */
type Step = (bytes: Uint8Array, start: number, end: number, at: PacketRef) => number;

class RfbParser implements Parser {
  done = false;
  handover = false;
  readonly #context: DecodeContext;
  /** Who sent the first version: the server, even where it opened the connection. */
  #server: Direction | undefined;
  #turn: 'server' | 'client' = 'server';
  #next: Step;
  /** Minor version that both follow, by the steps of version 3.3, 3.7 or 3.8. */
  #minor = 8;
  #challenge: Uint8Array | undefined;

  constructor(context: DecodeContext) {
    this.#context = context;
    this.#next = this.#serverVersion;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    this.#server ??= direction;
    let place = start;
    while (place < end && !this.done && !this.handover) {
      // What was sent before its turn waits for it.
      if ((direction === this.#server) !== (this.#turn === 'server')) break;
      const taken = this.#next(bytes, place, end, at);
      if (taken < 0) break;
      place += taken;
    }
    return place - start;
  }

  gap(): void {
    this.done = true;
  }

  #then(turn: 'server' | 'client', next: Step): void {
    this.#turn = turn;
    this.#next = next;
  }

  #serverVersion: Step = (bytes, start, end, at) => {
    const length = this.#version(bytes, start, end, at);
    if (length > 0) this.#then('client', this.#clientVersion);
    return length;
  };

  #clientVersion: Step = (bytes, start, end, at) => {
    const length = this.#version(bytes, start, end, at);
    if (length < 0) return length;
    const major = decimal(bytes, start + 4);
    const minor = decimal(bytes, start + 8);
    this.#minor = major > 3 ? 8 : minor < 7 ? 3 : Math.min(minor, 8);
    this.#then('server', this.#minor === 3 ? this.#decidedType : this.#offeredTypes);
    return length;
  };

  #version(bytes: Uint8Array, start: number, end: number, at: PacketRef): number {
    if (end - start < VERSION_BYTES) return -1;
    for (let i = 0; i < VERSION_BYTES; i++)
      if (!fits(bytes[start + i], i)) return this.#break('not a version', i, at);
    const major = wireText(bytes, start + 4, start + 7);
    const minor = wireText(bytes, start + 8, start + 11);
    this.#emit({ protocol, event: 'protocol_version', major, minor }, at);
    return VERSION_BYTES;
  }

  #offeredTypes: Step = (bytes, start, end, at) => {
    const count = bytes[start];
    if (count === 0) return this.#failure(bytes, start + 1, end, at, 1);
    if (end - start < 1 + count) return -1;
    this.#offer([...bytes.subarray(start + 1, start + 1 + count)], at);
    this.#then('client', this.#chosenType);
    return 1 + count;
  };

  #chosenType: Step = (bytes, start, _end, at) => {
    const type = bytes[start];
    if (type !== TIGHT && type !== VENCRYPT) this.#choose(type, undefined, at);
    this.#secure(type);
    return 1;
  };

  /** Version 3.3: the server decides. */
  #decidedType: Step = (bytes, start, end, at) => {
    if (end - start < 4) return -1;
    const type = u32be(bytes, start);
    if (type === 0) return this.#failure(bytes, start + 4, end, at, 4);
    this.#offer([type], at);
    this.#choose(type, undefined, at);
    this.#secure(type);
    return 4;
  };

  /** RFC 6143, 7.2: what a security type goes on with. */
  #secure(type: number): void {
    if (type === NONE) this.#afterNone();
    else if (type === VNC) this.#then('server', this.#vncChallenge);
    else if (type === APPLE) this.#then('server', this.#appleKey);
    else if (type === TIGHT) this.#then('server', this.#tightTunnels);
    else if (type === VENCRYPT) this.#then('server', this.#vencryptVersion);
    else if (type === TLS) this.handover = true;
    // What others say to each other is their makers' secret.
    else this.done = true;
  }

  #afterNone(): void {
    if (this.#minor === 8) this.#then('server', this.#result);
    else this.#then('client', this.#clientInit);
  }

  #vncChallenge: Step = (bytes, start, end) => {
    if (end - start < CHALLENGE_BYTES) return -1;
    this.#challenge = bytes.slice(start, start + CHALLENGE_BYTES);
    this.#then('client', this.#vncResponse);
    return CHALLENGE_BYTES;
  };

  #vncResponse: Step = (bytes, start, end, at) => {
    if (end - start < CHALLENGE_BYTES) return -1;
    const { secrets } = this.#context;
    const challenge = secrets.seal(this.#challenge as Uint8Array);
    const response = secrets.seal(bytes.subarray(start, start + CHALLENGE_BYTES));
    this.#emit({ protocol, event: 'vnc_authentication', challenge, response }, at);
    this.#then('server', this.#result);
    return CHALLENGE_BYTES;
  };

  /** Generator, length, prime and public key; then name and password under a shared key, and the client's key. */
  #appleKey: Step = (bytes, start, end) => {
    if (end - start < 4) return -1;
    const length = u16be(bytes, start + 2);
    if (end - start < 4 + 2 * length) return -1;
    this.#then('client', (_bytes, from, to) => {
      if (to - from < 128 + length) return -1;
      this.#then('server', this.#result);
      return 128 + length;
    });
    return 4 + 2 * length;
  };

  #tightTunnels: Step = (bytes, start, end, at) => {
    if (end - start < 4) return -1;
    const count = u32be(bytes, start);
    if (count > CAPABILITIES_MAX) return this.#break('too many capabilities', 0, at);
    if (end - start < 4 + 16 * count) return -1;
    if (count === 0) this.#then('server', this.#tightTypes);
    else
      this.#then('client', (_bytes, from, to) => {
        if (to - from < 4) return -1;
        this.#then('server', this.#tightTypes);
        return 4;
      });
    return 4 + 16 * count;
  };

  #tightTypes: Step = (bytes, start, end, at) => {
    if (end - start < 4) return -1;
    const count = u32be(bytes, start);
    if (count > CAPABILITIES_MAX) return this.#break('too many capabilities', 0, at);
    if (end - start < 4 + 16 * count) return -1;
    if (count === 0) {
      this.#choose(TIGHT, NONE, at);
      this.#afterNone();
    } else
      this.#then('client', (choice, from, to, when) => {
        if (to - from < 4) return -1;
        const type = u32be(choice, from);
        this.#choose(TIGHT, type, when);
        if (type === NONE || type === VNC) this.#secure(type);
        else this.done = true;
        return 4;
      });
    return 4 + 16 * count;
  };

  #vencryptVersion: Step = (_bytes, start, end) => {
    if (end - start < 2) return -1;
    this.#then('client', (_choice, from, to) => {
      if (to - from < 2) return -1;
      this.#then('server', this.#vencryptTypes);
      return 2;
    });
    return 2;
  };

  /** Whether the version is fine (0), then the subtypes. */
  #vencryptTypes: Step = (bytes, start, end) => {
    if (bytes[start] !== 0) {
      this.done = true;
      return 1;
    }
    if (end - start < 2 || end - start < 2 + 4 * bytes[start + 1]) return -1;
    this.#then('client', (choice, from, to, at) => {
      if (to - from < 4) return -1;
      const type = u32be(choice, from);
      this.#choose(VENCRYPT, type, at);
      if (type === VENCRYPT_PLAIN) this.#then('client', this.#plain);
      else
        this.#then('server', (answer, place) => {
          if (answer[place] === 1) this.handover = true;
          else this.done = true;
          return 1;
        });
      return 4;
    });
    return 2 + 4 * bytes[start + 1];
  };

  #plain: Step = (bytes, start, end, at) => {
    if (end - start < 8) return -1;
    const [user, password] = [u32be(bytes, start), u32be(bytes, start + 4)];
    if (user + password > PLAIN_BYTES_MAX) return this.#break('credential too long', 0, at);
    const stop = start + 8 + user + password;
    if (stop > end) return -1;
    this.#emit(
      {
        protocol,
        event: 'plain',
        username: wireText(bytes, start + 8, start + 8 + user),
        password: this.#context.secrets.seal(bytes.subarray(start + 8 + user, stop)),
      },
      at,
    );
    this.#then('server', this.#result);
    return stop - start;
  };

  #result: Step = (bytes, start, end, at) => {
    if (end - start < 4) return -1;
    const status = u32be(bytes, start);
    const security_result = (['OK', 'FAIL', 'TOOMANY'] as const)[status] ?? 'UNKNOWN';
    if (status === 0) {
      this.#emit({ protocol, event: 'security_result', security_result, reason: undefined }, at);
      this.#then('client', this.#clientInit);
      return 4;
    }
    const text = this.#minor === 8 ? textAt(bytes, start + 4, end) : undefined;
    if (this.#minor === 8 && text === undefined && end - start < TEXT_BYTES_MAX) return -1;
    const reason = text?.value;
    this.#emit({ protocol, event: 'security_result', security_result, reason }, at);
    this.done = true;
    return 4 + (text?.length ?? 0);
  };

  /** The reason why there is nothing to choose from. */
  #failure(bytes: Uint8Array, from: number, end: number, at: PacketRef, before: number): number {
    const text = textAt(bytes, from, end);
    if (!text) return end - from < TEXT_BYTES_MAX ? -1 : this.#break('reason too long', before, at);
    this.#emit({ protocol, event: 'failure', server_security_failure_reason: text.value }, at);
    this.done = true;
    return before + text.length;
  }

  #clientInit: Step = (bytes, start, _end, at) => {
    this.#emit({ protocol, event: 'client_init', screen_shared: bytes[start] !== 0 }, at);
    this.#then('server', this.#serverInit);
    return 1;
  };

  #serverInit: Step = (bytes, start, end, at) => {
    if (end - start < SERVER_INIT_BYTES) return -1;
    const length = u32be(bytes, start + 20);
    if (length > TEXT_BYTES_MAX) return this.#break('name too long', 20, at);
    const stop = start + SERVER_INIT_BYTES + length;
    if (stop > end) return -1;
    this.#emit(
      {
        protocol,
        event: 'server_init',
        width: u16be(bytes, start),
        height: u16be(bytes, start + 2),
        name: wireText(bytes, start + SERVER_INIT_BYTES, stop),
        pixel_format: {
          bits_per_pixel: bytes[start + 4],
          depth: bytes[start + 5],
          big_endian: bytes[start + 6] !== 0,
          true_color: bytes[start + 7] !== 0,
          red_max: u16be(bytes, start + 8),
          green_max: u16be(bytes, start + 10),
          blue_max: u16be(bytes, start + 12),
          red_shift: bytes[start + 14],
          green_shift: bytes[start + 15],
          blue_shift: bytes[start + 16],
        },
      },
      at,
    );
    this.done = true;
    return stop - start;
  };

  #offer(types: readonly number[], at: PacketRef): void {
    const names = types.flatMap((type) => securityName(type) ?? []);
    this.#emit({ protocol, event: 'security_types', security_types: types, names }, at);
  }

  #choose(type: number, subtype: number | undefined, at: PacketRef): void {
    const event: RfbEvent = {
      protocol,
      event: 'security_type',
      security_type: type,
      name: securityName(type),
      subtype,
      subtype_name: subtype === undefined ? undefined : subtypeName(subtype),
    };
    this.#emit(event, at, this.#minor === 3 ? 'server' : 'client');
  }

  #emit(event: RfbEvent, at: PacketRef, from = this.#turn): void {
    const server = this.#server ?? 1;
    const client = server === 0 ? 1 : 0;
    this.#context.emit(event, from === 'server' ? server : client, at);
  }

  #break(reason: string, offset: number, at: PacketRef): number {
    this.#emit({ protocol, event: 'malformed', reason, offset }, at);
    this.done = true;
    return -1;
  }
}

/** A text behind its length of four bytes, whole; `length` counts both. */
function textAt(
  bytes: Uint8Array,
  at: number,
  end: number,
): { readonly value: string; readonly length: number } | undefined {
  if (end - at < 4) return undefined;
  const length = u32be(bytes, at);
  if (length > TEXT_BYTES_MAX || at + 4 + length > end) return undefined;
  return { value: wireText(bytes, at + 4, at + 4 + length), length: 4 + length };
}

function decimal(bytes: Uint8Array, at: number): number {
  return (bytes[at] - 0x30) * 100 + (bytes[at + 1] - 0x30) * 10 + bytes[at + 2] - 0x30;
}
