/**
 * POP3 (RFC 1939; CAPA of RFC 2449, STLS of RFC 2595, AUTH of RFC 5034): commands with their status. Of messages only
 * the length is kept. After STLS the rest of the connection is another protocol's.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { lineEnd } from './http/head.ts';
import { Lines } from './lines.ts';
import type { Pop3CommandEvent, Pop3Event } from './mail/pop3-events.ts';
import { SaslExchange } from './mail/sasl.ts';
import { SIGN_IN } from './mail/sign-in.ts';
import { isOneOf, isPlain, lettersEnd, mentions, textOf } from './mail/words.ts';

const protocol = 'pop3';
const PORT = 110;
const LINE_BYTES_MAX = 4_096;
const TEXT_BYTES_MAX = 512;
const CAPABILITIES_MAX = 64;
const WAITING_MAX = 100;

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
const SPACE = 0x20;
const PLUS = 0x2b;
/** The first byte of TLS, which begins no line. */
const TLS_HANDSHAKE = 0x16;

const COMMANDS = [
  ...['USER', 'PASS', 'APOP', 'AUTH', 'CAPA', 'STLS', 'STAT', 'LIST', 'UIDL', 'RETR', 'TOP'],
  ...['DELE', 'QUIT', 'NOOP', 'RSET', 'LAST', 'UTF8', 'LANG', 'XTND'],
];
/** Words that no other protocol of this kind has. */
const OWN = ['CAPA', 'STLS', 'APOP', 'UIDL'];

export const pop3Decoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [PORT],
  recognise: (bytes, start, end, _direction, flow): Recognition =>
    bytes[start] === PLUS || bytes[start] === 0x2d
      ? recogniseStatus(bytes, start, end, flow)
      : recogniseCommand(bytes, start, end, flow),
  open: (_flow: Flow, context) => new Pop3Parser(context),
};

/** `+OK` comes first of all; other protocols say it in answer to something. */
function recogniseStatus(bytes: Uint8Array, start: number, end: number, flow: Flow): Recognition {
  if (end - start < 4) return begins(bytes, start, end) ? 'more' : 'no';
  if (statusAt(bytes, start, end) !== '+OK') return 'no';
  const stop = lineEnd(bytes, start, end);
  if (!isPlain(bytes, start, stop)) return 'no';
  if (stop === end) return 'more';
  if (flow.serverPort === PORT || mentions(bytes, start + 3, stop, 'pop')) return 'yes';
  return flow.payloadBytes(0) === 0 || flow.openingSeen === false ? 'more' : 'no';
}

function begins(bytes: Uint8Array, start: number, end: number): boolean {
  const text = bytes[start] === PLUS ? '+OK' : '-ER';
  for (let i = 0; i < end - start; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function recogniseCommand(bytes: Uint8Array, start: number, end: number, flow: Flow): Recognition {
  const word = lettersEnd(bytes, start, end);
  if (word === start || word - start > 4) return 'no';
  if (word === end) return 'more';
  if (bytes[word] !== SPACE && bytes[word] !== CR && bytes[word] !== LF) return 'no';
  if (!isOneOf(bytes, start, word, COMMANDS)) return 'no';
  const stop = lineEnd(bytes, start, end);
  if (!isPlain(bytes, word, stop)) return 'no';
  if (stop === end) return 'more';
  // Where the server has greeted with anything but `+OK`, this decoder is out of the question already.
  const own = isOneOf(bytes, start, word, OWN);
  return own || flow.serverPort === PORT || flow.payloadBytes(1) > 0 ? 'yes' : 'more';
}

function statusAt(bytes: Uint8Array, start: number, end: number): '+OK' | '-ERR' | undefined {
  const ok = bytes[start] === PLUS && bytes[start + 1] === 0x4f && bytes[start + 2] === 0x4b;
  const error =
    bytes[start] === 0x2d &&
    bytes[start + 1] === 0x45 &&
    bytes[start + 2] === 0x52 &&
    bytes[start + 3] === 0x52;
  const after = start + (ok ? 3 : 4);
  if ((!ok && !error) || after > end) return undefined;
  const mark = after === end ? SPACE : bytes[after];
  if (mark !== SPACE && mark !== CR && mark !== LF) return undefined;
  return ok ? '+OK' : '-ERR';
}

class Pop3Parser implements Parser {
  handover = false;
  readonly #context: DecodeContext;
  readonly #lines = new Lines(LINE_BYTES_MAX);
  readonly #waiting: { readonly event: Pop3CommandEvent; readonly at: PacketRef }[] = [];
  #user: string | undefined;
  #sasl: { readonly exchange: SaslExchange; readonly event: Pop3CommandEvent } | undefined;
  /** The command whose answer of several lines goes on. */
  #listing: Pop3CommandEvent | undefined;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const lines = this.#lines;
    let place = start;
    while (place < end && !this.handover) {
      if (bytes[place] === TLS_HANDSHAKE && this.#waiting.at(-1)?.event.command === 'STLS') {
        this.handover = true;
        break;
      }
      const found = lines.find(bytes, place, end, direction);
      if (found === 'more') break;
      const from = place;
      place = lines.next;
      if (direction === 1 && this.#listing) {
        this.#listed(this.#listing, bytes, found === 'line', place - from, at);
        continue;
      }
      if (found === 'rest') continue;
      if (lines.cut) this.#malformed('line too long', LINE_BYTES_MAX, true, direction, at);
      if (direction === 0) this.#line(bytes, lines.start, lines.stop, at);
      else this.#status(bytes, lines.start, lines.stop, at);
    }
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lines.lost(direction);
    this.#flush();
  }

  close(): void {
    this.#flush();
  }

  #line(bytes: Uint8Array, start: number, end: number, at: PacketRef): void {
    if (this.#sasl && !this.#sasl.exchange.complete) {
      this.#respond(bytes, start, end, at);
      return;
    }
    const word = lettersEnd(bytes, start, end);
    const digit = word < end && bytes[word] === 0x38 ? word + 1 : word; // UTF8
    if (word === start || (digit < end && bytes[digit] !== SPACE)) {
      if (start < end) this.#malformed('invalid command', 0, false, 0, at);
      return;
    }
    const command = textOf(bytes, start, digit, 16).toUpperCase();
    const data = digit < end ? textOf(bytes, digit + 1, end, TEXT_BYTES_MAX) : undefined;
    const words = data?.split(' ') ?? [];
    const secret = command === 'PASS' || command === 'APOP' || command === 'AUTH';
    const event: Pop3CommandEvent = {
      protocol,
      event: 'command',
      command,
      command_data: command === 'PASS' ? undefined : secret ? words[0] : data,
      credentials: undefined,
      status: undefined,
      reply: undefined,
      capabilities: undefined,
      response_length: undefined,
      [SIGN_IN]: { at, replyAt: undefined, wire: [] },
    };
    if (command === 'USER') this.#user = data;
    else if (command === 'PASS') {
      // A password may hold blanks (RFC 1939, 7).
      const password = this.#context.secrets.seal(bytes.subarray(Math.min(end, digit + 1), end));
      event.credentials = [{ method: 'user_pass', username: this.#user, secret: password }];
    } else if (command === 'APOP')
      event.credentials = [{ method: 'apop', username: words[0], secret: undefined }];
    else if (command === 'AUTH' && words[0])
      this.#authenticate(event, words[0], bytes, digit + 1, end, at);
    if (this.#waiting.length >= WAITING_MAX) this.#finish();
    this.#waiting.push({ event, at });
  }

  #authenticate(
    event: Pop3CommandEvent,
    mechanism: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: PacketRef,
  ): void {
    const exchange = new SaslExchange(mechanism, this.#context.secrets);
    this.#sasl = { exchange, event };
    event.credentials = [exchange.credential];
    const blank = bytes.indexOf(SPACE, start);
    if (blank > 0 && blank < end - 1) this.#respond(bytes, blank + 1, end, at);
  }

  #respond(bytes: Uint8Array, start: number, end: number, at: PacketRef): void {
    if (!this.#sasl) return;
    const { exchange, event } = this.#sasl;
    exchange.response(bytes, start, end);
    event.credentials = [exchange.credential];
    const details = event[SIGN_IN];
    details.at = at;
    details.wire.length = 0;
    details.wire.push(...exchange.wire);
  }

  #status(bytes: Uint8Array, start: number, end: number, at: PacketRef): void {
    // `+ challenge` asks for the next response of a sign-in.
    if (bytes[start] === PLUS && (end === start + 1 || bytes[start + 1] === SPACE)) return;
    const status = statusAt(bytes, start, end);
    if (!status) {
      if (start < end) this.#malformed('no status', 0, false, 1, at);
      return;
    }
    const reply = textOf(bytes, start + status.length, end, TEXT_BYTES_MAX);
    const waiting = this.#waiting[0]?.event;
    if (!waiting) {
      this.#emit({ protocol, event: 'greeting', status, reply }, 1, at);
      return;
    }
    waiting.status = status;
    waiting.reply = reply;
    waiting[SIGN_IN].replyAt = at;
    if (this.#sasl?.event === waiting) this.#sasl = undefined;
    if (status === '+OK' && isListing(waiting)) {
      waiting.response_length = 0;
      this.#listing = waiting;
      return;
    }
    this.#finish();
    if (waiting.command === 'STLS' && status === '+OK') this.handover = true;
  }

  /** Takes a line of an answer, or a part of one; a dot alone ends it (RFC 1939, 3). */
  #listed(
    event: Pop3CommandEvent,
    bytes: Uint8Array,
    line: boolean,
    length: number,
    at: PacketRef,
  ): void {
    const { start, stop, cut } = this.#lines;
    if (line && !cut && stop === start + 1 && bytes[start] === DOT) {
      this.#listing = undefined;
      event[SIGN_IN].replyAt = at;
      this.#finish();
      return;
    }
    event.response_length = (event.response_length ?? 0) + length;
    if (event.command !== 'CAPA' || !line) return;
    event.capabilities ??= [];
    if (event.capabilities.length < CAPABILITIES_MAX)
      event.capabilities.push(textOf(bytes, start, stop, TEXT_BYTES_MAX));
  }

  #finish(): void {
    const first = this.#waiting.shift();
    if (first) this.#emit(first.event, 0, first.at);
  }

  #flush(): void {
    while (this.#waiting.length > 0) this.#finish();
    this.#listing = undefined;
    this.#sasl = undefined;
  }

  #emit(event: Pop3Event, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    this.#emit({ protocol, event: 'malformed', reason, offset, readable }, direction, at);
  }
}

/** Commands that are answered with several lines; two of them only where they name no message. */
function isListing({ command, command_data }: Pop3CommandEvent): boolean {
  if (command === 'LIST' || command === 'UIDL') return !command_data;
  if (command === 'AUTH') return !command_data;
  return command === 'RETR' || command === 'TOP' || command === 'CAPA';
}
