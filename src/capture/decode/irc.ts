/**
 * IRC (RFC 1459, RFC 2812; STARTTLS as the IRCv3 group describes it): who joins what under which name. What people
 * write is not kept. After STARTTLS the rest of the connection is another protocol's.
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
import type { Credential } from './http/secrets.ts';
import { Lines } from './lines.ts';
import type { IrcEvent } from './mail/irc-events.ts';
import { isDigit, isOneOf, isPlain, isWord, lettersEnd, textOf } from './mail/words.ts';

const protocol = 'irc';
const PORTS = [6667, 6666, 6668, 6669, 7000];
/** A line has 512 bytes (RFC 2812, 2.3), and tags before it may have 8,191 (IRCv3). */
const LINE_BYTES_MAX = 9_216;
const TEXT_BYTES_MAX = 255;
const PARAMS_MAX = 15;

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const COLON = 0x3a;
const AT = 0x40;
/** The first byte of TLS, which begins no line. */
const TLS_HANDSHAKE = 0x16;

/** What begins a session, from either side, and what others say too or only in the middle of one. */
const OPENINGS = ['NICK', 'USER', 'CAP', 'NOTICE'];
const OTHERS = ['PASS', 'STARTTLS', 'PING', 'PONG', 'ERROR', 'JOIN', 'MODE', 'PRIVMSG', 'QUIT'];
/** Commands whose last parameter is free text. */
const TEXTS = new Set([
  'PRIVMSG',
  'NOTICE',
  'TOPIC',
  'QUIT',
  'PART',
  'KICK',
  'AWAY',
  'USER',
  'WALLOPS',
]);

export const ircDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: PORTS,
  recognise: (bytes, start, end, _direction, flow): Recognition => {
    if (bytes[start] === COLON) return recogniseServer(bytes, start, end);
    const word = lettersEnd(bytes, start, end);
    if (word === start) return 'no';
    if (word === end) return word - start <= 8 ? 'more' : 'no';
    // The shortest, CAP, has three letters.
    if (word < start + 3 || (bytes[word] !== SPACE && bytes[word] !== CR && bytes[word] !== LF))
      return 'no';
    const opening = OPENINGS.find((each) => isWord(bytes, start, word, each));
    if (!opening && !isOneOf(bytes, start, word, OTHERS)) return 'no';
    const stop = lineEnd(bytes, start, end);
    if (!isPlain(bytes, start, stop)) return 'no';
    if (stop === end) return 'more';
    const onPort = PORTS.includes(flow.serverPort) || PORTS.includes(flow.clientPort);
    if (!opening) return onPort ? 'yes' : 'more';
    return judge(opening, parametersIn(bytes, word, stop), onPort);
  },
  open: (_flow: Flow, context) => new IrcParser(context),
};

/** `:irc.example.com 001 …` or `:irc.example.com NOTICE …`. */
function recogniseServer(bytes: Uint8Array, start: number, end: number): Recognition {
  let at = start;
  while (at < end && bytes[at] > SPACE && at - start < 128) at++;
  if (at === end) return 'more';
  if (bytes[at] !== SPACE || at === start + 1) return 'no';
  const stop = lineEnd(bytes, start, end);
  if (stop === end) return 'more';
  const word = lettersEnd(bytes, at + 1, stop);
  const digits = isDigit(bytes[at + 1]) && isDigit(bytes[at + 2]) && isDigit(bytes[at + 3]);
  if (digits) return bytes[at + 4] === SPACE ? 'yes' : 'no';
  return ['NOTICE', 'NICK', 'JOIN', 'MODE', 'PRIVMSG', 'CAP'].some((name) =>
    isWord(bytes, at + 1, word, name),
  )
    ? 'yes'
    : 'no';
}

/** FTP and POP3 have a USER too, but with one parameter; a notice without a server's name could be anybody's. */
function judge(opening: string, parameters: number, onPort: boolean): Recognition {
  if (opening === 'USER') return parameters >= 4 ? 'yes' : 'more';
  if (opening === 'NOTICE') return parameters > 1 && onPort ? 'yes' : 'no';
  return parameters > 0 ? 'yes' : 'no';
}

function parametersIn(bytes: Uint8Array, start: number, end: number): number {
  let parameters = 0;
  for (let at = start; at + 1 < end; at++)
    if (bytes[at] === SPACE && bytes[at + 1] > SPACE) parameters++;
  return parameters;
}

class IrcParser implements Parser {
  handover = false;
  readonly #context: DecodeContext;
  readonly #lines = new Lines(LINE_BYTES_MAX);
  #nick: string | undefined;
  #tlsAsked = false;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const lines = this.#lines;
    let place = start;
    while (place < end && !this.handover) {
      if (bytes[place] === TLS_HANDSHAKE && this.#tlsAsked) {
        this.handover = true;
        break;
      }
      const found = lines.find(bytes, place, end, direction);
      if (found === 'more') break;
      place = lines.next;
      if (found === 'rest' || lines.stop === lines.start) continue;
      if (lines.cut) this.#malformed('line too long', LINE_BYTES_MAX, true, direction, at);
      this.#message(bytes, lines.start, lines.stop, direction, at);
    }
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lines.lost(direction);
  }

  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    let place = bytes[start] === AT ? next(bytes, start, end) : start;
    let prefix: string | undefined;
    if (bytes[place] === COLON && place < end) {
      prefix = textOf(bytes, place + 1, blankAt(bytes, place, end), TEXT_BYTES_MAX);
      place = next(bytes, place, end);
    }
    const word = blankAt(bytes, place, end);
    const numeric = word - place === 3 && isDigit(bytes[place]) && isDigit(bytes[place + 2]);
    if (!numeric && lettersEnd(bytes, place, end) !== word) {
      this.#malformed('invalid command', place - start, false, direction, at);
      return;
    }
    const command = textOf(bytes, place, word, 16).toUpperCase();
    const { params, text } = readParams(bytes, word, end);
    const free = text !== undefined && (numeric || TEXTS.has(command));
    if (text !== undefined && !free) params.push(text);
    if (command === 'NICK' && direction === 0) this.#nick = params[0];
    const credentials = direction === 0 ? this.#credentials(command, params) : undefined;
    this.#context.emit(
      {
        protocol,
        event: 'message',
        prefix,
        command,
        params: params.map((param) => param.slice(0, TEXT_BYTES_MAX)),
        text_length: free ? Buffer.byteLength(text) : undefined,
        credentials,
      } as IrcEvent,
      direction,
      at,
    );
    if (command === 'STARTTLS' && direction === 0) this.#tlsAsked = true;
    // RPL_STARTTLS.
    else if (command === '670' && direction === 1 && this.#tlsAsked) this.handover = true;
  }

  /** Takes passwords out of the parameters: PASS password, OPER name password, JOIN channels keys. */
  #credentials(command: string, params: string[]): Credential[] | undefined {
    const place = command === 'PASS' ? 0 : command === 'OPER' || command === 'JOIN' ? 1 : -1;
    const password = params[place];
    if (password === undefined) return undefined;
    params.length = place;
    const username = command === 'OPER' ? params[0] : this.#nick;
    return [
      { method: command.toLowerCase(), username, secret: this.#context.secrets.seal(password) },
    ];
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: IrcEvent = { protocol, event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}

/** Where the word at `start` ends. */
function blankAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== SPACE) at++;
  return at;
}

/** Where the word behind the one at `start` begins. */
function next(bytes: Uint8Array, start: number, end: number): number {
  let at = blankAt(bytes, start, end);
  while (at < end && bytes[at] === SPACE) at++;
  return at;
}

/** Parameters, and the last one apart if it may hold blanks. */
function readParams(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly params: string[]; readonly text: string | undefined } {
  const params: string[] = [];
  let at = next(bytes, start, end);
  while (at < end && params.length < PARAMS_MAX) {
    if (bytes[at] === COLON) return { params, text: textOf(bytes, at + 1, end, LINE_BYTES_MAX) };
    params.push(textOf(bytes, at, blankAt(bytes, at, end), LINE_BYTES_MAX));
    at = next(bytes, at, end);
  }
  return { params, text: undefined };
}
