/**
 * CoAP: over UDP (RFC 7252, with Observe RFC 7641, block-wise transfer RFC 7959, OSCORE RFC 8613), and over TCP
 * (RFC 8323, coap/stream.ts).
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import type { CoapMalformed, CoapType } from './coap/events.ts';
import { isRegistered, isRequest, readMessage, TOKEN_BYTES_MAX } from './coap/messages.ts';
import { knownOption, OptionCursor, URI_PATH } from './coap/options.ts';
import { recogniseStream, StreamParser } from './coap/stream.ts';
import { asBuffer } from './payload.ts';

export type * from './coap/events.ts';

const PORT = 5683;
const HEADER_BYTES = 4;
const TYPES: readonly CoapType[] = ['CON', 'NON', 'ACK', 'RST'];
const NON = 1;
const RST = 3;

export const coapDecoder: Decoder = {
  protocol: 'coap',
  carriers: ['udp', 'tcp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, flow): Recognition {
    const onPort = flow.serverPort === PORT || flow.clientPort === PORT;
    if (flow.carrier === 'tcp') return recogniseStream(bytes, start, end, onPort);
    return recogniseDatagram(bytes, start, end, onPort) ? 'yes' : 'no';
  },
  open: (flow, context) =>
    flow.carrier === 'tcp' ? new StreamParser(context) : new DatagramParser(context),
};

const cursor = new OptionCursor();

/**
 * On CoAP's port any well-formed message that a client or server would send; elsewhere a request with a readable
 * Uri-Path and no option that is unknown, because four bytes of header are met by much of what is not CoAP.
 */
function recogniseDatagram(
  bytes: Uint8Array,
  start: number,
  end: number,
  onPort: boolean,
): boolean {
  if (end - start < HEADER_BYTES || bytes[start] >> 6 !== 1) return false;
  const tokenLength = bytes[start] & 15;
  const type = (bytes[start] >> 4) & 3;
  const code = bytes[start + 1];
  const options = start + HEADER_BYTES + tokenLength;
  if (tokenLength > TOKEN_BYTES_MAX || options > end) return false;
  if (code === 0) return onPort && end - start === HEADER_BYTES && type !== NON;
  if (!isRegistered(code) || type === RST || (isRequest(code) && type > NON)) return false;
  if (!onPort && !isRequest(code)) return false;
  cursor.begin(bytes, options, end);
  let paths = 0;
  while (cursor.next()) {
    if (cursor.number === URI_PATH) {
      if (!readable(bytes, cursor.from, cursor.to)) return false;
      paths++;
    } else if (!onPort && !knownOption(cursor.number)) return false;
  }
  return !cursor.fault && (onPort || paths > 0);
}

function readable(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] < 0x20 || bytes[at] === 0x7f) return false;
  return true;
}

class DatagramParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const length = end - start;
    if (length < HEADER_BYTES) {
      this.#malformed('message too short', 0, false, direction, at);
      return length;
    }
    if (bytes[start] >> 6 !== 1) {
      this.#malformed('unknown version', 0, false, direction, at);
      return length;
    }
    const type = (bytes[start] >> 4) & 3;
    const code = bytes[start + 1];
    const read = readMessage(
      asBuffer(bytes),
      start + HEADER_BYTES,
      end,
      code,
      bytes[start] & 15,
      TYPES[type],
      (bytes[start + 2] << 8) | bytes[start + 3],
      this.#context.secrets,
    );
    const wrong = read.fault || misuse(type, code) || read.violation;
    if (wrong) this.#malformed(wrong, read.offset - start, !read.fault, direction, at);
    if (read.message) this.#context.emit(read.message, direction, at);
    return length;
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: CoapMalformed = { protocol: 'coap', event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}

/** Which codes go with which types (RFC 7252, 4.2, 4.3 and table 1). */
function misuse(type: number, code: number): string {
  if (type === RST && code !== 0) return 'reset with a code';
  if (type === NON && code === 0) return 'empty message of type NON';
  if (type > NON && isRequest(code)) return 'acknowledgement with a request';
  return '';
}
