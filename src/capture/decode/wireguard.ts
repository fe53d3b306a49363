/** WireGuard: the messages of its handshake and that data flow, by their types (the protocol's paper, section 5.4). */
import type { AppEvent, DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { u32be, u32le } from './integers.ts';

export interface WireguardEvent extends AppEvent {
  readonly protocol: 'wireguard';
  /** Of data the first in each direction. */
  readonly event: 'handshake_initiation' | 'handshake_response' | 'cookie_reply' | 'transport_data';
  /** Numbers by which each side knows the session. */
  readonly sender_index: number | undefined;
  readonly receiver_index: number | undefined;
}

const protocol = 'wireguard';
const PORT = 51820;
const NAMES = [
  'handshake_initiation',
  'handshake_response',
  'cookie_reply',
  'transport_data',
] as const;
const BYTES = [148, 92, 64];
const TRANSPORT_DATA = 4;
const TRANSPORT_BYTES_MIN = 32;
/** Messages followed; a session is renewed every two minutes. */
const MESSAGES_MAX = 10_000;

export const wireguardDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  ports: [PORT],
  firstBytes: [1, 2, 3, 4],
  recognise(bytes, start, end, _direction, { serverPort, clientPort }) {
    const type = typeOf(bytes, start, end);
    if (type === 0) return 'no';
    // Of data nothing but the type tells, and its length.
    const onPort = serverPort === PORT || clientPort === PORT;
    return type < TRANSPORT_DATA || onPort ? 'yes' : 'no';
  },
  open: (_flow, context) => new WireguardParser(context),
};

/** 1 to 4; 0 for what is no message. */
function typeOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < TRANSPORT_BYTES_MIN) return 0;
  const word = u32be(bytes, start);
  const type = word >>> 24;
  if ((word & 0xffffff) !== 0 || type < 1 || type > TRANSPORT_DATA) return 0;
  if (type < TRANSPORT_DATA) return length === BYTES[type - 1] ? type : 0;
  return length % 16 === 0 ? type : 0;
}

class WireguardParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #data: [boolean, boolean] = [false, false];
  #messages = 0;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const type = typeOf(bytes, start, end);
    if (++this.#messages > MESSAGES_MAX) this.done = true;
    if (type === 0 || (type === TRANSPORT_DATA && this.#data[direction])) return end - start;
    if (type === TRANSPORT_DATA) this.#data[direction] = true;
    const event: WireguardEvent = {
      protocol,
      event: NAMES[type - 1],
      sender_index: type < 3 ? u32le(bytes, start + 4) : undefined,
      receiver_index: type === 1 ? undefined : u32le(bytes, start + (type === 2 ? 8 : 4)),
    };
    this.#context.emit(event, direction, at);
    return end - start;
  }
}
