/**
 * PPPP, by which cameras of many makers are reached past address translation (CS2 Network, iLnkP2P): who registers with
 * which server, how peers and relays are found, and that data flow. Where makers scramble it, it is not recognised.
 */
import type { Secret } from '../../base/index.ts';
import type { AppEvent, DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { u16be, u32be } from './integers.ts';
import { wireText } from './wire-text.ts';

/** For the observer only: the check code as it stands on the wire. */
export const WIRE = Symbol('wire');

export interface PpppEvent extends AppEvent {
  readonly protocol: 'pppp';
  /** Of data, its acknowledgements and signs of life the first in each direction. */
  readonly event: (typeof MESSAGES)[number][1];
  /** Maker's prefix and number of the device that is meant. */
  readonly uid: string | undefined;
  /** Hash of the letters without which nobody may ask for the device. */
  readonly check_code: string | undefined;
  /** 0 is success. */
  readonly result: number | undefined;
  readonly [WIRE]?: readonly Secret[] | undefined;
}

const protocol = 'pppp';
const PORTS = [32100, 32108];
const MAGIC = 0xf1;
const HEADER_BYTES = 4;
const UID_BYTES = 20;
const DATA_MAGIC = 0xd1;
/** Messages followed; those of a stream of pictures are many, and all alike. */
const MESSAGES_MAX = 10_000;

/** What a body begins with, and its least size. */
type Body = 'none' | 'uid' | 'relayed uid' | 'result' | 'address' | 'data' | 'any';
const BODY_BYTES: Record<Body, number> = {
  ...{ none: 0, uid: UID_BYTES, 'relayed uid': UID_BYTES + 4, result: 4 },
  ...{ address: 16, data: 4, any: 1 },
};
const MESSAGES = [
  [0x00, 'hello', 'none'],
  [0x01, 'hello_ack', 'address'],
  [0x10, 'device_login', 'uid'],
  [0x11, 'device_login_ack', 'result'],
  [0x12, 'device_login_crc', 'any'],
  [0x13, 'device_login_ack_crc', 'any'],
  [0x20, 'p2p_request', 'uid'],
  [0x21, 'p2p_request_ack', 'result'],
  [0x30, 'lan_search', 'none'],
  [0x40, 'punch_to', 'address'],
  [0x41, 'punch_packet', 'uid'],
  [0x42, 'p2p_ready', 'uid'],
  [0x67, 'list_request_1', 'uid'],
  [0x68, 'list_request', 'none'],
  [0x69, 'list_request_ack', 'any'],
  [0x70, 'relay_hello', 'none'],
  [0x71, 'relay_hello_ack', 'none'],
  [0x72, 'relay_port', 'none'],
  [0x73, 'relay_port_ack', 'any'],
  [0x80, 'relay_request', 'uid'],
  [0x81, 'relay_request_ack', 'result'],
  [0x82, 'relay_to', 'address'],
  [0x83, 'relay_packet', 'relayed uid'],
  [0x84, 'relay_ready', 'uid'],
  [0xd0, 'data', 'data'],
  [0xd1, 'data_ack', 'data'],
  [0xe0, 'alive', 'none'],
  [0xe1, 'alive_ack', 'none'],
  [0xf0, 'close', 'none'],
] as const satisfies readonly (readonly [number, string, Body])[];
const BY_TYPE = new Map<number, (typeof MESSAGES)[number]>(MESSAGES.map((each) => [each[0], each]));
const OFTEN = /^(?:data|data_ack|alive|alive_ack)$/;

export const ppppDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  ports: PORTS,
  firstBytes: [MAGIC],
  recognise(bytes, start, end, _direction, { serverPort, clientPort }) {
    const message = messageAt(bytes, start, end);
    if (!message) return 'no';
    // The shortest say too little, and what is enciphered nothing.
    const telling = !['none', 'any', 'result'].includes(message[2]);
    return telling || PORTS.includes(serverPort) || PORTS.includes(clientPort) ? 'yes' : 'no';
  },
  open: (_flow, context) => new PpppParser(context),
};

function messageAt(
  bytes: Uint8Array,
  start: number,
  end: number,
): (typeof MESSAGES)[number] | undefined {
  if (end - start < HEADER_BYTES || bytes[start] !== MAGIC) return undefined;
  const message = BY_TYPE.get(bytes[start + 1]);
  const size = u16be(bytes, start + 2);
  const body = start + HEADER_BYTES;
  if (!message || size !== end - body) return undefined;
  const kind = message[2];
  if (size < BODY_BYTES[kind] || (kind === 'none' && size > 0)) return undefined;
  switch (kind) {
    case 'uid':
      return uidAt(bytes, body) && message;
    case 'relayed uid':
      return uidAt(bytes, body + 4) && message;
    case 'data':
      return bytes[body] === DATA_MAGIC ? message : undefined;
    case 'address':
      // The kind of address is IPv4's, in either order.
      return bytes[body] + bytes[body + 1] === 2 ? message : undefined;
    default:
      return message;
  }
}

interface Uid {
  readonly text: string;
  readonly checkCode: string;
}

/** Letters of the maker, a number, and letters that were computed from both. */
function uidAt(bytes: Uint8Array, at: number): Uid | undefined {
  const prefix = letters(bytes, at);
  const checkCode = letters(bytes, at + 12);
  if (!prefix || !checkCode) return undefined;
  return { text: `${prefix}-${String(u32be(bytes, at + 8)).padStart(6, '0')}`, checkCode };
}

/** Up to 8 capital letters or digits, filled up with zeros; undefined for anything else. */
function letters(bytes: Uint8Array, at: number): string | undefined {
  let length = 0;
  while (length < 8 && isLetter(bytes[at + length])) length++;
  if (length < 3) return undefined;
  for (let i = length; i < 8; i++) if (bytes[at + i] !== 0) return undefined;
  return wireText(bytes, at, at + length);
}

const isLetter = (byte: number): boolean =>
  (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39);

class PpppParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #said: [Set<string>, Set<string>] = [new Set(), new Set()];
  #messages = 0;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const message = messageAt(bytes, start, end);
    if (++this.#messages > MESSAGES_MAX) this.done = true;
    if (!message) return end - start;
    const [, event, kind] = message;
    if (OFTEN.test(event)) {
      if (this.#said[direction].has(event)) return end - start;
      this.#said[direction].add(event);
    }
    const body = start + HEADER_BYTES;
    const uid =
      kind === 'uid' || kind === 'relayed uid'
        ? uidAt(bytes, kind === 'uid' ? body : body + 4)
        : undefined;
    const secret = uid && this.#context.secrets.seal(uid.checkCode);
    const said: PpppEvent = {
      protocol,
      event,
      uid: uid?.text,
      check_code: secret?.hash,
      result: kind === 'result' ? bytes[body] : undefined,
      [WIRE]: secret && [secret],
    };
    this.#context.emit(said, direction, at);
    return end - start;
  }
}
