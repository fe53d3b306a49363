/**
 * The client protocol of NATS: lines of text, some with a payload behind them, which is stepped over. Server and
 * client say who they are in JSON; the client's user, password or token are in clear unless TLS came first.
 */
import type { Secret } from '../../base/index.ts';
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  MalformedEvent,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { lineEnd } from './http/head.ts';
import { wireText } from './wire-text.ts';

/** The server says what it is, and what it asks for. */
export interface NatsInfo extends AppEvent {
  readonly protocol: 'nats';
  readonly event: 'info';
  readonly server_id: string | undefined;
  readonly server_name: string | undefined;
  readonly version: string | undefined;
  readonly cluster: string | undefined;
  readonly auth_required: boolean;
  readonly tls_required: boolean;
  readonly max_payload: number | undefined;
}

export interface NatsConnect extends AppEvent {
  readonly protocol: 'nats';
  readonly event: 'connect';
  readonly name: string | undefined;
  /** The client's library. */
  readonly lang: string | undefined;
  readonly version: string | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly auth_token: Secret | undefined;
  /** A public key whose signature proves the client (NKey). */
  readonly nkey: string | undefined;
  /** A signed token came with it. */
  readonly jwt: boolean;
}

/** A line about a message or subscription, by its verb; the others have no fields. */
export interface NatsLine extends AppEvent {
  readonly protocol: 'nats';
  readonly event:
    | 'pub'
    | 'hpub'
    | 'sub'
    | 'unsub'
    | 'msg'
    | 'hmsg'
    | 'ping'
    | 'pong'
    | 'ok'
    | 'err';
  readonly subject?: string;
  readonly queue_group?: string;
  readonly payload_length?: number;
  /** What the server refuses: `Authorization Violation` … */
  readonly reason?: string;
}

export type NatsEvent = NatsInfo | NatsConnect | NatsLine | MalformedEvent;

const PORT = 4222;
/** An INFO of a cluster names its servers. */
const LINE_BYTES_MAX = 32_768;
const TEXT_MAX = 256;
const SUBJECT_MAX = 256;
const CR = 0x0d;
const TLS_HANDSHAKE = 0x16;

const INFO = Buffer.from('INFO {');
const CONNECT = Buffer.from('CONNECT {');
/** How a running connection looks, on NATS' port. */
const VERBS = [
  'PUB ',
  'HPUB ',
  'MSG ',
  'HMSG ',
  'SUB ',
  'UNSUB ',
  'PING\r',
  'PONG\r',
  '+OK\r',
  '-ERR ',
].map((verb) => Buffer.from(verb));

export const natsDecoder: Decoder = {
  protocol: 'nats',
  carriers: ['tcp'],
  ports: [PORT],
  // Verbs, where the connection goes on from before the capture.
  firstBytes: [0x2b, 0x2d, 0x43, 0x48, 0x49, 0x4d, 0x50, 0x53, 0x55],
  recognise(bytes, start, end, _direction, flow: Flow): Recognition {
    const opening = begins(bytes, start, end, INFO);
    if (opening !== 'no') return opening;
    const connect = begins(bytes, start, end, CONNECT);
    if (connect !== 'no') return connect;
    if (flow.openingSeen || (flow.serverPort !== PORT && flow.clientPort !== PORT)) return 'no';
    return VERBS.some((verb) => begins(bytes, start, end, verb) === 'yes') ? 'yes' : 'no';
  },
  open: (_flow, context) => new NatsParser(context),
};

function begins(bytes: Uint8Array, start: number, end: number, word: Uint8Array): Recognition {
  for (let i = 0; i < word.length; i++) {
    if (start + i === end) return 'more';
    if (bytes[start + i] !== word[i]) return 'no';
  }
  return 'yes';
}

class NatsParser implements Parser {
  done = false;
  handover = false;
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    // After INFO a client may turn to TLS.
    if (direction === 0 && bytes[start] === TLS_HANDSHAKE) {
      this.handover = true;
      return 0;
    }
    let place = start;
    while (place < end && !this.done) {
      const line = lineEnd(bytes, place, end);
      if (line === end) {
        if (end - place > LINE_BYTES_MAX) this.#give('line too long', direction, at);
        break;
      }
      const stop = line > place && bytes[line - 1] === CR ? line - 1 : line;
      const payload = stop > place ? this.#line(bytes, place, stop, direction, at) : 0;
      if (payload < 0) return end - start;
      // The payload ends with a line end of its own.
      place = line + 1 + (payload > 0 ? payload + 2 : 0);
    }
    return place - start;
  }

  /** Payloads may be lost as a whole, but not where the next line begins. */
  gap(): void {
    this.done = true;
  }

  /** @returns bytes of the payload behind the line (one more than none, where an empty one follows); -1 to end. */
  #line(
    bytes: Uint8Array,
    start: number,
    stop: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const verb = verbAt(bytes, start, stop);
    const from = start + verb.length + 1;
    switch (verb) {
      case 'INFO':
      case 'CONNECT': {
        const said = jsonOf(bytes, from, stop);
        if (!said) this.#malformed('no JSON', direction, at);
        else this.#emit(verb === 'INFO' ? infoOf(said) : this.#connect(said), direction, at);
        return 0;
      }
      case '-ERR': {
        const reason = wireText(bytes, from, Math.min(stop, from + TEXT_MAX)).replace(/^'|'$/g, '');
        this.#emit({ protocol: 'nats', event: 'err', reason }, direction, at);
        return 0;
      }
      case '+OK':
      case 'PING':
      case 'PONG':
        this.#emit(
          { protocol: 'nats', event: verb === '+OK' ? 'ok' : verb === 'PING' ? 'ping' : 'pong' },
          direction,
          at,
        );
        return 0;
      case 'PUB':
      case 'HPUB':
      case 'MSG':
      case 'HMSG':
      case 'SUB':
      case 'UNSUB':
        return this.#message(verb, bytes, from, stop, direction, at);
      default:
        return this.#give('unknown verb', direction, at);
    }
  }

  #message(
    verb: 'PUB' | 'HPUB' | 'MSG' | 'HMSG' | 'SUB' | 'UNSUB',
    bytes: Uint8Array,
    from: number,
    stop: number,
    direction: Direction,
    at: PacketRef,
  ): number {
    const words = wireText(bytes, from, Math.min(stop, from + 1024)).split(/[ \t]+/);
    const event = verb.toLowerCase() as NatsLine['event'];
    if (verb === 'UNSUB') {
      this.#emit({ protocol: 'nats', event }, direction, at);
      return 0;
    }
    const subject = (words[0] ?? '').slice(0, SUBJECT_MAX);
    if (verb === 'SUB') {
      const queue = words.length > 2 ? words[1] : undefined;
      this.#emit(
        {
          protocol: 'nats',
          event,
          subject,
          ...(queue && { queue_group: queue.slice(0, SUBJECT_MAX) }),
        },
        direction,
        at,
      );
      return 0;
    }
    const length = words.at(-1) ?? '';
    if (words.length < 2 || !/^\d{1,9}$/.test(length))
      return this.#give('payload length', direction, at);
    this.#emit({ protocol: 'nats', event, subject, payload_length: Number(length) }, direction, at);
    // An empty payload has its line end as well, which reads as an empty line.
    return Number(length);
  }

  #connect(said: Readonly<Record<string, unknown>>): NatsConnect {
    const { secrets } = this.#context;
    const sealed = (name: string): Secret | undefined => {
      const value = said[name];
      return typeof value === 'string' && value !== '' ? secrets.seal(value) : undefined;
    };
    return {
      protocol: 'nats',
      event: 'connect',
      name: textOf(said.name),
      lang: textOf(said.lang),
      version: textOf(said.version),
      username: textOf(said.user),
      password: sealed('pass'),
      auth_token: sealed('auth_token'),
      nkey: textOf(said.nkey),
      jwt: typeof said.jwt === 'string' && said.jwt !== '',
    };
  }

  /** Nothing behind it can be read. */
  #give(reason: string, direction: Direction, at: PacketRef): number {
    this.#malformed(reason, direction, at);
    this.done = true;
    return -1;
  }

  #malformed(reason: string, direction: Direction, at: PacketRef): void {
    this.#emit({ protocol: 'nats', event: 'malformed', reason, offset: 0 }, direction, at);
  }

  #emit(event: NatsEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }
}

/** The first word of a line; verbs are not case-sensitive. */
function verbAt(bytes: Uint8Array, start: number, stop: number): string {
  let end = start;
  while (end < stop && end - start < 8 && bytes[end] !== 0x20 && bytes[end] !== 0x09) end++;
  return wireText(bytes, start, end).toUpperCase();
}

function jsonOf(
  bytes: Uint8Array,
  start: number,
  stop: number,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(wireText(bytes, start, stop));
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function infoOf(said: Readonly<Record<string, unknown>>): NatsInfo {
  return {
    protocol: 'nats',
    event: 'info',
    server_id: textOf(said.server_id),
    server_name: textOf(said.server_name),
    version: textOf(said.version),
    cluster: textOf(said.cluster),
    auth_required: said.auth_required === true,
    tls_required: said.tls_required === true,
    max_payload: typeof said.max_payload === 'number' ? said.max_payload : undefined,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, TEXT_MAX) : undefined;
}
