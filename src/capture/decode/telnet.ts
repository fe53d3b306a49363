/**
 * Telnet (RFC 854): option negotiation, by which it is recognised on any port, the lengths of what is typed and
 * shown, and sign-ins. The text itself goes nowhere.
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
import { isSecretName } from './http/secrets.ts';
import {
  IAC,
  isKnownOption,
  isNegotiation,
  isRefusal,
  OPTION_START_TLS,
  OPTION_TERMINAL_TYPE,
  optionName,
  SB,
  SE,
  verbName,
} from './telnet/commands.ts';
import { type LoginOutcome, LoginWatch } from './telnet/login.ts';

export interface TelnetNegotiationEvent extends AppEvent {
  readonly protocol: 'telnet';
  readonly event: 'negotiation';
  /** `will echo`, `do terminal_type`, `sub window_size`, in order, at most 64. */
  readonly options: readonly string[];
  readonly terminal_type: string | undefined;
  /** Variables that the client sent (RFC 1572), values of secret names masked. */
  readonly environment: Readonly<Record<string, string>> | undefined;
}
/** Text of one side until the other speaks. */
export interface TelnetDataEvent extends AppEvent {
  readonly protocol: 'telnet';
  readonly event: 'data';
  readonly length: number;
}
export interface TelnetLoginEvent extends AppEvent {
  readonly protocol: 'telnet';
  readonly event: 'login';
  readonly username: string | undefined;
  readonly password: Secret;
  readonly outcome: LoginOutcome;
}
export interface TelnetMalformedEvent extends MalformedEvent {
  readonly protocol: 'telnet';
}
export type TelnetEvent =
  | TelnetNegotiationEvent
  | TelnetDataEvent
  | TelnetLoginEvent
  | TelnetMalformedEvent;

const protocol = 'telnet';
const OPTIONS_MAX = 64;
const SUBNEGOTIATION_BYTES_MAX = 1_024;
const VARIABLES_MAX = 16;

export const telnetDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [23, 2323],
  recognise: (bytes, start, end, direction, flow): Recognition => {
    if (bytes[start] === IAC) return recogniseNegotiation(bytes, start, end);
    if (flow.serverPort !== 23 && flow.serverPort !== 2323) return 'no';
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      if (byte === IAC) return recogniseNegotiation(bytes, i, end);
      if (byte < 0x20 && byte !== 0 && (byte < 0x07 || byte > 0x0d) && byte !== 0x1b) return 'no';
    }
    return direction === 1 && asksForSignIn(bytes, start, end) ? 'yes' : 'more';
  },
  open: (_flow: Flow, context: DecodeContext) => new TelnetParser(context),
};

function recogniseNegotiation(bytes: Uint8Array, start: number, end: number): Recognition {
  if (end - start < 3) return end - start < 2 || isNegotiation(bytes[start + 1]) ? 'more' : 'no';
  const command = bytes[start + 1];
  if (!isNegotiation(command) && command !== SB) return 'no';
  if (!isKnownOption(bytes[start + 2])) return 'no';
  // Nobody begins by declining (and FF FE is a byte order mark), unless it goes on with another option.
  if (isRefusal(command) && end - start < 4) return 'more';
  if (isRefusal(command) && bytes[start + 3] !== IAC) return 'no';
  // What follows a first option is another one, or text.
  return end - start < 4 || bytes[start + 3] === IAC || bytes[start + 3] < 0x80 ? 'yes' : 'no';
}

/** Whether text holds `ogin:` or `assword:`. */
function asksForSignIn(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start + 4; i < end; i++) {
    if (bytes[i] !== 0x3a) continue;
    let last = i - 1;
    while (last > start && bytes[last] === 0x20) last--;
    const a = bytes[last] | 0x20;
    const b = bytes[last - 1] | 0x20;
    if ((a === 0x6e && b === 0x69) || (a === 0x64 && b === 0x72) || (a === 0x65 && b === 0x6d))
      return true;
  }
  return false;
}

class TelnetParser implements Parser {
  handover = false;
  readonly #context: DecodeContext;
  readonly #watch: LoginWatch<PacketRef>;
  /** Text that no event has told of yet. */
  #textLength = 0;
  #textDirection: Direction = 0;
  #textAt: PacketRef | undefined;
  readonly #startTls: [boolean, boolean] = [false, false];

  constructor(context: DecodeContext) {
    this.#context = context;
    this.#watch = new LoginWatch(context.secrets, ({ at, ...login }) => {
      this.#tell();
      const event: TelnetLoginEvent = { protocol, event: 'login', ...login };
      context.emit(event, 0, at);
    });
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const watch = this.#watch;
    let negotiated: Negotiated | undefined;
    let text = 0;
    let place = start;
    while (place < end) {
      const byte = bytes[place];
      if (byte === IAC) {
        const length = commandLength(bytes, place, end);
        if (length === 0) break;
        if (length < 0) {
          this.#malformed('subnegotiation too long', place - start, direction, at);
          place = end;
          break;
        }
        if (length === 2 && bytes[place + 1] === IAC) text++;
        else {
          negotiated ??= { options: [], terminalType: undefined, environment: undefined };
          this.#negotiate(bytes, place, place + length, direction, negotiated);
        }
        place += length;
        continue;
      }
      text++;
      if (direction === 0) watch.client(byte, at);
      else watch.server(byte);
      place++;
    }
    if (direction === 1 && text > 0) watch.serverPaused();
    if (negotiated && negotiated.options.length > 0) {
      this.#tell();
      const event: TelnetNegotiationEvent = {
        protocol,
        event: 'negotiation',
        options: negotiated.options,
        terminal_type: negotiated.terminalType,
        environment: negotiated.environment,
      };
      this.#context.emit(event, direction, at);
    }
    if (text > 0) this.#text(text, direction, at);
    return place - start;
  }

  gap(missing: number, direction: Direction, at: PacketRef): void {
    this.#text(missing, direction, at);
  }

  close(): void {
    this.#watch.end();
    this.#tell();
  }

  #text(length: number, direction: Direction, at: PacketRef): void {
    if (direction !== this.#textDirection) this.#tell();
    this.#textDirection = direction;
    this.#textLength += length;
    this.#textAt ??= at;
  }

  #tell(): void {
    if (!this.#textAt) return;
    const event: TelnetDataEvent = { protocol, event: 'data', length: this.#textLength };
    const at = this.#textAt;
    this.#textAt = undefined;
    this.#textLength = 0;
    this.#context.emit(event, this.#textDirection, at);
  }

  #negotiate(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    into: Negotiated,
  ): void {
    const command = bytes[start + 1];
    const option = bytes[start + 2];
    if (into.options.length >= OPTIONS_MAX) return;
    if (isNegotiation(command)) into.options.push(`${verbName(command)} ${optionName(option)}`);
    if (command !== SB) return;
    into.options.push(`sub ${optionName(option)}`);
    const body = end - 2;
    if (option === OPTION_TERMINAL_TYPE && bytes[start + 3] === 0)
      into.terminalType = plain(bytes, start + 4, body);
    else if ((option === 36 || option === 39) && bytes[start + 3] !== 1)
      into.environment = this.#variables(bytes, start + 4, body);
    else if (option === OPTION_START_TLS) {
      this.#startTls[direction] = true;
      this.handover = this.#startTls[0] && this.#startTls[1];
    }
  }

  /** NEW-ENVIRON (RFC 1572): VAR or USERVAR, a name, VALUE, a value. */
  #variables(bytes: Uint8Array, start: number, end: number): Record<string, string> | undefined {
    const variables: [string, string][] = [];
    let name: string | undefined;
    let place = start;
    while (place < end && variables.length < VARIABLES_MAX) {
      const type = bytes[place];
      let stop = place + 1;
      while (stop < end && bytes[stop] > 3) stop++;
      const text = plain(bytes, place + 1, stop);
      if (type === 0 || type === 3) name = text;
      else if (type === 1 && name !== undefined) {
        variables.push([name, isSecretName(name) ? this.#context.secrets.seal(text).hash : text]);
        name = undefined;
      }
      place = stop;
    }
    return variables.length > 0 ? Object.fromEntries(variables) : undefined;
  }

  #malformed(reason: string, offset: number, direction: Direction, at: PacketRef): void {
    const event: TelnetMalformedEvent = { protocol, event: 'malformed', reason, offset };
    this.#context.emit(event, direction, at);
  }
}

interface Negotiated {
  readonly options: string[];
  terminalType: string | undefined;
  environment: Record<string, string> | undefined;
}

/** Length of the command at `start`, 0 when its end is not there yet, -1 when it has none within bounds. */
function commandLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 2) return 0;
  const command = bytes[start + 1];
  if (isNegotiation(command)) return end - start < 3 ? 0 : 3;
  if (command !== SB) return 2;
  const stop = Math.min(end, start + SUBNEGOTIATION_BYTES_MAX);
  for (let i = start + 3; i + 1 < stop; i++) {
    if (bytes[i] !== IAC) continue;
    if (bytes[i + 1] === SE) return i + 2 - start;
    i++;
  }
  return end - start < SUBNEGOTIATION_BYTES_MAX ? 0 : -1;
}

function plain(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end && text.length < 128; i++)
    text += String.fromCharCode(bytes[i] & 0x7f);
  return text;
}
