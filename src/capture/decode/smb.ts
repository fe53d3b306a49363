/**
 * SMB 1, 2 and 3 over TCP, with or without NetBIOS in front (MS-CIFS, MS-SMB2, RFC 1002): what both sides speak, how a
 * session is opened, and which shares are used. Files and what is done with them are passed over.
 */
import type { DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { u16be, u16le, u32be, u32le } from './integers.ts';
import { asBuffer } from './payload.ts';
import type { SmbEvent } from './smb/events.ts';
import * as smb1 from './smb/smb1.ts';
import * as smb2 from './smb/smb2.ts';

export type { SmbEvent } from './smb/events.ts';

const protocol = 'smb';
/** NetBIOS session service: type, flags, length. */
const FRAME_BYTES = 4;
const SESSION_MESSAGE = 0x00;
const SESSION_REQUEST = 0x81;
const SESSION_REQUEST_BYTES = 68;
const NAME_BYTES = 34;
/** `SMB` behind the byte that tells the version. */
const MARK = 0x534d42;
const VERSION_1 = 0xff;
const VERSION_2 = 0xfe;
const ENCRYPTED = 0xfd;
const COMPRESSED = 0xfc;
/** Longest message of the kinds that are read. */
const MESSAGE_BYTES_MAX = 32_768;
const COMPOUND_MAX = 16;
/** Requests for shares that wait for their answers. */
const WAITING_MAX = 32;

export const smbDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [445, 139],
  firstBytes: [0x00, 0x81],
  recognise(bytes, start, end, _direction, { serverPort }) {
    if (bytes[start] === SESSION_REQUEST) {
      if (serverPort !== 139) return 'no';
      if (end - start < FRAME_BYTES + SESSION_REQUEST_BYTES) return 'more';
      return isSessionRequest(bytes, start) ? 'yes' : 'no';
    }
    if (bytes[start] !== SESSION_MESSAGE) return 'no';
    if (end - start < FRAME_BYTES + 4) return 'more';
    return isMark(bytes, start + FRAME_BYTES) && lengthAt(bytes, start) >= smb1.HEADER_BYTES
      ? 'yes'
      : 'no';
  },
  open: (_flow, context) => new SmbParser(context),
};

const lengthAt = (bytes: Uint8Array, start: number): number => u32be(bytes, start) & 0xffffff;

function isMark(bytes: Uint8Array, at: number): boolean {
  const word = u32be(bytes, at);
  return (word & 0xffffff) === MARK && word >>> 24 >= COMPRESSED;
}

/** Two names, each of 32 letters A to P behind their length. */
function isSessionRequest(bytes: Uint8Array, start: number): boolean {
  if (u16be(bytes, start + 2) !== SESSION_REQUEST_BYTES) return false;
  const called = start + FRAME_BYTES;
  return bytes[called] === 32 && bytes[called + NAME_BYTES] === 32 && bytes[called + 33] === 0;
}

class SmbParser implements Parser {
  readonly #context: DecodeContext;
  readonly #state: smb1.Smb1State = { dialects: [], clearPassword: false };
  /** Shares asked for, by the number of the message. */
  readonly #shares = new Map<number, string>();
  readonly #encrypted: [boolean, boolean] = [false, false];
  readonly #lost: [boolean, boolean] = [false, false];

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    if (this.#lost[direction]) {
      if (
        end - start < FRAME_BYTES + 4 ||
        bytes[start] !== 0 ||
        !isMark(bytes, start + FRAME_BYTES)
      )
        return end - start;
      this.#lost[direction] = false;
    }
    while (end - place >= FRAME_BYTES) {
      const length = lengthAt(bytes, place);
      const from = place + FRAME_BYTES;
      if (bytes[place] === SESSION_MESSAGE) {
        if (length >= 8 && end - from < 16) break;
        const wanted = length >= 8 ? wantedOf(bytes, from, end, length) : 0;
        if (wanted < 0 || end - from < wanted) break;
        if (
          !this.#message(
            bytes,
            from,
            from + length,
            Math.min(end, from + length),
            wanted,
            direction,
            at,
          )
        ) {
          this.#lost[direction] = true;
          return end - start;
        }
      } else if (bytes[place] === SESSION_REQUEST && length >= SESSION_REQUEST_BYTES) {
        if (end - from < SESSION_REQUEST_BYTES) break;
        this.#sessionRequest(bytes, from, direction, at);
      }
      place = from + length;
    }
    return place - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lost[direction] = true;
  }

  /** @returns false when it is no message of SMB. */
  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    inHand: number,
    wanted: number,
    direction: Direction,
    at: PacketRef,
  ): boolean {
    if (end - start < 8) return true;
    if (!isMark(bytes, start)) {
      this.#malformed('not a message', 0, direction, at);
      return false;
    }
    const kind = bytes[start];
    if (kind === ENCRYPTED) {
      if (!this.#encrypted[direction]) {
        this.#encrypted[direction] = true;
        this.#context.emit({ protocol, event: 'encrypted' }, direction, at);
      }
    } else if (wanted === 0) return true;
    else if (kind === VERSION_1)
      this.#one(asBuffer(bytes), start, Math.min(end, inHand), direction, at);
    else if (kind === VERSION_2)
      this.#compound(asBuffer(bytes), start, Math.min(end, inHand), direction, at);
    return true;
  }

  #one(bytes: Buffer, start: number, end: number, direction: Direction, at: PacketRef): void {
    if (end - start < smb1.HEADER_BYTES + 3) {
      this.#malformed('truncated message', end - start, direction, at);
      return;
    }
    const read = smb1.readSmb1(bytes, start, end, this.#context.secrets, this.#state);
    this.#tell(read, bytes.readUInt16LE(start + 30), direction, at);
  }

  /** Several messages may follow each other (MS-SMB2 3.2.4.1.4). */
  #compound(bytes: Buffer, from: number, end: number, direction: Direction, at: PacketRef): void {
    let start = from;
    for (let count = 0; count < COMPOUND_MAX; count++) {
      if (end - start < smb2.HEADER_BYTES) {
        this.#malformed('truncated message', end - start, direction, at);
        return;
      }
      const next = bytes.readUInt32LE(start + 20);
      const stop = next > 0 ? Math.min(end, start + next) : end;
      const read = smb2.readSmb2(bytes, start, stop, this.#context.secrets);
      this.#tell(read, bytes.readUInt32LE(start + 24), direction, at);
      if (next === 0 || next < smb2.HEADER_BYTES) return;
      start += next;
    }
  }

  #tell(
    read: SmbEvent | string | undefined,
    number: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    if (typeof read === 'string') {
      this.#malformed(read, 0, direction, at);
      return;
    }
    if (!read) return;
    let event = read;
    if (event.event === 'tree_connect_request') {
      if (this.#shares.size < WAITING_MAX) this.#shares.set(number, event.path);
    } else if (event.event === 'tree_connect_response') {
      event = { ...event, path: this.#shares.get(number) };
      // An interim answer asks for patience.
      if (event.status !== '0x00000103') this.#shares.delete(number);
    }
    this.#context.emit(event, direction, at);
  }

  #sessionRequest(bytes: Uint8Array, from: number, direction: Direction, at: PacketRef): void {
    this.#context.emit(
      {
        protocol,
        event: 'session_request',
        called_name: nameAt(bytes, from + 1),
        calling_name: nameAt(bytes, from + 1 + NAME_BYTES),
      } as SmbEvent,
      direction,
      at,
    );
  }

  #malformed(reason: string, offset: number, direction: Direction, at: PacketRef): void {
    const event: SmbEvent = { protocol, event: 'malformed', reason, offset };
    this.#context.emit(event, direction, at);
  }
}

/** Bytes of a message that are wanted: all of those that begin a session, of others none; -1: not yet known. */
function wantedOf(bytes: Uint8Array, from: number, end: number, length: number): number {
  if (!isMark(bytes, from) || length > MESSAGE_BYTES_MAX) return 0;
  if (bytes[from] === VERSION_1) {
    const command = bytes[from + 4];
    const known =
      command === smb1.NEGOTIATE || command === smb1.SESSION_SETUP || command === smb1.TREE_CONNECT;
    return known ? length : 0;
  }
  if (bytes[from] !== VERSION_2) return 0;
  if (end - from < 24) return length < 24 ? length : -1;
  const command = u16le(bytes, from + 12);
  const known =
    command === smb2.NEGOTIATE || command === smb2.SESSION_SETUP || command === smb2.TREE_CONNECT;
  // What follows upon another message may be one of those.
  return known || u32le(bytes, from + 20) > 0 ? length : 0;
}

/** Half a byte a letter, from A; blanks and the kind of name at the end. */
function nameAt(bytes: Uint8Array, at: number): string {
  let name = '';
  for (let i = 0; i < 30; i += 2)
    name += String.fromCharCode(
      (((bytes[at + i] - 0x41) & 15) << 4) | ((bytes[at + i + 1] - 0x41) & 15),
    );
  return name.trimEnd();
}
