/**
 * IMAP 4 (RFC 3501, RFC 9051; ID of RFC 2971, literals of RFC 7888): commands with their tagged status, and what the
 * server says of itself. Of messages nothing is kept. After STARTTLS the connection is another protocol's.
 */
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { Lines } from './lines.ts';
import type { ImapCommandEvent, ImapEvent, ImapServerEvent } from './mail/imap-events.ts';
import {
  recogniseCommand,
  recogniseGreeting,
  TAG_BYTES_MAX,
  tagEnd,
} from './mail/imap-recognition.ts';
import { SaslExchange } from './mail/sasl.ts';
import { SIGN_IN } from './mail/sign-in.ts';
import { hasBlank, isDigit, isWord, lettersEnd, textOf } from './mail/words.ts';

const protocol = 'imap';
const PORT = 143;
const LINE_BYTES_MAX = 8_192;
const TEXT_BYTES_MAX = 512;
const WAITING_MAX = 64;
/** Arguments of a sign-in that come as literals, and bytes of one. */
const LITERALS_MAX = 4;
const LITERAL_BYTES_MAX = 1_024;

const SPACE = 0x20;
const STAR = 0x2a;
const PLUS = 0x2b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** The first byte of TLS, which begins no line. */
const TLS_HANDSHAKE = 0x16;

/** Commands whose argument is told: a mailbox, or what a client says of itself. */
const TOLD = new Set(['SELECT', 'EXAMINE', 'STATUS', 'ID', 'ENABLE', 'COMPRESS']);

export const imapDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [PORT],
  recognise: (bytes, start, end, _direction, flow) =>
    bytes[start] === STAR
      ? recogniseGreeting(bytes, start, end, flow)
      : recogniseCommand(bytes, start, end),
  open: (_flow: Flow, context) => new ImapParser(context),
};

/** A command whose lines and literals are still coming. */
interface Draft {
  readonly event: ImapCommandEvent;
  readonly at: PacketRef;
  /** Of LOGIN: its arguments, as far as they are here. */
  readonly arguments: Buffer[];
}

class ImapParser implements Parser {
  handover = false;
  readonly #context: DecodeContext;
  readonly #lines = new Lines(LINE_BYTES_MAX);
  readonly #waiting = new Map<string, Draft>();
  /** The command that goes on behind a literal. */
  #draft: Draft | undefined;
  /** Bytes of a literal of a sign-in that come next. */
  #literal = 0;
  #sasl: { readonly exchange: SaslExchange; readonly event: ImapCommandEvent } | undefined;
  #greeted = false;
  /** The line of the server goes on behind a literal, and says nothing that is kept. */
  #continued = false;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const lines = this.#lines;
    let place = start;
    while (place < end && !this.handover) {
      if (direction === 0 && this.#literal > 0) {
        const length = this.#literal;
        if (end - place < length) break;
        this.#argument(Buffer.from(bytes.subarray(place, place + length)));
        this.#literal = 0;
        place += length;
        continue;
      }
      if (bytes[place] === TLS_HANDSHAKE && this.#tlsAsked) {
        this.handover = true;
        break;
      }
      const found = lines.find(bytes, place, end, direction);
      if (found === 'more') break;
      place = lines.next;
      if (found === 'rest') continue;
      if (lines.cut) this.#malformed('line too long', LINE_BYTES_MAX, true, direction, at);
      const { start: from, stop } = lines;
      const literal = lines.cut ? 0 : literalAt(bytes, from, stop);
      if (direction === 0) place += this.#line(bytes, from, stop, literal, at);
      else {
        if (!this.#continued) this.#server(bytes, from, stop, at);
        this.#continued = literal > 0;
        place += literal;
      }
    }
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lines.lost(direction);
    this.#literal = 0;
    this.#continued = false;
    this.#flush();
  }

  close(): void {
    this.#flush();
  }

  get #tlsAsked(): boolean {
    for (const { event } of this.#waiting.values()) if (event.command === 'STARTTLS') return true;
    return false;
  }

  /** Takes a line of the client; returns how many bytes of a literal behind it may be passed over. */
  #line(bytes: Uint8Array, start: number, end: number, literal: number, at: PacketRef): number {
    // No response has a blank in it, and every command has.
    if (this.#sasl && !this.#draft && !hasBlank(bytes, start, end)) {
      this.#respond(bytes, start, end, at);
      return 0;
    }
    let from = start;
    if (!this.#draft) {
      const begun = this.#begin(bytes, start, end, at);
      if (begun < 0) return literal;
      from = begun;
    }
    const draft = this.#draft as unknown as Draft;
    const login = draft.event.command === 'LOGIN';
    if (login) this.#read(draft, bytes, from, literal > 0 ? bytes.lastIndexOf(OPEN, end) : end);
    if (literal === 0) {
      this.#draft = undefined;
      if (login) this.#signIn(draft);
      return 0;
    }
    if (!login || draft.arguments.length >= LITERALS_MAX || literal > LITERAL_BYTES_MAX)
      return literal;
    this.#literal = literal;
    return 0;
  }

  /** `tag COMMAND …`; returns where the arguments begin, or -1 where it is no command. */
  #begin(bytes: Uint8Array, start: number, end: number, at: PacketRef): number {
    const tag = tagEnd(bytes, start, end);
    let word = tag < end ? lettersEnd(bytes, tag + 1, end) : tag;
    if (tag === start || tag === end || bytes[tag] !== SPACE || word === tag + 1) {
      // The end of IDLE (RFC 2177), and what follows a refused literal.
      if (start < end && !isWord(bytes, start, end, 'DONE'))
        this.#malformed('invalid command', 0, false, 0, at);
      return -1;
    }
    let command = textOf(bytes, tag + 1, word, 16).toUpperCase();
    if (command === 'UID' && bytes[word] === SPACE) {
      const second = lettersEnd(bytes, word + 1, end);
      command = `UID ${textOf(bytes, word + 1, second, 16).toUpperCase()}`;
      word = second;
    }
    const event: ImapCommandEvent = {
      protocol,
      event: 'command',
      tag: textOf(bytes, start, tag, TAG_BYTES_MAX),
      command,
      command_data:
        TOLD.has(command) && word < end ? textOf(bytes, word + 1, end, TEXT_BYTES_MAX) : undefined,
      credentials: undefined,
      status: undefined,
      reply: undefined,
      [SIGN_IN]: { at, replyAt: undefined, wire: [] },
    };
    const draft = { event, at, arguments: [] };
    if (this.#waiting.size >= WAITING_MAX)
      for (const oldest of this.#waiting.keys()) {
        this.#finish(oldest);
        break;
      }
    this.#waiting.set(event.tag, draft);
    this.#draft = draft;
    if (command === 'AUTHENTICATE') this.#authenticate(event, bytes, word + 1, end, at);
    return Math.min(end, word + 1);
  }

  /** Reads the arguments in [start, end): atoms and quoted strings. */
  #read(draft: Draft, bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && draft.arguments.length < LITERALS_MAX) {
      if (bytes[at] === SPACE) {
        at++;
        continue;
      }
      let stop = at;
      if (bytes[at] === QUOTE) {
        for (stop = at + 1; stop < end && bytes[stop] !== QUOTE; stop++)
          if (bytes[stop] === BACKSLASH) stop++;
        const quoted = Buffer.from(bytes.subarray(at + 1, Math.min(stop, end)));
        draft.arguments.push(unquoted(quoted));
        stop++;
      } else {
        while (stop < end && bytes[stop] !== SPACE) stop++;
        draft.arguments.push(Buffer.from(bytes.subarray(at, stop)));
      }
      at = stop;
    }
  }

  #argument(value: Buffer): void {
    this.#draft?.arguments.push(value);
  }

  #signIn({ event, arguments: [user, password] }: Draft): void {
    event.credentials = [
      {
        method: 'login',
        username: user?.toString('utf8').slice(0, 128),
        secret: password && this.#context.secrets.seal(password),
      },
    ];
  }

  #authenticate(
    event: ImapCommandEvent,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: PacketRef,
  ): void {
    let stop = start;
    while (stop < end && bytes[stop] !== SPACE) stop++;
    const mechanism = textOf(bytes, start, stop, 32);
    (event as { command_data: string | undefined }).command_data = mechanism;
    const exchange = new SaslExchange(mechanism, this.#context.secrets);
    this.#sasl = { exchange, event };
    event.credentials = [exchange.credential];
    // RFC 4959: an initial response.
    if (stop < end - 1) this.#respond(bytes, stop + 1, end, at);
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

  /** Takes a line of the server. */
  #server(bytes: Uint8Array, start: number, end: number, at: PacketRef): void {
    if (start === end || bytes[start] === PLUS) return;
    const tag = bytes[start] === STAR ? start + 1 : tagEnd(bytes, start, end);
    if (tag === start || (tag < end && bytes[tag] !== SPACE)) {
      this.#malformed('no response', 0, false, 1, at);
      return;
    }
    const word = tag < end ? lettersEnd(bytes, tag + 1, end) : tag;
    const status = textOf(bytes, Math.min(end, tag + 1), word, 16).toUpperCase();
    if (bytes[start] === STAR) this.#untagged(status, bytes, word, end, at);
    else this.#tagged(textOf(bytes, start, tag, TAG_BYTES_MAX), status, bytes, word, end, at);
  }

  #untagged(status: string, bytes: Uint8Array, start: number, end: number, at: PacketRef): void {
    const text = (): string => textOf(bytes, start, end, TEXT_BYTES_MAX);
    let event: ImapServerEvent | undefined;
    if (!this.#greeted && (status === 'OK' || status === 'PREAUTH'))
      event = { protocol, event: 'greeting', status, text: text() };
    else if (status === 'CAPABILITY' || status === 'ID' || status === 'BYE')
      event = {
        protocol,
        event: status === 'ID' ? 'id' : status === 'BYE' ? 'bye' : 'capability',
        status: undefined,
        text: text(),
      };
    this.#greeted = true;
    if (event) this.#emit(event, 1, at);
  }

  #tagged(
    tag: string,
    status: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: PacketRef,
  ): void {
    this.#greeted = true;
    const waiting = this.#waiting.get(tag);
    if (!waiting) return;
    const { event } = waiting;
    event.status = status;
    event.reply = textOf(bytes, start, end, TEXT_BYTES_MAX);
    event[SIGN_IN].replyAt = at;
    if (this.#sasl?.event === event) this.#sasl = undefined;
    if (this.#draft === waiting) {
      this.#draft = undefined;
      this.#literal = 0;
    }
    this.#finish(tag);
    if (event.command === 'STARTTLS' && status === 'OK') this.handover = true;
  }

  #finish(tag: string): void {
    const waiting = this.#waiting.get(tag);
    this.#waiting.delete(tag);
    if (waiting) this.#emit(waiting.event, 0, waiting.at);
  }

  #flush(): void {
    for (const tag of [...this.#waiting.keys()]) this.#finish(tag);
    this.#draft = undefined;
    this.#sasl = undefined;
  }

  #emit(event: ImapEvent, direction: Direction, at: PacketRef): void {
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

/** Bytes of the literal that the line [start, end) announces: `{12}` or `{12+}` at its end; 0 where there is none. */
function literalAt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 3 || bytes[end - 1] !== CLOSE) return 0;
  let at = end - 2;
  if (bytes[at] === PLUS || bytes[at] === 0x2d) at--;
  let length = 0;
  let scale = 1;
  const last = at;
  while (at > start && isDigit(bytes[at]) && last - at < 10) {
    length += (bytes[at] - 0x30) * scale;
    scale *= 10;
    at--;
  }
  return at < last && bytes[at] === OPEN ? length : 0;
}

function unquoted(text: Buffer): Buffer {
  if (!text.includes(BACKSLASH)) return text;
  const out: number[] = [];
  for (let i = 0; i < text.length; i++) out.push(text[text[i] === BACKSLASH ? ++i : i]);
  return Buffer.from(out.filter((byte) => byte !== undefined));
}
