/**
 * OpenVPN over UDP and TCP: the resets that open a session, with or without its messages being authenticated (tls-auth)
 * or encrypted (tls-crypt), and that control and data follow. By the form that its documentation gives of packets.
 */
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { u16be, u32be } from './integers.ts';
import { hexRun } from './wire-text.ts';

export interface OpenvpnEvent extends AppEvent {
  readonly protocol: 'openvpn';
  /** Of control and data the first in each direction. */
  readonly event:
    | 'hard_reset_client_v1'
    | 'hard_reset_server_v1'
    | 'soft_reset_v1'
    | 'control_v1'
    | 'data_v1'
    | 'hard_reset_client_v2'
    | 'hard_reset_server_v2'
    | 'data_v2'
    | 'hard_reset_client_v3'
    | 'control_wkc_v1';
  readonly session_id: string | undefined;
}

const protocol = 'openvpn';
const NAMES: readonly (OpenvpnEvent['event'] | undefined)[] = [
  undefined,
  'hard_reset_client_v1',
  'hard_reset_server_v1',
  'soft_reset_v1',
  'control_v1',
  // An acknowledgement alone.
  undefined,
  'data_v1',
  'hard_reset_client_v2',
  'hard_reset_server_v2',
  'data_v2',
  'hard_reset_client_v3',
  'control_wkc_v1',
];
const DATA_V1 = 6;
const CLIENT_V2 = 7;
const SERVER_V2 = 8;
const DATA_V2 = 9;
const CLIENT_V3 = 10;
/** Opcode, session id, no acknowledgement, number of the packet. */
const PLAIN_BYTES = 14;
/** Of a keyed hash (MD5 to SHA-512), behind which number and time of the packet stand. */
const HASH_BYTES = [16, 20, 28, 32, 48, 64];
/** Acknowledgement of one packet, and the session id of the other side. */
const ACKNOWLEDGEMENT_BYTES = 12;
/** tls-crypt: number, time, hash, and what is encrypted. */
const CRYPT_BYTES = 54;
/** Packet number of a client that wraps its key (tls-crypt-v2). */
const EARLY_NEGOTIATION = 0x0f00_0001;
/** 2005 to 2060: packets carry the time. */
const TIME_MIN = 1_104_537_600;
const TIME_MAX = 2_840_140_800;
const PACKET_BYTES_MAX = 2_048;

export const openvpnDecoder: Decoder = {
  protocol,
  carriers: ['udp', 'tcp'],
  ports: [1194],
  firstBytes: [0, 1, 2, 3, 4, 5, 6, 7, 0x38, 0x40, 0x50],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (flow.carrier === 'udp') return isReset(bytes, start, end) ? 'yes' : 'no';
    if (end - start < 3) return bytes[start] > 7 ? 'no' : 'more';
    const length = u16be(bytes, start);
    const opcode = bytes[start + 2] >>> 3;
    if (length > PACKET_BYTES_MAX || opcode < CLIENT_V2 || opcode > CLIENT_V3) return 'no';
    if (length > end - start - 2) return 'more';
    return isReset(bytes, start + 2, start + 2 + length) ? 'yes' : 'no';
  },
  open: (flow, context) => new OpenvpnParser(context, flow.carrier === 'tcp'),
};

/** A reset that opens a session: its key has number 0, and its first packet number 0. */
function isReset(bytes: Uint8Array, start: number, end: number): boolean {
  const opcode = bytes[start] >>> 3;
  const length = end - start;
  if (length < PLAIN_BYTES || (bytes[start] & 7) !== 0) return false;
  if (opcode !== CLIENT_V2 && opcode !== SERVER_V2 && opcode !== CLIENT_V3) return false;
  if (u32be(bytes, start + 1) === 0 && u32be(bytes, start + 5) === 0) return false;
  // tls-crypt: packet number and time stand in clear.
  if (length >= CRYPT_BYTES && isStamp(bytes, start + 9, opcode)) return true;
  if (opcode === CLIENT_V3 || u32be(bytes, end - 4) !== 0) return false;
  const acknowledged = opcode === SERVER_V2 ? ACKNOWLEDGEMENT_BYTES : 0;
  const count = end - 5 - acknowledged;
  if (count < start + 9 || bytes[count] !== (acknowledged > 0 ? 1 : 0)) return false;
  const extra = length - PLAIN_BYTES - acknowledged;
  return extra === 0 || (HASH_BYTES.includes(extra - 8) && isStamp(bytes, count - 8, opcode));
}

function isStamp(bytes: Uint8Array, at: number, opcode: number): boolean {
  const number = u32be(bytes, at);
  const time = u32be(bytes, at + 4);
  const first = number >= 1 && number <= 16;
  return (
    (first || (opcode !== SERVER_V2 && number === EARLY_NEGOTIATION)) &&
    time > TIME_MIN &&
    time < TIME_MAX
  );
}

class OpenvpnParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #stream: boolean;
  /** A bit for each opcode that was told, by direction. */
  readonly #told: [number, number] = [0, 0];

  constructor(context: DecodeContext, stream: boolean) {
    this.#context = context;
    this.#stream = stream;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (!this.#stream) {
      this.#packet(bytes, start, end, direction, at);
      return end - start;
    }
    let place = start;
    while (!this.done && end - place >= 3) {
      const length = u16be(bytes, place);
      const shown = Math.min(end, place + 2 + length);
      if (shown < place + 11 && shown < place + 2 + length) break;
      this.#packet(bytes, place + 2, shown, direction, at);
      place += 2 + length;
    }
    return place - start;
  }

  gap(): void {
    this.done = true;
  }

  #packet(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const opcode = end > start ? bytes[start] >>> 3 : 0;
    const event = NAMES[opcode];
    const told = this.#told;
    if (event === undefined || (told[direction] & (1 << opcode)) !== 0) return;
    told[direction] |= 1 << opcode;
    const data = opcode === DATA_V1 || opcode === DATA_V2;
    const session_id = data || end - start < 9 ? undefined : hexRun(bytes, start + 1, start + 9);
    this.#context.emit({ protocol, event, session_id } as OpenvpnEvent, direction, at);
    const both = told[0] & told[1];
    this.done = (both & ((1 << DATA_V1) | (1 << DATA_V2))) !== 0;
  }
}
