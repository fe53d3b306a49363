/**
 * FTP's control connection (RFC 959; AUTH of RFC 4217; EPRT and EPSV of RFC 2428): commands and their replies, as
 * text lines. The first bytes, a greeting `220`, are SMTP's too, so recognition waits for a word that is FTP's own.
 */
import type { Secret } from '../../base/index.ts';
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { announce, type DataChannel } from './ftp/data.ts';
import {
  type FtpCommandEvent,
  type FtpMalformedEvent,
  type FtpResponseEvent,
  REPLY,
} from './ftp/events.ts';
import { lineEnd, methodLength } from './http/head.ts';
import { wireText } from './wire-text.ts';

export { ftpDataDecoder } from './ftp/data.ts';
export type { FtpCommandEvent, FtpDataEvent, FtpEvent, FtpResponseEvent } from './ftp/events.ts';

const protocol = 'ftp';
/** Longest line that is kept; Suricata's limit, so that both cut alike. */
const LINE_BYTES_MAX = 4_096;
const REPLY_LINES_MAX = 128;
const REPLY_CHARACTERS_MAX = 1_024;
/** Commands that wait for their replies. */
const WAITING_MAX = 32;

const OWN = new Set([
  'SYST',
  'FEAT',
  'OPTS',
  'PASV',
  'EPSV',
  'PORT',
  'EPRT',
  'CWD',
  'PWD',
  'XPWD',
  'TYPE',
  'RETR',
  'STOR',
  'LIST',
  'NLST',
  'MLSD',
  'MLST',
  'SIZE',
  'MDTM',
  'CLNT',
  'HOST',
  'SITE',
  'PBSZ',
  'PROT',
  'ACCT',
  'CDUP',
  'STOU',
  'APPE',
  'MKD',
  'RMD',
  'DELE',
]);
const SHARED = new Set(['USER', 'PASS', 'AUTH', 'QUIT', 'NOOP', 'HELP', 'STAT', 'REIN', 'ABOR']);

export const ftpDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [21, 2121],
  recognise: (bytes, start, end, _direction, flow): Recognition =>
    bytes[start] >= 0x30 && bytes[start] <= 0x39
      ? recogniseReply(bytes, start, end)
      : recogniseCommand(bytes, start, end, flow),
  open: (flow: Flow, context: DecodeContext) => new FtpParser(flow, context),
};

function recogniseCommand(bytes: Uint8Array, start: number, end: number, flow: Flow): Recognition {
  const length = methodLength(bytes, start, end);
  if (length > 4) return 'no';
  if (start + length === end) return 'more';
  const after = bytes[start + length];
  if (length < 3 || (after !== 0x20 && after !== 0x0d && after !== 0x0a)) return 'no';
  for (let i = start + length; i < end && bytes[i] !== 0x0a; i++)
    if (bytes[i] < 0x20 && bytes[i] !== 0x0d) return 'no';
  const word = latin(bytes, start, start + length);
  if (lineEnd(bytes, start, end) === end) return OWN.has(word) || SHARED.has(word) ? 'more' : 'no';
  if (OWN.has(word)) return 'yes';
  if (!SHARED.has(word)) return 'no';
  // POP3, IRC and SMTP have these words too. IRC's client speaks first, POP3's server never says a number.
  const port = flow.serverPort === 21 || flow.serverPort === 2121;
  if (port) return 'yes';
  return (word === 'USER' || word === 'PASS') && flow.payloadBytes(1) > 0 ? 'yes' : 'more';
}

/** Three digits that FTP's servers say first or to its own commands. */
function recogniseReply(bytes: Uint8Array, start: number, end: number): Recognition {
  if (end - start < 4) {
    for (let i = start; i < end; i++) if (bytes[i] < 0x30 || bytes[i] > 0x39) return 'no';
    return 'more';
  }
  const mark = bytes[start + 3];
  if (mark !== 0x20 && mark !== 0x2d) return 'no';
  const code =
    (bytes[start] - 0x30) * 100 + (bytes[start + 1] - 0x30) * 10 + bytes[start + 2] - 0x30;
  if (code === 227 || code === 229) return lineEnd(bytes, start, end) < end ? 'yes' : 'more';
  if (code !== 220 && code !== 120 && code !== 331 && code !== 230) return 'no';
  for (let i = start + 4; i < end; i++)
    if (bytes[i] < 0x20 && bytes[i] !== 0x0d && bytes[i] !== 0x0a && bytes[i] !== 0x09) return 'no';
  if (mentions(bytes, start + 4, end, 0x73, 0x6d, 0x74, 0x70)) return 'no'; // smtp
  return mentions(bytes, start + 4, end, 0x66, 0x74, 0x70, 0) ? 'yes' : 'more'; // ftp
}

/** Whether [start, end) holds these three or four letters, in any case. */
function mentions(
  bytes: Uint8Array,
  start: number,
  end: number,
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  for (let i = start; i + (d ? 3 : 2) < end; i++) {
    if ((bytes[i] | 0x20) !== a || (bytes[i + 1] | 0x20) !== b || (bytes[i + 2] | 0x20) !== c)
      continue;
    if (d === 0 || (bytes[i + 3] | 0x20) === d) return true;
  }
  return false;
}

function latin(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

class FtpParser implements Parser {
  handover = false;
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  /** Commands that wait for replies, with the packet each came in. */
  readonly #waiting: { readonly event: FtpCommandEvent; readonly at: PacketRef }[] = [];
  /** A reply to no command, whose lines are not all there. */
  #unasked: FtpResponseEvent | undefined;
  /** The code of a reply of several lines, until its last (RFC 959, 4.2). */
  #open: string | undefined;
  #replyLines = 0;
  /** The rest of a line that was too long, by direction. */
  readonly #discarding: [boolean, boolean] = [false, false];
  #channel: DataChannel | undefined;

  constructor(flow: Flow, context: DecodeContext) {
    this.#flow = flow;
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    while (place < end && !this.handover) {
      const line = lineEnd(bytes, place, Math.min(end, place + LINE_BYTES_MAX));
      const whole = line < end && bytes[line] === 0x0a;
      if (this.#discarding[direction]) {
        this.#discarding[direction] = !whole;
        place = whole ? line + 1 : line;
        continue;
      }
      if (!whole && end - place < LINE_BYTES_MAX) break;
      if (!whole) this.#discarding[direction] = true;
      const stop = whole && line > place && bytes[line - 1] === 0x0d ? line - 1 : line;
      if (direction === 0) this.#command(bytes, place, stop, !whole, at);
      else this.#reply(bytes, place, stop, !whole, at);
      place = whole ? line + 1 : line;
    }
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#discarding[direction] = true;
    if (direction === 1) this.#open = undefined;
    this.#flush();
  }

  close(): void {
    this.#flush();
  }

  #command(bytes: Uint8Array, from: number, end: number, cut: boolean, at: PacketRef): void {
    let start = from;
    // The interrupt that some clients send before ABOR (RFC 959, 4.1.3), and stray blanks.
    while (start < end && (bytes[start] >= 0xf0 || bytes[start] === 0x20)) start++;
    if (start === end) return;
    let word = start;
    while (word < end && word - start < 16 && isLetter(bytes[word])) word++;
    if (word === start || (word < end && bytes[word] !== 0x20)) {
      this.#malformed('invalid command', 0, false, 0, at);
      return;
    }
    const command = latin(bytes, start, word).toUpperCase();
    const data = word < end ? wireText(bytes, word + 1, end) : undefined;
    if (cut) this.#malformed('line too long', LINE_BYTES_MAX, true, 0, at);
    const secret = (command === 'PASS' || command === 'ACCT') && data !== undefined;
    const event: FtpCommandEvent = {
      protocol,
      event: 'command',
      command,
      command_data: secret ? this.#seal(bytes, word + 1, end) : data,
      command_truncated: cut,
      completion_code: [],
      reply: [],
      reply_received: 'no',
      reply_truncated: false,
      dynamic_port: undefined,
      mode: undefined,
      [REPLY]: { at: undefined, dataSeen: false },
    };
    if (command === 'PORT' || command === 'EPRT') this.#active(event, data ?? '');
    else if (TRANSFERS.has(command) && this.#channel) {
      this.#channel.command = command;
      this.#channel.filename = data;
    }
    if (this.#waiting.length >= WAITING_MAX) this.#finish();
    this.#waiting.push({ event, at });
  }

  #seal(bytes: Uint8Array, start: number, end: number): Secret {
    return this.#context.secrets.seal(bytes.subarray(start, end));
  }

  #reply(bytes: Uint8Array, start: number, end: number, cut: boolean, at: PacketRef): void {
    const code = replyCode(bytes, start, end);
    if (code === undefined && this.#open === undefined && start === end) return;
    if (code === undefined && this.#open === undefined)
      this.#malformed('reply without code', 0, true, 1, at);
    if (cut) this.#malformed('line too long', LINE_BYTES_MAX, true, 1, at);
    const waiting = this.#waiting[0];
    this.#unasked ??= waiting
      ? undefined
      : { protocol, event: 'response', completion_code: [], reply: [], reply_truncated: false };
    const into = this.#unasked ?? (waiting?.event as FtpCommandEvent);
    if (this.#replyLines++ < REPLY_LINES_MAX) {
      if (code !== undefined) into.completion_code.push(code);
      const text = code === undefined ? start : Math.min(end, start + 4);
      into.reply.push(wireText(bytes, text, Math.min(end, text + REPLY_CHARACTERS_MAX)));
    }
    into.reply_truncated ||= cut;
    if (into.event === 'command') {
      into.reply_received = 'yes';
      into[REPLY].at = at;
      if (code === '227' || code === '229') this.#passive(into, into.reply.at(-1) ?? '', code);
    }
    // What begins without a code is taken for a whole reply, so that later ones answer their own commands.
    const continued = code !== undefined && bytes[start + 3] === 0x2d;
    const last = this.#open === undefined ? !continued : this.#open === code && !continued;
    if (!last) {
      this.#open ??= code;
      return;
    }
    this.#open = undefined;
    // 1yz: another reply follows.
    if (code?.startsWith('1') && into.event === 'command') return;
    if (into === this.#unasked) {
      this.#unasked = undefined;
      this.#replyLines = 0;
      this.#context.emit(into, 1, at);
      return;
    }
    const answered = this.#waiting[0]?.event;
    this.#finish();
    if (answered?.command === 'AUTH' && code === '234') this.handover = true;
  }

  /** Hands on the command that waits longest. */
  #finish(): void {
    const first = this.#waiting.shift();
    this.#replyLines = 0;
    if (!first) return;
    const { command } = first.event;
    if (TRANSFERS.has(command)) first.event[REPLY].dataSeen = this.#channel?.opened ?? false;
    this.#context.emit(first.event, 0, first.at);
  }

  #flush(): void {
    while (this.#waiting.length > 0) this.#finish();
    this.#unasked = undefined;
  }

  /** PORT h1,h2,h3,h4,p1,p2 and EPRT |protocol|address|port|: the server will call the client. */
  #active(event: FtpCommandEvent, data: string): void {
    const place = event.command === 'PORT' ? sixNumbers(data) : extendedPlace(data);
    if (place)
      this.#announce(event, 'active', [place.address, this.#flow.clientAddress], place.port);
  }

  /** 227 … (h1,h2,h3,h4,p1,p2) and 229 … (|||port|): the client will call the server. */
  #passive(event: FtpCommandEvent, reply: string, code: string): void {
    if (code === '227') {
      const place = sixNumbers(reply);
      // Behind address translation a server names an address that the client never sees.
      if (place)
        this.#announce(event, 'passive', [place.address, this.#flow.serverAddress], place.port);
      return;
    }
    const port = /\((.)\1\1(\d{1,5})\1\)/.exec(reply)?.[2];
    if (port) this.#announce(event, 'passive', [this.#flow.serverAddress], Number(port));
  }

  #announce(
    event: FtpCommandEvent,
    mode: 'active' | 'passive',
    addresses: string[],
    port: number,
  ): void {
    if (port < 1 || port > 65_535) return;
    event.dynamic_port = port;
    event.mode = mode;
    this.#channel = { mode, command: undefined, filename: undefined, opened: false };
    const { run } = this.#flow;
    if (run) for (const address of new Set(addresses)) announce(run, address, port, this.#channel);
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: FtpMalformedEvent = { protocol, event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}

const TRANSFERS = new Set(['RETR', 'STOR', 'STOU', 'APPE', 'LIST', 'NLST', 'MLSD']);

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

/** Three digits, then a blank, a hyphen or nothing. */
function replyCode(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < 3) return undefined;
  for (let i = start; i < start + 3; i++) if (bytes[i] < 0x30 || bytes[i] > 0x39) return undefined;
  if (end - start > 3 && bytes[start + 3] !== 0x20 && bytes[start + 3] !== 0x2d) return undefined;
  return latin(bytes, start, start + 3);
}

function sixNumbers(text: string): { address: string; port: number } | undefined {
  const match = /(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})/.exec(text);
  if (!match) return undefined;
  const numbers = match.slice(1).map(Number);
  if (numbers.some((number) => number > 255)) return undefined;
  return {
    address: numbers.slice(0, 4).join('.'),
    port: (numbers[4] as number) * 256 + (numbers[5] as number),
  };
}

function extendedPlace(text: string): { address: string; port: number } | undefined {
  const match = /^\s*([!-~])[12]\1([0-9a-fA-F:.]{2,45})\1(\d{1,5})\1/.exec(text);
  return match
    ? { address: (match[2] as string).toLowerCase(), port: Number(match[3]) }
    : undefined;
}
