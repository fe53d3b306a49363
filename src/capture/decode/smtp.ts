/**
 * SMTP (RFC 5321; STARTTLS of RFC 3207, AUTH of RFC 4954, BDAT of RFC 3030; LMTP of RFC 2033): commands with their
 * replies. Of messages only the length is kept. After STARTTLS the rest of the connection is another protocol's.
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
import { SaslExchange } from './mail/sasl.ts';
import { SIGN_IN } from './mail/sign-in.ts';
import type { SmtpCommandEvent, SmtpEvent, SmtpResponseEvent } from './mail/smtp-events.ts';
import {
  hasBlank,
  isDigit,
  isOneOf,
  isPlain,
  isWord,
  lettersEnd,
  mentions,
  textOf,
} from './mail/words.ts';

const protocol = 'smtp';
const PORTS = [25, 587, 2525];
const LINE_BYTES_MAX = 4_096;
const REPLY_LINES_MAX = 64;
const TEXT_BYTES_MAX = 512;
/** Commands that wait for their replies. */
const WAITING_MAX = 100;

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const SPACE = 0x20;
/** The first byte of TLS, which begins no line. */
const TLS_HANDSHAKE = 0x16;

const HELLOS = ['EHLO', 'HELO', 'LHLO'];
/** Commands that others have too, or that stand in the middle of a session. */
const OTHERS = ['STARTTLS', 'QUIT', 'NOOP', 'RSET', 'HELP', 'AUTH', 'VRFY', 'MAIL', 'XCLIENT'];

export const smtpDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: PORTS,
  recognise: (bytes, start, end, _direction, flow): Recognition =>
    isDigit(bytes[start])
      ? recogniseGreeting(bytes, start, end, flow)
      : recogniseCommand(bytes, start, end),
  open: (_flow: Flow, context) => new SmtpParser(context),
};

/** `220 mail.example.com ESMTP`; FTP says 220 too, so without SMTP's name the client's word decides. */
function recogniseGreeting(bytes: Uint8Array, start: number, end: number, flow: Flow): Recognition {
  const code = codeAt(bytes, start, end);
  if (end - start < 4) return code === undefined && end - start === 3 ? 'no' : 'more';
  if (code !== '220' && code !== '554' && code !== '421') return 'no';
  const stop = lineEnd(bytes, start, end);
  if (!isPlain(bytes, start, stop)) return 'no';
  if (stop === end) return 'more';
  if (mentions(bytes, start + 4, end, 'smtp') || mentions(bytes, start + 4, end, 'lmtp'))
    return 'yes';
  if (code === '220') return 'more';
  return PORTS.includes(flow.serverPort) ? 'more' : 'no';
}

function recogniseCommand(bytes: Uint8Array, start: number, end: number): Recognition {
  const word = lettersEnd(bytes, start, end);
  // The shortest has four letters.
  if (word === start || (word < start + 4 && word < end)) return 'no';
  if (word < end && bytes[word] !== SPACE && bytes[word] !== CR && bytes[word] !== LF) return 'no';
  const hello = isOneOf(bytes, start, word, HELLOS);
  const known = hello || isOneOf(bytes, start, word, OTHERS);
  if (word === end) return word - start < 4 || known ? 'more' : 'no';
  if (!known) return 'no';
  const stop = lineEnd(bytes, start, end);
  if (!isPlain(bytes, word, stop)) return 'no';
  if (stop === end) return 'more';
  if (hello) return 'yes';
  const mail = isWord(bytes, start, word, 'MAIL') && mentions(bytes, word, word + 6, 'from:');
  return mail ? 'yes' : 'more';
}

/** Three digits, then a blank, a hyphen or the end of the line. */
function codeAt(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < 3) return undefined;
  for (let i = start; i < start + 3; i++) if (!isDigit(bytes[i])) return undefined;
  const mark = end - start > 3 ? bytes[start + 3] : SPACE;
  if (mark !== SPACE && mark !== 0x2d && mark !== CR && mark !== LF) return undefined;
  return String.fromCharCode(bytes[start], bytes[start + 1], bytes[start + 2]);
}

class SmtpParser implements Parser {
  handover = false;
  readonly #context: DecodeContext;
  readonly #lines = new Lines(LINE_BYTES_MAX);
  readonly #waiting: { readonly event: SmtpCommandEvent; readonly at: PacketRef }[] = [];
  #unasked: SmtpResponseEvent | undefined;
  /** The sign-in that goes on, with its command. */
  #sasl: { readonly exchange: SaslExchange; readonly event: SmtpCommandEvent } | undefined;
  /** The command whose message the client sends. */
  #message: SmtpCommandEvent | undefined;
  #lineStart = true;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const lines = this.#lines;
    let place = start;
    while (place < end && !this.handover) {
      if (direction === 0 && this.#message) {
        const next = this.#body(bytes, place, end);
        if (next === place) break;
        place = next;
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
      if (direction === 1) this.#reply(bytes, lines.start, lines.stop, at);
      else place += this.#line(bytes, lines.start, lines.stop, at);
    }
    return place - start;
  }

  gap(missing: number, direction: Direction): void {
    if (direction === 0 && this.#message) {
      this.#message.message_length = (this.#message.message_length ?? 0) + missing;
      this.#lineStart = false;
      return;
    }
    this.#lines.lost(direction);
    this.#flush();
  }

  close(): void {
    this.#flush();
  }

  /** STARTTLS waits for its reply, which the capture may lack. */
  get #tlsAsked(): boolean {
    return this.#waiting.at(-1)?.event.command === 'STARTTLS';
  }

  /** The message up to a line with nothing but a dot (RFC 5321, 4.5.2); returns where it was read to. */
  #body(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.#lineStart && bytes[at] === DOT) {
        const after = bytes[at + 1] === CR ? at + 2 : at + 1;
        if (after >= end) break;
        if (bytes[after] === LF) {
          this.#grow(at - start);
          this.#message = undefined;
          return after + 1;
        }
      }
      const next = bytes.indexOf(LF, at);
      this.#lineStart = next >= 0 && next < end;
      at = this.#lineStart ? next + 1 : end;
    }
    this.#grow(at - start);
    return at;
  }

  #grow(bytes: number): void {
    if (this.#message) this.#message.message_length = (this.#message.message_length ?? 0) + bytes;
  }

  /** Takes a line of the client; returns how many bytes behind it belong to it (BDAT). */
  #line(bytes: Uint8Array, start: number, end: number, at: PacketRef): number {
    const word = lettersEnd(bytes, start, end);
    // No response has a blank in it, and no command is anything but letters.
    if (this.#sasl && !this.#sasl.exchange.complete && !hasBlank(bytes, start, end)) {
      this.#respond(bytes, start, end, at);
      return 0;
    }
    if (start === end) return 0;
    if (word === start || (word < end && bytes[word] !== SPACE)) {
      this.#malformed('invalid command', 0, false, 0, at);
      return 0;
    }
    const command = textOf(bytes, start, word, 16).toUpperCase();
    const data = word < end ? textOf(bytes, word + 1, end, TEXT_BYTES_MAX) : undefined;
    const event: SmtpCommandEvent = {
      protocol,
      event: 'command',
      command,
      command_data: command === 'AUTH' ? data?.split(' ', 1)[0] : data,
      credentials: undefined,
      message_length: undefined,
      completion_code: [],
      reply: [],
      reply_received: 'no',
      [SIGN_IN]: { at, replyAt: undefined, wire: [] },
    };
    if (this.#waiting.length >= WAITING_MAX) this.#finish();
    this.#waiting.push({ event, at });
    if (command === 'AUTH') this.#authenticate(event, bytes, word + 1, end, at);
    else if (command === 'DATA') {
      this.#message = event;
      this.#lineStart = true;
    } else if (command === 'BDAT') {
      const size = /^\d{1,9}\b/.exec(data ?? '')?.[0];
      event.message_length = Number(size ?? 0);
      return event.message_length;
    }
    return 0;
  }

  /** AUTH mechanism [initial response]. */
  #authenticate(
    event: SmtpCommandEvent,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: PacketRef,
  ): void {
    const exchange = new SaslExchange(event.command_data ?? '', this.#context.secrets);
    this.#sasl = { exchange, event };
    const blank = bytes.indexOf(SPACE, start);
    if (blank > 0 && blank < end - 1) this.#respond(bytes, blank + 1, end, at);
    else event.credentials = [exchange.credential];
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

  #reply(bytes: Uint8Array, start: number, end: number, at: PacketRef): void {
    const code = codeAt(bytes, start, end);
    if (code === undefined) {
      if (start < end) this.#malformed('reply without code', 0, false, 1, at);
      return;
    }
    const waiting = this.#waiting[0];
    this.#unasked ??= waiting
      ? undefined
      : { protocol, event: 'response', completion_code: [], reply: [] };
    const into = this.#unasked ?? (waiting as { event: SmtpCommandEvent }).event;
    if (into.reply.length < REPLY_LINES_MAX) {
      into.completion_code.push(code);
      into.reply.push(textOf(bytes, Math.min(end, start + 4), end, TEXT_BYTES_MAX));
    }
    if (into.event === 'command') {
      into.reply_received = 'yes';
      into[SIGN_IN].replyAt = at;
    }
    if (bytes[start + 3] === 0x2d && end - start > 3) return;
    if (into === this.#unasked) {
      this.#unasked = undefined;
      this.#context.emit(into, 1, at);
      return;
    }
    // 3yz: the client has more to say.
    if (code.startsWith('3')) return;
    const { command } = into as SmtpCommandEvent;
    if (this.#sasl?.event === into) this.#sasl = undefined;
    if (this.#message === into && into.message_length === undefined) this.#message = undefined;
    this.#finish();
    if (command === 'STARTTLS' && code === '220') this.handover = true;
  }

  /** Hands on the command that waits longest. */
  #finish(): void {
    const first = this.#waiting.shift();
    if (first) this.#context.emit(first.event, 0, first.at);
  }

  #flush(): void {
    while (this.#waiting.length > 0) this.#finish();
    this.#unasked = undefined;
    this.#sasl = undefined;
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: SmtpEvent = { protocol, event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}
