/**
 * S7 communication and S7comm-plus over TPKT and COTP: recognition, and which of the two a PDU is of. Both begin with
 * the same connection; the first data unit tells which it is.
 */
import type { DecodeContext, Decoder, Direction, PacketRef } from '../decoder.ts';
import { CONNECT_CONFIRM, CONNECT_REQUEST, readConnection, TPKT_BYTES } from './s7comm/cotp.ts';
import type { S7Event } from './s7comm/events.ts';
import { HEADER_BYTES, headerFits, PROTOCOL_ID, readPdu } from './s7comm/pdu.ts';
import { PLUS_ID, plusFits, readPlus } from './s7comm/plus.ts';
import { recogniseTransport, TransportStream, type TransportUser } from './transport-stream.ts';

export type * from './s7comm/events.ts';

const PORT = 102;
/** Types of TLS records. */
const TLS_FIRST = 0x14;
const TLS_LAST = 0x17;

export const s7commDecoder: Decoder = {
  protocol: 's7comm',
  carriers: ['tcp'],
  ports: [PORT],
  firstBytes: [0x03],
  recognise: (bytes, start, end) => recogniseTransport(bytes, start, end, isS7),
  open: (_flow, context) => new TransportStream(new S7Reader('s7comm', context), context),
};

export const s7commPlusDecoder: Decoder = {
  protocol: 's7comm_plus',
  carriers: ['tcp'],
  ports: [PORT],
  firstBytes: [0x03],
  recognise: (bytes, start, end) => recogniseTransport(bytes, start, end, plusFits),
  open: (_flow, context) => new TransportStream(new S7Reader('s7comm_plus', context), context),
};

function isS7(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= HEADER_BYTES && headerFits(bytes, at, end);
}

class S7Reader implements TransportUser {
  readonly protocol: 's7comm' | 's7comm_plus';
  readonly #context: DecodeContext;
  /** What follows is TLS. */
  ended = false;

  constructor(protocol: 's7comm' | 's7comm_plus', context: DecodeContext) {
    this.protocol = protocol;
    this.#context = context;
  }

  connection(
    type: number,
    bytes: Uint8Array,
    start: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const { protocol } = this;
    const event: S7Event =
      type === CONNECT_REQUEST || type === CONNECT_CONFIRM
        ? {
            protocol,
            event: type === CONNECT_REQUEST ? 'connect_request' : 'connect_confirm',
            ...readConnection(bytes, start),
          }
        : { protocol, event: 'disconnect_request', reason: bytes[start + 6] };
    this.#context.emit(event, direction, at);
  }

  unit(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): string | undefined {
    const id = bytes[start];
    let event: S7Event | undefined;
    if (id === PROTOCOL_ID && isS7(bytes, start, end))
      event = readPdu(bytes, start, end, this.#context.secrets);
    else if (id === PLUS_ID && end - start >= TPKT_BYTES && plusFits(bytes, start, end))
      event = readPlus(bytes, start, end);
    else if (id >= TLS_FIRST && id <= TLS_LAST && bytes[start + 1] === 3) {
      event = { protocol: 's7comm_plus', event: 'encrypted' };
      this.ended = true;
    } else return 'PDU header';
    if (event) this.#context.emit(event, direction, at);
    return undefined;
  }
}
