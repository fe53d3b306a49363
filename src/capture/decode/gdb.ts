/**
 * GDB's remote serial protocol, by which a debugger stops, reads and writes whatever runs on a device ("Debugging with
 * GDB", appendix E): packets `$data#sum`, of which the commands are named once each.
 */
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  MalformedEvent,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { wireText } from './wire-text.ts';

export interface GdbPacketEvent extends AppEvent {
  readonly protocol: 'gdb';
  /** What a debugger asks, and what the stub answers. */
  readonly event: 'command' | 'reply';
  /** Name of the packet: `qSupported`, `vCont`, `m` (read memory), `M` (write memory) …; of a reply its beginning. */
  readonly packet: string;
}

export type GdbEvent = GdbPacketEvent | MalformedEvent;

const protocol = 'gdb';
const DOLLAR = 0x24;
const HASH = 0x23;
const PLUS = 0x2b;
const MINUS = 0x2d;
/** What is waited for of one packet; stubs tell how much they take, mostly 4 KiB. */
const PACKET_BYTES_MAX = 32_768;
const NAMES_MAX = 64;
const REPLY_CHARACTERS_MAX = 64;
const REPLIES_MAX = 8;

export const gdbDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [2345, 3333, 1234, 2331],
  firstBytes: [0x24, 0x2b, 0x2d],
  recognise(bytes, start, end): Recognition {
    let at = start;
    while (at < end && at < start + 4 && (bytes[at] === PLUS || bytes[at] === MINUS)) at++;
    if (at === end) return at - start < 4 ? 'more' : 'no';
    if (bytes[at] !== DOLLAR) return 'no';
    const hash = packetEnd(bytes, at, end);
    // A debugger's first words: names of general packets, or why the program stopped.
    const first = at + 1 < end ? bytes[at + 1] : 0x71;
    if (first !== 0x71 && first !== 0x51 && first !== 0x76 && first !== 0x3f && first !== 0x48)
      return 'no';
    if (hash < 0) return end - at < 512 ? 'more' : 'no';
    return isOpening(bytes, at + 1, hash) && sumFits(bytes, at + 1, hash) ? 'yes' : 'no';
  },
  open: (_flow, context) => new GdbParser(context),
};

/** Place of the `#` whose two digits are there as well, or -1. */
function packetEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start + 1; i + 2 < end; i++) if (bytes[i] === HASH) return i;
  return -1;
}

/** `?`, `Hg0`, or a name of letters behind q, Q or v. */
function isOpening(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first === 0x3f) return end === start + 1;
  if (first === 0x48)
    return end - start >= 3 && (bytes[start + 1] === 0x67 || bytes[start + 1] === 0x63);
  let letters = 0;
  for (let i = start + 1; i < end && isLetter(bytes[i]); i++) letters++;
  return letters >= 4;
}

function sumFits(bytes: Uint8Array, start: number, hash: number): boolean {
  let sum = 0;
  for (let i = start; i < hash; i++) sum = (sum + bytes[i]) & 255;
  return Number.parseInt(String.fromCharCode(bytes[hash + 1], bytes[hash + 2]), 16) === sum;
}

const isLetter = (byte: number): boolean =>
  (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);

class GdbParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  /** Who sent the first command. */
  #debugger: Direction | undefined;
  readonly #told = new Set<string>();
  #replies = 0;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    while (place < end && !this.done) {
      // Acknowledgements, and the byte that interrupts.
      if (bytes[place] !== DOLLAR) {
        place++;
        continue;
      }
      const hash = packetEnd(bytes, place, end);
      if (hash < 0) {
        if (end - place >= PACKET_BYTES_MAX) this.done = true;
        break;
      }
      this.#packet(bytes, place + 1, hash, direction, at);
      place = hash + 3;
    }
    return place - start;
  }

  gap(): void {
    // The next packet begins with its mark.
  }

  #packet(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (!sumFits(bytes, start, end)) {
      const reason = 'wrong checksum';
      this.#emit({ protocol, event: 'malformed', reason, offset: end - start }, direction, at);
      return;
    }
    this.#debugger ??= isOpening(bytes, start, end) ? direction : direction === 0 ? 1 : 0;
    if (direction === this.#debugger) {
      const packet = nameOf(bytes, start, end);
      if (this.#told.has(packet) || this.#told.size >= NAMES_MAX) return;
      this.#told.add(packet);
      this.#emit({ protocol, event: 'command', packet }, direction, at);
    } else if (this.#replies++ < REPLIES_MAX) {
      const packet = wireText(bytes, start, Math.min(end, start + REPLY_CHARACTERS_MAX));
      this.#emit({ protocol, event: 'reply', packet }, direction, at);
    }
  }

  #emit(event: GdbEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }
}

/** Letters of a general packet; of the others the first character is the command. */
function nameOf(bytes: Uint8Array, start: number, end: number): string {
  const first = bytes[start];
  const general = first === 0x71 || first === 0x51 || first === 0x76;
  let stop = start + 1;
  while (general && stop < end && (isLetter(bytes[stop]) || bytes[stop] === 0x2e)) stop++;
  return wireText(bytes, start, Math.min(end, stop, start + 40));
}
